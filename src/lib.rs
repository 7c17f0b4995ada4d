//! `runbook`: operations procedures as programs.

#![warn(missing_debug_implementations)]

pub mod export;
pub mod machine;
pub mod metric;
pub mod model;
pub mod plan;
pub mod problem;
pub mod shell;
pub mod simulate;
pub mod source;
pub mod syntax;
pub mod types;
