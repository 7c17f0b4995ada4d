//! What is declared, and where: one table for variables, which become shell
//! variables, and one for everything else.

use std::collections::HashMap;

use crate::model::arguments::GivenAction;
use crate::model::{Expr, ExprKind, StatementId, Variable};
pub use crate::problem::nearest;
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::types::Type;

/// What a name may stand for besides a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Role,
    Hosts,
    Window,
    Source,
    Metric,
    Thresholds,
    Channel,
    Message,
    Phase,
    Statement,
}

impl Kind {
    /// `a metric`, for messages.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Role => "a role",
            Kind::Hosts => "a list of hosts",
            Kind::Window => "a window",
            Kind::Source => "a source",
            Kind::Metric => "a metric",
            Kind::Thresholds => "thresholds",
            Kind::Channel => "a channel",
            Kind::Message => "a message",
            Kind::Phase => "a phase",
            Kind::Statement => "a statement",
        }
    }

    /// How one is declared, where a line is enough for it.
    fn example(self) -> Option<&'static str> {
        match self {
            Kind::Role => Some("role NAME = [\"ada\", \"grace\"]"),
            Kind::Hosts => Some("hosts NAME = [\"web1\", \"web2\"]"),
            Kind::Window => Some("window NAME { allow mon..fri 09:00..17:00 in \"UTC\" }"),
            Kind::Source => Some("source NAME = prometheus \"http://…\""),
            Kind::Metric => Some("metric NAME: percent = $ ./metric.sh"),
            Kind::Channel => Some("channel NAME = $ ./notify.sh \"$message\""),
            Kind::Message => Some("message NAME to CHANNEL \"…\""),
            Kind::Thresholds | Kind::Phase | Kind::Statement => None,
        }
    }
}

/// A name that was declared.
#[derive(Debug, Clone)]
pub struct Declared {
    pub kind: Kind,
    /// Its place among those of its kind.
    pub index: usize,
    pub span: Span,
    /// From the file around a template: the template's own names hide it.
    inherited: bool,
}

/// A variable that was declared.
#[derive(Debug, Clone)]
pub struct DeclaredVariable {
    /// What it stands for; in a template that may be any expression.
    pub meaning: ExprKind,
    pub ty: Type,
    pub span: Span,
    inherited: bool,
}

impl DeclaredVariable {
    /// What it stands for, where that is a variable.
    pub fn variable(&self) -> Option<&Variable> {
        match &self.meaning {
            ExprKind::Variable(variable) => Some(variable),
            _an_argument => None,
        }
    }

    fn new(meaning: ExprKind, ty: Type, span: Span) -> DeclaredVariable {
        DeclaredVariable {
            meaning,
            ty,
            span,
            inherited: false,
        }
    }
}

#[derive(Debug, Default, Clone)]
pub struct Names {
    declared: HashMap<String, Declared>,
    /// By the name commands see.
    variables: HashMap<String, DeclaredVariable>,
    /// Outputs by step and name, for `backup.id`.
    outputs: HashMap<(String, String), DeclaredVariable>,
    /// Loop variables in scope, the innermost last.
    loops: Vec<(String, DeclaredVariable)>,
    /// Environment variables that are declared to come from outside, or given
    /// a value.
    environment: HashMap<String, Span>,
    /// What a template was given for its parameters that are actions, and where
    /// those are declared.
    actions: HashMap<String, (Span, GivenAction)>,
}

impl Names {
    pub fn declare(&mut self, name: &Name, kind: Kind, index: usize) -> Option<Problem> {
        let declared = Declared {
            kind,
            index,
            span: name.span,
            inherited: false,
        };
        match self.declared.get(&name.text) {
            Some(first) if !first.inherited => Some(doubled(name, first.span)),
            Some(_) | None => {
                self.declared.insert(name.text.clone(), declared);
                None
            }
        }
    }

    pub fn declare_variable(
        &mut self,
        name: &str,
        span: Span,
        variable: Variable,
        ty: Type,
    ) -> Option<Problem> {
        let declared = DeclaredVariable::new(ExprKind::Variable(variable), ty, span);
        match self.variables.get(name) {
            Some(first) if !first.inherited => Some(
                Problem::new(Code::RB305, span, format!("`{name}` is already a variable"))
                    .label("declared again here")
                    .and(first.span, "first declared here")
                    .help("commands see both as the same shell variable: give one another name"),
            ),
            Some(_) | None => {
                self.variables.insert(name.to_owned(), declared);
                None
            }
        }
    }

    /// A template's parameter and the value it was given.
    pub fn declare_argument(&mut self, name: &Name, value: Expr, ty: Type) {
        let declared = DeclaredVariable::new(value.kind, ty, name.span);
        self.variables.insert(name.text.clone(), declared);
    }

    /// A part of what a parameter was given: `server.url` in expressions,
    /// `$server_url` for commands.
    pub fn declare_part(&mut self, of: &Name, part: &str, value: Expr, ty: Type) {
        let declared = DeclaredVariable::new(value.kind, ty, of.span);
        self.variables
            .insert(format!("{}_{part}", of.text), declared.clone());
        self.outputs
            .insert((of.text.clone(), part.to_owned()), declared);
    }

    pub fn declare_action(&mut self, name: &Name, action: GivenAction) {
        self.actions.insert(name.text.clone(), (name.span, action));
    }

    /// An action that a template was given.
    pub fn action(&self, name: &str) -> Option<&GivenAction> {
        self.actions.get(name).map(|(_, action)| action)
    }

    /// Where the parameter is that an action was given for.
    pub fn action_place(&self, name: &str) -> Option<Span> {
        self.actions.get(name).map(|(place, _)| *place)
    }

