use super::{check_all, faults};
use crate::shell::{Dialect, Script, read};

/// Every command as its words, and what is known of it in brackets. A computed
/// word is `?`, one with quotes has a `"` before it.
fn commands(_: &str, script: &Script) -> String {
    let word = |word: &crate::shell::Word| {
        let text = word.literal.clone().unwrap_or_else(|| "?".to_owned());
        format!("{}{text}", if word.quoted { "\"" } else { "" })
    };
    let command = |command: &crate::shell::SimpleCommand| {
        let words = command.words.iter().map(word);
        let assigned = command
            .assignments
            .iter()
            .map(|one| format!("{}:={}", one.name, one.value.as_deref().unwrap_or("?")));
        let marks = [
            (command.in_pipeline, "|"),
            (command.background, "&"),
            (command.nested, "$"),
        ];
        let marks: String = marks
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, mark)| *mark)
            .collect();
        let parts: Vec<String> = assigned.chain(words).collect();
        format!("{}[{marks}]", parts.join(" "))
    };
    script
        .commands
        .iter()
        .map(command)
        .chain(faults(script))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn words_and_places_of_commands() {
    check_all(
        Dialect::Sh,
        commands,
        &[
            ("", ""),
            ("rm -rf /tmp/x", "rm -rf /tmp/x[]"),
            ("rm -rf \"$d\"/'a b' \\~ *.log", "rm -rf \"? \"~ *.log[]"),
            ("a | b && c", "a[|] b[|] c[]"),
            ("a & b", "a[&] b[]"),
            ("a && b | c &", "a[&] b[|&] c[|&]"),
            ("{ a; b; } &", "a[&] b[&]"),
            ("echo $(x | y) | z", "echo ?[|] x[|$] y[|$] z[|]"),
            ("echo $(x) | z", "echo ?[|] x[$] z[|]"),
            ("echo `x`", "echo ?[] x[$]"),
            ("A=1 B=$x cmd", "A:=1 B:=? cmd[]"),
            ("A='b c'", "A:=b c[]"),
            ("A= cmd", "A:= cmd[]"),
            (">f", "[]"),
            ("cmd 2>&1 >f arg", "cmd arg[]"),
            ("2>f cmd", "cmd[]"),
            (
                "if a; then b; elif c; then d; else e; fi",
                "a[] b[] c[] d[] e[]",
            ),
            (
                "while a; do b; done; until c; do d; done",
                "a[] b[] c[] d[]",
            ),
            ("case x in (a|b) c ;; *) d; esac", "c[] d[]"),
            ("f() { a; }\ng () ( b )\nf", "a[] b[] f[]"),
            ("! a", "a[]"),
            ("a; # b\nc", "a[] c[]"),
            ("echo if then fi {", "echo if then fi {[]"),
            ("a \\\n  b", "a b[]"),
            ("a\\\nb", "ab[]"),
            (
                "curl -sS \"https://x/y\" | sh",
                "curl -sS \"https://x/y[|] sh[|]",
            ),
            ("trap 'rm x' EXIT", "trap \"rm x EXIT[] rm x[$]"),
        ],
    );
    check_all(
        Dialect::Bash,
        commands,
        &[
            ("time -p a |& b", "a[|] b[|]"),
            ("[[ -f x ]] && a", "[[ -f x ]][] a[]"),
            ("function f { a; }; function g() { b; }", "a[] b[]"),
            ("a &>f; b &>>f", "a[] b[]"),
            ("echo $'a\\tb' $'\\x41'", "echo \"a\tb \"?[]"),
            ("coproc a; coproc n { b; }", "a[] b[]"),
            ("case x in a) b ;& c) d ;;& esac", "b[] d[]"),
        ],
    );
}

#[test]
fn uses_belong_to_the_innermost_command() {
    let text = "a=$v first $w \"$(second $x)\" <$y; for i in $z; do third $((n)); done";
    let script = read(text, Dialect::Sh);
    let owner = |found: &crate::shell::VariableUse| {
        let command = found
            .in_word_of
            .and_then(|index| script.commands[index].words[0].literal.as_deref());
        format!("{}:{}", found.name, command.unwrap_or("-"))
    };
    let owners: Vec<String> = script.uses.iter().map(owner).collect();
    assert_eq!(owners.join(" "), "v:- w:first x:second y:- z:- n:third");
}

#[test]
fn indices_hold_behind_backquotes() {
    let script = read("first; second `third $x` $y", Dialect::Sh);
    let owners: Vec<_> = script.uses.iter().map(|found| found.in_word_of).collect();
    assert_eq!(owners, [Some(2), Some(1)]);
    assert_eq!(
        script.commands[2].words[0].literal.as_deref(),
        Some("third")
    );
}

#[test]
fn ranges_of_commands_and_words() {
    let text = "  A=1 cmd 'b c' >f  ; d `e \\`g\\``";
    let script = read(text, Dialect::Sh);
    let ranges: Vec<&str> = script
        .commands
        .iter()
        .map(|command| &text[command.range.clone()])
        .collect();
    assert_eq!(
        ranges,
        ["A=1 cmd 'b c' >f", "d `e \\`g\\``", "e \\`g\\`", "g"]
    );
    assert_eq!(&text[script.commands[0].words[1].range.clone()], "'b c'");
}
