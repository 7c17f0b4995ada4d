//! Every fenced block of README.md, docs/*.md and the examples' pages is tried. What is done with it
//! stands behind its opening fence:
//!
//! | block | what is tried |
//! | --- | --- |
//! | `runbook` | it is clean: no error, no warning |
//! | `runbook wrong RB101` | just this code is found in it |
//! | `runbook module` | clean by itself, without the prelude |
//! | `runbook prelude` | clean; the runbooks without a `runbook` line stand below it |
//! | `console` | each `$ ` line is run, and prints what stands below it |
//! | `sh` | it runs, and ends well |
//! | `sh ci NAME` | `.ci/run` carries it out, by `block NAME` |
//! | `json`, `json lines`, `toml` | it can be parsed |
//! | `text` | nothing, so it may hold no command |
//! | `markdown` | nothing by itself: it is a page that commands read |
//!
//! `file=NAME` puts the block beside the page's commands, which share one
//! directory and run in the order of the page. In what a command prints, `…`
//! stands for any part of a line, and alone for any lines; times, run ids and
//! the name of the user may differ. A command may fail only where the next one
//! is `echo $?`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;
use runbook::analysis::analyse_text;
use runbook::problem::render::short;
use runbook::source::Disk;
use tempfile::TempDir;

use crate::programs::says_it_goes_on;

/// Made from the rules, whose examples have tests of their own.
const GENERATED: &[&str] = &["checks.md"];
/// The commands of the pages in here are run from the root of the repository.
const EXAMPLES: &str = "examples";
/// What those who try the example leave in its folder.
const LEAVINGS: [&str; 2] = ["production", "postmortems"];
/// What the pages call the directory in which their commands run.
const DIRECTORY: &str = "/srv/shop";
/// What the pages call the user; somebody else has that name, too.
const USER: &str = "ada";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page of the documentation.
struct Page {
    name: String,
    text: String,
}

