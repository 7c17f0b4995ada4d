//! The parts of a plan in words.

use rust_decimal::Decimal;

use crate::plan::{
    BlockKind, ChannelKind, EndingKind, Expect, Gate, GateCondition, GateElse, HttpRequest, Millis,
    Moment, Output, OutputFrom, Plan, Provider, Retry, Run, Skip, StepElse, Task, Template,
    TemplatePart, ValueSource, Watch, WatchAction, WindowSpan,
};
use crate::types::{Unit, Value};

/// `1h30m`, `250ms`, `0s`.
pub fn millis(millis: Millis) -> String {
    let seconds = Decimal::from(millis) / Decimal::ONE_THOUSAND;
    Value::quantity(seconds, Unit::Duration).to_string()
}

/// `T`, `T-30m`, `T+1h`.
pub(super) fn moment(moment: Moment) -> String {
    let offset = millis(moment.0.unsigned_abs());
    match moment.0 {
        0 => "T".into(),
        ..0 => format!("T-{offset}"),
        1.. => format!("T+{offset}"),
    }
}

/// The text, its holes named in braces: `{run.id}`, `{backup.id}`.
pub fn template_text(plan: &Plan, template: &Template) -> String {
    template
        .0
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Value(source) => value(plan, source),
        })
        .collect()
}

/// What a value is, where it is not known: `{run.id}`, `{backup.id}`.
pub(super) fn value(plan: &Plan, source: &ValueSource) -> String {
    match source {
        ValueSource::Known(text) => text.clone(),
        ValueSource::Capture { name, .. } => format!("{{{name}}}"),
        ValueSource::Output { node, name, .. } => {
            format!("{{{}.{name}}}", plan.nodes[node.index()].name)
        }
        ValueSource::Secret(name) => format!("{{{name}}}"),
        ValueSource::Run(value) => format!("{{run.{}}}", value.name()),
        ValueSource::Template(inner) => template_text(plan, inner),
    }
}

/// `2 at a time, tolerate 1`, where a loop says more than what it goes over.
pub(super) fn rounds(block: &crate::plan::Block) -> Option<String> {
    let rounds = block.rounds.as_ref()?;
    let mut words = vec![format!("{} at a time", rounds.at_a_time)];
    if rounds.tolerate > 0 {
        words.push(format!("tolerate {}", rounds.tolerate));
    }
    if !rounds.breach.is_all() {
        words.push(format!("on breach rollback {}", rounds.breach.name()));
    }
    Some(words.join(", "))
}

/// What a task runs, line by line: `$ ./deploy.sh`, `http POST https://…`,
/// `on web1: $ ./deploy.sh`.
pub(super) fn task(plan: &Plan, task: &Task) -> Vec<String> {
    match &task.run {
        Run::Script { text, .. } => text
            .trim_end()
            .lines()
            .enumerate()
            .map(|(at, line)| match (at, &task.host) {
                (0, Some(host)) => format!("on {host}: $ {line}"),
                (0, None) => format!("$ {line}"),
                (_, _) => format!("  {line}"),
            })
            .collect(),
        Run::Http(request) => {
            let url = template_text(plan, &request.url);
            vec![format!("http {} {url}", request.method)]
        }
    }
}

/// What a measurement asks, and where that is not all of it, of whom: `$
/// ./metric.sh p95`; `sum(rate(…))`, `asked of http://…`.
pub(super) fn provider(plan: &Plan, provider: &Provider) -> (String, String) {
    match provider {
        Provider::Prometheus { url, query, .. } => {
            let url = template_text(plan, url);
            (template_text(plan, query), format!("asked of {url}"))
        }
        Provider::Json { request, at } => {
            let url = template_text(plan, &request.url);
            let place = at.as_ref().map(|at| format!("at {at}"));
            let asked = format!("{} {url}", request.method);
            (asked, place.unwrap_or_default())
        }
        Provider::Command(it) => (task(plan, it).join(" "), String::new()),
    }
}

/// Limits and retries of a task: `at most 10m`, `2 more tries every 10s`.
pub(super) fn limits(timeout: Option<Millis>, retry: &Retry) -> Vec<String> {
    let again = match retry {
        Retry::Never => None,
        Retry::Times { times: 0, .. } => None,
        Retry::Times { times, every, .. } => {
            let tries = if *times == 1 { "try" } else { "tries" };
            Some(format!("{times} more {tries} every {}", millis(*every)))
        }
        Retry::Within { limit, every } => Some(format!(
            "tried every {} until it passes, {} in all",
            millis(*every),
            millis(*limit)
        )),
    };
    timeout
        .map(|timeout| format!("at most {}", millis(timeout)))
        .into_iter()
        .chain(again)
        .collect()
}

