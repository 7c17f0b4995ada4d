//! Metrics, conditions, gates and watches.

use super::Lowering;
use crate::model::{self, Query};
use crate::plan::{
    Comparison, Condition, Gate, GateCondition, Metric, MetricId, Millis, NodeKind, Provider, Run,
    Shell, Task, Test, Watch, WatchRule,
};
use crate::types::Unit;
use rust_decimal::Decimal;

/// The pause between two looks where none is named.
const EVERY: Millis = 15_000;
/// The limit of one request to a source.
const SOURCE_TIMEOUT: Millis = 10_000;

impl Lowering<'_> {
    pub(super) fn metric(&mut self, metric: &model::Metric) -> Metric {
        let provider = match &metric.query {
            Query::Prometheus {
                url,
                query,
                options,
                ..
            } => Provider::Prometheus {
                url: self.template(url),
                query: self.text_template(query),
                headers: self.headers(options),
                timeout: self
                    .optional_millis(options.timeout.as_ref())
                    .unwrap_or(SOURCE_TIMEOUT),
            },
            Query::Json { url, at, options } => {
                let mut request = self.request("GET", url, options);
                request.timeout.get_or_insert(SOURCE_TIMEOUT);
                Provider::Json {
                    request,
                    at: at.clone(),
                }
            }
            Query::Command(task) => {
                let mut task = self.task(task);
                task.timeout.get_or_insert(SOURCE_TIMEOUT);
                Provider::Command(Box::new(task))
            }
            Query::Hole => Provider::Command(Box::new(nothing())),
        };
        Metric {
            name: metric.name.clone(),
            unit: metric.unit,
            provider,
        }
    }

    fn condition(&mut self, condition: &model::Condition) -> Condition {
        match condition {
            model::Condition::Compare(comparison) => {
                Condition::Compare(Box::new(self.comparison(comparison)))
            }
            model::Condition::Any(parts) => {
                Condition::Any(parts.iter().map(|part| self.condition(part)).collect())
            }
            model::Condition::All(parts) => {
                Condition::All(parts.iter().map(|part| self.condition(part)).collect())
            }
            model::Condition::Hole => Condition::All(Vec::new()),
        }
    }

    fn comparison(&mut self, comparison: &model::Comparison) -> Comparison {
        let unit = self.model.metrics[comparison.metric].unit;
        let test = match &comparison.test {
            model::Test::Against(relation, bound) => {
                Test::Against(*relation, self.bound(bound, unit))
            }
            model::Test::Within { by, of } => {
                let relative = by.ty.as_ref().and_then(crate::types::Type::unit)
                    == Some(Unit::Percent)
                    && unit != Unit::Percent;
                let amount = self.number(by);
                let share = amount.checked_div(Decimal::ONE_HUNDRED).unwrap_or(amount);
                Test::Within {
                    by: if relative { share } else { amount },
                    relative,
                    of: self.bound(of, unit),
                }
            }
            model::Test::NotWorseThanBaseline => Test::NotWorseThanBaseline,
        };
        let fail = comparison
            .fail
            .as_ref()
            .map(|(relation, bound)| (*relation, self.bound(bound, unit)));
        Comparison {
            metric: metric_id(comparison.metric),
            unit,
            test,
            fail,
            min_samples: comparison
                .min_samples
                .as_ref()
                .map(|least| self.number(least)),
            counted_by: comparison.counted_by.map(metric_id),
            no_data: comparison.no_data,
            series: comparison.series,
            text: comparison.text.clone(),
        }
    }

    fn bound(&mut self, bound: &model::Expr, unit: Unit) -> crate::plan::Bound {
        match self.scope.bound(bound, unit) {
            Ok(bound) => bound,
            Err(fault) => {
                self.report_fault(fault);
                crate::plan::Bound::fixed(Decimal::ZERO)
            }
        }
    }

    pub(super) fn gate(&mut self, gate: &model::Gate) -> Gate {
        let conditions = gate
            .conditions
            .iter()
            .map(|condition| self.gate_condition(condition))
            .collect();
        Gate {
            conditions,
            timeout: self.optional_millis(gate.timeout.as_ref()),
            otherwise: gate.otherwise,
            checklist: gate.checklist,
        }
    }

    fn gate_condition(&mut self, condition: &model::GateCondition) -> GateCondition {
        use model::GateCondition as Written;
        match condition {
            Written::Approve {
                role,
                members,
                signed_by,
                count,
                or_starter,
            } => self.approve(
                role,
                members,
                signed_by.clone(),
                count.as_ref(),
                *or_starter,
            ),
            Written::Confirm(text) => GateCondition::Confirm {
                text: self.text_template(text),
            },
            Written::Window(window) => GateCondition::Window(window.clone()),
            Written::Wait(wait) => GateCondition::Wait(self.millis(wait)),
            Written::Hold {
                condition,
                lasting,
                every,
                tolerate,
            } => GateCondition::Hold {
                condition: self.condition(condition),
                lasting: self.millis(lasting),
                every: self.optional_millis(every.as_ref()).unwrap_or(EVERY),
                tolerate: tolerate.as_ref().map_or(0, |count| self.whole(count, 0)),
            },
            Written::Until {
                condition,
                within,
                every,
            } => GateCondition::Until {
                condition: self.condition(condition),
                within: self.millis(within),
                every: self.optional_millis(every.as_ref()).unwrap_or(EVERY),
            },
            Written::Check { title, check } => GateCondition::Check {
                title: self.text_template(title),
                check: Box::new(self.check(check)),
            },
            Written::Rehearsed { on, within } => {
                let on = self.template(on).known().unwrap_or_default();
                let within = self.millis_ago(within);
                GateCondition::Rehearsed { on, within }
            }
        }
    }

    fn approve(
        &mut self,
        role: &str,
        members: &model::Expr,
        signed_by: Option<String>,
        count: Option<&model::Expr>,
        or_starter: bool,
    ) -> GateCondition {
        let members = match self.scope.value(members) {
            Ok(value) => value.shell_text().lines().map(str::to_owned).collect(),
            Err(fault) => {
                self.report_fault(fault);
                Vec::new()
            }
        };
        GateCondition::Approve {
            role: role.to_owned(),
            members,
            signed_by,
            count: count.map_or(1, |count| self.whole(count, 1)),
            or_starter,
        }
    }

    pub(super) fn watches(&mut self) {
        let model = self.model;
        for watch in &model.watches {
            let during = watch
                .during
                .iter()
                .filter_map(|phase| self.ends.get(phase))
                .flatten()
                .map(|(open, _)| *open)
                .filter(|open| matches!(self.plan.nodes[open.index()].kind, NodeKind::Open(_)))
                .collect();
            let rules = watch.rules.iter().map(|rule| WatchRule {
                action: rule.action,
                condition: self.condition(&rule.condition),
                lasting: self.optional_millis(rule.lasting.as_ref()).unwrap_or(0),
                text: rule.text.clone(),
            });
            let rules = rules.collect();
            let requests = watch.requests.iter();
            let requests = requests.map(|text| self.structure_text(text)).collect();
            let every = self.optional_millis(watch.every.as_ref()).unwrap_or(EVERY);
            let origin = self.origin(watch.span);
            self.plan.watches.push(Watch {
                name: watch.name.clone(),
                during,
                every,
                rules,
                requests,
                origin,
            });
        }
    }
}

fn metric_id(index: usize) -> MetricId {
    MetricId(u32::try_from(index).unwrap_or(u32::MAX))
}

fn nothing() -> Task {
    Task {
        run: Run::Script {
            text: String::new(),
            shell: Shell::Sh,
        },
        bindings: Vec::new(),
        directory: None,
        host: None,
        timeout: None,
        expect: crate::plan::Expect::default(),
        outputs: Vec::new(),
        needs: Vec::new(),
    }
}
