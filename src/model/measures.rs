//! Metrics, conditions over them, and watches.

use crate::model::arguments::STAND_IN;
use crate::model::commands::TaskKind;
use crate::model::expressions::{Place, relation};
use crate::model::names::Kind;
use crate::model::resolve::Resolver;
use crate::model::{Comparison, Condition, Expr, Metric, Query, Test, Watch, WatchRule};
use crate::plan::{NoData, Series, WatchAction};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, ComparisonOption, ConditionKind, WatchRuleKind};
use crate::types::arithmetic::a;
use crate::types::{Type, Unit};

impl Resolver<'_> {
    pub fn metric(&mut self, metric: &ast::Metric) {
        let ty = self.ty(&metric.ty);
        let unit = match ty.as_ref().map(Type::unit) {
            Some(Some(unit)) => unit,
            Some(None) => {
                let problem = Problem::new(Code::RB940, metric.ty.span, "a metric is a number")
                    .help("its type is percent, duration, bytes, rate, count or number");
                self.report(problem);
                Unit::Number
            }
            None => Unit::Number,
        };
        let query = self.query(&metric.query);
        // `of` is resolved with each comparison that asks for samples.
        if let Some(of) = &metric.of {
            self.find(of, &[Kind::Metric]);
        }
        self.metric_types.push(ty.unwrap_or(Type::Number));
        self.metric_counts.push(metric.of.clone());
        self.model.metrics.push(Metric {
            name: metric.name.text.clone(),
            unit,
            query,
        });
    }

    fn query(&mut self, query: &ast::Query) -> Query {
        match query {
            ast::Query::Source { source, query } => {
                let text = self.text(query, Place::Structure);
                let Some(source) = self.find(source, &[Kind::Source]) else {
                    return Query::Hole;
                };
                match self.source_urls.get(source) {
                    Some((url, options)) => Query::Prometheus {
                        url: url.clone(),
                        query: text,
                        options: options.clone(),
                    },
                    None => {
                        let problem = Problem::new(
                            Code::RB920,
                            query.span,
                            "the source is declared after the metric that asks it",
                        )
                        .help("move the `source` line above this one");
                        self.report(problem);
                        Query::Hole
                    }
                }
            }
            ast::Query::Http { url, at, options } => Query::Json {
                url: self.typed(url, &Type::Url, Place::Private),
                at: at.as_ref().map(|at| self.json_path(at)),
                options: self.http_options(options),
            },
            ast::Query::Command(command) => {
                Query::Command(Box::new(self.command_task(command, TaskKind::Metric)))
            }
            ast::Query::Bad => Query::Hole,
        }
    }

    pub fn json_path(&mut self, text: &ast::Text) -> String {
        let path = self.plain_text(text);
        if let Err(error) = serde_json_path::JsonPath::parse(&path) {
            let message = format!("`{path}` is no JSON path: {error}");
            self.report(
                Problem::new(Code::RB900, text.span, message)
                    .help("a JSON path starts at the root: `$.items[0].name`"),
            );
        }
        path
    }

    pub fn thresholds(&mut self, thresholds: &ast::Thresholds) {
        let lines: Vec<Condition> = thresholds
            .lines
            .iter()
            .map(|line| self.condition(line))
            .collect();
        if lines.is_empty() {
            let message = format!("thresholds `{}` compare nothing", thresholds.name.text);
            self.report(Problem::new(Code::RB941, thresholds.name.span, message));
        }
        self.thresholds.push(Some(Condition::All(lines)));
    }

    pub fn condition(&mut self, condition: &ast::Condition) -> Condition {
        match &condition.kind {
            ConditionKind::Named(name) => self.named_condition(name),
            ConditionKind::Compare(comparison) => self.compare(comparison, condition.span),
            ConditionKind::Any(parts) => Condition::Any(self.conditions(parts)),
            ConditionKind::All(parts) => Condition::All(self.conditions(parts)),
            ConditionKind::Bad => Condition::Hole,
        }
    }

    fn conditions(&mut self, parts: &[ast::Condition]) -> Vec<Condition> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn named_condition(&mut self, name: &ast::Name) -> Condition {
        let Some(index) = self.find(name, &[Kind::Thresholds]) else {
            return Condition::Hole;
        };
        match self.thresholds.get(index) {
            Some(Some(condition)) => condition.clone(),
            Some(None) | None => {
                let message = format!("thresholds `{}` are declared after their use", name.text);
                self.report(Problem::new(Code::RB920, name.span, message));
                Condition::Hole
            }
        }
    }

    fn compare(&mut self, comparison: &ast::Comparison, span: Span) -> Condition {
        let Some(metric) = self.find(&comparison.metric, &[Kind::Metric]) else {
            return Condition::Hole;
        };
        if metric == STAND_IN {
            // What it measures is known only when there is one.
            return Condition::Hole;
        }
        let Some(ty) = self.metric_types.get(metric).cloned() else {
            let message = format!(
                "metric `{}` is declared after its use",
                comparison.metric.text
            );
            self.report(Problem::new(Code::RB920, comparison.metric.span, message));
            return Condition::Hole;
        };
        let Some(test) = self.test(&comparison.test, &comparison.metric, &ty) else {
            return Condition::Hole;
        };
        let fail = comparison.fail.as_ref().map(|(operator, bound)| {
            let bound = self.bound(bound, &comparison.metric, &ty);
            (relation(*operator), bound)
        });
        let mut resolved = Comparison {
            metric,
            test,
            fail,
            min_samples: None,
            counted_by: None,
            no_data: NoData::Hold,
            series: Series::Worst,
            text: self.written(span),
            span,
        };
        for option in &comparison.options {
            self.comparison_option(option, &mut resolved, &comparison.metric);
        }
        Condition::Compare(Box::new(resolved))
    }

    fn test(&mut self, test: &ast::Test, metric: &ast::Name, ty: &Type) -> Option<Test> {
        Some(match test {
            ast::Test::Against(operator, bound) => {
                Test::Against(relation(*operator), self.bound(bound, metric, ty))
            }
            ast::Test::Within { by, of } => {
                let by = self.expr(by, Place::Structure);
                let of = self.bound(of, metric, ty);
                let relative = by.ty == Some(Type::Percent);
                let by = if relative { by } else { self.expect(by, ty) };
                Test::Within { by, of }
            }
            ast::Test::NotWorseThanBaseline => Test::NotWorseThanBaseline,
            ast::Test::Bad => return None,
        })
    }

    /// What a metric is compared with: of its own kind, `baseline` allowed.
    fn bound(&mut self, bound: &ast::Expr, metric: &ast::Name, ty: &Type) -> Expr {
        let resolved = self.expr(bound, Place::Bound);
        let fits = resolved
            .ty
            .as_ref()
            .is_none_or(|found| found.unit() == ty.unit());
        if fits {
            return resolved;
        }
        let found = resolved.ty.as_ref().map(a).unwrap_or_default();
        let written = self.written(bound.span);
        let message = format!(
            "`{written}` is {found} and `{}` is {}: they cannot be compared",
            metric.text,
            a(ty)
        );
        self.report(
            Problem::new(Code::RB940, bound.span, message)
                .label(format!("expected {}", Self::wanted(ty))),
        );
        Expr::hole(bound.span)
    }

    fn comparison_option(
        &mut self,
        option: &ComparisonOption,
        comparison: &mut Comparison,
        metric: &ast::Name,
    ) {
        match option {
            ComparisonOption::MinSamples(least) => {
                comparison.min_samples = Some(self.typed(least, &Type::Number, Place::Structure));
                let counts = self.metric_counts.get(comparison.metric).cloned().flatten();
                comparison.counted_by = match counts {
                    // A metric is the file's own, wherever it is compared.
                    Some(of) => self.as_root(|this| this.find(&of, &[Kind::Metric])),
                    None => {
                        let message = format!(
                            "nothing says how many samples metric `{}` rests on",
                            metric.text
                        );
                        self.report(
                            Problem::new(Code::RB941, least.span, message)
                                .help("declare it with its count: `metric … = … of requests`"),
                        );
                        None
                    }
                };
            }
            ComparisonOption::NoData(word) => {
                let choices = [
                    ("hold", NoData::Hold),
                    ("pass", NoData::Pass),
                    ("fail", NoData::Fail),
                ];
                if let Some(choice) = self.word(word, &choices) {
                    comparison.no_data = choice;
                }
            }
            ComparisonOption::Series(word) => {
                let choices = [
                    ("worst", Series::Worst),
                    ("all", Series::All),
                    ("any", Series::Any),
                ];
                if let Some(choice) = self.word(word, &choices) {
                    comparison.series = choice;
                }
            }
        }
    }

    /// One of a few words that can stand at a place.
    pub fn word<T: Copy>(&mut self, word: &ast::Name, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == word.text);
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let names: Vec<String> = choices
            .iter()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let message = format!("expected {}, found `{}`", names.join(", "), word.text);
        let near = crate::model::names::nearest(&word.text, choices.iter().map(|(name, _)| *name));
        let problem = Problem::new(Code::RB900, word.span, message);
        self.report(crate::model::names::suggest(problem, word.span, near));
        None
    }

    pub fn watch(&mut self, watch: &ast::Watch, span: Span) -> Watch {
        let mut during = Vec::new();
        for phase in &watch.during {
            if self.find(phase, &[Kind::Phase]).is_some() {
                during.push(phase.text.clone());
            }
        }
        let every = watch
            .every
            .as_ref()
            .map(|every| self.typed(every, &Type::Duration, Place::Structure));
        let mut resolved = Watch {
            name: watch.name.text.clone(),
            during,
            every,
            rules: Vec::new(),
            requests: Vec::new(),
            span,
        };
        for rule in &watch.rules {
            match &rule.kind {
                WatchRuleKind::When {
                    action,
                    condition,
                    lasting,
                } => {
                    let text = self.written(condition.span);
                    let condition = self.condition(condition);
                    let lasting = lasting
                        .as_ref()
                        .map(|lasting| self.typed(lasting, &Type::Duration, Place::Structure));
                    let action = match action {
                        ast::WatchAction::Rollback => WatchAction::Rollback,
                        ast::WatchAction::Ask => WatchAction::Ask,
                    };
                    resolved.rules.push(WatchRule {
                        action,
                        condition,
                        lasting,
                        text,
                    });
                }
                WatchRuleKind::OnRequest { reason } => {
                    let reason = self.text(reason, Place::Structure);
                    resolved.requests.push(reason);
                }
                WatchRuleKind::Bad => {}
            }
        }
        resolved
    }
}
