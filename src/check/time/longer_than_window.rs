//! RB502: the worst case is longer than the window.

use super::worst_case::{behind_windows, problem};
use super::{Code, How, Problem, Rule, Subject, elapsed};

pub static RULE: Rule = Rule {
    code: Code::RB502,
    // Windows that follow on each other are taken one by one.
    how: How::Conservative,
    wrong: r#"
window nights { allow mon..fri 02:00..04:00 in "UTC" }
gate night { window nights }
step copy {
  $ ./copy.sh
  timeout 3h
  rollback $ ./drop_copy.sh
}
"#,
    right: r#"
window nights { allow mon..fri 02:00..04:00 in "UTC" }
gate night { window nights }
step copy {
  $ ./copy.sh
  timeout 1h
  rollback $ ./drop_copy.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let behind = behind_windows(subject);
    let late = behind.iter().filter(|it| it.forward > it.open);
    late.map(|it| {
        let message = format!(
            "what follows may take {}, and the window is open for {}",
            elapsed(it.forward),
            elapsed(it.open)
        );
        problem(subject, Code::RB502, it, message)
    })
    .collect()
}
