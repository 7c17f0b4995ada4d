//! RB407: parallel branches use a tool that takes one at a time.

use super::{How, Part, Role, Rule, Subject};
use crate::problem::{Code, Problem};
use crate::source::Span;

pub static RULE: Rule = Rule {
    code: Code::RB407,
    how: How::Heuristic,
    wrong: r#"
parallel {
  step web {
    $ apt-get install -y nginx
    timeout 10m
    rollback $ apt-get remove -y nginx
  }
  step cache {
    $ apt-get install -y redis
    timeout 10m
    rollback $ apt-get remove -y redis
  }
}
"#,
    right: r#"
step web {
  $ apt-get install -y nginx
  timeout 10m
  rollback $ apt-get remove -y nginx
}
step cache {
  $ apt-get install -y redis
  timeout 10m
  rollback $ apt-get remove -y redis
}
"#,
    check,
};

/// A use of something that takes one at a time: what it is, by name.
struct Use<'s> {
    of: String,
    part: &'s Part<'s>,
    span: Span,
}

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if !subject.has_branches() {
        return Vec::new();
    }
    let mut uses = Vec::new();
    for part in subject.parts.iter().filter(|it| it.role == Role::Step) {
        // Each machine and directory has one of its own.
        if part.task.host.is_some() || part.task.directory.is_some() {
            continue;
        }
        uses.extend(part.commands.iter().find_map(|command| {
            let of = taken(command)?;
            let span = command.span();
            Some(Use { of, part, span })
        }));
    }
    let mut problems = Vec::new();
    for (at, one) in uses.iter().enumerate() {
        let beside = uses[at + 1..]
            .iter()
            .find(|other| other.of == one.of && overlap(subject, one.part, other.part));
        if let Some(other) = beside {
            let name = |it: &Use<'_>| {
                it.part
                    .statement
                    .map_or("", |it| it.name.as_str())
                    .to_owned()
            };
            let (first, second) = (name(one), name(other));
            problems.push(
                Problem::new(
                    Code::RB407,
                    other.span,
                    format!("`{first}` and `{second}` may run at the same time, and {} takes one at a time", one.of),
                )
                .label("the second one fails")
                .and(one.span, "the first one")
                .help(format!("say `after {first}`, or take them out of `parallel`")),
            );
        }
    }
    problems
}

fn overlap(subject: &Subject<'_>, one: &Part<'_>, other: &Part<'_>) -> bool {
    let (Some(one), Some(other)) = (one.statement, other.statement) else {
        return false;
    };
    let others = subject.nodes_at(other.span);
    subject.nodes_at(one.span).iter().any(|a| {
        let mut others = others.iter();
        others.any(|b| subject.graph.may_overlap(*a, *b))
    })
}

fn taken(command: &super::super::scripts::Command<'_>) -> Option<String> {
    let waits = ["-lock-timeout", "--lock-timeout"];
    match command.program {
        "apt" | "apt-get" | "dpkg" => {
            (!command.written().contains("Lock::Timeout")).then(|| "the package manager".to_owned())
        }
        "dnf" | "yum" | "zypper" | "pacman" => Some("the package manager".to_owned()),
        "terraform" | "tofu" if !command.has(&waits) => {
            let verbs = ["apply", "destroy", "import", "plan", "output", "show"];
            let verb = command.verb(&verbs)?;
            let place = command.value_of("-chdir").unwrap_or(".");
            matches!(verb, "apply" | "destroy" | "import")
                .then(|| format!("the state of Terraform in `{place}`"))
        }
        "helm" => {
            let verbs = [
                "upgrade",
                "install",
                "rollback",
                "uninstall",
                "diff",
                "status",
                "get",
            ];
            let verb = command.verb(&verbs)?;
            let release = command.plain().skip_while(|word| *word != verb).nth(1)?;
            matches!(verb, "upgrade" | "install" | "rollback" | "uninstall")
                .then(|| format!("the release `{release}` of Helm"))
        }
        _another => None,
    }
}
