//! Questions to people: who is asked, what their answers mean, and what
//! happens when nobody is there. Never is a question answered yes by itself.

use crate::export::words::template_text;
use crate::machine::Machine;
use crate::machine::event::{Answer, Event, How, Question};
use crate::plan::{
    Gate, GateCondition, NodeId, NodeKind, Plan, Template, TemplatePart, ValueSource,
};
use crate::problem::render::neutral::one_line;

/// What to do with a step of which nobody knows whether it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDoubt {
    /// It did.
    Done,
    /// Run it again.
    Again,
    Rollback,
    /// Stand still, to be resumed.
    Stop,
}

impl OnDoubt {
    fn answer(self) -> Answer {
        match self {
            OnDoubt::Done => Answer::Done,
            OnDoubt::Again => Answer::Again,
            OnDoubt::Rollback => Answer::Rollback,
            OnDoubt::Stop => Answer::Stop,
        }
    }
}

/// Who can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// A person sits at the terminal.
    pub terminal: bool,
    /// `--yes`: confirms, and what the starter may approve, are answered.
    pub yes: bool,
    /// What is answered where nobody knows whether a step took effect; `None`:
    /// a person is asked.
    pub on_doubt: Option<OnDoubt>,
    /// Answers may come from elsewhere (`runbook approve`): without a terminal
    /// the run waits for them instead of stopping.
    pub wait: bool,
}

/// The questions that are open, in the order they came up.
#[derive(Debug)]
pub struct People {
    manners: Manners,
    run: String,
    starter: String,
    open: Vec<Question>,
    /// A question answered with no, of which the reason is still to be said.
    refused: Option<Question>,
    /// A Ctrl-C at the terminal waits for an answer, before all questions.
    interrupted: bool,
}

/// What somebody means who has interrupted a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Rollback,
    Pause,
    GoOn,
}

const DECISIONS: &str = "[r]oll back, [p]ause, [g]o on";

/// What a typed line came to.
#[derive(Debug, PartialEq)]
pub enum Typed {
    Answer(Event),
    /// What the interruption means.
    Decided(Decision),
    /// Ask for more; the text to show.
    More(String),
    /// There was no question.
    Nothing,
}

impl People {
    pub fn new(manners: Manners, run: &str, starter: &str) -> People {
        People {
            manners,
            run: run.to_owned(),
            starter: starter.to_owned(),
            open: Vec::new(),
            refused: None,
            interrupted: false,
        }
    }

    /// A question comes up: the event it is answered with at once, if it is.
    pub fn ask(&mut self, question: Question, machine: &Machine) -> Option<Event> {
        if self.manners.yes && self.yes_answers(question, machine) {
            return Some(self.answer(question, Answer::Yes, How::YesOption));
        }
        if let (Question::InDoubt { .. }, Some(on_doubt)) = (question, self.manners.on_doubt) {
            return Some(self.answer(question, on_doubt.answer(), How::OnDoubtOption));
        }
        if self.manners.terminal || self.manners.wait {
            if !self.open.contains(&question) {
                self.open.push(question);
            }
            return None;
        }
        Some(Event::Unanswerable { question })
    }

    pub fn at_terminal(&self) -> bool {
        self.manners.terminal
    }

    pub fn withdraw(&mut self, question: Question) {
        self.open.retain(|open| *open != question);
        if self.refused == Some(question) {
            self.refused = None;
        }
    }

    /// Forgets what is not asked any more.
    pub fn forget_settled(&mut self, machine: &Machine) {
        let settled: Vec<Question> = self
            .open
            .iter()
            .copied()
            .filter(|open| !machine.questions().any(|asked| asked == *open))
            .collect();
        for question in settled {
            self.withdraw(question);
        }
    }

    fn yes_answers(&self, question: Question, machine: &Machine) -> bool {
        match question {
            Question::Confirm { .. } => true,
            Question::Approve { gate, condition } => {
                machine.may_approve(gate, condition, &self.starter)
                    && !machine.wants_signature(gate, condition)
                    && !machine.has_approved(gate, condition, &self.starter)
            }
            Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => false,
        }
    }

    fn answer(&self, question: Question, answer: Answer, how: How) -> Event {
        Event::Answered {
            question,
            answer,
            by: self.starter.clone(),
            how,
        }
    }

    /// The question that the terminal shows now.
    pub fn current(&self) -> Option<Question> {
        self.manners
            .terminal
            .then(|| self.open.first().copied())
            .flatten()
    }

