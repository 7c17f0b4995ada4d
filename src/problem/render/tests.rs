//! Golden renderings.

use super::*;
use crate::problem::{Code, Edit};
use crate::source::{FileId, SourceFile, Span};

const PLAIN: Human = Human {
    colour: false,
    width: 100,
};

fn one_file(text: &str) -> SourceMap {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new("release.runbook", text));
    sources
}

/// The span of the first occurrence of a text in a file of the map.
fn span_of(sources: &SourceMap, file: u32, needle: &str) -> Span {
    let id = FileId(file);
    let start = sources.file(id).text.find(needle).expect("it is there");
    Span::new(id, start, start + needle.len())
}

fn at(start: usize, end: usize) -> Span {
    Span::new(FileId(0), start, end)
}

fn found<'a>(problems: &'a [Problem], sources: &'a SourceMap) -> [Findings<'a>; 1] {
    [Findings { problems, sources }]
}

/// Compares with a picture whose lines start behind a `.`.
#[track_caller]
fn assert_human(problem: &Problem, sources: &SourceMap, picture: &str) {
    let expected: Vec<&str> = picture
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('.'))
        .collect();
    let shown = PLAIN.render(&ProblemDiagnostic::new(problem, sources));
    assert_eq!(shown, expected.join("\n"), "\n{shown}\n");
}

#[test]
fn a_problem_with_everything() {
    let sources = one_file("phase a {\n  step tag $ git tag \"v$version\"\n}\n");
    let problem = Problem::new(
        Code::RB101,
        span_of(&sources, 0, "tag"),
        "step `tag` has no way back",
    )
    .label("changes something")
    .and(span_of(&sources, 0, "phase a"), "in this phase")
    .and(span_of(&sources, 0, "$version"), "and this")
    .help("say how it is undone")
    .fix(
        "say that it is harmless",
        vec![Edit {
            span: span_of(&sources, 0, "tag"),
            replacement: "tag harmless \"why\"".into(),
        }],
        false,
    );
    assert_human(
        &problem,
        &sources,
        r#"
        .error[RB101]: step `tag` has no way back
        . --> release.runbook:2:8
        .  |
        .1 | phase a {
        .  | ------- in this phase
        .2 |   step tag $ git tag "v$version"
        .  |        ^^^             -------- and this
        .  |        |
        .  |        changes something
        .  |
        .  = help: say how it is undone
        .  = help: say that it is harmless: write `tag harmless "why"`
        "#,
    );
}

#[test]
fn wide_characters_and_tabs_are_aligned() {
    let sources = one_file("\tstep 発行 \"日本\" x\n");
    let problem = Problem::new(Code::RB900, span_of(&sources, 0, "\"日本\""), "no").label("here");
    assert_human(
        &problem,
        &sources,
        r#"
        .error[RB900]: no
        . --> release.runbook:1:10
        .  |
        .1 |     step 発行 "日本" x
        .  |               ^^^^^^ here
        "#,
    );
}

#[test]
fn windows_line_ends_and_the_end_of_the_input() {
    let sources = one_file("phase a {\r\n  step b\r\n");
    let problem = Problem::new(Code::RB901, at(21, 21), "`{` is not closed")
        .label("expected `}`")
        .and(span_of(&sources, 0, "{"), "opened here");
    assert_human(
        &problem,
        &sources,
        "
        .error[RB901]: `{` is not closed
        . --> release.runbook:3:1
        .  |
        .1 | phase a {
        .  |         - opened here
        .2 |   step b
        .3 |
        .  | ^ expected `}`
        ",
    );
}

#[test]
fn a_label_behind_the_last_character() {
    let sources = one_file("lock");
    let problem = Problem::new(Code::RB900, at(4, 4), "no name").label("expected a text");
    assert_human(
        &problem,
        &sources,
        "
        .error[RB900]: no name
        . --> release.runbook:1:5
        .  |
        .1 | lock
        .  |     ^ expected a text
        ",
    );
}

#[test]
fn an_empty_file() {
    let problem = Problem::new(Code::RB900, at(0, 0), "nothing").label("expected `runbook`");
    assert_human(
        &problem,
        &one_file(""),
        "
        .error[RB900]: nothing
        . --> release.runbook:1:1
        .  |
        .1 |
        .  | ^ expected `runbook`
        ",
    );
}

#[test]
fn several_lines_and_several_files() {
    let mut sources = one_file("phase a {\n  step b\n}\n");
    sources.add(SourceFile::new("common.runbook", "\n\nphase a {}\n"));
    let problem = Problem::new(Code::RB921, at(0, 21), "`a` is declared twice")
        .label("again here")
        .and(span_of(&sources, 1, "a {}"), "first here");
    assert_human(
        &problem,
        &sources,
        "
        .error[RB921]: `a` is declared twice
        . --> release.runbook:1:1
        .  |
        .1 | / phase a {
        .2 | |   step b
        .3 | | }
        .  | |_^ again here
        . ::: common.runbook:3:7
        .  |
        .3 |   phase a {}
        .  |         ---- first here
        ",
    );
}

#[test]
fn without_a_place() {
    let problem = Problem::general(Code::RB920, "no parameter `verison`").help("did you mean it");
    assert_human(
        &problem,
        &SourceMap::default(),
        "
        .error[RB920]: no parameter `verison`
        . |
        . = help: did you mean it
        ",
    );
    assert_eq!(
        short(&problem, &SourceMap::default()),
        "error[RB920]: no parameter `verison`"
    );
}

#[test]
fn long_lines_are_cut_around_the_mark() {
    let text = format!("{} NAME {}", "a".repeat(3000), "b".repeat(3000));
    let sources = one_file(&text);
    let problem = Problem::new(Code::RB900, span_of(&sources, 0, "NAME"), "no").label("here");
    let human = Human {
        colour: false,
        width: 60,
    };
    let shown = human.render(&ProblemDiagnostic::new(&problem, &sources));
    assert!(shown.contains("release.runbook:1:3002"), "{shown}");
    assert!(shown.contains(" NAME "), "{shown}");
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{widest:?}\n{shown}");
}

#[test]
fn user_text_cannot_drive_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7} \u{9b}31m \u{202e}abc\r";
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new(
        format!("{evil}.runbook"),
        format!("step {evil} x\n"),
    ));
    let problem = Problem::new(Code::RB900, at(5, 9), format!("no `{evil}`"))
        .label(evil)
        .and(at(0, 4), evil)
        .help(format!("not {evil}"))
        .fix(evil, Vec::new(), false);
    let problems = [problem];
    for format in [Format::Human(PLAIN), Format::Short] {
        let shown = render(&found(&problems, &sources), format);
        let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!shown.contains(harmful), "{shown:?}");
    }
}

