//! The standard library in scripts: runbooks that call its templates do the same
//! by `exec` and by their scripts, whichever call of a tool fails. Programs stand
//! for the tools; they write down how they were called, and fail when told to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::shells;
use super::world::{Told, World};
use crate::chance::is_long;
use crate::outside::server::{Asked, Server, Wire, answer};

/// A runbook of the library and what it needs.
#[derive(Default)]
struct Case {
    modules: &'static [&'static str],
    /// What is there before, made by a shell.
    before: &'static str,
    /// Programs by their names, with what they do when called.
    tools: &'static [(&'static str, &'static str)],
    statements: &'static str,
}

/// A unit is a file.
const SYSTEMCTL: &str = r#"unit=; for word; do unit=$word; done
case $1 in
  start | restart) : >"units/$unit" ;;
  stop) rm -f "units/$unit" ;;
  is-active) if [ -e "units/$unit" ]; then echo active; else echo inactive; exit 3; fi ;;
esac"#;

const DOCKER: &str = r#"case "$*" in
  *State.Running*) echo true ;;
  *State.Health*) echo healthy ;;
  "service inspect"*) cat image ;;
  "service update"*--image*) echo "${6}" >image ;;
  *"ps --all --format json"*) echo '[{"State":"running","Health":"healthy"}]' ;;
  *"ps --quiet"*) printf 'a\nb\n' ;;
esac"#;

const KUBECTL: &str = r#"shift 2
[ "$1" != --namespace ] || shift 2
case "$*" in
  "get deployment/web -o jsonpath={.spec.replicas}") cat replicas ;;
  "get deployment/web"*) cat image ;;
  "set image"*) echo "${4#web=}" >image ;;
  "scale "*) echo "$4" >replicas ;;
  cordon* | drain*) echo out >node ;;
  uncordon*) echo in >node ;;
  "get job"*) echo Complete ;;
  "create -f "*) cat "$3" >>jobs ;;
esac"#;

/// A balancer with two servers, each with its weight and state in a file.
const SOCAT: &str = r#"read -r what who rest
case "$what $who $rest" in
  "show stat"*) for s in blue green; do echo "web,$s,,,0,,,,,,,,,,,,,UP"; done ;;
  "get weight"*) cat "weight-${rest#*/}" ;;
  "set weight"*) rest=${rest#*/} rest=${rest%\%}; echo "${rest#* }" >"weight-${rest%% *}" ;;
  "show servers state"*) for s in blue green; do echo "1 web 1 $s x 2 $(cat "state-$s")"; done ;;
  "set server"*) rest=${rest#*/}; case $rest in *ready) n=0 ;; *drain) n=8 ;; *) n=1 ;; esac; echo $n >"state-${rest%% *}" ;;
esac"#;

const GIT: &str = r#"case "$*" in
  "rev-parse --abbrev-ref HEAD") echo main ;;
  "rev-parse HEAD") echo abc ;;
  "rev-parse --verify"*) test -e "tag-here" ;;
  "ls-remote --tags"*) cat tag-there 2>/dev/null || : ;;
  ls-remote*) printf 'abc\trefs/heads/main\n' ;;
  "diff --numstat"*) printf '3\t4\tREADME\n' ;;
  "tag -a"*) : >tag-here ;;
  "tag -d"*) rm tag-here ;;
  "push --delete"*) rm tag-there ;;
  push*) echo v1.2.3 >tag-there ;;
esac"#;

const PSQL: &str = r#"last=; before=; for word; do before=$last last=$word; done
case "$before $last" in
  *pg_stat_activity* | *pg_stat_replication*) echo 0 ;;
  "--command select level"*) cat level ;;
  "--file up.sql") echo 8 >level ;;
  "--file down.sql") echo 7 >level ;;
  *) echo t ;;
esac"#;

const REDIS: &str = r#"shift 4
case "$*" in
  ping) echo PONG ;;
  "info memory") printf 'used_memory:1000\r\n' ;;
  exists*) if [ -e "key-$2" ]; then echo 1; else echo 0; fi ;;
  get*) cat "key-$2" 2>/dev/null || echo ;;
  set*) printf '%s\n' "$3" >"key-$2"; echo OK ;;
  del*) rm "key-$2" ;;
  "config get"*) printf '%s\n' "$3"; cat "setting-$3" ;;
  "config set"*) echo "$4" >"setting-$3"; echo OK ;;
  --rdb*) : >"$2" ;;
