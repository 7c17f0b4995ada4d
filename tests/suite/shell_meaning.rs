//! What `shell` says of each expansion, against what a shell does with it: the
//! value is split or not, and an unset variable stops the shell or does not.

use std::process::{Command, Output};

use runbook::shell::{Dialect, Quoting, Script, read};

/// Texts that print the value of `x` in some way, each word in `<>`. None sets
/// `x`, and none uses another variable that is not set here.
const SH: &[&str] = &[
    "printf '<%s>' $x",
    "printf '<%s>' ${x}",
    "printf '<%s>' \"$x\"",
    "printf '<%s>' \"a ${x} b\"",
    "printf '<%s>' '$x'",
    "printf '<%s>' \\$x",
    "printf '<%s>' \\\\$x",
    "printf '<%s>' \"\\$x\"",
    "printf '<%s>' \"\\\\$x\"",
    "printf '<%s>' \"'$x'\"",
    "printf '<%s>' a\"$x\"b",
    "printf '<%s>' \"\"$x\"\"",
    "printf '<%s>' ${x:-d}",
    "printf '<%s>' ${x-d}",
    "printf '<%s>' ${x:+$x}",
    "printf '<%s>' \"${x:+$x}\"",
    "printf '<%s>' ${x:+\"$x\"}",
    "printf '<%s>' \"${x+'$x'}\"",
    "printf '<%s>' ${x+'$x'}",
    "printf '<%s>' ${x:?}",
    "printf '<%s>' ${x#z}",
    "printf '<%s>' \"${x%z}\"",
    "printf '<%s>' ${#x}",
    "printf '<%s>' a ${x:+b \"$x\"}",
    "printf '<%s>' ${y:-$x}",
    "printf '<%s>' ${e:-$x}",
    "printf '<%s>' \"${e:-$x}\"",
    "printf '<%s>' ${e:-\"$x\"}",
    "printf '<%s>' ${e:-'$x'}",
    "printf '<%s>' \"${e:-'$x'}\"",
    "printf '<%s>' ${e:-${e:-$x}}",
    "printf '<%s>' \"$(printf '[%s]' $x)\"",
    "printf '<%s>' \"$(printf '[%s]' \"$x\")\"",
    "printf '<%s>' \"`printf '[%s]' $x`\"",
    "printf '<%s>' \"`printf '[%s]' \\\"$x\\\"`\"",
    "printf '<%s>' \"`printf '[%s]' \\$x`\"",
    "printf '<%s>' \"`printf '[%s]' '\\$x'`\"",
    "printf '<%s>' \"`echo \\`printf '[%s]' $x\\``\"",
    "printf '<%s>' \"$(case $x in p*) echo yes;; esac)\"",
    "v=$x; printf '<%s>' \"$v\"",
    "v=$x printf '<%s>' a",
    "case $x in 'p q') printf yes;; esac",
    "for i in $x; do printf '<%s>' \"$i\"; done",
    "for i in \"$x\"; do printf '<%s>' \"$i\"; done",
    "printf a # $x",
    "printf '<%s>' a#$x",
    "cat <<E\n<$x>\nE\n",
    "cat <<'E'\n<$x>\nE\n",
    "cat <<\\E\n<$x>\nE\n",
    "cat <<E\n\\$x '\\\\'\nE\n",
    "cat <<E\n'$x'\nE\n",
    "cat <<E\n$(printf '<%s>' $x)\nE\n",
    "cat <<-E\n\t<$x>\n\tE\n",
    "cat <<E - <<'F' \"$0\" 2>/dev/null || :\n$x\nE\n$x\nF\n",
    "eval 'printf \"<%s>\" $x'",
    "sh -uc 'printf \"<%s>\" $x'",
    "trap 'printf \"<%s>\" \"$x\"' EXIT",
    "export x",
    "printf '<%s>' \\\n$x",
    "printf '<%s>' $1$@$#$x",
    "if :; then printf '<%s>' $x; fi",
    "f() { printf '<%s>' \"$x\"; }; f",
];

const BASH: &[&str] = &[
    "printf '<%s>' $'$x'",
    "printf '<%s>' $\"$x\"",
    "[[ $x == 'p q' ]] && printf yes",
    "[[ -v x ]] || printf no",
    "a=($x); printf '<%s>' \"${a[@]}\"",
    "a=(\"$x\"); printf '<%s>' \"${a[@]}\"",
    "declare v=$x; printf '<%s>' \"$v\"",
    "export v=$x; printf '<%s>' \"$v\"",
    "cat <<<$x",
    "cat <(printf '<%s>' $x)",
    "printf '<%s>' ${x/z/y}",
    "printf '<%s>' \"${x^^}\"",
    "printf '<%s>' ${x:0:9}",
    "printf '<%s>' ${x@Q}",
];

/// Runs `text` with `x` as told.
fn run(program: &str, text: &str, x: Option<&str>) -> Output {
    let mut command = Command::new(program);
    command
        .args(["-uc", text, "name", "one"])
        .env_remove("x")
        .env("e", "")
        .env("LC_ALL", "C");
    command.envs(x.map(|value| ("x", value)));
    command
        .output()
        .unwrap_or_else(|error| panic!("`{program}` is needed by this test: {error}"))
}

fn uses_of_x(script: &Script) -> impl Iterator<Item = &runbook::shell::VariableUse> {
    script.uses.iter().filter(|found| found.name == "x")
}

fn check(program: &str, dialect: Dialect, texts: &[&str]) {
    let mut wrong = Vec::new();
    for text in texts {
        let script = read(text, dialect);
        assert_eq!(script.faults, [], "{text:?}");
        let said = uses_of_x(&script).any(|found| found.quoting == Quoting::Unquoted);
        // With a value of three words, a word of its own shows that it was split.
        let output = run(program, text, Some("p q r")).stdout;
        let split = String::from_utf8_lossy(&output);
        let splits = ["<q>", "[q]"].iter().any(|word| split.contains(word));
        if splits != said {
            wrong.push(format!(
                "{text:?}: the reader says split = {said}, {program} prints {split:?}"
            ));
        }
        let demanded = uses_of_x(&script).any(|found| !found.tolerant);
        let unset = run(program, text, None);
        let complains = String::from_utf8_lossy(&unset.stderr).contains("x: ");
        if complains != demanded {
            wrong.push(format!(
                "{text:?}: the reader says needed = {demanded}, {program} says {unset:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sh_splits_and_demands_what_the_reader_says() {
    check("sh", Dialect::Sh, SH);
}

#[test]
fn bash_splits_and_demands_what_the_reader_says() {
    let shared: Vec<&str> = SH
        .iter()
        .copied()
        .filter(|text| !text.starts_with("sh "))
        .collect();
    check("bash", Dialect::Bash, &shared);
    check("bash", Dialect::Bash, BASH);
}
