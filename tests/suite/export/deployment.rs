//! The deployment example, by `exec` and by its script: the same effects, the
//! same production afterwards.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::shells;
use crate::production::{Production, scripts};

const VALUES: [&str; 8] = [
    "version=2.4.0",
    "previous=1.2.2",
    "environment=demo",
    "needs_maintenance=true",
    "minute=100ms",
    "step_limit=60s",
    "on_call=ada",
    "changes=it's new",
];

fn settings() -> Vec<String> {
    let approvers = format!("approvers={}", runbook::run::who::user());
    let values = VALUES.into_iter().map(str::to_owned).chain([approvers]);
    values
        .flat_map(|value| ["--set".to_owned(), value])
        .collect()
}

/// Runs a program on a production; its exit status and what it said.
fn run(
    program: &[&str],
    arguments: &[String],
    on: &Production,
    fault: Option<&str>,
) -> (Option<i32>, String) {
    let mut command = Command::new("timeout");
    command
        .args(["120", "setsid", "--wait"])
        .args(program)
        .args(arguments)
        .env("PRODUCTION", on.path())
        .env("RUNBOOK_STATE", on.path().join("../state"))
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .process_group(0);
    for name in ["FAIL", "HANG", "STUBBORN", "BAD_VERSION"] {
        command.env_remove(name);
    }
    if let Some(fault) = fault {
        command.env("FAIL", fault);
    }
    let output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text + &errors)
}

/// The effects, without the looks at measurements, of which there may be more
/// or fewer, and with neither names nor times of the run.
fn effects(production: &Production) -> Vec<String> {
    let all = production.effects().into_iter();
    let own = regex::Regex::new(r"\d{8}-\d{6}-\w+|after [0-9.]+(ms|s|m \d+s)").expect("a pattern");
    let looks = all.filter(|line| !line.contains("metric"));
    looks
        .map(|line| own.replace_all(&line, "…").into_owned())
        .collect()
}

#[test]
fn the_deployment_does_the_same_as_a_script() {
    let place = TempDir::new().expect("a directory");
    let script = place.path().join("deploy.sh").display().to_string();
    let runbook = scripts().join("deploy.runbook").display().to_string();
    let program = env!("CARGO_BIN_EXE_runbook");
    let export = ["export", &runbook, "--to", "sh", "-o", &script];
    let mut export: Vec<String> = export.into_iter().map(str::to_owned).collect();
    export.extend(settings());
    let nowhere = Production::new();
    let (status, said) = run(&[program], &export, &nowhere, None);
    assert_eq!(status, Some(0), "{said}");
    assert!(Path::new(&script).exists());
    let mut faults = vec![(None, 0), (Some("deploy:after"), 4)];
    if crate::chance::is_long() {
        faults.extend([
            (Some("switch_traffic@50"), 3),
            (Some("run_migrations:half"), 3),
            (Some("migrate_to switch_traffic@100"), 4),
        ]);
    }
    for (number, (fault, outcome)) in faults.into_iter().enumerate() {
        let by_exec = Production::new();
        let mut arguments = vec!["exec".to_owned(), runbook.clone(), "--yes".to_owned()];
        arguments.extend(settings());
        let (wanted, exec) = run(&[program], &arguments, &by_exec, fault);
        assert_eq!(wanted, Some(outcome), "{fault:?}\n{exec}");
        let by_script = Production::new();
        let directory = scripts().display().to_string();
        let arguments = [&script, "--yes", "--directory", &directory].map(String::from);
        let shell = shells::nth(number);
        let (status, told) = run(shell, &arguments, &by_script, fault);
        let about = format!("{shell:?} {fault:?}\n{told}\n--- exec\n{exec}");
        assert_eq!(status, wanted, "{about}");
        assert_eq!(effects(&by_script), effects(&by_exec), "{about}");
        assert_eq!(by_script.picture(), by_exec.picture(), "{about}");
    }
}
