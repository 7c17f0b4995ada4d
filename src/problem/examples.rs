//! What is wrong and what is right, for the codes that no rule of `check` has
//! examples for. Each is tried as it says.

use super::Code;

/// Two texts, and what is done with each.
#[derive(Debug)]
pub struct Example {
    pub code: Code,
    pub wrong: &'static str,
    pub right: &'static str,
    /// The line `runbook "example"` does not stand above them.
    pub is_whole: bool,
    /// What finds it in the wrong one, and nothing in the right one.
    pub commands: [&'static str; 2],
}

/// What most are tried with.
const CHECK: [&str; 2] = ["check example.runbook", "check example.runbook"];

/// The examples of a code that is no rule's.
pub fn example(code: Code) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.code == code)
}

/// The name and the text of what lies beside the examples of a code that is about
/// two runbooks.
pub fn beside(code: Code) -> Option<(&'static str, &'static str)> {
    let text = r#"runbook "repair"
lock "shop"
step reindex {
  $ ./reindex.sh
  timeout 5m
  touches database
  rollback $ ./old_index.sh
}
"#;
    (code == Code::RB406).then_some(("repair.runbook", text))
}

/// In the order of their codes.
pub static EXAMPLES: &[Example] = &[
    Example {
        code: Code::RB102,
        wrong: r"step deploy {
  $ ./deploy.sh
  timeout 5m
  rollback {
  }
}
",
        right: r"step deploy {
  $ ./deploy.sh
  timeout 5m
  rollback $ ./undeploy.sh
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB103,
        wrong: r#"gate sure {
  confirm "Were the customers told?"
  else abort
}
step purge {
  $ ./purge.sh
  timeout 5m
  repeatable
  irreversible "it is gone"
}
"#,
        right: r#"gate sure {
  confirm "Were the customers told?"
  else abort
}
step purge {
  $ ./purge.sh
  timeout 5m
  repeatable
  irreversible "it is gone" then "ask the archive for single invoices"
}
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB301,
        wrong: r#"param version: version = "1.0.0"
check well $ ./well.sh --version "$verison"
"#,
        right: r#"param version: version = "1.0.0"
check well $ ./well.sh --version "$version"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB305,
        wrong: r#"param backup_id: string = "77"
step backup {
  $ ./backup.sh
  output id from stdout `id: (\S+)`
  timeout 5m
  harmless "it only adds a backup"
}
check there $ ./there.sh "$backup_id" "$backup_id"
"#,
        right: r#"param last_backup: string = "77"
step backup {
  $ ./backup.sh
  output id from stdout `id: (\S+)`
  timeout 5m
  harmless "it only adds a backup"
}
check there $ ./there.sh "$backup_id" "$last_backup"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB306,
        wrong: r#"param replicas: int
check well $ ./well.sh "$replicas"
"#,
        right: r#"param replicas: int
check well $ ./well.sh "$replicas"
"#,
        is_whole: false,
        commands: [
            "plan example.runbook --set replicas=three",
            "plan example.runbook --set replicas=3",
        ],
    },
    Example {
        code: Code::RB307,
        wrong: r#"param version: version = "1.0.0"
check well $ ./well.sh --version $version
"#,
        right: r#"param version: version = "1.0.0"
check well $ ./well.sh --version "$version"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB308,
        wrong: r#"param version: version = "1.0.0"
check well $ ./well.sh --version '$version'
"#,
        right: r#"param version: version = "1.0.0"
check well $ ./well.sh --version "$version"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB309,
        wrong: r#"check well $ ./well.sh --region "$REGION"
"#,
        right: r#"env REGION
check well $ ./well.sh --region "$REGION"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB310,
        wrong: r#"secret token from env "TOKEN"
channel ops = $ ./tell.sh "$message"
message done to ops "It is out, with {token}"
notify done
on stuck { notify done }
"#,
        right: r#"secret token from env "TOKEN"
channel ops = $ ./tell.sh "$message"
message done to ops "It is out, with the usual token"
notify done
on stuck { notify done }
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB406,
        wrong: r"step migrate {
  $ ./migrate.sh
  timeout 5m
  touches database
  rollback $ ./migrate_back.sh
}
",
        right: r#"lock "shop"
step migrate {
  $ ./migrate.sh
  timeout 5m
  touches database
  rollback $ ./migrate_back.sh
}
"#,
        is_whole: false,
        commands: [
            "check example.runbook repair.runbook",
            "check example.runbook repair.runbook",
        ],
    },
    Example {
        code: Code::RB506,
        wrong: r"step deploy {
  $ ./deploy.sh
  timeout 30
  rollback $ ./undeploy.sh
}
",
        right: r"step deploy {
  $ ./deploy.sh
  timeout 30s
  rollback $ ./undeploy.sh
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB602,
        wrong: r#"secret password from env "DB_PASSWORD"
check login $ mysql -p"$password" -e "select 1"
"#,
        right: r#"secret password from env "DB_PASSWORD"
check login $ MYSQL_PWD="$password" mysql -e "select 1"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB702,
        wrong: r"check well $ if ./well.sh; then echo well
