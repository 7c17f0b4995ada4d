//! The keywords, each with an example of what it begins.

/// A keyword, and how what it begins is written.
#[derive(Debug)]
pub struct Form {
    pub word: &'static str,
    pub example: &'static str,
}

const fn form(word: &'static str, example: &'static str) -> Form {
    Form { word, example }
}

/// A condition begins with the name of a metric or of thresholds.
pub(super) const CONDITION: Form = form("", "error_rate < 0.1%  fail > 1%");

pub(super) const STATEMENTS: &[Form] = &[
    form("phase", "phase deploy \"title\" at T { … }"),
    form(
        "step",
        "step migrate { … }` or `step migrate $ ./migrate.sh",
    ),
    form(
        "check",
        "check healthy { … }` or `check healthy $ ./check.sh",
    ),
    form("gate", "gate go { … }"),
    form("checklist", "checklist ready { … }"),
    form(
        "with",
        "with maintenance { enter … leave … }` or `with maintenance = site.maintenance() { … }",
    ),
    form("parallel", "parallel { … }"),
    form(
        "for",
        "for weight in [10%, 50%] { … }` or `for host in hosts.web, 25% at a time, tolerate 1 { … }",
    ),
    form("notify", "notify released"),
    form("postmortem", "postmortem \"postmortems/{run.id}.md\""),
    form("rollback", "rollback { … }` or `rollback $ ./undo.sh"),
];

pub(super) const ITEMS: &[Form] = &[
    form("runbook", "runbook \"Deploy {version}\""),
    form("param", "param version: version = \"1.0.0\" \"what it is\""),
    form("secret", "secret token from env \"TOKEN\""),
    form("role", "role managers = [\"ada\", \"grace\"]"),
    form(
        "hosts",
        "hosts web = [\"web1\", \"web2\"] via ssh { user \"deploy\" }",
    ),
    form("lock", "lock \"deploy/{environment}\""),
    form("env", "env HOME` or `env VERSION = version"),
    form(
        "window",
        "window hours { allow mon..thu 09:00..16:00 in \"UTC\" }",
    ),
    form(
        "source",
        "source prom = prometheus \"http://prometheus:9090\"",
    ),
    form(
        "metric",
        "metric errors: percent = prom \"query\"` or `metric errors = red.error_rate(prom)",
    ),
    form(
        "thresholds",
        "thresholds healthy { errors < 1% }` or `thresholds healthy = red.healthy(errors, p95)",
    ),
    form("channel", "channel ops = slack slack_url"),
    form(
        "message",
        "message done to ops \"it is done\"` or `message done to ops = release.success(version)",
    ),
    form("defaults", "defaults { timeout 30m }"),
    form("watch", "watch production during deploy every 15s { … }"),
    form("on", "on success { … }"),
    form("always", "always { … }"),
    form(
        "use",
        "use std.http` or `use \"./common.runbook\" as common",
    ),
    form("action", "action restart(service: string) { … }"),
    form(
        "strategy",
        "strategy canary(shift: action(weight: percent)) { … }",
    ),
    form(
        "bracket",
        "bracket maintenance(page: path) { enter … leave … }",
    ),
    form("test", "test \"a failed migration rolls back\" { … }"),
    form("trouble", "trouble \"It hangs\" { … }"),
];

pub(super) const BRACKETS: &[Form] = &[
    form("enter", "enter $ ./enable.sh"),
    form("leave", "leave $ ./disable.sh"),
];

pub(super) const ATTRIBUTES: &[Form] = &[
    form("timeout", "timeout 10m"),
    form("within", "within 5m every 10s"),
    form("retry", "retry 2 every 10s backoff 2"),
    form(
        "expect",
        "expect stdout contains \"ok\"`, `expect stdout matches `…`` or `expect exit 0, 3",
    ),
    form("output", "output id from stdout `id: (\\S+)`"),
    form("capture", "capture level $ ./level.sh"),
    form("env", "env VERSION = version"),
    form("dir", "dir \"scripts\""),
    form("shell", "shell bash"),
    form("touches", "touches database"),
    form("destroys", "destroys old_table"),
    form("saves", "saves database"),
    form("needs", "needs kubectl, jq"),
    form("done", "done when $ ./probe.sh"),
    form("rollback", "rollback { … }` or `rollback $ ./undo.sh"),
    form("harmless", "harmless \"it only adds a backup\""),
    form(
        "irreversible",
        "irreversible \"why\" then \"what to do next\"",
    ),
    form("verify", "verify $ ./check.sh"),
    form("best", "best effort"),
    form("repeatable", "repeatable"),
    form("atomic", "atomic"),
    form("on", "on host"),
    form("else", "else rollback"),
    form("http", "http POST \"https://…\" { … }"),
];

pub(super) const GATE_ITEMS: &[Form] = &[
    form("approve", "approve by managers count 2"),
    form("confirm", "confirm \"is everybody ready?\""),
    form("window", "window release_hours"),
    form("wait", "wait 5m"),
    form("hold", "hold healthy for 5m every 15s tolerate 2"),
    form("until", "until healthy within 10m every 15s"),
    form("check", "check \"what it looks at\" $ ./check.sh"),
    form("rehearsed", "rehearsed on \"staging\" within 7d"),
    form("timeout", "timeout 30m"),
    form("else", "else abort"),
];

pub(super) const WINDOW_RULES: &[Form] = &[
    form("allow", "allow mon..thu 09:00..16:00 in \"UTC\""),
    form("deny", "deny 2026-12-20..2027-01-03 \"year-end freeze\""),
];

pub(super) const WATCH_RULES: &[Form] = &[
    form(
        "rollback",
        "rollback when broken for 1m` or `rollback on request \"why\"",
    ),
    form("ask", "ask when slow for 5m"),
];

pub(super) const REQUEST_OPTIONS: &[Form] = &[
    form("header", "header \"Authorization\" = \"Bearer {token}\""),
    form("timeout", "timeout 5s"),
    form("body", "body \"…\""),
    form("expect", "expect status 200, 204"),
];

pub(super) const VIA_OPTIONS: &[Form] = &[
    form("user", "user \"deploy\""),
    form("port", "port 2222"),
    form("identity", "identity \"keys/deploy\""),
    form(
        "options",
        "options \"ProxyJump=bastion\", \"ConnectTimeout=5\"",
    ),
];

pub(super) const TEST_LINES: &[Form] = &[
    form("set", "set version = \"1.2.3\""),
    form(
        "given",
        "given step migrate fails`, `given error_rate = 0.05%, then 2% after 40m` or `given go approved by \"ada\"",
    ),
    form(
        "expect",
        "expect rolled_back`, `expect ran migrate, rollback of migrate` or `expect not ran released",
    ),
];

pub(super) const TROUBLE_LINES: &[Form] = &[
    form("symptom", "symptom \"The script does not complete\""),
    form("matches", "matches timeout in deploy` or `matches \"text\""),
    form("diagnose", "diagnose { $ ./look.sh }"),
    form("try", "try \"Increase the limit\""),
];

/// All keywords that begin something, with examples. Some begin several things.
pub fn forms() -> impl Iterator<Item = &'static Form> {
    [
        ITEMS,
        STATEMENTS,
        BRACKETS,
        ATTRIBUTES,
        GATE_ITEMS,
        WINDOW_RULES,
        WATCH_RULES,
    ]
    .into_iter()
    .flatten()
}
