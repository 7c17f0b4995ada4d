-- `runbook lsp` in Neovim, as its users have it.

local folder = vim.env.RUNBOOK_PROJECT
local failed = {}

local function expect(what, good, seen)
  if not good then
    table.insert(failed, what .. ': ' .. vim.inspect(seen))
  end
end

-- Waits for something; a machine that is busy is no mistake.
local function wait(what, look)
  local seen
  local good = vim.wait(60000, function()
    seen = look()
    return seen
  end, 20)
  expect(what, good, seen)
  return seen
end

local function open(name)
  vim.cmd.edit(folder .. '/' .. name)
  vim.bo.filetype = 'runbook'
  local buffer = vim.api.nvim_get_current_buf()
  vim.lsp.start({
    name = 'runbook',
    cmd = { vim.env.RUNBOOK, 'lsp' },
    root_dir = folder,
  })
  wait(name .. ' has its server', function()
    return vim.lsp.get_clients({ bufnr = buffer, name = 'runbook' })[1]
  end)
  return buffer
end

local function codes(buffer)
  return vim.tbl_map(function(it)
    return it.code
  end, vim.diagnostic.get(buffer))
end

-- Puts the cursor onto the first letter of a text.
local function go_to(text)
  vim.fn.cursor(1, 1)
  local found = vim.fn.search('\\V' .. vim.fn.escape(text, '\\'), 'cW')
  expect('there is ' .. text, found > 0, found)
end

local function answer(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 60000)
  local _, first = next(answers or {})
  return first and first.result
end

local function here(more)
  local params = vim.lsp.util.make_position_params(0, 'utf-16')
  return vim.tbl_extend('force', params, more or {})
end

local release = open('release.runbook')
local client = vim.lsp.get_clients({ bufnr = release, name = 'runbook' })[1]
expect('it counts in', vim.tbl_contains({ 'utf-8', 'utf-16' }, client.offset_encoding), client.offset_encoding)

-- Typed, not set: as a person does it.
go_to('"app-$version" live')
vim.cmd.normal({ args = { 'xf"x' }, bang = true })
wait('a variable without quotes is told', function()
  return vim.tbl_contains(codes(release), 'RB307')
end)
vim.lsp.buf.code_action({
  apply = true,
  context = { only = { 'quickfix' }, diagnostics = {} },
  filter = function(action)
    return action.title == 'quote it'
  end,
})
wait('and quoted', function()
  return vim.fn.search('app-"$version" live', 'nw') > 0
end)
wait('and then good', function()
  return #codes(release) == 0
end)

go_to('restart(service')
vim.lsp.buf.definition()
wait('a call leads to its template', function()
  return vim.fn.expand('%:t') == 'common.runbook'
    and vim.api.nvim_get_current_line():match('^action restart')
end)
local common = vim.api.nvim_get_current_buf()
vim.cmd.buffer(release)

go_to('healthy)')
local hover = answer('textDocument/hover', here())
expect('thresholds in words', hover and hover.contents.value:match('below 0.1%%'), hover)

go_to('version: version')
vim.lsp.buf.rename('release')
wait('a name changes in commands too', function()
  return vim.fn.search('"$release"', 'nw') > 0 and vim.fn.search('$version', 'nw') == 0
end)
wait('and all is well', function()
  return #codes(release) == 0
end)

go_to('notify done')
vim.cmd.normal({ args = { 'f d' }, bang = true })
local offered = answer('textDocument/completion', here())
expect('messages are offered', offered and #offered.items >= 2, offered)

go_to('step switch')
vim.cmd.normal({ args = { '>>' }, bang = true })
vim.lsp.buf.format({ bufnr = release, timeout_ms = 60000 })
expect('it is laid out', vim.fn.search('^  step switch {', 'nw') > 0, vim.api.nvim_get_current_line())

-- What is in a buffer counts, saved or not.
vim.cmd.buffer(common)
vim.bo.filetype = 'runbook'
vim.lsp.buf_attach_client(common, client.id)
go_to('restart(')
vim.cmd.normal({ args = { 'cwturn_over' }, bang = true })
wait('a module that changes changes its users', function()
  return vim.tbl_contains(codes(release), 'RB920')
end)
vim.cmd.undo()
wait('there and back', function()
  return #codes(release) == 0
end)

vim.cmd.buffer(release)
wait('it is coloured', function()
  local tokens = vim.lsp.semantic_tokens
  tokens.start(release, client.id)
  local line = vim.fn.search('phase deploy', 'nw') - 1
  local found = tokens.get_at_pos(release, line, 6)
  return found and found[1] and found[1].type == 'event'
end)
vim.lsp.inlay_hint.enable(true, { bufnr = release })
wait('hints are shown', function()
  return #vim.lsp.inlay_hint.get({ bufnr = release }) > 2
end)
vim.lsp.codelens.refresh({ bufnr = release })
wait('lenses are shown', function()
  return #vim.lsp.codelens.get(release) == 2
end)

client:stop()
wait('it leaves', function()
  return client:is_stopped()
end)

if #failed > 0 then
  io.stderr:write(table.concat(failed, '\n') .. '\n')
  vim.cmd.cquit()
end
vim.cmd('qall!')
