//! `runbook fmt`: what it writes means the same and is written once for all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use runbook::format::format;
use runbook::source::FileId;
use runbook::syntax::{Ast, parse};
use tempfile::TempDir;

use crate::generate::sketches;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn laid_out(text: &str) -> String {
    match format(Path::new("t.runbook"), text.as_bytes()) {
        Ok(text) => text,
        Err(why) => panic!("{why:?} of\n{text}"),
    }
}

/// A tree without its places.
fn meaning(text: &str) -> String {
    let parsed = parse(FileId::default(), text);
    assert!(
        parsed.problems.is_empty(),
        "{:?} of\n{text}",
        parsed.problems
    );
    let Ast {
        items, comments, ..
    } = parsed.ast;
    let places = regex::Regex::new(r"(?s)Span \{.*?\}|lines: \[.*?\],").unwrap();
    let tree = format!("{items:#?}");
    // Where a comment stands moves; what it says and which item it is of do not.
    let comments: Vec<String> = comments.iter().map(|it| format!("{it:?}")).collect();
    let comments = comments.join("\n");
    format!(
        "{}\n{}",
        places.replace_all(&tree, "_"),
        places.replace_all(&comments, "_")
    )
}

/// The same text with other spaces: more of them, and lines at other places.
fn untidy(text: &str, seed: u64) -> String {
    let mut state = seed | 1;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let mut result = String::new();
    for line in text.lines() {
        // At the very beginning of a line stands only what is in no block.
        let is_inside = line.starts_with(' ');
        result.push_str(&" ".repeat(usize::from(is_inside) + next(5) as usize));
        result.push_str(line.trim_start());
        result.push_str(if line.contains('$') || line.contains('"') {
            ""
        } else {
            ["", "  ", "\t"][next(3) as usize]
        });
        result.push_str(["\n", "\n\n\n", "\r\n", "\n"][next(3) as usize]);
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_laid_out_means_the_same_and_stays(sketch in sketches(), seed: u64) {
        let text = sketch.to_string();
        let once = laid_out(&text);
        prop_assert_eq!(meaning(&once), meaning(&text));
        prop_assert_eq!(&laid_out(&once), &once);
        let untidy = untidy(&text, seed);
        let tidied = laid_out(&untidy);
        prop_assert_eq!(meaning(&tidied), meaning(&untidy));
        prop_assert_eq!(&laid_out(&tidied), &tidied);
    }
}

/// Our own runbooks are laid out as we would have it.
#[test]
fn ours_are_laid_out() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command.args(["fmt", "--check", "--diff", "examples", "stdlib"]);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
}

fn words(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

fn fmt(place: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runbook"))
        .arg("fmt")
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

const UNTIDY: &str = "runbook \"A\"\nstep a{\n$ true\ntimeout 1m\nrollback $ true\n}\n";
const TIDY: &str = "runbook \"A\"\nstep a {\n  $ true\n  timeout 1m\n  rollback $ true\n}\n";

#[test]
fn files_are_written_only_where_something_changes() {
    let place = TempDir::new().unwrap();
    let file = |name: &str| -> PathBuf { place.path().join(name) };
    fs::create_dir_all(file("below/.git")).unwrap();
    fs::write(file("below/.git/hidden.runbook"), UNTIDY).unwrap();
    fs::write(file("below/a.runbook"), UNTIDY).unwrap();
    fs::write(file("below/b.runbook"), TIDY).unwrap();
    fs::write(file("below/broken.runbook"), "step a {").unwrap();
    fs::write(file("below/else.txt"), UNTIDY).unwrap();
    fs::set_permissions(file("below/a.runbook"), fs::Permissions::from_mode(0o751)).unwrap();
    std::os::unix::fs::symlink("below/a.runbook", file("link.runbook")).unwrap();

    let check = fmt(place.path(), &["--check", "below"]);
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&check.stdout), "below/a.runbook\n");
    assert!(words(&check).contains("`below/broken.runbook` was left as it is"));
    let diff = fmt(place.path(), &["--diff", "below/a.runbook"]);
    assert_eq!(diff.status.code(), Some(0));
    assert!(
        words(&diff).contains("-step a{\n-$ true\n"),
        "{}",
        words(&diff)
    );
    assert_eq!(fs::read_to_string(file("below/a.runbook")).unwrap(), UNTIDY);

    let written = fmt(place.path(), &["link.runbook", "below"]);
    assert_eq!(written.status.code(), Some(1), "one is broken");
    assert_eq!(fs::read_to_string(file("below/a.runbook")).unwrap(), TIDY);
    assert!(
        fs::symlink_metadata(file("link.runbook"))
            .unwrap()
            .is_symlink()
    );
    let mode = fs::metadata(file("below/a.runbook"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o751);
    assert_eq!(
        fs::read_to_string(file("below/broken.runbook")).unwrap(),
        "step a {"
    );
    for untouched in ["below/.git/hidden.runbook", "below/else.txt"] {
        assert_eq!(fs::read_to_string(file(untouched)).unwrap(), UNTIDY);
    }
    assert_eq!(
        fs::read_dir(file("below")).unwrap().count(),
        5,
        "nothing is left beside them"
    );
}

#[test]
fn standard_input_goes_to_standard_output() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("in"), UNTIDY).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_runbook"))
            .arg("fmt")
            .args(arguments)
            .stdin(fs::File::open(place.path().join("in")).unwrap())
            .output()
            .unwrap()
    };
    let output = run(&["-"]);
    assert_eq!(
        (output.status.code(), words(&output).as_str()),
        (Some(0), TIDY)
    );
    let output = run(&["-", "--check"]);
    assert_eq!(
        (output.status.code(), words(&output).as_str()),
        (Some(1), "<standard input>\n")
    );
}

#[test]
fn what_is_not_there_is_said() {
    let place = TempDir::new().unwrap();
    fs::create_dir(place.path().join("empty")).unwrap();
    for (path, why) in [
        ("none.runbook", "cannot read `none.runbook`: No such file"),
        ("empty", "there is no runbook in `empty`"),
    ] {
        let output = fmt(place.path(), &[path]);
        assert_eq!(output.status.code(), Some(1));
        assert!(words(&output).contains(why), "{}", words(&output));
    }
}

/// What the project leaves out stays as it is, but for a file that is named.
#[test]
fn what_a_project_leaves_out_is_left_alone() {
    let place = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    fs::create_dir(place.path().join("vendor")).unwrap();
    let untidy = "runbook   \"x\"\n";
    write("runbook.toml", "[check]\nexclude = [\"vendor\"]\n");
    write("ours.runbook", untidy);
    write("vendor/theirs.runbook", untidy);
    let output = fmt(place.path(), &["--check", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(words(&output), "./ours.runbook\n");
    assert_eq!(fmt(place.path(), &["."]).status.code(), Some(0));
    // Where nothing is looked at, nothing is said to be well.
    let output = fmt(place.path(), &["--check", "vendor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output).contains("there is no runbook in `vendor`"));
    let output = fmt(place.path(), &["--check", "vendor/theirs.runbook"]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
}
