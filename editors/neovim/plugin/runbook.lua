-- Runbooks in Neovim 0.11 or newer: the language server, and the colours of
-- tree-sitter where its parser is installed, else those of editors/vim.

vim.filetype.add({ extension = { runbook = 'runbook' } })
vim.lsp.enable('runbook')

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'runbook',
  callback = function(event)
    if pcall(vim.treesitter.start, event.buf, 'runbook') then
      vim.wo[0][0].foldmethod = 'expr'
      vim.wo[0][0].foldexpr = 'v:lua.vim.treesitter.foldexpr()'
      vim.wo[0][0].foldlevel = 99
      -- The indentation of editors/vim asks the syntax what is a script.
      vim.bo[event.buf].syntax = 'ON'
    end
  end,
})

-- What the lenses of the server name: `:lua vim.lsp.codelens.run()` carries it out.
local function run(word, option)
  return function(lens)
    local program = vim.g.runbook_program or 'runbook'
    local file, of = vim.uri_to_fname(lens.arguments[1]), lens.arguments[2]
    local command = { program, word, file }
    if option and of then
      vim.list_extend(command, { option, of })
    end
    vim.cmd.new()
    vim.fn.jobstart(command, { term = true })
  end
end
vim.lsp.commands['runbook.test'] = run('test', '--only')
vim.lsp.commands['runbook.plan'] = run('plan')
