//! Which tasks write and read which files, by their redirections.

use std::collections::HashMap;

use super::{Part, Role, Subject};
use crate::plan::NodeId;
use crate::source::Span;

/// A task's file, with the nodes that its statement became.
pub struct Access<'s> {
    pub part: &'s Part<'s>,
    pub nodes: &'s [NodeId],
    /// The command.
    pub span: Span,
}

/// By name, who writes a file and who reads it. A name with a value in it is
/// another one each time, and is left out.
#[derive(Default)]
pub struct Files<'s> {
    pub written: HashMap<&'s str, Vec<Access<'s>>>,
    pub read: HashMap<&'s str, Vec<Access<'s>>>,
}

pub fn files<'s>(subject: &'s Subject<'_>) -> Files<'s> {
    let mut files = Files::default();
    for part in &subject.parts {
        let (Role::Step | Role::Check, Some(statement)) = (part.role, part.statement) else {
            continue;
        };
        // Another directory or machine has files of its own.
        if part.task.directory.is_some() || part.task.host.is_some() {
            continue;
        }
        for command in &part.commands {
            for redirection in command.redirections() {
                let target = redirection.target.trim_matches(['"', '\'']);
                let is_file = !target.is_empty()
                    && !target.contains(['$', '*', '`'])
                    && !target.starts_with("/dev/")
                    && target.parse::<u32>().is_err();
                let side = match redirection.sign {
                    ">" | ">>" | "&>" => &mut files.written,
                    "<" => &mut files.read,
                    _descriptor_or_text => continue,
                };
                if !is_file {
                    continue;
                }
                side.entry(target).or_default().push(Access {
                    part,
                    nodes: subject.nodes_at(statement.span),
                    span: command.span(),
                });
            }
        }
    }
    files
}
