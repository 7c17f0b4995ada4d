//! Types and units of expressions, and what each place lets them use.

use rust_decimal::Decimal;

use crate::model::evaluate::variables_of;
use crate::model::names::{Kind, nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::{Expr, ExprKind, Text, TextPart, Variable};
use crate::plan::{Relation, RunValue};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::arithmetic::{Arithmetic, a, arithmetic_type, comparable};
use crate::types::text::{example, fit, read_quantity};
use crate::types::{Type, Value};

/// What an expression may use where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It decides which steps there are and when: known when the run starts.
    Structure,
    /// It is filled when it is needed, and people see it.
    Shown,
    /// It is filled when it is needed, and only one receiver sees it.
    Private,
    /// The right-hand side of a comparison: `baseline` may stand in it.
    Bound,
}

impl Resolver<'_> {
    /// An expression of any type.
    pub fn expr(&mut self, expr: &ast::Expr, place: Place) -> Expr {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Text(text) => self.text_expr(text, place),
            ast::ExprKind::Quantity(amount, unit) => {
                let ty = match unit {
                    crate::types::Unit::Number if amount.fract().is_zero() => Type::Int,
                    crate::types::Unit::Number => Type::Number,
                    crate::types::Unit::Percent => Type::Percent,
                    crate::types::Unit::Duration => Type::Duration,
                    crate::types::Unit::Bytes => Type::Bytes,
                    crate::types::Unit::Rate => Type::Rate,
                };
                Expr::value(Value::quantity(*amount, *unit), ty, span)
            }
            ast::ExprKind::Bool(value) => Expr::value(Value::Bool(*value), Type::Bool, span),
            ast::ExprKind::Path(path) => self.path(path, place),
            ast::ExprKind::Binary(left, op, right) => self.binary(left, *op, right, span, place),
            ast::ExprKind::Not(inner) => {
                let inner = self.typed(inner, &Type::Bool, place);
                Expr {
                    kind: ExprKind::Not(Box::new(inner)),
                    ty: Some(Type::Bool),
                    span,
                }
            }
            ast::ExprKind::Negate(inner) => {
                let inner = self.expr(inner, place);
                if let Some(ty) = &inner.ty
                    && ty.unit().is_none()
                {
                    let message = format!("{} has no negative", a(ty));
                    self.report(Problem::new(Code::RB940, span, message));
                    return Expr::hole(span);
                }
                Expr {
                    ty: inner.ty.clone(),
                    kind: ExprKind::Negate(Box::new(inner)),
                    span,
                }
            }
            ast::ExprKind::List(items) => self.list(items, span, place),
            ast::ExprKind::Bad => Expr::hole(span),
        }
    }

    /// An expression that must be of a type.
    pub fn typed(&mut self, expr: &ast::Expr, ty: &Type, place: Place) -> Expr {
        let resolved = self.expr(expr, place);
        self.expect(resolved, ty)
    }

    /// Reports an expression that is not of the type wanted.
    pub fn expect(&mut self, expr: Expr, ty: &Type) -> Expr {
        let Some(found) = expr.ty.clone() else {
            return expr;
        };
        if fits(&expr, &found, ty) {
            return Expr {
                ty: Some(ty.clone()),
                ..expr
            };
        }
        let written = self.written(expr.span);
        let number = found.unit() == Some(crate::types::Unit::Number);
        let problem = if *ty == Type::Duration && number {
            Problem::new(
                Code::RB506,
                expr.span,
                format!("a duration needs a unit, found `{written}`"),
            )
            .label("of what?")
            .help(format!("write `{written}s`, `{written}m` or `{written}h`"))
        } else {
            self.of_another_type(&expr, &found, ty)
        };
        self.report(problem);
        Expr::hole(expr.span)
    }

    /// What is wrong with a value of another type, and what may be meant.
    fn of_another_type(&self, expr: &Expr, found: &Type, ty: &Type) -> Problem {
        let message = format!("expected {}, found {}", example(ty), a(found));
        let problem = Problem::new(Code::RB940, expr.span, message);
        let ExprKind::Value(Value::Text(text)) = &expr.kind else {
            let problem = problem.label(format!("this is {}", a(found)));
            return with_unit(problem, &self.written(expr.span), found, ty);
        };
        if let Type::Choice(choices) = ty {
            let near = nearest(text, choices.iter().map(String::as_str));
            let longer = || {
                choices
                    .iter()
                    .find(|choice| choice.starts_with(text.as_str()))
            };
            let near = near.or_else(|| longer().map(String::as_str));
            let quoted = near.map(|near| format!("\"{near}\""));
            let message = format!("`{text}` is none of the choices: expected {}", example(ty));
            return suggest(
                Problem::new(Code::RB940, expr.span, message),
                expr.span,
                quoted,
            );
        }
        let is_amount = read_quantity(text).is_some_and(|it| ty.unit() == Some(it.unit));
        if is_amount {
            let problem = problem.label("in quotes it is text");
            return suggest(problem, expr.span, Some(text.clone()));
        }
        match found {
            Type::String if !text.is_empty() => {
                problem.label(format!("`{text}` cannot be read as one"))
            }
            _another => problem.label(format!("this is {}", a(found))),
        }
    }

    fn list(&mut self, items: &[ast::Expr], span: Span, place: Place) -> Expr {
        let items: Vec<Expr> = items.iter().map(|item| self.expr(item, place)).collect();
        let first = items.iter().find_map(|item| item.ty.clone());
        if let Some(first) = &first {
            for item in &items {
                if let Some(ty) = &item.ty
                    && !comparable(first, ty)
                {
                    let message = format!("{} among {}s", a(ty), first);
                    self.report(
                        Problem::new(Code::RB940, item.span, message)
                            .help("the items of a list are of one type"),
                    );
                }
            }
        }
        let item = first.unwrap_or(Type::String);
        Expr {
            kind: ExprKind::List(items),
            ty: Some(Type::List(Box::new(item))),
            span,
        }
    }

    fn text_expr(&mut self, text: &ast::Text, place: Place) -> Expr {
        let parts = self.text(text, place);
        match &parts[..] {
            [] => Expr::value(Value::Text(String::new()), Type::String, text.span),
            [TextPart::Literal(literal)] => {
                Expr::value(Value::Text(literal.clone()), Type::String, text.span)
            }
            _interpolated => Expr {
                kind: ExprKind::Text(parts),
                ty: Some(Type::String),
                span: text.span,
            },
        }
    }

    /// Text with interpolations.
    pub fn text(&mut self, text: &ast::Text, place: Place) -> Text {
        self.check_other_braces(text);
        text.parts
            .iter()
            .map(|part| match part {
                ast::TextPart::Literal(literal) => TextPart::Literal(literal.clone()),
                ast::TextPart::Interpolation(expr) => TextPart::Value(self.expr(expr, place)),
            })
            .collect()
    }

    /// `${version}` and `{{ version }}`, as the shell and templates elsewhere
    /// have it: one leaves a `$` behind, the other is text.
    fn check_other_braces(&mut self, text: &ast::Text) {
        let source = self.sources.file(text.span.file);
        for part in &text.parts {
            let ast::TextPart::Interpolation(expr) = part else {
                continue;
            };
            let start = expr.span.range().start;
            let before = source.text.get(..start).unwrap_or("").trim_end();
            let Some(dollar) = before.strip_suffix("${").map(str::len) else {
                continue;
            };
            let written = self.written(expr.span);
            let span = Span::new(text.span.file, dollar, dollar + 1);
            let message = format!("this `$` stays in the text before the value of `{written}`");
            let problem = Problem::new(Code::RB308, span, message).help(format!(
                "in a text a value is `{{{written}}}`; `${written}` is how commands write it"
            ));
            self.report(problem);
        }
        let written = source.slice(text.span).to_owned();
        for (at, _) in written.match_indices("{{") {
            let inner = &written[at + 2..];
            let Some(close) = inner.find("}}") else {
                continue;
            };
            let name = inner[..close].trim();
            if self.names.variable(name).is_none() {
                continue;
            }
            let start = text.span.range().start + at;
            let span = Span::new(text.span.file, start, start + close + 4);
            let message = format!(
                "`{}` is not filled in: `{{{{` is how a brace is written",
                &written[at..at + close + 4]
            );
            let problem = Problem::new(Code::RB308, span, message)
                .help(format!("write `{{{name}}}` for the value"));
            self.report(problem);
        }
    }

    /// Text that may not have interpolations: a regular expression, a path of
    /// the checker's own.
    pub fn plain_text(&mut self, text: &ast::Text) -> String {
        text.plain().unwrap_or_else(|| {
            self.report(
                Problem::new(
                    Code::RB942,
                    text.span,
                    "this text is read before the run starts, so nothing can be filled in",
                )
                .help("write it without `{…}`"),
            );
            String::new()
        })
    }

    fn path(&mut self, path: &ast::Path, place: Place) -> Expr {
        match &path.names[..] {
            [name] if name.text == "baseline" && place == Place::Bound => Expr {
                kind: ExprKind::Variable(Variable::Baseline),
                ty: None,
                span: path.span,
            },
            [name] => self.simple_name(name, place),
            [run, value] if run.text == "run" => self.run_value(value, path.span, place),
            [hosts, fleet] if hosts.text == "hosts" => self.fleet_path(fleet, path.span),
            [step, output] => self.output_path(step, output, path.span, place),
            _too_long => {
                let message = format!("`{}` names nothing", self.written(path.span));
                self.report(Problem::new(Code::RB920, path.span, message));
                Expr::hole(path.span)
            }
        }
    }

    fn simple_name(&mut self, name: &ast::Name, place: Place) -> Expr {
        let Some(declared) = self.names.variable(&name.text).cloned() else {
            if let Some(below) = self.later.get(&name.text).copied() {
                let message = format!("`{}` is used before it is declared", name.text);
                let problem = Problem::new(Code::RB920, name.span, message)
                    .and(below, "declared here")
                    .help("a parameter may use those above it: move this one down");
                self.report(problem);
                return Expr::hole(name.span);
            }
            let near = match self.names.find(name, &[Kind::Hosts]) {
                Ok(_) => Some(format!("hosts.{}", name.text)),
                Err(_) => nearest(&name.text, self.names.variable_names()).map(str::to_owned),
            };
            let problem = Problem::new(
                Code::RB920,
                name.span,
                format!("no value is called `{}`", name.text),
            );
            let mut problem = suggest(problem, name.span, near);
            if problem.help.is_none() {
                problem = problem
                    .help("declare it: `param NAME: TYPE`; text stands in quotes: `\"text\"`");
            }
            self.report(problem);
            return Expr::hole(name.span);
        };
        self.used_variables.insert(name.text.clone());
        self.note_use(name.span, declared.span);
        self.meaning(declared.meaning, declared.ty, name.span, place)
    }

    /// What a declared name stands for, where it may stand.
    fn meaning(&mut self, meaning: ExprKind, ty: Type, span: Span, place: Place) -> Expr {
        let expr = Expr {
            kind: meaning,
            ty: Some(ty),
            span,
        };
        let mut variables = Vec::new();
        variables_of(&expr, &mut variables);
        let fits = variables
            .into_iter()
            .all(|variable| self.may_stand(variable, span, place));
        if fits && !matches!(expr.kind, ExprKind::Hole) {
            expr
        } else {
            Expr::hole(span)
        }
    }

    fn run_value(&mut self, value: &ast::Name, span: Span, place: Place) -> Expr {
        let all = RunValue::ALL;
        match all.iter().find(|it| it.name() == value.text) {
            Some(run) => self.variable(Variable::Run(*run), Type::String, span, place),
            None => {
                let names = all.iter().map(|it| it.name());
                let near = nearest(&value.text, names.clone());
                let message = format!("a run has no `{}`", value.text);
                let names: Vec<String> = names.map(|name| format!("`run.{name}`")).collect();
                let problem = Problem::new(Code::RB920, value.span, message)
                    .label(format!("it has {}", names.join(", ")));
                self.report(suggest(problem, value.span, near));
                Expr::hole(span)
            }
        }
    }

    fn output_path(
        &mut self,
        step: &ast::Name,
        output: &ast::Name,
        span: Span,
        place: Place,
    ) -> Expr {
        if let Some(declared) = self.names.output(&step.text, &output.text).cloned() {
            self.note_use(output.span, declared.span);
            if let Some(of) = self.names.place(&step.text) {
                self.note_use(step.span, of);
            }
            return self.meaning(declared.meaning, declared.ty, span, place);
        }
        let of_step: Vec<String> = self
            .names
            .outputs_of(&step.text)
            .map(str::to_owned)
            .collect();
        let near = nearest(&output.text, of_step.iter().map(String::as_str));
        let message = if of_step.is_empty() {
            format!("no step `{}` has outputs", step.text)
        } else {
            format!("step `{}` has no output `{}`", step.text, output.text)
        };
        let problem = Problem::new(Code::RB920, span, message);
        self.report(suggest(problem, output.span, near));
        Expr::hole(span)
    }

    fn variable(&mut self, variable: Variable, ty: Type, span: Span, place: Place) -> Expr {
        self.meaning(ExprKind::Variable(variable), ty, span, place)
    }

    /// Whether a variable may stand at a place; reports one that may not.
    fn may_stand(&mut self, variable: &Variable, span: Span, place: Place) -> bool {
        let late = match variable {
            Variable::Parameter(_) | Variable::Loop(_) | Variable::Baseline | Variable::Unbound => {
                false
            }
            Variable::Secret(_)
            | Variable::Capture { .. }
            | Variable::Output { .. }
            | Variable::Run(_)
            | Variable::Given(_) => true,
        };
        if late && matches!(place, Place::Structure | Place::Bound) {
            let written = self.written(span);
            self.report(
                Problem::new(
                    Code::RB942,
                    span,
                    format!("`{written}` is not known when the run starts"),
                )
                .label("it becomes known while the run goes on")
                .help("use parameters and loop variables here, and decide the rest in a command"),
            );
            return false;
        }
        if matches!(variable, Variable::Secret(_)) && place != Place::Private {
            let written = self.written(span);
            self.report(
                Problem::new(
                    Code::RB310,
                    span,
                    format!("the secret `{written}` would be shown"),
                )
                .label("people see this text, and the record keeps it")
                .help("name secrets only in commands, headers, bodies and channel addresses"),
            );
            return false;
        }
        true
    }

    fn binary(
        &mut self,
        left: &ast::Expr,
        op: ast::BinaryOperator,
        right: &ast::Expr,
        span: Span,
        place: Place,
    ) -> Expr {
        use ast::BinaryOperator as Op;
        let arithmetic = |op| self_arithmetic(op);
        match op {
            Op::Or | Op::And => {
                let left = Box::new(self.typed(left, &Type::Bool, place));
                let right = Box::new(self.typed(right, &Type::Bool, place));
                let kind = if op == Op::Or {
                    ExprKind::Or(left, right)
                } else {
                    ExprKind::And(left, right)
                };
                Expr {
                    kind,
                    ty: Some(Type::Bool),
                    span,
                }
            }
            Op::Compare(operator) => {
                let left = self.expr(left, place);
                let right = self.expr(right, place);
                self.comparison(left, relation(operator), right, span)
            }
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide => {
                let left = self.expr(left, place);
                let right = self.expr(right, place);
                self.arithmetic(left, arithmetic(op), right, span)
            }
        }
    }

    fn arithmetic(&mut self, left: Expr, op: Arithmetic, right: Expr, span: Span) -> Expr {
        let ty = match (&left.ty, &right.ty) {
            (Some(left_type), Some(right_type)) => {
                match arithmetic_type(op, left_type, right_type) {
                    Ok(ty) => Some(ty),
                    Err(message) => {
                        self.report(
                            Problem::new(Code::RB940, span, message)
                                .label("these do not go together")
                                .and(left.span, a(left_type))
                                .and(right.span, a(right_type)),
                        );
                        return Expr::hole(span);
                    }
                }
            }
            _unknown => None,
        };
        Expr {
            kind: ExprKind::Arithmetic(Box::new(left), op, Box::new(right)),
            ty,
            span,
        }
    }

    fn comparison(&mut self, left: Expr, relation: Relation, right: Expr, span: Span) -> Expr {
        if let (Some(one), Some(other)) = (&left.ty, &right.ty) {
            if !comparable(one, other) {
                let (first, second) = (self.written(left.span), self.written(right.span));
                let message = format!(
                    "`{first}` is {} and `{second}` is {}: they cannot be compared",
                    a(one),
                    a(other)
                );
                self.report(Problem::new(Code::RB940, span, message));
            } else {
                self.check_choice(one, &right);
                self.check_choice(other, &left);
            }
        }
        Expr {
            kind: ExprKind::Compare(Box::new(left), relation, Box::new(right)),
            ty: Some(Type::Bool),
            span,
        }
    }

    /// `environment == "prod"` where that is none of the choices.
    fn check_choice(&mut self, ty: &Type, other: &Expr) {
        if let (Type::Choice(choices), ExprKind::Value(Value::Text(text))) = (ty, &other.kind)
            && !choices.contains(text)
        {
            let near = nearest(text, choices.iter().map(String::as_str));
            let problem = Problem::new(
                Code::RB940,
                other.span,
                format!("`{text}` is never the value here: expected {}", example(ty)),
            );
            let quoted = near.map(|near| format!("\"{near}\""));
            self.report(suggest(problem, other.span, quoted));
        }
    }
}

