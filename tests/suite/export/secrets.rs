//! Secrets of a script: who gets them, and that nobody else does.

use std::process::Command;

use super::shells;
use super::world::{Told, World};

const KEPT: &str = r#"runbook "Kept"
secret token from env "API_TOKEN"
secret key from file "key"
secret third from $ printf 'third-of-all'
defaults { timeout 1m }
step one {
  $ printf '%s' "$token" >token; printf '%s' "$key" >got_key; printf '%s' "$third" >third
  $ env >with
  $ cat /proc/*/cmdline 2>/dev/null | tr '\0' ' ' >commands
  $ printf '%s|%s|%s\n' "$token" "$key" "$third"
  $ printf '%s' "$token" | base64 -w0; echo
  $ printf 'a%s' "$token" | base64 -w0; echo
  $ printf 'ab%s' "$token" | base64 -w0; echo
  $ printf '%s' "$token" | od -An -v -tx1 | tr -d ' \n'; echo
  $ printf '%s' "$token" | jq -Rs .; printf '%s' "$token" | jq -Rsa .; printf '%s' "$token" | jq -Rr @uri
  $ printf '%s' "$token" >&2
  rollback $ printf '%s' "$token"; printf '%s' "$token" >back
}
step two {
  $ env >without
  $ cat token
  harmless "it looks"
}
step three {
  capture heard $ cat token
  $ printf '%s' "$heard" >heard
  harmless "it hears"
}
check fails $ cat token; test -e nothing
"#;

fn run(world: &World, shell: &[&str], token: &str) -> Told {
    let script = [&["./case.sh", "-v"][..], &["--grace", "1"]].concat();
    let mut command = world.command(shell, &script);
    command.env("API_TOKEN", token);
    let output = command.output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    Told {
        status: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

#[test]
fn secrets_reach_the_commands_that_name_them_and_nothing_else() {
    let tokens = [
        "correct-horse-battery",
        "s3cret/+to'k\"en\\ <&é",
        "-n $(touch pwned) `touch pwned` * \\n %s",
        "first line of it\n  second line\nthird",
    ];
    for (number, token) in tokens.into_iter().enumerate() {
        let every = crate::chance::is_long();
        let shells = shells::installed().iter().enumerate();
        for (_, shell) in shells.filter(|(at, _)| every || at % 4 == number) {
            let world = World::new(KEPT, &[]);
            world.write(
                "key",
                "-----BEGIN KEY-----\nabcdefgh12345\n-----END KEY-----\n\n",
            );
            world.export(&[]).expect("it can be exported");
            let told = run(&world, shell, token);
            let about = format!("{shell:?} {token:?}\n{}", told.text);
            assert_eq!(told.status, Some(3), "{about}");
            assert_eq!(world.read("token"), token, "{about}");
            assert_eq!(world.read("back"), token, "{about}");
            assert_eq!(world.read("third"), "third-of-all", "{about}");
            assert!(world.read("got_key").ends_with("END KEY-----"), "{about}");
            // What runs is masked where it is kept: so is what is taken from it.
            assert!(world.read("heard").contains("***"), "{about}");
            // Their own names are in the environment of one command.
            assert!(world.read("with").contains("third=third-of-all"), "{about}");
            assert!(!world.read("without").contains("third-of-all"), "{about}");
            let first = token.lines().next().unwrap_or_default();
            assert!(!world.read("commands").contains(first), "{about}");
            assert!(!world.read("case.sh").contains(token), "{about}");
            for line in token.lines().map(str::trim) {
                for spelled in spellings(line) {
                    assert!(!told.text.contains(&spelled), "{spelled} in {about}");
                    let found = grep(&world, &spelled);
                    assert_eq!(found, "", "{spelled} {about}");
                }
            }
            assert!(!world.path().join("pwned").exists(), "{about}");
        }
    }
}

/// As itself, and as the tools above write it.
fn spellings(secret: &str) -> Vec<String> {
    let base64 = Command::new("sh")
        .args(["-c", "printf '%s' \"$1\" | base64 -w0", "sh", secret])
        .output()
        .expect("base64 is there");
    let base64 = String::from_utf8_lossy(&base64.stdout).into_owned();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(secret).expect("text");
    vec![
        secret.to_owned(),
        base64.trim_end_matches('=').to_owned(),
        hex,
        json.trim_matches('"').to_owned(),
    ]
}

/// Files of the runs that hold a text.
pub fn grep(world: &World, text: &str) -> String {
    let state = world.path().join("state");
    let output = Command::new("grep")
        .args(["-rlF", "-e", text])
        .arg(state)
        .output()
        .expect("grep is there");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_secret_that_cannot_be_had_keeps_a_script_from_beginning() {
    let cases = [
        (
            "env \"API_TOKEN\"",
            "the environment variable `API_TOKEN` is not set",
        ),
        ("file \"missing\"", "cannot read `"),
        ("file \"short\"", "it is shorter than 4 bytes"),
        ("file \"zero\"", "it holds a zero byte"),
        ("$ echo no >&2; exit 7", "its command ended with status 7"),
    ];
    for (number, (from, why)) in cases.into_iter().enumerate() {
        for shell in shells::some(number) {
            let text = format!(
                "runbook \"Missing\"\nsecret token from {from}\ndefaults {{ timeout 1m }}\nstep one {{\n  \
                 $ echo \"$token\" >got\n  harmless \"it writes\"\n}}\n"
            );
            let world = World::new(&text, &[]);
            world.write("short", "abc\n");
            world.write("zero", "abcd\0efgh");
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?} {from}\n{}", told.text);
            assert_eq!(told.status, Some(1), "{about}");
            assert!(told.text.contains("secret `token`: "), "{about}");
            assert!(told.text.contains(why), "{about}");
            assert!(!world.path().join("got").exists(), "{about}");
        }
    }
}

const TAKEN_BACK: &str = r#"runbook "Taken back"
secret token from $ printf 'token-of-a-command'
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ case $token in token-of-a-*) ./act undo one ;; *) exit 1 ;; esac
}
on success {
  check well $ ./act look well
}
on rollback {
  check back $ ./act look back
}
"#;

/// What it needs for that is fetched again.
#[test]
fn a_run_that_has_succeeded_is_taken_back_with_its_secrets() {
    for shell in shells::some(0) {
        let world = World::new(TAKEN_BACK, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--rollback"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let wanted = ["do one", "look well", "undo one", "look back"];
        assert_eq!(world.effects(), wanted, "{shell:?}\n{}", told.text);
    }
}
