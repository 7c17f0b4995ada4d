use std::path::PathBuf;

use super::place::{Refused, inside, normal};
use super::*;
use crate::source::{Memory, SourceFile};

fn loaded(files: &[(&str, &str)]) -> (Program, Vec<String>) {
    let memory = Memory(
        files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
            .collect(),
    );
    let mut sources = SourceMap::default();
    let (path, text) = files[0];
    let file = sources.add(SourceFile::new(path, text));
    let ast = parse(file, text).ast;
    let (program, problems) = load(ast, &mut sources, &memory);
    let messages = problems.into_iter().map(|problem| problem.message);
    (program, messages.collect())
}

#[test]
fn modules_are_found_beside_the_file_that_uses_them() {
    let (program, problems) = loaded(&[
        ("ops/deploy.runbook", "use \"./lib/a.runbook\"\n"),
        ("ops/lib/a.runbook", "use \"b.runbook\" as other\n"),
        ("ops/lib/b.runbook", "action x() $ ./x.sh\n"),
    ]);
    assert_eq!(problems, Vec::<String>::new());
    let names: Vec<&str> = program.modules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ops/deploy.runbook",
            "ops/lib/a.runbook",
            "ops/lib/b.runbook"
        ]
    );
    assert!(program.root().uses.contains_key("a"));
    assert!(program.modules[1].uses.contains_key("other"));
}

#[test]
fn a_module_used_twice_is_read_once() {
    let (program, problems) = loaded(&[
        ("a.runbook", "use \"b.runbook\"\nuse \"c.runbook\"\n"),
        ("b.runbook", "use \"./c.runbook\"\n"),
        ("c.runbook", ""),
    ]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(program.modules.len(), 3);
}

#[test]
fn a_circle_is_refused() {
    let (_, problems) = loaded(&[
        ("a.runbook", "use \"b.runbook\"\n"),
        ("b.runbook", "use \"./c.runbook\"\n"),
        ("c.runbook", "use \"b.runbook\"\n"),
    ]);
    assert_eq!(
        problems,
        ["modules use one another in a circle: b.runbook → c.runbook → b.runbook"]
    );
}

#[test]
fn a_file_that_uses_itself_is_a_circle() {
    let (_, problems) = loaded(&[("./a.runbook", "use \"a.runbook\" as me\n")]);
    assert_eq!(
        problems,
        ["modules use one another in a circle: a.runbook → a.runbook"]
    );
}

#[test]
fn paths_stay_in_the_project() {
    let project = Path::new("ops");
    let of = |folder: &str, written: &str| inside(project, Path::new(folder), written);
    assert_eq!(of("ops", "./a.runbook"), Ok(PathBuf::from("ops/a.runbook")));
    assert_eq!(
        of("ops/lib", "../a.runbook"),
        Ok(PathBuf::from("ops/a.runbook"))
    );
    assert_eq!(of("ops", "../a.runbook"), Err(Refused::Leaves));
    assert_eq!(of("ops/lib", "../../etc/x"), Err(Refused::Leaves));
    assert_eq!(of("ops", "lib/../../x"), Err(Refused::Leaves));
    assert_eq!(of("ops", "/etc/passwd"), Err(Refused::Absolute));
    assert_eq!(of("ops", ""), Err(Refused::Empty));
    assert_eq!(of("ops", "..\\x"), Err(Refused::Backslash));
    // Without a folder, and with one that itself leads up.
    assert_eq!(
        inside(Path::new(""), Path::new(""), "../x"),
        Err(Refused::Leaves)
    );
    assert_eq!(
        inside(Path::new("../ops"), Path::new("../ops"), "./x"),
        Ok(PathBuf::from("../ops/x"))
    );
    assert_eq!(
        inside(Path::new("../ops"), Path::new("../ops"), "../../x"),
        Err(Refused::Leaves)
    );
}

#[test]
fn normal_paths_have_no_detours() {
    assert_eq!(normal(Path::new("./a/../b/./c")), Path::new("b/c"));
    assert_eq!(normal(Path::new("/../a")), Path::new("/a"));
    assert_eq!(normal(Path::new("../../a")), Path::new("../../a"));
}

#[test]
fn what_only_a_runbook_has_is_refused_in_a_module() {
    for text in ["runbook \"x\"\n", "param x: string\n", "step x $ ./x.sh\n"] {
        let (_, problems) = loaded(&[("a.runbook", "use \"b.runbook\"\n"), ("b.runbook", text)]);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    }
}

#[test]
fn a_missing_module_is_said_with_the_nearest() {
    let (_, problems) = loaded(&[("a.runbook", "use std.htp\nuse \"nothing.runbook\"\n")]);
    assert_eq!(
        problems,
        [
            "there is no module `std.htp`",
            "cannot read `nothing.runbook`: no such file"
        ]
    );
}
