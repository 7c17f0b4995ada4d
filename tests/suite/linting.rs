//! `runbook check` as CI and editors use it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        place.write("good.runbook", GOOD);
        place.write("warns.runbook", WARNS);
        place.write("fails.runbook", FAILS);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .arg("check")
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    /// Its status, what it printed and what it said.
    fn check(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    fn short(&self, arguments: &[&str]) -> (i32, String) {
        let (status, printed, said) = self.check(&[&["--format", "short"], arguments].concat());
        (status, printed + &said)
    }
}

const GOOD: &str =
    "runbook \"Good\"\nstep look { $ true\n  harmless \"it only looks\"\n  timeout 1m\n}\n";
const WARNS: &str =
    "runbook \"Warns\"\nstep make {\n  $ mkdir -p room\n  rollback $ rmdir room\n  timeout 1m\n}\n";
const FAILS: &str = "runbook \"Fails\"\nstep drop { $ echo \"ünd <b> & 'so'\"\n  timeout 1m\n}\n";

#[test]
fn every_format_tells_the_same() {
    let place = Place::new();
    let files = ["good.runbook", "warns.runbook", "fails.runbook"];
    let told = |format: &str| {
        let (status, printed, _) = place.check(&[&["--format", format], &files[..]].concat());
        assert_eq!(status, 1, "{format}: {printed}");
        printed
    };
    let short = told("short");
    let lines: Vec<&str> = short.lines().collect();
    assert_eq!(lines.len(), 2, "{short}");
    assert!(lines[0].starts_with("warns.runbook:4:"), "{short}");
    assert!(lines[1].starts_with("fails.runbook:2:"), "{short}");

    let json: Value = serde_json::from_str(&told("json")).unwrap();
    assert_eq!(json["problems"][1]["code"], "RB101");

    let gitlab: Value = serde_json::from_str(&told("gitlab")).unwrap();
    assert_eq!(gitlab[0]["check_name"], "RB105");
    assert_eq!(gitlab[0]["severity"], "minor");
    assert_eq!(gitlab[1]["severity"], "critical");
    assert_eq!(gitlab[1]["location"]["path"], "fails.runbook");
    assert_eq!(gitlab[1]["location"]["lines"]["begin"], 2);
    assert_ne!(gitlab[0]["fingerprint"], gitlab[1]["fingerprint"]);

    let github = told("github");
    let lines: Vec<&str> = github.lines().collect();
    assert!(
        lines[0].starts_with("::warning file=warns.runbook,line=4,"),
        "{github}"
    );
    assert!(
        lines[1].starts_with("::error file=fails.runbook,line=2,"),
        "{github}"
    );
    assert!(lines[1].contains("title=RB101::"), "{github}");

    let junit = told("junit");
    assert!(junit.contains("tests=\"3\" failures=\"1\""), "{junit}");
    assert!(junit.contains("name=\"good.runbook\"/>"), "{junit}");
    assert!(junit.contains("<failure type=\"RB101\""), "{junit}");

    let checkstyle = told("checkstyle");
    assert!(
        checkstyle.contains("<file name=\"fails.runbook\">"),
        "{checkstyle}"
    );
    assert!(checkstyle.contains("severity=\"error\""), "{checkstyle}");
    for xml in [junit, checkstyle] {
        let mut python = Command::new("python3")
            .args(["-c", "import sys, xml.dom.minidom as m; m.parse(sys.stdin)"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("install python3");
        python
            .stdin
            .take()
            .unwrap()
            .write_all(xml.as_bytes())
            .unwrap();
        assert!(python.wait().unwrap().success(), "{xml}");
    }
}

/// What its schema demands of a log with results.
#[test]
fn sarif_is_what_its_schema_wants() {
    let place = Place::new();
    let (status, printed, _) = place.check(&["--format", "sarif", "."]);
    assert_eq!(status, 1);
    let log: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "runbook");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.ends_with(".runbook") && !uri.starts_with('.'), "{uri}");
        for at in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][at].as_u64().unwrap() >= 1, "{at}");
        }
    }
}

