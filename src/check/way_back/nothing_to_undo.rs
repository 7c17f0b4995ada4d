//! RB104: an undo that fails where its step did not come to do anything.

use super::super::sql;
use super::{Command, How, Role, Rule, Subject, of_commands};
use crate::problem::{Code, Edit, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB104,
    how: How::Heuristic,
    wrong: r#"
step job {
  $ kubectl --context production create job warm_up --image shop/warm:1.2.3
  $ kubectl --context production wait --for condition=complete job/warm_up
  timeout 10m
  rollback $ kubectl --context production delete job warm_up
}
"#,
    right: r#"
step job {
  $ kubectl --context production create job warm_up --image shop/warm:1.2.3
  $ kubectl --context production wait --for condition=complete job/warm_up
  timeout 10m
  rollback $ kubectl --context production delete job warm_up --ignore-not-found
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        let undoes = matches!(part.role, Role::Undo | Role::Leave);
        // A script that asks before it acts is trusted.
        let asks = ["if ", "||", "&&", "[ ", "test ", "case "];
        if !undoes || asks.iter().any(|word| part.text.text.contains(word)) {
            return None;
        }
        let accepts = wants_it_there(command)?;
        let message = format!(
            "`{}` fails where its step was cut off before it had done anything, and then the way back is stuck",
            command.shown()
        );
        let problem = Problem::new(Code::RB104, command.span(), message)
            .label("nothing may be there to take away")
            .help(accepts.help);
        Some(match accepts.option {
            Some(option) => {
                let edit = Edit {
                    span: command.span().after(),
                    replacement: format!(" {option}"),
                };
                problem.fix(format!("add `{option}`"), vec![edit], true)
            }
            None => problem,
        })
    })
}

/// How to accept that nothing is there.
struct Accepts {
    help: String,
    /// An option that does, at the end of the command.
    option: Option<&'static str>,
}

impl Accepts {
    fn option(option: &'static str) -> Option<Accepts> {
        Some(Accepts {
            help: format!("`{option}` accepts that it is gone"),
            option: Some(option),
        })
    }

    fn look() -> Option<Accepts> {
        Some(Accepts {
            help: "look before the act: `if it_is_there; then …; fi`".to_owned(),
            option: None,
        })
    }
}

fn wants_it_there(command: &Command<'_>) -> Option<Accepts> {
    let program = command.program;
    match program {
        "kubectl" | "oc"
            if command.verb(&["delete", "get", "apply", "rollout"]) == Some("delete")
                && !command.has(&["--ignore-not-found", "--all"]) =>
        {
            Accepts::option("--ignore-not-found")
        }
        "helm"
            if command.verb(&["uninstall", "upgrade", "rollback"]) == Some("uninstall")
                && !command.has(&["--ignore-not-found"]) =>
        {
            Accepts::option("--ignore-not-found")
        }
        "dropdb" if !command.has(&["--if-exists"]) => Some(Accepts {
            help: "`dropdb --if-exists` accepts that it is gone".to_owned(),
            option: None,
        }),
        "docker" | "podman"
            if command.verb(&["rm", "run", "network", "volume"]) == Some("rm")
                && !command.has_short('f')
                && !command.has(&["--force"]) =>
        {
            Some(Accepts {
                help: format!("`{program} rm -f` accepts that it is gone"),
                option: None,
            })
        }
        "git" if command.runs("git", &["tag"]) && command.has(&["-d", "--delete"]) => {
            Accepts::look()
        }
        "git" if command.runs("git", &["push"]) && command.has(&["--delete", "-d"]) => {
            Accepts::look()
        }
        "git" if command.runs("git", &["branch"]) && command.has(&["-D", "-d"]) => Accepts::look(),
        "userdel" | "groupdel" | "lvremove" | "umount" => Accepts::look(),
        "zfs" if command.verb(&["destroy"]).is_some() => Accepts::look(),
        "iptables" | "ip6tables" if command.has(&["-D", "--delete"]) => Accepts::look(),
        _another => {
            let wants = |it: &sql::Statement| {
                it.words.first().is_some_and(|word| word == "DROP")
                    && !it.words.iter().any(|word| word == "EXISTS")
            };
            sql::statements(command).iter().any(wants).then(|| Accepts {
                help: "`DROP … IF EXISTS` accepts that it is gone".to_owned(),
                option: None,
            })
        }
    }
}
