//! RB409: a file is used that another step makes, not surely before.

use super::files::files;
use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB409,
    how: How::Heuristic,
    wrong: r#"
parallel {
  check export {
    $ ./export.sh orders > orders.csv
  }
  step load {
    $ ./load.sh < orders.csv
    timeout 10m
    rollback $ ./unload.sh
  }
}
"#,
    right: r#"
parallel {
  check export {
    $ ./export.sh orders > orders.csv
  }
  step load after export {
    $ ./load.sh < orders.csv
    timeout 10m
    rollback $ ./unload.sh
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let files = files(subject);
    let mut problems = Vec::new();
    for (file, readers) in &files.read {
        let Some(writers) = files.written.get(file) else {
            continue;
        };
        for reader in readers {
            let made_before = writers.iter().any(|writer| {
                let same = std::ptr::eq(writer.part, reader.part);
                let mut nodes = writer.nodes.iter();
                same || nodes.any(|node| {
                    let mut users = reader.nodes.iter();
                    users.all(|user| subject.graph.is_before(*node, *user))
                })
            });
            let Some(writer) = writers.first().filter(|_| !made_before) else {
                continue;
            };
            let (user, maker) = (reader.part.statement, writer.part.statement);
            let name = |it: Option<&crate::model::Statement>| {
                it.map_or("", |it| it.name.as_str()).to_owned()
            };
            let (user, maker) = (name(user), name(maker));
            problems.push(
                Problem::new(
                    Code::RB409,
                    reader.span,
                    format!("`{user}` reads `{file}`, and `{maker}`, which writes it, does not surely come before"),
                )
                .label("reads it")
                .and(writer.span, "writes it")
                .help(format!("say `after {maker}`, or put `{maker}` before it")),
            );
        }
    }
    problems.sort_by_key(|it| it.span);
    problems
}