/// A fenced block.
#[derive(Debug)]
struct Block {
    /// Where it opens, counted from one.
    line: usize,
    language: String,
    markers: Vec<String>,
    file: Option<String>,
    text: String,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn pages() -> Vec<Page> {
    let mut paths = vec![root().join("README.md")];
    for folder in ["docs", "docs/stdlib", EXAMPLES] {
        paths.extend(entries(&root().join(folder)));
    }
    let examples = entries(&root().join(EXAMPLES));
    paths.extend(examples.iter().map(|folder| folder.join("README.md")));
    paths.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        path.extension().is_some_and(|it| it == "md")
            && path.is_file()
            && !name.is_some_and(|name| GENERATED.contains(&name))
    });
    paths.sort();
    paths
        .into_iter()
        .map(|path| Page {
            name: path
                .strip_prefix(root())
                .unwrap_or(&path)
                .display()
                .to_string(),
            text: fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

impl Page {
    fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in self.text.lines().enumerate() {
            // A runbook may hold a fence of its own, behind `$`.
            match (&mut open, line.strip_prefix("```")) {
                (Some(_), Some("")) => blocks.extend(open.take()),
                (Some(block), _) => {
                    block.text += line;
                    block.text += "\n";
                }
                (None, Some(info)) => open = Some(Block::open(index + 1, info)),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.name);
        blocks
    }
}

impl Block {
    fn open(line: usize, info: &str) -> Block {
        let mut words = info.split_whitespace().map(str::to_owned);
        let language = words.next().unwrap_or_default();
        let (files, markers) = words.partition::<Vec<_>, _>(|word| word.starts_with("file="));
        let file = files.first().map(|word| word["file=".len()..].to_owned());
        Block {
            line,
            language,
            markers,
            file,
            text: String::new(),
        }
    }

    fn markers(&self) -> Vec<&str> {
        self.markers.iter().map(String::as_str).collect()
    }
}

// ------------------------------------------------------------------- runbooks

/// What the parts of runbooks stand below, in pieces with an empty line between.
static PRELUDE: LazyLock<String> = LazyLock::new(|| {
    let blocks: Vec<Block> = pages().iter().flat_map(Page::blocks).collect();
    let mut preludes = blocks
        .into_iter()
        .filter(|block| block.markers() == ["prelude"]);
    let prelude = preludes.next().expect("a page has a prelude").text;
    assert!(preludes.next().is_none(), "there is one prelude");
    prelude
});

/// What a line declares: its first two words.
fn declared(line: &str) -> Option<(&str, &str)> {
    const KEYWORDS: [&str; 12] = [
        "param",
        "secret",
        "role",
        "lock",
        "window",
        "source",
        "metric",
        "thresholds",
        "channel",
        "message",
        "defaults",
        "phase",
    ];
    let (keyword, rest) = line.split_once(' ')?;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    // Of these there is one.
    let name = match keyword {
        "lock" | "defaults" => "",
        _named => &rest[..end],
    };
    KEYWORDS.contains(&keyword).then_some((keyword, name))
}

fn is_whole(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("runbook \""))
}

/// A whole runbook: a part stands below those pieces of the prelude that it
/// does not declare anew.
fn whole(text: &str) -> String {
    if is_whole(text) {
        return text.to_owned();
    }
    let own: BTreeSet<_> = text.lines().filter_map(declared).collect();
    let pieces = PRELUDE.split("\n\n").filter(|piece| {
        let mut declares = piece.lines().filter_map(declared);
        !declares.any(|it| own.contains(&it))
    });
    let pieces: Vec<&str> = pieces.collect();
    format!("{}\n\n{text}", pieces.join("\n\n"))
}

/// A runbook may use modules that the page has put beside it.
fn try_runbook(block: &Block, directory: &Path) -> Result<(), String> {
    let text = if block.markers() == ["module"] {
        block.text.clone()
    } else {
        whole(&block.text)
    };
    let path = directory.join("example.runbook");
    let analysis = analyse_text(&path, text.as_bytes(), &Disk);
    let found: BTreeSet<&str> = analysis
        .problems
        .iter()
        .map(|problem| problem.code.name())
        // A part does not use all that is declared above it, nor say where all
        // that it declares is used.
        .filter(|code| *code != "RB304" || (is_whole(&block.text) && block.markers().is_empty()))
        .collect();
    let expected: BTreeSet<&str> = match block.markers()[..] {
        [] | ["prelude"] | ["module"] => BTreeSet::new(),
        ["wrong", code] => BTreeSet::from([code]),
        ref others => return Err(format!("unknown markers {others:?}")),
    };
    if found == expected {
        return Ok(());
    }
    let mut told = format!("expected {expected:?}, found");
    for problem in &analysis.problems {
        let _ = write!(told, "\n  {}", short(problem, &analysis.sources));
    }
    Err(told)
}

// ------------------------------------------------------------------- commands

/// A command of a `console` block with what is said to be printed.
struct Session {
    command: String,
    printed: String,
}

fn sessions(block: &Block) -> Result<Vec<Session>, String> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in block.text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            sessions.push(Session {
                command: format!("{command}\n"),
                printed: String::new(),
            });
            continue;
        }
        let last = sessions.last_mut().ok_or("it begins with no command")?;
        match line.strip_prefix("> ") {
            Some(more) if last.printed.is_empty() => {
                last.command += more;
                last.command += "\n";
            }
            _printed => {
                last.printed += line;
                last.printed += "\n";
            }
        }
    }
    Ok(sessions)
}

/// Ends what a command printed; its status stands behind it.
const END: char = '\u{1}';

