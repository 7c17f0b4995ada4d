//! Output copied into files: masked, of any length, with flat memory.

use std::fs::File;
use std::io::{Read, Write};

use crate::run::mask::{MaskStream, Masks};

/// More is read and dropped: a step that prints without end must not fill the
/// disk that the journal is on.
const LONGEST_OUTPUT: usize = 256 << 20;

/// Copies everything until the other end is closed.
pub fn copy(mut from: impl Read, mut to: File, masks: &Masks) {
    let mut stream = MaskStream::new(masks);
    let mut piece = [0_u8; 32 << 10];
    let mut room = LONGEST_OUTPUT;
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => put(&mut to, &stream.push(&piece[..length]), &mut room),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    put(&mut to, &stream.finish(), &mut room);
}

/// Writes while there is room. A disk that is full loses output, not the step.
fn put(to: &mut File, bytes: &[u8], room: &mut usize) {
    if *room == 0 {
        return;
    }
    let written = bytes.len().min(*room);
    let _ = to.write_all(&bytes[..written]);
    *room -= written;
    if *room == 0 {
        let megabytes = LONGEST_OUTPUT >> 20;
        let _ = write!(to, "\n[more than {megabytes} MiB: the rest is left out]\n");
    }
}
