//! The pieces of the runtime, verbatim, and which of them a plan needs.

use super::functions::hosts;
use super::measures::{measures, metrics};
use super::text::pair;
use super::troubles::has_hints;
use super::windows::windows;
use crate::plan::lower::open::OpenPlan;
use crate::plan::{
    ChannelKind, MetricId, Node, NodeKind, Output, OutputFrom, Plan, Provider, Rounds, Run,
    SSH_COMMAND, SSH_WATCH, Task,
};

/// How a script was begun, before anything else of it.
pub const BEGUN: &str = include_str!("runtime/begun.sh");

const BASE: &str = include_str!("runtime/base.sh");
const NUMBERS: &str = include_str!("runtime/numbers.sh");
const PARAMETERS: &str = include_str!("runtime/parameters.sh");
const PLAN: &str = include_str!("runtime/plan.sh");
const CHANGED: &str = include_str!("runtime/changed.sh");
const BEGINNING: &str = include_str!("runtime/beginning.sh");
const VALUES: &str = include_str!("runtime/values.sh");
const FORWARD: &str = include_str!("runtime/forward.sh");
const ROUNDS: &str = include_str!("runtime/rounds.sh");
const NO_ROUNDS: &str = include_str!("runtime/no-rounds.sh");
const UNWIND: &str = include_str!("runtime/unwind.sh");
const ENDINGS: &str = include_str!("runtime/endings.sh");
const GATES: &str = include_str!("runtime/gates.sh");
const PEOPLE: &str = include_str!("runtime/people.sh");
const UNMEASURED: &str = include_str!("runtime/unmeasured.sh");
const SECRETS: &str = include_str!("runtime/secrets.sh");
const NO_SECRETS: &str = include_str!("runtime/no-secrets.sh");
const OUTPUTS: &str = include_str!("runtime/outputs.sh");
const HTTP: &str = include_str!("runtime/http.sh");
const NO_HTTP: &str = include_str!("runtime/no-http.sh");
const REMOTE: &str = include_str!("runtime/remote.sh");
const WINDOWS: &str = include_str!("runtime/windows.sh");
const JSON_READER: &str = include_str!("runtime/json-reader.sh");
const SOURCES: &str = include_str!("runtime/sources.sh");
const JSON: &str = include_str!("runtime/json.sh");
const JUDGE: &str = include_str!("runtime/judge.sh");
const MEASURE: &str = include_str!("runtime/measure.sh");
const POSTMORTEM: &str = include_str!("runtime/postmortem.sh");
const PROCESS: &str = include_str!("runtime/process.sh");
const RECORD: &str = include_str!("runtime/record.sh");
const LOCK: &str = include_str!("runtime/lock.sh");
const TROUBLES: &str = include_str!("runtime/troubles.sh");
const NO_TROUBLES: &str = include_str!("runtime/no-troubles.sh");
const SHOW: &str = include_str!("runtime/show.sh");
const DRIVE: &str = include_str!("runtime/drive.sh");
const DRY: &str = include_str!("runtime/dry.sh");
const OPTIONS: &str = include_str!("runtime/start.sh");

/// The last lines of every script.
pub const START: &str = "rb_main \"$@\"\n";

/// The runtime of a plan.
pub fn runtime(open: &OpenPlan) -> String {
    let plan = &open.plan;
    let tasks = plan.tasks();
    let has = |is_it: &dyn Fn(&Task) -> bool| tasks.iter().any(|(_, task)| is_it(task));
    let is_json = |output: &Output| matches!(output.from, OutputFrom::Json(_));
    let expects = has(&|task| !task.outputs.is_empty() || !task.expect.stdout_matches.is_empty());
    let reads_json = has(&|task| task.outputs.iter().any(is_json));
    let measured = match measures(plan) {
        true => &[JUDGE, MEASURE][..],
        false => &[UNMEASURED],
    };
    let is_postmortem = |node: &Node| matches!(node.kind, NodeKind::Postmortem { .. });
    let secrets = match plan.secrets.is_empty() {
        true => NO_SECRETS,
        false => SECRETS,
    };
    // A loop of which some rounds may be undone and the others not.
    let stands_apart = |id| plan.rounds_of(id).is_some_and(Rounds::stand_apart);
    let rounds = match super::ids(plan).any(stands_apart) {
        true => ROUNDS,
        false => NO_ROUNDS,
    };
    let mut pieces = vec![
        BASE, NUMBERS, PARAMETERS, PLAN, CHANGED, BEGINNING, VALUES, FORWARD, UNWIND, rounds,
        ENDINGS, GATES, PEOPLE,
    ];
    pieces.extend(measured);
    pieces.extend([secrets, PROCESS]);
    if plan.nodes.iter().any(is_postmortem) {
        pieces.push(POSTMORTEM);
    }
    let is_http = |id: &MetricId| match &plan.metrics[id.index()].provider {
        Provider::Command(_) => false,
        Provider::Prometheus { .. } | Provider::Json { .. } => true,
    };
    let asks_sources = metrics(plan).iter().any(is_http);
    if expects {
        pieces.push(OUTPUTS);
    }
    if reads_json || asks_sources {
        pieces.push(JSON_READER);
    }
    if reads_json {
        pieces.push(JSON);
    }
    pieces.push(if requests(plan) { HTTP } else { NO_HTTP });
    if asks_sources {
        pieces.push(SOURCES);
    }
    let remote = remote();
    if !hosts(plan).is_empty() {
        pieces.push(&remote);
    }
    if !windows(plan).is_empty() {
        pieces.push(WINDOWS);
    }
    let troubles = match has_hints(plan) {
        true => TROUBLES,
        false => NO_TROUBLES,
    };
    pieces.extend([RECORD, LOCK, troubles, SHOW, DRIVE, DRY, OPTIONS]);
    pieces.join("\n")
}

/// A machine is told the same as by `exec`.
fn remote() -> String {
    let let_be = "# shellcheck disable=SC2016  # it is expanded there";
    let command = pair("rb_ssh_command", SSH_COMMAND);
    let watch = pair("rb_ssh_watch", SSH_WATCH);
    format!("{REMOTE}\n{let_be}\n{command}\n{let_be}\n{watch}\n")
}

/// Whether a plan sends requests.
pub fn requests(plan: &Plan) -> bool {
    let by_task = |task: &Task| matches!(task.run, Run::Http(_));
    let by_channel = |kind: &ChannelKind| match kind {
        ChannelKind::Slack { .. } | ChannelKind::Webhook { .. } => true,
        ChannelKind::Command(_) => false,
    };
    let by_metric = |id: &MetricId| match &plan.metrics[id.index()].provider {
        Provider::Prometheus { .. } | Provider::Json { .. } => true,
        Provider::Command(_) => false,
    };
    plan.tasks().iter().any(|(_, task)| by_task(task))
        || plan
            .channels
            .iter()
            .any(|channel| by_channel(&channel.kind))
        || metrics(plan).iter().any(by_metric)
}
