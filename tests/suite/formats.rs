//! The formats of `runbook check` as those see them who read them: held against
//! their schemas and parsers, over all files of the gallery.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .arg("check")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), printed)
}

/// A clean file, a warning, a file that is not there, and all of the gallery.
fn everything(format: &str) -> String {
    let gallery = root().join("tests/messages");
    let (status, printed) = check(&gallery, &["--format", format, ".", "absent.runbook"]);
    assert_eq!(status, 1);
    printed
}

/// Gives a text to a program of Python, which says what is wrong with it.
fn python(program: &str, arguments: &[&Path], text: &str) -> Result<(), String> {
    let mut child = Command::new("python3")
        .args(["-W", "ignore", "-c", program])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("install python3");
    let mut input = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writing = std::thread::spawn(move || {
        // One that ends early says why.
        let _ = input.write_all(text.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The schema itself is held against that of schemas.
const JSON_SCHEMA: &str = "\
import json, sys
from jsonschema import Draft202012Validator as V
schema = json.load(open(sys.argv[1]))
V.check_schema(schema)
errors = list(V(schema).iter_errors(json.load(sys.stdin)))
sys.exit('\\n'.join(str(e) for e in errors[:3]) if errors else 0)
";

#[test]
fn json_is_what_its_schema_says() {
    let schema = root().join("docs/check.schema.json");
    let valid = |text: &str| python(JSON_SCHEMA, &[&schema], text);
    let printed = everything("json");
    assert_eq!(valid(&printed), Ok(()), "install python3-jsonschema");
    let document: Value = serde_json::from_str(&printed).unwrap();
    let problems = document["problems"].as_array().unwrap();
    assert!(problems.len() > 200, "{}", problems.len());
    assert!(problems.iter().any(|it| it.get("path").is_none()));
    // It would notice.
    for wrong in [
        printed.replacen("\"version\": 1", "\"version\": 2", 1),
        printed.replacen("\"severity\": \"error\"", "\"severity\": \"bad\"", 1),
        printed.replacen("\"labels\"", "\"lables\"", 1),
        printed.replacen("\"line\": ", "\"line\": -", 1),
    ] {
        assert_ne!(wrong, printed);
        assert!(valid(&wrong).is_err());
    }
}

/// Its tests run beside one another, and install it once.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Microsoft's validator of SARIF, which knows the schema and more than that.
fn multitool() -> PathBuf {
    const VERSION: &str = "5.7.0";
    let _alone = INSTALLING.lock();
    let place = root().join("target/sarif-multitool").join(VERSION);
    let tool = place.join("node_modules/.bin/sarif-multitool");
    if !tool.exists() {
        fs::create_dir_all(&place).unwrap();
        let installed = Command::new("npm")
            .args(["install", "--no-fund", "--no-audit", "--silent", "--prefix"])
            .arg(&place)
            .arg(format!("@microsoft/sarif-multitool@{VERSION}"))
            .status()
            .expect("install npm");
        assert!(installed.success());
        // Its installation may not run scripts, which would do this.
        let program = place.join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(program, mode).unwrap();
    }
    tool
}

/// What it finds; its exit status does not tell.
fn faults_of_sarif(text: &str) -> String {
    let place = TempDir::new().unwrap();
    let log = place.path().join("log.sarif");
    fs::write(&log, text).unwrap();
    let output = Command::new(multitool())
        .arg("validate")
        .arg(&log)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("1 files scanned"), "{output:?}");
    told.lines()
        .filter(|line| line.contains(": error ") || line.contains("rror SARIF"))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn sarif_is_valid() {
    assert_eq!(faults_of_sarif(&everything("sarif")), "");
    // A path from the root is an address of its own.
    let place = TempDir::new().unwrap();
    let file = place.path().join("a file.runbook");
    fs::write(&file, "runbook \"x\"\nchek a $ true\n").unwrap();
    let (_, printed) = check(
        Path::new("/"),
        &["--format", "sarif", file.to_str().unwrap()],
    );
    assert!(printed.contains("\"file:///"), "{printed}");
    assert!(printed.contains("a%20file.runbook"), "{printed}");
    assert_eq!(faults_of_sarif(&printed), "");
    // It would notice.
    let wrong = printed.replacen("\"ruleId\"", "\"rulesId\"", 1);
    assert_ne!(faults_of_sarif(&wrong), "");
}

const JUNIT: &str = "\
import sys, xml.etree.ElementTree as t
suite = t.parse(sys.stdin).getroot()
assert suite.tag == 'testsuite', suite.tag
cases = suite.findall('testcase')
assert len(cases) == int(suite.get('tests')), 'tests'
failed = [case for case in cases if case.find('failure') is not None]
assert len(failed) == int(suite.get('failures')), 'failures'
for case in cases:
    assert case.get('name') and case.get('classname'), case.attrib
    assert {part.tag for part in case} <= {'failure', 'system-out'}, 'parts'
    for failure in case.findall('failure'):
        assert failure.get('message') and failure.get('type') and failure.text
";

const CHECKSTYLE: &str = "\
import sys, xml.etree.ElementTree as t
log = t.parse(sys.stdin).getroot()
assert log.tag == 'checkstyle' and log.get('version')
names = [file.get('name') for file in log]
assert len(names) == len(set(names)), 'a file stands twice'
errors = log.findall('file/error')
assert len(errors) > 200, len(errors)
for error in errors:
    assert error.get('severity') in ('error', 'warning', 'info'), error.attrib
    assert error.get('message') and error.get('source'), error.attrib
    assert int(error.get('line', '1')) >= 1 and int(error.get('column', '1')) >= 1
";

#[test]
fn xml_is_as_its_readers_want_it() {
    for (format, program) in [("junit", JUNIT), ("checkstyle", CHECKSTYLE)] {
        let printed = everything(format);
        assert_eq!(python(program, &[], &printed), Ok(()), "{format}");
        let wrong = printed.replacen("&quot;", "\"", 1);
        assert!(python(program, &[], &wrong).is_err(), "{format}");
    }
}

/// Whoever shows them knows them again, and two that read alike apart.
#[test]
fn problems_of_sarif_are_known_again_when_lines_move() {
    let place = TempDir::new().unwrap();
    let fingerprints = |text: &str| {
        fs::write(place.path().join("x.runbook"), text).unwrap();
        let (_, printed) = check(place.path(), &["--format", "sarif", "x.runbook"]);
        let log: serde_json::Value = serde_json::from_str(&printed).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let of = |result: &serde_json::Value| {
            result["partialFingerprints"]["runbook/v1"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        results.iter().map(of).collect::<Vec<String>>()
    };
    let step = "step a {\n  $ true\n  harmless \"it is nothing\"\n}\n";
    let text = format!("runbook \"x\"\n{step}{}", step.replace(" a ", " b "));
    let before = fingerprints(&text);
    assert_eq!(before.len(), 2, "{before:?}");
    assert_ne!(before[0], before[1]);
    assert_eq!(
        fingerprints(&text.replace("step a", "\n# moved\nstep a")),
        before
    );
    let twice = "runbook \"x\"\nchek a $ true\nchek a $ true\n";
    let twice = fingerprints(twice);
    assert_ne!(twice[0], twice[1]);
}

/// A warning fails no test, unless it is denied.
#[test]
fn warnings_are_failures_where_they_are_denied() {
    let place = TempDir::new().unwrap();
    let text = "runbook \"Warns\"\nstep a {\n  $ true\n  harmless \"it is nothing\"\n}\n";
    fs::write(place.path().join("t.runbook"), text).unwrap();
    let told = |arguments: &[&str]| check(place.path(), &[arguments, &["t.runbook"]].concat());
    let (status, printed) = told(&["--format", "junit"]);
    assert_eq!(status, 0);
    assert!(printed.contains("failures=\"0\""), "{printed}");
    assert!(printed.contains("<system-out>"), "{printed}");
    let (status, printed) = told(&["--format", "junit", "--deny", "warnings"]);
    assert_eq!(status, 1);
    assert!(printed.contains("failures=\"1\""), "{printed}");
    for (deny, word) in [
        (&[][..], "::warning "),
        (&["--deny", "warnings"], "::error "),
    ] {
        let (_, printed) = told(&[&["--format", "github"], deny].concat());
        assert!(printed.starts_with(word), "{printed}");
    }
}

/// The lines of a file that CI runs: those behind `key:`, or the list below it.
fn commands_of(file: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(rest) = line.trim_start().strip_prefix(&format!("{key}:")) else {
            continue;
        };
        if !rest.trim().is_empty() {
            found.push(rest.trim().to_owned());
        }
        while let Some(item) = lines.next_if(|it| it.trim_start().starts_with("- ")) {
            found.push(item.trim_start()[2..].to_owned());
        }
    }
    assert!(!found.is_empty(), "{file} has no `{key}:`");
    found
}

fn project(text: &str) -> TempDir {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("deploy.runbook"), text).unwrap();
    place
}

fn path_with_runbook() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_runbook"));
    let directory = program.parent().unwrap().display();
    format!("{directory}:{}", std::env::var("PATH").unwrap())
}

const CLEAN: &str = "runbook \"Clean\"\ncheck a $ ./look.sh\n";
const BROKEN: &str = "runbook \"Broken\"\nchek a $ ./look.sh\n";

/// As the runner of GitHub does: with bash, and its inputs as variables.
#[test]
fn the_action_of_github_checks() {
    let run = commands_of(".github/actions/check/action.yml", "run");
    let [install, check] = run.as_slice() else {
        panic!("{run:?}");
    };
    for (text, status) in [(CLEAN, 0), (BROKEN, 1)] {
        let place = project(text);
        let script = format!("{install}\n{check}\n");
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
            .current_dir(place.path())
            .env("PATH", path_with_runbook())
            .envs([
                ("ARGUMENTS", "--deny warnings"),
                ("PATHS", "."),
                ("VERSION", "0.0.0"),
            ])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let annotates = printed.starts_with("::error file=deploy.runbook,line=2,");
        assert_eq!(annotates, status == 1, "{printed}");
    }
}

/// As the runner of GitLab does: each line after the other, until one fails.
#[test]
fn the_template_of_gitlab_checks() {
    let lines = [
        commands_of(".gitlab/check.gitlab-ci.yml", "before_script"),
        commands_of(".gitlab/check.gitlab-ci.yml", "script"),
    ];
    for (text, status) in [(CLEAN, 0), (BROKEN, 1)] {
        let place = project(text);
        let output = Command::new("sh")
            .args(["-ec", &lines.concat().join("\n")])
            .current_dir(place.path())
            .env("PATH", path_with_runbook())
            .envs([("RUNBOOK_PATHS", "."), ("RUNBOOK_VERSION", "0.0.0")])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let report = fs::read_to_string(place.path().join("gl-code-quality-report.json"));
        let report: Value = serde_json::from_str(&report.unwrap()).unwrap();
        let entries = report.as_array().unwrap();
        assert_eq!(entries.len(), usize::try_from(status).unwrap());
        for entry in entries {
            assert_eq!(entry["location"]["path"], "deploy.runbook");
            assert_eq!(entry["fingerprint"].as_str().unwrap().len(), 64);
        }
    }
}

/// As pre-commit does: the entry, and behind it the files that are committed.
#[test]
fn the_hooks_of_pre_commit_check_and_lay_out() {
    let entries = commands_of(".pre-commit-hooks.yaml", "entry");
    let run = |entry: &str, text: &str| {
        let place = project(text);
        let mut words = entry.split(' ');
        assert_eq!(words.next(), Some("runbook"));
        let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(words)
            .arg("deploy.runbook")
            .current_dir(place.path())
            .output()
            .unwrap();
        let text = fs::read_to_string(place.path().join("deploy.runbook")).unwrap();
        (output.status.code(), text)
    };
    let [check, layout] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    assert_eq!(run(check, CLEAN).0, Some(0));
    assert_eq!(run(check, BROKEN).0, Some(1));
    // A hook that changes a file has failed; pre-commit sees the change.
    let (status, text) = run(layout, &CLEAN.replace("check a", "check   a"));
    assert_eq!((status, text.as_str()), (Some(0), CLEAN));
}
