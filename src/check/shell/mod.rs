//! Rules on the text of commands. They know words of programs, not what these
//! do: they may be wrong both ways, so most of them warn.

pub(super) mod asks_a_question;
pub(super) mod changing;
pub(super) mod destroys_unsaid;
pub(super) mod failure_swallowed;
pub(super) mod fixed_sleep;
pub(super) mod here_document_in_substitution;
pub(super) mod left_in_background;
pub(super) mod look_that_changes;
pub(super) mod pipe_hides_failure;
pub(super) mod reads_input;
pub(super) mod removes_by_empty_name;
pub(super) mod returns_early;
pub(super) mod status_lost;
pub(super) mod tool_not_needed;
pub(super) mod users_own_context;
pub(super) mod value_of_hidden_failure;

use super::scripts::{Command, Joint, Part, Role, of_commands};
use super::{How, Rule, Subject};