    pub fn action_names(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }

    /// What a template of the same file sees of it: all but the loops around
    /// the call. Its own names hide these.
    pub fn inherited(&self) -> Names {
        let mut names = self.clone();
        names.loops.clear();
        names.actions.clear();
        for declared in names.declared.values_mut() {
            declared.inherited = true;
        }
        for declared in names.variables.values_mut() {
            declared.inherited = true;
        }
        names
    }

    /// An output: `$backup_id` for commands, `backup.id` in expressions.
    pub fn declare_output(
        &mut self,
        step: &Name,
        id: StatementId,
        output: &Name,
    ) -> Option<Problem> {
        let variable = Variable::Output {
            step: id,
            name: output.text.clone(),
        };
        let meaning = ExprKind::Variable(variable.clone());
        let declared = DeclaredVariable::new(meaning, Type::String, output.span);
        let key = (step.text.clone(), output.text.clone());
        self.outputs.insert(key, declared);
        let shell = format!("{}_{}", step.text, output.text);
        self.declare_variable(&shell, output.span, variable, Type::String)
    }

    pub fn declare_environment(&mut self, name: &Name) {
        self.environment.insert(name.text.clone(), name.span);
    }

    /// Where a variable of the environment is declared.
    pub fn environment(&self, name: &str) -> Option<Span> {
        self.environment.get(name).copied()
    }

    /// Where something that is no variable is declared.
    pub fn place(&self, name: &str) -> Option<Span> {
        self.declared.get(name).map(|declared| declared.span)
    }

    pub fn is_environment(&self, name: &str) -> bool {
        self.environment.contains_key(name)
    }

    pub fn enter_loop(&mut self, name: &Name, number: usize, ty: Type) {
        let meaning = ExprKind::Variable(Variable::Loop(number));
        let declared = DeclaredVariable::new(meaning, ty, name.span);
        self.loops.push((name.text.clone(), declared));
    }

    pub fn leave_loop(&mut self) {
        self.loops.pop();
    }

    /// A variable by the name commands see.
    pub fn variable(&self, name: &str) -> Option<&DeclaredVariable> {
        let in_loops = self.loops.iter().rev().find(|(of, _)| of == name);
        in_loops
            .map(|(_, declared)| declared)
            .or_else(|| self.variables.get(name))
    }

    pub fn output(&self, step: &str, name: &str) -> Option<&DeclaredVariable> {
        self.outputs.get(&(step.to_owned(), name.to_owned()))
    }

    pub fn outputs_of<'a>(&'a self, step: &'a str) -> impl Iterator<Item = &'a str> {
        self.outputs
            .keys()
            .filter(move |(of, _)| of == step)
            .map(|(_, name)| name.as_str())
    }

    /// A declared name of one of these kinds.
    pub fn find(&self, name: &Name, kinds: &[Kind]) -> Result<&Declared, Box<Problem>> {
        match self.declared.get(&name.text) {
            Some(declared) if kinds.contains(&declared.kind) => Ok(declared),
            Some(declared) => Err(Problem::new(
                Code::RB920,
                name.span,
                format!(
                    "`{}` is {}, not {}",
                    name.text,
                    declared.kind.words(),
                    wanted(kinds)
                ),
            )
            .label(format!("expected {} here", wanted(kinds)))
            .and(declared.span, "declared here")
            .help(match (declared.kind, kinds) {
                (Kind::Metric, [Kind::Thresholds]) => {
                    format!("compare it with something: `{} < 1%`", name.text)
                }
                (_, _) => format!("name {} that is declared", wanted(kinds)),
            })
            .into()),
            None => {
                let candidates = self
                    .declared
                    .iter()
                    .filter(|(_, declared)| kinds.contains(&declared.kind))
                    .map(|(name, _)| name.as_str());
                let problem = unknown(name, &wanted(kinds), candidates);
                let example = kinds.first().and_then(|kind| kind.example());
                Err(match (&problem.help, example) {
                    (None, Some(example)) => problem.help(format!(
                        "declare it: `{}`",
                        example.replace("NAME", &name.text)
                    )),
                    (_, _) => problem,
                }
                .into())
            }
        }
    }

    /// Every variable's name, for suggestions.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        let loops = self.loops.iter().map(|(name, _)| name.as_str());
        self.variables.keys().map(String::as_str).chain(loops)
    }
}

fn wanted(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
    words.join(" or ").replace(" or a ", " or ")
}

fn doubled(name: &Name, first: Span) -> Problem {
    Problem::new(
        Code::RB921,
        name.span,
        format!("`{}` is declared twice", name.text),
    )
    .label("declared again here")
    .and(first, "first declared here")
    .help("give one of them another name")
}

/// An unknown name, with the nearest of the candidates.
pub fn unknown<'a>(
    name: &Name,
    wanted: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Problem {
    let nearest = nearest(&name.text, candidates);
    let message = match wanted.strip_prefix("a ") {
        Some(wanted) => format!("no {wanted} is called `{}`", name.text),
        None => format!("no {wanted} are called `{}`", name.text),
    };
    let problem = Problem::new(Code::RB920, name.span, message);
    suggest(problem, name.span, nearest)
}

/// Adds `did you mean` and its fix.
pub fn suggest(problem: Problem, span: Span, nearest: Option<impl AsRef<str>>) -> Problem {
    match nearest {
        Some(nearest) => {
            let nearest = nearest.as_ref();
            let edit = crate::problem::Edit {
                span,
                replacement: nearest.to_owned(),
            };
            problem.help(format!("did you mean `{nearest}`?")).fix(
                format!("change to `{nearest}`"),
                vec![edit],
                false,
            )
        }
        None => problem,
    }
}
