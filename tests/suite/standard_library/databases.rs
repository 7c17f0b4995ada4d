//! `std.postgres` and `std.redis`, on servers of the test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::place::{Place, Process, wait_for};
use crate::outside::server::port_of_nobody;

/// A PostgreSQL server with a database `shop`, and one that follows it.
struct Postgres {
    place: Place,
    processes: Vec<Process>,
}

impl Postgres {
    fn start() -> Postgres {
        let mut place = Place::new();
        // It does not run as root, and must reach its files.
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let programs = place.sh("ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1");
        let path = std::env::var("PATH").unwrap_or_default();
        let own = place.at("bin");
        place.set("PATH", &format!("{own}:{programs}:{path}"));
        place.set("PGHOST", &place.at("first-socket"));
        place.set("PGUSER", "postgres");
        place.set("PGPORT", "5432");
        let mut postgres = Postgres {
            place,
            processes: Vec::new(),
        };
        postgres.place.sh(&as_somebody(
            "initdb --no-sync --auth trust --username postgres --pgdata first >/dev/null",
        ));
        postgres.listen("first");
        postgres.place.sh("createdb shop");
        postgres
    }

    fn listen(&mut self, folder: &str) {
        let at = self.place.at(&format!("{folder}-socket"));
        self.place.sh(&format!("mkdir {at}; chmod 777 {at}"));
        let server = as_somebody(&format!(
            "exec postgres -D {folder} -k {at} -c listen_addresses= -c fsync=off"
        ));
        let mut command = self.place.command("sh");
        let process = Process::start(command.args(["-c", &server]));
        self.processes.push(process);
        let ready = format!("pg_isready --quiet --host '{at}' || echo not yet");
        wait_for("postgres", || self.place.sh(&ready).is_empty());
    }

    fn asked(&self, query: &str) -> String {
        self.place.sh(&format!("psql -qtAX shop -c \"{query}\""))
    }
}

/// A command as a user that is not root.
fn as_somebody(command: &str) -> String {
    format!(
        "if [ \"$(id -u)\" = 0 ]; then exec setpriv --reuid postgres --regid postgres --clear-groups sh -euc '{command}'; else {command}; fi"
    )
}

/// One server for all: it takes its time to start.
#[test]
fn postgres_is_looked_at_saved_and_migrated_there_and_back() {
    let mut postgres = Postgres::start();
    looked_at(&postgres);
    migrated(&postgres);
    raised_and_lowered(&postgres);
    put_back_from_the_backup(&postgres);
    followed(&mut postgres);
}

fn looked_at(postgres: &Postgres) {
    let place = &postgres.place;
    place.passes(
        "postgres",
        &[
            "postgres.ready(\"shop\")",
            "postgres.holds(\"shop\", query: \"select 1 = 1\")",
            "postgres.connections_below(50%)",
            "postgres.no_old_transactions(\"shop\", age: 1s)",
        ],
    );
    place.refuses(
        "postgres",
        &[
            "postgres.holds(\"shop\", query: \"select 1 = 2\")",
            "postgres.holds(\"nothing\", query: \"select true\")",
            "postgres.connections_below(0.1%)",
            "postgres.replicas_follow()",
            "postgres.backup_recent(\".\")",
        ],
    );
    // Whoever keeps a transaction open is found.
    let mut open = place.command("psql");
    let open =
        Process::start(open.args(["-qX", "shop", "-c", "begin", "-c", "select pg_sleep(60)"]));
    let asks = "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and xact_start < now() - interval '1 s' and pid <> pg_backend_pid()";
    wait_for("a transaction", || postgres.asked(asks) == "1");
    place.refuses(
        "postgres",
        &["postgres.no_old_transactions(\"shop\", age: 1s)"],
    );
    drop(open);
}

fn migrated(postgres: &Postgres) {
    let place = &postgres.place;
    place.write("up.sql", "create table orders (id int);\n");
    place.write("down.sql", "drop table if exists orders;\n");
    place.goes_back(
        "postgres",
        r#"
step save = postgres.backup(database: "shop", file: "saved.dump")
check saved = postgres.backup_recent(".")
step change = postgres.migrate(database: "shop", up: "up.sql", down: "down.sql")
check changed = postgres.holds("shop", query: "select to_regclass('orders') is not null")
"#,
    );
    assert_eq!(postgres.asked("select to_regclass('orders') is null"), "t");
    assert!(place.path().join("saved.dump").exists());
    assert!(!place.path().join("saved.dump.partial").exists());
    place.sh("cp saved.dump old.dump; touch -d '2 hours ago' old.dump");
    place.passes(
        "postgres",
        &["postgres.backup_recent(\".\", age: 3h, name: \"old*\")"],
    );
    // One that is too old is none, and neither is one that cannot be read.
    place.write("torn.dump", "PGDMP and nothing more");
    place.refuses(
        "postgres",
        &[
            "postgres.backup_recent(\".\", name: \"old*\")",
            "postgres.backup_recent(\".\", name: \"torn*\")",
        ],
    );
}

const LEVELS: &str = "select coalesce(max(level), 0) from levels";

fn raised_and_lowered(postgres: &Postgres) {
    let place = &postgres.place;
    postgres.asked("create table levels (level int); insert into levels values (3)");
    place.write(
        "raise.sql",
        "create table a (id int); insert into levels values (4);\ncreate table b (id int); insert into levels values (5);\n",
    );
    place.write(
        "lower.sql",
        "drop table if exists a, b; delete from levels where level > :'level';\n",
    );
    let told = place.goes_back("postgres", &upgrade("lower.sql", "raised.dump"));
    assert!(!told.contains("verification of the undo"), "{told}");
    assert_eq!(postgres.asked(LEVELS), "3");
    assert_eq!(postgres.asked("select to_regclass('b') is null"), "t");
}

