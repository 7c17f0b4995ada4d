//! A disk that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk at a directory; only the superuser can have one.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of a size as `mount` takes it: `4m`.
    pub fn mount(place: &Path, size: &str) -> Option<SmallDisk> {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "runbook-test"])
            .arg(place)
            .output()
            .ok()?
            .status;
        status.success().then(|| SmallDisk(place.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}
