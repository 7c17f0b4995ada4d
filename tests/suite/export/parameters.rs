//! `--set` of a script: what it may give, what it may not, and the types of
//! both read as `exec` reads them.

use runbook::types::Type;
use runbook::types::text::read_value;

use super::shells;
use super::world::World;

const RELEASE: &str = r#"runbook "Release {version} to {target}"
param version: version
param target: "staging" | "production" = "staging"
param note: string = "for {target}"
param count: int = 3
param loud: bool = false
param hosts: list<string> = ["a", "b"]
param limit: duration = 1m
param grace: duration = 90s
lock "release/{target}"
defaults { timeout limit }
step one {
  capture was $ printf '%s' "$version"
  $ printf '%s\n' "$version" "$target" "$note" "$count" "$grace" >got
  rollback $ printf '%s, not %s' "$was" "$version" >back
}
step two when loud {
  $ echo "$version"
  harmless "it tells {version}"
}
for host in hosts {
  step three {
    $ echo "$host" >>got
    harmless "it writes"
  }
}
"#;

#[test]
fn values_are_given_when_a_script_runs() {
    for shell in shells::installed() {
        let world = World::new(RELEASE, &[]);
        world.export(&[]).expect("it can be exported");
        let settings = ["--set", "version=1.2.3", "--set=target=production"];
        let told = world.script(shell, &[&settings[..], &["-s", "count=1_000"]].concat());
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert!(
            told.text.contains("Release 1.2.3 to production"),
            "{shell:?}\n{}",
            told.text
        );
        let wanted = "1.2.3\nproduction\nfor production\n1000\n90\na\nb\n";
        assert_eq!(world.read("got"), wanted, "{shell:?}");
        // A run keeps its values, whatever the next one is given.
        let back = world.script(shell, &["--rollback"]);
        assert_eq!(back.status, Some(3), "{shell:?}\n{}", back.text);
        assert_eq!(world.read("back"), "1.2.3, not 1.2.3", "{shell:?}");
    }
}

/// What is given, how it ends, and what is said.
const REFUSED: [(&[&str], i32, &str); 10] = [
    (&[], 1, "parameter `version` has no value"),
    (
        &["--set", "version=1.2"],
        1,
        "parameter `version`: expected a version such as `1.2.3`, found `1.2`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "target=nowhere"],
        1,
        "parameter `target`: expected one of `staging`, `production`, found `nowhere`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "count=2.5"],
        1,
        "parameter `count`: expected a whole number, found `2.5`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "versio=1"],
        1,
        "the runbook has no parameter `versio`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "$(touch pwned)=1"],
        1,
        "the runbook has no parameter `$(touch pwned)`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "loud=true"],
        2,
        "`loud` decides what this script does, so it is `false` in all of it",
    ),
    (
        &["--set", "version=1.2.3", "--set", "hosts=c"],
        2,
        "export it again with the other `--set`",
    ),
    (
        &["--set", "version=1.2.3", "--set", "limit=2m"],
        2,
        "`limit` decides",
    ),
    (&["--set", "version"], 2, "has no `=`"),
];

#[test]
fn what_cannot_be_given_is_refused_before_anything_runs() {
    for (number, (settings, status, words)) in REFUSED.into_iter().enumerate() {
        for shell in shells::some(number) {
            let world = World::new(RELEASE, &[]);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, settings);
            let about = format!("{shell:?} {settings:?}\n{}", told.text);
            assert_eq!(told.status, Some(status), "{about}");
            assert!(told.text.contains(words), "{about}");
            for made in ["got", "pwned", "state/exported/case/runs/*"] {
                assert!(!world.path().join(made).exists(), "{about}");
            }
        }
    }
}

