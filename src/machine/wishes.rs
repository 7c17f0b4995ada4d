//! What the machine wants from its driver. A wish stands until a fact answers
//! it; each is said once.

use std::collections::BTreeMap;

use crate::machine::command::{Command, EndWhy};
use crate::machine::event::{Activity, Observer, Outcome, Question};
use crate::plan::{MetricId, NodeId};

#[derive(Debug, Default)]
pub(super) struct Wishes {
    open: BTreeMap<Wish, Said>,
    /// Questions to take back.
    withdrawn: Vec<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    End(Activity),
    Start(Activity),
    Sample(Observer),
    Window(NodeId, u32),
    Rehearsal(NodeId, u32),
    Ask(Question),
    Close,
}

impl Wish {
    /// Whether it ends something, rather than begins it.
    fn ends(&self) -> bool {
        match self {
            Wish::End(_) | Wish::Close => true,
            Wish::Start(_)
            | Wish::Sample(_)
            | Wish::Window(..)
            | Wish::Rehearsal(..)
            | Wish::Ask(_) => false,
        }
    }
}

impl Wish {
    /// What it is about.
    fn node(&self) -> Option<NodeId> {
        match self {
            Wish::End(activity) | Wish::Start(activity) => Some(activity.node),
            Wish::Sample(Observer::Gate { gate, .. })
            | Wish::Window(gate, _)
            | Wish::Rehearsal(gate, _) => Some(*gate),
            Wish::Ask(question) => question.node(),
            Wish::Sample(Observer::Baseline | Observer::Watch(_)) | Wish::Close => None,
        }
    }

    fn is_end(&self) -> bool {
        matches!(self, Wish::End(_))
    }
}

#[derive(Debug)]
struct Said {
    command: Command,
    said: bool,
}

/// Whether a wish was said is between the machine and its driver.
impl PartialEq for Wishes {
    fn eq(&self, other: &Wishes) -> bool {
        self.open.keys().eq(other.open.keys())
    }
}

impl Wishes {
    /// The first wish not said yet. Unless it is `starting`, only what ends
    /// something.
    pub fn take_next(&mut self, starting: bool) -> Option<Command> {
        if let Some(question) = self.withdrawn.pop() {
            return Some(Command::Withdraw(question));
        }
        let mut open = self.open.iter_mut();
        let (_, wish) = open.find(|(wish, said)| !said.said && (starting || wish.ends()))?;
        wish.said = true;
        Some(wish.command.clone())
    }

    pub fn has_next(&self, starting: bool) -> bool {
        let mut open = self.open.iter();
        !self.withdrawn.is_empty()
            || open.any(|(wish, said)| !said.said && (starting || wish.ends()))
    }

    /// Says every open wish again: the driver that heard them is gone.
    pub fn repeat(&mut self) {
        self.withdrawn.clear();
        for wish in self.open.values_mut() {
            wish.said = false;
        }
    }

    pub fn clear(&mut self) {
        self.open.clear();
        self.withdrawn.clear();
    }

    fn put(&mut self, wish: Wish, command: Command) {
        self.open.entry(wish).or_insert(Said {
            command,
            said: false,
        });
    }

    pub fn start(&mut self, activity: Activity) {
        self.put(Wish::Start(activity), Command::Start(activity));
    }

    pub fn end(&mut self, activity: Activity, why: EndWhy) {
        self.put(Wish::End(activity), Command::End { activity, why });
    }

    pub fn sample(&mut self, observer: Observer, metrics: Vec<MetricId>) {
        let command = Command::Sample { observer, metrics };
        self.put(Wish::Sample(observer), command);
    }

    pub fn look_at_window(&mut self, gate: NodeId, condition: u32) {
        let command = Command::LookAtWindow { gate, condition };
        self.put(Wish::Window(gate, condition), command);
    }

    pub fn look_for_rehearsal(&mut self, gate: NodeId, condition: u32) {
        let command = Command::LookForRehearsal { gate, condition };
        self.put(Wish::Rehearsal(gate, condition), command);
    }

    pub fn ask(&mut self, question: Question) {
        self.put(Wish::Ask(question), Command::Ask(question));
    }

    pub fn close(&mut self, outcome: Outcome) {
        self.put(Wish::Close, Command::Close(outcome));
    }

