//! What a simulated run says that will happen, in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use runbook::machine::Machine;
use runbook::machine::command::Command;
use runbook::machine::event::{Activity, Answer, Completion, Event, Outcome, Question, Stamped};
use runbook::plan::{Binding, Plan, Run, ValueSource};
use runbook::simulate::{Trace, fold};

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Ok,
    Failed,
    TimedOut,
    Cancelled,
    InDoubt,
}

/// Something that happens, as far as it is decided by more than time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    Begins(Activity),
    Ends(Activity, End),
    Answered(Question, String),
    Unanswerable(Question),
    BackRequested,
    PauseRequested,
    Resumed,
    Closed(&'static str),
}

impl Note {
    pub fn of(fact: &Stamped) -> Option<Note> {
        Some(match &fact.event {
            Event::Intended { activity } => Note::Begins(*activity),
            Event::Ended {
                activity, result, ..
            } => Note::Ends(*activity, end(result)),
            Event::Answered {
                question, answer, ..
            } => Note::Answered(*question, word(answer).to_owned()),
            Event::Unanswerable { question } => Note::Unanswerable(*question),
            Event::RollbackRequested { .. } => Note::BackRequested,
            Event::PauseRequested { .. } => Note::PauseRequested,
            Event::Resumed { .. } => Note::Resumed,
            Event::Closed { outcome } => Note::Closed(outcome.name()),
            Event::Opened { .. }
            | Event::Tick
            | Event::Sampled { .. }
            | Event::WindowSeen { .. }
            | Event::RehearsalSeen { .. } => return None,
        })
    }

    /// What comes in this place only. The rest comes as it comes between two of
    /// those: what begins side by side, and what is ended from outside.
    fn has_its_place(&self) -> bool {
        match self {
            Note::Ends(_, End::Cancelled | End::TimedOut) | Note::Begins(_) => false,
            Note::Ends(_, End::Ok | End::Failed | End::InDoubt)
            | Note::Answered(..)
            | Note::Unanswerable(_)
            | Note::BackRequested
            | Note::PauseRequested
            | Note::Resumed
            | Note::Closed(_) => true,
        }
    }
}

fn end(result: &Completion) -> End {
    match result {
        Completion::Ok => End::Ok,
        Completion::Failed(_) => End::Failed,
        Completion::TimedOut => End::TimedOut,
        Completion::Cancelled => End::Cancelled,
        Completion::InDoubt => End::InDoubt,
    }
}

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No { .. } => "no",
        Answer::Continue => "continue",
        Answer::Again => "again",
        Answer::Rollback => "rollback",
        Answer::Stop => "stop",
        Answer::Done => "done",
    }
}

/// Notes without the order of those that have no place.
pub fn in_order(notes: &[Note]) -> Vec<Note> {
    let mut ordered = notes.to_vec();
    for between in ordered.chunk_by_mut(|one, two| !one.has_its_place() && !two.has_its_place()) {
        between.sort();
    }
    ordered
}

/// A simulated run up to its first end.
#[derive(Debug)]
pub struct Score {
    pub facts: Vec<Stamped>,
    /// Before which facts the interpreter dies.
    pub deaths: Vec<usize>,
    pub outcome: Outcome,
    /// Whether people answer; else nobody can be asked.
    pub answered: bool,
}

