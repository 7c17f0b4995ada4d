//! Secrets fetched, before anything changes: a rollback must not be the first
//! to find that one is missing.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use crate::plan::{Plan, Run, Secret, SecretFrom, Shell, Task};
use crate::run::mask::SHORTEST_SECRET;
use crate::run::values::{Secrets, Values};

const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_SECRET: usize = 64 << 10;

/// Fetches one secret.
///
/// # Errors
/// Why it cannot be had, in words.
pub async fn fetch(
    plan: &Plan,
    secret: &Secret,
    values: Values<'_>,
) -> Result<Zeroizing<String>, String> {
    let directory = Path::new(&plan.directory);
    let value = match &secret.from {
        SecretFrom::Env(name) => from_environment(name)?,
        SecretFrom::File(path) => from_file(&directory.join(path))?,
        SecretFrom::Command(task) => from_command(task, values, directory).await?,
    };
    let trimmed = Zeroizing::new(value.trim_end_matches(['\n', '\r']).to_owned());
    if trimmed.len() < SHORTEST_SECRET {
        return Err(format!(
            "it is shorter than {SHORTEST_SECRET} bytes, so it could not be kept out of the output"
        ));
    }
    if trimmed.contains('\0') {
        return Err("it holds a zero byte".to_owned());
    }
    Ok(trimmed)
}

/// Fetches all secrets of a plan.
///
/// # Errors
/// A line for each that cannot be had.
pub async fn fetch_all(
    plan: &Plan,
    machine: &crate::machine::Machine,
    run_id: &str,
    starter: &str,
) -> Result<Secrets, Vec<String>> {
    let mut secrets = Secrets::default();
    let mut missing = Vec::new();
    for secret in &plan.secrets {
        let values = Values {
            machine,
            secrets: &secrets,
            run_id,
            starter,
        };
        match fetch(plan, secret, values).await {
            Ok(value) => secrets.insert(&secret.name, value),
            Err(why) => missing.push(format!("secret `{}`: {why}", secret.name)),
        }
    }
    if missing.is_empty() {
        Ok(secrets)
    } else {
        Err(missing)
    }
}

fn from_environment(name: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var_os(name) {
        None => Err(format!("the environment variable `{name}` is not set")),
        Some(value) => value
            .into_string()
            .map(Zeroizing::new)
            .map_err(|_| format!("the environment variable `{name}` is no UTF-8 text")),
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let bytes = std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    text(&bytes)
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, String> {
    std::str::from_utf8(bytes)
        .map(|text| Zeroizing::new(text.to_owned()))
        .map_err(|_| "it is no UTF-8 text".to_owned())
}

/// What the command prints. It never touches the disk.
async fn from_command(
    task: &Task,
    values: Values<'_>,
    directory: &Path,
) -> Result<Zeroizing<String>, String> {
    let Run::Script {
        text: script,
        shell,
    } = &task.run
    else {
        return Err("it comes from a request, which gives no secrets".to_owned());
    };
    let (program, flags) = match shell {
        Shell::Sh => ("sh", "-eu"),
        Shell::Bash => ("bash", "-euo"),
    };
    let mut command = tokio::process::Command::new(program);
    command.arg(flags);
    if *shell == Shell::Bash {
        command.arg("pipefail");
    }
    let mut child = command
        .arg("-c")
        .arg(script)
        .envs(values.environment(task)?)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let mut output = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET + 1));
    let limit = task.timeout.map_or(COMMAND_TIMEOUT, Duration::from_millis);
    let run = async {
        if let Some(stdout) = child.stdout.take() {
            let longest = u64::try_from(LONGEST_SECRET + 1).unwrap_or(u64::MAX);
            stdout.take(longest).read_to_end(&mut output).await?;
        }
        child.wait().await
    };
    match tokio::time::timeout(limit, run).await {
        Err(_) => Err(format!("its command took longer than {limit:?}")),
        Ok(Err(error)) => Err(format!("its command failed: {error}")),
        Ok(Ok(status)) if !status.success() => Err(format!("its command ended with {status}")),
        Ok(Ok(_)) if output.len() > LONGEST_SECRET => {
            Err(format!("it is longer than {} KiB", LONGEST_SECRET >> 10))
        }
        Ok(Ok(_)) => text(&output),
    }
}
