//! The tests that are written in runbooks: what they find, and how it is told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use runbook::analysis::{Checked, analyse_bytes};
use runbook::problem::render::Human;
use runbook::simulate::faults::{Chosen, Story, second_faults, single_faults, tell};
use runbook::testing::report::{FileResults, json, junit, text};
use runbook::testing::{Asked, Results, Sampled, run};

const RELEASE: &str = r#"runbook "Release {version}"

param version: version
param careful: bool = true
metric errors: percent = $ ./errors.sh
thresholds broken { errors > 5% }
thresholds healthy { errors < 1% }
role managers = ["ada", "grace"]
channel ops = $ ./tell.sh "$message"
message released to ops "{version} is out"

step backup {
  $ ./backup.sh
  output id from stdout `(\d+)`
  harmless "it only adds one"
}
gate go when careful {
  approve by managers
  timeout 1h
  else abort
}
step migrate {
  $ ./migrate.sh "$backup_id"
  timeout 10m
  retry 1 every 5s
  repeatable
  rollback {
    $ ./down.sh
  } else "restore" {
    $ ./restore.sh "$backup_id"
  }
}
phase traffic {
  for weight in [10%, 100%] {
    step shift $ ./shift.sh "$weight"
  }
  rollback $ ./shift.sh 0
}
phase watching {
  gate settled {
    hold healthy for 30m every 1m
    else rollback
  }
}
watch alarms during watching every 1m {
  rollback when broken for 2m
}
on success {
  notify released
}
"#;

const EVERY_FAILURE: Asked<'_> = Asked {
    only: &[],
    every_failure: Some(1),
};

const GATE: &str = r#"runbook "R"
param suite: string
defaults { timeout 5m }
step before {
  $ ./before.sh
  rollback $ ./back.sh
}
checklist ready {
  confirm "The changes were reviewed"
  check "Suite {suite} is green" $ ./ci.sh "$suite"
  check "Staging is well" {
    $ ./staging.sh
    within 2m every 10s
  }
}
gate go {
  check "nobody is there" $ ./idle.sh
  timeout 1m
  else rollback
}
step release {
  $ ./release.sh
  rollback $ ./back.sh
}
"#;

fn checked(text: &str) -> Checked {
    let analysis = analyse_bytes(Path::new("t.runbook"), text.as_bytes());
    let found = format!("{:?}", analysis.problems);
    analysis.clean().unwrap_or_else(|_| panic!("{found}"))
}

/// What one test on the release finds.
fn found(test: &str) -> Vec<String> {
    let text = format!("{RELEASE}\ntest \"it\" {{\n  set version = \"1.2.3\"\n{test}\n}}\n");
    let results = run(&checked(&text), &Asked::default());
    let problems = results.tests.into_iter().flat_map(|test| test.problems);
    problems.map(|problem| problem.message).collect()
}

#[test]
fn what_goes_as_expected_is_good() {
    for test in [
        "expect succeeded",
        "expect ran backup, go, migrate, shift[10%], shift[100%], traffic, released",
        "expect not ran rollback of migrate, rollback of shift",
        "given go rejected\nexpect stopped\nexpect not ran migrate",
        "given go unanswered\nexpect stopped",
        "given go approved by \"grace\"\nexpect succeeded",
        "given go approved by \"nobody\"\nexpect waiting",
        "set careful = false\ngiven step backup fails\nexpect stopped\nexpect not ran go, migrate",
        "given step migrate fails on attempt 1\nexpect succeeded",
        "given step migrate fails\nexpect rolled_back\nexpect ran migrate, rollback of migrate",
        "given step migrate times out\nexpect rolled_back",
        "given errors = 0%, then 7% after 10m\nexpect rolled_back\nexpect ran rollback of shift, rollback of migrate",
        "given errors = no data\nexpect waiting",
        "given step shift[100%] fails\nexpect ran shift[10%], shift[100%], rollback of traffic, rollback of migrate",
        "given step shift[100%] fails\ngiven rollback of migrate fails on attempt 1\nexpect rolled_back",
        "given step shift[100%] fails\ngiven rollback of migrate fails\nexpect rollback_incomplete",
        "given crash after backup\nexpect succeeded\nexpect ran backup, migrate",
        "given crash during migrate\nexpect succeeded",
        "given interrupt during settled\nexpect rolled_back",
        "given interrupt during traffic\nexpect rolled_back\nexpect not ran settled",
        "given request after traffic\nexpect rolled_back",
        "given step migrate takes 9m\ngiven step backup gives id \"7\"\nexpect succeeded",
    ] {
        let found = found(test);
        assert!(found.is_empty(), "{test}: {found:?}");
    }
}

