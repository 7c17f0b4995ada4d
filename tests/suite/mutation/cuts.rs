//! What can be taken out of a runbook, or broken in it. All files here are laid
//! out by `runbook fmt`, so an indented part ends where its indentation does.

/// A text with one thing wrong.
pub struct Mutant {
    pub what: &'static str,
    /// Counted from one.
    pub line: usize,
    pub text: String,
    /// What was there.
    pub cut: String,
}

/// The first words of what is taken away, and what that is called.
const PARTS: &[(&str, &str)] = &[
    ("rollback when ", "without a rule of a watch"),
    ("rollback on request ", "without a rule of a watch"),
    ("ask when ", "without a rule of a watch"),
    ("rollback ", "without rollback"),
    ("leave ", "without leave"),
    ("enter ", "without enter"),
    ("capture ", "without capture"),
    ("harmless ", "without harmless"),
    ("irreversible ", "without irreversible"),
    ("gate ", "without gate"),
    ("checklist ", "without checklist"),
    ("check ", "without check"),
    ("repeatable", "without repeatable"),
    ("saves ", "without saves"),
    ("output ", "without output"),
    ("verify ", "without verify"),
    ("done when ", "without done when"),
    ("retry ", "without retry"),
    ("within ", "without within"),
];

/// All mutants of a text. Its tests stay as they are.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let lines: Vec<&str> = text.lines().collect();
    let mut mutants = Vec::new();
    let mut test_until = 0;
    let mut fence = false;
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        if bare.contains("```") {
            fence = !fence;
        }
        if bare.starts_with("test \"") {
            test_until = end_of(&lines, at);
        }
        if fence || at < test_until || is_template(bare) {
            continue;
        }
        let part = PARTS.iter().find(|(words, _)| bare.starts_with(words));
        if let Some((_, what)) = part {
            mutants.push(without(&lines, at, end_of(&lines, at), what));
        }
        if bare.starts_with("} else ") {
            mutants.extend(without_alternative(&lines, at));
        }
        if matches!(part, Some((_, "without rollback" | "without leave"))) {
            mutants.extend(broken(&lines, at));
        }
        if bare.starts_with("capture ") {
            mutants.push(replaced(
                &lines,
                at,
                "capture ",
                "capture other_",
                "a capture by another name",
            ));
        }
    }
    mutants
}

