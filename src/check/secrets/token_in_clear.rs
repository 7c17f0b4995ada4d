//! RB607: a secret goes over the network in the clear.

use super::{How, Rule, Subject};
use crate::model::evaluate::any_variable;
use crate::model::{ChannelKind, Expr, ExprKind, HttpOptions, Query, Run, TextPart, Variable};
use crate::problem::{Code, Problem};
use crate::types::Value;

pub static RULE: Rule = Rule {
    code: Code::RB607,
    how: How::Conservative,
    wrong: r#"
secret token from env "TOKEN"
step purge {
  http POST "http://cdn.example.com/purge" { header "Authorization" = "Bearer {token}" }
  timeout 1m
  harmless "the cache fills again"
}
"#,
    right: r#"
secret token from env "TOKEN"
step purge {
  http POST "https://cdn.example.com/purge" { header "Authorization" = "Bearer {token}" }
  timeout 1m
  harmless "the cache fills again"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let model = subject.model;
    let of_metrics = model.metrics.iter().filter_map(|it| match &it.query {
        Query::Prometheus { url, options, .. } | Query::Json { url, options, .. } => {
            Some((url, options))
        }
        Query::Command(_) | Query::Hole => None,
    });
    let of_channels = model.channels.iter().filter_map(|it| match &it.kind {
        ChannelKind::Webhook { url, options } => Some((url, options.as_ref())),
        ChannelKind::Slack { .. } | ChannelKind::Command(_) | ChannelKind::Hole => None,
    });
    let of_tasks = subject.requests.iter().filter_map(|task| match &task.run {
        Run::Http { url, options, .. } => Some((url.as_ref(), options.as_ref())),
        Run::Script(_) | Run::Hole => None,
    });
    let all = of_metrics.chain(of_channels).chain(of_tasks);
    all.filter(|(url, options)| is_clear(url) && sends_secret(url, options))
        .map(|(url, _)| {
            Problem::new(
                Code::RB607,
                url.span,
                "the secret of this request can be read by everybody on the way",
            )
            .label("`http://` hides nothing")
            .help("use `https://`; for a server on this machine, `http://localhost`")
        })
        .collect()
}

/// The text an expression begins with.
fn beginning(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Value(Value::Text(text)) => Some(text),
        ExprKind::Text(parts) => match parts.first()? {
            TextPart::Literal(text) => Some(text),
            TextPart::Value(_) => None,
        },
        ExprKind::Value(_)
        | ExprKind::Variable(_)
        | ExprKind::Arithmetic(..)
        | ExprKind::Compare(..)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::List(_)
        | ExprKind::Hole => None,
    }
}

fn is_clear(url: &Expr) -> bool {
    let Some(rest) = beginning(url).and_then(|it| it.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    !(host == "localhost" || host.starts_with("127.") || rest.starts_with("[::1]"))
}

fn sends_secret(url: &Expr, options: &HttpOptions) -> bool {
    let is_secret = |expr: &Expr| any_variable(expr, &|it| matches!(it, Variable::Secret(_)));
    is_secret(url)
        || options.headers.iter().any(|(_, value)| is_secret(value))
        || options.body.as_ref().is_some_and(is_secret)
}
