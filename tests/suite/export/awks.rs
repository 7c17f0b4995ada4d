//! The programs that scripts may find as awk: those that are installed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Each of them is awk where it is called so.
pub const ALL: [&str; 4] = ["mawk", "gawk", "original-awk", "busybox"];

/// The files of those of this machine.
pub fn installed() -> &'static [PathBuf] {
    static FOUND: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let file = |name: &&str| {
            places
                .iter()
                .map(|at| at.join(name))
                .find(|it| it.is_file())
        };
        ALL.iter().filter_map(file).collect()
    })
}

/// One of them, by number.
pub fn nth(number: usize) -> &'static Path {
    let awks = installed();
    &awks[number % awks.len()]
}
