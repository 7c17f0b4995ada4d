//! The report as data.

use serde_json::{Value, json};

use crate::plan::NodeId;
use crate::report::Account;
use crate::report::series::series;
use crate::report::story::story;
use crate::types::text::moment;

/// The report of a run as one JSON object.
pub fn json(account: &Account<'_>) -> Value {
    let machine = account.machine;
    let plan = machine.plan();
    let summary = machine.summary();
    let names = |nodes: &[NodeId]| -> Vec<&str> {
        let name = |node: &NodeId| plan.nodes[node.index()].name.as_str();
        nodes.iter().map(name).collect()
    };
    let parameters: serde_json::Map<String, Value> = plan
        .parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), json!(parameter.value.to_string())))
        .collect();
    let timeline: Vec<Value> = story(plan, account.facts)
        .iter()
        .map(|entry| {
            json!({
                "at": entry.at,
                "mood": entry.mood.name(),
                "what": entry.text,
                "took": entry.took,
                "output": entry.activity.and_then(|activity| (account.output)(activity)),
            })
        })
        .collect();
    let measurements: Vec<Value> = series(plan, account.facts)
        .iter()
        .map(|series| {
            let limits: Vec<Value> = series
                .limits
                .iter()
                .map(|limit| json!({ "amount": limit.amount, "text": limit.text }))
                .collect();
            let points: Vec<Value> = series
                .points
                .iter()
                .map(|point| match &point.values {
                    Ok(values) => json!({ "at": point.at, "values": values }),
                    Err(why) => json!({ "at": point.at, "none": why }),
                })
                .collect();
            json!({ "metric": series.name, "limits": limits, "points": points })
        })
        .collect();
    let failed_rounds: Vec<Value> = machine
        .failed_rounds()
        .map(|(item, why)| json!({ "item": item, "reason": why }))
        .collect();
    json!({
        "run": account.run,
        "title": plan.title,
        "outcome": account.outcome(),
        "reason": account.reason(),
        "started": moment(account.opened),
        "starter": account.starter,
        "host": account.host,
        "took": machine.now(),
        "hash": account.hash,
        "parameters": parameters,
        "undone": names(&summary.undone),
        "passed_over": names(&summary.passed_over),
        "undo_failed": names(&summary.undo_failed),
        "kept": names(&summary.kept),
        "left": names(&summary.left),
        "failed_rounds": failed_rounds,
        "behind_barrier": names(&summary.behind_barrier),
        "harmless": names(&summary.harmless),
        "timeline": timeline,
        "measurements": measurements,
    })
}
