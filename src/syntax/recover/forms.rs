//! The keywords, each with an example of what it begins, and what that is for.

/// A keyword, how what it begins is written, and what it is for, in a sentence.
#[derive(Debug)]
pub struct Form {
    pub word: &'static str,
    pub example: &'static str,
    pub meaning: &'static str,
}

impl Form {
    /// What it is for and how it is written, in Markdown.
    pub fn documentation(&self) -> String {
        format!("{}\n\n`{}`", self.meaning, self.example)
    }
}

const fn form(word: &'static str, example: &'static str, meaning: &'static str) -> Form {
    Form {
        word,
        example,
        meaning,
    }
}

/// A condition begins with the name of a metric or of thresholds.
pub(super) const CONDITION: Form = form("", "error_rate < 0.1%  fail > 1%", "What has to be true.");

pub(super) const STATEMENTS: &[Form] = &[
    form(
        "phase",
        "phase deploy \"title\" at T { … }",
        "A part of the release, with statements in their order.",
    ),
    form(
        "step",
        "step migrate { … }` or `step migrate $ ./migrate.sh",
        "Changes something, and says how that is undone.",
    ),
    form(
        "check",
        "check healthy { … }` or `check healthy $ ./check.sh",
        "Only looks; what follows runs only if it passes.",
    ),
    form(
        "gate",
        "gate go { … }",
        "Waits for a decision: a person's, a clock's or a metric's.",
    ),
    form(
        "checklist",
        "checklist ready { … }",
        "Things to confirm or to check, one by one.",
    ),
    form(
        "with",
        "with maintenance { enter … leave … }` or `with maintenance = site.maintenance() { … }",
        "A bracket: what `enter` did, `leave` ends on every path.",
    ),
    form(
        "parallel",
        "parallel { … }",
        "Starts all its statements together.",
    ),
    form(
        "for",
        "for weight in [10%, 50%] { … }` or `for host in hosts.web, 25% at a time, tolerate 1 { … }",
        "Repeats its block for each item of a list, or for hosts in batches.",
    ),
    form(
        "notify",
        "notify released",
        "Sends messages. One that fails never fails the run.",
    ),
    form(
        "postmortem",
        "postmortem \"postmortems/{run.id}.md\"",
        "Writes what happened to a file. Only in `on …`.",
    ),
    form(
        "rollback",
        "rollback { … }` or `rollback $ ./undo.sh",
        "How this is undone. It must accept a half-done change, and may run twice.",
    ),
];

pub(super) const ITEMS: &[Form] = &[
    form(
        "runbook",
        "runbook \"Deploy {version}\"",
        "The title of the runbook. A file without it is a module.",
    ),
    form(
        "param",
        "param version: version = \"1.0.0\" \"what it is\"",
        "A value that is given when a run starts, or asked for.",
    ),
    form(
        "secret",
        "secret token from env \"TOKEN\"",
        "A value that commands get and that is never shown or kept.",
    ),
    form(
        "role",
        "role managers = [\"ada\", \"grace\"]",
        "People who may approve.",
    ),
    form(
        "hosts",
        "hosts web = [\"web1\", \"web2\"] via ssh { user \"deploy\" }",
        "Machines that steps run on.",
    ),
    form(
        "lock",
        "lock \"deploy/{environment}\"",
        "Two runs with one lock never run at the same time.",
    ),
    form(
        "env",
        "env HOME` or `env VERSION = version",
        "A variable of the environment that commands read, or are given.",
    ),
    form(
        "window",
        "window hours { allow mon..thu 09:00..16:00 in \"UTC\" }",
        "When something may happen, by the clock.",
    ),
    form(
        "source",
        "source prom = prometheus \"http://prometheus:9090\"",
        "Where metrics are asked for.",
    ),
    form(
        "metric",
        "metric errors: percent = $ ./errors.sh`, `= prom \"query\"`, `= http \"https://…\" at \"$.errors\"`, or `metric errors = red.error_rate(prom)",
        "Something that is measured.",
    ),
    form(
        "thresholds",
        "thresholds healthy { errors < 1% }` or `thresholds healthy = red.healthy(errors, p95)",
        "What metrics have to be, under one name.",
    ),
    form(
        "channel",
        "channel ops = slack slack_url",
        "Where messages go.",
    ),
    form(
        "message",
        "message done to ops \"it is done\"` or `message done to ops = release.success(version)",
        "A text, and the channels it goes to.",
    ),
    form(
        "defaults",
        "defaults { timeout 30m }",
        "Attributes that every step and check of the file starts with.",
    ),
    form(
        "watch",
        "watch production during deploy every 15s { … }",
        "Looks at metrics beside the phases that it names, and turns the run back.",
    ),
    form(
        "on",
        "on success { … }",
        "What is done when a run ends in this way: `success`, `rollback`, `stuck`, `failure`.",
    ),
    form(
        "always",
        "always { … }",
        "What is done whenever a run ends, in whatever way.",
    ),
    form(
        "use",
        "use std.http` or `use \"./common.runbook\" as common",
        "Takes templates from a module: one that comes with the program, or a file.",
    ),
    form(
        "action",
        "action restart(service: string) { … }",
        "A template that makes a step, its way back included.",
    ),
    form(
        "strategy",
        "strategy canary(shift: action(weight: percent)) { … }",
        "A template that makes the statements of a phase.",
    ),
    form(
        "bracket",
        "bracket maintenance(page: path) { enter … leave … }",
        "A template that makes the two ends of a `with`.",
    ),
    form(
        "test",
        "test \"a failed migration rolls back\" { … }",
        "A run written down before it happens, under a virtual clock.",
    ),
    form(
        "trouble",
        "trouble \"It hangs\" { … }",
        "What to look at, and to try, when something went wrong.",
    ),
];

