//! The commands of a runbook, for the rules that read shell text.
//!
//! Each task's script is a [`Part`], and each simple command in it a
//! [`Command`]. Templates are written out in the model, so the commands of one
//! are here once for each call.

use std::ops::Range;

use super::Subject;
use crate::model::{
    Block, ChannelKind, GateCondition, Model, Query, Run, SecretFrom, ShellText, Statement,
    StatementKind, Step, Task, Undo, WayBack,
};
use crate::problem::Problem;
use crate::shell::SimpleCommand;
use crate::source::Span;

/// What a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Step,
    Check,
    Capture,
    /// `done when`
    Probe,
    Enter,
    Leave,
    /// The first attempt of an undo.
    Undo,
    /// `else` of an undo.
    Alternative,
    Verify,
    Metric,
    Channel,
    Secret,
    Diagnosis,
}

impl Role {
    /// Whether it may change something by its place in the language.
    pub fn changes(self) -> bool {
        match self {
            Role::Step | Role::Enter | Role::Leave | Role::Undo | Role::Alternative => true,
            Role::Check
            | Role::Capture
            | Role::Probe
            | Role::Verify
            | Role::Metric
            | Role::Channel
            | Role::Secret
            | Role::Diagnosis => false,
        }
    }

    /// Whether it goes back.
    pub fn undoes(self) -> bool {
        matches!(self, Role::Leave | Role::Undo | Role::Alternative)
    }

    /// What people call such a task.
    pub fn word(self) -> &'static str {
        match self {
            Role::Step => "step",
            Role::Check => "check",
            Role::Capture => "capture",
            Role::Probe => "`done when`",
            Role::Enter => "`enter`",
            Role::Leave => "`leave`",
            Role::Undo | Role::Alternative => "rollback",
            Role::Verify => "`verify`",
            Role::Metric => "metric",
            Role::Channel => "channel",
            Role::Secret => "secret",
            Role::Diagnosis => "diagnosis",
        }
    }
}

/// A task that runs commands.
#[derive(Debug)]
pub struct Part<'a> {
    pub role: Role,
    pub task: &'a Task,
    pub text: &'a ShellText,
    /// The statement it belongs to.
    pub statement: Option<&'a Statement>,
    /// The step among those.
    pub step: Option<&'a Step>,
    pub commands: Vec<Command<'a>>,
}

/// A simple command with the program it comes to.
#[derive(Debug)]
pub struct Command<'a> {
    pub text: &'a ShellText,
    pub simple: &'a SimpleCommand,
    /// Without its directory, and without `sudo`, `env` and their like before
    /// it; empty where it is computed or there is none.
    pub program: &'a str,
    /// What stands behind the program, without quotes where nothing is
    /// computed, else as it is written.
    pub words: Vec<&'a str>,
    /// Where those begin in `simple.words`.
    first: usize,
}

/// What joins a command to the one beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    And,
    Or,
    Pipe,
    Background,
    /// A new line, `;`, or a word of the shell.
    Other,
}

/// Where a command reads from or writes to, besides its pipes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection<'a> {
    /// With the descriptor left out: `>`, `>>`, `<`, `<<`.
    pub sign: &'a str,
    /// As written.
    pub target: &'a str,
}

