//! Emacs, with the mode of `editors/emacs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::looks::{Look, look_right};
use super::{TESTED, editors, lays_out_as_fmt, read};
use crate::programs::run;

/// Runs a script in Emacs, in which runbooks are known.
fn emacs(script: &str, words: &[&Path]) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("script.el");
    fs::write(&file, format!("(require 'runbook-mode)\n{script}")).unwrap();
    run(Command::new("emacs")
        .args(["-Q", "--batch", "-L"])
        .arg(editors("emacs"))
        .arg("-l")
        .arg(&file)
        .args(words)
        .env("HOME", folder.path()));
}

/// Runs a script in Emacs, where a runbook is in front and this program checks it:
/// `(told)` is all that the command said which was begun last.
fn emacs_before(file: &Path, script: &str) {
    let before = format!(
        "(setq make-backup-files nil vc-handled-backends nil runbook-program {:?})
        (find-file (car command-line-args-left))
        (setq command-line-args-left nil)
        (defun told ()
          ; One that has ended may not have been read to its end.
          (while (get-buffer-process \"*compilation*\")
            (accept-process-output nil 0.1))
          (with-current-buffer \"*compilation*\" (buffer-string)))
        (defun must-be-told (words)
          (unless (string-match-p (regexp-quote words) (told)) (error \"%s\" (told))))",
        env!("CARGO_BIN_EXE_runbook")
    );
    emacs(&format!("{before}\n{script}"), &[file]);
}

const LOOK: &str = r#"
(require 'json)
(setq vc-handled-backends nil make-backup-files nil)
(defun look (one)
  (let ((coding-system-for-read 'utf-8-unix))
    (find-file (gethash "file" one)))
  (font-lock-ensure)
  (prog1
      (vconcat
       (mapcar (lambda (at)
                 (let ((place (byte-to-position (1+ at))))
                   (vconcat
                    (mapcar #'symbol-name
                            (cons (or (get-text-property place 'runbook-kind) 'nothing)
                                  (ensure-list (get-text-property place 'face)))))))
               (gethash "at" one)))
    (kill-buffer)))
(let ((asked (with-temp-buffer
               (insert-file-contents (car command-line-args-left))
               (json-parse-buffer :array-type 'list))))
  (write-region (json-serialize (vconcat (mapcar #'look asked)))
                nil (cadr command-line-args-left) nil 'quiet))
(setq command-line-args-left nil)
"#;

fn look(said: &Value) -> Look {
    let names: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match names.as_slice() {
        ["text", ..] => Look::Text,
        ["command" | "fence", ..] => Look::Command,
        [_, "font-lock-keyword-face"] => Look::Keyword,
        [_, "font-lock-constant-face" | "font-lock-type-face"] => Look::Known,
        [
            _,
            "font-lock-comment-face" | "font-lock-doc-face" | "font-lock-comment-delimiter-face",
        ] => Look::Comment,
        _other => Look::Other,
    }
}

#[test]
fn texts_look_as_the_compiler_reads_them() {
    look_right(|asking, answers| emacs(LOOK, &[asking, answers]), look);
}

/// A file that is laid out stays as it is when Emacs lays out each line anew.
#[test]
fn lines_are_indented_as_fmt_does() {
    let anew = "(indent-region (point-min) (point-max)) (save-buffer)";
    lays_out_as_fmt(|file| emacs_before(file, anew));
}

/// As it is when it is installed: compiled, with no warning.
#[test]
fn the_mode_can_be_compiled() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("runbook-mode.el");
    fs::copy(editors("emacs/runbook-mode.el"), &source).unwrap();
    run(Command::new("emacs")
        .args([
            "-Q",
            "--batch",
            "--eval",
            "(setq byte-compile-error-on-warn t)",
        ])
        .args(["-f", "batch-byte-compile"])
        .arg(&source));
}

/// `runbook-check` shows where problems are; `runbook-format` lays out.
#[test]
fn problems_are_places_and_layout_is_that_of_fmt() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("broken.runbook");
    let text = "runbook \"Broken\"\n\nstep build {\n      $ make\n  timeout   1m\n}\n";
    fs::write(&file, text).unwrap();
    emacs_before(
        &file,
        "(runbook-format)
        (save-buffer)
        (runbook-check)
        (must-be-told \"RB101\")
        (next-error 1)
        (unless (= (line-number-at-pos) 3) (error \"line %d\" (line-number-at-pos)))",
    );
    let laid_out = "runbook \"Broken\"\n\nstep build {\n  $ make\n  timeout 1m\n}\n";
    assert_eq!(read(&file), laid_out);
}

/// With a prefix argument the test at point runs, and no other.
#[test]
fn the_test_at_point_runs_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tested.runbook");
    let text = format!("{TESTED}test \"a short one\" {{ expect succeeded }}\n# Behind them.\n");
    fs::write(&file, &text).unwrap();
    let mut titles = String::new();
    let mut here = None;
    for line in text.lines() {
        here = match line.split('"').next() {
            Some("test ") if line.contains("well") => Some("it goes well"),
            Some("test ") if line.contains("short") => Some("a short one"),
            Some("test ") => Some("it's \"over\""),
            _inside => here,
        };
        match here {
            Some(title) => titles += &format!(" {title:?}"),
            None => titles += " nil",
        }
        if line.ends_with('}') {
            here = None;
        }
    }
    emacs_before(
        &file,
        &format!(
            "(goto-char (point-min))
            (dolist (title '({titles}))
              (dolist (place (list (line-beginning-position) (line-end-position)))
                (goto-char place)
                (unless (equal (runbook--title-of-test) title)
                  (error \"line %d: %S\" (line-number-at-pos) (runbook--title-of-test))))
              (forward-line))
            (unless (eobp) (error \"line %d is not the last\" (line-number-at-pos)))
            (condition-case why
                (progn (runbook-test t) (error \"a test runs in which point is not\"))
              (user-error (message \"%s\" why)))
            (goto-char (point-min))
            (search-forward \"given step wait\")
            (runbook-test t)
            (must-be-told \"1 test passed\")
            (must-be-told \"ok    it's \\\"over\\\"\")"
        ),
    );
}
