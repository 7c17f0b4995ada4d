//! Patterns of outputs: each awk finds in a text what `exec` finds.

use std::process::{Command, Stdio};

use regex::RegexBuilder;

use super::awks;
use super::shells;
use super::world::World;

const PATTERNS: [&str; 26] = [
    ".*x",
    ".+x",
    ".*: (id)",
    "^.*: ([^ \\n]+)$",
    "^.*: (\\S+)$",
    "version: (.+)",
    "id=(.*);",
    "id=(.+?);",
    "id.*?: (\\d+)",
    "(.*)x",
    "(.+): a",
    "a.*(x\\d*)",
    "^a.*=(\\d+)",
    "^a(.*)x$",
    ".*\\s(\\d+)",
    "id: (a.*x);",
    "(a|id).*;",
    "é.*(é)",
    "= *a(.*) 1",
    "x.*\\n(a)",
    ": *(.+)",
    "id:\\s*(.*)",
    "id[=:]\\s+(.+)$",
    "^a\\s*(.*)$",
    "=\\s*(.+)",
    "version:\\s*.+",
];

/// Texts of what the patterns look for, the same each time.
fn texts(count: u64) -> Vec<String> {
    let words = [
        "a",
        "x",
        ": ",
        " ",
        "\n",
        "é",
        "1",
        "2",
        "id",
        "=",
        ";",
        "\n",
        "version: ",
        "id=",
    ];
    let mut number = crate::chance::seed();
    let mut next = |below: usize| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(number >> 33).expect("it is small") % below
    };
    let mut all = vec![String::new()];
    for _ in 0..count {
        let length = next(16);
        all.push((0..length).map(|_| words[next(words.len())]).collect());
    }
    all
}

#[test]
fn every_awk_is_here() {
    let awks = awks::installed();
    assert_eq!(awks.len(), awks::ALL.len(), "{awks:?}");
}

#[test]
fn every_awk_finds_what_exec_finds() {
    let mut text = String::from("runbook \"Find\"\ndefaults { timeout 1m }\n");
    for (number, pattern) in PATTERNS.iter().enumerate() {
        text += &format!(
            "step s{number} {{\n  $ cat text\n  output it from stdout `{pattern}` default \"none\"\n  harmless \"it reads\"\n}}\n"
        );
    }
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    let script = world.read("case.sh");
    let begin = script.find("# What is expected of what a command printed");
    let piece = &script[begin.expect("it is there")..];
    let piece = &piece[..piece.find("\n# The record:").unwrap_or(piece.len())];
    let count = if crate::chance::is_long() { 400 } else { 25 };
    let texts = texts(count);
    let mut harness = format!(
        "set -uf\nrb_newline='\n'\nrb_print() {{ printf '%s\\n' \"$1\"; }}\nrb_trim() {{ :; }}\n\
         rb_beginning_of_output() {{ cat \"$rb_files.out\"; }}\n\
         rb_give() {{ printf '%s\\036' \"$rb_got\"; }}\nrb_bad=''\n{piece}\n"
    );
    let mut wanted = Vec::new();
    for (number, pattern) in PATTERNS.iter().enumerate() {
        let body = script
            .find(&format!("\nstep_s{number}() {{\n"))
            .expect("it");
        let body = &script[body..];
        let from = body.find("  rb_output it ").expect("an output");
        let line = &body[from..body.find("\n}\n").expect("its end")];
        let regex = RegexBuilder::new(pattern).multi_line(true).build();
        let regex = regex.expect("a pattern");
        for (at, text) in texts.iter().enumerate() {
            world.write(&format!("t{at}.out"), text);
            harness += &format!("rb_why='' rb_files=./t{at}\n{line}\n");
            let found = regex.captures(text);
            let found = found.and_then(|it| it.get(usize::from(it.len() > 1)));
            let found = found.map_or("none", |it| it.as_str());
            wanted.push((pattern, text, found.to_owned()));
        }
    }
    world.write("harness", &harness);
    for awk in awks::installed() {
        world.has_awk(awk);
        let output = Command::new("dash")
            .arg("harness")
            .current_dir(world.path())
            .env("PATH", world.path_to_stand_ins())
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let printed = String::from_utf8(output.stdout).expect("text");
        let mut found = printed.split('\u{1e}');
        for (pattern, text, wanted) in &wanted {
            let found = found.next().unwrap_or_default();
            assert_eq!(found, wanted, "{awk:?} {pattern} in {text:?}");
        }
    }
}

/// As many lines as a deployment prints: what reads them took longer than the step may.
const PRINTS_MUCH: &str = r#"runbook "Prints much"
step one {
  $ seq 1 150000; echo "id: 77"; seq 1 1000
  timeout 45s
  expect stdout contains "id: 77"
  expect stdout matches `^id: \d+$`
  output id from stdout `id: (\d+)`
  output line from stdout `^(.*): 77`
  output three from stdout `^9{3}$`
  harmless "it only prints"
}
check two {
  $ test "$one_id,$one_line,$one_three" = 77,id,999
  timeout 45s
}
"#;

#[test]
fn much_output_is_read_in_no_time_by_every_awk() {
    for (number, awk) in awks::installed().iter().enumerate() {
        let shell = shells::nth(number);
        let world = World::new(PRINTS_MUCH, &[]);
        world.export(&[]).expect("it can be exported");
        world.has_awk(awk);
        let told = world.script_beside(shell, &[]);
        assert_eq!(told.status, Some(0), "{awk:?} {shell:?}\n{}", told.text);
    }
}