#[test]
fn warnings_are_denied_and_allowed() {
    let place = Place::new();
    let status = |arguments: &[&str]| place.short(arguments).0;
    assert_eq!(status(&["warns.runbook"]), 0);
    assert_eq!(status(&["warns.runbook", "--deny", "warnings"]), 1);
    assert_eq!(status(&["warns.runbook", "--deny", "RB105"]), 1);
    assert_eq!(status(&["warns.runbook", "--deny", "RB207"]), 0);
    let (status, told) = place.short(&["warns.runbook", "--deny", "warnings", "--allow", "rb105"]);
    assert_eq!((status, told.as_str()), (0, ""));
    let (status, told) = place.short(&["fails.runbook", "--allow", "RB101"]);
    assert_eq!(status, 2);
    assert!(
        told.contains("`RB101` is an error and cannot be allowed"),
        "{told}"
    );
    let (status, told) = place.short(&["fails.runbook", "--deny", "RB999"]);
    assert_eq!(status, 2);
    assert!(told.contains("there is no problem `RB999`"), "{told}");
}

#[test]
fn a_comment_allows_its_line_and_must_say_why() {
    let place = Place::new();
    let with = |comment: &str| {
        let text = WARNS.replace("  rollback", &format!("{comment}\n  rollback"));
        place.write("t.runbook", &text);
        place.short(&["t.runbook"]).1
    };
    assert_eq!(with("  # allow(RB105): room is always there"), "");
    assert_eq!(
        with("  # allow(RB105): room is always there\n\n  # and a word more"),
        ""
    );
    let told = with("  # allow(RB105)");
    assert!(told.contains("RB809") && told.contains("RB105"), "{told}");
    let told = with("  # allow(RB1o5): why");
    assert!(told.contains("RB810") && told.contains("RB105"), "{told}");
    let told = with("  # allow(RB101): why");
    assert!(told.contains("RB812") && told.contains("RB105"), "{told}");
    let told = with("  # allow(RB105): why\n  # allow(RB207): why");
    assert!(told.contains("there is no `RB207` here"), "{told}");
    assert!(!told.contains("warning[RB105]"), "{told}");
    // In a command it is no comment of ours.
    let text = WARNS.replace("$ mkdir -p room", "$ mkdir -p room # allow(RB105): why");
    place.write("t.runbook", &text);
    assert!(place.short(&["t.runbook"]).1.contains("RB105"));
    // Every other command goes by it, too.
    place.write(
        "t.runbook",
        &WARNS.replace("  rollback", "  # allow(RB105): why\n  rollback"),
    );
    let exec = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["exec", "t.runbook", "--dry-run"])
        .current_dir(place.0.path())
        .output()
        .unwrap();
    assert!(
        !String::from_utf8_lossy(&exec.stderr).contains("RB105"),
        "{exec:?}"
    );
}

#[test]
fn policies_are_told_where_they_are_wanted() {
    let place = Place::new();
    let runbook =
        "runbook \"x\"\nstep go {\n  $ ./go.sh\n  timeout 1m\n  rollback $ ./back.sh\n}\n";
    place.write("go.runbook", runbook);
    assert_eq!(place.short(&["go.runbook"]), (0, String::new()));
    let (status, told) = place.short(&["go.runbook", "--warn", "RB121"]);
    assert_eq!(status, 0);
    assert!(told.contains("warning[RB121]"), "{told}");
    assert_eq!(place.short(&["go.runbook", "--deny", "RB121"]).0, 1);
    place.write("runbook.toml", "[check]\nwarn = [\"RB121\"]\n");
    assert!(place.short(&["go.runbook"]).1.contains("RB121"));
    let allowed = runbook.replace(
        "  rollback",
        "  # allow(RB121): it says so itself\n  rollback",
    );
    place.write("go.runbook", &allowed);
    assert_eq!(place.short(&["go.runbook"]), (0, String::new()));
    place.write("runbook.toml", "");
    assert_eq!(place.short(&["go.runbook"]), (0, String::new()));
    assert_eq!(place.short(&["go.runbook", "--warn", "RB000"]).0, 2);
}

