//! A stream copied into its file: masked, of any length, in the same memory.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::run::mask::{MaskStream, Masks};

/// In bytes. More is read and dropped, which the file says in its last line: a
/// command that prints without end must not fill the disk.
pub const LONGEST_OUTPUT: u64 = 256 << 20;

/// Read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Read at most after everyone who could write is gone: more than any pipe
/// holds. What goes on forever is written by someone who is not of the family.
const LAST_PIECES: usize = 64;

/// One of the command's streams.
#[derive(Debug)]
pub struct Output {
    /// `None` once its end was reached.
    pub from: Option<OwnedFd>,
    to: File,
    name: &'static str,
    stream: MaskStream,
    written: u64,
    dropped: u64,
    error: Option<io::Error>,
    piece: Vec<u8>,
    shown: Vec<u8>,
}

/// What one look at a stream gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Something,
    NothingYet,
    End,
}

impl Output {
    pub fn new(from: OwnedFd, to: File, name: &'static str, masks: &Arc<Masks>) -> Output {
        // This end of a pipe alone: the command's is as it should be. It does
        // not fail for a pipe, and if it did, reading would only be slower.
        let _ = fcntl_getfl(&from).and_then(|flags| fcntl_setfl(&from, flags | OFlags::NONBLOCK));
        Output {
            from: Some(from),
            to,
            name,
            stream: MaskStream::new(masks.clone()),
            written: 0,
            dropped: 0,
            error: None,
            piece: vec![0; PIECE],
            shown: Vec::with_capacity(PIECE),
        }
    }

    /// Copies what is there.
    pub fn copy(&mut self) {
        self.read();
    }

    fn read(&mut self) -> Read {
        let Some(from) = &self.from else {
            return Read::End;
        };
        match rustix::io::read(from, self.piece.as_mut_slice()) {
            Ok(0) => {
                self.from = None;
                Read::End
            }
            Ok(length) => {
                self.stream.push(&self.piece[..length], &mut self.shown);
                self.write();
                Read::Something
            }
            Err(Errno::AGAIN | Errno::INTR) => Read::NothingYet,
            Err(error) => {
                self.error.get_or_insert(error.into());
                self.from = None;
                Read::End
            }
        }
    }

    /// Writes what is to be shown, as far as there is room for it.
    fn write(&mut self) {
        let room = match self.error {
            None => LONGEST_OUTPUT - self.written,
            // Where there was no room once, half a line may be missing.
            Some(_) => 0,
        };
        let kept = usize::try_from(room)
            .unwrap_or(usize::MAX)
            .min(self.shown.len());
        self.dropped += (self.shown.len() - kept) as u64;
        match self.to.write_all(&self.shown[..kept]) {
            Ok(()) => self.written += kept as u64,
            Err(error) => {
                self.dropped += kept as u64;
                self.error.get_or_insert(error);
            }
        }
        self.shown.clear();
    }

    /// Copies the rest, and says what is worth telling.
    pub fn finish(mut self) -> Option<String> {
        for _ in 0..LAST_PIECES {
            if self.read() != Read::Something {
                break;
            }
        }
        self.stream.finish(&mut self.shown);
        self.write();
        self.mark_the_cut();
        let (name, dropped) = (self.name, self.dropped);
        match (&self.error, dropped) {
            (Some(error), _) => Some(format!("{name} was not kept whole: {error}")),
            (None, 0) => None,
            (None, dropped) => Some(format!(
                "{name} was longer than {} MiB: {dropped} bytes were left out",
                LONGEST_OUTPUT >> 20
            )),
        }
    }

    fn mark_the_cut(&mut self) {
        if self.dropped > 0 && self.error.is_none() {
            let (mebibytes, dropped) = (LONGEST_OUTPUT >> 20, self.dropped);
            let line =
                format!("\n[longer than {mebibytes} MiB: {dropped} bytes are left out here]\n");
            if let Err(error) = self.to.write_all(line.as_bytes()) {
                self.error = Some(error);
            }
        }
    }
}
