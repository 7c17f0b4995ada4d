use std::io::Read;
use std::path::PathBuf;

use crate::cli::new::write_new;
use crate::cli::{status, terminal};
use crate::import::{Imported, import};

/// More than this is no page of a wiki.
const LARGEST: u64 = 4 << 20;

/// Make a runbook of a Markdown page
///
/// Blocks of commands become steps, things to tick off become checklists,
/// `<placeholders>` become parameters. What the page does not tell is left open:
/// `runbook check` points at it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook import deploy.md\n  runbook import deploy.md --output deploy.runbook"
)]
pub struct Import {
    /// The page; `-` is standard input
    file: PathBuf,

    /// Write to this file, which must not be there yet, instead of printing
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Import {
    pub fn run(&self) -> u8 {
        match self.import() {
            Ok(()) => status::OK,
            Err(why) => {
                terminal::error(&why);
                status::PROBLEMS
            }
        }
    }

    fn import(&self) -> Result<(), String> {
        let shown = self.file.display();
        let bytes = self
            .read()
            .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        if bytes.len() as u64 > LARGEST {
            return Err(format!(
                "`{shown}` is larger than 4 MiB: is it a page of text?"
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| format!("`{shown}` is no text in UTF-8: {error}"))?;
        let name = self.file.file_name().filter(|it| *it != "-");
        let name = name.map_or("page".into(), |it| it.to_string_lossy());
        let imported = import(&text, &name);
        match &self.output {
            None => terminal::print(&imported.text),
            Some(output) => {
                write_new(output, &imported.text)?;
                let output = output.display();
                let found = in_words(&imported);
                terminal::say(&format!(
                    "wrote {output}: {found}\n`runbook check {output}` says what is missing"
                ));
            }
        }
        Ok(())
    }

    fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.file.as_os_str() == "-" {
            std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
        } else {
            let file = std::fs::File::open(&self.file)?;
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}

fn in_words(imported: &Imported) -> String {
    let count = |number: usize, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let steps = count(imported.steps, "step", "steps");
    let ticks = count(imported.confirmations, "thing", "things");
    format!("{steps}, {ticks} to tick off")
}
