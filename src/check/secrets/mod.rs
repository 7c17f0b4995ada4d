//! Rules on secrets, and on what lets strangers in.

pub(super) mod credential;
pub(super) mod download_to_shell;
pub(super) mod mutable_tag;
pub(super) mod password_like;
pub(super) mod predictable_file;
pub(super) mod production_unapproved;
pub(super) mod secret_printed;
pub(super) mod sudo_asks;
pub(super) mod tls_off;
pub(super) mod token_in_clear;

use super::scripts::{Command, Joint, Part, Role, of_commands};
use super::{How, Rule, Subject};
