//! A runbook with the modules it uses, read and parsed: between `syntax`, which
//! knows one file, and `model`, which finds the names of all of them.

mod place;
mod standard;

pub use standard::{STANDARD, StandardModule};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::problem::{Code, Edit, Problem, nearest};
use crate::source::{FileId, Files, SourceMap, Span};
use crate::syntax::ast::{Ast, Item, ItemKind, ModulePath, Name, Use};
use crate::syntax::{decode, parse};

/// Index of a module in [`Program::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub usize);

impl ModuleId {
    /// The file that was asked for.
    pub const ROOT: ModuleId = ModuleId(0);
}

/// A runbook and its modules.
#[derive(Debug, Clone)]
pub struct Program {
    /// The runbook first.
    pub modules: Vec<Module>,
}

/// One file of a program.
#[derive(Debug, Clone)]
pub struct Module {
    /// As the program names it: `std.http`, or the path of a file.
    pub name: String,
    pub ast: Ast,
    /// What it uses, by the name it has there.
    pub uses: BTreeMap<String, Used>,
}

/// A `use` that was found.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub module: ModuleId,
    pub span: Span,
    /// What gives it its name: that behind `as`, or the end of its path.
    pub name: Span,
}

impl Program {
    pub fn root(&self) -> &Module {
        &self.modules[ModuleId::ROOT.0]
    }

    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0]
    }
}

/// No program needs more modules; a limit keeps any input from exhausting the
/// machine.
const MOST_MODULES: usize = 200;

/// Reads what a runbook uses, and what that uses. The files are added to
/// `sources`, which holds the runbook itself.
pub fn load(root: Ast, sources: &mut SourceMap, files: &dyn Files) -> (Program, Vec<Problem>) {
    let path = sources.file(root.file).path.clone();
    let project = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut loader = Loader {
        sources,
        files,
        project,
        modules: Vec::new(),
        known: BTreeMap::new(),
        open: Vec::new(),
        problems: Vec::new(),
    };
    loader.add(Location::File(place::normal(&path)), root);
    let program = Program {
        modules: loader.modules,
    };
    (program, loader.problems)
}

/// Where a module comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Location {
    Standard(&'static str),
    /// Without `.` and, where it can be, without `..`.
    File(PathBuf),
}

impl Location {
    fn name(&self) -> String {
        match self {
            Location::Standard(name) => format!("std.{name}"),
            Location::File(path) => path.display().to_string(),
        }
    }
}