    /// It was begun: no longer a wish. Whether it was one.
    pub fn started(&mut self, activity: Activity) -> bool {
        self.open.remove(&Wish::Start(activity)).is_some()
    }

    pub fn ended(&mut self, activity: Activity) {
        self.open.remove(&Wish::End(activity));
    }

    pub fn sampled(&mut self, observer: Observer) {
        self.open.remove(&Wish::Sample(observer));
    }

    pub fn is_sampling(&self, observer: Observer) -> bool {
        self.open.contains_key(&Wish::Sample(observer))
    }

    pub fn window_seen(&mut self, gate: NodeId, condition: u32) {
        self.open.remove(&Wish::Window(gate, condition));
    }

    pub fn rehearsal_seen(&mut self, gate: NodeId, condition: u32) {
        self.open.remove(&Wish::Rehearsal(gate, condition));
    }

    pub fn is_asked(&self, question: Question) -> bool {
        self.open.contains_key(&Wish::Ask(question))
    }

    pub fn questions(&self) -> impl Iterator<Item = Question> {
        self.open.keys().filter_map(|wish| match wish {
            Wish::Ask(question) => Some(*question),
            Wish::End(_)
            | Wish::Start(_)
            | Wish::Sample(_)
            | Wish::Window(..)
            | Wish::Rehearsal(..)
            | Wish::Close => None,
        })
    }

    /// Whether nothing is wished: nothing to start, to end or to ask.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty()
    }

    /// The run is not closed after all.
    pub fn unclose(&mut self) {
        self.open.remove(&Wish::Close);
    }

    /// The question was answered.
    pub fn settle(&mut self, question: Question) {
        self.open.remove(&Wish::Ask(question));
    }

    /// The question is of no use any more.
    pub fn withdraw(&mut self, question: Question) {
        if let Some(wish) = self.open.remove(&Wish::Ask(question))
            && wish.said
        {
            self.withdrawn.push(question);
        }
    }

    /// Takes back everything of the way forward: nothing new starts, nobody is
    /// asked. What is being ended stays wished.
    pub fn drop_forward(&mut self) {
        let questions: Vec<Question> = self.questions().collect();
        for question in questions {
            self.withdraw(question);
        }
        self.open.retain(|wish, _| match wish {
            Wish::End(_) | Wish::Close => true,
            Wish::Start(_)
            | Wish::Sample(_)
            | Wish::Window(..)
            | Wish::Rehearsal(..)
            | Wish::Ask(_) => false,
        });
    }

    /// The same for what belongs to one gate.
    pub fn drop_gate(&mut self, gate: NodeId) {
        let of_gate = |question: &Question| match question {
            Question::Confirm { gate: asked, .. }
            | Question::Approve { gate: asked, .. }
            | Question::GateFailed { gate: asked } => *asked == gate,
            Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => false,
        };
        let questions: Vec<Question> = self.questions().filter(of_gate).collect();
        for question in questions {
            self.withdraw(question);
        }
        self.open.retain(|wish, _| match wish {
            Wish::Start(activity) => activity.node != gate,
            Wish::Sample(Observer::Gate { gate: of, .. })
            | Wish::Window(of, _)
            | Wish::Rehearsal(of, _) => *of != gate,
            Wish::Sample(Observer::Baseline | Observer::Watch(_))
            | Wish::End(_)
            | Wish::Ask(_)
            | Wish::Close => true,
        });
    }

    /// The same for what belongs to some nodes. What is being ended stays
    /// wished.
    pub fn drop_nodes(&mut self, are: impl Fn(NodeId) -> bool) {
        let questions: Vec<Question> = self
            .questions()
            .filter(|question| question.node().is_some_and(&are))
            .collect();
        for question in questions {
            self.withdraw(question);
        }
        self.open
            .retain(|wish, _| wish.is_end() || !wish.node().is_some_and(&are));
    }

    /// Whether something is wished of some nodes.
    pub fn is_about(&self, are: impl Fn(NodeId) -> bool) -> bool {
        self.open.keys().any(|wish| wish.node().is_some_and(&are))
    }

    pub fn drop_watch(&mut self, watch: u32) {
        self.withdraw(Question::Watch(watch));
        self.open.remove(&Wish::Sample(Observer::Watch(watch)));
    }
}
