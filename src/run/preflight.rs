//! What must be there before the first change: tools, shells, directories.
//! What is missing is found now and not in the middle of a release.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::plan::{Plan, Run, Shell};
use crate::run::http::{Http, is_https};

/// What is missing, a line each, in words; empty: nothing is.
pub fn missing(plan: &Plan, path: Option<&OsStr>) -> Vec<String> {
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    let mut directories: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (what, task) in plan.tasks() {
        if task.host.is_some() {
            // What it needs is on that machine.
            wanted.entry("ssh".to_owned()).or_insert(what);
            continue;
        }
        for tool in &task.needs {
            wanted.entry(tool.clone()).or_insert_with(|| what.clone());
        }
        if let Run::Script { shell, .. } = &task.run {
            let shell = match shell {
                Shell::Sh => "sh",
                Shell::Bash => "bash",
            };
            wanted
                .entry(shell.to_owned())
                .or_insert_with(|| what.clone());
        }
        let directory = task.directory.as_ref().and_then(|it| it.known());
        if let Some(directory) = directory {
            let directory = Path::new(&plan.directory).join(directory);
            directories.entry(directory).or_insert(what);
        }
    }
    let tools = wanted
        .into_iter()
        .filter(|(tool, _)| !is_found(tool, path))
        .map(|(tool, what)| format!("{what} needs `{tool}`, which is not on the PATH"));
    let directories = directories
        .into_iter()
        .filter(|(directory, _)| !directory.is_dir())
        .map(|(directory, what)| {
            let directory = directory.display();
            format!("{what} runs in `{directory}`, which is no directory")
        });
    tools.chain(directories).collect()
}

/// What cannot be asked or told because this machine speaks no https, a line;
/// addresses that are secret are not known yet.
pub fn unreachable(plan: &Plan, http: &Http) -> Option<String> {
    let addresses = plan.addresses();
    let (what, _) = addresses.iter().find(|(_, address)| {
        let known = address.known();
        known.is_some_and(|known| is_https(&known))
    })?;
    let why = http.no_https()?;
    Some(format!("{what}: {why}"))
}

fn is_found(tool: &str, path: Option<&OsStr>) -> bool {
    if tool.contains('/') {
        return is_executable(Path::new(tool));
    }
    path.is_some_and(|path| {
        std::env::split_paths(path).any(|directory| is_executable(&directory.join(tool)))
    })
}

fn is_executable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_looked_for_on_the_path() {
        let path = OsStr::new("/nowhere:/bin:/usr/bin");
        assert!(is_found("sh", Some(path)));
        assert!(is_found("/bin/sh", None));
        assert!(!is_found("sh", Some(OsStr::new("/nowhere"))));
        assert!(!is_found("no-such-tool-anywhere", Some(path)));
        assert!(!is_found("/etc/passwd", None), "not executable");
    }
}