/// What counts as success, where it is more than the exit status 0.
pub(super) fn expectations(expect: &Expect) -> Vec<String> {
    let exit = (expect.exit != [0]).then(|| {
        let statuses: Vec<String> = expect.exit.iter().map(u8::to_string).collect();
        format!("ends with status {}", statuses.join(" or "))
    });
    let contains = expect.stdout_contains.iter();
    let contains = contains.map(|text| format!("prints `{text}`"));
    let matches = expect.stdout_matches.iter();
    let matches = matches.map(|pattern| format!("prints a match of `{pattern}`"));
    exit.into_iter().chain(contains).chain(matches).collect()
}

/// What the answer to a request must be like: `answers with 200 or 202`, `within 5s`.
pub(super) fn answer(request: &HttpRequest) -> Vec<String> {
    let statuses: Vec<String> = request.expect_status.iter().map(u16::to_string).collect();
    let statuses = match statuses.is_empty() {
        true => "2xx".to_owned(),
        false => statuses.join(" or "),
    };
    let within = request.timeout.map(|it| format!("within {}", millis(it)));
    let answers = format!("answers with {statuses}");
    [answers].into_iter().chain(within).collect()
}

/// What a task gives to what comes after it, and where that stands.
pub(super) fn output(output: &Output) -> String {
    let name = &output.name;
    let otherwise = output.default.as_ref();
    let otherwise = otherwise.map_or(String::new(), |text| format!(", else `{text}`"));
    match &output.from {
        OutputFrom::Stdout(pattern) => {
            format!("gives {name} by what it prints: `{pattern}`{otherwise}")
        }
        OutputFrom::Json(path) => {
            format!("gives {name} by what it prints: `{path}` of the JSON{otherwise}")
        }
        OutputFrom::File(path) => format!("gives {name} by the file `{path}`{otherwise}"),
    }
}

/// What a step's or check's failure does, where it is not the usual way back.
pub(super) fn step_else(otherwise: StepElse) -> Option<&'static str> {
    match otherwise {
        StepElse::Rollback => None,
        StepElse::Continue => Some("a failure is passed over"),
        StepElse::Stop => Some("a failure stops the run"),
        StepElse::Ask => Some("a failure is put to a person"),
    }
}

/// What a gate that does not open does.
pub(super) fn gate_else(otherwise: GateElse) -> &'static str {
    match otherwise {
        GateElse::Abort => "else the run is aborted",
        GateElse::Rollback => "else everything is rolled back",
        GateElse::Continue => "else it goes on all the same",
        GateElse::Ask => "else a person is asked",
    }
}

/// The conditions of a gate, one a line.
pub(super) fn gate(plan: &Plan, gate: &Gate) -> Vec<String> {
    gate.conditions
        .iter()
        .map(|condition| gate_condition(plan, condition))
        .collect()
}

fn gate_condition(plan: &Plan, condition: &GateCondition) -> String {
    match condition {
        GateCondition::Approve {
            role,
            members,
            signed_by,
            count,
            or_starter,
        } => {
            let signed = if signed_by.is_some() { ", signed" } else { "" };
            let starter = if *or_starter {
                "; whoever starts the run counts too"
            } else {
                ""
            };
            format!(
                "{count} of {role} approve ({}){signed}{starter}",
                members.join(", ")
            )
        }
        GateCondition::Confirm { text } => format!("[ ] {}", template_text(plan, text)),
        GateCondition::Window(window) => {
            let allowed: Vec<String> = window.allow.iter().map(window_span).collect();
            let denied: Vec<String> = window.deny.iter().map(window_span).collect();
            let mut text = format!("the clock is inside {}", window.name);
            if !allowed.is_empty() {
                text += &format!(": {}", allowed.join(" or "));
            }
            if !denied.is_empty() {
                text += &format!("; never {}", denied.join(", "));
            }
            text
        }
        GateCondition::Wait(duration) => format!("{} pass", millis(*duration)),
        GateCondition::Hold {
            condition,
            lasting,
            every,
            tolerate,
        } => {
            let tolerated = match tolerate {
                0 => String::new(),
                1 => ", 1 bad sample tolerated".to_owned(),
                n => format!(", {n} bad samples tolerated"),
            };
            format!(
                "for {} every {}{tolerated}: {}",
                millis(*lasting),
                millis(*every),
                measured(condition)
            )
        }
        GateCondition::Until {
            condition,
            within,
            every,
        } => format!(
            "within {} every {}: {}",
            millis(*within),
            millis(*every),
            measured(condition)
        ),
        GateCondition::Check { title, check } => {
            let lines = task(plan, &check.task).join(" ");
            format!("[ ] {}  {lines}", template_text(plan, title))
        }
        GateCondition::Rehearsed { on, within } => {
            format!(
                "runs of this text on {on} have succeeded, and have been rolled back, within the last {}",
                millis(*within)
            )
        }
    }
}

/// A condition over measurements, as its author wrote it.
pub(super) fn measured(condition: &crate::plan::Condition) -> String {
    use crate::plan::Condition;
    let list = |conditions: &[Condition], word: &str| {
        let parts: Vec<String> = conditions.iter().map(measured).collect();
        parts.join(word)
    };
    match condition {
        Condition::Compare(comparison) => comparison.text.clone(),
        Condition::Any(conditions) => list(conditions, " or "),
        Condition::All(conditions) => list(conditions, ", "),
    }
}