#[test]
fn a_check_in_a_gate_is_named_by_its_title() {
    let with = |line: &str| {
        let text = format!(
            "{GATE}test \"it\" {{\n  set suite = \"all\"\n  {line}\n  expect not ran release\n}}\n"
        );
        let results = run(&checked(&text), &Asked::default());
        let mut problems = results.tests.into_iter().flat_map(|test| test.problems);
        problems
            .next()
            .map(|it| (it.message, it.help.unwrap_or_default()))
    };
    for line in [
        "given check ready \"Suite all is green\" fails",
        "given check ready \"Staging is well\" times out",
        "given check go \"nobody is there\" fails exit 2",
    ] {
        assert_eq!(with(line), None, "{line}");
    }
    for (line, message, help) in [
        (
            "given check ready \"Staging is well\" fails on attempt 1",
            "`release` ran",
            "",
        ),
        (
            "given check ready fails",
            "`ready` is a gate, not a check",
            "`given check ready \"Suite all is green\" …`",
        ),
        (
            "given check ready \"Staging is wel\" fails",
            "`ready` has no check \"Staging is wel\"",
            "did you mean \"Staging is well\"?",
        ),
        (
            "given check ready \"x\" fails",
            "`ready` has no check \"x\"",
            "\"Suite all is green\", \"Staging is well\"",
        ),
        (
            "given step release \"x\" fails",
            "only a check of a gate has a title here",
            "given check release",
        ),
    ] {
        let found = with(line).unwrap_or_default();
        assert_eq!(found.0, message, "{line}");
        assert!(found.1.contains(help), "{line}: {found:?}");
    }
}

/// A title is told as it is written, so that it can be taken over.
#[test]
fn titles_of_checks_are_told_as_they_are_written() {
    let title = r#""say \"go\" \\ {{now}}""#;
    let other = r#""say \"go\" \\ {{new}}""#;
    let gate = GATE.replace("\"nobody is there\"", title);
    let told = |line: &str| {
        let text = format!(
            "{gate}test \"it\" {{\n  set suite = \"all\"\n  {line}\n  expect not ran release\n}}\n"
        );
        let results = run(&checked(&text), &Asked::default());
        let mut problems = results.tests.into_iter().flat_map(|test| test.problems);
        let problem = problems.next().map(|it| (it.message, it.help));
        problem.map(|(message, help)| format!("{message}: {}", help.unwrap_or_default()))
    };
    let good = format!("given check go {title} fails");
    assert_eq!(told(&good), None);
    for (line, wanted) in [
        (
            format!("given check go {other} fails"),
            format!("`go` has no check {other}: did you mean {title}?"),
        ),
        (
            "given check go \"x\" fails".to_owned(),
            format!("`go` has no check \"x\": it has {title}"),
        ),
        (
            "given check go fails".to_owned(),
            format!(
                "`go` is a gate, not a check: a check in it is named by its title: \
                 `given check go {title} …`"
            ),
        ),
        (
            format!("given step release {other} fails"),
            format!(
                "only a check of a gate has a title here: write `given check release {other} …`"
            ),
        ),
    ] {
        assert_eq!(told(&line), Some(wanted), "{line}");
    }
}