#[test]
fn colours_only_where_asked_for() {
    let sources = one_file("lock");
    let problem = Problem::new(Code::RB900, at(0, 4), "no").label("here");
    let colour = Human {
        colour: true,
        ..PLAIN
    };
    let diagnostic = ProblemDiagnostic::new(&problem, &sources);
    let styled = colour.render(&diagnostic);
    assert!(styled.contains("\u{1b}["));
    let plain = anstream::adapter::strip_str(&styled).to_string();
    assert_eq!(plain, PLAIN.render(&diagnostic));
}

#[test]
fn any_span_of_any_text_can_be_shown() {
    for text in ["", "\n", "ü\r\n日本\t\n\n", "a\u{1b}[1m\r", "x\ny\nz"] {
        let sources = one_file(text);
        let beyond = text.len() + 3;
        for start in 0..beyond {
            for end in 0..beyond {
                let problem = Problem::new(Code::RB900, at(start, end), "no")
                    .label("one")
                    .and(at(end, beyond), "two");
                PLAIN.render(&ProblemDiagnostic::new(&problem, &sources));
                short(&problem, &sources);
                json(&found(&[problem], &sources));
            }
        }
    }
}

#[test]
fn a_span_of_an_unknown_file_is_shown_without_a_place() {
    let span = Span::new(FileId(7), 1, 2);
    let problem = Problem::new(Code::RB900, span, "no").and(span, "there");
    assert_human(&problem, &one_file("x"), ".error[RB900]: no");
    assert_eq!(short(&problem, &one_file("x")), "error[RB900]: no");
}

#[test]
fn one_line_each() {
    let sources = one_file("é lock\nlock\n");
    let first = Problem::new(Code::RB921, span_of(&sources, 0, "lock"), "two\nlocks");
    let second = Problem::new(Code::RB920, at(8, 12), "what");
    let shown = render(&found(&[first, second], &sources), Format::Short);
    assert_eq!(
        shown,
        "release.runbook:1:3: error[RB921]: two␊locks\n\
         release.runbook:2:1: error[RB920]: what\n"
    );
}

#[test]
fn json_has_places_in_bytes_and_characters() {
    let sources = one_file("é lock\nlock\n");
    let problem = Problem::new(Code::RB921, span_of(&sources, 0, "lock"), "two locks")
        .and(at(8, 12), "here")
        .fix(
            "take it away",
            vec![Edit {
                span: at(8, 12),
                replacement: String::new(),
            }],
            true,
        );
    let document: serde_json::Value =
        serde_json::from_str(&json(&found(&[problem], &sources))).expect("it is JSON");
    let second = serde_json::json!({
        "path": "release.runbook",
        "start": {"offset": 8, "line": 2, "column": 1},
        "end": {"offset": 12, "line": 2, "column": 5},
    });
    let mut label = second.clone();
    label["text"] = "here".into();
    let mut edit = second;
    edit["replacement"] = "".into();
    assert_eq!(
        document,
        serde_json::json!({
            "version": 1,
            "problems": [{
                "code": "RB921",
                "severity": "error",
                "message": "two locks",
                "path": "release.runbook",
                "start": {"offset": 3, "line": 1, "column": 3},
                "end": {"offset": 7, "line": 1, "column": 7},
                "label": "",
                "labels": [label],
                "help": null,
                "fix": {"title": "take it away", "safe": true, "edits": [edit]},
            }],
            "summary": {"files": 1, "errors": 1, "warnings": 0, "infos": 0},
        })
    );
}

#[test]
fn the_summary_counts() {
    let error = Problem::new(Code::RB900, at(0, 0), "no");
    let mut warning = error.clone();
    warning.severity = crate::problem::Severity::Warning;
    let sources = SourceMap::default();
    let sentence = |groups: &[&[Problem]]| {
        let groups: Vec<Findings<'_>> = groups
            .iter()
            .map(|problems| found(problems, &sources)[0])
            .collect();
        Counts::of(&groups).sentence()
    };
    assert_eq!(sentence(&[&[]]), "no problems in 1 file");
    let one = [error.clone()];
    assert_eq!(sentence(&[&one, &[]]), "1 error in 2 files");
    let three = [error.clone(), error, warning];
    assert_eq!(sentence(&[&three]), "2 errors and 1 warning in 1 file");
}

#[test]
fn problems_come_in_the_order_of_the_text_and_once() {
    let later = Problem::new(Code::RB900, at(9, 9), "later");
    let sooner = Problem::new(Code::RB900, at(1, 2), "sooner");
    let general = Problem::general(Code::RB920, "general");
    let ordered = in_order(vec![
        later.clone(),
        sooner.clone(),
        later.clone(),
        general.clone(),
    ]);
    assert_eq!(ordered, [general, sooner, later]);
}
