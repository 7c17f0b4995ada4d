//! RB704: a step whose failure is swallowed.

use super::{Command, How, Joint, Role, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB704,
    how: How::Heuristic,
    wrong: r#"
step migrate {
  $ ./migrate.sh || true
  timeout 10m
  rollback $ ./migrate_back.sh
}
"#,
    right: r#"
step migrate {
  $ ./migrate.sh
  timeout 10m
  rollback $ ./migrate_back.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        if !matches!(part.role, Role::Step | Role::Enter) {
            continue;
        }
        let commands: Vec<&Command<'_>> = part
            .commands
            .iter()
            .filter(|it| !it.simple.nested)
            .collect();
        for pair in commands.windows(2) {
            let [tried, instead] = pair else { continue };
            if instead.before() == Joint::Or && is_nothing(instead) && !tidies_up(tried) {
                let message = format!(
                    "should `{}` fail, the {} has succeeded all the same, and no way back begins",
                    tried.shown(),
                    part.role.word()
                );
                problems.push(
                    Problem::new(Code::RB704, instead.span(), message)
                        .label("swallows the failure")
                        .help("leave it out; or say what may go wrong: `else continue`, `expect exit 0, 3`"),
                );
            }
        }
        let lets_all_pass = commands.iter().find(|it| {
            let turned_off = it.program == "set" && it.words.contains(&"+e");
            let again = commands
                .iter()
                .any(|other| other.program == "set" && other.words.contains(&"-e"));
            turned_off && !again
        });
        if let Some(command) = lets_all_pass {
            let message = "behind `set +e` only the last command decides whether it worked";
            problems.push(
                Problem::new(Code::RB704, command.span(), message)
                    .label("failures are not seen from here on")
                    .help("leave it out, or turn it on again with `set -e`"),
            );
        }
    }
    problems
}

fn is_nothing(command: &Command<'_>) -> bool {
    match command.program {
        "true" | ":" => true,
        "exit" => command.words.first() == Some(&"0"),
        _another => false,
    }
}

/// What is often done to make sure, and may well find nothing to do.
fn tidies_up(command: &Command<'_>) -> bool {
    const TIDY: [&str; 27] = [
        "rm", "rmdir", "unlink", "kill", "pkill", "killall", "umount", "mkdir", "userdel",
        "groupdel", "useradd", "groupadd", "grep", "test", "[", "[[", "command", "which", "id",
        "getent", "read", "diff", "cmp", "wait", "ln", "dropdb", "createdb",
    ];
    const WORDS: [&str; 11] = [
        "rm",
        "rmi",
        "stop",
        "kill",
        "delete",
        "remove",
        "uninstall",
        "disable",
        "prune",
        "unset",
        "down",
    ];
    TIDY.contains(&command.program) || command.plain().any(|word| WORDS.contains(&word))
}
