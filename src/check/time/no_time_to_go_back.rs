//! RB503: no time for the way back within the window.

use super::worst_case::{behind_windows, problem};
use super::{Code, How, Problem, Rule, Subject, elapsed};

pub static RULE: Rule = Rule {
    code: Code::RB503,
    // Undos that may run side by side are taken one after the other.
    how: How::Conservative,
    wrong: r#"
window nights { allow mon..fri 02:00..04:00 in "UTC" }
gate night { window nights }
step copy {
  $ ./copy.sh
  timeout 1h
  rollback {
    $ ./drop_copy.sh
    timeout 2h
  }
}
"#,
    right: r#"
window nights { allow mon..fri 02:00..04:00 in "UTC" }
gate night { window nights }
step copy {
  $ ./copy.sh
  timeout 1h
  rollback {
    $ ./drop_copy.sh
    timeout 30m
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let behind = behind_windows(subject);
    let late = behind
        .iter()
        .filter(|it| it.forward <= it.open && it.forward + it.back > it.open);
    late.map(|it| {
        let message = format!(
            "what follows may take {} and its way back {} more, and the window is open for {}",
            elapsed(it.forward),
            elapsed(it.back),
            elapsed(it.open)
        );
        problem(subject, Code::RB503, it, message)
    })
    .collect()
}