/// Of a number where an amount is wanted: the ways it could be meant.
pub fn with_unit(problem: Problem, written: &str, found: &Type, wanted: &Type) -> Problem {
    if found.unit() != Some(crate::types::Unit::Number) {
        return problem;
    }
    let share = written
        .parse::<Decimal>()
        .ok()
        .filter(|it| *it < Decimal::ONE);
    let help = match wanted.unit() {
        Some(crate::types::Unit::Percent) => match share {
            Some(share) => {
                let percent = (share * Decimal::ONE_HUNDRED).normalize();
                format!("write `{percent}%` for that share, or `{written}%` for less")
            }
            None => format!("write `{written}%`"),
        },
        Some(crate::types::Unit::Duration) => {
            format!("write `{written}ms`, `{written}s` or `{written}m`")
        }
        Some(crate::types::Unit::Bytes) => {
            format!("write `{written}B`, `{written}KiB` or `{written}MiB`")
        }
        Some(crate::types::Unit::Rate) => format!("write `{written}/s` or `{written}/m`"),
        Some(crate::types::Unit::Number) | None => return problem,
    };
    problem.help(help)
}

/// Whether an expression of one type can stand where another is wanted. Text
/// that is known fits the types it is a value of.
fn fits(expr: &Expr, found: &Type, wanted: &Type) -> bool {
    if found == wanted || *wanted == Type::String && found.unit().is_none() {
        return !matches!((found, wanted), (Type::Bool | Type::List(_), Type::String));
    }
    match (&expr.kind, found, wanted) {
        (ExprKind::Value(value), _, _) => fit(value.clone(), wanted).is_ok(),
        (ExprKind::List(items), Type::List(_), Type::List(wanted)) => items.iter().all(|item| {
            item.ty
                .as_ref()
                .is_none_or(|found| fits(item, found, wanted))
        }),
        (_, Type::Int | Type::Count, Type::Number | Type::Count) => true,
        (_, Type::Number, Type::Count) => true,
        (_, Type::String, Type::Url | Type::Path | Type::Host) => true,
        (_, Type::List(found), Type::List(wanted)) => {
            **wanted == Type::String && found.unit().is_none()
        }
        _different => false,
    }
}

fn self_arithmetic(op: ast::BinaryOperator) -> Arithmetic {
    match op {
        ast::BinaryOperator::Subtract => Arithmetic::Subtract,
        ast::BinaryOperator::Multiply => Arithmetic::Multiply,
        ast::BinaryOperator::Divide => Arithmetic::Divide,
        ast::BinaryOperator::Add
        | ast::BinaryOperator::Or
        | ast::BinaryOperator::And
        | ast::BinaryOperator::Compare(_) => Arithmetic::Add,
    }
}

pub fn relation(operator: ast::Operator) -> Relation {
    match operator {
        ast::Operator::Less => Relation::Less,
        ast::Operator::LessOrEqual => Relation::LessOrEqual,
        ast::Operator::Greater => Relation::Greater,
        ast::Operator::GreaterOrEqual => Relation::GreaterOrEqual,
        ast::Operator::Equal => Relation::Equal,
        ast::Operator::NotEqual => Relation::NotEqual,
    }
}
