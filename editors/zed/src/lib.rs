//! Starts `runbook lsp` for Zed.

use zed_extension_api::{
    self as zed, settings::LspSettings, Command, LanguageServerId, Result, Worktree,
};

struct Runbook;

impl zed::Extension for Runbook {
    fn new() -> Self {
        Runbook
    }

    /// The program of the settings, `lsp.runbook.binary.path`, or that of the `PATH`.
    fn language_server_command(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Command> {
        let settings = LspSettings::for_worktree(server.as_ref(), worktree)?;
        let set = settings.binary.and_then(|binary| binary.path);
        let command = set
            .or_else(|| worktree.which("runbook"))
            .ok_or("there is no `runbook` in the PATH: set `lsp.runbook.binary.path`")?;
        Ok(Command {
            command,
            args: vec!["lsp".to_owned()],
            env: worktree.shell_env(),
        })
    }
}

zed::register_extension!(Runbook);
