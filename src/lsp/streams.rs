//! Messages between two streams and the channels of a connection: a line with
//! the length of each, an empty line, and then its text.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use lsp_server::{Connection, Message, Notification};

/// What stands before a text is a line or two.
const MOST_OF_A_HEAD: u64 = 8 << 10;
/// Several times the largest runbook that is read, all of its letters escaped.
const MOST_OF_A_TEXT: u64 = 256 << 20;

/// The two streams to a client.
pub struct Streams {
    pub connection: Connection,
    /// Why nothing more can be read from it.
    broken: Arc<OnceLock<String>>,
    writer: JoinHandle<()>,
}

impl Streams {
    pub fn new(
        input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> Streams {
        // Who does not take what was said is not read on.
        let (sender, to_write) = bounded(0);
        let (have_read, receiver) = bounded(0);
        let broken = Arc::new(OnceLock::new());
        let why = Arc::clone(&broken);
        thread::spawn(move || read_all(input, have_read, &why));
        let writer = thread::spawn(move || write_all(output, &to_write));
        Streams {
            connection: Connection { sender, receiver },
            broken,
            writer,
        }
    }

    /// Says the rest, and how the reading ended. The reader is not waited for:
    /// the client may never say another word.
    ///
    /// # Errors
    /// What the client sent made no sense; in words.
    pub fn end(self) -> Result<(), String> {
        drop(self.connection);
        let _ = self.writer.join();
        self.broken.get().map_or(Ok(()), |why| Err(why.clone()))
    }
}

fn read_all(mut input: impl BufRead, to: Sender<Message>, broken: &OnceLock<String>) {
    loop {
        match read(&mut input) {
            Ok(Some(message)) => {
                let last = is_exit(&message);
                if to.send(message).is_err() || last {
                    return;
                }
            }
            Ok(None) => return,
            Err(why) => {
                // Before the channel closes: who sees that finds the reason.
                let _ = broken.set(why);
                return;
            }
        }
    }
}

fn is_exit(message: &Message) -> bool {
    matches!(message, Message::Notification(Notification { method, .. }) if method == "exit")
}

fn write_all(mut output: impl Write, from: &Receiver<Message>) {
    for message in from {
        // A client that is gone is noticed by the reader.
        if message.write(&mut output).is_err() {
            return;
        }
    }
}

/// The next message; `None` where the client has ended between two.
fn read(input: &mut impl BufRead) -> Result<Option<Message>, String> {
    let Some(length) = read_head(input)? else {
        return Ok(None);
    };
    let mut text = Vec::new();
    // Room is made as letters come, not as they are promised.
    let read = input.take(length).read_to_end(&mut text);
    read.map_err(|error| unread(&error))?;
    if (text.len() as u64) < length {
        let came = text.len();
        return Err(format!(
            "a message ends after {came} of the {length} bytes that its `Content-Length` promises"
        ));
    }
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|error| format!("{} is no message of JSON-RPC: {error}", beginning(&text)))
}

/// The length of the text that follows.
fn read_head(input: &mut impl BufRead) -> Result<Option<u64>, String> {
    let mut head = input.take(MOST_OF_A_HEAD);
    let mut length = None;
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        let read = head.read_until(b'\n', &mut line);
        read.map_err(|error| unread(&error))?;
        if !line.ends_with(b"\n") {
            return match (number, line.is_empty(), head.limit()) {
                (0, true, _) => Ok(None),
                (_, _, 0) => Err("what stands before a message does not end".to_owned()),
                _ => Err("it ends in the middle of what stands before a message".to_owned()),
            };
        }
        let field = line.trim_ascii();
        if field.is_empty() {
            break;
        }
        length = length_in(field)?.or(length);
    }
    length
        .map(Some)
        .ok_or_else(|| "a message without `Content-Length` before it".to_owned())
}

/// What a line before a message says of its length; `None` where it speaks of
/// something else.
fn length_in(field: &[u8]) -> Result<Option<u64>, String> {
    let text = String::from_utf8_lossy(field);
    let Some((name, value)) = text.split_once(':') else {
        let field = beginning(field);
        return Err(format!(
            "{field} stands where `Content-Length: …` was expected"
        ));
    };
    if !name.trim().eq_ignore_ascii_case("Content-Length") {
        return Ok(None);
    }
    let value = value.trim();
    match value.parse() {
        Ok(length) if length <= MOST_OF_A_TEXT => Ok(Some(length)),
        Ok(length) => {
            let most = MOST_OF_A_TEXT >> 20;
            Err(format!(
                "a message of {length} bytes: more than {most} MiB are not taken"
            ))
        }
        Err(_) => Err(format!("`Content-Length: {value}` is no length")),
    }
}

fn unread(error: &io::Error) -> String {
    format!("it cannot be read: {error}")
}

/// The first letters of a text, for people.
fn beginning(text: &[u8]) -> String {
    const MOST: usize = 60;
    let text = String::from_utf8_lossy(text);
    let mut letters = text.chars();
    let first: String = letters.by_ref().take(MOST).collect();
    let more = if letters.next().is_some() { "…" } else { "" };
    format!("{first:?}{more}")
}
