//! The grammar for tree-sitter, and the queries of the editors that use it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runbook::syntax::tokens::{Token, TokenKind};
use tempfile::TempDir;
use tree_sitter::{Language, Node, Parser, Query, QueryCursor, StreamingIterator, Tree};

use super::corpus::{Sample, Sign, samples, sign};
use super::{editors, read};
use crate::generate::sketches;
use crate::programs::run;

/// Compiles the committed parser into a library, as editors do.
pub fn compile_parser(library: &Path) {
    let source = editors("tree-sitter/src");
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-std=c11", "-Wall", "-Werror"])
        .arg(format!("-I{}", source.display()))
        .args([source.join("parser.c"), source.join("scanner.c")])
        .arg("-o")
        .arg(library));
}

static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let library = folder.path().join("runbook.so");
    compile_parser(&library);
    // SAFETY: the library was compiled just now from a parser that tree-sitter
    // generated, whose only function returns its tables; it is never unloaded.
    unsafe {
        let library = Box::leak(Box::new(libloading::Library::new(&library).unwrap()));
        let tables = library
            .get::<unsafe extern "C" fn() -> *const tree_sitter::ffi::TSLanguage>(
                b"tree_sitter_runbook",
            )
            .unwrap();
        Language::from_raw(tables())
    }
});

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&LANGUAGE).unwrap();
    parser.parse(text, None).unwrap()
}

/// The first place that could not be read.
fn error_in(node: Node<'_>) -> Option<usize> {
    if !node.has_error() {
        return None;
    }
    let mut cursor = node.walk();
    let inside = node.children(&mut cursor).find_map(error_in);
    // What is missing may have no node of its own.
    inside.or(Some(node.start_byte()))
}

