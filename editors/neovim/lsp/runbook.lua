-- `runbook lsp`; `vim.g.runbook_program` says where the program is.
return {
  cmd = { vim.g.runbook_program or 'runbook', 'lsp' },
  filetypes = { 'runbook' },
  root_markers = { 'runbook.toml', '.git' },
}
