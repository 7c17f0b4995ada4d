//! What `editors/` gives to editors, held against the compiler: every editor
//! that can be started here is, and shows each text as the compiler reads it.

mod corpus;
mod derived;
mod emacs;
mod folders;
mod helix;
mod looks;
mod neovim;
mod sublime;
mod textmate;
mod tree_sitter;
mod vim;
mod words;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A runbook with two tests, the title of the second with signs that need care.
const TESTED: &str = r#"runbook "Tested"

step wait {
  $ true
  timeout 1m
  harmless "nothing"
}

test "it goes well" {
  expect succeeded
}

test "it's \"over\"" {
  given step wait fails
  expect stopped
}
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file or folder of `editors/`.
fn editors(path: &str) -> PathBuf {
    root().join("editors").join(path)
}

fn read(path: &Path) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) => panic!("{}: {why}", path.display()),
    }
}

/// Files that are laid out stay as they are when an editor lays out each line anew.
fn lays_out_as_fmt(editor: impl Fn(&Path)) {
    let folder = TempDir::new().unwrap();
    for source in [
        "examples/deployment/deploy.runbook",
        "stdlib/strategy.runbook",
    ] {
        let text = read(&root().join(source));
        let file = folder.path().join("flat.runbook");
        std::fs::write(&file, flat(&text)).unwrap();
        editor(&file);
        assert_eq!(read(&file), text, "{source}");
    }
}

/// A text whose lines begin at its edge, but for those inside of a script or text.
fn flat(text: &str) -> String {
    let taken = runbook::syntax::tokens::take_apart(text).unwrap();
    let is_inside = |at: usize| {
        let mut around = taken.tokens.iter();
        around.any(|token| token.start < at && at < token.start + token.text.len())
    };
    let mut flat = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let kept = if is_inside(at) {
            line
        } else {
            line.trim_start_matches(' ')
        };
        flat.push_str(kept);
        at += line.len();
    }
    flat
}
