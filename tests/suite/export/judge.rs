//! The journal of a script, held against the machine: whatever a script begins
//! the machine must want begun at that moment, and it must end as the machine
//! wants the run closed.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use runbook::export::sh;
use runbook::machine::Machine;
use runbook::machine::command::Command;
use runbook::machine::event::{
    Activity, Answer, Completion, Event, Failure, How, Observer, Outcome, Part, Question, Reading,
    ReadingResult, Stamped,
};
use runbook::plan::{MetricId, NodeId, Plan};

/// The names of a script, and what they mean.
struct Dictionary {
    tasks: HashMap<String, (NodeId, Part)>,
    conditions: HashMap<String, (NodeId, u32)>,
    nodes: HashMap<String, NodeId>,
    watches: Vec<String>,
    metrics: HashMap<String, MetricId>,
}

impl Dictionary {
    fn of(plan: &Plan) -> Dictionary {
        let tasks = sh::activities(plan).into_iter();
        let conditions = sh::conditions(plan).into_iter();
        let nodes = sh::nodes(plan).into_iter().enumerate();
        let metrics = plan.metrics.iter().enumerate();
        Dictionary {
            watches: sh::watches(plan),
            metrics: metrics
                .map(|(at, metric)| {
                    let id = MetricId(u32::try_from(at).expect("few"));
                    (metric.name.clone(), id)
                })
                .collect(),
            tasks: tasks
                .map(|(name, node, part)| (name, (node, part)))
                .collect(),
            conditions: conditions
                .map(|(name, gate, at)| (name, (gate, at)))
                .collect(),
            nodes: nodes
                .map(|(at, name)| (name, NodeId(u32::try_from(at).expect("few"))))
                .collect(),
        }
    }

    fn activity(&self, task: &str, attempt: u32) -> Activity {
        let (node, part) = self.tasks[task];
        Activity {
            node,
            part,
            attempt,
        }
    }

    fn observer(&self, text: &str) -> Observer {
        if text == "baseline" {
            return Observer::Baseline;
        }
        if let Some(watch) = text.strip_prefix("watch:") {
            let at = self.watches.iter().position(|name| name == watch);
            return Observer::Watch(u32::try_from(at.expect("a watch")).expect("few"));
        }
        let (gate, condition) = self.conditions[text];
        Observer::Gate { gate, condition }
    }

    /// `errors=0.5`, `errors~why there is none`, `errors!why it failed`.
    fn reading(&self, word: &str) -> Reading {
        let at = word.find(['=', '~', '!']).expect("a reading");
        let (name, rest) = word.split_at(at);
        let (mark, said) = rest.split_at(1);
        let said = said.replace('\u{1f}', " ");
        Reading {
            metric: self.metrics[name],
            result: match mark {
                "=" => series(&said),
                "~" => ReadingResult::NoData(said),
                _error => ReadingResult::Error(said),
            },
        }
    }

    fn question(&self, text: &str) -> Question {
        let (kind, about) = text.split_once(':').expect("a question");
        match kind {
            "confirm" => {
                let (gate, condition) = self.conditions[about];
                Question::Confirm { gate, condition }
            }
            "approve" => {
                let (gate, condition) = self.conditions[about];
                Question::Approve { gate, condition }
            }
            "gate" => Question::GateFailed {
                gate: self.nodes[about],
            },
            "failed" => Question::StepFailed {
                node: self.nodes[about],
            },
            "doubt" => Question::InDoubt {
                node: self.nodes[about],
            },
            "watch" => {
                let at = self.watches.iter().position(|name| name == about);
                Question::Watch(u32::try_from(at.expect("a watch")).expect("few"))
            }
            "undo" => Question::UndoFailed {
                node: self.nodes[about],
            },
            other => panic!("the question `{other}`"),
        }
    }
}

