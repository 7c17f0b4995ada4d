" `runbook check`, its problems as places.

if exists('current_compiler')
  finish
endif
let current_compiler = 'runbook'

if exists(':CompilerSet') != 2
  command -nargs=* CompilerSet setlocal <args>
endif

execute 'CompilerSet makeprg=' . escape(get(g:, 'runbook_program', 'runbook'), ' \|"') . '\ check\ --format\ short\ %:S'
CompilerSet errorformat=%f:%l:%c:\ %trror[%m,%f:%l:%c:\ %tarning[%m,%f:%l:%c:\ %tnfo[%m,%-G%.%#