impl<'a> Command<'a> {
    pub fn new(text: &'a ShellText, simple: &'a SimpleCommand) -> Command<'a> {
        let word = |at: usize| -> &'a str {
            let word = &simple.words[at];
            match &word.literal {
                Some(literal) => literal.as_str(),
                None => text.text.get(word.range.clone()).unwrap_or(""),
            }
        };
        let all: Vec<&'a str> = (0..simple.words.len()).map(word).collect();
        let at = program_at(&all);
        let program = match simple.words.get(at) {
            Some(program) if program.literal.is_some() => base_name(all[at]),
            Some(_) | None => "",
        };
        let first = (at + 1).min(all.len());
        Command {
            text,
            simple,
            program,
            words: all[first..].to_vec(),
            first,
        }
    }

    pub fn written(&self) -> &'a str {
        let text = self.text.text.get(self.simple.range.clone());
        text.unwrap_or("").trim()
    }

    /// As written, on one line and not too long, for messages.
    pub fn shown(&self) -> String {
        const LONGEST: usize = 60;
        let line: Vec<&str> = self.written().split_whitespace().collect();
        let line = line.join(" ");
        match line.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", line[..end].trim_end()),
            None => line,
        }
    }

    pub fn span(&self) -> Span {
        self.text.span(&self.simple.range)
    }

    /// Where a word behind the program stands.
    pub fn word_span(&self, index: usize) -> Span {
        match self.simple.words.get(self.first + index) {
            Some(word) => self.text.span(&word.range),
            None => self.span(),
        }
    }

    /// Whether the value of a word is only known when it runs.
    pub fn is_computed(&self, index: usize) -> bool {
        let word = self.simple.words.get(self.first + index);
        word.is_some_and(|word| word.literal.is_none())
    }

    pub fn any_computed(&self) -> bool {
        (0..self.words.len()).any(|index| self.is_computed(index))
    }

    /// Whether one of these options is there, with or without `=value`.
    pub fn has(&self, options: &[&str]) -> bool {
        self.words.iter().any(|word| {
            options.iter().any(|option| {
                word.strip_prefix(option)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            })
        })
    }

    /// Whether a word is a group of short options with this one among them.
    pub fn has_short(&self, letter: char) -> bool {
        self.words.iter().any(|word| {
            word.strip_prefix('-').is_some_and(|letters| {
                !letters.starts_with('-')
                    && letters.chars().all(|it| it.is_ascii_alphanumeric())
                    && letters.contains(letter)
            })
        })
    }

    /// What an option is given, as `--option value` or `--option=value`.
    pub fn value_of(&self, option: &str) -> Option<&'a str> {
        for (at, word) in self.words.iter().enumerate() {
            if *word == option {
                return self.words.get(at + 1).copied();
            }
            if let Some(value) = word
                .strip_prefix(option)
                .and_then(|it| it.strip_prefix('='))
            {
                return Some(value);
            }
        }
        None
    }

    /// The words that are no options.
    pub fn plain(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.words
            .iter()
            .copied()
            .filter(|word| !word.starts_with('-'))
    }

    /// The first of its words that is one of these.
    pub fn verb(&self, known: &[&'static str]) -> Option<&'static str> {
        self.plain()
            .find_map(|word| known.iter().find(|it| **it == word).copied())
    }

    /// Whether it is this program with these words in this order.
    pub fn runs(&self, program: &str, words: &[&str]) -> bool {
        if self.program != program {
            return false;
        }
        let mut plain = self.plain();
        words.iter().all(|word| plain.any(|it| it == *word))
    }

    /// What joins it to what stands before it.
    pub fn before(&self) -> Joint {
        let head = self.text.text.get(..self.simple.range.start).unwrap_or("");
        let head = head.trim_end();
        if head.ends_with("||") {
            Joint::Or
        } else if head.ends_with("&&") {
            Joint::And
        } else if head.ends_with('|') || head.ends_with("|&") {
            Joint::Pipe
        } else {
            Joint::Other
        }
    }

    /// What joins it to what stands behind it.
    pub fn after(&self) -> Joint {
        let tail = self.text.text.get(self.simple.range.end..).unwrap_or("");
        let tail = tail.trim_start_matches([' ', '\t', '\\']);
        if tail.starts_with("||") {
            Joint::Or
        } else if tail.starts_with("&&") {
            Joint::And
        } else if tail.starts_with('|') {
            Joint::Pipe
        } else if tail.starts_with('&') {
            Joint::Background
        } else {
            Joint::Other
        }
    }

    /// Its redirections: what in it is neither word nor assignment.
    pub fn redirections(&self) -> Vec<Redirection<'a>> {
        let range = &self.simple.range;
        let words = self.simple.words.iter().map(|word| word.range.clone());
        let sets = self.simple.assignments.iter().map(|it| it.range.clone());
        let mut taken: Vec<Range<usize>> = words.chain(sets).collect();
        taken.sort_by_key(|it| it.start);
        let mut found = Vec::new();
        let mut at = range.start;
        let end = range.end..range.end;
        for piece in taken.into_iter().chain(std::iter::once(end)) {
            if let Some(gap) = self.text.text.get(at..piece.start.max(at)) {
                redirections_in(gap, &mut found);
            }
            at = at.max(piece.end);
        }
        found
    }

    /// The here-document it is given, if any.
    pub fn here_document(&self) -> Option<&'a str> {
        let given = self.redirections();
        let delimiter = given.iter().find(|it| it.sign == "<<")?.target;
        let delimiter = delimiter.trim_matches(['\'', '"', '\\']);
        let behind = self.text.text.get(self.simple.range.end..)?;
        let body = behind.split_once('\n')?.1;
        let mut end = 0;
        for line in body.split_inclusive('\n') {
            if line.trim() == delimiter {
                return body.get(..end);
            }
            end += line.len();
        }
        Some(body)
    }
}

