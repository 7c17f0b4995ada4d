//! Who runs this program, for the record and for approvals.

use std::path::Path;

/// The name of the user whose process this is: by its user id, which the
/// environment cannot change.
pub fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    name_of(uid, Path::new("/etc/passwd")).unwrap_or_else(|| format!("uid {uid}"))
}

fn name_of(uid: u32, passwd: &Path) -> Option<String> {
    let bytes = std::fs::read(passwd).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id = fields.nth(1)?;
        (id == uid.to_string()).then(|| name.to_owned())
    })
}

/// The name of this machine.
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_id() {
        let passwd = Path::new("/etc/passwd");
        assert_eq!(name_of(0, passwd), Some("root".to_owned()));
        assert_eq!(name_of(4_294_967_290, passwd), None);
        assert_eq!(name_of(0, Path::new("/nonexistent")), None);
    }
}