    /// Asks what a Ctrl-C means.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// It does not matter any more what a Ctrl-C means.
    pub fn forget_interruption(&mut self) {
        self.interrupted = false;
    }

    /// Whether the terminal shows a prompt that waits for an answer.
    pub fn is_asking(&self) -> bool {
        self.interrupted || self.current().is_some()
    }

    /// The prompt of the question at hand.
    pub fn prompt(&self, machine: &Machine) -> Option<String> {
        if self.interrupted {
            return Some(format!(
                "\n? interrupted: what now?\n  {DECISIONS} (Ctrl-C again rolls back at once): "
            ));
        }
        let question = self.current()?;
        if self.refused.is_some() {
            return Some("  why? ".to_owned());
        }
        let what = what_is_asked(question, machine);
        let choices = choices(question, machine, &self.run, &self.starter);
        Some(format!("? {what}\n  {choices}: "))
    }

    /// Takes a line typed at the terminal.
    pub fn typed(&mut self, line: &str, machine: &Machine) -> Typed {
        let line = line.trim();
        if self.interrupted {
            let Some(decision) = decided(line) else {
                return no_answer(line, DECISIONS);
            };
            self.interrupted = false;
            return Typed::Decided(decision);
        }
        let Some(question) = self.current() else {
            return Typed::Nothing;
        };
        if self.refused.take().is_some() {
            let reason = if line.is_empty() {
                "no reason given".to_owned()
            } else {
                line.to_owned()
            };
            self.withdraw(question);
            return Typed::Answer(self.answer(question, Answer::No { reason }, How::Terminal));
        }
        match understood(question, line) {
            Some(Answer::No { .. }) if !self.counts(question, machine) => Typed::More(format!(
                "  {} started this run and may not reject it; others do with `{} --reject WHY`\n  ",
                self.starter,
                self.elsewhere(question, machine)
            )),
            Some(Answer::No { .. }) => {
                self.refused = Some(question);
                Typed::More("  why? ".to_owned())
            }
            Some(Answer::Yes) if wants_signature(question, machine) => Typed::More(format!(
                "  it wants a signature: `{} --sign-with KEY`\n  ",
                self.elsewhere(question, machine)
            )),
            Some(Answer::Yes) if has_approved(question, machine, &self.starter) => {
                Typed::More(format!(
                    "  your approval is there; others approve with `{}`\n  ",
                    self.elsewhere(question, machine)
                ))
            }
            Some(Answer::Yes) if !self.counts(question, machine) => Typed::More(format!(
                "  {} started this run and may not approve it; others do with `{}`\n  ",
                self.starter,
                self.elsewhere(question, machine)
            )),
            Some(answer) => {
                self.withdraw(question);
                Typed::Answer(self.answer(question, answer, How::Terminal))
            }
            None => {
                let choices = choices(question, machine, &self.run, &self.starter);
                no_answer(line, &choices)
            }
        }
    }

    fn elsewhere(&self, question: Question, machine: &Machine) -> String {
        approve_command(&self.run, question.name(machine.plan()))
    }

    fn counts(&self, question: Question, machine: &Machine) -> bool {
        match question {
            Question::Approve { gate, condition } => {
                machine.may_approve(gate, condition, &self.starter)
            }
            Question::Confirm { .. }
            | Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => true,
        }
    }
}

fn has_approved(question: Question, machine: &Machine, who: &str) -> bool {
    match question {
        Question::Approve { gate, condition } => machine.has_approved(gate, condition, who),
        Question::Confirm { .. }
        | Question::GateFailed { .. }
        | Question::StepFailed { .. }
        | Question::InDoubt { .. }
        | Question::UndoFailed { .. }
        | Question::Watch(_) => false,
    }
}

fn wants_signature(question: Question, machine: &Machine) -> bool {
    match question {
        Question::Approve { gate, condition } => machine.wants_signature(gate, condition),
        Question::Confirm { .. }
        | Question::GateFailed { .. }
        | Question::StepFailed { .. }
        | Question::InDoubt { .. }
        | Question::UndoFailed { .. }
        | Question::Watch(_) => false,
    }
}

/// Says so, and asks again.
fn no_answer(line: &str, answers: &str) -> Typed {
    let shown = one_line(line);
    Typed::More(format!("  `{shown}` is no answer here\n  {answers}: "))
}

/// Whether a typed word is an answer, or its beginning.
fn begins(answer: &str, word: &str) -> bool {
    !word.is_empty() && answer.starts_with(word)
}