/// Runs a script in the page's directory as on a terminal, where what is
/// printed and what is said come together.
fn run(script: &str, directory: &Path) -> (String, bool) {
    let program = Path::new(env!("CARGO_BIN_EXE_runbook"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("exec 2>&1\n{script}"))
        .current_dir(directory)
        .env("PATH", path)
        .env("HOME", directory)
        .env("RUNBOOK_STATE", directory.join(".state"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    // Without a controlling terminal nobody is asked.
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed, output.status.success())
}

fn try_console(block: &Block, directory: &Path) -> Result<(), String> {
    let sessions = sessions(block)?;
    if !block.markers.is_empty() {
        return Err(format!("unknown markers {:?}", block.markers));
    }
    let mut script = "status=0\n".to_owned();
    for session in &sessions {
        // `$?` is that of the command before.
        let _ = write!(
            script,
            "{{ (exit $status)\n{}}}\nstatus=$?\nprintf '\\001%s\\n' \"$status\"\n",
            session.command
        );
    }
    let (output, _) = run(&script, directory);
    let mut rest = output.as_str();
    for (index, session) in sessions.iter().enumerate() {
        let command = session.command.trim_end();
        let (printed, after) = rest
            .split_once(END)
            .ok_or_else(|| format!("`{command}` did not end:\n{rest}"))?;
        let (status, after) = after.split_once('\n').unwrap_or((after, ""));
        rest = after;
        let printed = printed.replace(directory.to_str().unwrap(), DIRECTORY);
        if !pattern(&session.printed).is_match(&timeless(&printed)) {
            return Err(format!(
                "`{command}` prints\n{printed}---- and not\n{}",
                session.printed
            ));
        }
        let asked = sessions
            .get(index + 1)
            .is_some_and(|next| next.command == "echo $?\n");
        if status != "0" && !asked {
            return Err(format!("`{command}` ends with status {status}"));
        }
    }
    Ok(())
}

/// Without what is another at every run.
fn timeless(printed: &str) -> String {
    static RUN: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{8}-\d{6}-[a-z2-9]{4}\b"));
    static DATE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"));
    static ELAPSED: LazyLock<Regex> =
        LazyLock::new(|| regex(r" *(\b\d+h )?(\b\d+m )?\b\d+(\.\d+)?(ms|s|m)\b"));
    let printed = RUN.replace_all(printed, "RUN");
    let printed = DATE.replace_all(&printed, "DATE");
    let printed = ELAPSED.replace_all(&printed, " TIME");
    let lines = printed.trim_end().lines().map(str::trim_end);
    let lines = lines.filter(|line| !says_it_goes_on(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a page says is printed, as a pattern.
fn pattern(printed: &str) -> Regex {
    static NAME: LazyLock<Regex> = LazyLock::new(|| regex(&format!(r"\b{USER}\b")));
    let name = format!("(?:{USER}|{})", regex::escape(&user()));
    let mut pattern = r"(?m)\A".to_owned();
    for (index, line) in timeless(printed).lines().enumerate() {
        if line.trim() == "…" {
            pattern += r"(?:\n?.*)*?";
            continue;
        }
        if index > 0 {
            pattern += r"\n";
        }
        let parts: Vec<String> = line.split('…').map(regex::escape).collect();
        pattern += &NAME.replace_all(&parts.join(".*"), regex::NoExpand(&name));
    }
    regex(&(pattern + r"\z"))
}

/// Who runs this test.
fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    let name = String::from_utf8(output.stdout).unwrap();
    name.trim().to_owned()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

fn try_sh(block: &Block, directory: &Path) -> Result<(), String> {
    match block.markers()[..] {
        [] => match run(&format!("set -eu\n{}", block.text), directory) {
            (_, true) => Ok(()),
            (printed, false) => Err(format!("it fails:\n{printed}")),
        },
        ["ci", name] => {
            let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
            let call = format!("block {name}");
            match ci.contains(&call) {
                true => Ok(()),
                false => Err(format!(".ci/run has no `{call}`")),
            }
        }
        ref others => Err(format!("unknown markers {others:?}")),
    }
}

// ----------------------------------------------------------------- everything

fn try_text(block: &Block) -> Result<(), String> {
    let command = block.text.lines().find(|line| line.starts_with("$ "));
    match command {
        Some(command) => Err(format!("`{command}` would not be tried: make it `console`")),
        None => Ok(()),
    }
}

fn try_json(block: &Block) -> Result<(), String> {
    let documents: Vec<&str> = match block.markers()[..] {
        [] => vec![&block.text],
        ["lines"] => block.text.lines().collect(),
        ref others => return Err(format!("unknown markers {others:?}")),
    };
    for document in documents {
        serde_json::from_str::<serde_json::Value>(document).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn try_block(block: &Block, directory: &Path) -> Result<(), String> {
    if let Some(name) = &block.file {
        put(&directory.join(name), &block.text);
        // A script is a file to be run later.
        if block.language == "sh" {
            return Ok(());
        }
    }
    match block.language.as_str() {
        "runbook" => try_runbook(block, directory),
        "console" => try_console(block, directory),
        "sh" => try_sh(block, directory),
        "json" => try_json(block),
        "toml" => block
            .text
            .parse::<toml::Table>()
            .map(|_| ())
            .map_err(|error| error.to_string()),
        "text" => try_text(block),
        "markdown" => Ok(()),
        other => Err(format!("nothing is known of blocks of `{other}`")),
    }
}

fn put(path: &PathBuf, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    if text.starts_with("#!") {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Where the commands of a page run.
fn place_of(page: &Page) -> TempDir {
    let directory = TempDir::new().unwrap();
    if Path::new(&page.name).starts_with(EXAMPLES) {
        copy(&root().join(EXAMPLES), &directory.path().join(EXAMPLES));
    }
    directory
}

/// Copies a folder with its folders.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for path in entries(from) {
        let name = path.file_name().unwrap();
        if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        } else if !LEAVINGS.iter().any(|leaving| name == *leaving) {
            copy(&path, &to.join(name));
        }
    }
}

fn faults_of(page: &Page) -> String {
    let directory = place_of(page);
    let mut faults = String::new();
    for block in page.blocks() {
        if let Err(fault) = try_block(&block, directory.path()) {
            let _ = writeln!(faults, "{}:{}: {fault}\n", page.name, block.line);
        }
    }
    faults
}

#[test]
fn every_block_is_true() {
    // A few at a time: demonstrations that start servers would slow one another.
    const AT_A_TIME: usize = 4;
    let pages = pages();
    let next = AtomicUsize::new(0);
    let try_pages = || {
        let mut faults = String::new();
        while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
            faults += &faults_of(page);
        }
        faults
    };
    let faults: String = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(try_pages)).collect();
        workers.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn links_lead_somewhere() {
    let link = regex(r"\]\(([^)#\s]+)(?:#[^)]*)?\)");
    for page in pages() {
        let folder = root().join(&page.name).parent().unwrap().to_owned();
        for found in link.captures_iter(&page.text) {
            let target = &found[1];
            let is_web = target.starts_with("https://");
            assert!(
                is_web || folder.join(target).exists(),
                "{}: there is no {target}",
                page.name
            );
        }
    }
}

/// Whether README.md names each command that the program has.
#[test]
fn every_command_is_told_of() {
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("\n\n").unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(commands.contains(&"exec"), "{commands:?}");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in commands {
        let row = format!("| `runbook {command}");
        assert!(readme.contains(&row), "README.md has no row `{row}…`");
    }
}

// What would let a false page pass.

fn block(info: &str, text: &str) -> Block {
    Block {
        text: text.to_owned(),
        ..Block::open(1, info)
    }
}

#[test]
fn untrue_blocks_are_found() {
    let directory = TempDir::new().unwrap();
    for (info, text) in [
        ("runbook", "step a $ true\n"),
        ("runbook wrong RB132", "step a $ true\n"),
        (
            "runbook maybe",
            "step a {\n  $ true\n  harmless \"so\"\n}\n",
        ),
        ("console", "$ echo a\nb\n"),
        ("console", "$ echo a\n"),
        ("console", "$ echo a; echo b\na\n"),
        ("console", "$ false\n"),
        ("console", "no command\n"),
        ("sh", "false\n"),
        ("sh ci nothing-of-this-name", "true\n"),
        ("json", "{\n"),
        ("json lines", "{}\n{\n"),
        ("toml", "a\n"),
        ("text", "$ echo a\n"),
        ("", "anything\n"),
        ("fortran", "end\n"),
    ] {
        let tried = try_block(&block(info, text), directory.path());
        assert!(tried.is_err(), "`{info}` {text}");
    }
}

#[test]
fn what_differs_from_run_to_run_may_differ() {
    let directory = TempDir::new().unwrap();
    for text in [
        "$ echo run 20261123-143201-kex7\nrun 20251224-235959-abcd\n",
        "$ echo '    0.2s  ok after 1m 3s'\n   12.8s  ok after 250ms\n",
        "$ echo one; echo two; echo three\none\n…\nthree\n",
        "$ echo one two three\none … three\n",
        "$ false\n$ echo $?\n1\n",
        "$ cat <<end\n> a\n> end\na\n",
    ] {
        let tried = try_block(&block("console", text), directory.path());
        assert_eq!(tried, Ok(()), "{text}");
    }
}
