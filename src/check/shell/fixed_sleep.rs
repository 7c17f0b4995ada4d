//! RB511: a fixed sleep where something could be looked at.

use super::{Command, How, Role, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB511,
    how: How::Heuristic,
    wrong: r#"
step start {
  $ systemctl start web
  $ sleep 60
  timeout 5m
  rollback $ systemctl stop web
}
"#,
    right: r#"
step start {
  $ systemctl start web
  timeout 5m
  rollback $ systemctl stop web
}
check answers {
  $ ./answers.sh web
  within 1m every 2s
}
"#,
    check,
};

/// Shorter ones are a pause between two looks.
const SHORT: u64 = 10;

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        let text = part.text.text.as_str();
        let polls = ["while ", "until ", "for "]
            .iter()
            .any(|it| text.contains(it));
        let counts = matches!(part.role, Role::Step | Role::Check | Role::Enter) && !polls;
        let seconds = seconds(command)?;
        if !counts || seconds < SHORT || command.simple.background {
            return None;
        }
        Some(
            Problem::new(
                Code::RB511,
                command.span(),
                format!(
                    "a sleep of {seconds} s is too long where all is well, and too short where it is not"
                ),
            )
            .label("waits for the clock, not for what it hopes for")
            .help("look instead: a `check` with `within 5m every 5s`, or `wait` and `hold` in a gate"),
        )
    })
}

fn seconds(command: &Command<'_>) -> Option<u64> {
    if command.program != "sleep" {
        return None;
    }
    let word = command.words.first()?;
    let digits = word.trim_end_matches(['s', 'm', 'h', 'd']);
    let factor = match word.strip_prefix(digits)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _no_unit => return None,
    };
    let amount = digits.split('.').next().unwrap_or(digits);
    amount.parse::<u64>().ok()?.checked_mul(factor)
}