",
        right: r"check well $ if ./well.sh; then echo well; fi
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB809,
        wrong: r"step make {
  $ mkdir room
  timeout 1m
  # allow(RB105)
  rollback $ rmdir room
}
",
        right: r"step make {
  $ mkdir room
  timeout 1m
  # allow(RB105): nobody else removes it
  rollback $ rmdir room
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB810,
        wrong: r"step make {
  $ mkdir room
  timeout 1m
  # allow(RB1O5): nobody else removes it
  rollback $ rm -rf room
}
",
        right: r"step make {
  $ mkdir room
  timeout 1m
  rollback $ rm -rf room
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB811,
        wrong: r"step make {
  $ mkdir room
  timeout 1m
  # allow(RB105): nobody else removes it
  rollback $ rm -rf room
}
",
        right: r"step make {
  $ mkdir room
  timeout 1m
  rollback $ rm -rf room
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB812,
        wrong: r"# allow(RB900): it is right
check well $ ./well.sh
",
        right: r"check well $ ./well.sh
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB900,
        wrong: r"chek well $ ./well.sh
",
        right: r"check well $ ./well.sh
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB901,
        wrong: r"step deploy {
  $ ./deploy.sh
  timeout 5m
  rollback $ ./undeploy.sh
",
        right: r"step deploy {
  $ ./deploy.sh
  timeout 5m
  rollback $ ./undeploy.sh
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB902,
        wrong: r#"param replicas: int = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
check well $ ./well.sh "$replicas"
"#,
        right: r#"param replicas: int = (1)
check well $ ./well.sh "$replicas"
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB920,
        wrong: r#"channel ops = $ ./tell.sh "$message"
message released to ops "It is out"
notify relased
on stuck { notify released }
"#,
        right: r#"channel ops = $ ./tell.sh "$message"
message released to ops "It is out"
notify released
on stuck { notify released }
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB921,
        wrong: r"check well $ ./well.sh
check well $ ./better.sh
",
        right: r"check well $ ./well.sh
check better $ ./better.sh
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB922,
        wrong: r#"use std.htpp as http
check well = http.ok(url: "https://example.com")
"#,
        right: r#"use std.http
check well = http.ok(url: "https://example.com")
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB923,
        wrong: r"strategy again() {
  phase more = again()
}
phase all = again()
",
        right: r"strategy once() {
  check well $ ./well.sh
}
phase all = once()
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB924,
        wrong: r"use std.http
check well = http.ok()
",
        right: r#"use std.http
check well = http.ok(url: "https://example.com")
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB940,
        wrong: r"step deploy {
  $ ./deploy.sh
  timeout 10%
  rollback $ ./undeploy.sh
}
",
        right: r"step deploy {
  $ ./deploy.sh
  timeout 10m
  rollback $ ./undeploy.sh
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB941,
        wrong: r"step deploy {
  $ ./deploy.sh
  timeout 5m
  timeout 10m
  rollback $ ./undeploy.sh
}
",
        right: r"step deploy {
  $ ./deploy.sh
  timeout 10m
  rollback $ ./undeploy.sh
}
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB942,
        wrong: r#"step count {
  $ ./count.sh
  output hosts from stdout `(\d+)`
  timeout 5m
  harmless "it only looks"
}
check many when count.hosts == "3" $ ./many.sh
"#,
        right: r#"step count {
  $ ./count.sh
  output hosts from stdout `(\d+)`
  timeout 5m
  harmless "it only looks"
}
check many $ test "$count_hosts" != 3 || ./many.sh
"#,
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB960,
        wrong: r#"param version: version
check well $ ./well.sh "$version"
"#,
        right: r#"param version: version
check well $ ./well.sh "$version"
"#,
        is_whole: false,
        commands: [
            "plan example.runbook",
            "plan example.runbook --set version=1.2.3",
        ],
    },
    Example {
        code: Code::RB961,
        wrong: r#"param version: version = "1.0.0"
check well $ ./well.sh "$version"
"#,
        right: r#"param version: version = "1.0.0"
check well $ ./well.sh "$version"
"#,
        is_whole: false,
        commands: [
            "plan example.runbook --set verison=1.2.3",
            "plan example.runbook --set version=1.2.3",
        ],
    },
    Example {
        code: Code::RB963,
        wrong: r"check well $ ./well.sh
",
        right: r#"runbook "Look"

check well $ ./well.sh
"#,
        is_whole: true,
        commands: CHECK,
    },
    Example {
        code: Code::RB964,
        wrong: r#"check well $ ./well.sh
test "it fails when all is not well" {
  given check well fails
  expect succeeded
}
"#,
        right: r#"check well $ ./well.sh
test "it fails when all is not well" {
  given check well fails
  expect stopped
}
"#,
        is_whole: false,
        commands: ["test example.runbook", "test example.runbook"],
    },
    Example {
        code: Code::RB965,
        wrong: r"check well $ ./well.sh
",
        right: r"check well $ ./well.sh
",
        is_whole: false,
        commands: ["check exmaple.runbook", "check example.runbook"],
    },
    Example {
        code: Code::RB966,
        wrong: "check well \"all is w\0ell\" $ ./well.sh\n",
        right: r"check well $ ./well.sh
",
        is_whole: false,
        commands: CHECK,
    },
    Example {
        code: Code::RB967,
        wrong: r#"step backup {
  $ ./backup.sh
  output id from json "$.backups[?(@.ok)].id"
  timeout 5m
  harmless "it only adds a backup"
}
check there $ ./there.sh "$backup_id"
"#,
        right: r#"step backup {
  $ ./backup.sh
  output id from json "$.backup.id"
  timeout 5m
  harmless "it only adds a backup"
}
check there $ ./there.sh "$backup_id"
"#,
        is_whole: false,
        commands: [
            "export example.runbook --to sh",
            "export example.runbook --to sh",
        ],
    },
];
