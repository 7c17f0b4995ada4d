use std::path::Path;

use super::{NotFormatted, format};

fn laid_out(text: &str) -> String {
    match format(Path::new("t.runbook"), text.as_bytes()) {
        Ok(text) => text,
        Err(why) => panic!("{text}\n{why:?}"),
    }
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    let once = laid_out(before);
    assert_eq!(once, after);
    assert_eq!(laid_out(&once), once, "twice is once");
}

#[test]
fn nothing_stays_nothing() {
    becomes("", "");
    becomes("\n\n", "");
    becomes("\u{feff}  # only a comment  ", "# only a comment\n");
}

#[test]
fn blocks_are_indented_and_words_are_one_space_apart() {
    becomes(
        "\n\nrunbook   \"A\"\n\n\n\nphase a{\n\n\tstep b   \"B\"{\r\n$ echo   \"a  b\"\n      $ two\ntimeout   5m\n\n}   # done\n\n}",
        "runbook \"A\"\n\nphase a {\n  step b \"B\" {\n    $ echo   \"a  b\"\n    $ two\n    timeout 5m\n  } # done\n}\n",
    );
}

#[test]
fn signs_stand_as_they_are_read() {
    becomes(
        "param a :list< string >=[ \"a\",\"b\" ,]\nparam n: int=- 1+2*( 3 -4 )\nphase p= strategy.canary(shift:haproxy.weight( backend :\"web\" ),\nhealthy: ok,\n)\n",
        "param a: list<string> = [\"a\", \"b\",]\nparam n: int = -1 + 2 * (3 - 4)\nphase p = strategy.canary(shift: haproxy.weight(backend: \"web\"),\n  healthy: ok,\n)\n",
    );
    becomes(
        "thresholds t{\na<0.1%   fail>1%\nany{\nb>=2\n}\n}\nwindow w {\nallow mon..thu ,sat 09:00..16:00   in \"UTC\"\n}\n",
        "thresholds t {\n  a < 0.1% fail > 1%\n  any {\n    b >= 2\n  }\n}\nwindow w {\n  allow mon..thu, sat 09:00..16:00 in \"UTC\"\n}\n",
    );
}

#[test]
fn what_has_no_brackets_goes_on_further_in() {
    becomes(
        "test \"t\" {\nset a=1,\nb=2\ngiven m=1%,\nthen 2% after 3m,then no data after 4m\nexpect ran a[10%],\nrollback of b\nexpect succeeded\n}\n",
        "test \"t\" {\n  set a = 1,\n    b = 2\n  given m = 1%,\n    then 2% after 3m, then no data after 4m\n  expect ran a[10%],\n    rollback of b\n  expect succeeded\n}\n",
    );
    becomes(
        "channel c = webhook \"u\"{ header \"A\"=\"b\",\ntimeout 5s}\n",
        "channel c = webhook \"u\" { header \"A\" = \"b\",\n  timeout 5s }\n",
    );
}

#[test]
fn commands_texts_and_comments_stay_what_they_are() {
    let text = "step a {\n      $ cat <<E   \\\n   and   more  \n   $ ```\n     if  x; then\n   y\n     ```\n   # one\n\n   # two\n   output  o from stdout `a  b`\n   rollback $ true   # no comment\n}\nmessage m to c \"\"\"\n    A   {b}\n      B\n  \"\"\"\n";
    let after = "step a {\n  $ cat <<E   \\\n   and   more  \n  $ ```\n     if  x; then\n   y\n     ```\n  # one\n\n  # two\n  output o from stdout `a  b`\n  rollback $ true   # no comment\n}\nmessage m to c \"\"\"\n    A   {b}\n      B\n  \"\"\"\n";
    becomes(text, after);
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    for text in ["step a {", "step a { timeout }", "hosts a = []\n}", "\u{0}"] {
        let result = format(Path::new("t.runbook"), text.as_bytes());
        assert!(
            matches!(&result, Err(NotFormatted::Unreadable { problems, .. }) if !problems.is_empty()),
            "{text}: {result:?}"
        );
    }
    let result = format(Path::new("t.runbook"), b"runbook \"\xff\"\n");
    assert!(matches!(result, Err(NotFormatted::Unreadable { .. })));
}
