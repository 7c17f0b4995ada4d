//! A page, written in the language.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::import::commands::{self, Commands};
use crate::import::names::Names;
use crate::import::page::{Page, Part, Section, one_line};
use crate::syntax::quoted;

#[derive(Debug, Default)]
pub struct Written {
    pub text: String,
    pub steps: usize,
    pub confirmations: usize,
}

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Doing,
    /// The way back: which step each command takes back, nobody knows.
    WayBack,
    Trouble,
}

pub fn write(page: &Page, file: &str) -> Written {
    let mut writer = Writer::default();
    for section in &page.sections {
        writer.section(section);
    }
    writer.no_statement_without_step();
    let mut text = head(page, file, &writer.placeholders);
    text.push_str(&writer.written.text);
    Written {
        text,
        ..writer.written
    }
}

fn head(page: &Page, file: &str, placeholders: &BTreeSet<String>) -> String {
    let file = one_line(file);
    let mut text = format!(
        "# Made of {file}. What that page does not tell, only you know; `runbook check`\n\
         # points at it:\n\
         #   - how each step is taken back (`rollback $ …`), or why it need not be\n\
         #     (`harmless \"…\"`, `irreversible \"…\"`);\n\
         #   - which of them only look: make them `check`, which needs no way back.\n\n\
         runbook {}\n\n",
        quoted(&one_line(&page.title))
    );
    for name in placeholders {
        let _ = writeln!(text, "param {name}: string");
    }
    text.push_str("\ndefaults {\n  timeout 10m # the longest a command may take\n}\n");
    text
}

