//! Modules, templates and calls of them.

use super::{Builder, Node, child, is_name};
use crate::problem::{Code, Problem};
use crate::syntax::Rule;
use crate::syntax::ast::{
    Argument, ArgumentValue, Call, ItemKind, ModulePath, ParameterKind, Path, StatementKind,
    TemplateBody, TemplateDefinition, TemplateParameter, TypeExpr, TypeExprKind, Use,
};

impl<'t> Builder<'t> {
    pub(super) fn use_item(&mut self, node: Node<'t>) -> ItemKind {
        let span = self.span(&node);
        let alias = child(&node, Rule::alias).map(|alias| self.first_name(&alias));
        let module = match (child(&node, Rule::path), child(&node, Rule::string)) {
            (Some(path), _) => ModulePath::Standard(self.path(path)),
            (None, Some(file)) => ModulePath::File(self.string(file)),
            (None, None) => return ItemKind::Bad,
        };
        ItemKind::Use(Use {
            module,
            alias,
            span,
        })
    }

    pub(super) fn template(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let parameters = match child(&node, Rule::template_params) {
            Some(parameters) => self.template_parameters(parameters),
            None => Vec::new(),
        };
        let body = match node.as_rule() {
            Rule::action => TemplateBody::Action(self.step_body(&node)),
            Rule::check_template => TemplateBody::Check(self.step_body(&node)),
            Rule::bracket => self.bracket_body(&node),
            Rule::metric_template => TemplateBody::Metric(Box::new(self.measure(&node))),
            Rule::thresholds_template => TemplateBody::Thresholds(self.conditions_of(&node)),
            Rule::message_template => TemplateBody::Message(self.first_string(node)),
            _strategy => TemplateBody::Strategy(self.plain_block_of(&node)),
        };
        ItemKind::Template(TemplateDefinition {
            name,
            parameters,
            body,
        })
    }

    /// The two ends of a bracket; what stands between them is the caller's.
    fn bracket_body(&mut self, node: &Node<'t>) -> TemplateBody {
        let parts = self.block_of(node);
        let statements = parts.body.statements.iter();
        let statements = statements.filter(|it| it.kind != StatementKind::Bad);
        let rollbacks = parts.body.rollbacks.iter().map(|it| it.span);
        for span in statements.map(|it| it.span).chain(rollbacks) {
            let message = "a `bracket` template holds `enter` and `leave` only";
            let problem = Problem::new(Code::RB941, span, message)
                .help("what stands between them is written where it is used: `with NAME = bracket(…) { statements }`");
            self.problems.push(problem);
        }
        TemplateBody::Bracket {
            enter: parts.enter,
            leave: parts.leave,
            has_hole: parts
                .body
                .statements
                .iter()
                .any(|it| it.kind == StatementKind::Bad),
        }
    }

    fn template_parameters(&mut self, node: Node<'t>) -> Vec<TemplateParameter> {
        let parameters: Vec<Node<'t>> = node.into_inner().collect();
        let parameters = parameters
            .into_iter()
            .filter(|part| part.as_rule() == Rule::template_param);
        parameters
            .map(|parameter| self.template_parameter(parameter))
            .collect()
    }

    fn template_parameter(&mut self, node: Node<'t>) -> TemplateParameter {
        let kind = match child(&node, Rule::action_type) {
            Some(action) => ParameterKind::Action(self.action_parameters(action)),
            None => ParameterKind::Value(self.first_type(&node)),
        };
        TemplateParameter {
            name: self.first_name(&node),
            kind,
            default: child(&node, Rule::inner_expr).map(|default| self.expr(default)),
            description: self.description(&node),
            span: self.span(&node),
        }
    }

    fn action_parameters(&mut self, node: Node<'t>) -> Vec<(crate::syntax::ast::Name, TypeExpr)> {
        let parameters: Vec<Node<'t>> = node.into_inner().collect();
        let parameters = parameters
            .into_iter()
            .filter(|part| part.as_rule() == Rule::action_param);
        parameters
            .map(|parameter| (self.first_name(&parameter), self.type_of(&parameter)))
            .collect()
    }

    fn type_of(&mut self, node: &Node<'t>) -> TypeExpr {
        match child(node, Rule::type_expr) {
            Some(ty) => self.type_expr(ty),
            None => TypeExpr {
                kind: TypeExprKind::Bad,
                span: self.span(node),
            },
        }
    }

    /// What stands behind the `=` of something made from a template.
    pub(super) fn call_of(&mut self, node: &Node<'t>) -> Option<Call> {
        let from = child(node, Rule::from_call)?;
        let call = child(&from, Rule::call)?;
        Some(self.call(call))
    }

    pub(super) fn call(&mut self, node: Node<'t>) -> Call {
        let span = self.span(&node);
        let mut path = None;
        let mut arguments = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => path = Some(self.path(part)),
                Rule::argument => arguments.extend(self.argument(part)),
                _a_comment => {}
            }
        }
        Call {
            path: path.unwrap_or(Path {
                names: Vec::new(),
                span,
            }),
            arguments,
            span,
        }
    }

    fn argument(&mut self, node: Node<'t>) -> Option<Argument> {
        let name = node.clone().into_inner().find(is_name);
        let value = match (child(&node, Rule::call), child(&node, Rule::inner_expr)) {
            (Some(call), _) => ArgumentValue::Call(Box::new(self.call(call))),
            (None, Some(value)) => ArgumentValue::Expr(self.expr(value)),
            (None, None) => return None,
        };
        Some(Argument {
            name: name.map(|name| self.name(&name)),
            value,
        })
    }
}
