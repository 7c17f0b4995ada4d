//! The integration tests, one binary: a module a subject.

// Tests stand outside the rooms: they read files and start processes.
#![allow(clippy::disallowed_methods)]

mod agrees;
mod approvals;
mod browser;
mod bug;
mod by_hand;
mod cases;
mod chance;
mod checks_page;
mod completions;
mod crash;
mod deployment;
mod docs;
mod editors;
mod emergency;
mod example_scripts;
mod examples;
mod export;
mod faults;
mod fetched;
mod formats;
mod formatting;
mod generate;
mod going_on;
mod hardening;
mod hosts;
mod importing;
mod keepers;
mod language_server;
mod layers;
mod linting;
mod machine_guarantee;
mod messages;
mod mutation;
mod nothing_runs;
mod outside;
mod pages;
mod parser_properties;
mod place;
mod planning;
mod procedures;
mod processes;
mod production;
mod programs;
mod reference_pages;
mod reuse;
mod rounds;
mod shell_meaning;
mod shell_reading;
mod sitting;
mod small_disk;
mod standard_library;
mod starting;
mod testing;
