//! The terminal itself, whatever became of standard input and output.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};

use tokio::sync::mpsc;

use crate::problem::render::neutral::lines;

/// The controlling terminal of this process.
#[derive(Debug)]
pub struct Terminal {
    tty: File,
}

impl Terminal {
    /// The terminal, where there is one to ask a person at.
    pub fn open() -> Option<Terminal> {
        let tty = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        // In the background it could not be read from.
        let foreground = rustix::termios::tcgetpgrp(&tty).ok()?;
        (foreground == rustix::process::getpgrp()).then_some(Terminal { tty })
    }

    /// Shows text that a person must answer; the cursor stays behind it. What a
    /// command printed may stand in it, and must not steer the terminal.
    pub fn prompt(&mut self, text: &str) {
        let text = lines(text);
        // A terminal that is gone is told by a signal.
        let _ = self.tty.write_all(text.as_bytes());
        let _ = self.tty.flush();
    }

    /// The columns and rows it shows.
    pub fn size(&self) -> (usize, usize) {
        rustix::termios::tcgetwinsize(&self.tty)
            .map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
    }

    /// One line, read now; `None` at its end.
    pub fn read_line(&mut self) -> Option<String> {
        let mut reader = BufReader::new(&self.tty);
        read_line(&mut reader).ok().flatten()
    }

    /// Lines typed from now on.
    ///
    /// A thread of its own reads them: it blocks until the process ends.
    pub fn lines(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        if let Ok(tty) = self.tty.try_clone() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(tty);
                while let Some(line) = next_line(&mut reader) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        receiver
    }
}

/// What is typed next; `None` once the terminal is gone. Ctrl-D ends a line and
/// not the conversation: who typed it can still answer.
fn next_line(reader: &mut BufReader<File>) -> Option<String> {
    match read_line(reader) {
        Ok(Some(line)) => Some(line),
        Ok(None) => is_there(reader.get_ref()).then(String::new),
        Err(_) => None,
    }
}

fn is_there(tty: &File) -> bool {
    rustix::termios::tcgetpgrp(tty).is_ok()
}

/// One line, `None` at an end of input. Bytes that are no text make it no
/// answer to anything, and nobody deaf.
fn read_line(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
}
