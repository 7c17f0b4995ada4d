use super::{check_all, uses};
use crate::shell::{Dialect, read};

#[test]
fn plain_expansions() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("echo hi", ""),
            ("echo $x", "$x split"),
            ("echo ${x}", "${x} split"),
            ("echo \"$x\"", "$x double"),
            ("echo \"a ${x} b\"", "${x} double"),
            ("echo '$x'", ""),
            ("echo \\$x", ""),
            ("echo \"\\$x\"", ""),
            ("echo \\\\$x", "$x split"),
            ("echo $x$y", "$x split, $y split"),
            ("echo a${x}b\"$y\"c", "${x} split, $y double"),
            ("echo $1 $@ $# $? $$ $! $- $* $0 ${10} ${@} ${#}", ""),
            ("echo $1x $", ""),
            ("echo $x.y $x-y", "$x split, $x split"),
            ("# $x", ""),
            ("echo a #$x", ""),
            ("echo a#$x", "$x split"),
            ("echo $ä", ""),
            ("echo \\\n  $x", "$x split"),
            ("$x", "$x split"),
            (
                "./deploy \"$version\" && echo $done_at || exit 1",
                "$version double, $done_at split",
            ),
        ],
    );
}

#[test]
fn expansions_with_an_operator() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("echo ${x:-y}", "${x:-y} split?"),
            ("echo ${x-y}", "${x-y} split?"),
            ("echo ${x:+y} ${x+y}", "${x:+y} whole?, ${x+y} whole?"),
            (
                "echo ${x:+-a \"$x\" $y}",
                "${x:+-a \"$x\" $y} whole?, $x double?, $y split",
            ),
            ("echo ${x:=y}", "${x:=y} split?"),
            ("echo ${x:?y}", "${x:?y} split"),
            ("echo ${x?}", "${x?} split"),
            ("echo ${x:-$y}", "${x:-$y} split?, $y split"),
            ("echo \"${x:-$y}\"", "${x:-$y} double?, $y double"),
            ("echo ${x:-\"$y\"}", "${x:-\"$y\"} split?, $y double"),
            ("echo ${x:-'$y'}", "${x:-'$y'} split?"),
            ("echo \"${x:-'$y'}\"", "${x:-'$y'} double?, $y double"),
            (
                "echo ${x:-${y:-$z}}",
                "${x:-${y:-$z}} split?, ${y:-$z} split?, $z split",
            ),
            (
                "echo ${x#a} ${x##*/} ${x%.gz} ${x%%$y}",
                "${x#a} split, ${x##*/} split, ${x%.gz} split, ${x%%$y} split, $y whole",
            ),
            ("echo \"${x#'}'}\"", "${x#'}'} double"),
            ("echo ${#x} ${#}", "${#x} whole"),
            ("echo ${1:-$x} ${@:-$y}", "$x split, $y split"),
            (
                "echo ${x:-a b; $y | c}",
                "${x:-a b; $y | c} split?, $y split",
            ),
            ("echo ${x:-\\}}", "${x:-\\}} split?"),
            ("echo ${x:-$(cmd $y)}", "${x:-$(cmd $y)} split?, $y split"),
            ("echo ${#:-$x} ${#-$x}", "$x split, $x split"),
        ],
    );
}

#[test]
fn substitutions_start_quoting_afresh() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("echo $(cmd $x)", "$x split"),
            ("echo \"$(cmd $x)\"", "$x split"),
            ("echo \"$(cmd \"$x\")\"", "$x double"),
            ("echo `cmd $x`", "$x split"),
            ("echo \"`cmd $x`\"", "$x split"),
            ("echo \"`cmd \\\"$x\\\"`\"", "$x double"),
            ("echo `cmd \\`other $x\\``", "$x split"),
            ("echo `cmd '\\$x'`", ""),
            ("echo `cmd \\$x`", "$x split"),
            ("a=$(cmd $x)", "$x split"),
            (
                "echo \"$(a \"$(b \"$x\" $y)\")\" $z",
                "$x double, $y split, $z split",
            ),
            (
                "echo \"$(case $x in a) b;; esac)\" $y",
                "$x whole, $y split",
            ),
            ("echo $( (a; echo $x) )", "$x split"),
            ("echo `ä $x ö`$y", "$x split, $y split"),
        ],
    );
}

#[test]
fn places_without_splitting() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("a=$x", "$x whole"),
            ("a=$x b=\"$y\" cmd $z", "$x whole, $y double, $z split"),
            ("case $x in $y) ;; esac", "$x whole, $y whole"),
            ("cmd >$x 2>\"$y\"", "$x whole, $y double"),
            ("for i in $x; do echo $i; done", "$x split, $i split"),
            ("export a=$x", "$x split"),
        ],
    );
    check_all(
        Dialect::Bash,
        uses,
        &[
            ("export a=$x", "$x whole"),
            ("local -r a=$x b", "$x whole"),
            ("cmd >$x", "$x split"),
            ("cmd <<<$x", "$x whole"),
            (
                "[[ $x == $y && -n \"$z\" ]]",
                "$x whole, $y whole, $z double",
            ),
            ("[[ $x =~ ^(a|b)$y$ ]]", "$x whole, $y whole"),
            ("[[ -v x ]]", "x whole?"),
            (
                "[[ ! ( $x < a || $y > b ) ]] || $z",
                "$x whole, $y whole, $z split",
            ),
        ],
    );
}