struct Loader<'a> {
    sources: &'a mut SourceMap,
    files: &'a dyn Files,
    /// The folder of the runbook, which no path may leave.
    project: PathBuf,
    modules: Vec<Module>,
    known: BTreeMap<Location, ModuleId>,
    /// Those being read, the runbook first.
    open: Vec<Location>,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    /// Adds a parsed file, and then all that it uses.
    fn add(&mut self, location: Location, ast: Ast) -> ModuleId {
        let id = ModuleId(self.modules.len());
        let uses: Vec<Use> = ast.items.iter().filter_map(use_of).cloned().collect();
        self.known.insert(location.clone(), id);
        self.modules.push(Module {
            name: location.name(),
            ast,
            uses: BTreeMap::new(),
        });
        self.open.push(location);
        for used in &uses {
            self.resolve(id, used);
        }
        self.open.pop();
        id
    }

    fn resolve(&mut self, by: ModuleId, used: &Use) {
        let Some((location, name)) = self.locate(by, used) else {
            return;
        };
        let Some(module) = self.module(location, used.span) else {
            return;
        };
        let found = Used {
            module,
            span: used.span,
            name: name.span,
        };
        let uses = &mut self.modules[by.0].uses;
        if let Some(first) = uses.insert(name.text.clone(), found) {
            let message = format!("two modules are called `{}` here", name.text);
            self.problems.push(
                Problem::new(Code::RB921, name.span, message)
                    .and(first.span, "the first one")
                    .help("give one of them another name: `use … as NAME`"),
            );
        }
    }

    /// Where the module of a `use` is, and what it is called there.
    fn locate(&mut self, by: ModuleId, used: &Use) -> Option<(Location, Name)> {
        match &used.module {
            ModulePath::Standard(path) => {
                let location = self.standard(path)?;
                let name = used.alias.clone().or_else(|| path.names.last().cloned())?;
                Some((location, name))
            }
            ModulePath::File(text) => {
                let location = self.file(by, text)?;
                let name = match &used.alias {
                    Some(alias) => alias.clone(),
                    None => self.name_of(&location, text.span)?,
                };
                Some((location, name))
            }
        }
    }

    fn standard(&mut self, path: &crate::syntax::ast::Path) -> Option<Location> {
        let names: Vec<&str> = path.names.iter().map(|name| name.text.as_str()).collect();
        let found = match &names[..] {
            ["std", name] => STANDARD.iter().find(|module| module.name == *name),
            _something_else => None,
        };
        if let Some(module) = found {
            return Some(Location::Standard(module.name));
        }
        self.unknown_standard(path, &names);
        None
    }

    fn unknown_standard(&mut self, path: &crate::syntax::ast::Path, names: &[&str]) {
        let known: Vec<&str> = STANDARD.iter().map(|module| module.name).collect();
        let written = names.join(".");
        let message = format!("there is no module `{written}`");
        let problem = Problem::new(Code::RB922, path.span, message);
        let last = names.last().copied().unwrap_or_default();
        let problem = match nearest(last, known.iter().copied()) {
            Some(near) => {
                let near = format!("std.{near}");
                let edit = Edit {
                    span: path.span,
                    replacement: near.clone(),
                };
                problem.help(format!("did you mean `{near}`?")).fix(
                    format!("change to `{near}`"),
                    vec![edit],
                    false,
                )
            }
            None => problem.help(format!(
                "there are {}; a file of yours is used by its path: `use \"./{last}.runbook\"`",
                listed(&known)
            )),
        };
        self.problems.push(problem);
    }

    fn file(&mut self, by: ModuleId, text: &crate::syntax::ast::Text) -> Option<Location> {
        let Some(written) = text.plain() else {
            let message =
                "the path of a module is read before anything else, so nothing can be filled in";
            let problem = Problem::new(Code::RB942, text.span, message);
            self.problems.push(problem.help("write it without `{…}`"));
            return None;
        };
        let user = &self.sources.file(self.modules[by.0].ast.file).path;
        let folder = user.parent().unwrap_or(Path::new(""));
        match place::inside(&self.project, folder, &written) {
            Ok(path) if self.files.leads_outside(&path, &self.project) => {
                let message = format!("`{written}` leads out of the folder of the runbook");
                let problem = Problem::new(Code::RB922, text.span, message)
                    .help("it is a link to somewhere else: copy the module into the folder");
                self.problems.push(problem);
                None
            }
            Ok(path) => Some(Location::File(path)),
            Err(why) => {
                let problem = Problem::new(Code::RB922, text.span, why.message(&written)).help(
                    "a module is a file in the folder of the runbook: `use \"./common.runbook\"`",
                );
                self.problems.push(problem);
                None
            }
        }
    }

    /// What a file is called when no `as` says it.
    fn name_of(&mut self, location: &Location, span: Span) -> Option<Name> {
        let stem = match location {
            Location::Standard(name) => Some(*name),
            Location::File(path) => path.file_stem().and_then(|stem| stem.to_str()),
        };
        let stem = stem.unwrap_or_default();
        let first = stem.starts_with(|sign: char| sign.is_ascii_lowercase());
        let others = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
        if first && stem.chars().all(others) {
            return Some(Name {
                text: stem.to_owned(),
                span,
            });
        }
        let message = format!("`{stem}` cannot be a name, and this module has no other");
        let problem =
            Problem::new(Code::RB922, span, message).help("give it one: `use \"…\" as common`");
        self.problems.push(problem);
        None
    }

    /// A module by its place: known, or read now.
    fn module(&mut self, location: Location, span: Span) -> Option<ModuleId> {
        if let Some(first) = self.open.iter().position(|open| *open == location) {
            self.circle(first, span);
            return None;
        }
        if let Some(known) = self.known.get(&location) {
            return Some(*known);
        }
        if self.modules.len() >= MOST_MODULES {
            let message = format!("a runbook uses at most {MOST_MODULES} modules");
            self.problems.push(Problem::new(Code::RB902, span, message));
            return None;
        }
        let ast = self.read(&location, span)?;
        Some(self.add(location, ast))
    }

    fn circle(&mut self, first: usize, span: Span) {
        let mut way: Vec<String> = self.open[first..].iter().map(Location::name).collect();
        way.extend(way.first().cloned());
        let message = format!("modules use one another in a circle: {}", way.join(" → "));
        let problem = Problem::new(Code::RB923, span, message)
            .label("this closes the circle")
            .help("move what both need into a module of its own");
        self.problems.push(problem);
    }

    fn read(&mut self, location: &Location, span: Span) -> Option<Ast> {
        let (path, bytes) = match location {
            Location::Standard(name) => {
                let module = STANDARD.iter().find(|module| module.name == *name)?;
                let path = PathBuf::from(format!("std/{name}.runbook"));
                (path, module.text.as_bytes().to_vec())
            }
            Location::File(path) => match self.files.read(path) {
                Ok(bytes) => (path.clone(), bytes),
                Err(error) => {
                    self.unreadable(path, &error, span);
                    return None;
                }
            },
        };
        let next = FileId(u32::try_from(self.sources.files().count()).unwrap_or(u32::MAX));
        let (source, not_text) = decode(path, &bytes, next);
        let file = self.sources.add(source);
        let text = self.sources.file(file).text.clone();
        let parsed = parse(file, &text);
        let problems = not_text.into_iter().chain(parsed.problems);
        let problems = problems.map(|problem| problem.and(span, "used here"));
        self.problems.extend(problems);
        self.check_items(&parsed.ast.items, span);
        Some(parsed.ast)
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error, span: Span) {
        let message = format!("cannot read `{}`: {error}", path.display());
        let problem = Problem::new(Code::RB922, span, message);
        let folder = path.parent().unwrap_or(Path::new(""));
        let beside = self.files.runbooks_in(folder);
        let wanted = path.file_name().and_then(|name| name.to_str());
        let near = wanted.and_then(|wanted| nearest(wanted, beside.iter().map(String::as_str)));
        self.problems.push(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }

    /// A module only holds what can be used.
    fn check_items(&mut self, items: &[Item], used: Span) {
        for item in items {
            let message = match &item.kind {
                ItemKind::Use(_) | ItemKind::Template(_) | ItemKind::Test(_) => continue,
                // For its tests: nobody else sees them.
                ItemKind::Role(_)
                | ItemKind::Window(_)
                | ItemKind::Source(_)
                | ItemKind::Metric(_)
                | ItemKind::Thresholds(_)
                | ItemKind::Channel(_)
                | ItemKind::Message(_) => continue,
                // Said already.
                ItemKind::Bad => continue,
                ItemKind::Runbook { .. } => "this is a runbook, and cannot be used as a module",
                ItemKind::Param(_)
                | ItemKind::Secret(_)
                | ItemKind::Hosts(_)
                | ItemKind::Lock { .. }
                | ItemKind::Env(_)
                | ItemKind::Defaults(_)
                | ItemKind::Statement(_)
                | ItemKind::Rollback(_)
                | ItemKind::Watch(_)
                | ItemKind::Trouble(_)
                | ItemKind::Ending(_) => "this cannot stand in a module",
            };
            let problem = Problem::new(Code::RB941, item.span, message)
                .and(used, "used here")
                .help("a module holds templates, such as `action` and `check`, and their tests");
            self.problems.push(problem);
            // One is enough.
            return;
        }
    }
}

fn use_of(item: &Item) -> Option<&Use> {
    match &item.kind {
        ItemKind::Use(used) => Some(used),
        _something_else => None,
    }
}

/// `a`, `b` and `c`, each in backticks.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`std.{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
