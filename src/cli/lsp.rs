use std::io::{BufReader, IsTerminal};

use crate::cli::{status, terminal};

/// Answer an editor: the language server, over the standard streams
///
/// Editors start it themselves; see `editors/`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook lsp")]
pub struct Lsp {
    /// Some clients say so; there is nothing else
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub fn run(&self) -> u8 {
        let input = std::io::stdin();
        if input.is_terminal() {
            terminal::say("an editor is expected at the other end, not a person; Ctrl-C ends it");
        }
        match crate::lsp::serve(BufReader::new(input), std::io::stdout()) {
            Ok(()) => status::OK,
            Err(why) => {
                terminal::error(&format!("the editor is not understood: {why}"));
                status::PROBLEMS
            }
        }
    }
}
