use super::{check_all, faults};
use crate::shell::{Dialect, Script, read};

/// Every fault as what it points at and what it says.
fn pointed(text: &str, script: &Script) -> String {
    let one =
        |fault: &crate::shell::Fault| format!("{}: {}", &text[fault.range.clone()], fault.message);
    script.faults.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_never_closed() {
    check_all(
        Dialect::Sh,
        pointed,
        &[
            ("echo 'a", "': this `'` is never closed"),
            ("echo \"a", "\": this `\"` is never closed"),
            ("echo `a", "`: this backquote is never closed"),
            ("echo $(a", "$(: this `$(` is never closed"),
            ("echo ${a", "${: this `${` is never closed"),
            ("echo \"${a\"", "\": this `\"` is never closed"),
            ("(a", "(: this `(` is never closed"),
            ("{ a", "{: this `{` has no `}`"),
            ("{ a }", "{: this `{` has no `}`"),
            ("if a; then b", "if: this `if` has no `fi`"),
            ("if a; b; fi", "if: this `if` has no `then`"),
            ("while a; do b", "while: this `while` has no `done`"),
            ("for i in a b do c; done", "for: this `for` has no `do`"),
            ("case x in a) b", "case: this `case` has no `esac`"),
            (
                "case x in a b) c;; esac",
                "a : a `)` is missing behind this pattern of a `case`",
            ),
            (
                "cat <<EOF\nx",
                "<<EOF: this here-document never ends: no line is `EOF` alone",
            ),
            (
                "cat <<EOF",
                "<<EOF: this here-document never ends: no line is `EOF` alone",
            ),
        ],
    );
}

#[test]
fn what_is_missing_or_too_much() {
    check_all(
        Dialect::Sh,
        pointed,
        &[
            ("a && ", "&&: a command is missing after `&&`"),
            ("a | | b", "|: a command is missing after `|`"),
            ("| a", "|: a command is missing before `|`"),
            ("a ; ; b", ";: a command is missing before `;`"),
            ("a & ; b", ";: a command is missing before `;`"),
            ("if ; then a; fi", ";: a command is missing before `;`"),
            ("if a; then fi", "then: a command is missing after `then`"),
            ("{ }", "{: a command is missing after `{`"),
            ("a )", "): `)` closes nothing: no open `(` stands before it"),
            (
                "done",
                "done: `done` closes nothing: no open `for` or `while` stands before it",
            ),
            (
                "a; fi; b",
                "fi: `fi` closes nothing: no open `if` stands before it",
            ),
            (
                "a ;; b",
                ";;: `;;` closes nothing: no open `case` stands before it",
            ),
            (
                "(a) b",
                "b: `b` cannot stand here: a `;` or a new line is missing before it",
            ),
            (
                "a > ",
                ">: what to redirect to or from is missing after `>`",
            ),
            (
                "echo ${}",
                "${}: no variable can be named this way in `${…}`",
            ),
            (
                "echo ${a b}",
                "${a b}: no variable can be named this way in `${…}`",
            ),
            (
                "for 1x in a; do b; done",
                "for: this `for` has no variable to set",
            ),
            (
                "a-b() { c; }",
                "a-b: `a-b` cannot be the name of a function in sh",
            ),
        ],
    );
}

#[test]
fn what_only_bash_understands() {
    let texts = [
        "[[ -n $x ]]",
        "a=(1 2)",
        "echo ${x/a/b}",
        "echo ${x:0:1}",
        "echo ${x^}",
        "echo ${a[0]}",
        "echo ${!x}",
        "cat <<<x",
        "echo $'a'",
        "diff <(a) b",
        "function f { a; }",
        "a &>f",
        "for ((;;)); do a; done",
        "a |& b",
    ];
    for text in texts {
        assert_ne!(read(text, Dialect::Sh).faults, [], "{text}");
        assert_eq!(read(text, Dialect::Bash).faults, [], "{text}");
    }
}

#[test]
fn conditions_of_bash() {
    check_all(
        Dialect::Bash,
        pointed,
        &[
            ("[[ a", "[[: this `[[` has no `]]` where its condition ends"),
            (
                "[[ a b ]]; c",
                "[[: this `[[` has no `]]` where its condition ends",
            ),
            (
                "[[ a == ]]",
                "==: nothing stands behind the `==` of this `[[`",
            ),
            ("[[ a && ]]", "]: something to test is missing in this `[[`"),
            ("[[ ]]", "]: something to test is missing in this `[[`"),
            ("[[ (a ]]", "(: this `(` is never closed"),
            ("[[ -n a && ( b -lt 3 || ! -f c ) ]]", ""),
            ("[[ -n ]]", ""),
            ("[[ ! a\n  && b ]]", ""),
            ("! | a", "!: a command is missing after `!`"),
            ("(time)", "time: a command is missing after `time`"),
        ],
    );
}

#[test]
fn reading_goes_on_behind_a_fault() {
    let script = read("fi; echo $x; (echo $y", Dialect::Sh);
    let names: Vec<&str> = script
        .uses
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(names, ["x", "y"]);
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [
        ("$(", ")"),
        ("(", ")"),
        ("{ ", ";}"),
        ("${x:-", "}"),
        ("\"$(", ")\""),
        ("if ", ""),
        ("$((", "))"),
    ] {
        let nested = |depth: usize| format!("echo {}a{}", open.repeat(depth), close.repeat(depth));
        let deep = nested(5000);
        let messages: Vec<String> =
            faults(&read(deep.trim_start_matches("echo "), Dialect::Sh)).collect();
        assert_eq!(
            messages,
            ["FAULT commands nest deeper than 100 levels"],
            "{open}"
        );
    }
}
