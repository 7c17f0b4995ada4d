//! RB713: a here-document inside `$( )`, which old bash cannot read.

use super::{How, Rule, Subject, of_commands};
use crate::plan::Shell;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB713,
    how: How::Heuristic,
    wrong: r#"
step write {
  shell bash
  $ ```
    text=$(cat <<'END'
    it's here
    END
    )
    ./write.sh "$text"
    ```
  timeout 1m
  rollback $ ./write.sh ""
}
"#,
    right: r#"
step write {
  shell bash
  $ ```
    ./write.sh <<'END'
    it's here
    END
    ```
  timeout 1m
  rollback $ ./write.sh ""
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        if part.text.shell != Shell::Bash || !command.simple.nested {
            return None;
        }
        command.redirections().iter().find(|it| it.sign == "<<")?;
        Some(
            Problem::new(
                Code::RB713,
                command.span(),
                "bash 3.2, which macOS has, cannot read a here-document with a quote in it inside `$( )`",
            )
            .label("inside `$( )`")
            .help("write to a file, or read the here-document outside"),
        )
    })
}
