//! Where declared names stand: what editors follow, and change.

use crate::model::resolve::Resolver;
use crate::model::templates::TemplateId;
use crate::model::{Use, Variable};
use crate::source::Span;
use crate::syntax::ast::{Name, Path};

impl Resolver<'_> {
    pub fn note_use(&mut self, at: Span, declared: Span) {
        self.model.uses.push(Use { at, declared });
    }

    /// A variable in a command: an output's has the name of its step and its
    /// own, each declared somewhere else.
    pub fn note_shell_use(&mut self, name: &str, span: Span) {
        let Some(at) = self.name_in(span, name) else {
            return;
        };
        let Some(declared) = self.names.variable(name) else {
            if let Some(declared) = self.names.environment(name) {
                self.note_use(at, declared);
            }
            return;
        };
        let whole = declared.span;
        let output = match declared.variable() {
            Some(Variable::Output { step, name }) => Some((*step, name.len())),
            Some(_) | None => None,
        };
        let Some((step, length)) = output else {
            return self.note_use(at, whole);
        };
        let length = u32::try_from(length).unwrap_or_default();
        let of_output = Span {
            start: at.end - length,
            ..at
        };
        self.note_use(of_output, whole);
        let of_step = self.model.named.get(step.0).map(|(_, span)| *span);
        // What a strategy's step gives begins with more than its name.
        if let Some(declared) = of_step.filter(|it| self.sources.get(it.file).is_some()) {
            let of_step = Span {
                end: of_output.start.saturating_sub(1),
                ..at
            };
            if self.sources.slice(of_step) == self.sources.slice(declared) {
                self.note_use(of_step, declared);
            }
        }
    }

    /// Where the name stands in `$name` or `${name:-x}`.
    fn name_in(&self, span: Span, name: &str) -> Option<Span> {
        let behind = self.sources.slice(span).find(name)?;
        let start = span.range().start + behind;
        Some(Span::new(span.file, start, start + name.len()))
    }

    /// `http.ok`: the module, and its template.
    pub fn note_callee(&mut self, path: &Path, template: Option<TemplateId>) {
        if let [module, _] = &path.names[..]
            && let Some(used) = self.program.module(self.module).uses.get(&module.text)
        {
            self.note_use(module.span, used.name);
        }
        let Some(name) = path.names.last() else {
            return;
        };
        let given = match &path.names[..] {
            [name] => self.names.action_place(&name.text),
            _of_a_module => None,
        };
        let declared = template.and_then(|id| self.definition(id));
        let declared = given.or(declared.map(|(definition, _)| definition.name.span));
        if let Some(declared) = declared {
            self.note_use(name.span, declared);
        }
    }

    /// `shift[10%]`, `rollout.shift`: a statement as tests call it.
    pub fn note_node(&mut self, node: &Name) {
        let written = node.text.split('[').next().unwrap_or_default();
        let mut start = node.span.range().start;
        let mut behind = 0;
        for part in written.split('.') {
            let whole = &written[..behind + part.len()];
            let named = self.model.named.iter().find(|(name, _)| name == whole);
            let declared = named.map(|(_, span)| *span);
            let declared = declared.or_else(|| self.names.place(whole));
            if let Some(declared) = declared {
                let at = Span::new(node.span.file, start, start + part.len());
                self.note_use(at, declared);
            }
            start += part.len() + 1;
            behind += part.len() + 1;
        }
    }
}
