//! What is measured, and what it is compared with.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::plan::{Gate, HttpRequest, MetricId, Millis, Node, Plan, Task, Template};
use crate::types::Unit;

/// A condition over measurements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Compare(Box<Comparison>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
}

impl Condition {
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Condition::Compare(comparison) => vec![comparison],
            Condition::Any(parts) | Condition::All(parts) => {
                parts.iter().flat_map(Condition::comparisons).collect()
            }
        }
    }

    /// The metrics whose baseline it is held against.
    pub fn baseline_metrics(&self) -> Vec<MetricId> {
        let uses = |bound: &Bound| bound.uses_baseline();
        let compares = |comparison: &&Comparison| {
            let by_test = match &comparison.test {
                Test::Against(_, bound) | Test::Within { of: bound, .. } => uses(bound),
                Test::NotWorseThanBaseline => true,
            };
            by_test || comparison.fail.as_ref().is_some_and(|(_, it)| uses(it))
        };
        let comparisons = self.comparisons().into_iter().filter(compares);
        comparisons.map(|comparison| comparison.metric).collect()
    }
}

impl Plan {
    /// Every condition that a run may look at.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let is_run = |node: &&Node| !node.skip.is_skipped();
        let nodes = self.nodes.iter().filter(is_run);
        let of_gates = nodes.filter_map(Node::gate).flat_map(Gate::measured);
        let rules = self.watches.iter().flat_map(|watch| &watch.rules);
        of_gates.chain(rules.map(|rule| &rule.condition))
    }

    /// The metrics that are measured before the first change, in the order of the text.
    pub fn baseline_metrics(&self) -> Vec<MetricId> {
        let conditions = self.conditions();
        let mut metrics: Vec<MetricId> = conditions.flat_map(Condition::baseline_metrics).collect();
        metrics.sort_unstable();
        metrics.dedup();
        metrics
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Comparison {
    pub metric: MetricId,
    /// The metric's, for messages.
    pub unit: Unit,
    pub test: Test,
    /// `fail > 1%`: what it takes to fail, where that is not simply not
    /// passing.
    pub fail: Option<(Relation, Bound)>,
    /// With fewer, the sample is no data.
    pub min_samples: Option<Decimal>,
    /// The metric that counts the samples.
    pub counted_by: Option<MetricId>,
    pub no_data: NoData,
    pub series: Series,
    /// As the author wrote it, for messages.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Against(Relation, Bound),
    /// At most so far from `of`: by the fraction `by` of it where `relative`,
    /// else by so much.
    Within {
        by: Decimal,
        relative: bool,
        of: Bound,
    },
    /// See `machine::measure::worse` for what it means.
    NotWorseThanBaseline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Relation {
    /// Whether a value is in this relation to a bound.
    pub fn holds(self, value: Decimal, bound: Decimal) -> bool {
        match self {
            Relation::Less => value < bound,
            Relation::LessOrEqual => value <= bound,
            Relation::Greater => value > bound,
            Relation::GreaterOrEqual => value >= bound,
            Relation::Equal => value == bound,
            Relation::NotEqual => value != bound,
        }
    }
}

/// A number to compare with: `baseline * factor + plus`, in the metric's base
/// unit. A fixed bound has factor zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bound {
    pub factor: Decimal,
    pub plus: Decimal,
}

impl Bound {
    pub fn fixed(amount: Decimal) -> Bound {
        Bound {
            factor: Decimal::ZERO,
            plus: amount,
        }
    }

    pub fn uses_baseline(&self) -> bool {
        !self.factor.is_zero()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Wait; at the deadline it is inconclusive.
    Hold,
    /// Leave the comparison out, as if it were not written.
    Pass,
    Fail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// The series that does worst decides: a gate wants every series to be
    /// true, a watch fires when one is.
    Worst,
    /// True when every series is.
    All,
    /// True when one series is.
    Any,
}

/// Something measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Metric {
    pub name: String,
    pub unit: Unit,
    pub provider: Provider,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Prometheus {
        /// The server's address, without `/api/v1/query`.
        url: Template,
        query: Template,
        headers: Vec<(String, Template)>,
        timeout: Millis,
    },
    /// A number in a JSON document.
    Json {
        request: HttpRequest,
        /// A valid JSON path; `None`: the document is the number.
        at: Option<String>,
    },
    /// Prints a number.
    Command(Box<Task>),
}