#[test]
fn what_goes_otherwise_is_told() {
    let cases = [
        (
            "expect rolled_back",
            "the run ended `succeeded`, not `rolled_back`",
        ),
        (
            "expect ran migrate, backup",
            "`backup` did not run after `migrate`",
        ),
        (
            "expect ran rollback of migrate",
            "`rollback of migrate` did not run",
        ),
        ("expect not ran shift", "`shift` ran"),
        ("expect ran rollback of backup", "`backup` has no rollback"),
        ("expect ran migrat", "no statement is called `migrat`"),
        (
            "expect ran shift[20%]",
            "no statement is called `shift[20%]`",
        ),
        (
            "given step migrate fails\ngiven step shift fails\nexpect rolled_back",
            "this never happened: the run did not come so far",
        ),
        (
            "given step go fails\nexpect stopped",
            "`go` is a gate, not a step",
        ),
        (
            "given settled rejected\nexpect stopped",
            "gate `settled` asks nobody",
        ),
        (
            "given backup rejected\nexpect stopped",
            "`backup` is no gate",
        ),
        (
            "given step shift times out\nexpect rolled_back",
            "the run does not end: something hangs that has no time limit",
        ),
    ];
    for (test, message) in cases {
        assert_eq!(found(test), [message], "{test}");
    }
}

fn results(tests: &str, every_failure: bool) -> (Checked, Results) {
    let checked = checked(&format!("{RELEASE}{tests}"));
    let asked = Asked {
        every_failure: every_failure.then_some(1),
        ..Asked::default()
    };
    let results = run(&checked, &asked);
    (checked, results)
}

fn file<'a>(checked: &'a Checked, results: &'a Results) -> FileResults<'a> {
    FileResults {
        path: "t.runbook".to_owned(),
        sources: &checked.sources,
        results,
    }
}

#[test]
fn ways_back_that_no_test_went_are_named() {
    let (checked, results) = results(
        "test \"a < b & \\\"c\\\"\" {\n  given step shift[10%] fails\n  expect succeeded\n}\n",
        false,
    );
    assert!(!results.good());
    let human = Human {
        colour: false,
        width: 80,
    };
    let told = text(&[file(&checked, &results)], human);
    assert!(
        told.contains("1 of 3 ways back ran in no test: rollback of migrate, \"restore\""),
        "{told}"
    );
    assert!(told.contains("FAIL  a < b & \"c\""), "{told}");
    assert!(
        told.contains("the run ended `rolled_back`, not `succeeded`"),
        "{told}"
    );
    assert!(told.ends_with("1 of 1 test failed\n"), "{told}");

    let xml = junit(&[file(&checked, &results)]);
    assert!(xml.contains("tests=\"1\" failures=\"1\""), "{xml}");
    assert!(
        xml.contains("name=\"a &lt; b &amp; &quot;c&quot;\""),
        "{xml}"
    );

    let document: serde_json::Value =
        serde_json::from_str(&json(&[file(&checked, &results)])).unwrap();
    let file = &document["files"][0];
    assert_eq!(file["passed"], false);
    assert_eq!(file["tests"][0]["problems"][0]["code"], "RB964");
    assert_eq!(file["untried"][0], "rollback of migrate, \"restore\"");
}

