//! RB131: one half of a pair, such as `drain` without its `uncordon`.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{Node, NodeId, NodeKind, Run};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB131,
    how: How::Heuristic,
    wrong: r#"
step alerts {
  $ ./alerts.sh mute
  timeout 1m
  rollback $ ./alerts.sh unmute
}
step deploy {
  $ ./deploy.sh new
  timeout 5m
  rollback $ ./deploy.sh old
}
"#,
    right: r#"
with quiet_alerts {
  enter $ ./alerts.sh mute
  leave $ ./alerts.sh unmute
  step deploy {
    $ ./deploy.sh new
    timeout 5m
    rollback $ ./deploy.sh old
  }
}
"#,
    check,
};

/// What begins a state that must end, and what ends it.
const PAIRS: &[(&str, &[&str])] = &[
    ("mute", &["unmute"]),
    ("silence", &["unsilence", "expire"]),
    ("drain", &["undrain", "uncordon", "enable", "ready"]),
    ("cordon", &["uncordon"]),
    ("disable", &["enable"]),
    ("pause", &["resume", "unpause"]),
    ("suspend", &["resume"]),
    ("acquire", &["release"]),
    ("freeze", &["unfreeze", "thaw"]),
    ("noout", &["unset"]),
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        let NodeKind::Step(step) = &node.kind else {
            continue;
        };
        let words = words(&step.task.run);
        let begun = PAIRS
            .iter()
            .find(|(begin, ends)| has(&words, begin) && !has_any(&words, ends));
        if let Some((begin, ends)) = begun
            && !is_ended_later(subject, id, ends)
        {
            problems.push(problem(subject, node, begin, ends[0]));
        }
    }
    problems
}

fn problem(subject: &Subject<'_>, node: &Node, begin: &str, end: &str) -> Problem {
    let name = subject.statement(node);
    let message = format!(
        "`{name}` begins a `{begin}` that no step ends with `{end}` when the release succeeds"
    );
    Problem::new(Code::RB131, subject.span(node), message)
        .label("one half of a pair")
        .help("a bracket ends it on every path: `with NAME { enter $ … leave $ … }`")
}

fn is_ended_later(subject: &Subject<'_>, begin: NodeId, ends: &[&str]) -> bool {
    node_ids(subject.plan).any(|id| {
        let run = match &subject.node(id).kind {
            NodeKind::Step(step) => &step.task.run,
            NodeKind::Enter(_)
            | NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Leave { .. } => return false,
        };
        has_any(&words(run), ends) && subject.graph.is_before(begin, id)
    })
}

/// The words of a script, those of names such as `./mute_alerts.sh` each.
fn words(run: &Run) -> Vec<&str> {
    match run {
        Run::Script { text, .. } => text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect(),
        Run::Http(_) => Vec::new(),
    }
}

fn has(words: &[&str], word: &str) -> bool {
    words.contains(&word)
}

fn has_any(words: &[&str], any: &[&str]) -> bool {
    any.iter().any(|word| has(words, word))
}
