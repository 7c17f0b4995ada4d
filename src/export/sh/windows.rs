//! Windows and the zones of their clocks as data. The rules of the zones are
//! written into the script, so that a window is open at the same moments as for
//! `runbook exec`, on machines without zone files too.

use std::collections::BTreeSet;

use super::text::{quote, quoted};
use crate::plan::{GateCondition, Node, Plan, Window, WindowSpan};
use crate::types::window::{day_number, offsets};

/// The zones' changes are written down from 2020 to 2050, in seconds since 1970.
const FROM: i64 = 1_577_836_800;
const TO: i64 = 2_524_608_000;

/// The windows that a run may wait for.
pub fn windows(plan: &Plan) -> Vec<&Window> {
    let is_run = |node: &&Node| !node.skip.is_skipped();
    let nodes = plan.nodes.iter().filter(is_run);
    let gates = nodes.filter_map(Node::gate);
    gates
        .flat_map(|gate| &gate.conditions)
        .filter_map(|condition| match condition {
            GateCondition::Window(window) => Some(window),
            _no_window => None,
        })
        .collect()
}

/// The spans of a window, the words of a line each; `None` where it cannot be
/// understood.
pub fn window_table(window: &Window) -> Option<Vec<String>> {
    if window.allow.is_empty() && window.deny.is_empty() {
        return None;
    }
    let allow = window.allow.iter().map(|span| span_words("allow", span));
    let deny = window.deny.iter().map(|span| span_words("deny", span));
    allow.chain(deny).collect()
}

/// Which days of the week, which days, from and to which minute, where, and why.
fn span_words(kind: &str, span: &WindowSpan) -> Option<String> {
    offsets(&span.zone, FROM, TO)?;
    let days: String = span.days.iter().map(u8::to_string).collect();
    let dates: Option<Vec<String>> = span
        .dates
        .iter()
        .map(|(first, last)| Some(format!("{}:{}", day_number(first)?, day_number(last)?)))
        .collect();
    let dates = dates?.join(",");
    let or_dash = |text: String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    let (start, end) = match span.hours {
        Some((start, end)) => (start.to_string(), end.to_string()),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let words = [
        kind.to_owned(),
        or_dash(days),
        or_dash(dates),
        start,
        end,
        quote(&span.zone),
        quoted(span.reason.as_deref().unwrap_or_default()),
    ];
    Some(words.join(" "))
}

/// The zones of all windows: what each is ahead of UTC, first and from each
/// change on.
pub fn zone_table(plan: &Plan) -> String {
    let windows = windows(plan);
    let spans = windows
        .iter()
        .flat_map(|it| it.allow.iter().chain(&it.deny));
    let zones: BTreeSet<&str> = spans.map(|span| span.zone.as_str()).collect();
    let mut text = String::new();
    for zone in zones {
        let Some((first, changes)) = offsets(zone, FROM, TO) else {
            continue;
        };
        let changes: Vec<String> = changes
            .iter()
            .map(|(at, offset)| format!("{at}:{offset}"))
            .collect();
        let table = quoted(&format!("{first} {}", changes.join(" ")));
        text += &format!("  zone {} {table}\n", quote(zone));
    }
    text
}