pub(super) const BRACKETS: &[Form] = &[
    form("enter", "enter $ ./enable.sh", "What begins the bracket."),
    form(
        "leave",
        "leave $ ./disable.sh",
        "What ends the bracket, whatever happened inside.",
    ),
];

pub(super) const ATTRIBUTES: &[Form] = &[
    form(
        "timeout",
        "timeout 10m",
        "How long this may take; then it is ended and has failed.",
    ),
    form(
        "within",
        "within 5m every 10s",
        "Tries again until it passes, for so long.",
    ),
    form(
        "retry",
        "retry 2 every 10s backoff 2",
        "How often it is tried again after a failure. A step has to be `repeatable`.",
    ),
    form(
        "expect",
        "expect stdout contains \"ok\"`, `expect stdout matches `…`` or `expect exit 0, 3",
        "What counts as success: exit statuses, or what is printed.",
    ),
    form(
        "output",
        "output id from stdout `id: (\\S+)`",
        "A value found in what the step prints: `$step_name` for commands.",
    ),
    form(
        "capture",
        "capture level $ ./level.sh",
        "A value read before the change, for the way back.",
    ),
    form(
        "env",
        "env VERSION = version",
        "A variable that the commands here are given.",
    ),
    form(
        "dir",
        "dir \"scripts\"",
        "The directory that the commands run in.",
    ),
    form("shell", "shell bash", "`sh`, or `bash`."),
    form(
        "touches",
        "touches database",
        "What this changes, by a name; two that change it never run together.",
    ),
    form(
        "destroys",
        "destroys old_table",
        "What this takes away for good: something has to have saved it before.",
    ),
    form("saves", "saves database", "What this makes a copy of."),
    form(
        "needs",
        "needs kubectl, jq",
        "Programs that have to be there before anything starts.",
    ),
    form(
        "done",
        "done when $ ./probe.sh",
        "Exits 0 if the change is in place already: then the step is skipped.",
    ),
    form(
        "rollback",
        "rollback { … }` or `rollback $ ./undo.sh",
        "How this is undone. It must accept a half-done change, and may run twice.",
    ),
    form(
        "harmless",
        "harmless \"it only adds a backup\"",
        "Why nothing has to be undone.",
    ),
    form(
        "irreversible",
        "irreversible \"why\" then \"what to do next\"",
        "A point of no return: why, and what to do should the run end behind it.",
    ),
    form(
        "verify",
        "verify $ ./check.sh",
        "Shows that the way back has worked.",
    ),
    form(
        "best",
        "best effort",
        "The way back goes on if this part of it fails.",
    ),
    form(
        "repeatable",
        "repeatable",
        "It may run again, whatever an unfinished attempt has left.",
    ),
    form(
        "atomic",
        "atomic",
        "A failed attempt leaves nothing behind.",
    ),
    form("on", "on host", "The machine that this runs on."),
    form(
        "else",
        "else rollback",
        "What a failure does: `rollback`, `continue`, `stop`, `ask`.",
    ),
    form(
        "http",
        "http POST \"https://…\" { … }",
        "A request in place of commands.",
    ),
];

