//! Scripts: the text stays as it was written; what it uses is read from it and
//! bound to values.

use std::sync::Arc;

use crate::model::evaluate::any_variable;
use crate::model::names::{nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::scripts::ShellText;
use crate::model::{Binding, Expr, ExprKind, Run, Task, Variable};
use crate::plan::RunValue;
use crate::problem::{Code, Edit, Problem};
use crate::shell::{Quoting, Script, VariableUse};
use crate::source::Span;
use crate::syntax::ast::{self, Command};
use crate::types::{Type, Unit};

/// What a task is part of; it decides which variables exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    Step,
    Check,
    Capture,
    Probe,
    Enter,
    Undo,
    Verify,
    Metric,
    Channel,
    Secret,
}

/// The commands of one task.
#[derive(Debug)]
pub struct Gathered {
    pub commands: Vec<Command>,
    pub shell: Option<ast::Name>,
    /// What its `env NAME = value` lines give it.
    pub environment: Vec<String>,
}

impl Gathered {
    pub fn names(environment: &[Binding]) -> Vec<String> {
        let names = environment.iter().map(|binding| binding.name.clone());
        names.collect()
    }
}

/// Environment variables that every process may count on.
const WELL_KNOWN: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "PWD",
    "OLDPWD",
    "SHELL",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TERM",
    "TZ",
    "HOSTNAME",
    "UID",
    "EUID",
    "PPID",
    "IFS",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "BASH",
    "BASH_SOURCE",
    "BASH_VERSION",
    "FUNCNAME",
    "PIPESTATUS",
    "OPTARG",
    "OPTIND",
    "REPLY",
    "EDITOR",
];

/// The shell's names of the run's own values.
const RUN_VARIABLES: &[(&str, RunValue)] = &[
    ("run_id", RunValue::Id),
    ("run_reason", RunValue::Reason),
    ("run_elapsed", RunValue::Elapsed),
    ("run_outcome", RunValue::Outcome),
    ("run_starter", RunValue::Starter),
];

