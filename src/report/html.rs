//! One page that needs nothing else: no script, no font, no picture from
//! elsewhere. The reason comes first.

use std::fmt::Write;

use crate::export::page::html::{self as page, escape, escape_text, marked};
use crate::export::svg;
use crate::problem::render::neutral::lines;
use crate::report::Account;
use crate::report::series::{Series, series};
use crate::report::story::{Entry, story};
use crate::report::{bars, plot};
use crate::types::text::{elapsed, moment};

const STYLE: &str = include_str!("style.css");

/// More of an output stands in its file, not on the page; in characters.
const LONGEST_OUTPUT: usize = 20_000;
/// So many values of a metric are listed; the drawing has all.
const MOST_VALUES: usize = 500;

/// The report of a run as a page.
pub fn html(account: &Account<'_>) -> String {
    let plan = account.machine.plan();
    let mut out = page::head(&format!("{} – {}", plan.title, account.run), STYLE);
    let _ = writeln!(out, "<h1>{}</h1>", escape(&plan.title));
    head(&mut out, account);
    words(&mut out, account);
    values(&mut out, account);
    timeline(&mut out, account);
    let _ = writeln!(
        out,
        "<h2>Plan</h2>\n<details><summary>what was to run, and the ways back</summary>\n{}</details>",
        svg::inline(plan)
    );
    let measured = series(plan, account.facts);
    if !measured.is_empty() {
        out.push_str("<h2>Measurements</h2>\n");
        for series in &measured {
            measurements(&mut out, series);
        }
    }
    let _ = writeln!(
        out,
        "<p class=\"under\">from {} records, the last with the hash <code>{}</code></p>\n</body>\n</html>",
        account.facts.len() + 1,
        escape(account.hash)
    );
    out
}

fn head(out: &mut String, account: &Account<'_>) {
    let outcome = account.outcome();
    let name = outcome.replace('_', " ");
    let took = elapsed(account.machine.now());
    let _ = writeln!(
        out,
        "<p><span class=\"outcome {outcome}\">{name}</span> after {took}</p>"
    );
    if let Some(reason) = account.reason() {
        let _ = writeln!(out, "<p class=\"reason\">{}</p>", marked(reason));
    }
    let _ = writeln!(
        out,
        "<p class=\"under\">run <code>{}</code>, started by {} on {} at {}</p>",
        escape(account.run),
        escape(account.starter),
        escape(account.host),
        escape(&moment(account.opened))
    );
}

fn words(out: &mut String, account: &Account<'_>) {
    out.push_str("<table>\n");
    for (about, text) in account.words {
        let _ = writeln!(
            out,
            "<tr><th>{}</th><td>{}</td></tr>",
            escape(about),
            marked(text)
        );
    }
    out.push_str("</table>\n");
}

fn values(out: &mut String, account: &Account<'_>) {
    let parameters = &account.machine.plan().parameters;
    if parameters.is_empty() {
        return;
    }
    out.push_str("<h2>Parameters</h2>\n<table>\n");
    for parameter in parameters {
        let _ = writeln!(
            out,
            "<tr><th><code>{}</code></th><td>{}</td></tr>",
            escape(&parameter.name),
            escape(&parameter.value.to_string())
        );
    }
    out.push_str("</table>\n");
}

fn timeline(out: &mut String, account: &Account<'_>) {
    out.push_str("<h2>Timeline</h2>\n");
    out.push_str(&bars::svg(account.machine, account.facts).unwrap_or_default());
    out.push_str("<table>\n");
    for entry in story(account.machine.plan(), account.facts) {
        let _ = writeln!(
            out,
            "<tr class=\"{}\"><td class=\"time\" title=\"{}\">{}</td><td class=\"what\">{}{}</td></tr>",
            entry.mood.name(),
            escape(&moment(wall(account, &entry))),
            elapsed(entry.at),
            marked(&entry.text),
            beneath(account, &entry)
        );
    }
    out.push_str("</table>\n");
}

fn wall(account: &Account<'_>, entry: &Entry) -> i64 {
    let since = i64::try_from(entry.at).unwrap_or(i64::MAX);
    account.opened.saturating_add(since)
}

/// How long it took, and what it printed, folded.
fn beneath(account: &Account<'_>, entry: &Entry) -> String {
    let mut out = String::new();
    if let Some(took) = entry.took {
        let _ = write!(out, " <span class=\"under\">({})</span>", elapsed(took));
    }
    let output = entry
        .activity
        .and_then(|activity| (account.output)(activity));
    if let Some(output) = output.filter(|output| !output.trim().is_empty()) {
        let _ = write!(
            out,
            "<details><summary>output</summary><pre>{}</pre></details>",
            printed(&output)
        );
    }
    out
}

/// The end of an output: that is where the error stands.
fn printed(output: &str) -> String {
    let length = output.chars().count();
    let left_out = length.saturating_sub(LONGEST_OUTPUT);
    let kept: String = output.chars().skip(left_out).collect();
    let kept = escape_text(&lines(&kept));
    match left_out {
        0 => kept,
        left_out => format!("[{left_out} characters before this are left out]\n{kept}"),
    }
}

fn measurements(out: &mut String, series: &Series) {
    let _ = writeln!(out, "<h3><code>{}</code></h3>", escape(&series.name));
    let limits: Vec<String> = series
        .limits
        .iter()
        .map(|limit| format!("<code>{}</code>", escape(&limit.text)))
        .collect();
    let mut limits: Vec<&str> = limits.iter().map(String::as_str).collect();
    limits.dedup();
    if !limits.is_empty() {
        let _ = writeln!(out, "<p class=\"under\">{}</p>", limits.join(" · "));
    }
    if let Some(drawing) = plot::svg(series) {
        out.push_str(&drawing);
        out.push('\n');
    }
    out.push_str("<details><summary>values</summary><table>\n");
    for point in series.points.iter().take(MOST_VALUES) {
        let _ = writeln!(
            out,
            "<tr><td class=\"time\">{}</td><td>{}</td></tr>",
            elapsed(point.at),
            escape(&point.words(series.unit))
        );
    }
    let more = series.points.len().saturating_sub(MOST_VALUES);
    if more > 0 {
        let _ = writeln!(out, "<tr><td></td><td>and {more} more</td></tr>");
    }
    out.push_str("</table></details>\n");
}
