//! Conditions over measurements as sentences.

use crate::model::Metric;
use crate::source::SourceMap;
use crate::syntax::ast::{
    BinaryOperator, Comparison, ComparisonOption, Condition, ConditionKind, Expr, ExprKind,
    Operator, Test,
};
use crate::types::Unit;

/// Turns conditions into words.
pub struct Words<'d> {
    pub sources: &'d SourceMap,
    pub metrics: &'d [Metric],
}

impl Words<'_> {
    /// What a condition asks for, a sentence a line.
    pub fn condition(&self, condition: &Condition, depth: usize) -> Vec<String> {
        let indent = "  ".repeat(depth);
        match &condition.kind {
            ConditionKind::Named(name) => vec![format!("{indent}- as `{}` says", name.text)],
            ConditionKind::Compare(comparison) => {
                vec![format!("{indent}- {}", self.comparison(comparison))]
            }
            ConditionKind::Any(inner) => self.group("at least one of these", inner, depth),
            ConditionKind::All(inner) => self.group("all of these", inner, depth),
            ConditionKind::Bad => Vec::new(),
        }
    }

    fn group(&self, words: &str, inner: &[Condition], depth: usize) -> Vec<String> {
        let mut lines = vec![format!("{}- {words}:", "  ".repeat(depth))];
        for condition in inner {
            lines.extend(self.condition(condition, depth + 1));
        }
        lines
    }

    fn comparison(&self, comparison: &Comparison) -> String {
        let metric = comparison.metric.text.as_str();
        let mut text = format!("`{metric}` {}", self.test(&comparison.test, metric));
        if let Some((operator, value)) = &comparison.fail {
            text += &format!(
                "; it fails where it is {} {}, and between the two a person decides",
                of_operator(*operator),
                self.value(value, metric)
            );
        }
        for option in &comparison.options {
            text += &self.option(option);
        }
        text
    }

    fn test(&self, test: &Test, metric: &str) -> String {
        match test {
            Test::Against(operator, value) => {
                format!(
                    "is {} {}",
                    of_operator(*operator),
                    self.value(value, metric)
                )
            }
            Test::Within { by, of } => format!(
                "is at most {} away from {}",
                self.amount(by, metric),
                self.value(of, metric)
            ),
            Test::NotWorseThanBaseline => {
                "is not worse than when the run began, by a statistical test".to_owned()
            }
            Test::Bad => "…".to_owned(),
        }
    }

    fn option(&self, option: &ComparisonOption) -> String {
        match option {
            ComparisonOption::MinSamples(count) => {
                format!(
                    "; it counts from {} samples on",
                    self.sources.slice(count.span)
                )
            }
            ComparisonOption::NoData(word) => {
                let then = match word.text.as_str() {
                    "pass" => "it passes",
                    "fail" => "it fails",
                    _hold => "it waits, and then a person decides",
                };
                format!("; without data {then}")
            }
            ComparisonOption::Series(word) => match word.text.as_str() {
                "all" => "; every series has to agree".to_owned(),
                "any" => "; one series is enough".to_owned(),
                _worst => "; the worst series counts".to_owned(),
            },
        }
    }

    fn value(&self, value: &Expr, metric: &str) -> String {
        const THEN: &str = "when the run began";
        match &value.kind {
            ExprKind::Path(_) if is_baseline(value) => format!("what it was {THEN}"),
            ExprKind::Binary(left, operator, right) if is_baseline(left) => {
                let amount = self.amount(right, metric);
                match operator {
                    BinaryOperator::Add => format!("{amount} more than it was {THEN}"),
                    BinaryOperator::Subtract => format!("{amount} less than it was {THEN}"),
                    BinaryOperator::Multiply => format!("{amount} times what it was {THEN}"),
                    BinaryOperator::Divide
                    | BinaryOperator::Or
                    | BinaryOperator::And
                    | BinaryOperator::Compare(_) => {
                        format!("`{}`", self.sources.slice(value.span))
                    }
                }
            }
            _an_amount => self.sources.slice(value.span).to_owned(),
        }
    }

    /// A share of a share is meant in points.
    fn amount(&self, amount: &Expr, metric: &str) -> String {
        let written = self.sources.slice(amount.span);
        let measured = self.metrics.iter().find(|it| it.name == metric);
        let is_share = measured.is_some_and(|it| it.unit == Unit::Percent);
        match written.strip_suffix('%') {
            Some(points) if is_share => format!("{points} percentage points"),
            Some(_) | None => written.to_owned(),
        }
    }
}

fn of_operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Less => "below",
        Operator::LessOrEqual => "at most",
        Operator::Greater => "above",
        Operator::GreaterOrEqual => "at least",
        Operator::Equal => "exactly",
        Operator::NotEqual => "anything but",
    }
}

fn is_baseline(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Path(path) => path.names.len() == 1 && path.names[0].text == "baseline",
        _something_else => false,
    }
}
