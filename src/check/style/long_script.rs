//! RB804: a script of more than 40 lines.

use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};

const LONGEST: usize = 40;

pub static RULE: Rule = Rule {
    code: Code::RB804,
    how: How::Exact,
    wrong: r#"
check ready {
  $ ```
    ./look.sh 1
    ./look.sh 2
    ./look.sh 3
    ./look.sh 4
    ./look.sh 5
    ./look.sh 6
    ./look.sh 7
    ./look.sh 8
    ./look.sh 9
    ./look.sh 10
    ./look.sh 11
    ./look.sh 12
    ./look.sh 13
    ./look.sh 14
    ./look.sh 15
    ./look.sh 16
    ./look.sh 17
    ./look.sh 18
    ./look.sh 19
    ./look.sh 20
    ./look.sh 21
    ./look.sh 22
    ./look.sh 23
    ./look.sh 24
    ./look.sh 25
    ./look.sh 26
    ./look.sh 27
    ./look.sh 28
    ./look.sh 29
    ./look.sh 30
    ./look.sh 31
    ./look.sh 32
    ./look.sh 33
    ./look.sh 34
    ./look.sh 35
    ./look.sh 36
    ./look.sh 37
    ./look.sh 38
    ./look.sh 39
    ./look.sh 40
    ./look.sh 41
    ```
}
"#,
    right: r#"
check ready $ ./look_at_all.sh
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        let lines = part.text.text.lines().count();
        if lines > LONGEST {
            problems.push(
                Problem::new(
                    Code::RB804,
                    part.text.whole(),
                    format!("a script of {lines} lines is hard to read here, and cannot be tried by itself"),
                )
                .label("a long script")
                .help("put it into a file beside the runbook, and run that"),
            );
        }
    }
    problems
}
