//! Vim, with the files of `editors/vim`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::looks::{Look, look_right};
use super::{editors, lays_out_as_fmt, read};
use crate::programs::run;

/// Runs a script in Vim, in which runbooks are known.
fn vim(script: &str, words: &[&Path]) {
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("vimrc");
    let runtime = editors("vim");
    let text = format!(
        "set nocompatible runtimepath^={} encoding=utf-8\nfiletype plugin indent on\nsyntax on\n",
        runtime.display()
    );
    fs::write(&settings, text).unwrap();
    let file = folder.path().join("script.vim");
    // What goes wrong ends it with a message; it must not wait for a key.
    let script = format!(
        "try\n{script}\ncatch\nverbose echo v:exception . ' in ' . v:throwpoint . \"\\n\"\ncquit\nendtry\nqall!\n"
    );
    fs::write(&file, script).unwrap();
    run(Command::new("vim")
        .args(["-N", "-e", "-s", "-i", "NONE", "-n", "-u"])
        .arg(&settings)
        .arg("-S")
        .arg(&file)
        .arg("--")
        .args(words)
        .env("HOME", folder.path()));
}

const LOOK: &str = r#"
let answers = []
for one in json_decode(join(readfile(argv(0)), "\n"))
  execute 'edit ++ff=unix' fnameescape(one.file)
  let found = []
  for at in one.at
    let line = byte2line(at + 1)
    let column = at + 2 - line2byte(line)
    let names = map(synstack(line, column), 'synIDattr(v:val, "name")')
    call add(found, [synIDattr(synIDtrans(synID(line, column, 1)), 'name')] + names)
  endfor
  call add(answers, found)
endfor
call writefile([json_encode(answers)], argv(1))
"#;

fn look(said: &Value) -> Look {
    let names: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let is_inside = |some: &[&str]| names.iter().any(|name| some.contains(name));
    if is_inside(&["runbookCommand", "runbookFence", "runbookDollar"]) {
        return Look::Command;
    }
    if is_inside(&[
        "runbookText",
        "runbookBlockString",
        "runbookRaw",
        "runbookRawBlock",
    ]) {
        return Look::Text;
    }
    match names[0] {
        "Statement" if is_inside(&["runbookOperator"]) => Look::Other,
        "Statement" if is_inside(&["runbookLogic"]) => Look::Known,
        "Statement" => Look::Keyword,
        "Type" | "Operator" | "Boolean" | "Constant" if names.len() > 1 => Look::Known,
        "Comment" | "SpecialComment" | "Special"
            if is_inside(&["runbookComment", "runbookDoc"]) =>
        {
            Look::Comment
        }
        _name => Look::Other,
    }
}

#[test]
fn texts_look_as_the_compiler_reads_them() {
    look_right(|asking, answers| vim(LOOK, &[asking, answers]), look);
}

/// A file that is laid out stays as it is when Vim lays out each line anew.
#[test]
fn lines_are_indented_as_fmt_does() {
    lays_out_as_fmt(|file| vim("normal! gg=G\nwrite", &[file]));
}

/// `:make` checks, and jumps to where the problem is; `:RunbookFormat` lays out.
#[test]
fn problems_are_places_and_layout_is_that_of_fmt() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("broken.runbook");
    let text = "runbook \"Broken\"\n\nstep build {\n      $ make\n  timeout   1m\n}\n";
    fs::write(&file, text).unwrap();
    let script = format!(
        "let g:runbook_program = '{}'
        execute 'edit' fnameescape(argv(0))
        RunbookFormat
        write
        silent make
        let places = filter(getqflist(), 'v:val.valid')
        if len(places) != 1 || places[0].lnum != 3 || places[0].type !=? 'e' || places[0].text !~ 'RB101'
          throw string(getqflist())
        endif",
        env!("CARGO_BIN_EXE_runbook")
    );
    vim(&script, &[&file]);
    let laid_out = "runbook \"Broken\"\n\nstep build {\n  $ make\n  timeout 1m\n}\n";
    assert_eq!(read(&file), laid_out);
}
