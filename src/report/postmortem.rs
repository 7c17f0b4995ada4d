//! A postmortem in Markdown: what is known of a run, and the questions that
//! only people can answer.

use std::fmt::Write;

use crate::machine::Machine;
use crate::machine::event::{Answer, Completion, Event, Part, ReadingResult, Stamped};
use crate::plan::{NodeId, Plan};
use crate::types::Value;
use crate::types::text::elapsed;

/// The postmortem of a run that is about to end, from its facts so far.
pub fn postmortem(machine: &Machine, facts: &[Stamped], run_id: &str) -> String {
    let plan = machine.plan();
    let outcome = machine
        .expected_outcome()
        .map_or("unfinished", |outcome| outcome.name());
    let reason = machine
        .headline()
        .map_or("none", |headline| headline.message.as_str());
    let mut text = String::new();
    let mut put = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    put(&format!("# Postmortem: {}", one_line(&plan.title)));
    put("");
    put("| | |");
    put("| --- | --- |");
    put(&format!("| Run | `{run_id}` |"));
    put(&format!("| Outcome | {outcome} |"));
    put(&format!("| Reason | {} |", cell(reason)));
    put(&format!("| Took | {} |", elapsed(machine.now())));
    for parameter in &plan.parameters {
        let value = cell(&parameter.value.to_string());
        put(&format!("| `{}` | {value} |", parameter.name));
    }
    put("");
    put("## What was undone");
    put("");
    let summary = machine.summary();
    let lists = [
        ("Undone", &summary.undone),
        ("Passed over", &summary.passed_over),
        ("Undo failed", &summary.undo_failed),
        ("Kept, because a failed undo may need it", &summary.kept),
        ("At or before a point of no return", &summary.behind_barrier),
        ("Remains, harmless", &summary.harmless),
    ];
    let mut nothing = true;
    for (title, nodes) in lists {
        if !nodes.is_empty() {
            nothing = false;
            put(&format!("- {title}: {}", names(plan, nodes)));
        }
    }
    if nothing {
        put("Nothing had been changed.");
    }
    put("");
    put("## Timeline");
    put("");
    put("| after | what |");
    put("| --- | --- |");
    for fact in facts {
        if let Some(what) = told(plan, &fact.event) {
            put(&format!("| {} | {} |", elapsed(fact.at), cell(&what)));
        }
    }
    put("");
    put("## Measurements");
    put("");
    let measured = measurements(plan, facts);
    if measured.is_empty() {
        put("None were taken.");
    } else {
        put("| after | metric | value |");
        put("| --- | --- | --- |");
        for line in measured {
            put(&line);
        }
    }
    put("");
    put("## To be answered");
    put("");
    put("1. What went wrong?");
    put("2. Why was it not caught before?");
    put("3. How will it be prevented?");
    text
}

fn names(plan: &Plan, nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes
        .iter()
        .map(|node| format!("`{}`", plan.nodes[node.index()].name))
        .collect();
    names.join(", ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that cannot break out of a table's cell.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn told(plan: &Plan, event: &Event) -> Option<String> {
    let name = |node: NodeId| plan.nodes[node.index()].name.as_str();
    match event {
        Event::Intended { activity } => match activity.part {
            Part::Forward => Some(format!("`{}` begins", name(activity.node))),
            Part::Undo(_) => Some(format!("the undo of `{}` begins", name(activity.node))),
            Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => None,
        },
        Event::Ended {
            activity,
            result,
            remarks,
            values: _,
        } => {
            let what = match activity.part {
                Part::Undo(_) => format!("the undo of `{}`", name(activity.node)),
                Part::Verify(_) => {
                    format!("the verification of the undo of `{}`", name(activity.node))
                }
                Part::Capture(_) | Part::Probe | Part::Forward | Part::GateCheck(_) => {
                    format!("`{}`", name(activity.node))
                }
            };
            let how = match result {
                Completion::Ok => match activity.part {
                    Part::Forward | Part::Undo(_) => "is done".to_owned(),
                    Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_)
                        if remarks.is_empty() =>
                    {
                        return None;
                    }
                    Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => {
                        "passed".to_owned()
                    }
                },
                Completion::Failed(failure) => format!("failed: {}", failure.message),
                Completion::TimedOut => "took too long and was ended".to_owned(),
                Completion::Cancelled => "was ended".to_owned(),
                Completion::InDoubt => "is in doubt".to_owned(),
            };
            let remarks: String = remarks
                .iter()
                .map(|remark| format!(" ({remark})"))
                .collect();
            Some(format!("{what} {how}{remarks}"))
        }
        Event::Answered { answer, by, .. } => {
            let answer = match answer {
                Answer::Yes => "yes".to_owned(),
                Answer::No { reason } => format!("no: {reason}"),
                Answer::Continue => "go on".to_owned(),
                Answer::Again => "again".to_owned(),
                Answer::Rollback => "roll back".to_owned(),
                Answer::Stop => "stop here".to_owned(),
                Answer::Done => "it is done".to_owned(),
            };
            Some(format!("{by} answers {answer}"))
        }
        Event::RollbackRequested { by, reason } => {
            Some(format!("{by} asks to roll back: {reason}"))
        }
        Event::PauseRequested { by } => Some(format!("{by} asks to pause")),
        Event::Resumed { by } => Some(format!("{by} resumes the run")),
        Event::Opened { starter, .. } => Some(format!("{starter} starts the run")),
        Event::Sampled { .. }
        | Event::WindowSeen { .. }
        | Event::RehearsalSeen { .. }
        | Event::Unanswerable { .. }
        | Event::Tick
        | Event::Closed { .. } => None,
    }
}

fn measurements(plan: &Plan, facts: &[Stamped]) -> Vec<String> {
    let mut lines = Vec::new();
    for fact in facts {
        let Event::Sampled { readings, .. } = &fact.event else {
            continue;
        };
        for reading in readings {
            let metric = &plan.metrics[reading.metric.index()];
            let value = match &reading.result {
                ReadingResult::Values(values) | ReadingResult::Partly { values, .. } => {
                    let values: Vec<String> = values
                        .iter()
                        .map(|value| Value::quantity(value.round_dp(6), metric.unit).to_string())
                        .collect();
                    values.join(", ")
                }
                ReadingResult::NoData(why) => format!("no data: {why}"),
                ReadingResult::Error(why) => format!("error: {why}"),
            };
            let mut line = String::new();
            let _ = write!(
                line,
                "| {} | {} | {} |",
                elapsed(fact.at),
                metric.name,
                cell(&value)
            );
            lines.push(line);
        }
    }
    lines
}
