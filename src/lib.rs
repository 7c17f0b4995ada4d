//! `runbook`: operations procedures as programs.

#![warn(missing_debug_implementations)]

pub mod analysis;
pub mod check;
pub mod cli;
pub mod export;
pub mod machine;
pub mod metric;
pub mod model;
pub mod plan;
pub mod problem;
pub mod report;
pub mod run;
pub mod shell;
pub mod simulate;
pub mod source;
pub mod syntax;
pub mod types;