/// What a typed word means as an answer to what a Ctrl-C means.
fn decided(line: &str) -> Option<Decision> {
    let word = line.to_lowercase();
    let is = |long: &str| begins(long, &word);
    match () {
        () if is("rollback") || is("roll back") => Some(Decision::Rollback),
        () if is("pause") => Some(Decision::Pause),
        () if is("go on") => Some(Decision::GoOn),
        () => None,
    }
}

/// What a typed word means as an answer to a question.
pub fn understood(question: Question, line: &str) -> Option<Answer> {
    let word = line.to_lowercase();
    let is = |long: &str| begins(long, &word);
    let no = || Answer::No {
        reason: String::new(),
    };
    match question {
        Question::Confirm { .. } | Question::Approve { .. } => match () {
            () if is("yes") => Some(Answer::Yes),
            () if is("no") => Some(no()),
            () if is("stop here") => Some(Answer::Stop),
            () => None,
        },
        Question::GateFailed { .. } | Question::StepFailed { .. } if is("again") => {
            Some(Answer::Again)
        }
        Question::GateFailed { .. } | Question::StepFailed { .. } | Question::Watch(_) => {
            match () {
                () if is("continue") => Some(Answer::Continue),
                () if is("rollback") || is("roll back") => Some(Answer::Rollback),
                () if is("stop here") => Some(Answer::Stop),
                () => None,
            }
        }
        Question::InDoubt { .. } => match () {
            () if is("done") => Some(Answer::Done),
            () if is("again") => Some(Answer::Again),
            () if is("rollback") || is("roll back") => Some(Answer::Rollback),
            () if is("stop here") => Some(Answer::Stop),
            () => None,
        },
        Question::UndoFailed { .. } => match () {
            () if is("again") => Some(Answer::Again),
            () if ["sk", "skip", "skip it"].contains(&word.as_str()) => Some(Answer::Continue),
            () if ["st", "stop", "stop here"].contains(&word.as_str()) => Some(Answer::Stop),
            () => None,
        },
    }
}

/// The answers that can be given, as they are typed.
pub fn answers(question: Question) -> &'static [&'static str] {
    match question {
        Question::Confirm { .. } | Question::Approve { .. } => &["yes", "no", "stop"],
        Question::GateFailed { .. } | Question::StepFailed { .. } => {
            &["again", "continue", "rollback", "stop"]
        }
        Question::Watch(_) => &["continue", "rollback", "stop"],
        Question::InDoubt { .. } => &["done", "again", "rollback", "stop"],
        Question::UndoFailed { .. } => &["again", "skip", "stop"],
    }
}

/// What others type to approve a gate of a run.
fn approve_command(run: &str, gate: &str) -> String {
    format!("runbook approve {run} {gate}")
}

/// What is asked, in words.
pub fn what_is_asked(question: Question, machine: &Machine) -> String {
    let plan = machine.plan();
    let name = |node: NodeId| plan.nodes[node.index()].name.clone();
    // What went wrong says itself where it did.
    let what_went_wrong = |at: Option<NodeId>, otherwise: String| {
        let headline = machine.headline().filter(|headline| headline.node == at);
        headline.map_or(otherwise, |headline| headline.message.clone())
    };
    match question {
        Question::Confirm { gate, condition } | Question::Approve { gate, condition } => {
            let text = condition_text(machine, gate, condition);
            format!("{}: {text}", label(plan, gate))
        }
        Question::GateFailed { gate } => {
            what_went_wrong(Some(gate), format!("gate `{}` did not open", name(gate)))
        }
        Question::StepFailed { node } => {
            what_went_wrong(Some(node), format!("`{}` failed", name(node)))
        }
        Question::InDoubt { node } => format!(
            "nobody knows whether `{}` took effect: look, then say",
            name(node)
        ),
        Question::UndoFailed { node } => {
            format!("the way back of `{}` failed in all its tries", name(node))
        }
        Question::Watch(watch) => {
            let name = &plan.watches[watch as usize].name;
            what_went_wrong(None, format!("watch `{name}` fired"))
        }
    }
}

