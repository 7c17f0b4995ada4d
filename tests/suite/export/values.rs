//! Values reach commands unchanged, whatever is in them, and are read from what
//! was printed as `exec` reads them.

use super::shells;
use super::world::World;

/// Texts that have ended other programs that wrote shell.
pub fn vicious() -> Vec<String> {
    let every: String = (1..0x250_u32).filter_map(char::from_u32).collect();
    vec![
        String::new(),
        "it's \"quoted\" 'twice'".to_owned(),
        "$(touch pwned) `touch pwned` ${HOME} $HOME \\$x".to_owned(),
        "-n".to_owned(),
        "--help".to_owned(),
        "* ? [a-z] {a,b} ~ ~root".to_owned(),
        "a\n\nb\n END\nEND\nEND_2\n rb_sh".to_owned(),
        " leading, trailing\t ".to_owned(),
        "\\n\\t\\\\ \\".to_owned(),
        "; touch pwned; & | > pwned < #".to_owned(),
        "x".repeat(100_000),
        "'".repeat(2_000),
        every,
    ]
}

const GIVEN: &str = r#"runbook "Given"
param text: string
defaults { timeout 1m }
step one {
  capture noted $ printf '%s.' "$text"
  $ printf '%s' "$text" >got
  rollback $ printf '%s' "$noted" >noted
}
check fails $ test -e nothing
"#;

#[test]
fn values_reach_commands_unchanged_in_every_shell() {
    for (number, value) in vicious().iter().enumerate() {
        for shell in shells::some(number) {
            let given = format!("text={value}");
            let world = World::new(GIVEN, &[]);
            world
                .export(&["--set", &given])
                .expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?} with {value:?}\n{}", told.text);
            // What is longer than a value may be is refused by both.
            if value.len() < 60_000 {
                assert_eq!(told.status, Some(3), "{about}");
                assert_eq!(world.read("got"), *value, "{about}");
                assert_eq!(world.read("noted"), format!("{value}."), "{about}");
            } else {
                assert_eq!(told.status, Some(1), "{about}");
                assert!(told.text.contains("it is longer than 64 KiB"), "{about}");
            }
            assert!(!world.path().join("pwned").exists(), "{about}");
        }
    }
}

#[test]
fn a_long_value_reaches_a_command() {
    let text = GIVEN.replace("  capture noted $ printf '%s.' \"$text\"\n", "");
    let text = text.replace("$noted", "$text");
    let value = "0123456789".repeat(10_000);
    for shell in shells::installed() {
        let world = World::new(&text, &[]);
        let given = format!("text={value}");
        world
            .export(&["--set", &given])
            .expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(world.read("got"), value, "{shell:?}");
    }
}