#[test]
fn what_decides_the_plan_must_be_known_when_it_is_exported() {
    let text = RELEASE.replace("loud: bool = false", "loud: bool");
    let world = World::new(&text, &[]);
    let why = world.export(&[]).expect_err("it is refused");
    assert!(
        why.contains("RB960") && why.contains("parameter `loud` has no value"),
        "{why}"
    );
    assert!(!why.contains("`version`"), "{why}");
    world.export(&["--set", "loud=yes"]).expect("it is known");
    let told = world.script(shells::nth(0), &["--set", "version=1.2.3"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
}

/// Texts, and the types that they are read as.
const TEXTS: [&str; 46] = [
    "",
    "0",
    "-0",
    "3",
    "-3",
    "007",
    "1_000",
    "1__0",
    "_1",
    "2.50",
    ".5",
    "5.",
    "1.2.3",
    "v1.2.3",
    "1.2.3-rc.1+b.7",
    "01.2.3",
    "1.2.3-01",
    "1.2.3-",
    "1.2.18446744073709551616",
    "1.2.3\n",
    "90s",
    "1h30m",
    "1m1h",
    "1h1h",
    "-5m",
    "250ms",
    "1.5us",
    "0.1us",
    "400d",
    "1w2d3h",
    "5 m",
    "10%",
    "0.10%",
    "1%1%",
    "512MiB",
    "1536B",
    "1.5KiB",
    "1000KB",
    "0B",
    "true",
    "no",
    "http://a b",
    "https://example.org/?q=1",
    "web-1.internal",
    "-web",
    "é",
];

#[test]
fn values_are_read_as_exec_reads_them() {
    let types = [
        ("int", Type::Int),
        ("number", Type::Number),
        ("bool", Type::Bool),
        ("percent", Type::Percent),
        ("duration", Type::Duration),
        ("bytes", Type::Bytes),
        ("version", Type::Version),
        ("url", Type::Url),
        ("host", Type::Host),
        ("path", Type::Path),
    ];
    for (number, (name, ty)) in types.into_iter().enumerate() {
        let text = format!(
            "runbook \"It is [{{it}}]\"\nparam it: {name}\nstep one {{\n  $ printf '[%s]' \"$it\"\n  harmless \"it prints\"\n}}\n"
        );
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let some = TEXTS.iter().enumerate();
        let some = some.filter(|(at, _)| crate::chance::is_long() || (at + number) % 2 == 0);
        for (at, text) in some {
            let given = format!("it={text}");
            let shell = shells::nth(at / 2 + number);
            let told = world.script(shell, &["--dry-run", "--set", &given]);
            let about = format!("{shell:?} {name} {text:?}\n{}", told.text);
            match read_value(text, &ty) {
                Ok(value) => {
                    assert_eq!(told.status, Some(0), "{about}");
                    let people = format!("It is [{value}]\n");
                    assert!(told.text.starts_with(&people), "{value} {about}");
                    let commands = format!("\n      it={}\n", value.shell_text());
                    assert!(told.text.contains(&commands), "{about}");
                }
                Err(_) => assert_eq!(told.status, Some(1), "{about}"),
            }
        }
    }
}

#[test]
fn vicious_values_reach_commands_unchanged() {
    let text = "runbook \"Given\"\nparam text: string\ndefaults { timeout 1m }\nstep one {\n  \
                $ printf '%s' \"$text\" >got\n  rollback $ printf '%s' \"$text\" >back\n}\n\
                check fails $ test -e nothing\n";
    for (number, value) in super::values::vicious().iter().enumerate() {
        for shell in shells::some(number) {
            let world = World::new(text, &[]);
            world.export(&[]).expect("it can be exported");
            let given = format!("text={value}");
            let told = world.script(shell, &["--set", &given]);
            let about = format!("{shell:?} with {value:?}\n{}", told.text);
            assert_eq!(told.status, Some(3), "{about}");
            assert_eq!(world.read("got"), *value, "{about}");
            assert_eq!(world.read("back"), *value, "{about}");
            assert!(!world.path().join("pwned").exists(), "{about}");
        }
    }
}

/// Names that the runtime, a shell or a tool of it uses for something.
const TAKEN: [&str; 36] = [
    "value",
    "said",
    "params",
    "param_value",
    "problems",
    "known",
    "dir",
    "state",
    "now",
    "got",
    "status",
    "path",
    "argv",
    "options",
    "functions",
    "commands",
    "home",
    "user",
    "rb_dir",
    "rb_files",
    "rb_got",
    "rb_why",
    "rb_now",
    "rb_variables",
    "rb_dress",
    "rb_isolation",
    "rb_cd",
    "rb_home",
    "rb_born",
    "rb_group",
    "rbx_value",
    "rbn_state_one",
    "rbt_attempt_step_one",
    "rba_value_value",
    "rbs_token",
    "rbv_one__was",
];

#[test]
fn no_name_of_an_author_is_in_the_way_of_the_runtime() {
    use std::fmt::Write;

    let mut text = String::from("runbook \"Names\"\nsecret rb_state from file \"token\"\n");
    let mut words = String::new();
    for name in TAKEN {
        let _ = writeln!(text, "param {name}: string = \"default of {name}\"");
        let _ = write!(words, " \"${name}\"");
    }
    text += "defaults { timeout 1m }\nenv PATH = \"/usr/bin:/bin:/nowhere\"\nenv HOME = \"/\"\n";
    let _ = writeln!(
        text,
        "step rb_main {{\n  capture rb_task $ printf 'kept'\n  $ printf '%s\\n'{words} \"$rb_state\" \"$PATH\" \"$HOME\" >got\n  \
         rollback $ printf '%s\\n' \"$rb_task\" \"$value\" >back\n}}\n\
         step node {{\n  $ echo \"$rb_got\"\n  harmless \"it looks\"\n}}\n\
         step rb_fact {{\n  $ echo \"$state\"\n  harmless \"it looks\"\n}}\n\
         check rb_record $ test -z \"${{rbx_value_of-}}\"\n\
         check task $ false"
    );
    let given = ["--set", "value=given", "--set", "rb_files=given too"];
    let run = |shell: Option<&'static [&'static str]>| {
        let world = World::new(&text, &[]);
        world.write("token", "of a secret");
        let told = match shell {
            None => world.exec(&given),
            Some(shell) => {
                world.export(&[]).expect("it can be exported");
                world.script(shell, &given)
            }
        };
        (told, world)
    };
    let (exec, by_exec) = run(None);
    assert_eq!(exec.status, Some(3), "{}", exec.text);
    assert!(by_exec.read("got").contains("given too"), "{}", exec.text);
    for shell in shells::installed() {
        let (told, world) = run(Some(shell));
        let about = format!("{shell:?}\n{}\n{}", told.text, exec.text);
        assert_eq!(told.status, exec.status, "{about}");
        assert_eq!(world.read("got"), by_exec.read("got"), "{about}");
        assert_eq!(world.read("back"), "kept\ngiven\n", "{about}");
        assert_eq!(told.trace(), exec.trace(), "{about}");
    }
}

#[test]
fn who_mistypes_a_name_is_told_which_was_meant() {
    for (number, (name, words)) in [
        ("versoin", "did you mean `version`?"),
        ("taget", "did you mean `target`?"),
        (
            "nothing_like_it",
            "it has version, target, note, count, grace, loud, hosts, limit",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let world = World::new(RELEASE, &[]);
        world.export(&[]).expect("it can be exported");
        for shell in shells::some(number) {
            let given = format!("{name}=1");
            let told = world.script(shell, &["--set", "version=1.2.3", "--set", &given]);
            let wanted = format!("the runbook has no parameter `{name}`: {words}");
            assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
            assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
        }
    }
}

#[test]
fn help_tells_what_can_be_given_and_touches_nothing() {
    let text = RELEASE.replace("param note: string", "param note: string \"For people\"");
    let text = text.replace(
        "string \"For people\" = \"for {target}\"",
        "string = \"for {target}\" \"For people\"",
    );
    for shell in shells::installed() {
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &["--help"]);
        let about = format!("{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{about}");
        for line in [
            "Release {version} to {target}",
            "  version",
            "      a version such as `1.2.3`; must be given",
            "  note: For people",
            "      any text; without it: for staging",
            "  loud = false",
            "  --on-doubt WHAT",
        ] {
            let is_there = told.text.lines().any(|it| it.starts_with(line));
            assert!(is_there, "{line}\n{about}");
        }
        assert!(!world.path().join("state").exists(), "{about}");
    }
}
