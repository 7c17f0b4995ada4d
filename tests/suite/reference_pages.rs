//! `docs/stdlib.md` and the pages in `docs/stdlib` are written from the standard
//! library itself: `RUNBOOK_BLESS=1 cargo test reference_pages` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runbook::docs::{standard, standard_list};
use runbook::modules::STANDARD;
use runbook::source::FileId;
use runbook::syntax::ast::ItemKind;
use runbook::syntax::parse;
use tempfile::TempDir;

const HEAD: &str = "\
# The standard library

These modules come with `runbook` and are written in its own language; their text
is in [stdlib](../stdlib). A line `use std.NAME` makes a module known, its
templates are then called by its name:

```runbook
use std.http
use std.tls

check certificate = tls.valid_for(\"shop.example.com\", least: 30d)
check site = http.ok(url: \"https://shop.example.com/health\") {
  within 5m every 10s
}
```

What a command-line tool does best is left to that tool. Those that a template
needs are looked for before the first change, so a tool that is missing stops a
run while nothing has happened. Attributes at the call, such as `on host`,
`timeout` or `within`, add to those of the template.

`runbook doc std.NAME` prints a page of this list, `runbook doc FILE` that of a
runbook or a module of yours.

";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = root().join("docs/stdlib");
    let mut pages: Vec<(PathBuf, String)> = standard()
        .map(|(name, document)| (folder.join(format!("{name}.md")), document.page()))
        .collect();
    let index = format!("{HEAD}{}", standard_list(Some("stdlib/")));
    pages.push((root().join("docs/stdlib.md"), index));
    pages
}

#[test]
fn the_pages_say_what_the_modules_say() {
    let pages = pages();
    if std::env::var_os("RUNBOOK_BLESS").is_some() {
        fs::create_dir_all(root().join("docs/stdlib")).unwrap();
        for (path, text) in &pages {
            fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &pages {
        let found = fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == *text,
            "{} is out of date: RUNBOOK_BLESS=1 cargo test reference_pages",
            path.display()
        );
    }
    let known: BTreeSet<PathBuf> = pages.into_iter().map(|(path, _)| path).collect();
    for entry in fs::read_dir(root().join("docs/stdlib")).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} is of no module", path.display());
    }
}

/// What stands for the tests of a module is marked so, and everything before it
/// says what it is for.
#[test]
fn everything_in_the_standard_library_is_described() {
    for module in STANDARD {
        let name = module.name;
        assert!(
            module.text.starts_with("## "),
            "{name} says nothing of itself"
        );
        let (offered, _) = module
            .text
            .split_once("# What follows is for the tests.")
            .unwrap_or((module.text, ""));
        let parsed = parse(FileId::default(), offered);
        for item in &parsed.ast.items {
            let ItemKind::Template(template) = &item.kind else {
                continue;
            };
            let template_name = &template.name.text;
            assert!(item.doc.is_some(), "std.{name}.{template_name} has no `##`");
            for parameter in &template.parameters {
                assert!(
                    parameter.description.is_some(),
                    "`{}` of std.{name}.{template_name} is not described",
                    parameter.name.text
                );
            }
        }
    }
}

/// The modules in the folder are those of the program.
#[test]
fn no_module_is_forgotten() {
    let mut files: Vec<String> = fs::read_dir(root().join("stdlib"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let known = STANDARD.iter().map(|it| format!("{}.runbook", it.name));
    assert_eq!(files, known.collect::<Vec<_>>());
}

fn doc(folder: &Path, file: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["doc", file])
        .current_dir(folder)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_runbook_of_ones_own_has_a_page() {
    let folder = TempDir::new().unwrap();
    let text = r#"# Ships the shop.
#
# Ask the team before.
runbook "Release {version}"

param version: version "What to release"
## Who is asked | and when.
param on_call: string = "ada"
secret token from env "TOKEN"
metric errors: percent = $ ./errors.sh "$token"
## As on a good day.
thresholds healthy { errors < 1% }
channel ops = $ ./tell.sh "$message"
message done to ops "{version} is out, says {on_call}"

## Tells a program to stop:
##
##     step halt = stop("web")
action stop(service: string "Which") {
  $ ./stop.sh "$service"
  timeout 1m
  repeatable
  rollback $ ./start.sh "$service"
}
## Says hello.
message hello(who: string "Whom to greet") "Hello {who}"
## Few are good.
thresholds few(value: metric "Of what", most: count = 5 "More are many") {
  any {
    value < most
  }
}
phase deploy "The real thing" {
  for part in ["a", "b"] {
    step change = stop(part)
    gate well { hold healthy for 5m }
  }
}
on success { notify done }
trouble "It hangs" {
  symptom "Nothing happens"
  try "Wait"
}
"#;
    fs::write(folder.path().join("ship.runbook"), text).unwrap();
    let page = printed(&doc(folder.path(), "ship.runbook"));
    for wanted in [
        "# Release {version}\n\nShips the shop.\n\nAsk the team before.\n",
        "| `version` | version |  | What to release |",
        "| `on_call` | string | `\"ada\"` | Who is asked \\| and when |",
        "| `token` (secret) | the environment, `TOKEN` |",
        "| `healthy` | `{ errors < 1% }` | As on a good day |",
        "| `done` | `ops` |",
        "- phase `deploy`: The real thing\n  - for each `part` of `[\"a\", \"b\"]`\n    - step `change`\n    - gate `well`\n",
        "- It hangs\n",
        "## action `stop`\n\nTells a program to stop:\n\n```runbook\nstep halt = stop(\"web\")\n```\n",
        "- It may take `1m`.\n- It may be run again",
        "\n\n```text\nHello {who}\n```\n",
        "\n## Templates\n\n| | | |\n| --- | --- | --- |\n| action | [`stop`](#action-stop) |",
        "```text\nany {\n  value < most\n}\n```\n",
    ] {
        assert!(page.contains(wanted), "no {wanted:?} in\n{page}");
    }
}

#[test]
fn the_command_prints_the_pages_of_the_standard_library() {
    let folder = TempDir::new().unwrap();
    for (name, document) in standard() {
        let page = printed(&doc(folder.path(), &format!("std.{name}")));
        assert_eq!(page, document.page());
    }
    let list = printed(&doc(folder.path(), "std"));
    assert!(list.contains("| `std.postgres` |"), "{list}");
}

#[test]
fn what_has_no_page_is_said() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bad.runbook"), "runbook \"x\"\nstep {\n").unwrap();
    for (file, status, words) in [
        ("bad.runbook", 1, "RB900"),
        ("none.runbook", 1, "cannot read `none.runbook`"),
        ("std.postgrs", 2, "did you mean `std.postgres`?"),
        ("std.", 2, "there is no module `std.`"),
    ] {
        let output = doc(folder.path(), file);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{file}: {told}");
        assert!(told.contains(words), "{file}: {told}");
    }
}
