//! What activities printed, as far as it is kept.

use std::path::Path;

use super::place;
use crate::machine::event::Activity;
use crate::plan::Plan;

/// More of an output or answer is kept in its file but not looked at.
pub(super) const LONGEST_LOOK: usize = 16 << 20;

/// The beginning of a file, and whether there is more.
pub fn look(path: &Path) -> (Vec<u8>, bool) {
    use std::io::Read;
    let mut bytes = Vec::new();
    let Ok(file) = std::fs::File::open(path) else {
        return (bytes, false);
    };
    let longest = u64::try_from(LONGEST_LOOK).unwrap_or(u64::MAX);
    // What cannot be read counts as not printed.
    let _ = file.take(longest + 1).read_to_end(&mut bytes);
    let cut = bytes.len() > LONGEST_LOOK;
    bytes.truncate(LONGEST_LOOK);
    (bytes, cut)
}

/// The end of a file, and how many lines stand before it that are left out.
pub fn look_at_end(path: &Path) -> (Vec<u8>, usize) {
    use std::io::{BufRead, BufReader, Read};
    let Ok(file) = std::fs::File::open(path) else {
        return (Vec::new(), 0);
    };
    let longest = u64::try_from(LONGEST_LOOK).unwrap_or(u64::MAX);
    let length = file.metadata().map_or(0, |it| it.len());
    let mut before = BufReader::new(file).take(length.saturating_sub(longest));
    let mut left_out = 0;
    // What cannot be read counts as not printed.
    while let Ok(bytes @ [_, ..]) = before.fill_buf() {
        left_out += bytes.iter().filter(|byte| **byte == b'\n').count();
        let read = bytes.len();
        before.consume(read);
    }
    let mut bytes = Vec::new();
    let _ = before.into_inner().take(longest).read_to_end(&mut bytes);
    (bytes, left_out)
}

/// The last line that something printed so far, from the end of its output.
pub fn last_line(place: &Path) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};
    const TAIL: i64 = 400;
    let mut file = std::fs::File::open(place.join("stdout")).ok()?;
    let length = i64::try_from(file.metadata().ok()?.len()).ok()?;
    file.seek(SeekFrom::End(-length.min(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let last = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(last.trim().to_owned())
}

/// What an activity printed, its errors last; `None` if nothing is kept of it.
pub fn printed(activities: &Path, plan: &Plan, activity: Activity) -> Option<String> {
    let place = place(activities, plan, activity);
    if !place.is_dir() {
        return None;
    }
    let streams = ["stdout", "stderr"].map(|stream| {
        let (bytes, _) = look(&place.join(stream));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    Some(streams.concat())
}
