//! Metrics, conditions over them, and watches.

use crate::model::arguments::STAND_IN;
use crate::model::commands::TaskKind;
use crate::model::expressions::{Place, relation, with_unit};
use crate::model::names::Kind;
use crate::model::resolve::Resolver;
use crate::model::templates::Makes;
use crate::model::{
    Comparison, Condition, Expr, ExprKind, Metric, Query, Test, Variable, Watch, WatchRule,
};
use crate::plan::{NoData, Series, WatchAction};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, ComparisonOption, ConditionKind, TemplateBody, WatchRuleKind};
use crate::types::arithmetic::a;
use crate::types::{Type, Unit};

/// What a comparison compares with, in the order of the text.
fn bounds_of(comparison: &ast::Comparison) -> Vec<&ast::Expr> {
    let mut bounds = match &comparison.test {
        ast::Test::Against(_, bound) => vec![bound],
        ast::Test::Within { by, of } => vec![by, of],
        ast::Test::NotWorseThanBaseline | ast::Test::Bad => Vec::new(),
    };
    bounds.extend(comparison.fail.as_ref().map(|(_, bound)| bound));
    for option in &comparison.options {
        match option {
            ComparisonOption::MinSamples(least) => bounds.push(least),
            ComparisonOption::NoData(_) | ComparisonOption::Series(_) => {}
        }
    }
    bounds
}

/// The names in an expression, in the order of the text.
fn names_in<'e>(expr: &'e ast::Expr, names: &mut Vec<&'e ast::Name>) {
    match &expr.kind {
        ast::ExprKind::Path(path) if path.names.len() == 1 => names.extend(&path.names),
        ast::ExprKind::Binary(left, _, right) => {
            names_in(left, names);
            names_in(right, names);
        }
        ast::ExprKind::Not(inner) | ast::ExprKind::Negate(inner) => names_in(inner, names),
        ast::ExprKind::List(items) => items.iter().for_each(|item| names_in(item, names)),
        ast::ExprKind::Path(_)
        | ast::ExprKind::Text(_)
        | ast::ExprKind::Quantity(..)
        | ast::ExprKind::Bool(_)
        | ast::ExprKind::Bad => {}
    }
}

/// What a metric is made of, wherever it was written down.
pub struct Measured {
    ty: Option<Type>,
    unit: Unit,
    query: Query,
    /// Its place among the metrics.
    counted_by: Option<usize>,
}

impl Resolver<'_> {
    pub fn metric(&mut self, metric: &ast::Metric) {
        let measured = match &metric.body {
            ast::Body::Written(measure) => Some(self.measure(measure)),
            ast::Body::Made(call) => self.made_metric(call),
        };
        let measured = measured.unwrap_or(Measured {
            ty: None,
            unit: Unit::Number,
            query: Query::Hole,
            counted_by: None,
        });
        self.metric_types.push(measured.ty.unwrap_or(Type::Number));
        self.metric_counts.push(measured.counted_by);
        self.model.metrics.push(Metric {
            name: metric.name.text.clone(),
            unit: measured.unit,
            query: measured.query,
        });
    }

    fn made_metric(&mut self, call: &ast::Call) -> Option<Measured> {
        let called = self.called(call, Makes::Metric)?;
        let (definition, _) = self.definition(called.template)?;
        let TemplateBody::Metric(measure) = &definition.body else {
            return None;
        };
        self.inside(called, |this| this.measure(measure))
    }

    pub fn measure(&mut self, measure: &ast::Measure) -> Measured {
        let ty = self.ty(&measure.ty);
        let unit = match ty.as_ref().map(Type::unit) {
            Some(Some(unit)) => unit,
            Some(None) => {
                let problem = Problem::new(Code::RB940, measure.ty.span, "a metric is a number")
                    .help("its type is percent, duration, bytes, rate, count or number");
                self.report(problem);
                Unit::Number
            }
            None => Unit::Number,
        };
        let query = self.query(&measure.query);
        let counted_by = measure.of.as_ref();
        let counted_by = counted_by.and_then(|of| self.find(of, &[Kind::Metric]));
        Measured {
            ty,
            unit,
            query,
            counted_by,
        }
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
                        place: query.span,
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
        let condition = match &thresholds.lines {
            ast::Body::Written(lines) => Some(self.all_of(&thresholds.name, lines)),
            ast::Body::Made(call) => self.made_thresholds(call),
        };
        self.thresholds
            .push(Some(condition.unwrap_or(Condition::Hole)));
    }

    fn made_thresholds(&mut self, call: &ast::Call) -> Option<Condition> {
        let called = self.called(call, Makes::Thresholds)?;
        let (definition, _) = self.definition(called.template)?;
        let TemplateBody::Thresholds(lines) = &definition.body else {
            return None;
        };
        self.inside(called, |this| this.all_of(&definition.name, lines))
    }

    pub fn all_of(&mut self, name: &ast::Name, lines: &[ast::Condition]) -> Condition {
        if lines.is_empty() {
            let message = format!("thresholds `{}` compare nothing", name.text);
            self.report(Problem::new(Code::RB941, name.span, message));
        }
        Condition::All(self.conditions(lines))
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
                let problem = Problem::new(Code::RB920, name.span, message)
                    .help("move them above what uses them");
                self.report(problem);
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
            let problem = Problem::new(Code::RB920, comparison.metric.span, message)
                .help("move the `metric` line above this one");
            self.report(problem);
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
            text: self.written_out(comparison, span),
            span,
        };
        for option in &comparison.options {
            self.comparison_option(option, &mut resolved, &comparison.metric);
        }
        Condition::Compare(Box::new(resolved))
    }

    /// A comparison as it was written; in a template with what its parameters
    /// stand for, which nobody who reads of it in a run could know.
    fn written_out(&self, comparison: &ast::Comparison, span: Span) -> String {
        if self.calls.is_empty() {
            return self.written(span);
        }
        let mut names = vec![&comparison.metric];
        for bound in bounds_of(comparison) {
            names_in(bound, &mut names);
        }
        let mut text = self.sources.slice(span).to_owned();
        // From the end, so that the places before it stay what they are.
        for name in names.into_iter().rev() {
            let (start, place) = (span.range().start, name.span.range());
            if let Some(stands_for) = self.stands_for(name)
                && place.start >= start
                && place.end - start <= text.len()
            {
                text.replace_range(place.start - start..place.end - start, &stands_for);
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a name of a template is where it was called.
    fn stands_for(&self, name: &ast::Name) -> Option<String> {
        if let Ok(declared) = self.names.find(name, &[Kind::Metric]) {
            let metric = self.model.metrics.get(declared.index)?;
            return Some(metric.name.clone());
        }
        match &self.names.variable(&name.text)?.meaning {
            ExprKind::Value(value) => Some(value.to_string()),
            ExprKind::Variable(Variable::Parameter(index)) => {
                Some(self.model.parameters.get(*index)?.name.clone())
            }
            _computed => None,
        }
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
        let problem = Problem::new(Code::RB940, bound.span, message)
            .label(format!("expected {}", Self::wanted(ty)));
        let problem = match &resolved.ty {
            Some(found) => with_unit(problem, &self.written(bound.span), found, ty),
            None => problem,
        };
        self.report(problem);
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
                let counts = self.metric_counts.get(comparison.metric);
                comparison.counted_by = match counts.copied().flatten() {
                    Some(of) => Some(of),
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
