//! What `shell` reads, against the shells of this machine: what they accept has
//! no fault, and what they refuse has one.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use runbook::shell::{Dialect, quote, read};

/// What the shell says to a text without running it, and what the reader says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Both take it.
    Taken,
    /// Both refuse it.
    Refused,
    /// Both refuse it, but a bash that is called `sh` takes it.
    RefusedUnlessBash,
    /// The shell takes it and fails when it runs; the reader refuses it.
    FailsLater,
    /// The shell refuses it; the reader knowingly does not.
    Overlooked,
}

use Verdict::{FailsLater, Overlooked, Refused, RefusedUnlessBash, Taken};

const SH: &[(&str, Verdict)] = &[
    ("", Taken),
    ("# only a comment", Taken),
    ("echo \"$version\" '$x' \\$y ${z:-1}", Taken),
    (
        "./deploy.sh --to \"${target:?no target}\" && echo done || exit 3",
        Taken,
    ),
    ("a=1 b=$a c= cmd >out 2>&1 <in &", Taken),
    ("! grep -q x file", Taken),
    ("if a; then b; elif c; then d; else e; fi", Taken),
    ("if a\nthen\n  b # why\nfi >log 2>&1", Taken),
    ("while read -r a b; do echo \"$a\"; done <file", Taken),
    ("until curl -fsS \"$url\"; do sleep 1; done", Taken),
    ("for i in 1 2 3; do echo $i; done", Taken),
    ("for i\ndo echo $i\ndone", Taken),
    ("for i do echo $i; done", Taken),
    ("for i in; do echo $i; done", Taken),
    ("case $x in a|b) c ;; (d) ;; *) e; esac", Taken),
    ("case $x in esac", Taken),
    ("case $x in\n  # none\n  \"a b\") c;;\nesac", Taken),
    ("x=$(case $y in a) b;; esac)", Taken),
    ("f() { local a=1; return $a; }; f", Taken),
    ("f ()\n{\n  a\n}", Taken),
    ("f() ( a )", Taken),
    ("( a; b ) | c && { d; } >f", Taken),
    ("echo $(echo $(echo \"$(echo a)\"))", Taken),
    ("echo `echo \\`echo a\\``", Taken),
    ("echo $((1 + (2 * x))) $(( (a) ? b : c ))", Taken),
    ("echo $( (a; b) )", Taken),
    ("cat <<EOF\n$x `a` $(b \"c)\")\nEOF\n", Taken),
    ("cat <<'EOF'\n$( ` \" '\nEOF\necho", Taken),
    ("cat <<-EOF | sort\n\ta\n\tEOF\n", Taken),
    ("cat <<A; cat <<B\na\nA\nb\nB\n", Taken),
    ("if a; then cat <<EOF\nx\nEOF\nfi", Taken),
    ("x=$(cat <<EOF\nit's\nEOF\n)", Taken),
    ("echo a \\\n  b", Taken),
    ("echo \"a\nb\" 'c\nd'", Taken),
    ("a && b ||\n\n c |\n d", Taken),
    ("echo if then else fi do done { } ! case in esac", Taken),
    ("echo a#b $# ${#} ${#x} ${x#*/} ${x%%'}'}", Taken),
    ("echo \"${x:-\"a b\"}\" \"${x:-it's}\" ${x:-'a}b'}", Taken),
    ("echo {a,b} a=b 1>&2 2>&-", Taken),
    ("trap 'rm -f \"$tmp\"' EXIT INT", Taken),
    ("set -eu; cd \"$(dirname \"$0\")\"", Taken),
    (">file; 2>/dev/null <in", Taken),
    ("a & b & wait", Taken),
    ("export A=1 B; unset A; readonly C=2", Taken),
    (
        "while getopts ab: o; do case $o in a) ;; b) x=$OPTARG ;; esac; done",
        Taken,
    ),
    ("find . -name '*.rs' -exec rm {} \\;", Taken),
    ("[ \"$a\" = b ] && [ ! -e c ]", Taken),
    ("echo $", Taken),
    ("echo a$ \"$\" \"b$\"", Taken),
    ("{ echo a; }", Taken),
    ("{ { a; } }", Taken),
    ("echo 'a", Refused),
    ("echo \"a", Refused),
    ("echo `a", Refused),
    ("echo $(a", Refused),
    ("echo ${a", Refused),
    ("echo $((1", Refused),
    ("(a", Refused),
    ("{ a", Refused),
    ("{ a }", Refused),
    ("a )", Refused),
    ("a; }", Refused),
    ("()", Refused),
    ("( )", Refused),
    ("{ }", Refused),
    ("if a; then b", Refused),
    ("if a; then fi", Refused),
    ("if a; b; fi", Refused),
    ("else", Refused),
    ("fi", Refused),
    ("done", Refused),
    ("while a; do b", Refused),
    ("while a; done", Refused),
    ("while; do a; done", Refused),
    ("for in a; do b; done", Refused),
    ("for i in a do b; done", Refused),
    ("for i; b; done", Refused),
    ("case x in a) b", Refused),
    ("case x a) b;; esac", Refused),
    ("case x in a b) c;; esac", Refused),
    ("a;; b", Refused),
    ("a ; ; b", Refused),
    ("a & ; b", Refused),
    ("&& a", Refused),
    ("a &&", Refused),
    ("a | | b", Refused),
    ("a | ! b", RefusedUnlessBash),
    ("| a", Refused),
    ("a >", Refused),
    ("a > ; b", Refused),
    ("a <<", Refused),
    ("(a) b", Refused),
    ("a (b)", Refused),
    ("f() ;", Refused),
    ("a=(1 2)", RefusedUnlessBash),
    ("cat <<<x", RefusedUnlessBash),
    ("diff <(a) <(b)", RefusedUnlessBash),
    ("a |& b", RefusedUnlessBash),
    ("for ((i=0;i<3;i++)); do a; done", RefusedUnlessBash),
    ("function f { a; }", RefusedUnlessBash),
    ("a-b() { c; }", RefusedUnlessBash),
    ("[[ -n $x ]]", FailsLater),
    ("echo ${x/a/b}", FailsLater),
    ("echo ${x:0:1}", FailsLater),
    ("echo ${a[0]}", FailsLater),
    ("a &>f", FailsLater),
    ("echo $'a'", FailsLater),
    ("cat <<EOF\nthe end is missing\n", FailsLater),
    ("in a", Overlooked),
    ("if a; then { b; } >f fi", Overlooked),
];

