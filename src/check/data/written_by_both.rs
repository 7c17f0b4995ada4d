//! RB311: parallel branches write to one file.

use super::files::files;
use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB311,
    how: How::Heuristic,
    wrong: r#"
parallel {
  step users {
    $ ./export.sh users > export.csv
    timeout 10m
    harmless "it only writes a file"
  }
  step orders {
    $ ./export.sh orders > export.csv
    timeout 10m
    harmless "it only writes a file"
  }
}
"#,
    right: r#"
parallel {
  step users {
    $ ./export.sh users > users.csv
    timeout 10m
    harmless "it only writes a file"
  }
  step orders {
    $ ./export.sh orders > orders.csv
    timeout 10m
    harmless "it only writes a file"
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if !subject.has_branches() {
        return Vec::new();
    }
    let files = files(subject);
    let mut problems = Vec::new();
    for (file, written) in &files.written {
        for (at, one) in written.iter().enumerate() {
            let beside = written[at + 1..].iter().find(|other| {
                let mut pairs = one
                    .nodes
                    .iter()
                    .flat_map(|a| other.nodes.iter().map(move |b| (*a, *b)));
                pairs.any(|(a, b)| subject.graph.may_overlap(a, b))
            });
            if let Some(other) = beside {
                let name = |part: &super::Part<'_>| {
                    part.statement.map_or("", |it| it.name.as_str()).to_owned()
                };
                let (first, second) = (name(one.part), name(other.part));
                problems.push(
                    Problem::new(
                        Code::RB311,
                        other.span,
                        format!("`{first}` and `{second}` may write to `{file}` at the same time"),
                    )
                    .label("writes it")
                    .and(one.span, "writes it, too")
                    .help("give each a file of its own, or let one come `after` the other"),
                );
            }
        }
    }
    problems.sort_by_key(|it| it.span);
    problems
}
