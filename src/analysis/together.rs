//! RB406: what several runbooks that are checked together have to do with one
//! another. Each by itself knows nothing of the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Analysis, allowed, with_calls};
use crate::check::place;
use crate::model::{Text, TextPart};
use crate::plan::{NodeKind, Touch, TouchKind};
use crate::problem::{Code, Problem, any_errors};
use crate::source::{SourceFile, Span};

/// A thing by its host and its name.
type Thing = (Option<String>, String);

/// Where a runbook says first that it changes a thing.
#[derive(Debug)]
struct Changed {
    runbook: PathBuf,
    statement: String,
    span: Span,
    /// The file that the span is in: the runbook, or a module that it uses.
    file: SourceFile,
}

/// Adds to each runbook what it changes that one before it changes too, without
/// a lock that would keep the two apart.
///
/// Only those of one folder are compared: others are mostly those of other
/// systems, with things of their own of the same names.
pub fn compare(analyses: &mut [Analysis]) {
    let mut known: BTreeMap<(PathBuf, Thing), Vec<(usize, Changed)>> = BTreeMap::new();
    for later in 0..analyses.len() {
        let path = &analyses[later].sources.file(analyses[later].file).path;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for (thing, here) in changes(&analyses[later]) {
            let before = known.entry((folder.clone(), thing.clone())).or_default();
            let lock = |at: usize| analyses[at].model.lock.as_ref();
            let clash = before
                .iter()
                .find(|(earlier, _)| !may_be_one_lock(lock(*earlier), lock(later)));
            if let Some((_, there)) = clash {
                add(&mut analyses[later], &thing.1, &here, there);
            }
            before.push((later, here));
        }
    }
}

fn changes(analysis: &Analysis) -> BTreeMap<Thing, Changed> {
    let mut changes = BTreeMap::new();
    // In a runbook that is not understood too much is missing.
    if analysis.model.title.is_none() || any_errors(&analysis.problems) {
        return changes;
    }
    for node in &analysis.plan.nodes {
        let (host, touches): (_, &[Touch]) = match &node.kind {
            NodeKind::Step(step) => (&step.task.host, &step.touches),
            NodeKind::Enter(enter) => (&enter.task.host, &enter.touches),
            _changes_nothing => continue,
        };
        let span = place(node.origin);
        let Some(file) = analysis.sources.get(span.file) else {
            continue;
        };
        for touch in touches.iter().filter(|it| it.how != TouchKind::Saves) {
            let thing = (host.clone(), touch.resource.clone());
            changes.entry(thing).or_insert_with(|| Changed {
                runbook: analysis.sources.file(analysis.file).path.clone(),
                statement: node.name.split('[').next().unwrap_or_default().to_owned(),
                span,
                file: file.clone(),
            });
        }
    }
    changes
}

/// Whether two locks can have one name, so that the runs may keep apart. What is
/// filled in when a run starts can be anything.
fn may_be_one_lock(one: Option<&Text>, other: Option<&Text>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    let ((first, last), (head, tail)) = (ends(one), ends(other));
    match (is_known(one), is_known(other)) {
        (true, true) => first == head,
        (true, false) => first.starts_with(&head) && first.ends_with(&tail),
        (false, true) => head.starts_with(&first) && head.ends_with(&last),
        (false, false) => {
            let fits = |one: &str, other: &str, both: fn(&str, &str) -> bool| {
                both(one, other) || both(other, one)
            };
            fits(&first, &head, |one, other| one.starts_with(other))
                && fits(&last, &tail, |one, other| one.ends_with(other))
        }
    }
}

fn is_known(text: &Text) -> bool {
    text.iter().all(|part| matches!(part, TextPart::Literal(_)))
}

/// What a text begins and ends with for sure; all of it where nothing is filled
/// in.
fn ends(text: &Text) -> (String, String) {
    let literal = |part: &TextPart| match part {
        TextPart::Literal(text) => Some(text.clone()),
        TextPart::Value(_) => None,
    };
    let first: String = text.iter().map_while(literal).collect();
    let mut last: Vec<String> = text.iter().rev().map_while(literal).collect();
    last.reverse();
    (first, last.concat())
}

fn add(analysis: &mut Analysis, resource: &str, here: &Changed, there: &Changed) {
    let other = there.runbook.display();
    let message = format!(
        "`{}` changes `{resource}`, and so does `{}` of `{other}`: nothing keeps runs of the two apart",
        here.statement, there.statement
    );
    let problem = Problem::new(Code::RB406, here.span, message)
        .label(format!("changes `{resource}`"))
        .help("give both runbooks a `lock` of one name; or call it otherwise where it is another thing");
    let modules = &analysis.program.modules;
    let comments = modules.iter().flat_map(|module| &module.ast.comments);
    if allowed::lets_stand(&problem, comments, &analysis.sources) {
        return;
    }
    let file = analysis.sources.add(there.file.clone());
    let there = Span { file, ..there.span };
    let problem = problem.and(there, format!("changes `{resource}` too"));
    let problem = with_calls(vec![problem], &analysis.model.expansions);
    analysis.problems.extend(problem);
}