pub(super) const GATE_ITEMS: &[Form] = &[
    form(
        "approve",
        "approve by managers count 2",
        "So many people of a role have to agree.",
    ),
    form(
        "confirm",
        "confirm \"is everybody ready?\"",
        "Somebody has to confirm this.",
    ),
    form(
        "window",
        "window release_hours",
        "Waits until the window is open.",
    ),
    form("wait", "wait 5m", "Waits for so long."),
    form(
        "hold",
        "hold healthy for 5m every 15s tolerate 2",
        "The condition has to stay true for so long.",
    ),
    form(
        "until",
        "until healthy within 10m every 15s",
        "Waits until the condition is true, for so long at most.",
    ),
    form(
        "check",
        "check \"what it looks at\" $ ./check.sh",
        "A condition: the command has to succeed.",
    ),
    form(
        "rehearsed",
        "rehearsed on \"staging\" within 7d",
        "This very text has succeeded there, its way back included.",
    ),
    form(
        "timeout",
        "timeout 30m",
        "How long the answer may take; then `else` decides.",
    ),
    form(
        "else",
        "else abort",
        "What happens when the gate stays shut: `abort`, `rollback`, `continue`, `ask`.",
    ),
];

pub(super) const WINDOW_RULES: &[Form] = &[
    form(
        "allow",
        "allow mon..thu 09:00..16:00 in \"UTC\"",
        "Days and hours at which it may happen.",
    ),
    form(
        "deny",
        "deny 2026-12-20..2027-01-03 \"year-end freeze\"",
        "Days and hours at which it may not.",
    ),
];

pub(super) const WATCH_RULES: &[Form] = &[
    form(
        "rollback",
        "rollback when broken for 1m` or `rollback on request \"why\"",
        "Turns the run back when a condition holds, or when a person asks.",
    ),
    form(
        "ask",
        "ask when slow for 5m",
        "Asks a person when a condition holds.",
    ),
];

pub(super) const REQUEST_OPTIONS: &[Form] = &[
    form(
        "header",
        "header \"Authorization\" = \"Bearer {token}\"",
        "A header of the request.",
    ),
    form("timeout", "timeout 5s", "How long the request may take."),
    form("body", "body \"…\"", "What is sent."),
    form(
        "expect",
        "expect status 200, 204",
        "The statuses that count as success.",
    ),
];

pub(super) const VIA_OPTIONS: &[Form] = &[
    form("user", "user \"deploy\"", "Who logs in there."),
    form("port", "port 2222", "The port of the SSH server."),
    form(
        "identity",
        "identity \"keys/deploy\"",
        "The file with the key.",
    ),
    form(
        "options",
        "options \"ProxyJump=bastion\", \"ConnectTimeout=5\"",
        "Options for `ssh`, as after `-o`.",
    ),
];

pub(super) const TEST_LINES: &[Form] = &[
    form(
        "set",
        "set version = \"1.2.3\"",
        "The values of parameters in this test.",
    ),
    form(
        "given",
        "given step migrate fails`, `given error_rate = 0.05%, then 2% after 40m` or `given go approved by \"ada\"",
        "What happens in this test: failures, measurements, answers.",
    ),
    form(
        "expect",
        "expect rolled_back`, `expect ran migrate, rollback of migrate` or `expect not ran released",
        "What has to be true when the run of the test is over.",
    ),
];

pub(super) const TROUBLE_LINES: &[Form] = &[
    form(
        "symptom",
        "symptom \"The script does not complete\"",
        "What people see.",
    ),
    form(
        "matches",
        "matches timeout in deploy` or `matches \"text\"",
        "The failures that this is about.",
    ),
    form(
        "diagnose",
        "diagnose { $ ./look.sh }",
        "Commands that only look.",
    ),
    form("try", "try \"Increase the limit\"", "What may help."),
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