/// The answers that `by` can give, as a prompt shows them, and what others type where
/// it is on them.
pub fn choices(question: Question, machine: &Machine, run: &str, by: &str) -> String {
    match question {
        Question::Approve { gate, condition } => {
            let elsewhere = approve_command(run, question.name(machine.plan()));
            if machine.wants_signature(gate, condition) {
                format!("waiting for signatures (`{elsewhere} --sign-with KEY`); [n]o, [s]top here")
            } else if machine.has_approved(gate, condition, by) {
                format!(
                    "your approval is there, waiting for others (`{elsewhere}`); [n]o, [s]top here"
                )
            } else if machine.may_approve(gate, condition, by) {
                YES_OR_NO.to_owned()
            } else {
                format!("waiting for others (`{elsewhere}`); [s]top here")
            }
        }
        Question::Confirm { .. } => YES_OR_NO.to_owned(),
        Question::GateFailed { .. } | Question::StepFailed { .. } => {
            "[a]gain, [c]ontinue, [r]oll back, [s]top here".to_owned()
        }
        Question::InDoubt { .. } => "[d]one, run it [a]gain, [r]oll back, [s]top here".to_owned(),
        Question::UndoFailed { .. } => "[a]gain, [sk]ip it, [st]op here".to_owned(),
        Question::Watch(_) => "[c]ontinue, [r]oll back, [s]top here".to_owned(),
    }
}

const YES_OR_NO: &str = "[y]es, [n]o, [s]top here";

fn label(plan: &Plan, gate: NodeId) -> String {
    let node = &plan.nodes[gate.index()];
    match &node.title {
        Some(title) => title.clone(),
        None => format!("`{}`", node.name),
    }
}

/// A text with the values of steps in it: they are what is asked about.
fn filled(machine: &Machine, text: &Template) -> String {
    let parts = text.0.iter().map(|part| {
        let given = match part {
            TemplatePart::Value(ValueSource::Capture { node, name }) => machine.value(*node, name),
            TemplatePart::Value(ValueSource::Output {
                node,
                name,
                default,
            }) => machine.value(*node, name).or(default.as_deref()),
            _of_no_step => None,
        };
        match given {
            Some(value) => one_line(value).into_owned(),
            None => template_text(machine.plan(), &Template(vec![part.clone()])),
        }
    });
    parts.collect()
}

fn condition_text(machine: &Machine, gate: NodeId, condition: u32) -> String {
    let plan = machine.plan();
    let NodeKind::Gate(gate) = &plan.nodes[gate.index()].kind else {
        return String::new();
    };
    let Gate { conditions, .. } = gate.as_ref();
    match conditions.get(condition as usize) {
        Some(GateCondition::Confirm { text }) => filled(machine, text),
        Some(GateCondition::Approve {
            role,
            members,
            count,
            ..
        }) => {
            let members = members.join(", ");
            let word = if *count == 1 { "approval" } else { "approvals" };
            format!("{count} {word} of {role} ({members})")
        }
        Some(
            GateCondition::Window(_)
            | GateCondition::Wait(_)
            | GateCondition::Hold { .. }
            | GateCondition::Until { .. }
            | GateCondition::Check { .. }
            | GateCondition::Rehearsed { .. },
        )
        | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_be_cut_short_and_nothing_else_is_one() {
        let confirm = Question::Confirm {
            gate: NodeId(1),
            condition: 0,
        };
        assert_eq!(understood(confirm, "y"), Some(Answer::Yes));
        assert_eq!(understood(confirm, "YES"), Some(Answer::Yes));
        assert_eq!(understood(confirm, ""), None);
        assert_eq!(understood(confirm, "ok"), None);
        let doubt = Question::InDoubt { node: NodeId(1) };
        assert_eq!(understood(doubt, "y"), None);
        assert_eq!(understood(doubt, "d"), Some(Answer::Done));
        let undo = Question::UndoFailed { node: NodeId(1) };
        assert_eq!(understood(undo, "s"), None);
        assert_eq!(understood(undo, "sk"), Some(Answer::Continue));
        assert_eq!(understood(Question::Watch(0), "again"), None);
        for question in [confirm, doubt, undo, Question::Watch(0)] {
            for answer in answers(question) {
                assert!(understood(question, answer).is_some(), "{answer}");
            }
        }
    }
    #[test]
    fn an_interruption_is_answered_by_the_words_offered_and_by_no_others() {
        for (typed, meant) in [
            ("r", Decision::Rollback),
            ("Roll back", Decision::Rollback),
            ("rollback", Decision::Rollback),
            ("p", Decision::Pause),
            ("pause", Decision::Pause),
            ("g", Decision::GoOn),
            ("go", Decision::GoOn),
            ("go on", Decision::GoOn),
        ] {
            assert_eq!(decided(typed), Some(meant), "{typed}");
        }
        for typed in ["", "pizza", "retry", "goon show", "y", "pp"] {
            assert_eq!(decided(typed), None, "{typed}");
        }
    }
}
