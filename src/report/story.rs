//! The facts of a run as a timeline in words.

use crate::machine::event::{
    Activity, Answer, Completion, Event, How, Part, Question, ReadingResult, Stamped,
};
use crate::plan::{GateCondition, Millis, NodeId, NodeKind, Plan};

/// How an entry is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Plain,
    Good,
    Bad,
    /// On the way back.
    Back,
    /// A person did something.
    Person,
}

impl Mood {
    pub fn name(self) -> &'static str {
        match self {
            Mood::Plain => "plain",
            Mood::Good => "good",
            Mood::Bad => "bad",
            Mood::Back => "back",
            Mood::Person => "person",
        }
    }
}

/// One thing that happened.
#[derive(Debug)]
pub struct Entry {
    /// On the run's clock.
    pub at: Millis,
    pub mood: Mood,
    /// With names in backticks.
    pub text: String,
    /// How long what ended here took.
    pub took: Option<Millis>,
    /// What printed something, where an activity ended.
    pub activity: Option<Activity>,
}

/// All that happened, in order.
pub fn story(plan: &Plan, facts: &[Stamped]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, fact) in facts.iter().enumerate() {
        let Some((mood, text)) = told(plan, &fact.event) else {
            continue;
        };
        let activity = match &fact.event {
            Event::Ended { activity, .. } => Some(*activity),
            _nothing_ended => None,
        };
        let begun = activity.and_then(|activity| begun(&facts[..index], activity));
        entries.push(Entry {
            at: fact.at,
            mood,
            text,
            took: begun.map(|begun| fact.at.saturating_sub(begun)),
            activity,
        });
    }
    entries
}

fn begun(facts: &[Stamped], wanted: Activity) -> Option<Millis> {
    facts.iter().rev().find_map(|fact| match &fact.event {
        Event::Intended { activity } if *activity == wanted => Some(fact.at),
        _other => None,
    })
}

fn name(plan: &Plan, node: NodeId) -> &str {
    &plan.nodes[node.index()].name
}

/// What an activity is, in words.
fn what(plan: &Plan, activity: Activity) -> String {
    let name = name(plan, activity.node);
    let again = match activity.attempt {
        0 | 1 => String::new(),
        attempt => format!(" (attempt {attempt})"),
    };
    match activity.part {
        Part::Capture(_) => format!("what `{name}` notes before{again}"),
        Part::Probe => format!("whether `{name}` is in place{again}"),
        Part::Forward => format!("`{name}`{again}"),
        Part::Undo(_) => format!("the undo of `{name}`{again}"),
        Part::Verify(_) => format!("the verification of the undo of `{name}`{again}"),
        Part::GateCheck(_) => format!("a check of `{name}`{again}"),
    }
}

/// Whether an activity is worth a line when all is well.
fn is_main(activity: Activity) -> bool {
    match activity.part {
        Part::Forward | Part::Undo(_) => true,
        Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => false,
    }
}

fn told(plan: &Plan, event: &Event) -> Option<(Mood, String)> {
    match event {
        Event::Opened { starter, .. } => Some((Mood::Person, format!("{starter} starts the run"))),
        Event::Intended { activity } => {
            is_main(*activity).then(|| (Mood::Plain, format!("{} begins", what(plan, *activity))))
        }
        Event::Ended {
            activity,
            result,
            remarks,
            values: _,
        } => ended(plan, *activity, result, remarks),
        Event::Sampled { readings, .. } => {
            let failed = readings.iter().find_map(|reading| match &reading.result {
                ReadingResult::Error(why) => Some((reading.metric, why)),
                ReadingResult::Values(_)
                | ReadingResult::Partly { .. }
                | ReadingResult::NoData(_) => None,
            });
            failed.map(|(metric, why)| {
                let metric = &plan.metrics[metric.index()].name;
                (
                    Mood::Bad,
                    format!("`{metric}` could not be measured: {why}"),
                )
            })
        }
        Event::WindowSeen {
            gate, open, reason, ..
        } => {
            let gate = name(plan, *gate);
            let reason = reason.as_ref().map(|reason| format!(": {reason}"));
            let reason = reason.unwrap_or_default();
            let state = if *open { "open" } else { "closed" };
            Some((
                Mood::Plain,
                format!("the window of `{gate}` is {state}{reason}"),
            ))
        }
        Event::RehearsalSeen { gate, found, .. } => {
            let gate = name(plan, *gate);
            let found = if *found {
                "was rehearsed"
            } else {
                "was not rehearsed"
            };
            Some((Mood::Plain, format!("`{gate}`: this very text {found}")))
        }
        Event::Answered {
            question,
            answer,
            by,
            how,
        } => Some(answered(plan, *question, answer, by, how)),
        Event::Unanswerable { question } => Some((
            Mood::Bad,
            format!("nobody could be asked: {}", asked(plan, *question)),
        )),
        Event::Tick => None,
        Event::RollbackRequested { by, reason } => {
            Some((Mood::Person, format!("{by} asks to roll back: {reason}")))
        }
        Event::PauseRequested { by } => Some((Mood::Person, format!("{by} asks to pause"))),
        Event::Resumed { by } => Some((Mood::Person, format!("{by} resumes the run"))),
        Event::Closed { outcome } => {
            let words = outcome.name().replace('_', " ");
            Some((Mood::Plain, format!("the run ends: {words}")))
        }
    }
}