const BASH: &[(&str, Verdict)] = &[
    ("[[ $a == b* && ( -n \"$c\" || ! -f $d ) ]]", Taken),
    (
        "[[ $a =~ ^(x|y z)+$ ]] && echo \"${BASH_REMATCH[1]}\"",
        Taken,
    ),
    ("[[ a < b ]]; [[ -v x ]]", Taken),
    (
        "a=(1 \"$b\" [5]=c); a+=(2); echo \"${a[@]}\" ${#a[@]} ${!a[@]}",
        Taken,
    ),
    ("declare -A m=([k]=v); m[x y]=1", Taken),
    ("local -r a=1; export -f f", Taken),
    ("((i++)); ((a > 1 && b)) || exit; echo $((i))", Taken),
    ("for ((i = 0; i < n; i++)); do echo $i; done", Taken),
    ("for i in a; { echo $i; }", Taken),
    ("select x in a b; do break; done", Taken),
    ("diff <(sort a) <(sort b) > >(tee c)", Taken),
    ("cat <<<\"$x\" <<<$y", Taken),
    (
        "echo $'a\\'b' $\"c\" ${x/a/b} ${x//[ab]/} ${x:1:2} ${x^^} ${x@Q} ${!x}",
        Taken,
    ),
    ("a &>f; b &>>f; c |& d", Taken),
    ("exec {fd}>f; echo x >&$fd; exec {fd}>&-", Taken),
    (
        "function f { a; }; function g() { b; }; function h ( c )",
        Taken,
    ),
    ("a-b() { c; }", Taken),
    ("time a | b; time -p c; ! ! d", Taken),
    ("coproc a; coproc n { b; }", Taken),
    ("case x in a) b ;& c) d ;;& *) e ;; esac", Taken),
    ("( (a) ); ((a)); $( (a) )", Taken),
    ("if ((x)); then [[ y ]]; fi", Taken),
    ("mapfile -t lines < <(a); printf -v b %s c", Taken),
    ("while IFS=, read -ra f; do a; done <<<x", Taken),
    ("let 'a = 1' b+=2", Taken),
    ("x=${a:-$(b \"${c[@]}\")}", Taken),
    ("[[ -n a", Refused),
    ("[[ a ]] b", Refused),
    ("((a)) b", Refused),
    ("a=(1", Refused),
    ("diff <(a", Refused),
    ("function { a; }", Refused),
    ("f() a", Refused),
    ("for i in a; { b", Refused),
    ("echo $'a", Refused),
    ("cat <<<", Refused),
    ("a &&& b", Refused),
    ("a |&& b", Refused),
    ("case x in a) b ;& ", Refused),
    ("echo \"${a[\"", Refused),
    ("select x a; do b; done", Refused),
    ("]] a", Overlooked),
    ("shopt -s extglob; ls !(a|b)", Overlooked),
];

