//! The pieces of the runtime, verbatim, and which of them a plan needs.

use super::measures::measures;
use crate::plan::{Node, NodeKind, Output, OutputFrom, Plan, Task};

const BASE: &str = include_str!("runtime/base.sh");
const PLAN: &str = include_str!("runtime/plan.sh");
const VALUES: &str = include_str!("runtime/values.sh");
const FORWARD: &str = include_str!("runtime/forward.sh");
const UNWIND: &str = include_str!("runtime/unwind.sh");
const ENDINGS: &str = include_str!("runtime/endings.sh");
const GATES: &str = include_str!("runtime/gates.sh");
const PEOPLE: &str = include_str!("runtime/people.sh");
const UNMEASURED: &str = include_str!("runtime/unmeasured.sh");
const NO_SECRETS: &str = include_str!("runtime/no-secrets.sh");
const OUTPUTS: &str = include_str!("runtime/outputs.sh");
const JSON: &str = include_str!("runtime/json.sh");
const MEASURE: &str = include_str!("runtime/measure.sh");
const POSTMORTEM: &str = include_str!("runtime/postmortem.sh");
const PROCESS: &str = include_str!("runtime/process.sh");
const RECORD: &str = include_str!("runtime/record.sh");
const LOCK: &str = include_str!("runtime/lock.sh");
const SHOW: &str = include_str!("runtime/show.sh");
const DRIVE: &str = include_str!("runtime/drive.sh");
const DRY: &str = include_str!("runtime/dry.sh");
const OPTIONS: &str = include_str!("runtime/start.sh");

/// The last lines of every script.
pub const START: &str = "rb_the_plan\nrb_main \"$@\"\n";

/// The runtime of a plan.
pub fn runtime(plan: &Plan) -> String {
    let tasks = plan.tasks();
    let has = |is_it: &dyn Fn(&Task) -> bool| tasks.iter().any(|(_, task)| is_it(task));
    let is_json = |output: &Output| matches!(output.from, OutputFrom::Json(_));
    let expects = has(&|task| !task.outputs.is_empty() || !task.expect.stdout_matches.is_empty());
    let reads_json = has(&|task| task.outputs.iter().any(is_json));
    let measured = if measures(plan) { MEASURE } else { UNMEASURED };
    let is_postmortem = |node: &Node| matches!(node.kind, NodeKind::Postmortem { .. });
    let mut pieces = vec![
        BASE, PLAN, VALUES, FORWARD, UNWIND, ENDINGS, GATES, PEOPLE, measured, NO_SECRETS, PROCESS,
    ];
    if plan.nodes.iter().any(is_postmortem) {
        pieces.push(POSTMORTEM);
    }
    if expects {
        pieces.push(OUTPUTS);
    }
    if reads_json {
        pieces.push(JSON);
    }
    pieces.extend([RECORD, LOCK, SHOW, DRIVE, DRY, OPTIONS]);
    pieces.join("\n")
}