fn ended(
    plan: &Plan,
    activity: Activity,
    result: &Completion,
    remarks: &[String],
) -> Option<(Mood, String)> {
    let good = match activity.part {
        Part::Undo(_) => Mood::Back,
        Part::Capture(_) | Part::Probe | Part::Forward | Part::Verify(_) | Part::GateCheck(_) => {
            Mood::Good
        }
    };
    let (mood, how) = match result {
        Completion::Ok => (good, "is done".to_owned()),
        // A probe that says no is no failure.
        Completion::Failed(_) if activity.part == Part::Probe => {
            (Mood::Plain, "is asked: it is not".to_owned())
        }
        Completion::Failed(failure) => (Mood::Bad, format!("failed: {}", failure.message)),
        Completion::TimedOut => (Mood::Bad, "took too long and was ended".to_owned()),
        Completion::Cancelled => (Mood::Bad, "was ended".to_owned()),
        Completion::InDoubt => (
            Mood::Bad,
            "is in doubt: nobody knows how it ended".to_owned(),
        ),
    };
    if mood == Mood::Good && !is_main(activity) && remarks.is_empty() {
        return None;
    }
    let remarks: String = remarks
        .iter()
        .map(|remark| format!(" ({remark})"))
        .collect();
    Some((mood, format!("{} {how}{remarks}", what(plan, activity))))
}

/// A question, in words.
fn asked(plan: &Plan, question: Question) -> String {
    match question {
        Question::Confirm { gate, condition } => match condition_of(plan, gate, condition) {
            Some(GateCondition::Confirm { text }) => {
                let text = text.known().map(|text| format!(": {text}"));
                format!("`{}`{}", name(plan, gate), text.unwrap_or_default())
            }
            _no_confirm => format!("`{}`", name(plan, gate)),
        },
        Question::Approve { gate, condition } => match condition_of(plan, gate, condition) {
            Some(GateCondition::Approve { role, .. }) => {
                format!("`{}`, approval of {role}", name(plan, gate))
            }
            _no_approval => format!("`{}`", name(plan, gate)),
        },
        Question::GateFailed { gate } => format!("`{}` did not open", name(plan, gate)),
        Question::StepFailed { node } => format!("`{}` failed", name(plan, node)),
        Question::InDoubt { node } => format!("`{}` is in doubt", name(plan, node)),
        Question::UndoFailed { node } => format!("the undo of `{}` failed", name(plan, node)),
        Question::Watch(watch) => {
            let watch = plan.watches.get(watch as usize);
            let watch = watch.map_or("", |watch| watch.name.as_str());
            format!("watch `{watch}` fired")
        }
    }
}

fn condition_of(plan: &Plan, gate: NodeId, condition: u32) -> Option<&GateCondition> {
    match &plan.nodes[gate.index()].kind {
        NodeKind::Gate(gate) => gate.conditions.get(condition as usize),
        _no_gate => None,
    }
}

fn answered(
    plan: &Plan,
    question: Question,
    answer: &Answer,
    by: &str,
    how: &How,
) -> (Mood, String) {
    let answer = match answer {
        Answer::Yes => "yes".to_owned(),
        Answer::No { reason } => format!("no: {reason}"),
        Answer::Continue => "go on".to_owned(),
        Answer::Again => "again".to_owned(),
        Answer::Rollback => "roll back".to_owned(),
        Answer::Stop => "stop here".to_owned(),
        Answer::Done => "it is done".to_owned(),
    };
    let how = match how {
        How::Terminal => "at the terminal",
        How::YesOption => "by `--yes`",
        How::OnDoubtOption => "by `--on-doubt`",
        How::Command => "by `runbook approve`",
        How::Signature => "with a signature",
        How::Scripted => "by a test",
    };
    let asked = asked(plan, question);
    (Mood::Person, format!("{asked} – {by} says {answer}, {how}"))
}
