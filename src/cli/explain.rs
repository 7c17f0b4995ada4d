use crate::check::{How, RULES};
use crate::cli::{status, terminal};
use crate::problem::examples::{beside, example};
use crate::problem::render::neutral::one_line;
use crate::problem::{CodeEntry, all_codes, find_code, nearest};

/// Say what a problem means and how to mend it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook explain RB101\n  runbook explain          (lists every code)"
)]
pub struct Explain {
    /// The code, such as RB101; without it all are listed
    code: Option<String>,
}

impl Explain {
    pub fn run(&self) -> u8 {
        let Some(code) = &self.code else {
            let list: String = all_codes()
                .iter()
                .map(|entry| format!("{}  {}\n", entry.code, entry.title))
                .collect();
            terminal::print(&list);
            return status::OK;
        };
        match find_code(code) {
            Some(entry) => {
                terminal::print(&explained(entry));
                status::OK
            }
            None => {
                let upper = code.to_uppercase();
                let names = all_codes().iter().map(|entry| entry.code.name());
                let hint = nearest(&upper, names)
                    .map(|name| format!(" (did you mean `{name}`?)"))
                    .unwrap_or_default();
                terminal::error(&format!("there is no code `{code}`{hint}"));
                status::USAGE
            }
        }
    }
}

fn explained(entry: &CodeEntry) -> String {
    let mut text = format!("{}: {}\n", entry.code, entry.title);
    let rests = if entry.guarantee {
        ", and the guarantee rests on it"
    } else if entry.policy {
        ", told where `runbook.toml` or `--warn` wants it"
    } else {
        ""
    };
    text += &format!(
        "{}{rests}\n\n{}\n",
        entry.severity.word(),
        entry.explanation
    );
    if let Some(rule) = RULES.iter().find(|rule| rule.code == entry.code) {
        let how = match rule.how {
            How::Exact => "exactly: it finds all there is, and nothing else",
            How::Conservative => "on the safe side: it may refuse what would be good",
            How::Heuristic => "by the look of the text: it may be wrong",
        };
        text += &format!("\nDecided {how}.\n");
        text += &format!("\nWrong:\n{}", indented(rule.wrong));
        text += &format!("\nRight:\n{}", indented(rule.right));
    } else if let Some(example) = example(entry.code) {
        let [wrong, right] = example.commands;
        text += &format!("\nWrong{}:\n{}", with(wrong), indented(example.wrong));
        text += &format!("\nRight{}:\n{}", with(right), indented(example.right));
        if let Some((name, beside)) = beside(entry.code) {
            text += &format!("\n{name}:\n{}", indented(beside));
        }
    }
    text
}

/// Which command tells, where it is not `check`.
fn with(command: &str) -> String {
    match command {
        "check example.runbook" => String::new(),
        other => format!(", with `runbook {other}`"),
    }
}

fn indented(example: &str) -> String {
    example
        .trim()
        .lines()
        .map(|line| format!("    {}\n", one_line(line)))
        .collect()
}