impl Score {
    /// None where a real run cannot be made to do the same.
    pub fn of(plan: &Arc<Plan>, trace: &Trace) -> Option<Score> {
        let closed = |fact: &Stamped| match &fact.event {
            Event::Closed { outcome } => Some(*outcome),
            _it_goes_on => None,
        };
        let last = trace.events.iter().position(|it| closed(it).is_some())?;
        let facts = trace.events[..=last].to_vec();
        let outcome = closed(&facts[last])?;
        let is = |wanted: fn(&Event) -> bool| facts.iter().any(|fact| wanted(&fact.event));
        let answered = is(|event| matches!(event, Event::Answered { .. }));
        let unanswered = is(|event| matches!(event, Event::Unanswerable { .. }));
        let deaths = trace.lost.iter().map(|(known, _)| *known);
        let score = Score {
            deaths: deaths.filter(|at| *at <= last).collect(),
            outcome,
            answered,
            facts,
        };
        let asked = score.facts.iter().enumerate().filter(|(_, fact)| {
            matches!(
                fact.event,
                Event::RollbackRequested { .. } | Event::PauseRequested { .. }
            )
        });
        let mut sudden = asked.map(|(at, _)| at).chain(score.deaths.iter().copied());
        let is_met = sudden.all(|at| score.stands_still_before(plan, at));
        let is_met = is_met && score.waits_for_all_that_ends(plan);
        (!(answered && unanswered) && is_met).then_some(score)
    }

    /// Whether nothing ends by itself while something is about to begin, or while it
    /// is about to be ended: a real run would have been faster. What ends while there
    /// is no interpreter has time for it.
    fn waits_for_all_that_ends(&self, plan: &Arc<Plan>) -> bool {
        let mut machine = Machine::new(plan.clone());
        let (mut beginning, mut ending) = (Vec::new(), Vec::new());
        let mut is_dead = false;
        for (at, fact) in self.facts.iter().enumerate() {
            is_dead |= self.deaths.contains(&at);
            match Note::of(fact) {
                Some(Note::Resumed) => {
                    is_dead = false;
                    machine = fold(plan.clone(), &self.facts[..at]);
                    (beginning, ending) = (Vec::new(), Vec::new());
                }
                Some(Note::Begins(activity)) => beginning.retain(|it| *it != activity),
                Some(Note::Ends(activity, End::Ok | End::Failed | End::InDoubt))
                    if !is_dead && (!beginning.is_empty() || ending.contains(&activity)) =>
                {
                    return false;
                }
                _something_else => {}
            }
            machine.apply(fact);
            for command in machine.commands() {
                match command {
                    Command::Start(activity) => beginning.push(activity),
                    Command::End { activity, .. } => ending.push(activity),
                    _something_else => {}
                }
            }
        }
        true
    }

    /// Whether all has begun by then that was to begin, and waits for its turn:
    /// then a real run can be met just there.
    fn stands_still_before(&self, plan: &Arc<Plan>, at: usize) -> bool {
        let machine = fold(plan.clone(), &self.facts[..at]);
        !self.running_before(at).is_empty() && !machine.has_commands()
    }

    /// What runs when so many facts are on record.
    pub fn running_before(&self, at: usize) -> Vec<Activity> {
        let mut running = Vec::new();
        for fact in &self.facts[..at] {
            match &fact.event {
                Event::Intended { activity } => running.push(*activity),
                Event::Ended { activity, .. } => running.retain(|it| it != activity),
                _something_else => {}
            }
        }
        running
    }

    pub fn notes(&self) -> Vec<Note> {
        self.facts.iter().filter_map(Note::of).collect()
    }

    /// What each activity is called by its command, and which of that name it is,
    /// counted from one.
    pub fn turns(&self, plan: &Plan) -> BTreeMap<Activity, (String, usize)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut turns = BTreeMap::new();
        for fact in &self.facts {
            if let Event::Intended { activity } = &fact.event {
                let name = called(plan, *activity);
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                turns.insert(*activity, (name, *count));
            }
        }
        turns
    }
}

/// `do s5.2`: the part and the name that a command is given.
fn called(plan: &Plan, activity: Activity) -> String {
    let task = runbook::machine::task_of(plan, activity).expect("a command");
    let Run::Script { text, .. } = &task.run else {
        panic!("no command: {task:?}");
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words[2].trim_matches('"');
    let mut called = format!("{} {name}", words[1]);
    for Binding { name, value } in &task.bindings {
        if let ValueSource::Known(value) = value {
            called = called.replace(&format!(".${name}"), &format!(".{value}"));
        }
    }
    called
}