/// What is printed, what is read from it, and what of it reaches the next.
const PRINTED: [(&str, &str); 21] = [
    ("backup id: b-7 of 9", r"stdout `backup id: (\S+)`"),
    ("a\nid 12\nid 13", r"stdout `^id (\d+)$`"),
    ("nothing", r"stdout `id: (\S+)`"),
    ("version 1.20.3, later", r"stdout `version (\d+\.\d+\.\d+)`"),
    ("a: 1\nsaved as: b: é-7\nc: 3", r"stdout `^saved.*: (\S+)$`"),
    ("x=1 ok\nx=2, y=3; ok", r"stdout `x=(.+?), y`"),
    ("it is grün: ja", r"stdout `grün: (\S+)`"),
    ("x=[^a]-]\\y;", r"stdout `x=([^;]+);`"),
    ("state is yes.", r"stdout `state is (yes|no)\.`"),
    ("whole match", r"stdout `whole \w+`"),
    (
        r#"{"a": {"b": [1, "zwei \"\u00e9\ud83d\ude00\n."]}}"#,
        r"json `$.a.b[1]`",
    ),
    (r#"{"a": {"b": [17, 2]}}"#, r"json `$.a.b[0]`"),
    (r#"{"a": true}"#, r"json `$.a`"),
    (r#"{"a": null}"#, r"json `$.a`"),
    (r#"{"b": 1}"#, r"json `$.a`"),
    (r#"{"a": "x", "a": "y"}"#, r"json `$.a`"),
    (r#"{"a": "x"} trailing"#, r"json `$.a`"),
    (
        r#"{"x": "\"a\": \"wrong\"", "a": "right"}"#,
        r"json `$['a']`",
    ),
    ("in a file\n\n", r#"file "printed""#),
    ("not in a file", r#"file "missing""#),
    ("a zero\0byte", r#"file "printed""#),
];

#[test]
fn outputs_are_read_as_exec_reads_them() {
    let mut run = 0;
    for (printed, from) in PRINTED {
        for default in ["", " default \"none\""] {
            let text = format!(
                "runbook \"Read\"\ndefaults {{ timeout 1m }}\nstep one {{\n  $ cat printed\n  \
                 output it from {from}{default}\n  harmless \"it reads\"\n}}\nstep two {{\n  \
                 $ printf '%s' \"$one_it\" >got\n  harmless \"it writes\"\n}}\n"
            );
            let by_exec = World::new(&text, &[]);
            by_exec.write("printed", printed);
            let exec = by_exec.exec(&[]);
            for _shell in 0..2 {
                let shell = shells::nth(run);
                run += 1;
                let world = World::new(&text, &[]);
                world.write("printed", printed);
                world.export(&[]).expect("it can be exported");
                let told = world.script(shell, &[]);
                let about = format!("{shell:?} {printed} {from}\n{}\n{}", told.text, exec.text);
                assert_eq!(told.status, exec.status, "{about}");
                assert_eq!(world.read("got"), by_exec.read("got"), "{about}");
            }
        }
    }
}

/// What is expected of what is printed.
const EXPECTED: [(&str, &str); 14] = [
    (".*x", "aaax"),
    (".*x", "aaa"),
    ("(ab)+c", "xababc"),
    ("(ab)+c", "abac"),
    ("^(ok|fine)+$", "no\nokfine\nno"),
    ("^(ok|fine)+$", "not ok"),
    ("a.*b|^c", "b\nc"),
    ("a.*b|^c", "a\nb"),
    (r"\Aone\z", "one"),
    (r"\Aone", "x\none"),
    ("[0-9x]{2,3}!", "ab1!12!"),
    ("(a|b(c|d)?)*e$", "abdbce"),
    ("grün+", "grünn"),
    (r"v\d+\.\d+(-rc\.?\d+)?$", "v1.2-rc.3"),
];

#[test]
fn what_is_expected_is_found_as_exec_finds_it() {
    for (number, (pattern, printed)) in EXPECTED.into_iter().enumerate() {
        let text = format!(
            "runbook \"Expects\"\ndefaults {{ timeout 1m }}\nstep one {{\n  $ cat printed\n  \
             expect stdout matches `{pattern}`\n  harmless \"it reads\"\n}}\n"
        );
        let by_exec = World::new(&text, &[]);
        by_exec.write("printed", printed);
        let exec = by_exec.exec(&[]);
        let shell = shells::nth(number);
        let world = World::new(&text, &[]);
        world.write("printed", printed);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        let about = format!(
            "{shell:?} {pattern} {printed}\n{}\n{}",
            told.text, exec.text
        );
        assert_eq!(told.status, exec.status, "{about}");
    }
}

const LOUD: &str = r#"runbook "Ship \u{1b}[31m{version}"
defaults { timeout 1m }
param version: string
step one "Ship {version}" {
  $ printf 'hi \033[31mred\n'; exit 3
  rollback $ true
}
"#;

#[test]
fn nothing_that_is_shown_drives_a_terminal() {
    for shell in shells::installed() {
        let world = World::new(LOUD, &[]);
        world.export(&[]).expect("it can be exported");
        for more in [&["-v"][..], &["--dry-run"]] {
            let set = ["--set", "version=\u{1b}]0;owned\u{7}é"];
            let told = world.script(shell, &[&set, more].concat());
            let is_loud = |letter: char| letter.is_control() && letter != '\n';
            assert!(!told.text.contains(is_loud), "{shell:?}\n{}", told.text);
            assert!(
                told.text.starts_with("Ship ?[31m?]0;owned?é\n"),
                "{}",
                told.text
            );
        }
    }
}
