//! Messages from other processes to the interpreter that drives a run, as files
//! put into its inbox whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::machine::event::{Answer, Question};
use crate::run::clock::wall_millis;
use crate::run::state::RunDirectory;

/// No message is longer than this, in bytes.
const LONGEST_MESSAGE: u64 = 64 << 10;

/// What another process wants of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    Answer {
        question: Question,
        answer: Answer,
        by: String,
        /// Of the statement that the answer is, where the gate wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    Rollback {
        by: String,
        reason: String,
    },
    Pause {
        by: String,
    },
}

/// What was in the inbox.
#[derive(Debug, Default)]
pub struct Received {
    /// In the order they were sent, each with where it lies.
    pub messages: Vec<(Message, PathBuf)>,
    /// What could not be read, in words.
    pub warnings: Vec<String>,
}

/// Sends a message.
///
/// # Errors
/// The inbox cannot be written to.
pub fn post(run: &RunDirectory, message: &Message) -> io::Result<()> {
    let text = serde_json::to_string(message)?;
    let (now, pid) = (wall_millis(), std::process::id());
    let name = format!("{now:015}-{pid}");
    let unfinished = run.inbox().join(format!(".{name}"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    rename(&unfinished, &run.inbox().join(format!("{name}.json")))
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Reads all messages in the inbox. They stay there until they are on record
/// ([`remove`]); what cannot be read is put aside.
pub fn collect(run: &RunDirectory) -> Received {
    let mut received = Received::default();
    let Ok(entries) = std::fs::read_dir(run.inbox()) else {
        return received;
    };
    let mut paths: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    paths.sort();
    for path in paths {
        match read(&path) {
            Ok(message) => received.messages.push((message, path)),
            Err(why) => {
                let shown = path.display();
                received
                    .warnings
                    .push(format!("a message cannot be read (`{shown}`): {why}"));
                let _ = std::fs::rename(&path, path.with_extension("unreadable"));
            }
        }
    }
    received
}

/// Keeps a message that means nothing out of the way.
pub fn put_aside(path: &Path) {
    // One that stays is looked at again, and again means nothing.
    let _ = std::fs::rename(path, path.with_extension("refused"));
}

/// Removes a message that is on record.
pub fn remove(path: &Path) {
    // One that stays is taken again: a fact that does not fit any more changes
    // nothing.
    let _ = std::fs::remove_file(path);
}

fn read(path: &Path) -> Result<Message, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(LONGEST_MESSAGE)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::StateDirectory;

    #[test]
    fn messages_arrive_once_and_garbage_is_put_aside() -> Result<(), String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let run = StateDirectory::open(place.path())?.create_run()?;
        let message = Message::Rollback {
            by: "ada".to_owned(),
            reason: "data corruption".to_owned(),
        };
        post(&run, &message).map_err(|error| error.to_string())?;
        garbage(&run.inbox().join("000-garbage.json"));
        let received = collect(&run);
        assert_eq!(received.warnings.len(), 1);
        let [(arrived, place)] = received.messages.as_slice() else {
            return Err(format!("{received:?}"));
        };
        assert_eq!(*arrived, message);
        assert_eq!(collect(&run).messages.len(), 1, "it is not on record yet");
        remove(place);
        let again = collect(&run);
        assert!(again.messages.is_empty() && again.warnings.is_empty());
        Ok(())
    }

    fn garbage(path: &Path) {
        assert!(std::fs::write(path, b"{\xff").is_ok());
    }
}
