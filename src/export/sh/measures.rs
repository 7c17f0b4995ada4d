//! Metrics, conditions and watches as data.

use super::functions::json_steps;
use super::names::Names;
use super::text::{hundredths, pair, quote, quoted, remarks_inside};
use crate::export::comments::Comments;
use crate::machine::measure::metrics_of;
use crate::plan::{
    Bound, Comparison, Condition, MetricId, Millis, NoData, Plan, Provider, Relation, Series, Test,
    WatchAction,
};
use crate::types::Unit;
use rust_decimal::Decimal;

/// A request ends by itself; should it not, it is ended so much later.
const SLACK: Millis = 5_000;

/// Whether anything of a plan is measured.
pub fn measures(plan: &Plan) -> bool {
    plan.conditions().next().is_some()
}

/// The metrics that a run measures, in the order of the text.
pub fn metrics(plan: &Plan) -> Vec<MetricId> {
    let mut metrics: Vec<MetricId> = plan.conditions().flat_map(metrics_of).collect();
    metrics.sort_unstable();
    metrics.dedup();
    metrics
}

/// What a metric is called: its name is one already.
pub fn metric_name(plan: &Plan, metric: MetricId) -> &str {
    &plan.metrics[metric.index()].name
}

fn metric_names(plan: &Plan, metrics: &[MetricId]) -> String {
    let names: Vec<&str> = metrics.iter().map(|it| metric_name(plan, *it)).collect();
    names.join(" ")
}

/// The metrics and the baseline.
pub fn metric_table(plan: &Plan) -> String {
    let mut text = String::new();
    for id in metrics(plan) {
        let metric = &plan.metrics[id.index()];
        let mut facts = vec![pair("unit", unit(metric.unit))];
        let limit = match &metric.provider {
            Provider::Command(task) => task.timeout,
            Provider::Prometheus { timeout, .. } => {
                facts.push(pair("from", "prometheus"));
                Some(*timeout + SLACK)
            }
            Provider::Json { request, at } => {
                facts.push(pair("from", "json"));
                let path = at.as_deref().unwrap_or("$");
                facts.push(pair("path", path));
                facts.push(pair("steps", &json_steps(path).unwrap_or_default()));
                request.timeout.map(|limit| limit + SLACK)
            }
        };
        if let Some(limit) = limit {
            facts.push(pair("limit", &hundredths(limit).to_string()));
        }
        text += &format!("  metric {} {}\n", metric.name, facts.join(" "));
    }
    let baseline = plan.baseline_metrics();
    if !baseline.is_empty() {
        let names = quoted(&metric_names(plan, &baseline));
        text += &format!("  rb_baseline_metrics={names}\n");
    }
    text
}

/// The watches with their rules.
pub fn watch_table(plan: &Plan, names: &Names, comments: Comments<'_>) -> String {
    let mut text = String::new();
    for (number, watch) in (1..).zip(&plan.watches) {
        let name = watch_name(number);
        let during: Vec<String> = watch
            .during
            .iter()
            .filter_map(|open| {
                let close = plan.close_of(*open)?;
                Some(format!("{}:{}", names.node(*open), names.node(close)))
            })
            .collect();
        let mut metrics: Vec<MetricId> = watch
            .rules
            .iter()
            .flat_map(|rule| metrics_of(&rule.condition))
            .collect();
        metrics.sort_unstable();
        metrics.dedup();
        if metrics.is_empty() {
            continue;
        }
        let mut facts = vec![
            pair("name", &watch.name),
            pair("every", &hundredths(watch.every).to_string()),
            pair("during", &during.join(" ")),
            pair("metrics", &metric_names(plan, &metrics)),
        ];
        facts.extend(compares_with_baseline(
            watch.rules.iter().map(|rule| &rule.condition),
        ));
        let said = [
            comments.above(watch.origin),
            comments.inside(watch.origin, None),
        ];
        text += &remarks_inside(&said.concat());
        text += &format!("  watch {name} {}\n", facts.join(" "));
        for (at, rule) in (1..).zip(&watch.rules) {
            let rule_name = format!("{name}_{at}");
            let action = match rule.action {
                WatchAction::Rollback => "rollback",
                WatchAction::Ask => "ask",
            };
            let lasting = rule.lasting.div_ceil(10).to_string();
            let facts = [
                pair("action", action),
                pair("for", &lasting),
                pair("text", &rule.text),
            ];
            text += &format!("    rule {rule_name} {name} {}\n", facts.join(" "));
            text += &condition_table(plan, &rule_name, &rule.condition);
        }
    }
    text
}

