//! What an interpreter tells the keeper it started, through a socket: neither
//! arguments nor the environment of a process are secret. The answer says
//! whether the command began.

use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{StartError, Work};

/// What the keeper is to start. Paths and values are not always text.
#[derive(Serialize, Deserialize)]
pub struct Order {
    pub directory: OsString,
    pub work: Work,
    pub environment: Vec<(String, OsString)>,
    pub working_directory: OsString,
    pub secrets: Vec<Vec<u8>>,
}

/// What the keeper answers. No answer at all: it is gone.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    Begun,
    Refused(StartError),
}

/// The files that go with an order: the keeper holds them open, which keeps
/// them locked.
#[derive(Debug)]
pub struct Files {
    pub alive: OwnedFd,
    pub control: OwnedFd,
    pub held: Vec<OwnedFd>,
}

/// So many files can be sent; the system's own limit is not much higher.
const MOST_FILES: usize = 200;
/// More than a message about them can hold.
pub const MOST_HELD: usize = MOST_FILES - 2;

/// Sends the files. They are never closed on the way, even if the sender dies:
/// then the socket has them.
pub fn send_files(to: &UnixStream, files: &Files) -> io::Result<()> {
    let mut all: Vec<BorrowedFd<'_>> = vec![files.alive.as_fd(), files.control.as_fd()];
    all.extend(files.held.iter().map(AsFd::as_fd));
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    if !message.push(SendAncillaryMessage::ScmRights(&all)) {
        return Err(io::Error::other(format!(
            "more than {MOST_HELD} files to hold"
        )));
    }
    // A message must say something for files to go with it.
    sendmsg(
        to,
        &[IoSlice::new(b"\n")],
        &mut message,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Receives what [`send_files`] sent.
pub fn receive_files(from: &UnixStream) -> io::Result<Files> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let mut text = [0];
    recvmsg(
        from,
        &mut [IoSliceMut::new(&mut text)],
        &mut message,
        // The command must not get them.
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut files = Vec::new();
    for part in message.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            files.extend(rights);
        }
    }
    let mut files = files.into_iter();
    match (files.next(), files.next()) {
        (Some(alive), Some(control)) => Ok(Files {
            alive,
            control,
            held: files.collect(),
        }),
        _too_few => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Order {
    /// As it is sent.
    pub fn to_bytes(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(serde_json::to_vec(self)?))
    }

    /// Reads an order. Half of one is none: its sender died, and will not learn
    /// what becomes of it.
    pub fn receive(from: &mut UnixStream) -> io::Result<Order> {
        let mut text = Zeroizing::new(Vec::new());
        from.read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

impl Answer {
    pub fn send(&self, mut to: UnixStream) -> io::Result<()> {
        to.write_all(&serde_json::to_vec(self)?)
    }
}