#[test]
fn every_single_failure_has_a_way_back() {
    let text = "runbook \"x\"\nstep a {\n  $ ./a.sh\n  timeout 1m\n  rollback $ ./b.sh\n}\nstep b {\n  $ ./c.sh\n  timeout 1m\n  rollback $ ./d.sh\n}\n";
    let checked = checked(text);
    let results = run(&checked, &EVERY_FAILURE);
    let failures = results.failures.as_ref().unwrap();
    assert!(failures.runs > 100, "{failures:?}");
    assert!(results.good(), "{failures:?}");
    let plan = Arc::new(checked.plan.clone());
    let faults = single_faults(&plan);
    let pairs = faults.iter().map(|fault| {
        let (trace, _) = tell(&plan, &Story::of(*fault));
        second_faults(fault, &trace).len()
    });
    let (runs, single, pairs) = (failures.runs, faults.len(), pairs.sum::<usize>());
    assert!(pairs > 0 && runs >= single + pairs);
    assert!(Sampled::of(&plan, &Chosen::of(&plan, 1), 1).is_none());
    says_of_failures(
        &checked,
        &results,
        &format!(
            "  ok    every single failure: {runs} runs, each with a way back that worked\n\
            \u{20}       {single} failures alone, and {pairs} times an undo that failed after one\n"
        ),
        &serde_json::json!({
            "runs": runs,
            "single": single,
            "pairs": pairs,
            "sampled": [],
            "breaches": [],
            "more": 0,
        }),
    );
}

/// What people and programs are told of failures, where a file has no tests.
fn says_of_failures(
    checked: &Checked,
    results: &Results,
    lines: &str,
    document: &serde_json::Value,
) {
    let human = Human {
        colour: false,
        width: 80,
    };
    let wanted =
        format!("t.runbook\n{lines}  no tests: add a block `test \"…\" {{ … }}`\n0 tests passed\n");
    assert_eq!(text(&[file(checked, results)], human), wanted);
    let told = json(&[file(checked, results)]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(&told["files"][0]["every_failure"], document);
}

#[test]
fn the_standard_library_passes_its_own_tests() {
    for module in runbook::modules::STANDARD {
        let path = format!("std/{}.runbook", module.name);
        let analysis = analyse_bytes(Path::new(&path), module.text.as_bytes());
        assert!(
            analysis.problems.is_empty(),
            "{path}: {:?}",
            analysis.problems
        );
        let checked = analysis.clean().unwrap();
        let results = run(&checked, &EVERY_FAILURE);
        assert!(!results.tests.is_empty(), "{path} has no tests");
        for test in &results.tests {
            assert!(test.problems.is_empty(), "{path}: {:?}", test.problems);
        }
        assert!(results.good(), "{path}: {:?}", results.failures);
        assert_eq!(results.ways.unwrap().untried, [], "{path}");
    }
}

const TROUBLE: &str = r#"runbook "x"
param version: version
param unused: string
secret token from env "NOT_THERE"
lock "held"
step install {
  $ echo pulling; sleep 0.1; echo ImagePullBackOff >&2; exit 7
  rollback $ true
}
trouble "Image is missing" {
  symptom "Pods wait"
  matches `status 7$` in install
  diagnose $ echo "looking at $version"
  try "Verify the secrets"
}
trouble "Something else" {
  matches timeout
  try "Wait"
}
"#;

fn runbook(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(arguments)
        .current_dir(folder)
        .env("RUNBOOK_STATE", folder.join("state"))
        .env_remove("NOT_THERE")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = out + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), told)
}

#[test]
fn a_failure_points_at_its_trouble_and_a_diagnosis_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let text = TROUBLE.replace("secret token from env \"NOT_THERE\"\n", "");
    std::fs::write(folder.path().join("t.runbook"), text).unwrap();
    let set = ["--set", "version=1.2.3", "--set", "unused=x"];
    let (status, told) = runbook(folder.path(), &[&["exec", "t.runbook"], &set[..]].concat());
    assert_eq!(status, 3, "{told}");
    assert!(
        told.contains("this looks like \"Image is missing\": Pods wait; try: Verify the secrets"),
        "{told}"
    );
    assert!(!told.contains("Something else"), "{told}");
}