#[test]
fn a_project_has_its_settings() {
    let place = Place::new();
    place.write("deep/er/warns.runbook", WARNS);
    place.write("vendor/fails.runbook", FAILS);
    fs::remove_file(place.path("fails.runbook")).unwrap();
    place.write(
        "runbook.toml",
        "[check]\ndeny = [\"warnings\"]\nexclude = [\"vendor\"]\n",
    );
    let (status, told) = place.short(&["."]);
    assert_eq!(status, 1, "{told}");
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(!told.contains("vendor"), "{told}");
    assert_eq!(place.short(&["deep/er/warns.runbook"]).0, 1);
    // One that is named is meant.
    assert!(place.short(&["vendor/fails.runbook"]).1.contains("RB101"));
    place.write("runbook.toml", "[check]\nallow = [\"RB105\"]\n");
    assert_eq!(place.short(&["warns.runbook"]), (0, String::new()));
    assert_eq!(place.short(&["warns.runbook", "--deny", "RB105"]).0, 1);
    place.write("runbook.toml", "[check]\nallows = [\"RB105\"]\n");
    let (status, told) = place.short(&["."]);
    assert_eq!(status, 2);
    assert!(
        told.contains("runbook.toml") && told.contains("allows"),
        "{told}"
    );
}

#[test]
fn directories_and_the_standard_input_are_read() {
    let place = Place::new();
    place.write(".hidden/fails.runbook", FAILS);
    place.write("notes.txt", FAILS);
    let (status, told) = place.short(&["."]);
    assert_eq!(status, 1);
    assert_eq!(told.lines().count(), 2, "{told}");
    fs::create_dir(place.path("empty")).unwrap();
    let (status, told) = place.short(&["empty"]);
    assert_eq!(status, 1);
    assert!(told.contains("there is no runbook in `empty`"), "{told}");
    let mut command = place.command(&[
        "--format",
        "short",
        "-",
        "--stdin-filename",
        "draft.runbook",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(FAILS.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.starts_with("draft.runbook:2:"), "{told}");
}

#[test]
fn a_baseline_leaves_out_what_was_there() {
    let place = Place::new();
    let (status, told) = place.short(&["warns.runbook", "--baseline", "known.txt"]);
    assert_eq!(status, 2);
    assert!(told.contains("--write-baseline known.txt"), "{told}");
    place.short(&[
        "warns.runbook",
        "fails.runbook",
        "--write-baseline",
        "known.txt",
    ]);
    let deny = ["--deny", "warnings", "--baseline", "known.txt"];
    // Lines may move; what is new is told, and errors always are.
    place.write("warns.runbook", &format!("\n\n{WARNS}"));
    let (status, told) = place.short(&[&["warns.runbook"], &deny[..]].concat());
    assert_eq!((status, told.as_str()), (0, ""));
    let twice = WARNS.replace("rmdir room", "rmdir other");
    place.write("warns.runbook", &twice);
    let (status, told) = place.short(&[&["warns.runbook"], &deny[..]].concat());
    assert_eq!(status, 1, "{told}");
    assert!(
        place
            .short(&[&["fails.runbook"], &deny[..]].concat())
            .1
            .contains("RB101")
    );
}

#[test]
fn a_baseline_holds_from_any_directory_and_says_what_is_gone() {
    let place = Place::new();
    place.write("ci/keep", "");
    place.short(&["warns.runbook", "--write-baseline", "ci/known"]);
    assert!(place.read("ci/known").contains("\n../warns.runbook: RB"));
    let file = place.path("warns.runbook");
    let output = place
        .command(&["--deny", "warnings", "--baseline", "known"])
        .arg(&file)
        .current_dir(place.path("ci"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    place.write("warns.runbook", GOOD);
    let (status, told) = place.short(&["warns.runbook", "--baseline", "ci/known"]);
    assert_eq!(status, 0, "{told}");
    assert!(told.contains("not there any more"), "{told}");
    assert!(told.contains("../warns.runbook: RB"), "{told}");

    place.write("ci/known", "# known\nhello\n");
    let (status, told) = place.short(&["warns.runbook", "--baseline", "ci/known"]);
    assert_eq!(status, 2, "{told}");
    assert!(told.contains("ci/known:2: this is no warning"), "{told}");
}

#[test]
fn a_project_names_its_format_and_its_baseline() {
    let place = Place::new();
    place.write("ci/keep", "");
    place.short(&["warns.runbook", "--write-baseline", "ci/known"]);
    let project =
        "[check]\ndeny = [\"warnings\"]\nformat = \"checkstyle\"\nbaseline = \"ci/known\"\n";
    place.write("runbook.toml", project);
    let (status, printed, said) = place.check(&["warns.runbook"]);
    assert_eq!(status, 0, "{printed}{said}");
    assert!(printed.contains("<checkstyle"), "{printed}");
    let (_, printed, _) = place.check(&["fails.runbook", "--format", "short"]);
    assert!(printed.starts_with("fails.runbook:"), "{printed}");

    place.write("runbook.toml", "[check]\nformat = \"pretty\"\n");
    let (status, _, said) = place.check(&["good.runbook"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("runbook.toml:2:10"), "{said}");
    assert!(said.contains("no format `pretty`"), "{said}");
}

const UNQUOTED: &str = "runbook \"Quotes\"\nparam name: string = \"a b\"\nstep greet {\n  $ echo $name\n  harmless \"it only prints\"\n  timeout 1m\n}\n";

#[test]
fn safe_fixes_are_applied_or_shown() {
    let place = Place::new();
    place.write("t.runbook", UNQUOTED);
    let (_, told) = place.short(&["t.runbook"]);
    assert!(told.contains("t.runbook:4:"), "{told}");
    let (_, printed, _) = place.check(&["t.runbook", "--fix", "--diff"]);
    assert!(
        printed.contains("-  $ echo $name\n+  $ echo \"$name\"\n"),
        "{printed}"
    );
    assert_eq!(place.read("t.runbook"), UNQUOTED);
    let (status, _, said) = place.check(&["t.runbook", "--fix"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("mended t.runbook"), "{said}");
    assert_eq!(
        place.read("t.runbook"),
        UNQUOTED.replace("$name", "\"$name\"")
    );
    let (status, _, said) = place.check(&["t.runbook", "--fix"]);
    assert!(status == 0 && !said.contains("mended"), "{said}");
}

#[test]
fn a_shown_fix_is_not_told_and_one_in_its_way_is() {
    let place = Place::new();
    place.write("t.runbook", UNQUOTED);
    let show = ["t.runbook", "--fix", "--diff", "--format", "short"];
    let (status, printed, said) = place.check(&show);
    assert_eq!(status, 1, "{printed}{said}");
    assert!(!printed.contains("t.runbook:4:"), "{printed}");
    // Two that touch are mended one after the other.
    place.write("t.runbook", &UNQUOTED.replace("$name", "$name$name"));
    let (status, printed, _) = place.check(&show);
    assert_eq!(status, 1, "{printed}");
    let told = printed.lines().filter(|it| it.starts_with("t.runbook:4:"));
    assert_eq!(told.count(), 1, "{printed}");
    assert!(printed.contains("\n+  $ echo "), "{printed}");
}

#[test]
fn it_watches() {
    let place = Place::new();
    let out = fs::File::create(place.path("out")).unwrap();
    let mut child = place
        .command(&["good.runbook", "--watch", "--format", "short"])
        .stdout(out)
        .spawn()
        .unwrap();
    let begin = Instant::now();
    // It may not have begun to look yet: what changes later is seen as well.
    let mut times = 0;
    while !place.read("out").contains("RB101") {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{}",
            place.read("out")
        );
        times += 1;
        place.write("good.runbook", &format!("{FAILS}{}", "\n".repeat(times)));
        std::thread::sleep(Duration::from_millis(500));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

const MIGRATES: &str = "runbook \"Migrate\"\nstep migrate {\n  $ ./migrate.sh\n  timeout 5m\n  touches database\n  rollback $ ./back.sh\n}\n";

/// Whoever mends what is told now is not to think that this was all.
#[test]
fn that_ways_back_were_not_looked_at_is_said() {
    let place = Place::new();
    place.write(
        "misspelt.runbook",
        "runbook \"Misspelt\"\nstep drop {\n  $ ./drop.sh\n  tiemout 1m\n}\n",
    );
    for (file, is_said) in [("misspelt.runbook", true), ("fails.runbook", false)] {
        let (status, _, told) = place.check(&[file]);
        assert_eq!(status, 1, "{told}");
        let said = told.contains("has a way back is looked at once these errors are mended");
        assert_eq!(said, is_said, "{told}");
    }
}

/// Runbooks that are checked together, with these lines in them.
fn together(first: &str, second: &str) -> (i32, String) {
    let place = Place(TempDir::new().unwrap());
    for (name, line) in [("a.runbook", first), ("b.runbook", second)] {
        let text = MIGRATES.replace("\nstep", &format!("\n{line}\nstep"));
        place.write(name, &text);
    }
    place.short(&["--deny", "warnings", "."])
}

/// The change stands in a module that both use.
#[test]
fn two_that_change_one_thing_by_one_strategy_have_one_lock() {
    let place = Place(TempDir::new().unwrap());
    place.write(
        "lib.runbook",
        "strategy roll() {\n  step migrate {\n    $ ./migrate.sh\n    timeout 5m\n    touches database\n    rollback $ ./back.sh\n  }\n}\n",
    );
    for name in ["a.runbook", "b.runbook"] {
        let text = "runbook \"One\"\nuse \"./lib.runbook\" as lib\nphase p = lib.roll()\n";
        place.write(name, text);
    }
    let (_, told) = place.short(&["a.runbook", "b.runbook"]);
    assert_eq!(told.matches("RB406").count(), 1, "{told}");
    assert!(
        told.contains("so does `p.migrate` of `a.runbook`"),
        "{told}"
    );
    let (_, _, told) = place.check(&["a.runbook", "b.runbook"]);
    assert!(told.contains("called here"), "{told}");
}

#[test]
fn two_that_change_one_thing_have_one_lock() {
    let (status, told) = together("", "");
    assert_eq!(status, 1, "{told}");
    assert!(told.starts_with("./b.runbook:3:1: error[RB406]"), "{told}");
    assert!(
        told.contains("so does `migrate` of `./a.runbook`"),
        "{told}"
    );
    assert_eq!(told.matches("RB406").count(), 1, "{told}");
    for (first, second, is_told) in [
        ("lock \"a\"", "lock \"a\"", false),
        ("lock \"a\"", "lock \"b\"", true),
        ("lock \"a\"", "", true),
        ("param p: string\nlock \"a/{p}\"", "lock \"a/b\"", false),
        ("param p: string\nlock \"a/{p}\"", "lock \"b\"", true),
        (
            "param p: string\nlock \"a/{p}\"",
            "param q: string\nlock \"a/{q}\"",
            false,
        ),
        ("", "# allow(RB406): never at once", false),
    ] {
        let (_, told) = together(first, second);
        assert_eq!(told.contains("RB406"), is_told, "{first} {second}: {told}");
        assert!(!told.contains("RB811"), "{told}");
    }
}