/// `2>&1`, `> file`, `<<END`: the operators in a piece of text between words.
fn redirections_in<'a>(gap: &'a str, found: &mut Vec<Redirection<'a>>) {
    let mut rest = gap;
    while let Some(start) = rest.find(['<', '>']) {
        let sign_end = rest[start..]
            .find(|c: char| !matches!(c, '<' | '>' | '&' | '|' | '-'))
            .map_or(rest.len(), |length| start + length);
        let signs = &rest[start..sign_end];
        let sign = signs.trim_end_matches(['-', '|']);
        let behind = rest[sign_end..].trim_start_matches([' ', '\t']);
        let length = behind
            .find([' ', '\t', '\n', '<', '>', ';'])
            .unwrap_or(behind.len());
        found.push(Redirection {
            sign,
            target: &behind[..length],
        });
        rest = &behind[length..];
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Where the program stands behind `sudo`, `env` and their like.
fn program_at(words: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let takes_value: &[&str] = match base_name(word) {
            "sudo" | "doas" => &["-u", "-g", "-h", "-p", "-C", "-T", "-r", "-t"],
            "env" => &["-u", "-C", "-S"],
            "nice" => &["-n"],
            "timeout" => &["-k", "-s"],
            "ionice" => &["-c", "-n"],
            "command" | "exec" | "nohup" | "time" | "setsid" | "stdbuf" | "builtin" => &[],
            _a_program => return at,
        };
        let is_timeout = base_name(word) == "timeout";
        at += 1;
        while let Some(option) = words.get(at) {
            if takes_value.contains(option) {
                at += 2;
            } else if option.starts_with('-') || option.contains('=') {
                at += 1;
            } else {
                break;
            }
        }
        // Its duration.
        at += usize::from(is_timeout);
    }
    at
}

/// Every task of a runbook that runs commands, and every one that sends a
/// request.
pub fn parts(model: &Model) -> (Vec<Part<'_>>, Vec<&Task>) {
    let mut found = Collector {
        found: Vec::new(),
        requests: Vec::new(),
    };
    found.block(&model.body);
    for ending in &model.endings {
        found.block(&ending.body);
    }
    for metric in &model.metrics {
        if let Query::Command(task) = &metric.query {
            found.task(Role::Metric, task, None, None);
        }
    }
    for channel in &model.channels {
        if let ChannelKind::Command(task) = &channel.kind {
            found.task(Role::Channel, task, None, None);
        }
    }
    for secret in &model.secrets {
        if let SecretFrom::Command(task) = &secret.from {
            found.task(Role::Secret, task, None, None);
        }
    }
    for trouble in &model.troubles {
        if let Some(task) = &trouble.diagnose {
            found.task(Role::Diagnosis, task, None, None);
        }
    }
    (found.found, found.requests)
}

struct Collector<'a> {
    found: Vec<Part<'a>>,
    requests: Vec<&'a Task>,
}

