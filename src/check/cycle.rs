//! RB401: steps that wait for one another.

use super::{How, Rule, Subject};
use crate::plan::{NodeId, NodeKind};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB401,
    how: How::Exact,
    wrong: r#"
parallel {
  check schema after cache {
    $ ./schema_is_new.sh
  }
  check cache after schema {
    $ ./cache_is_warm.sh
  }
}
"#,
    right: r#"
parallel {
  check schema {
    $ ./schema_is_new.sh
  }
  check cache after schema {
    $ ./cache_is_warm.sh
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let cycles = subject.graph.cycles();
    cycles.iter().map(|cycle| problem(subject, cycle)).collect()
}

fn problem(subject: &Subject<'_>, cycle: &[NodeId]) -> Problem {
    let node = |id: &NodeId| &subject.plan.nodes[id.index()];
    // Ends of blocks are not what the author wrote.
    let written: Vec<&NodeId> = cycle
        .iter()
        .filter(|id| {
            !matches!(
                node(id).kind,
                NodeKind::Close { .. } | NodeKind::Leave { .. }
            )
        })
        .collect();
    let path = subject.graph.path_around(cycle);
    let names: Vec<String> = path
        .iter()
        .map(|id| format!("`{}`", node(id).name))
        .collect();
    let first = written.first().copied().unwrap_or(&cycle[0]);
    let mut problem = Problem::new(
        Code::RB401,
        subject.span(node(first)),
        format!("these wait for one another: {}", names.join(" before ")),
    )
    .label("waits for itself in the end")
    .help("take one `after` away");
    for id in written.iter().skip(1) {
        problem = problem.and(subject.span(node(id)), "on the way round");
    }
    problem
}