/// `check NAME(` is the declaration of a template: without it nothing can be
/// called so, which says nothing about the promise.
fn is_template(bare: &str) -> bool {
    let head = bare.split('{').next().unwrap_or_default();
    let declares = ["check ", "action ", "strategy ", "bracket "];
    let mut words = head.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    declares.iter().any(|it| it.trim_end() == first) && second.contains('(') && !head.contains('=')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line behind the part that begins at a line.
fn end_of(lines: &[&str], at: usize) -> usize {
    let depth = indent(lines[at]);
    let mut end = at + 1;
    let continues = |line: &str| line.trim_end().ends_with('\\');
    while continues(lines[end - 1]) && end < lines.len() {
        end += 1;
    }
    if !opens(lines[at]) {
        return end;
    }
    while end < lines.len() {
        let line = lines[end];
        let closes = indent(line) == depth && line.trim_start().starts_with(['}', ')']);
        end += 1;
        if closes && !opens(line) {
            break;
        }
    }
    end
}

/// Whether a line opens a block; a command's own brackets are the shell's.
fn opens(line: &str) -> bool {
    let own = line.split(" $ ").next().unwrap_or_default();
    !line.trim_start().starts_with("$ ")
        && own.len() == line.len()
        && line.trim_end().ends_with(['{', '('])
}

fn text_of(lines: &[impl AsRef<str>]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", line.as_ref()))
        .collect()
}

fn without(lines: &[&str], from: usize, to: usize, what: &'static str) -> Mutant {
    let rest = [&lines[..from], &lines[to..]].concat();
    Mutant {
        what,
        line: from + 1,
        text: text_of(&rest),
        cut: text_of(&lines[from..to]),
    }
}

/// The undo without its alternative, which begins at this line.
fn without_alternative(lines: &[&str], at: usize) -> Option<Mutant> {
    let depth = indent(lines[at]);
    let end = lines[at + 1..]
        .iter()
        .position(|line| indent(line) == depth && line.trim_start().starts_with('}'))?;
    Some(without(lines, at, at + 1 + end, "without an alternative"))
}

fn replaced(lines: &[&str], at: usize, old: &str, new: &str, what: &'static str) -> Mutant {
    let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    all[at] = all[at].replacen(old, new, 1);
    Mutant {
        what,
        line: at + 1,
        text: text_of(&all),
        cut: lines[at].to_owned(),
    }
}

/// An undo that reads a value nobody has, one that splits its values, one
/// without commands, and one that does again what was done.
fn broken(lines: &[&str], at: usize) -> Vec<Mutant> {
    let end = end_of(lines, at);
    let mut mutants = Vec::new();
    let commands = (at..end).filter(|at| lines[*at].contains("$ "));
    let reads = |at: &usize| lines[*at].contains("\"$");
    if let Some(line) = commands.clone().find(reads) {
        mutants.push(replaced(
            lines,
            line,
            "\"$",
            "\"$no_",
            "an undo with an unknown value",
        ));
        // The word of a `case` is never split: without quotes it is the same.
        if !lines[line].contains("case \"$") {
            mutants.push(unquoted(lines, line));
        }
    }
    let word = lines[at].split_whitespace().next().unwrap_or_default();
    let head = format!("{}{word} {{ }}", " ".repeat(indent(lines[at])));
    let empty = [&lines[..at], &[head.as_str()], &lines[end..]].concat();
    mutants.push(Mutant {
        what: "an undo without commands",
        line: at + 1,
        text: text_of(&empty),
        cut: text_of(&lines[at..end]),
    });
    mutants.extend(copied(lines, at, end));
    mutants
}

fn unquoted(lines: &[&str], at: usize) -> Mutant {
    let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let line = &all[at];
    if let Some(from) = line.find("\"$") {
        let name = line[from + 2..]
            .find('"')
            .map_or(line.len(), |to| from + 2 + to);
        let bare = line[from + 1..name].to_owned();
        all[at] = format!(
            "{}{bare}{}",
            &line[..from],
            line.get(name + 1..).unwrap_or("")
        );
    }
    Mutant {
        what: "an undo with an unquoted value",
        line: at + 1,
        text: text_of(&all),
        cut: lines[at].to_owned(),
    }
}

/// The undo does what the commands above it in the same block did.
fn copied(lines: &[&str], at: usize, end: usize) -> Option<Mutant> {
    let depth = indent(lines[at]);
    let above = lines[..at].iter().enumerate().rev();
    let mut above = above.take_while(|(_, line)| indent(line) >= depth || line.is_empty());
    let last = above.find(|(_, line)| {
        let bare = line.trim_start();
        indent(line) == depth && (bare.starts_with("$ ") || bare.starts_with("enter $ "))
    })?;
    let mut first = last.0;
    while first > 0
        && indent(lines[first - 1]) == depth
        && lines[first - 1].trim_start().starts_with("$ ")
    {
        first -= 1;
    }
    let pad = " ".repeat(depth + 2);
    let word = lines[at].split_whitespace().next().unwrap_or_default();
    let mut copy = vec![format!("{}{word} {{", " ".repeat(depth))];
    for line in &lines[first..=last.0] {
        let bare = line.trim_start();
        copy.push(format!(
            "{pad}{}",
            bare.strip_prefix("enter ").unwrap_or(bare)
        ));
    }
    copy.push(format!("{}}}", " ".repeat(depth)));
    let mut all: Vec<String> = lines[..at].iter().map(|line| (*line).to_owned()).collect();
    all.extend(copy);
    all.extend(lines[end..].iter().map(|line| (*line).to_owned()));
    Some(Mutant {
        what: "an undo that does what was done",
        line: at + 1,
        text: text_of(&all),
        cut: text_of(&lines[at..end]),
    })
}
