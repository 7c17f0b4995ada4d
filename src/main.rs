//! `runbook`: see the library for the map.

use std::process::ExitCode;

use runbook::run::process::{KEEPER_ARGUMENT, keep};

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|it| it == KEEPER_ARGUMENT)
    {
        return keep();
    }
    runbook::cli::bug::end_on_panic();
    runbook::cli::main()
}