/// Whether the shell `program` takes `text`, which it does not run.
fn shell_takes(program: &str, text: &str) -> bool {
    let mut child = Command::new(program)
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .env("LC_ALL", "C")
        .spawn()
        .unwrap_or_else(|error| panic!("`{program}` is needed by this test: {error}"));
    let mut input = child.stdin.take().expect("was piped");
    // A shell that found a fault may stop reading.
    let _ = input.write_all(text.as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("the shell ends");
    // Bash ends with status 0 after some faults in `[[`.
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success() && !errors.contains("error") && !errors.contains("unexpected")
}

fn is_bash(program: &str) -> bool {
    let output = Command::new(program)
        .args(["-c", "echo ${BASH_VERSION-}"])
        .output();
    output.is_ok_and(|output| output.stdout.len() > 1)
}

fn check(program: &str, dialect: Dialect, table: &[(&str, Verdict)]) {
    let bash_as_sh = dialect == Dialect::Sh && is_bash(program);
    let mut wrong = Vec::new();
    for (text, verdict) in table {
        let (reader_takes, shell_should_take) = match verdict {
            Taken => (true, Some(true)),
            Refused => (false, Some(false)),
            RefusedUnlessBash => (false, (!bash_as_sh).then_some(false)),
            FailsLater => (false, Some(true)),
            Overlooked => (true, (!bash_as_sh).then_some(false)),
        };
        let script = read(text, dialect);
        if script.faults.is_empty() != reader_takes {
            wrong.push(format!(
                "{text:?} is {verdict:?}, but the reader finds {:?}",
                script.faults
            ));
        }
        if shell_should_take.is_some_and(|takes| takes != shell_takes(program, text)) {
            wrong.push(format!("{text:?} is {verdict:?}, but `{program}` differs"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sh_and_the_reader_agree() {
    check("sh", Dialect::Sh, SH);
}

#[test]
fn bash_and_the_reader_agree() {
    check("bash", Dialect::Bash, BASH);
}

/// What all of sh takes is bash too, but for what only fails later in sh.
#[test]
fn bash_reads_what_sh_takes() {
    for (text, verdict) in SH {
        if *verdict == Taken {
            assert_eq!(read(text, Dialect::Bash).faults, [], "{text:?}");
        }
    }
}

/// What `sh` makes of each quoted value, which it prints with a NUL behind.
fn through_sh(values: &[String]) -> Vec<u8> {
    let words: Vec<String> = values.iter().map(|value| quote(value)).collect();
    let script = format!("printf '%s\\0' {}", words.join(" "));
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .output()
        .expect("sh starts");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn every_character_survives_quoting() {
    let mut values: Vec<String> = (1..=0x7f_u8)
        .map(|byte| format!("{0}a{0}", char::from(byte)))
        .collect();
    values.extend(
        [
            "",
            "'",
            "''",
            "'\\''",
            "a'b'c",
            "$x `y` $(z)",
            "-n",
            "ä€𝄞",
            "*",
            "~",
            "a\nb\n\n",
        ]
        .map(String::from),
    );
    let expected: Vec<u8> = values
        .iter()
        .flat_map(|value| [value.as_bytes(), b"\0"].concat())
        .collect();
    assert_eq!(through_sh(&values), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives_quoting(values in prop::collection::vec("[^\0]{0,12}", 1..40)) {
        let expected: Vec<u8> = values.iter().flat_map(|value| [value.as_bytes(), b"\0"].concat()).collect();
        prop_assert_eq!(through_sh(&values), expected);
    }
}