impl Resolver<'_> {
    /// A task of one command and nothing else.
    pub fn command_task(&mut self, command: &Command, kind: TaskKind) -> Task {
        self.command_task_in(command, kind, None)
    }

    pub fn command_task_in(
        &mut self,
        command: &Command,
        kind: TaskKind,
        shell: Option<&ast::Name>,
    ) -> Task {
        let gathered = Gathered {
            commands: vec![command.clone()],
            shell: shell.cloned(),
            environment: Vec::new(),
        };
        let (run, bindings) = self.script(gathered, kind);
        Task {
            run,
            bindings,
            ..self.no_task(command.span)
        }
    }

    /// Joins the commands of a task to one script and binds what it uses.
    pub fn script(&mut self, gathered: Gathered, kind: TaskKind) -> (Run, Vec<Binding>) {
        let shell = self.shell(gathered.shell.as_ref());
        let text = Arc::new(ShellText::new(&gathered.commands, shell));
        for fault in &text.script.faults {
            let span = text.span(&fault.range);
            let problem = Problem::new(Code::RB702, span, format!("the shell: {}", fault.message));
            let mut commands = gathered.commands.iter().map(|it| self.written(it.span));
            let is_fenced = commands.any(|written| written.contains("```"));
            self.report(match mend(&fault.message, is_fenced) {
                Some(help) => problem.help(help),
                None => problem,
            });
        }
        let bindings = self.bind(&text, &gathered.environment, kind);
        self.check_literal_mentions(&text);
        self.check_braces(&text);
        (Run::Script(text), bindings)
    }

    fn bind(&mut self, text: &ShellText, environment: &[String], kind: TaskKind) -> Vec<Binding> {
        let script = &text.script;
        let mut bindings: Vec<Binding> = Vec::new();
        for used in &script.uses {
            let span = text.span(&used.range);
            let Some(value) = self.shell_variable(&used.name, kind, span) else {
                self.note_shell_use(&used.name, span);
                if !environment.contains(&used.name) {
                    self.check_unbound(script, used, span);
                }
                continue;
            };
            self.used_variables.insert(used.name.clone());
            self.note_shell_use(&used.name, span);
            if script.sets.iter().any(|set| set.name == used.name) {
                // The script has a variable of its own by that name.
                let shadowed = script
                    .sets
                    .iter()
                    .any(|set| set.name == used.name && set.range.start < used.range.start);
                if shadowed {
                    continue;
                }
            }
            if let Some(ty) = &value.ty {
                self.check_quoting(used, ty, span);
            }
            if has_secret(&value) {
                self.check_secret(script, used, span);
            }
            if !bindings.iter().any(|binding| binding.name == used.name) {
                bindings.push(Binding {
                    name: used.name.clone(),
                    value,
                });
            }
        }
        bindings
    }

    fn shell_variable(&self, name: &str, kind: TaskKind, span: Span) -> Option<Expr> {
        let expr = |kind, ty| Expr {
            kind,
            ty: Some(ty),
            span,
        };
        if kind == TaskKind::Channel && name == "message" {
            let given = ExprKind::Variable(Variable::Given(name.to_owned()));
            return Some(expr(given, Type::String));
        }
        let run = RUN_VARIABLES.iter().find(|(of, _)| *of == name);
        if let Some((_, value)) = run {
            let run = ExprKind::Variable(Variable::Run(*value));
            return Some(expr(run, Type::String));
        }
        let declared = self.names.variable(name)?;
        Some(expr(declared.meaning.clone(), declared.ty.clone()))
    }

    /// A variable that is none of ours: the script's own, the environment's, or
    /// a mistake.
    fn check_unbound(&mut self, script: &Script, used: &VariableUse, span: Span) {
        let own = script.sets.iter().any(|set| set.name == used.name);
        let known = self.names.is_environment(&used.name)
            || self
                .model
                .environment
                .iter()
                .any(|binding| binding.name == used.name)
            || WELL_KNOWN.contains(&used.name.as_str())
            || used.name.starts_with("BASH_")
            || used.name.starts_with("LC_");
        if own || known {
            return;
        }
        if used.name.chars().any(|c| c.is_ascii_lowercase()) {
            if used.tolerant {
                return;
            }
            let name = &used.name;
            let near = nearest(name, self.names.variable_names());
            let message = format!("nothing sets `${name}`");
            let problem = Problem::new(Code::RB301, span, message)
                .label("no parameter, capture, output or loop variable has this name")
                .help(match self.names.outputs_of(name).next() {
                    Some(output) => format!("`{name}` gives `{output}`, which is `${name}_{output}` in a command"),
                    None => "declare it (`param`, `capture`, `output`), set it in the command, or say `env NAME` if it comes from outside".to_owned(),
                });
            let written = self.written(span);
            let replacement = near.map(|near| written.replacen(&used.name, near, 1));
            self.report(suggest(problem, span, replacement));
        } else if !used.tolerant {
            let message = format!("`${}` comes from outside and is not declared", used.name);
            let ours = used.name.to_ascii_lowercase();
            let env = format!("add a line `env {}` at the top", used.name);
            let problem = Problem::new(Code::RB309, span, message).fix(
                "declare it",
                self.add_env(&used.name),
                false,
            );
            let problem = match self.names.variable(&ours) {
                Some(_) => problem.help(format!(
                    "did you mean `${ours}`? If it does come from outside, {env}"
                )),
                None => problem.help(env),
            };
            self.report(problem);
        }
    }

    fn check_quoting(&mut self, used: &VariableUse, ty: &Type, span: Span) {
        let splits = match ty.unit() {
            Some(Unit::Number | Unit::Percent | Unit::Duration | Unit::Bytes | Unit::Rate) => false,
            None => *ty != Type::Bool,
        };
        if used.quoting != Quoting::Unquoted || !splits {
            return;
        }
        let written = self.sources.slice(span).to_owned();
        let problem = Problem::new(
            Code::RB307,
            span,
            format!("`{written}` is not quoted: a space in the value makes it two words"),
        );
        let before = self.sources.file(span.file).text.get(..span.range().start);
        let word = before.and_then(|it| it.rsplit(char::is_whitespace).next());
        if let Some(quote) = word.and_then(|it| it.chars().find(|c| "“”„‘’«»".contains(*c)))
        {
            self.report(problem.help(format!(
                "`{quote}` is a letter to the shell: it comes from a word processor, write `\"`"
            )));
            return;
        }
        let edit = Edit {
            span,
            replacement: format!("\"{written}\""),
        };
        self.report(problem.fix("quote it", vec![edit], true));
    }

    /// A secret may not stand among the words of a program's command line; a
    /// builtin has none that others can see.
    fn check_secret(&mut self, script: &Script, used: &VariableUse, span: Span) {
        const BUILTINS: [&str; 6] = ["printf", "echo", "test", "[", ":", "export"];
        let Some(command) = used.in_word_of.and_then(|index| script.commands.get(index)) else {
            return;
        };
        let program = command
            .words
            .first()
            .and_then(|word| word.literal.as_deref());
        if program.is_some_and(|program| BUILTINS.contains(&program)) {
            return;
        }
        let message = format!(
            "the secret `{}` stands among the arguments of `{}`",
            used.name,
            program.unwrap_or("a command")
        );
        let problem = Problem::new(Code::RB602, span, message)
            .label("every user of the machine can read it there")
            .help(format!(
                "the command has it in its environment as `{}`; or write it to standard input with `printf '%s' \"${}\" |`",
                used.name, used.name
            ));
        self.report(problem);
    }

    fn check_literal_mentions(&mut self, text: &ShellText) {
        for (name, range) in &text.script.literal_mentions {
            if self.names.variable(name).is_some() {
                let span = text.span(range);
                let message = format!("`${name}` is not filled in: it stands in single quotes");
                let problem = Problem::new(Code::RB308, span, message)
                    .help("use double quotes, or allow it if the text is meant so");
                self.report(problem);
            }
        }
    }
}

