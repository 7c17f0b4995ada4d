//! RB712: a command that asks a question which nobody answers.

use super::{Command, How, Joint, Rule, Subject, of_commands};
use crate::problem::{Code, Edit, Problem};
use crate::source::Span;

pub static RULE: Rule = Rule {
    code: Code::RB712,
    how: How::Heuristic,
    wrong: r#"
step install {
  $ apt-get install nginx
  timeout 5m
  rollback $ apt-get remove -y nginx
}
"#,
    right: r#"
step install {
  $ apt-get install -y nginx
  timeout 5m
  rollback $ apt-get remove -y nginx
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |_, command| {
        if is_answered(command) {
            return None;
        }
        let question = question(command)?;
        let message = format!(
            "`{}` asks a question, and nobody is there to answer",
            command.shown()
        );
        let problem = Problem::new(Code::RB712, command.span(), message)
            .label("commands have no terminal and an empty input")
            .help(question.help);
        Some(match question.add {
            Some((verb, option)) => {
                let at = command.words.iter().position(|word| *word == verb);
                let span = command.word_span(at.unwrap_or(0)).after();
                let edit = Edit {
                    span: Span {
                        end: span.start,
                        ..span
                    },
                    replacement: format!(" {option}"),
                };
                problem.fix(format!("add `{option}`"), vec![edit], true)
            }
            None => problem,
        })
    })
}

/// Whether an answer is given some other way.
fn is_answered(command: &Command<'_>) -> bool {
    let fed = command
        .redirections()
        .iter()
        .any(|it| it.sign.starts_with('<'));
    let passed_on = command
        .simple
        .words
        .iter()
        .any(|word| word.literal.is_none() && !word.quoted);
    fed || passed_on
        || command.before() == Joint::Pipe
        || command.has(&["--help", "-h", "--version", "--dry-run"])
}

struct Question {
    help: &'static str,
    /// Behind which word an option mends it.
    add: Option<(&'static str, &'static str)>,
}

fn question(command: &Command<'_>) -> Option<Question> {
    const PACKAGES: [&str; 10] = [
        "install",
        "remove",
        "purge",
        "upgrade",
        "dist-upgrade",
        "full-upgrade",
        "autoremove",
        "erase",
        "update",
        "downgrade",
    ];
    let only = |help| Some(Question { help, add: None });
    let has = |options: &[&str]| command.has(options);
    match command.program {
        "apt" | "apt-get" => {
            let verb = command.verb(&PACKAGES)?;
            let quiet = has(&[
                "--yes",
                "--assume-yes",
                "-qq",
                "--simulate",
                "--download-only",
            ]) || command.has_short('y')
                || command.has_short('s')
                || verb == "update";
            (!quiet).then_some(Question {
                help: "add `-y`",
                add: Some((verb, "-y")),
            })
        }
        "yum" | "dnf" | "microdnf" => {
            let verb = command.verb(&PACKAGES)?;
            (!has(&["--assumeyes"]) && !command.has_short('y')).then_some(Question {
                help: "add `-y`",
                add: Some((verb, "-y")),
            })
        }
        "terraform" | "tofu" | "terragrunt" => {
            let verb = command.verb(&["apply", "destroy", "plan", "output", "show"])?;
            let approved = has(&[
                "-auto-approve",
                "--auto-approve",
                "--terragrunt-non-interactive",
            ]);
            let behind = command.plain().skip_while(|word| *word != verb).nth(1);
            match verb {
                "destroy" if !approved => only("add `-auto-approve` behind a gate of the runbook"),
                "apply" if !approved && behind.is_none() => only(
                    "apply a plan that was looked at (`terraform apply plan.out`), or add `-auto-approve`",
                ),
                _no_question => None,
            }
        }
        "pulumi" if command.verb(&["up", "destroy", "refresh"]).is_some() => (!has(&["--yes"])
            && !command.has_short('y'))
        .then_some(())
        .and_then(|()| only("add `--yes`")),
        "docker" | "podman" if command.verb(&["prune"]).is_some() => {
            (!has(&["--force"]) && !command.has_short('f')).then_some(Question {
                help: "add `--force`",
                add: Some(("prune", "--force")),
            })
        }
        "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "mariadb-dump"
            if command
                .words
                .iter()
                .any(|it| matches!(*it, "-p" | "--password")) =>
        {
            only("give the password by `MYSQL_PWD` or an option file")
        }
        "psql" | "pg_dump" | "pg_restore" if has(&["-W", "--password"]) => {
            only("give the password by `PGPASSWORD` or `~/.pgpass`")
        }
        "git" => git(command).and_then(only),
        "rm" | "cp" | "mv" if command.has_short('i') => only("leave `-i` out"),
        "kubectl" if command.verb(&["edit", "get", "apply"]) == Some("edit") => {
            only("use `kubectl patch` or `kubectl apply`")
        }
        "crontab" if has(&["-e"]) => only("give it a file: `crontab FILE`"),
        "ssh-keygen" if !has(&["-N"]) => {
            let reads = ["-y", "-l", "-F", "-R", "-H", "-Q", "-p", "-Y"];
            (!has(&reads))
                .then_some(())
                .and_then(|()| only("say the passphrase: `-N \"\"`"))
        }
        "certbot" if command.verb(&["certonly"]).is_some() => (!has(&["--non-interactive"])
            && !command.has_short('n'))
        .then_some(())
        .and_then(|()| only("add `--non-interactive`")),
        "npm" if command.runs("npm", &["init"]) => (!has(&["--yes"]) && !command.has_short('y'))
            .then_some(())
            .and_then(|()| only("add `--yes`")),
        "passwd" if !has(&["--stdin", "-l", "-u", "-d", "-S", "--lock", "--unlock"]) => {
            only("use `chpasswd`, which reads its input")
        }
        "vi" | "vim" | "nano" | "emacs" | "visudo" | "less" | "more" | "top" | "htop" => {
            only("what wants a terminal cannot run here")
        }
        _another => None,
    }
}

fn git(command: &Command<'_>) -> Option<&'static str> {
    let verb = command.verb(&[
        "commit", "rebase", "add", "tag", "push", "fetch", "checkout", "log",
    ])?;
    let said = [
        "--message",
        "--file",
        "--no-edit",
        "--reuse-message",
        "--fixup",
        "--squash",
    ];
    let has_text = command.has(&said)
        || ['m', 'F', 'C']
            .iter()
            .any(|letter| command.has_short(*letter));
    match verb {
        "commit" if !has_text => Some("give it a message: `-m \"…\"`"),
        "tag" if !has_text && (command.has_short('a') || command.has_short('s')) => {
            Some("give it a message: `-m \"…\"`")
        }
        "rebase" | "add"
            if command.has_short('i') || command.has(&["--interactive", "--patch"]) =>
        {
            Some("what wants a terminal cannot run here")
        }
        _no_question => None,
    }
}