#[test]
fn what_the_compiler_reads_has_no_error() {
    let mut faults = Vec::new();
    for sample in samples() {
        let tree = parse(&sample.text);
        if let Some(at) = error_in(tree.root_node()) {
            faults.push(sample.place(at));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_the_compiler_refuses_has_errors() {
    for text in [
        "step a {\n",
        "step a\n",
        "step a $ true step b $ true\n}",
        "timeout 5m\n",
        "runbook \"not closed\n",
        "runbook \"a\" runbook \"b\"\n",
        "param a int\n",
        "thresholds t { a < 1 b > 2 }\n",
        "step a {\n  timeout 1m retry 2\n}\n",
    ] {
        assert!(error_in(parse(text).root_node()).is_some(), "{text}");
    }
}

#[test]
fn generated_texts_have_no_error() {
    let mut runner = TestRunner::new(Config {
        cases: 128,
        failure_persistence: None,
        ..Config::default()
    });
    let tried = runner.run(&sketches(), |sketch| {
        let text = sketch.to_string();
        let tree = parse(&text);
        let error = error_in(tree.root_node());
        prop_assert!(error.is_none(), "at {error:?} of\n{text}");
        Ok(())
    });
    tried.unwrap();
}

/// Each sign of a text is what the compiler takes it for.
#[test]
fn words_texts_and_commands_are_the_compilers() {
    let mut faults = Vec::new();
    for sample in samples() {
        let tree = parse(&sample.text);
        for token in sample.tokens() {
            let end = token.start + token.text.len();
            let node = tree.root_node().descendant_for_byte_range(token.start, end);
            if !is_as_told(&token, node.unwrap()) {
                let place = sample.place(token.start);
                faults.push(format!("{:?} is {:?} in {place}", token, node.unwrap()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_as_told(token: &Token<'_>, node: Node<'_>) -> bool {
    let mut bytes = token.text.bytes();
    let is_name = bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_whole = node.byte_range() == (token.start..token.start + token.text.len());
    match sign(token) {
        Sign::Keyword => is_whole && node.kind() == token.text,
        Sign::Other if is_name => {
            let is_day = node.parent().is_some_and(|parent| parent.kind() == "day");
            is_whole && (node.is_named() || is_day)
        }
        // `mon..thu` and `hosts.web` are several.
        Sign::Other if token.kind == TokenKind::Word => true,
        Sign::Other => is_whole && !node.is_named(),
        Sign::Text => is_whole && ["string", "raw_string"].contains(&node.kind()),
        Sign::Command => node.start_byte() == token.start && is_command(node),
        Sign::Comment => is_whole && ["comment", "doc_comment"].contains(&node.kind()),
    }
}

/// A `$` without a command is the whole of its line.
fn is_command(node: Node<'_>) -> bool {
    ["command_line", "fenced", "script", "$"].contains(&node.kind())
}

// ------------------------------------------------------------------ generated

/// The form of the parser's tables. Helix 25.01 and Emacs 29 read none that is
/// newer; all that are newer read this one.
const ABI: usize = 14;

/// `RUNBOOK_BLESS=1 cargo test editors` writes it anew, if `node` is there.
#[test]
fn the_parser_is_made_from_the_grammar() {
    let grammar = editors("tree-sitter/grammar.js");
    let made = TempDir::new().unwrap();
    fs::copy(&grammar, made.path().join("grammar.js")).unwrap();
    fs::copy(
        editors("tree-sitter/tree-sitter.json"),
        made.path().join("tree-sitter.json"),
    )
    .unwrap();
    tree_sitter_generate::generate_parser_in_directory(
        made.path(),
        None::<&Path>,
        None::<&Path>,
        ABI,
        None,
        Some("node"),
        true,
        tree_sitter_generate::OptLevel::default(),
        &mut Vec::new(),
    )
    .unwrap();
    for file in files_below(&made.path().join("src")) {
        let name = file.strip_prefix(made.path()).unwrap();
        let committed = editors("tree-sitter").join(name);
        if std::env::var_os("RUNBOOK_BLESS").is_some() {
            fs::create_dir_all(committed.parent().unwrap()).unwrap();
            fs::copy(&file, &committed).unwrap();
        }
        let is_same = read(&file) == fs::read_to_string(&committed).unwrap_or_default();
        assert!(
            is_same,
            "{} is not what grammar.js makes: RUNBOOK_BLESS=1 cargo test editors",
            committed.display()
        );
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

// --------------------------------------------------------------------- corpus

/// A test of `test/corpus`, which `tree-sitter test` reads, too.
struct Case {
    name: String,
    text: String,
    tree: String,
}

fn cases(file: &Path) -> Vec<Case> {
    let page = read(file);
    let heads = regex::Regex::new(r"(?m)^={3,}\n(.+)\n={3,}\n").unwrap();
    let found: Vec<_> = heads.captures_iter(&page).collect();
    let ends = found
        .iter()
        .skip(1)
        .map(|next| next.get(0).unwrap().start());
    let ends: Vec<usize> = ends.chain([page.len()]).collect();
    let bodies = found.iter().zip(ends);
    bodies
        .map(|(head, end)| {
            let body = &page[head.get(0).unwrap().end()..end];
            let (text, tree) = body.split_once("\n---\n").expect("a line `---`");
            Case {
                name: head[1].to_owned(),
                text: format!("{text}\n"),
                tree: one_line(tree),
            }
        })
        .collect()
}

fn one_line(tree: &str) -> String {
    let words: Vec<&str> = tree.split_whitespace().collect();
    words.join(" ").replace(" )", ")")
}

#[test]
fn trees_are_as_the_corpus_says() {
    let fields = regex::Regex::new(r"\b[a-z]+: ").unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for file in files_below(&editors("tree-sitter/test/corpus")) {
        for case in cases(&file) {
            count += 1;
            let tree = parse(&case.text).root_node().to_sexp();
            let tree = fields.replace_all(&tree, "");
            if tree != case.tree {
                faults.push(format!("{}:\n{tree}\nnot\n{}", case.name, case.tree));
            }
        }
    }
    assert!(count >= 20, "only {count} cases");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

// -------------------------------------------------------------------- queries

fn query(file: &Path) -> Query {
    match Query::new(&LANGUAGE, &read(file)) {
        Ok(query) => query,
        Err(why) => panic!("{}: {why}", file.display()),
    }
}

#[test]
fn every_query_can_be_asked() {
    let mut count = 0;
    for folder in ["tree-sitter", "neovim", "helix", "zed"] {
        for file in files_below(&editors(folder)) {
            if file.extension().is_some_and(|ending| ending == "scm") {
                query(&file);
                count += 1;
            }
        }
    }
    assert!(count >= 10, "only {count} queries");
}

/// What a query calls each part of a text. Of several names the last one counts.
fn captured(query: &Query, text: &str) -> BTreeMap<(usize, usize), String> {
    let tree = parse(text);
    let mut cursor = QueryCursor::new();
    let mut found = BTreeMap::new();
    let mut captures = cursor.captures(query, tree.root_node(), text.as_bytes());
    while let Some((matched, index)) = captures.next() {
        let capture = matched.captures()[*index];
        let range = capture.node.byte_range();
        let name = query.capture_names()[capture.index as usize];
        let place = (range.start, range.end);
        let order = (matched.pattern_index, name.to_owned());
        let kept: &mut (usize, String) = found.entry(place).or_insert_with(|| order.clone());
        if order.0 >= kept.0 {
            *kept = order;
        }
    }
    found
        .into_iter()
        .map(|(place, (_, name))| (place, name))
        .collect()
}

/// Of two patterns for the same node, Helix takes the first up to 25.01, and the
/// last since 25.07: its queries must not have two that differ.
#[test]
fn the_colours_of_helix_do_not_hang_on_an_order() {
    let query = query(&editors("helix/queries/runbook/highlights.scm"));
    let mut faults = BTreeMap::new();
    for sample in samples() {
        let tree = parse(&sample.text);
        let mut cursor = QueryCursor::new();
        let mut names = BTreeMap::new();
        let mut captures = cursor.captures(&query, tree.root_node(), sample.text.as_bytes());
        while let Some((matched, index)) = captures.next() {
            let capture = matched.captures()[*index];
            let name = query.capture_names()[capture.index as usize];
            let other = *names.entry(capture.node.id()).or_insert(name);
            if other != name {
                let place = sample.place(capture.node.start_byte());
                faults.insert(format!("{other} and {name}"), place);
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Every word of the language is coloured as one, and no name is.
#[test]
fn keywords_are_highlighted() {
    let query = query(&editors("tree-sitter/queries/highlights.scm"));
    let mut faults = Vec::new();
    for sample in samples() {
        let names = captured(&query, &sample.text);
        faults.extend(wrongly_coloured(&sample, &names));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn wrongly_coloured(sample: &Sample, names: &BTreeMap<(usize, usize), String>) -> Vec<String> {
    let mut faults = Vec::new();
    for token in sample.tokens() {
        let place = (token.start, token.start + token.text.len());
        let name = names.get(&place).map_or("", String::as_str);
        let right = match sign(&token) {
            Sign::Keyword => {
                // `list`, `action` as types; `true`; `T`.
                let others = ["type", "boolean", "constant"];
                name.starts_with("keyword") || others.contains(&name)
            }
            Sign::Other => !name.starts_with("keyword"),
            Sign::Text => name == "string",
            Sign::Comment => name.starts_with("comment"),
            Sign::Command => true,
        };
        if !right {
            let shown = sample.place(token.start);
            faults.push(format!("`{}` is `{name}` in {shown}", token.text));
        }
    }
    faults
}

#[test]
fn the_shell_is_told_of_each_command() {
    let query = query(&editors("tree-sitter/queries/injections.scm"));
    for sample in samples() {
        let injected = captured(&query, &sample.text);
        for token in sample.tokens() {
            let is_command = sign(&token) == Sign::Command && token.text.len() > 2;
            let end = token.start + token.text.len();
            let mut inside = injected
                .keys()
                .filter(|(from, to)| token.start < *from && *to <= end);
            assert!(
                !is_command || inside.next().is_some(),
                "{}",
                sample.place(token.start)
            );
        }
    }
}
