//! `trouble` blocks: what to look at, and to try, when something went wrong.

use crate::model::commands::TaskKind;
use crate::model::expressions::Place;
use crate::model::names::Kind;
use crate::model::resolve::Resolver;
use crate::model::{After, Task, Text};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, Attribute, ItemKind, TroubleLineKind, TroubleMatch};

#[derive(Debug, Clone)]
pub struct Trouble {
    pub title: String,
    pub symptoms: Vec<Text>,
    pub matches: Vec<Match>,
    /// Only looks.
    pub diagnose: Option<Task>,
    pub tries: Vec<Text>,
    pub span: Span,
}

/// Which failures it is about.
#[derive(Debug, Clone)]
pub struct Match {
    pub failure: Failure,
    /// Statements and phases; empty: anywhere.
    pub within: Vec<After>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Any,
    TimeOut,
    /// A valid regular expression that finds the failure's message.
    Message(String),
}

impl Resolver<'_> {
    pub fn troubles(&mut self) {
        let program = self.program;
        let mut titles: Vec<(String, Span)> = Vec::new();
        for item in &program.root().ast.items {
            let ItemKind::Trouble(trouble) = &item.kind else {
                continue;
            };
            let resolved = self.trouble(trouble, item.span);
            let first = titles.iter().find(|(title, _)| *title == resolved.title);
            if let Some((_, first)) = first {
                let message = format!("trouble \"{}\" is declared twice", resolved.title);
                let problem = Problem::new(Code::RB921, trouble.title.span, message)
                    .and(*first, "first declared here");
                self.report(problem);
            }
            titles.push((resolved.title.clone(), trouble.title.span));
            self.model.troubles.push(resolved);
        }
    }

    fn trouble(&mut self, trouble: &ast::Trouble, span: Span) -> Trouble {
        let mut resolved = Trouble {
            title: self.plain_text(&trouble.title),
            symptoms: Vec::new(),
            matches: Vec::new(),
            diagnose: None,
            tries: Vec::new(),
            span,
        };
        for line in &trouble.lines {
            match &line.kind {
                TroubleLineKind::Symptom(text) => {
                    let text = self.structure_text(text);
                    resolved.symptoms.push(text);
                }
                TroubleLineKind::Matches { what, within } => {
                    let found = self.trouble_match(what, within);
                    resolved.matches.extend(found);
                }
                TroubleLineKind::Diagnose(attributes) => {
                    if resolved.diagnose.is_some() {
                        let message = "a trouble has one `diagnose`";
                        self.report(Problem::new(Code::RB941, line.span, message));
                        continue;
                    }
                    let task = self.diagnosis(attributes, line.span);
                    resolved.diagnose = Some(task);
                }
                TroubleLineKind::Try(text) => {
                    let text = self.text(text, Place::Structure);
                    resolved.tries.push(text);
                }
                TroubleLineKind::Bad => {}
            }
        }
        let has_hole = trouble
            .lines
            .iter()
            .any(|line| line.kind == TroubleLineKind::Bad);
        if resolved.diagnose.is_none() && resolved.tries.is_empty() && !has_hole {
            let message = "this trouble says nothing to do";
            let problem = Problem::new(Code::RB941, trouble.title.span, message)
                .help("add `diagnose { $ … }` or `try \"…\"`");
            self.report(problem);
        }
        resolved
    }

    fn trouble_match(&mut self, what: &TroubleMatch, within: &[ast::Name]) -> Option<Match> {
        let failure = match what {
            TroubleMatch::Text(text) => Failure::Message(self.pattern(text)),
            TroubleMatch::Word(word) => {
                let choices = [("failure", true), ("timeout", false)];
                if self.word(word, &choices)? {
                    Failure::Any
                } else {
                    Failure::TimeOut
                }
            }
        };
        let mut places = Vec::new();
        for name in within {
            if self.find(name, &[Kind::Statement, Kind::Phase]).is_some() {
                places.push(After {
                    name: name.text.clone(),
                    span: name.span,
                });
            }
        }
        Some(Match {
            failure,
            within: places,
        })
    }

    fn diagnosis(&mut self, attributes: &[Attribute], span: Span) -> Task {
        let mut parts = self.parts(attributes, &[], span);
        parts.refuse_for_check(self);
        parts.limit_as_undo(span);
        parts.task(self, TaskKind::Check)
    }
}
