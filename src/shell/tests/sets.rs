use super::{check_all, faults};
use crate::shell::{Dialect, Script};

/// Every variable set with what sets it, then `-name` for each one unset.
fn sets(_: &str, script: &Script) -> String {
    let set = script
        .sets
        .iter()
        .map(|set| format!("{} {:?}", set.name, set.how));
    let unset = script.unsets.iter().map(|(name, _)| format!("-{name}"));
    set.chain(unset)
        .chain(faults(script))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn what_sets_a_variable() {
    check_all(
        Dialect::Sh,
        sets,
        &[
            ("a=1", "a Assignment"),
            ("a=1 b=$(c=2)", "a Assignment, c Assignment, b Assignment"),
            ("a=1 cmd", "a Prefix"),
            ("a=$(c=2) cmd", "c Assignment, a Prefix"),
            ("cmd a=1", ""),
            ("for i in 1 2; do :; done", "i For"),
            ("for i do :; done", "i For"),
            (
                "while IFS= read -r a b; do :; done",
                "IFS Prefix, a Read, b Read",
            ),
            ("read -p 'name? ' a", "a Read"),
            ("command read -r a", "a Read"),
            ("export A=1 B", "A Export"),
            ("readonly r=1", "r Assignment"),
            ("f() { local a b=1; }", "a Local, b Local"),
            (
                "while getopts ab: o; do :; done",
                "o Getopts, OPTARG Getopts, OPTIND Getopts",
            ),
            ("unset a b", "-a, -b"),
            ("unset -f f", ""),
            ("echo ${a:=1} ${b=2}", "a Default, b Default"),
            (
                "echo $((a = 1)) $((b += 1)) $((c++)) $((++d)) $((e == 1))",
                "a Arithmetic, b Arithmetic, c Arithmetic, d Arithmetic",
            ),
            ("{fd}>x", ""),
            ("1=2 a-b=c a+=1", ""),
        ],
    );
}

#[test]
fn what_sets_a_variable_in_bash() {
    check_all(
        Dialect::Bash,
        sets,
        &[
            (
                "a+=1; b[0]=1; c[i]+=2",
                "a Assignment, b Assignment, c Assignment",
            ),
            ("a=(1 2)", "a Assignment"),
            ("declare -A m=([k]=v)", "m Local"),
            ("declare -p m", ""),
            ("typeset x", "x Local"),
            ("read -ra words <<<x", "words Read"),
            ("read -t 5 -n1", "REPLY Read"),
            ("mapfile -t lines <f; readarray", "lines Read, MAPFILE Read"),
            ("printf -v out %s x", "out Assignment"),
            (
                "((n++)); let m=1 'k += 2'",
                "n Arithmetic, m Arithmetic, k Arithmetic",
            ),
            ("exec {fd}>x", "fd Assignment"),
            ("for ((i = 0; ; )); do :; done", "i Arithmetic"),
            ("select s in a; do :; done", "s For"),
        ],
    );
}
