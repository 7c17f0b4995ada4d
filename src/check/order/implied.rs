//! RB408: a place in the order that is implied already.

use std::collections::HashMap;

use super::{How, NodeId, Rule, Subject, node_ids};
use crate::model::{After, Block};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB408,
    how: How::Exact,
    wrong: r#"
parallel {
  check one $ ./one.sh
  check two after one $ ./two.sh
  check three after one, two $ ./three.sh
}
"#,
    right: r#"
parallel {
  check one $ ./one.sh
  check two after one $ ./two.sh
  check three after two $ ./three.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let lists = lists_of_several(&subject.model.body);
    if lists.is_empty() {
        return Vec::new();
    }
    let nodes: HashMap<&str, NodeId> = node_ids(subject.plan)
        .map(|id| (subject.node(id).name.as_str(), id))
        .collect();
    // Where a statement begins, and where it has ended.
    let begin = |name: &str| nodes.get(name).copied();
    let end = |name: &str| {
        let block = nodes.get(format!("end of {name}").as_str());
        let bracket = nodes.get(format!("leave {name}").as_str());
        block.or(bracket).copied().or_else(|| begin(name))
    };
    let mut problems = Vec::new();
    for list in lists {
        for idle in list {
            let by = list.iter().find(|other| {
                let (Some(done), Some(begun)) = (end(&idle.name), begin(&other.name)) else {
                    return false;
                };
                other.name != idle.name && subject.graph.is_before(done, begun)
            });
            if let Some(by) = by {
                let (name, other) = (&idle.name, &by.name);
                problems.push(
                    Problem::new(
                        Code::RB408,
                        idle.span,
                        format!("`{other}` comes after `{name}` already"),
                    )
                    .label("says nothing new")
                    .and(by.span, "says it")
                    .help(format!("leave `{name}` out")),
                );
            }
        }
    }
    problems
}

/// The lists of `after` that name several.
fn lists_of_several(block: &Block) -> Vec<&[After]> {
    let all = block.all().into_iter();
    all.filter_map(|it| it.after.as_deref().filter(|names| names.len() > 1))
        .collect()
}
