//! Names that are declared, where the statement wants one of their kind.

use super::{Item, Place, VALUE, VARIABLE, item};
use crate::lsp::index::{Declared, Kind};
use crate::plan::NodeKind;
use crate::syntax::{Context, quoted};

const STATEMENTS: &[Kind] = &[
    Kind::Phase,
    Kind::Step,
    Kind::Check,
    Kind::Gate,
    Kind::Checklist,
    Kind::With,
    Kind::Parallel,
];
const RUNS: &[Kind] = &[
    Kind::Phase,
    Kind::Step,
    Kind::Check,
    Kind::Gate,
    Kind::Checklist,
    Kind::With,
    Kind::Parallel,
    Kind::Message,
];
const CONDITIONS: &[Kind] = &[Kind::Thresholds, Kind::Metric];

/// What a run knows of itself.
const RUN: &[(&str, &str)] = &[
    ("id", "the run's name"),
    ("reason", "why it is rolled back"),
    ("elapsed", "the time since it began"),
    ("outcome", "how it ended"),
    ("starter", "who started it"),
];

impl<'d> Place<'d> {
    /// All that counts here.
    fn declared(&self) -> impl Iterator<Item = &'d Declared> {
        let here = self.at.span();
        let file = self.document().analysis.file;
        let all = self.document().index().all.iter();
        all.filter(move |it| it.at.file == file && it.counts_at(here))
    }

    fn push(&self, declared: &Declared, label: String, items: &mut Vec<Item>) {
        let sources = &self.document().analysis.sources;
        let detail = match declared.ty {
            Some(ty) => format!("{}: {}", declared.kind.words(), sources.slice(ty)),
            None => declared.kind.words().to_owned(),
        };
        let about = [&declared.about, &declared.doc];
        let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
        items.push(Item {
            about: about.join("\n\n"),
            ..item(label, declared.kind.completion(), detail)
        });
    }

    /// Names of the kind that the statement wants here; false where it wants
    /// none.
    pub(super) fn named(&self, items: &mut Vec<Item>) -> bool {
        let Some(kinds) = self.wanted() else {
            return false;
        };
        let found = self.declared().filter(|it| kinds.contains(&it.kind));
        found.for_each(|it| self.push(it, it.name.clone(), items));
        true
    }

    /// `given check ready`: the checks of a gate, by their titles.
    pub(super) fn titles_of_checks(&self, items: &mut Vec<Item>) {
        let mut words = self.begun.split_whitespace();
        let asked = (words.next(), words.next(), words.next(), words.next());
        let (Some("given"), Some("check"), Some(gate), None) = asked else {
            return;
        };
        let nodes = self.document().analysis.plan.nodes.iter();
        // Rounds of a loop may have the same.
        let mut titles: Vec<String> = Vec::new();
        for node in nodes.filter(|node| node.is_called(gate)) {
            let NodeKind::Gate(gate) = &node.kind else {
                continue;
            };
            for (_, title) in gate.checks() {
                if !titles.contains(&title) {
                    titles.push(title);
                }
            }
        }
        let titles = titles.iter().map(|title| quoted(title));
        items.extend(titles.map(|title| item(title, VALUE, "a check of it")));
    }

    pub(super) fn conditions(&self, items: &mut Vec<Item>) {
        let found = self.declared().filter(|it| CONDITIONS.contains(&it.kind));
        found.for_each(|it| self.push(it, it.name.clone(), items));
        items.extend(["any", "all"].map(|word| item(word, super::KEYWORD, "a group")));
    }

    fn wanted(&self) -> Option<&'static [Kind]> {
        let mut words = self
            .begun
            .split([' ', '\t'])
            .filter(|word| !word.is_empty());
        let first = words.next()?;
        let context = self.around.context();
        let last = last_word(self.begun);
        Some(match (first, last) {
            ("notify", "notify") => &[Kind::Message],
            ("message", "to") => &[Kind::Channel],
            ("approve", "by") => &[Kind::Role],
            ("window", "window") if context == Context::Gate => &[Kind::Window],
            ("watch", "during") => &[Kind::Phase],
            ("metric", "of") => &[Kind::Metric],
            ("metric", "=") => &[Kind::Source],
            ("hold" | "until", "hold" | "until") => CONDITIONS,
            ("rollback" | "ask", "when") if context == Context::Watch => CONDITIONS,
            ("matches", "in") => STATEMENTS,
            ("given", "given") => &[Kind::Metric, Kind::Gate, Kind::Checklist],
            ("given", "step" | "check" | "enter" | "leave" | "of" | "after" | "during") => {
                STATEMENTS
            }
            ("expect", "ran" | "of") => RUNS,
            ("set", "set") => &[Kind::Parameter],
            (_, "after") => STATEMENTS,
            _nothing => return None,
        })
    }

    /// By the names that commands see.
    pub(super) fn shell_variables(&self, items: &mut Vec<Item>) {
        let variables = self.declared().filter(|it| it.kind.is_variable());
        variables.for_each(|it| self.push(it, it.shell_name(), items));
        let run = RUN.iter();
        items.extend(run.map(|(name, about)| item(format!("run_{name}"), VARIABLE, *about)));
    }

    /// What expressions can use.
    pub(super) fn values(&self, items: &mut Vec<Item>) {
        for declared in self.declared() {
            match declared.kind {
                Kind::Output => {
                    let step = declared.of.as_deref().unwrap_or_default();
                    self.push(declared, format!("{step}.{}", declared.name), items);
                }
                Kind::Environment => {}
                kind if kind.is_variable() => self.push(declared, declared.name.clone(), items),
                Kind::Hosts => self.push(declared, format!("hosts.{}", declared.name), items),
                _no_value => {}
            }
        }
        let run = RUN.iter();
        items.extend(run.map(|(name, about)| item(format!("run.{name}"), VARIABLE, *about)));
        let in_condition = matches!(
            self.around.context(),
            Context::Condition | Context::Gate | Context::Watch
        );
        if in_condition {
            items.push(item("baseline", VARIABLE, "what it was when the run began"));
        }
    }

    /// What stands behind a dot; false where none does.
    pub(super) fn members(&self, items: &mut Vec<Item>) -> bool {
        let before = self.before_stem();
        let Some(path) = before.strip_suffix('.') else {
            return false;
        };
        let of = &path[path.trim_end_matches(super::is_of_name).len()..];
        if of.is_empty() || of.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        if self.templates_of(of, items) {
            return true;
        }
        match of {
            "run" => items.extend(
                RUN.iter()
                    .map(|(name, about)| item(*name, VARIABLE, *about)),
            ),
            "hosts" => {
                let hosts = self.declared().filter(|it| it.kind == Kind::Hosts);
                hosts.for_each(|it| self.push(it, it.name.clone(), items));
            }
            step => {
                let outputs = self.declared().filter(|it| it.of.as_deref() == Some(step));
                outputs.for_each(|it| self.push(it, it.name.clone(), items));
            }
        }
        true
    }
}

/// The word that a text ends with; in a list, the one before it.
fn last_word(begun: &str) -> &str {
    let mut rest = begun.trim_end();
    while let Some(list) = rest.strip_suffix(',') {
        let list = list.trim_end();
        rest = list
            .trim_end_matches(|c: char| !c.is_whitespace() && c != ',')
            .trim_end();
    }
    let start = rest.rfind([' ', '\t']).map_or(0, |at| at + 1);
    &rest[start..]
}