impl<'a> Collector<'a> {
    fn block(&mut self, block: &'a Block) {
        for statement in &block.statements {
            self.statement(statement);
        }
        if let Some(undo) = &block.rollback {
            self.undo(undo, [Role::Undo, Role::Alternative], None, None);
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        let of = Some(statement);
        match &statement.kind {
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::For { body, .. } => self.block(body),
            StatementKind::With { enter, leave, body } => {
                self.task(Role::Enter, &enter.task, of, None);
                self.block(body);
                self.undo(leave, [Role::Leave, Role::Leave], of, None);
            }
            StatementKind::Step(step) => self.step(step, statement),
            StatementKind::Check(check) => self.task(Role::Check, &check.task, of, None),
            StatementKind::Gate(gate) => {
                for condition in &gate.conditions {
                    if let GateCondition::Check { check, .. } = condition {
                        self.task(Role::Check, &check.task, of, None);
                    }
                }
            }
            StatementKind::Notify(_) | StatementKind::Postmortem(_) | StatementKind::Hole => {}
        }
    }

    fn step(&mut self, step: &'a Step, statement: &'a Statement) {
        let (of, is) = (Some(statement), Some(step));
        for (_, task) in &step.captures {
            self.task(Role::Capture, task, of, is);
        }
        if let Some(task) = &step.done_when {
            self.task(Role::Probe, task, of, is);
        }
        self.task(Role::Step, &step.task, of, is);
        match &step.way_back {
            WayBack::Own(undo) => self.undo(undo, [Role::Undo, Role::Alternative], of, is),
            WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Covered => {}
        }
    }

    /// `roles`: of the first attempt, and of those after it.
    fn undo(
        &mut self,
        undo: &'a Undo,
        roles: [Role; 2],
        statement: Option<&'a Statement>,
        step: Option<&'a Step>,
    ) {
        for (at, attempt) in undo.attempts.iter().enumerate() {
            self.task(roles[at.min(1)], &attempt.task, statement, step);
            if let Some(verify) = &attempt.verify {
                self.task(Role::Verify, verify, statement, step);
            }
        }
    }

    fn task(
        &mut self,
        role: Role,
        task: &'a Task,
        statement: Option<&'a Statement>,
        step: Option<&'a Step>,
    ) {
        let text = match &task.run {
            Run::Script(text) => text,
            Run::Http { .. } => return self.requests.push(task),
            Run::Hole => return,
        };
        let commands = text.script.commands.iter();
        self.found.push(Part {
            role,
            task,
            text,
            statement,
            step,
            commands: commands.map(|it| Command::new(text, it)).collect(),
        });
    }
}

/// What a rule says of single commands.
pub fn of_commands<'s>(
    subject: &'s Subject<'_>,
    find: impl Fn(&'s Part<'s>, &'s Command<'s>) -> Option<Problem>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        for command in &part.commands {
            problems.extend(find(part, command));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Shell;
    use crate::syntax::ast;

    fn shell_text(text: &str) -> ShellText {
        let command = ast::Command {
            text: text.to_owned(),
            lines: vec![(0, 0)],
            span: Span::default(),
        };
        ShellText::new(&[command], Shell::Sh)
    }

    #[test]
    fn the_program_is_found_behind_what_runs_it() {
        for (text, program, words) in [
            (
                "sudo -u app /usr/bin/env A=1 kubectl get pods",
                "kubectl",
                2,
            ),
            ("timeout -k 5s 10m ./deploy.sh --now", "deploy.sh", 1),
            ("A=1 make", "make", 0),
            ("\"$tool\" run", "", 1),
        ] {
            let text = shell_text(text);
            let command = Command::new(&text, &text.script.commands[0]);
            assert_eq!((command.program, command.words.len()), (program, words));
        }
    }

    #[test]
    fn redirections_and_joints_are_seen() {
        let text = shell_text("a 2>&1 > out.txt | b <<'END' || c\nx\ny\nEND\n");
        let commands: Vec<Command<'_>> = text
            .script
            .commands
            .iter()
            .map(|it| Command::new(&text, it))
            .collect();
        let targets: Vec<&str> = commands[0]
            .redirections()
            .iter()
            .map(|it| it.target)
            .collect();
        assert_eq!(targets, ["1", "out.txt"]);
        assert_eq!(commands[0].after(), Joint::Pipe);
        assert_eq!(commands[1].before(), Joint::Pipe);
        assert_eq!(commands[1].here_document(), Some("x\ny\n"));
        assert_eq!(commands[2].before(), Joint::Or);
    }
}