/// What a script recorded, as facts of the machine.
pub fn facts(plan: &Plan, run: &Path) -> Vec<Stamped> {
    let dictionary = Dictionary::of(plan);
    let mut attempts: HashMap<String, u32> = HashMap::new();
    let text = fs::read_to_string(run.join("journal")).expect("a journal");
    let mut facts = Vec::new();
    for line in text.lines() {
        let line = line.strip_suffix(" .").expect("a whole line");
        let words: Vec<&str> = line.split(' ').collect();
        if words[1] == "run" {
            continue;
        }
        let at: u64 = words[0].parse().expect("a moment");
        if let ["intended", task, attempt] = words[1..] {
            attempts.insert(task.to_owned(), attempt.parse().expect("a number"));
        }
        let event = event(&dictionary, &attempts, &words[1..], run);
        facts.push(Stamped { at: at * 10, event });
    }
    facts
}

/// `0.5,0.7`, or with what is missing beside them: `0.5~why`.
fn series(said: &str) -> ReadingResult {
    let numbers = |text: &str| {
        text.split(',')
            .map(|it| it.parse().expect("a number"))
            .collect()
    };
    match said.split_once('~') {
        None => ReadingResult::Values(numbers(said)),
        Some((values, why)) => ReadingResult::Partly {
            values: numbers(values),
            why: why.to_owned(),
        },
    }
}

fn event(
    dictionary: &Dictionary,
    attempts: &HashMap<String, u32>,
    words: &[&str],
    run: &Path,
) -> Event {
    match words {
        ["opened", starter, ..] => Event::Opened {
            starter: (*starter).to_owned(),
            start_at: None,
        },
        ["intended", task, attempt] => Event::Intended {
            activity: dictionary.activity(task, attempt.parse().expect("a number")),
        },
        ["ended", task, result, rest @ ..] => Event::Ended {
            activity: dictionary.activity(task, attempts[*task]),
            result: completion(result, rest),
            values: values(run, task, attempts[*task]),
            remarks: Vec::new(),
        },
        ["answered", question, answer, by, how, rest @ ..] => Event::Answered {
            question: dictionary.question(question),
            answer: answer_of(answer, rest),
            by: (*by).to_owned(),
            how: if *how == "--yes" {
                How::YesOption
            } else {
                How::Terminal
            },
        },
        ["unanswerable", question] => Event::Unanswerable {
            question: dictionary.question(question),
        },
        ["tick"] => Event::Tick,
        ["window", condition, seen, until, why @ ..] => {
            let (gate, condition) = dictionary.conditions[*condition];
            Event::WindowSeen {
                gate,
                condition,
                open: *seen == "open",
                until: until.parse().ok().map(|until: u64| until * 10),
                reason: (!why.is_empty()).then(|| why.join(" ")),
            }
        }
        ["rehearsal", condition, found] => {
            let (gate, condition) = dictionary.conditions[*condition];
            Event::RehearsalSeen {
                gate,
                condition,
                found: *found == "yes",
            }
        }
        ["sampled", observer, readings @ ..] => Event::Sampled {
            observer: dictionary.observer(observer),
            readings: readings
                .iter()
                .map(|word| dictionary.reading(word))
                .collect(),
        },
        ["rollback_requested", by, reason @ ..] => Event::RollbackRequested {
            by: (*by).to_owned(),
            reason: reason.join(" "),
        },
        ["pause_requested", by] => Event::PauseRequested {
            by: (*by).to_owned(),
        },
        ["resumed", by] => Event::Resumed {
            by: (*by).to_owned(),
        },
        ["closed", outcome] => Event::Closed {
            outcome: outcome_of(outcome),
        },
        other => panic!("the fact {other:?}"),
    }
}

fn completion(result: &str, rest: &[&str]) -> Completion {
    match result {
        "ok" => Completion::Ok,
        "failed" | "unmet" => Completion::Failed(Failure {
            worked: result == "unmet",
            exit: rest.first().and_then(|status| status.parse().ok()),
            message: rest.get(1..).unwrap_or_default().join(" "),
        }),
        "timed_out" => Completion::TimedOut,
        "cancelled" => Completion::Cancelled,
        "in_doubt" => Completion::InDoubt,
        other => panic!("the result `{other}`"),
    }
}

