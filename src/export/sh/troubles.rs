//! What failures look like, as data: the hint that is told at the end, and of
//! which failures.

use super::head::file_name;
use super::ids;
use super::names::Names;
use super::pattern::whether_in_words;
use super::text::quoted;
use crate::plan::{NodeId, Plan, Trouble, TroubleFailure, TroubleMatch};
use crate::problem::render::neutral::one_line;

/// Whether some trouble is told at the end of a script by itself.
pub fn has_hints(plan: &Plan) -> bool {
    told(plan).next().is_some()
}

/// Those that no failure looks like are only looked up by their titles.
fn told(plan: &Plan) -> impl Iterator<Item = &Trouble> {
    let troubles = plan.troubles.iter();
    troubles.filter(|trouble| !trouble.matches.is_empty())
}

/// The troubles as a table, in the order of the text.
pub fn troubles(plan: &Plan, names: &Names) -> String {
    if !has_hints(plan) {
        return String::new();
    }
    let file = plan.files.first();
    let file = file.map_or("runbook", |file| file_name(&file.path));
    let mut text = String::from(
        "\n# trouble HINT\n\
         # matches failure|timeout|words 'WHERE IT FAILED' ['WHAT IS IN ITS WORDS']\n\
         rb_troubles() {\n",
    );
    for trouble in told(plan) {
        let hint = trouble.hint("runbook", file);
        text += &format!("  trouble {}\n", quoted(&one_line(&hint)));
        for one in &trouble.matches {
            text += &matches(plan, names, one);
        }
    }
    text + "}\n"
}

fn matches(plan: &Plan, names: &Names, one: &TroubleMatch) -> String {
    let nodes: Vec<NodeId> = match one.within.is_empty() {
        true => Vec::new(),
        false => ids(plan)
            .filter(|id| one.is_within(plan, Some(*id)))
            .collect(),
    };
    let within = quoted(&names.list(&nodes));
    let failure = match &one.failure {
        TroubleFailure::Any => format!("failure {within}"),
        TroubleFailure::TimeOut => format!("timeout {within}"),
        TroubleFailure::Message(pattern) => {
            // Others are refused before.
            let words = whether_in_words(pattern).unwrap_or_default();
            format!("words {within} {}", quoted(&words))
        }
    };
    format!("    matches {failure}\n")
}