fn window_span(span: &WindowSpan) -> String {
    let days = weekdays(&span.days);
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let dates: Vec<String> = span
        .dates
        .iter()
        .map(|(first, last)| {
            if first == last {
                first.clone()
            } else {
                format!("{first}..{last}")
            }
        })
        .collect();
    let hours = span
        .hours
        .map(|(from, to)| format!("{}..{}", clock(from), clock(to)));
    let mut parts = Vec::new();
    if !days.is_empty() {
        parts.push(days);
    }
    if !dates.is_empty() {
        parts.push(dates.join(","));
    }
    if let Some(hours) = hours {
        parts.push(format!("{hours} {}", span.zone));
    }
    if let Some(reason) = &span.reason {
        parts.push(format!("({reason})"));
    }
    parts.join(" ")
}

/// `mon..thu,sat`; Monday is 0.
fn weekdays(days: &[u8]) -> String {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let name = |day: u8| DAYS.get(usize::from(day)).copied().unwrap_or_default();
    let in_a_row = days.chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let runs: Vec<String> = in_a_row
        .filter_map(|run| Some((*run.first()?, *run.last()?)))
        .map(|(first, last)| match last - first {
            0 => name(first).to_owned(),
            _ => format!("{}..{}", name(first), name(last)),
        })
        .collect();
    runs.join(",")
}

/// What a watch looks for, one rule a line.
pub(super) fn watch(watch: &Watch) -> Vec<String> {
    let rules = watch.rules.iter().map(|rule| {
        let action = match rule.action {
            WatchAction::Rollback => "rolls back",
            WatchAction::Ask => "asks a person",
        };
        let lasting = match rule.lasting {
            0 => String::new(),
            lasting => format!(" for {}", millis(lasting)),
        };
        format!("{action} when {}{lasting}", measured(&rule.condition))
    });
    let requests = watch
        .requests
        .iter()
        .map(|reason| format!("rolls back on request: {reason}"));
    rules.chain(requests).collect()
}

pub(super) fn ending(kind: EndingKind) -> &'static str {
    match kind {
        EndingKind::Success => "on success",
        EndingKind::Rollback => "when it was rolled back",
        EndingKind::Stuck => "when the way back is stuck",
        EndingKind::Failure => "on any failure",
        EndingKind::Always => "in any case",
    }
}

/// `phase deploy`, `for weight`: a block's kind and name, no word twice.
pub(super) fn block_name(kind: BlockKind, name: &str) -> String {
    let word = match kind {
        BlockKind::File => "file",
        BlockKind::Phase => "phase",
        BlockKind::Parallel => "parallel",
        BlockKind::For => "for",
        BlockKind::Ending => "ending",
    };
    if name.split(' ').next() == Some(word) {
        name.to_owned()
    } else {
        format!("{word} {name}")
    }
}

/// Why a node is skipped, where it is.
pub fn skip(skip: &Skip) -> Option<String> {
    match skip {
        Skip::No => None,
        Skip::Yes(condition) => Some(format!("skipped, as this is false: {condition}")),
        Skip::Maybe(condition) => Some(format!("only when {condition}")),
        Skip::TakenAsDone(taken) => Some(format!(
            "taken as done: the run begins at `{}`",
            taken.beginning
        )),
    }
}

/// The messages of a notification and where they go.
pub(super) fn messages(plan: &Plan, messages: &[u32]) -> Vec<String> {
    messages
        .iter()
        .filter_map(|index| plan.messages.get(*index as usize))
        .map(|message| {
            let channels: Vec<String> = message
                .channels
                .iter()
                .filter_map(|index| plan.channels.get(*index as usize))
                .map(|channel| format!("{} ({})", channel.name, channel_kind(&channel.kind)))
                .collect();
            format!("{} to {}", message.name, channels.join(", "))
        })
        .collect()
}

fn channel_kind(kind: &ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Slack { .. } => "slack",
        ChannelKind::Webhook { .. } => "webhook",
        ChannelKind::Command(_) => "command",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_people_write_them() {
        let shown: Vec<String> = [0, 1, 90_000, 5_400_250, 86_400_000]
            .into_iter()
            .map(millis)
            .collect();
        assert_eq!(shown, ["0s", "1ms", "1m30s", "1h30m250ms", "1d"]);
        assert_eq!(moment(Moment(-1_800_000)), "T-30m");
        assert_eq!(moment(Moment(0)), "T");
        assert_eq!(moment(Moment(1)), "T+1ms");
    }

    #[test]
    fn days_in_a_row_are_a_range() {
        assert_eq!(weekdays(&[0, 1, 2, 3, 5]), "mon..thu,sat");
        assert_eq!(weekdays(&[]), "");
    }
}
