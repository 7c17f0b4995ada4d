use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::{dot, mermaid, svg, tree};

/// Draw the dependency graph
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook graph deploy.runbook --set version=1.2.3 --format svg > deploy.svg"
)]
pub struct GraphCommand {
    #[command(flatten)]
    runbook: Runbook,

    /// The format of the drawing
    #[arg(long, value_enum, default_value_t = Drawing::Tree)]
    format: Drawing,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Drawing {
    /// For the terminal
    Tree,
    /// A picture for browsers and pages
    Svg,
    /// Graphviz
    Dot,
    /// Mermaid, for Markdown
    Mermaid,
}

impl GraphCommand {
    pub fn run(&self) -> u8 {
        match self.runbook.plan(true) {
            Ok((_, plan)) => {
                terminal::print(&match self.format {
                    Drawing::Tree => tree::tree(&plan),
                    Drawing::Svg => svg::svg(&plan),
                    Drawing::Dot => dot::dot(&plan),
                    Drawing::Mermaid => mermaid::mermaid(&plan),
                });
                status::OK
            }
            Err(status) => status,
        }
    }
}