#[test]
fn arithmetic() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("echo $((a + b))", "a whole, b whole"),
            ("echo $(( $a * (b - 0x1f) ))", "$a whole, b whole"),
            ("echo \"$((a))\" $b", "a whole, $b split"),
            (
                "echo $((a = b, a == c, a <= d))",
                "b whole, a whole, c whole, a whole, d whole",
            ),
            (
                "echo $((a += 1)) $((b++)) $((--c)) $((d <<= 1))",
                "a whole, b whole, c whole, d whole",
            ),
            ("echo $((${a:-1} + $(cmd $b)))", "${a:-1} whole?, $b split"),
            ("echo $((a ? b : c))", "a whole, b whole, c whole"),
        ],
    );
    check_all(
        Dialect::Bash,
        uses,
        &[
            ("((a > 16#ff)) && echo $b", "a whole, $b split"),
            (
                "for ((i = 0; i < n; i++)); do echo $i; done",
                "i whole, n whole, i whole, $i split",
            ),
            ("((a)); (b); ( (c $x) )", "a whole, $x split"),
            ("let 'a = b + 1'", "b whole"),
        ],
    );
}

#[test]
fn bash_expansions() {
    check_all(
        Dialect::Bash,
        uses,
        &[
            ("echo ${a[@]} \"${a[*]}\"", "${a[@]} split, ${a[*]} double"),
            (
                "echo ${a[i + 1]} ${a[$i]}",
                "${a[i + 1]} split, i whole?, ${a[$i]} split, $i whole",
            ),
            ("echo ${#a[@]} ${!a[@]}", "${#a[@]} whole, ${!a[@]} split"),
            ("echo ${!x} ${!prefix*} ${!prefix@}", "${!x} split"),
            (
                "echo ${x/$y/$z} ${x^^} ${x,,} ${x@Q}",
                "${x/$y/$z} split, $y whole, $z whole, ${x^^} split, ${x,,} split, ${x@Q} split",
            ),
            (
                "echo ${x:1:n} ${x: -1}",
                "${x:1:n} split, n whole, ${x: -1} split",
            ),
            ("diff <(sort $x) >(cat \"$y\")", "$x split, $y double"),
            ("echo $'$x' $\"$y\"", "$y double"),
            ("a=($x \"$y\")", "$x split, $y double"),
            ("declare -a a=($x); echo $z", "$x split, $z split"),
            ("shopt -s extglob\nls !(a|$x)", "$x split"),
        ],
    );
}

#[test]
fn here_documents() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("cat <<EOF\n$x ${y:-z}\nEOF\n", "$x here, ${y:-z} here?"),
            ("cat <<'EOF'\n$x\nEOF\necho $y", "$y split"),
            ("cat <<\\EOF\n$x\nEOF\n", ""),
            ("cat <<E\"O\"F\n$x\nEOF\n", ""),
            ("cat <<-EOF\n\t$x\n\tEOF\necho $y", "$x here, $y split"),
            (
                "cat <<A <<'B' $z\n$x\nA\n$y\nB\necho $w",
                "$z split, $x here, $w split",
            ),
            (
                "cat <<EOF | grep $a\n\\$x '$y' \"$z\" $(cmd $b) `cmd $c`\nEOF",
                "$a split, $y here, $z here, $b split, $c split",
            ),
            ("x=$(cat <<EOF\n$y\nEOF\n) && echo $z", "$y here, $z split"),
            ("if true; then cat <<EOF; fi\n$x\nEOF\n", "$x here"),
            ("cat <<EOF\nit's $((n + 1))\nEOF\n", "n whole"),
        ],
    );
}

#[test]
fn shell_text_as_an_argument() {
    check_all(
        Dialect::Sh,
        uses,
        &[
            ("trap 'rm -f \"$tmp\"' EXIT", "$tmp double"),
            ("eval 'echo $x'", "$x split"),
            ("sh -euc 'echo $x $1' _ a", "$x split"),
            ("bash -c 'echo ${x/a/b}'", "${x/a/b} split"),
            ("awk '{print $x}'", ""),
            ("export x y=1", "x whole?"),
        ],
    );
}

#[test]
fn literal_mentions() {
    let mentions = |text: &str| {
        let found = read(text, Dialect::Sh).literal_mentions;
        found
            .iter()
            .map(|(name, range)| format!("{name}={}", &text[range.clone()]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let cases = [
        ("echo '$x'", "x=$x"),
        ("echo '${x} ${y:-1} $1 $' '$z'", "x=${x} y=${y z=$z"),
        ("cat <<'EOF'\n$x\nEOF\n", "x=$x"),
        ("echo \"'$x'\" \\$y", ""),
        ("trap 'echo $x' EXIT; awk '$y'", "y=$y"),
        ("echo '$a' | sh -c 'echo $x'", "a=$a"),
    ];
    for (text, expected) in cases {
        assert_eq!(mentions(text), expected, "{text}");
    }
}