fn answer_of(answer: &str, rest: &[&str]) -> Answer {
    match answer {
        "yes" => Answer::Yes,
        "no" => Answer::No {
            reason: rest.join(" "),
        },
        "continue" => Answer::Continue,
        "again" => Answer::Again,
        "rollback" => Answer::Rollback,
        "stop" => Answer::Stop,
        "done" => Answer::Done,
        other => panic!("the answer `{other}`"),
    }
}

pub fn outcome_of(name: &str) -> Outcome {
    let all = [
        Outcome::Succeeded,
        Outcome::Stopped,
        Outcome::RolledBack,
        Outcome::RollbackIncomplete,
        Outcome::Frozen,
        Outcome::Waiting,
    ];
    let found = all.into_iter().find(|outcome| outcome.name() == name);
    found.expect("an outcome")
}

fn values(run: &Path, task: &str, attempt: u32) -> Vec<(String, String)> {
    let prefix = format!("{task}.{attempt}.v.");
    let entries = fs::read_dir(run).expect("a directory").flatten();
    entries
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let name = file.strip_prefix(&prefix)?.to_owned();
            Some((name, fs::read_to_string(entry.path()).ok()?))
        })
        .collect()
}

/// What the machine says to these facts; the outcome it wants.
///
/// # Panics
/// The script did what the machine does not want, or left out what it wants.
pub fn judge(plan: &Arc<Plan>, facts: &[Stamped], about: &str) -> Machine {
    let mut machine = Machine::new(plan.clone());
    let mut wanted: Vec<Activity> = Vec::new();
    let mut close = None;
    // Where one that was intended may not have begun.
    let mut is_taken_up = false;
    for fact in facts {
        match &fact.event {
            // What is wanted still is asked for anew.
            Event::Resumed { .. } => {
                is_taken_up = true;
                wanted.clear();
            }
            Event::RollbackRequested { .. } => is_taken_up = true,
            Event::Intended { activity }
                if is_taken_up && machine.running().any(|(it, _)| it == *activity) => {}
            Event::Intended { activity } => {
                let at = wanted.iter().position(|it| it == activity);
                let at = at.unwrap_or_else(|| {
                    panic!("{activity:?} was begun, wanted were {wanted:?}\n{about}")
                });
                wanted.remove(at);
            }
            Event::Ended {
                activity,
                result: Completion::Cancelled | Completion::TimedOut,
                ..
            } => assert!(
                machine.is_ending(*activity),
                "{activity:?} was ended, which nobody wanted\n{about}"
            ),
            Event::Answered { question, .. } | Event::Unanswerable { question } => assert!(
                machine.questions().any(|asked| asked == *question),
                "{question:?} was answered, which nobody asked\n{about}"
            ),
            Event::Closed { outcome } => {
                assert_eq!(close, Some(*outcome), "it was closed so\n{about}");
            }
            _anything => {}
        }
        machine.apply(fact);
        for command in machine.commands() {
            match command {
                Command::Start(activity) => wanted.push(activity),
                Command::Close(outcome) => close = Some(outcome),
                Command::End { .. }
                | Command::Sample { .. }
                | Command::LookAtWindow { .. }
                | Command::LookForRehearsal { .. }
                | Command::Ask(_)
                | Command::Withdraw(_) => {}
            }
        }
        // The way back takes back what was wanted of the way forward.
        if !matches!(
            machine.mode(),
            runbook::machine::Mode::Forward | runbook::machine::Mode::Ending(_)
        ) {
            wanted.retain(|activity| {
                matches!(
                    activity.part,
                    Part::Undo(_) | Part::Verify(_) | Part::Forward
                )
            });
        }
    }
    assert!(machine.outcome().is_some(), "it has no end\n{about}");
    machine
}