esac"#;

const CASES: &[Case] = &[
    Case {
        modules: &["systemd"],
        before: "mkdir units; : >units/old.service; : >units/both.service",
        tools: &[("systemctl", SYSTEMCTL)],
        statements: r#"check up = systemd.active("old.service")
check well = systemd.none_failed()
step off = systemd.stop("old.service")
step still_off = systemd.stop("none.service")
step on_now = systemd.start("new.service")
step again = systemd.restart("both.service")
with quiet = systemd.stopped("both.service") {
  check looked $ test ! -e units/both.service
}"#,
    },
    Case {
        modules: &["docker", "compose"],
        before: "echo shop:1 >image",
        tools: &[("docker", DOCKER)],
        statements: r#"check well = docker.healthy("shop")
step fetch = docker.pull("shop:2")
step change = docker.service_image("shop", image: "shop:2")
check runs = docker.running("shop")
step load = compose.pull("web")
step more = compose.scale("web", containers: 4)
step switch = compose.service_image("web", image: "shop:2")
check all = compose.running("web")"#,
    },
    Case {
        modules: &["kubernetes"],
        before: "echo shop:1 >image; echo 3 >replicas; echo in >node",
        tools: &[("kubectl", KUBECTL)],
        statements: r#"check allowed = kubernetes.may("patch", what: "deployments", context: "production")
step more = kubernetes.scale("web", replicas: 6, context: "production")
step image = kubernetes.set_image("web", container: "web", image: "shop:2", context: "production")
step anew = kubernetes.restart("worker", context: "production")
with out = kubernetes.drained("node-1", context: "production") {
  check back = kubernetes.node_ready("node-1", context: "production")
}
step away = kubernetes.drain("node-1", context: "production")
check all = kubernetes.rolled_out("web", context: "production")"#,
    },
    Case {
        modules: &["kubernetes"],
        before: "echo fill >fill.yaml; echo empty >empty.yaml",
        tools: &[("kubectl", KUBECTL)],
        statements: r#"step fill = kubernetes.job("fill", file: "fill.yaml", undo_job: "empty", undo_file: "empty.yaml", context: "production")"#,
    },
    Case {
        modules: &["haproxy"],
        before: "echo 100 >weight-green; echo 50 >weight-blue; echo 0 >state-green; echo 8 >state-blue",
        tools: &[("socat", SOCAT)],
        statements: r#"check new_is_up = haproxy.up("web", server: "green", socket: "/s")
step away = haproxy.drain("web", server: "green", socket: "/s")
step back = haproxy.ready("web", server: "blue", socket: "/s")
check nobody = haproxy.empty("web", server: "green", socket: "/s")
step some = haproxy.weight("web", server: "green", weight: 10%, socket: "/s")
with out = haproxy.drained("web", server: "blue", patience: 1s, socket: "/s") {
  step all = haproxy.weight("web", server: "green", weight: 100%, socket: "/s")
}"#,
    },
    Case {
        modules: &["git", "release"],
        before: "mkdir one two; ln -s one current",
        tools: &[("git", GIT)],
        statements: r#"phase ready = release.preparation(since: "v1.2.2")
check is_main = git.on_branch()
check is_known = git.published()
check is_new = git.tag_is_new("v1.2.3")
step publish = git.tag("v1.2.3", message: "it's \"new\"")
step switch = release.point(link: "current", folder: "two")"#,
    },
    Case {
        modules: &["nginx"],
        before: "printf 'server a:80 weight=5;\\nserver b:80;\\n' >servers.conf; : >green.conf; ln -s blue.conf up.conf",
        tools: &[("nginx", "")],
        statements: r#"check good = nginx.config()
step green = nginx.use_config(link: "up.conf", file: "green.conf")
step more = nginx.weight("servers.conf", server: "a:80", weight: 9)
step away = nginx.drain("servers.conf", server: "b:80")
step tenth = nginx.share("release.conf", new: "green", old: "blue", weight: 10%)
step again = nginx.reload()"#,
    },
    Case {
        modules: &["postgres"],
        before: "echo 7 >level",
        tools: &[
            ("psql", PSQL),
            (
                "pg_dump",
                "for word; do case $word in *.partial) : >\"$word\" ;; esac; done",
            ),
            ("pg_restore", "echo 7 >level"),
            ("pg_isready", ""),
        ],
        statements: r#"check up = postgres.ready("shop")
step save = postgres.backup(database: "shop", file: "shop.dump")
step raise = postgres.upgrade(database: "shop", level: "select level", up: "up.sql", down: "down.sql", backup: "shop.dump")
step change = postgres.migrate(database: "shop", up: "other.sql", down: "back.sql")
check changed = postgres.holds("shop", query: "select true")"#,
    },
    Case {
        modules: &["redis"],
        before: "echo old >key-one; echo 1gb >setting-maxmemory",
        tools: &[("redis-cli", REDIS)],
        statements: r#"check up = redis.ready()
check room = redis.memory_below(1GiB)
step save = redis.backup("all.rdb")
step limit = redis.configure("maxmemory", value: "2gb")
step switch = redis.set("one", value: "it's new")
step other = redis.set("two", value: "yes")"#,
    },
    Case {
        modules: &["host", "strategy", "systemd", "haproxy"],
        before: "mkdir units; echo 100 >weight-green; echo 0 >state-blue; echo 0.5 >errors",
        tools: &[("systemctl", SYSTEMCTL), ("socat", SOCAT)],
        statements: r#"metric errors: percent = $ cat errors
thresholds fine {
  errors < 1%
}
check shell = host.has("sh")
check room = host.disk_free("/", least: 1KiB)
phase release = strategy.blue_green(
  deploy: systemd.start(unit: "green.service"),
  switch: haproxy.drain(backend: "web", server: "blue"),
  healthy: fine, settle: 100ms, look_every: 100ms,
)
phase rollout = strategy.canary(
  shift: haproxy.weight(backend: "web", server: "green"),
  healthy: fine, weights: [10%, 100%], settle: 100ms, look_every: 100ms,
)"#,
    },
    Case {
        modules: &["strategy"],
        before: "echo 0.5 >errors",
        tools: &[("install-it", "case $2 in web3) echo 7 >errors ;; esac")],
        statements: r#"metric errors: percent = $ cat errors
thresholds fine {
  errors < 1%
}
action install(host: host) {
  $ install-it on "$host"
  rollback $ install-it off "$host"
}
phase all = strategy.rolling(["web1", "web2", "web3", "web4"], change: install, healthy: fine, settle: 100ms, look_every: 100ms)"#,
    },
];