#[derive(Debug, Default)]
struct Writer {
    written: Written,
    names: Names,
    placeholders: BTreeSet<String>,
    /// Things to tick off that follow one another.
    confirmations: Vec<String>,
    /// The last words before commands.
    hint: String,
    /// Words that only introduce what follows; as a comment where that is no
    /// command, which they would be the title of.
    introduction: Option<String>,
    in_phase: bool,
    /// The title of the trouble that is open.
    trouble: Option<String>,
    tries: Vec<String>,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.written.text.push_str(text);
        self.written.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim_end();
            // A comment ends with its line, whatever ends lines elsewhere.
            let line: String = line.chars().filter(|it| !it.is_control()).collect();
            self.line(format!("# {line}").trim_end());
        }
    }

    fn section(&mut self, section: &Section) {
        let about = about(&section.title);
        self.hint.clear();
        self.line("");
        match about {
            About::Doing if makes_phase(section) => {
                let name = self.names.give(&section.title, "phase_1");
                let title = quoted(&section.title);
                self.line(&format!("phase {name} {title} {{"));
                self.in_phase = true;
                self.parts(section, about);
                self.in_phase = false;
                self.line("}");
            }
            About::Doing => {
                self.comment(&section.title);
                self.parts(section, about);
            }
            About::WayBack => {
                self.comment(&format!(
                    "{}\n\nThe page tells this of the way back. Each command belongs into the\n\
                     `rollback` of the step that it takes back:\n",
                    section.title
                ));
                self.parts(section, about);
            }
            About::Trouble => self.parts(section, about),
        }
    }

    fn parts(&mut self, section: &Section, about: About) {
        for part in &section.parts {
            if !matches!(part, Part::Confirm(_)) {
                self.checklist(&section.title);
            }
            match about {
                About::Doing => self.part(part),
                About::WayBack => self.told(part),
                About::Trouble => self.trouble_part(section, part),
            }
        }
        if let Some(words) = self.introduction.take() {
            self.comment(&format!("{words}:"));
        }
        self.checklist(&section.title);
        self.end_trouble();
    }

    fn part(&mut self, part: &Part) {
        match (self.introduction.take(), part) {
            (Some(words), Part::Commands { .. }) => self.hint = words,
            (Some(words), _other) => self.comment(&format!("{words}:")),
            (None, _) => {}
        }
        match part {
            Part::Heading(title) => {
                self.line("");
                self.comment(title);
                self.hint.clone_from(title);
            }
            Part::Words(words) => {
                self.line("");
                match words.strip_suffix(':') {
                    Some(words) if !words.contains('\n') => {
                        self.introduction = Some(words.to_owned());
                    }
                    _sentences => self.comment(words),
                }
            }
            Part::Confirm(text) => self.confirmations.push(text.clone()),
            Part::Point(text) => self.comment(&format!("- {text}")),
            Part::Code(code) => self.comment(code),
            Part::Commands { words, code } => {
                let hint = std::mem::take(&mut self.hint);
                let words = if words.is_empty() { &hint } else { words };
                self.step(words, code);
            }
        }
    }

    /// As comments, since where it belongs is not known.
    fn told(&mut self, part: &Part) {
        match part {
            Part::Heading(text) | Part::Words(text) => self.comment(text),
            Part::Confirm(text) | Part::Point(text) => self.comment(&format!("- {text}")),
            Part::Code(code) => self.comment(code),
            Part::Commands { words, code } => {
                self.comment(words);
                let commands = commands::read(code);
                for line in &commands.lines {
                    self.comment(&format!("  $ {line}"));
                }
            }
        }
    }

    fn trouble_part(&mut self, section: &Section, part: &Part) {
        let title = || section.title.clone();
        match part {
            Part::Heading(title) => {
                self.end_trouble();
                self.trouble = Some(title.clone());
            }
            Part::Words(text) | Part::Confirm(text) | Part::Point(text) | Part::Code(text) => {
                self.trouble.get_or_insert_with(title);
                self.tries.push(one_line(text));
            }
            Part::Commands { words, code } => {
                self.trouble.get_or_insert_with(title);
                let code = one_line(&code.trim().replace('\n', "; "));
                self.tries.push(match words.is_empty() {
                    true => code,
                    false => format!("{words}: {code}"),
                });
            }
        }
    }

    fn end_trouble(&mut self) {
        let Some(title) = self.trouble.take() else {
            return;
        };
        self.line("");
        self.line(&format!("trouble {} {{", quoted(&title)));
        for advice in std::mem::take(&mut self.tries) {
            self.line(&format!("  try {}", quoted(&advice)));
        }
        self.line("}");
    }

    fn checklist(&mut self, title: &str) {
        let items = std::mem::take(&mut self.confirmations);
        if items.is_empty() {
            return;
        }
        let hint = match std::mem::take(&mut self.hint) {
            hint if hint.is_empty() => title.to_owned(),
            hint => hint,
        };
        let name = self.names.give("ready", "ready");
        self.line("");
        self.line(&format!("checklist {name} {} {{", quoted(&hint)));
        for item in items {
            self.line(&format!("  confirm {}", quoted(&item)));
            self.written.confirmations += 1;
        }
        self.line("}");
    }

    fn step(&mut self, words: &str, code: &str) {
        let commands = commands::read(code);
        let cannot_stand = code.contains("```");
        if commands.is_empty() || cannot_stand {
            self.comment(words);
            self.comment(code);
            return;
        }
        self.placeholders
            .extend(commands.placeholders.iter().cloned());
        let called = match words {
            "" => commands.called(),
            words => words.to_owned(),
        };
        let name = self.names.give(&called, "step_1");
        let title = match words {
            "" => String::new(),
            words => format!(" {}", quoted(words)),
        };
        self.line("");
        self.line(&format!("step {name}{title} {{"));
        let inside = if self.in_phase { "    " } else { "  " };
        self.script(&commands, inside);
        for line in &commands.shown {
            self.comment(&format!("it prints: {line}"));
        }
        self.line("}");
        self.written.steps += 1;
    }

    fn script(&mut self, commands: &Commands, inside: &str) {
        if commands.are_lines() {
            for line in commands.lines.iter().filter(|it| !it.trim().is_empty()) {
                self.line(&format!("$ {}", line.trim_start()));
            }
            return;
        }
        self.line("$ ```");
        for line in &commands.lines {
            self.line(format!("{inside}{line}").trim_end());
        }
        self.line(&format!("{inside}```"));
    }

    /// A runbook does something: a page that tells of no command says so.
    fn no_statement_without_step(&mut self) {
        if self.written.steps + self.written.confirmations == 0 {
            self.line("");
            self.comment("The page has no block of commands, and nothing to tick off.");
        }
    }
}

fn about(title: &str) -> About {
    let title = title.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|it| title.contains(it));
    if has(&[
        "rollback",
        "roll back",
        "rolling back",
        "revert",
        "back out",
        "backout",
        "undo",
    ]) {
        About::WayBack
    } else if has(&[
        "troubleshoot",
        "common problems",
        "common issues",
        "known problems",
        "known issues",
    ]) {
        About::Trouble
    } else {
        About::Doing
    }
}

/// Whether something in a section runs or asks; else it is only told.
fn makes_phase(section: &Section) -> bool {
    let acts = |part: &Part| match part {
        Part::Commands { code, .. } => !commands::read(code).is_empty(),
        Part::Confirm(_) => true,
        Part::Heading(_) | Part::Words(_) | Part::Point(_) | Part::Code(_) => false,
    };
    !section.title.is_empty() && section.parts.iter().any(acts)
}