/// A watch, counted from 1.
pub fn watch_name(number: u32) -> String {
    format!("watch_{number}")
}

/// The facts of a gate's condition over measurements.
pub fn facts(plan: &Plan, condition: &Condition) -> Vec<String> {
    let mut facts = vec![pair("metrics", &metric_names(plan, &metrics_of(condition)))];
    facts.extend(compares_with_baseline([condition]));
    facts
}

/// The fact that something is compared with the time before the changes.
fn compares_with_baseline<'c>(
    conditions: impl IntoIterator<Item = &'c Condition>,
) -> Option<String> {
    let compares = |condition: &Condition| !condition.baseline_metrics().is_empty();
    let found = conditions.into_iter().any(compares);
    found.then(|| pair("baseline", "yes"))
}

/// A condition, part by part: a block before what is in it.
pub fn condition_table(plan: &Plan, owner: &str, condition: &Condition) -> String {
    match condition {
        Condition::Compare(comparison) => compare(plan, owner, comparison),
        Condition::All(parts) => block(plan, owner, "all", parts),
        Condition::Any(parts) => block(plan, owner, "any", parts),
    }
}

fn block(plan: &Plan, owner: &str, word: &str, parts: &[Condition]) -> String {
    let mut text = format!("      part {owner} {word} {}\n", parts.len());
    for part in parts {
        text += &condition_table(plan, owner, part);
    }
    text
}

/// A comparison: what is measured, how it is compared, when it fails, what it
/// means when there is no data, and the words.
fn compare(plan: &Plan, owner: &str, comparison: &Comparison) -> String {
    let (relation, of, by, relative) = match &comparison.test {
        Test::Against(relation, bound) => (relation_word(*relation), *bound, "-".to_owned(), "-"),
        Test::Within { by, relative, of } => {
            let relative = if *relative { "yes" } else { "no" };
            ("within", *of, by.normalize().to_string(), relative)
        }
        Test::NotWorseThanBaseline => {
            let baseline = Bound {
                factor: Decimal::ONE,
                plus: Decimal::ZERO,
            };
            ("not_worse", baseline, "-".to_owned(), "-")
        }
    };
    let (fail, fail_bound) = match comparison.fail {
        Some((relation, bound)) => (relation_word(relation), bound_words(bound)),
        None => ("-", "- -".to_owned()),
    };
    let no_data = match comparison.no_data {
        NoData::Hold => "hold",
        NoData::Pass => "pass",
        NoData::Fail => "fail",
    };
    let series = match comparison.series {
        Series::Worst => "worst",
        Series::All => "all",
        Series::Any => "any",
    };
    let least = comparison.min_samples.map(|it| it.normalize().to_string());
    let counter = comparison.counted_by.map(|it| metric_name(plan, it));
    let words = [
        metric_name(plan, comparison.metric).to_owned(),
        relation.to_owned(),
        bound_words(of),
        fail.to_owned(),
        fail_bound,
        no_data.to_owned(),
        least.unwrap_or_else(|| "-".to_owned()),
        counter.unwrap_or("-").to_owned(),
        by,
        relative.to_owned(),
        unit(comparison.unit).to_owned(),
        quote(&comparison.text),
        series.to_owned(),
    ];
    format!("      part {owner} compare {}\n", words.join(" "))
}

/// `baseline * factor + plus`.
fn bound_words(bound: Bound) -> String {
    format!("{} {}", bound.factor.normalize(), bound.plus.normalize())
}

fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Less => "less",
        Relation::LessOrEqual => "at_most",
        Relation::Greater => "greater",
        Relation::GreaterOrEqual => "at_least",
        Relation::Equal => "equal",
        Relation::NotEqual => "not_equal",
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "number",
        Unit::Percent => "percent",
        Unit::Duration => "duration",
        Unit::Bytes => "bytes",
        Unit::Rate => "rate",
    }
}