fn upgrade(down: &str, backup: &str) -> String {
    format!(
        r#"
step save = postgres.backup(database: "shop", file: "{backup}")
step raise = postgres.upgrade(
  database: "shop",
  level: "{LEVELS}",
  up: "raise.sql",
  down: "{down}",
  backup: "{backup}",
)
check raised = postgres.holds("shop", query: "select ({LEVELS}) = 5")
"#
    )
}

fn put_back_from_the_backup(postgres: &Postgres) {
    let place = &postgres.place;
    // It leads to another level than it should, so it does not count.
    place.write("wrong.sql", "delete from levels where level > 4;\n");
    let told = place.goes_back("postgres", &upgrade("wrong.sql", "again.dump"));
    assert!(told.contains("verification of the undo"), "{told}");
    assert_eq!(postgres.asked(LEVELS), "3");
}

fn followed(postgres: &mut Postgres) {
    postgres.place.sh(&as_somebody(
        "pg_basebackup --no-sync --checkpoint fast --write-recovery-conf --pgdata second",
    ));
    postgres.listen("second");
    let state = "select count(*) from pg_stat_replication where state = 'streaming'";
    wait_for("a replica", || postgres.asked(state) == "1");
    let place = &postgres.place;
    place.passes("postgres", &["postgres.replicas_follow()"]);
    place.refuses("postgres", &["postgres.replicas_follow(2)"]);
    place.succeeds(
        "postgres",
        r#"
metric in_use = postgres.connections()
metric behind = postgres.replication_lag()
metric large = postgres.size("shop")
gate good {
  until in_use > 0% within 30s every 200ms
  until behind < 1h within 30s every 200ms
  until large > 1MiB within 30s every 200ms
}
"#,
    );
}

struct Redis {
    place: Place,
    port: u16,
    processes: Vec<Process>,
}

impl Redis {
    fn start() -> Redis {
        let mut redis = Redis {
            place: Place::new(),
            port: 0,
            processes: Vec::new(),
        };
        redis.port = redis.listen(&[]);
        redis
    }

    fn listen(&mut self, more: &[&str]) -> u16 {
        let port = port_of_nobody();
        let mut command = self.place.command("redis-server");
        command.args(["--port", &port.to_string(), "--save", "", "--dir"]);
        command.arg(self.place.path()).args(more);
        self.processes.push(Process::start(&mut command));
        let ping = format!("redis-cli -p {port} ping 2>&1 || true");
        wait_for("redis", || self.place.sh(&ping) == "PONG");
        port
    }

    fn cli(&self, words: &str) -> String {
        self.place
            .sh(&format!("redis-cli -p {} {words}", self.port))
    }
}

#[test]
fn redis_is_looked_at_saved_and_changed_there_and_back() {
    let mut redis = Redis::start();
    let (port, nobody) = (redis.port, port_of_nobody());
    redis.place.passes(
        "redis",
        &[
            &format!("redis.ready(port: {port})"),
            &format!("redis.memory_below(1GiB, port: {port})"),
        ],
    );
    redis.place.refuses(
        "redis",
        &[
            &format!("redis.ready(port: {nobody})"),
            &format!("redis.memory_below(1KiB, port: {port})"),
            &format!("redis.replica_follows(port: {port})"),
        ],
    );
    redis.cli("set old before");
    redis.cli("rpush jobs a b c");
    let (before, is) = (redis.cli("config get maxmemory"), "redis-cli -p");
    redis.place.goes_back(
        "redis",
        &format!(
            r#"
metric waiting = redis.list_length("jobs", port: {port})
metric used = redis.memory(port: {port})
step save = redis.backup("saved.rdb", port: {port})
step limit = redis.configure("maxmemory", value: "100mb", port: {port})
step change = redis.set("old", value: "it's \"new\"", port: {port})
step add = redis.set("new", value: "a b", port: {port})
check changed {{
  $ test "$({is} {port} get old)" = "it's \"new\""
  $ test "$({is} {port} get new)" = "a b"
  $ test "$({is} {port} config get maxmemory | tail -n 1)" = 104857600
}}
gate measured {{
  until waiting == 3 within 30s every 200ms
  until used > 1KiB within 30s every 200ms
}}
"#
        ),
    );
    assert_eq!(redis.cli("get old"), "before");
    assert_eq!(redis.cli("exists new"), "0");
    assert_eq!(redis.cli("config get maxmemory"), before);
    let saved = fs::read(redis.place.path().join("saved.rdb")).unwrap();
    assert!(saved.starts_with(b"REDIS"));
    // A setting that it does not have is no change.
    let (status, told) = redis.place.exec(
        "redis",
        &format!("step limit = redis.configure(\"nonsense\", value: \"1\", port: {port})"),
    );
    assert_eq!(status, 1, "{told}");

    let primary = port.to_string();
    let replica = redis.listen(&["--replicaof", "127.0.0.1", &primary]);
    let follows = format!("redis-cli -p {replica} info replication");
    wait_for("a replica", || {
        redis.place.sh(&follows).contains("master_link_status:up")
    });
    let follows = format!("redis.replica_follows(port: {replica})");
    redis.place.passes("redis", &[&follows]);
}