impl Case {
    fn text(&self) -> String {
        let uses = self.modules.iter().map(|name| format!("use std.{name}\n"));
        let uses: String = uses.collect();
        format!(
            "runbook \"Of the library\"\n{uses}defaults {{ timeout 1m }}\n{}\n",
            self.statements
        )
    }

    /// A world in which the call of this number fails; none fails for 0.
    fn world(&self, text: &str, failing: usize) -> World {
        let world = World::new(text, &[]);
        let place = world.path().display();
        for (name, does) in self.tools {
            let tool = format!(
                "#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>'{place}/calls'\n\
                 if [ \"$(grep -c . <'{place}/calls')\" = {failing} ]; then echo 'it fails' >&2; exit 1; fi\n{does}\n"
            );
            fs::create_dir_all(world.path().join("bin")).expect("it can be made");
            let path = world.path().join("bin").join(name);
            fs::write(&path, tool).expect("it can be written");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, mode).expect("it is ours");
        }
        let told = world.run(&["sh"], &["-euc", self.before]);
        assert_eq!(told.status, Some(0), "{}", told.text);
        world
    }
}

fn run(world: &World, program: &[&str], arguments: &[&str]) -> Told {
    let path = format!(
        "{}:{}",
        world.path().join("bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut command = world.command(program, arguments);
    let output = command.env("PATH", path).output().expect("it starts");
    Told::of(&output)
}

fn by_exec(world: &World) -> Told {
    let arguments = ["exec", "case.runbook", "--grace", "1s", "--yes"];
    run(world, &[env!("CARGO_BIN_EXE_runbook")], &arguments)
}

fn by_script(world: &World, shell: &[&str]) -> Told {
    world.export(&[]).expect("it can be exported");
    run(world, shell, &["./case.sh", "--grace", "1", "--yes"])
}

/// The files that are there now, with what they hold.
fn files(world: &World) -> String {
    let list = "find . \\( -path ./state -o -path ./bin -o -name 'case.*' -o -name calls \\) -prune -o \
                -type l -exec readlink {} \\; -print -o -type f -print -exec cat {} \\; | sort";
    world.run(&["sh"], &["-c", list]).text
}

/// Which faults are tried: none at all and one by turn; all in a long run.
fn tried(count: usize, number: usize) -> Vec<usize> {
    match is_long() {
        true => (0..=count).collect(),
        false => vec![0, number % count + 1],
    }
}

#[test]
fn templates_of_the_library_do_the_same_in_scripts() {
    let numbered: Vec<(usize, &Case)> = CASES.iter().enumerate().collect();
    // Part of the time is waiting.
    for some in numbered.chunks(4) {
        std::thread::scope(|scope| {
            for (number, case) in some {
                scope.spawn(|| does_the_same(*number, case));
            }
        });
    }
}

fn does_the_same(number: usize, case: &Case) {
    let text = case.text();
    let world = case.world(&text, 0);
    let whole = by_exec(&world);
    let count = world.read("calls").lines().count();
    assert!(count > 1, "{}\n{text}", whole.text);
    // Only the machine that is not well after its change turns a run back.
    let wanted = if text.contains("install-it") { 3 } else { 0 };
    assert_eq!(whole.status, Some(wanted), "{}\n{text}", whole.text);
    for failing in tried(count, number * 3 + 1) {
        let world = case.world(&text, failing);
        let exec = by_exec(&world);
        for shell in shells::by_turn(number + failing) {
            let other = case.world(&text, failing);
            let told = by_script(&other, shell);
            let about = format!(
                "call {failing} fails in {shell:?}\n{}\n{}\n--- exec\n{}\n{}\n{text}",
                told.text,
                other.read("calls"),
                exec.text,
                world.read("calls"),
            );
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(other.read("calls"), world.read("calls"), "{about}");
            assert_eq!(told.last_words(), exec.last_words(), "{about}");
            assert_eq!(files(&other), files(&world), "{about}");
        }
    }
}

/// Answers all that it is asked, but for one request.
fn server(failing: usize) -> Server {
    let number = AtomicUsize::new(0);
    Server::new(move |_: &Asked, wire: &mut dyn Wire| {
        let status = match number.fetch_add(1, Ordering::SeqCst) + 1 == failing {
            true => 500,
            false => 200,
        };
        answer(wire, status, "", b"it is ready");
    })
}

#[test]
fn requests_of_the_library_are_the_same_in_scripts() {
    let text = |url: &str| {
        format!(
            r#"runbook "Of the library"
use std.http
use std.slack
use std.webhook
secret hook from file "hook"
defaults {{ timeout 1m }}
check up = http.ok(url: "{url}/up")
step announce = http.post(url: "{url}/a", undo_url: "{url}/b", json: "{{{{\"it's\": 1}}}}")
step told = webhook.tell(url: "{url}/hook")
step said = slack.post(webhook: hook, text: "Half of \"it\" is done")
check says = http.says(url: "{url}/", text: "ready")
check answers = http.answers(url: "{url}/", status: 200)
"#
        )
    };
    let run = |failing: usize, shell: Option<&[&str]>| {
        let server = server(failing);
        let world = World::new(&text(&server.url()), &[]);
        world.write("hook", &format!("{}/services", server.url()));
        let told = match shell {
            None => by_exec(&world),
            Some(shell) => by_script(&world, shell),
        };
        let asked = server.asked();
        let asked: Vec<String> = asked
            .iter()
            .map(|it| {
                let kind = it.header("content-type");
                format!("{} {} {kind} {}", it.method, it.target, it.body)
            })
            .collect();
        (told, asked)
    };
    let (told, all) = run(0, None);
    assert_eq!((told.status, all.len()), (Some(0), 6), "{}", told.text);
    for failing in 0..=all.len() {
        let (exec, asked) = run(failing, None);
        for shell in shells::by_turn(failing) {
            let (told, by_script) = run(failing, Some(shell));
            let about = format!(
                "request {failing} fails in {shell:?}\n{}\n--- exec\n{}",
                told.text, exec.text
            );
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(by_script, asked, "{about}");
        }
    }
}
