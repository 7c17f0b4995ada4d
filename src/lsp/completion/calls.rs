//! Modules, their templates, and the parameters of those.

use super::{FIELD, Item, Place, item};
use crate::lsp::hover::about_file;
use crate::lsp::index::Kind;
use crate::lsp::signature::{Call, Signature};
use crate::modules::STANDARD;

const MODULE: u8 = 9;
const FUNCTION: u8 = 3;

impl Place<'_> {
    /// Behind `use`.
    pub(super) fn modules(&self, items: &mut Vec<Item>) {
        let path = self.begun.trim_start_matches("use ").trim_start();
        let inside = path.starts_with("std.");
        for module in STANDARD {
            let about = about_file(module.text);
            let label = match inside {
                true => module.name.to_owned(),
                false => format!("std.{}", module.name),
            };
            let first = about.lines().next().unwrap_or_default().to_owned();
            items.push(Item {
                about,
                ..item(label, MODULE, first)
            });
        }
    }

    /// The templates of a module by the name it has here.
    pub(super) fn templates_of(&self, module: &str, items: &mut Vec<Item>) -> bool {
        let program = &self.document().analysis.program;
        let Some(used) = program.root().uses.get(module) else {
            return false;
        };
        let file = program.module(used.module).ast.file;
        let wanted = self.wanted_template();
        let all = self.document().index().all.iter();
        let templates = all.filter(|it| it.at.file == file && it.kind.is_template());
        for declared in templates.filter(|it| wanted.is_none_or(|kind| it.kind == kind)) {
            items.push(Item {
                about: declared.doc.clone().unwrap_or_default(),
                ..item(&declared.name, FUNCTION, declared.kind.words())
            });
        }
        true
    }

    /// What makes the statement that is being written.
    fn wanted_template(&self) -> Option<Kind> {
        if self.around.call.is_some() {
            return None;
        }
        match self.begun.split([' ', '\t']).next() {
            Some("step") => Some(Kind::Action),
            Some("check") => Some(Kind::CheckTemplate),
            Some("phase") => Some(Kind::Strategy),
            Some("with") => Some(Kind::BracketTemplate),
            Some("metric") => Some(Kind::MetricTemplate),
            Some("thresholds") => Some(Kind::ThresholdsTemplate),
            Some("message") => Some(Kind::MessageTemplate),
            Some(_) | None => None,
        }
    }

    /// Templates of the file, and the modules it uses.
    pub(super) fn callees(&self, items: &mut Vec<Item>) {
        let file = self.document().analysis.file;
        let wanted = self.wanted_template();
        let all = self.document().index().all.iter();
        for declared in all.filter(|it| it.at.file == file) {
            if declared.kind == Kind::Module || wanted == Some(declared.kind) {
                items.push(Item {
                    about: declared.doc.clone().unwrap_or_default(),
                    ..item(
                        &declared.name,
                        declared.kind.completion(),
                        declared.kind.words(),
                    )
                });
            }
        }
        let uses = &self.document().analysis.program.root().uses;
        items.extend(
            uses.keys()
                .map(|name| item(name, MODULE, Kind::Module.words())),
        );
    }

    /// The parameters of the template that is called here, without those it has;
    /// false where no template is.
    pub(super) fn parameters(&self, items: &mut Vec<Item>) -> bool {
        let Some(call) = Call::around(self.document(), &self.around, self.start) else {
            return false;
        };
        let Some(signature) = Signature::of(self.document(), &call) else {
            return false;
        };
        if call.names_value {
            return true;
        }
        for parameter in &signature.parameters {
            if !call.given.contains(&parameter.name) {
                items.push(Item {
                    about: parameter.about.clone(),
                    ..item(format!("{}: ", parameter.name), FIELD, &parameter.ty)
                });
            }
        }
        true
    }
}
