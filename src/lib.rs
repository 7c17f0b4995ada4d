//! `runbook`: operations procedures as programs, checked before they run and
//! undone when they fail.
//!
//! This is the map. Text becomes a tree, the tree a model, the model a plan;
//! each stage hands on a tree of its own that cannot hold the doubts of the one
//! before it. A plan is then drawn, simulated or carried out.
//!
//! ```text
//!  text ─syntax─▶ Ast ─model─▶ Model ─plan─▶ Plan ─┬─▶ run       processes, people, a journal
//!                  │             │             │   ├─▶ simulate  the same under a virtual clock
//!                  └─────────────┴─────────────┤   └─▶ export    outlines and drawings
//!                                              └─▶ check: rules ─▶ problems
//!  machine: Plan + events ⇒ commands (the only scheduler)
//! ```
//!
//! # The rooms, from the bottom up
//!
//! A room uses only rooms above it in this table; `tests/suite/layers.rs` says
//! exactly which, and holds the source against it.
//!
//! | room | its one job |
//! | --- | --- |
//! | [`source`] | files, spans, places in a text |
//! | [`types`] | types, values, units, their arithmetic; windows by the clock on the wall |
//! | [`problem`] | what is wrong, where and what to do; the table of codes; renderers |
//! | [`shell`] | reads the shell text of commands, and never changes it |
//! | [`syntax`] | text to [`syntax::Ast`] |
//! | [`format`](mod@format) | a text laid out as all are |
//! | [`import`] | a page of a wiki as a runbook with holes |
//! | [`starting`] | runbooks to start from |
//! | [`modules`] | a runbook with the modules it uses; the standard library |
//! | [`docs`] | a file as a page of reference |
//! | [`plan`] | the dependency graph of one run: nodes, edges, scopes, ways back |
//! | [`model`] | names found, expressions typed |
//! | [`machine`] | the scheduler: facts in, wishes out |
//! | [`metric`] | what to ask a source of measurements, and how to read its answer |
//! | [`check`] | the rules, one file each |
//! | [`analysis`] | the front door: files in, trees and problems out |
//! | [`project`] | what a project wants of what goes through its runbooks: `runbook.toml` |
//! | [`simulate`] | drives the machine under a virtual clock |
//! | [`testing`] | runs the tests of a file |
//! | [`export`] | a plan as text: outline, Graphviz, Mermaid, shell |
//! | [`report`] | what happened in a run, for people who were not there |
//! | [`run`] | drives the machine for real |
//! | [`lsp`] | the language in editors |
//! | [`cli`] | arguments in, exit status out |
//!
//! # What always holds
//!
//! - `syntax` and `shell` are total: any bytes give a tree, and no input makes
//!   them panic or recurse without bound.
//! - A command's text is never changed and nothing is spliced into it: values
//!   reach it as shell variables.
//! - [`analysis::Analysis::clean`] is the only way to a plan that may run.
//! - The machine decides everything and does nothing; its drivers do everything
//!   and decide nothing. What it is told are the records of the journal, so a
//!   resumed run, a rehearsed one and the release itself cannot disagree.
//! - A fact that the promise rests on is on the disk before anything follows
//!   from it, and a step is started at most once for each recorded intent.
//! - Files, processes, sockets, clocks and printing are at the rim only:
//!   `source`, `run` and `cli`.
//! - Checking, planning and drawing start no process, open no socket and read
//!   nothing but the runbook and its modules: they are safe on files of strangers.

#![warn(missing_debug_implementations)]

pub mod analysis;
pub mod check;
pub mod cli;
pub mod docs;
pub mod export;
pub mod format;
pub mod import;
pub mod lsp;
pub mod machine;
pub mod metric;
pub mod model;
pub mod modules;
pub mod plan;
pub mod problem;
pub mod project;
pub mod report;
pub mod run;
pub mod shell;
pub mod simulate;
pub mod source;
pub mod starting;
pub mod syntax;
pub mod testing;
pub mod types;