impl Resolver<'_> {
    /// `{version}` in a command, as it is written in texts: to the shell these
    /// are letters.
    fn check_braces(&mut self, text: &ShellText) {
        let mut from = 0;
        while let Some(open) = text.text[from..].find('{').map(|at| from + at) {
            from = open + 1;
            let Some(close) = text.text[from..].find('}').map(|at| from + at) else {
                return;
            };
            let name = text.text[from..close].trim_matches(['{', ' ']);
            // `{backup.id}` is `$backup_id`.
            let name = name.replace('.', "_");
            // `${version}` is the shell's own.
            let is_shell = text.text[..open].ends_with(['$', '{']);
            let is_of_run = RUN_VARIABLES.iter().any(|(of, _)| *of == name);
            if is_shell || !(is_of_run || self.names.variable(&name).is_some()) {
                continue;
            }
            let behind = &text.text[close..];
            let doubled = text.text[from..].starts_with('{') && behind.starts_with("}}");
            let end = close + if doubled { 2 } else { 1 };
            let span = text.span(&(open..end));
            let written = self.written(span);
            let message = format!("`{written}` is not filled in: in a command it is only letters");
            let problem = Problem::new(Code::RB308, span, message).help(format!(
                "write `${name}` between double quotes, or allow it if the text is meant so"
            ));
            self.report(problem);
        }
    }
}

/// What to do where the shell cannot read a text.
fn mend(fault: &str, is_fenced: bool) -> Option<&'static str> {
    if fault.contains("understood by bash") {
        Some("let bash run it: add a line `shell bash` to the step")
    } else if fault.contains("here-document") && is_fenced {
        Some(
            "let its last line begin where the lines around it do: of the blanks before the lines of a fence, only those are taken away that all of them have",
        )
    } else if fault.contains("here-document") {
        Some(
            "a `$` line is one line: a script of several stands between fences, a line with $ and three backquotes and one with three backquotes",
        )
    } else {
        None
    }
}

fn has_secret(expr: &Expr) -> bool {
    any_variable(expr, &|variable| matches!(variable, Variable::Secret(_)))
}