#[test]
fn a_diagnosis_looks_with_the_values_it_uses() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.runbook"), TROUBLE).unwrap();
    let (status, told) = runbook(folder.path(), &["diagnose", "t.runbook"]);
    assert_eq!(status, 0, "{told}");
    assert!(
        told.contains("Image is missing") && told.contains("try: Wait"),
        "{told}"
    );

    let looks = ["diagnose", "t.runbook", "Image is missing"];
    let (status, told) = runbook(folder.path(), &looks);
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("`version` has no value"), "{told}");

    let given = [&looks[..], &["--verbose", "--set", "version=1.2.3"]].concat();
    let (status, told) = runbook(folder.path(), &given);
    assert_eq!(status, 0, "{told}");
    assert!(told.contains("looking at 1.2.3"), "{told}");

    let (status, told) = runbook(folder.path(), &["diagnose", "t.runbook", "Image is mising"]);
    assert_eq!(status, 2, "{told}");
    assert!(
        told.contains("did you mean \"Image is missing\"?"),
        "{told}"
    );
}

#[test]
fn tests_are_found_in_directories_and_by_their_titles() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, tests: &[&str]| {
        let mut text =
            "runbook \"R\"\nstep a {\n  $ true\n  timeout 1m\n  rollback $ true\n}\n".to_owned();
        for test in tests {
            text += &format!("test \"{test}\" {{\n  expect succeeded\n}}\n");
        }
        std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("one.runbook", &["it ends", "it ends well"]);
    write("deep/er/two.runbook", &["it ends", "it begins"]);
    write("drafts/three.runbook", &["it is not ready"]);
    let settings = "[check]\nexclude = [\"drafts\"]\n";
    std::fs::write(folder.path().join("runbook.toml"), settings).unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (words, status, wanted) in [
        (&[][..], 0, "4 tests passed"),
        (&["."], 0, "4 tests passed"),
        (&["deep", "one.runbook", "one.runbook"], 0, "4 tests passed"),
        (&["drafts/three.runbook"], 0, "1 test passed"),
        (&["--only", "it ends"], 0, "2 tests passed"),
        (
            &["--only", "it ends", "--only", "it begins"],
            0,
            "3 tests passed",
        ),
        (
            &["one.runbook", "--only", "it ends well"],
            0,
            "1 test passed",
        ),
        (
            &["one.runbook", "--only", "it end"],
            2,
            "there is no test \"it end\" (did you mean \"it ends\"?)",
        ),
        (&["empty"], 1, "there is no runbook in `empty`"),
        (&["absent.runbook"], 1, "absent.runbook"),
    ] {
        let (found, told) = runbook(folder.path(), &[&["test"], words].concat());
        assert_eq!(found, status, "{words:?}: {told}");
        assert!(told.contains(wanted), "{words:?}: {told}");
    }
    // Of one test nothing can be said about all ways back.
    let one = ["test", "deep", "--only", "it begins"];
    let (_, told) = runbook(folder.path(), &one);
    let wanted = "deep/er/two.runbook\n  ok    it begins (0.0s of the run's time)\n1 test passed\n";
    assert_eq!(told, wanted);
    let (_, told) = runbook(folder.path(), &[&one[..], &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(document["files"][0]["untried"], serde_json::Value::Null);
    // It may stand in the file that has mistakes.
    std::fs::write(folder.path().join("wrong.runbook"), "step {").unwrap();
    let (status, told) = runbook(folder.path(), &["test", "--only", "it waits"]);
    assert_eq!(status, 1, "{told}");
    assert!(!told.contains("no test"), "{told}");
}

/// What `runbook test` says of a file.
fn tried(text: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.runbook"), text).unwrap();
    runbook(folder.path(), &["test", "t.runbook"])
}

#[test]
fn the_end_of_a_bracket_is_expected_there_and_back() {
    let with = |test: &str| {
        let text = "runbook \"R\"\ndefaults { timeout 1m }\nwith door {\n  enter $ ./open.sh\n  leave $ ./close.sh\n  \
            check leave $ ./look.sh\n}\ntest \"it\" {\n  TEST\n}\n";
        tried(&text.replace("TEST", &test.replace('\n', "\n  ")))
    };
    for test in [
        "expect succeeded\nexpect ran door, leave, leave door",
        "given check leave fails\nexpect ran door, leave, leave door",
        "given enter door fails\nexpect ran leave door\nexpect not ran leave",
    ] {
        let (status, told) = with(test);
        assert_eq!(status, 0, "{test}: {told}");
    }
    for (test, problem) in [
        (
            "expect ran leave door, leave",
            "`leave` did not run after `leave door`",
        ),
        ("expect not ran leave door", "`leave door` ran"),
        ("expect ran leave leave", "`leave` is no bracket"),
    ] {
        let (status, told) = with(test);
        assert_eq!(status, 1, "{test}: {told}");
        assert!(told.contains(problem), "{test}: {told}");
    }
}

#[test]
fn what_takes_too_long_is_told_with_the_limit_it_came_to() {
    let check = |limits: &str| {
        let text = "runbook \"R\"\ncheck slow {\n  $ ./look.sh\n  LIMITS\n}\n\
            test \"it\" {\n  given check slow takes 1h\n  expect succeeded\n}\n";
        tried(&text.replace("LIMITS", limits)).1
    };
    for (limits, told) in [
        ("timeout 5m\n  within 10s every 1s", "timed out after 10s"),
        ("timeout 4s\n  within 10s every 1s", "timed out after 4s"),
        ("timeout 5m", "timed out after 5m"),
    ] {
        let found = check(limits);
        assert!(found.contains(told), "{limits}: {found}");
    }
}

/// Of a plan that is too large to try all that can go wrong, some is tried, and it
/// is said which.
#[test]
fn of_a_large_plan_some_failures_are_tried() {
    let mut text = String::from("runbook \"Large\"\ndefaults { timeout 1m }\n");
    for step in 0..200 {
        let way_back = match step {
            100 => "rollback $ ./act undo 100",
            _nothing_to_undo => "harmless \"it only adds\"",
        };
        let _ = writeln!(
            text,
            "step s{step} {{\n  $ ./act do {step}\n  {way_back}\n}}"
        );
    }
    let checked = checked(&text);
    let plan = checked.plan(&BTreeMap::new()).expect("no parameters");
    let plan = Arc::new(plan.into_plan());
    let chosen = Chosen::of(&plan, 7);
    assert!(!chosen.is_all());
    assert_eq!(chosen.faults.len(), 2_000);
    assert_eq!(chosen.faults, Chosen::of(&plan, 7).faults);
    assert_ne!(chosen.faults, Chosen::of(&plan, 8).faults);
    let sampled = Sampled::of(&plan, &chosen, 7).expect("some of them");
    let (nodes, of) = (plan.nodes.len(), single_faults(&plan).len());
    let asked = Asked {
        only: &[],
        every_failure: Some(7),
    };
    let results = run(&checked, &asked);
    let failures = results.failures.as_ref().unwrap();
    let (runs, pairs) = (failures.runs, failures.pairs);
    assert!(pairs > 0, "{failures:?}");
    says_of_failures(
        &checked,
        &results,
        &format!(
            "  ok    every single failure: {runs} runs, each with a way back that worked\n\
            \u{20}       2000 failures alone, and {pairs} times an undo that failed after one\n\
            \u{20}       {}\n",
            sampled.words()
        ),
        &serde_json::json!({
            "runs": runs,
            "single": 2_000,
            "pairs": pairs,
            "sampled": [{ "nodes": nodes, "tried": 2_000, "of": of, "seed": 7 }],
            "breaches": [],
            "more": 0,
        }),
    );
    assert_eq!(
        sampled.words(),
        format!(
            "2000 of {of} failures, chosen by `--seed 7`: this plan has {nodes} nodes, \
            and all are tried of up to 200"
        )
    );
}
