" Runbooks. Words of the language are words only where they can stand, so a line
" is read from the word it begins with, and each has the words that may follow.

if exists('b:current_syntax')
  finish
endif
let s:keep = &cpoptions
set cpoptions&vim

" What stands behind `$` is the shell's.
let b:is_posix = 1
syntax include @runbookShell syntax/sh.vim
unlet! b:current_syntax
syntax case match
syntax iskeyword @,48-57,_

" -------------------------------------------------------------------- values

syntax match runbookName contained /\<[a-z][a-z0-9_]*\>/
syntax match runbookNumber /\<\d[0-9_]*\%(\.\d\+\)\?\%(%\|\/\a\+\|\a[[:alnum:]]*\)\?/
syntax match runbookOperator /[-+*/=<>|!]/
syntax match runbookLogic /\<\%(and\|or\|not\)\>/
syntax match runbookBoolean /\<\%(true\|false\)\>/
syntax match runbookArgument /\<[a-z][a-z0-9_]*\ze:\%(\s\|$\)/
syntax match runbookList /\<list\ze\s*</
syntax match runbookCall /\<[a-z][a-z0-9_.]*\ze(/
syntax cluster runbookValue contains=runbookNumber,runbookOperator,runbookLogic,runbookBoolean,runbookArgument,runbookList,runbookCall,runbookText,runbookBlockString,runbookRaw,runbookRawBlock,runbookComment,runbookDoc
" What may stand in a line, also the lines of a block in it.
syntax cluster runbookPart contains=@runbookValue,runbookCommand,runbookFence,runbookLine,runbookKeyword

syntax match runbookEscape contained /\\\%(u{[^}"]*}\|.\|$\)/
syntax match runbookEscape contained /{{\|}}/
syntax region runbookInterpolation contained matchgroup=runbookBraces start=/{\%({\)\@!/ end=/}\|\ze"\|$/ contains=@runbookValue
syntax cluster runbookInside contains=runbookEscape,runbookInterpolation
syntax region runbookText start=/"/ end=/"\|$/ contains=@runbookInside
syntax region runbookBlockString start=/"""/ end=/"""/ extend contains=@runbookInside
syntax match runbookRaw /`[^`]*`/
syntax region runbookRawBlock start=/```/ end=/```/ extend

" --------------------------------------------------------------------- lines

" A line that begins with one of some words, or its rest behind a `{`: the words; what the name behind
" them is, if any; the words that may follow; what else may.
let s:begin = '\%(^\|{\)\@1<=\s*\zs\<\%('
let s:end = ' end=/$/ keepend'
let s:count = 0
function! s:line(words, name, follow, ...) abort
  let s:count += 1
  let l:begin = s:begin . substitute(a:words, ' ', '\\|', 'g') . '\)\>'
  let l:inside = '@runbookPart' . (a:0 ? ',' . a:1 : '')
  if !empty(a:follow)
    let l:inside .= ',runbookWord' . s:count
    execute 'syntax match runbookWord' . s:count . ' contained /\<\%(' . substitute(a:follow, ' ', '\\|', 'g') . '\)\>\%([.(]\)\@!/'
    execute 'highlight default link runbookWord' . s:count . ' runbookWord'
  endif
  if !empty(a:name)
    " A name may be spelled as a word that could follow it.
    let l:inside .= ',runbookName' . s:count
    execute 'syntax match runbookName' . s:count . ' contained /\%(\<\%(' . substitute(a:words, ' ', '\\|', 'g') . '\)\s\+\)\@30<=[a-z][a-z0-9_]*\>/'
    execute 'highlight default link runbookName' . s:count . ' ' . a:name
  endif
  execute 'syntax region runbookLine matchgroup=runbookKeyword start=/' . l:begin . '/' . s:end . ' contains=' . l:inside
endfunction

" Names behind a word.
syntax match runbookAfter contained /\<\%(after\|to\|during\)\s\+[a-z][a-z0-9_]*\%(\s*,\s*[a-z][a-z0-9_]*\)*\>/ contains=runbookAfterWord,runbookReference
syntax match runbookReference contained /[a-z][a-z0-9_]*/
syntax match runbookAfterWord contained /\%(^\|[^,[:blank:]]\s\+\)\@10<=\<\%(after\|to\|during\)\>\ze\s/
syntax match runbookMoment contained /\<at\s\+T\>/ contains=runbookMomentWord
syntax match runbookMomentWord contained /\<at\>/
syntax match runbookType contained /:\s*\%(list\s*<\s*\)*[a-z][a-z0-9_]*/ contains=runbookTypeName
syntax match runbookTypeName contained /[a-z][a-z0-9_]*/

" Conditions about metrics.
syntax match runbookConditionWord contained /\<\%(within\|of\|fail\|min\|samples\|series\|any\|all\|no\s\+data\|not\s\+worse\s\+than\s\+baseline\)\>/
syntax match runbookConditionName contained /\%(\<\%(series\|no\s\+data\)\s\+\)\@20<=[a-z]\+\>/

call s:line('postmortem', '', '')
call s:line('parallel', 'runbookDefinition', 'when', 'runbookAfter,runbookMoment,runbookHead')
call s:line('for', 'runbookDefinition', 'in at a time tolerate when', 'runbookAfter,runbookMoment,runbookBreach')
syntax match runbookBreach contained /\<on\s\+breach\s\+rollback\>/
call s:line('step check gate phase with checklist', 'runbookDefinition', 'when http', 'runbookAfter,runbookMoment')
call s:line('notify', 'runbookReference', 'when', 'runbookAfter,runbookMoment')
" `parallel after a {` has no name.
syntax match runbookHead contained /\%(\<parallel\s\+\)\@20<=\%(after\|when\|at\)\ze\s/

call s:line('runbook lock defaults always trouble test', '', '')
call s:line('param', 'runbookParameter', '', 'runbookType')
call s:line('secret', 'runbookParameter', 'from env file')
call s:line('role', 'runbookParameter', 'signed by')
call s:line('hosts', 'runbookParameter', 'via')
call s:line('source window thresholds', 'runbookParameter', '')
call s:line('metric', 'runbookParameter', 'http at of', 'runbookType')
call s:line('channel', 'runbookParameter', 'slack webhook')
call s:line('message', 'runbookParameter', '', 'runbookAfter')
call s:line('watch', 'runbookParameter', 'every', 'runbookAfter')
call s:line('use', '', 'as')

call s:line('env shell touches destroys saves', 'runbookConstant', '')
call s:line('needs', '', '', 'runbookTool')
call s:line('capture output', 'runbookParameter', 'from stdout json file default')
call s:line('within retry', '', 'every backoff')
call s:line('irreversible', '', 'then')
call s:line('enter leave verify diagnose', '', 'http')
call s:line('http', 'runbookConstant', '')
call s:line('timeout header body user port identity options', '', '', 'runbookOption')
call s:line('harmless dir repeatable atomic on symptom try', '', '')
syntax match runbookOption contained /,\s*\zs\%(timeout\|header\|body\|user\|port\|identity\|options\)\>\ze\s\+["`[:alnum:]]/
syntax match runbookTool contained /[[:alnum:]_.+-]\+/

call s:line('approve', '', 'by count or starter')
call s:line('confirm wait', '', '')
syntax match runbookMeasured contained /\<\%(fail\>\)\@![a-z][a-z0-9_]*\ze\s*\%([<>]\|[=!]=\)/
call s:line('hold until', '', 'for every tolerate', 'runbookConditionWord,runbookConditionName,runbookMeasured,runbookSome')
call s:line('rehearsed', '', 'on within')
call s:line('rollback ask', '', 'when on request for best effort', 'runbookConditionWord,runbookConditionName,runbookMeasured')
" What comes next is a value, also where it is called like a word.
syntax match runbookSome contained /\%(\<\%(every\|tolerate\)\s\+\)\@20<=[a-z][a-z0-9_]*\>/

call s:line('allow deny', '', 'in', 'runbookDay,runbookTime')
syntax match runbookDay contained /\<\%(mon\|tue\|wed\|thu\|fri\|sat\|sun\)\>/
syntax match runbookTime contained /\<\%(\d\{4}-\d\d-\d\d\|\d\{1,2}:\d\d\)\>/

call s:line('set', '', '')
call s:line('given', '', 'no data then after approved by confirmed rejected unanswered closed', 'runbookEvent,runbookNode')
call s:line('expect', '', 'stdout contains matches exit status', 'runbookRan,runbookRollbackOf')
syntax match runbookRollbackOf contained /\<\%(rollback\s\+of\>\|leave\ze\s\+\l\)/
call s:line('matches', '', 'in')
let s:node = '[a-z][a-z0-9_.]*\%(\[[^\]]*\]\)*'
execute 'syntax match runbookEvent contained /\%(\<given\s\+\)\@20<=\%(crash\|interrupt\|request\)\s\+\%(after\|during\)\s\+' . s:node . '/ contains=runbookEventWord'
syntax match runbookEventWord contained /\%(\<given\s\+\%(\a\+\s\+\)\?\)\@30<=\%(crash\|interrupt\|request\|after\|during\)\ze\s/
execute 'syntax match runbookNode contained /\%(\<given\s\+\)\@20<=\%(step\|check\|enter\|leave\|rollback\s\+of\)\s\+' . s:node . '\%(\s\+"\%([^"\\]\|\\.\)*"\)\?\%(\s\+\%(fails\%(\s\+exit\s\+\d\+\)\?\|times\s\+out\|takes\|gives\)\>\)\?/ contains=runbookNodeWord,runbookNumber,runbookText'
syntax match runbookNodeWord contained /\%(\<given\s\+\)\@20<=\%(step\|check\|enter\|leave\|rollback\s\+of\)\ze\s/
syntax match runbookNodeWord contained /\s\zs\%(fails\%(\s\+exit\)\?\|times\s\+out\|takes\|gives\)$\?\%(\s\|$\)\@=/
syntax match runbookNodeWord contained containedin=runbookLine /\<on\s\+attempt\>/
execute 'syntax match runbookRan contained /\%(\<expect\s\+\)\@20<=\%(not\s\+\)\?ran\>/'

" ------------------------------------------------- lines without a word to begin

let s:metric = '\%(^\|{\)\@1<=\s*\zs[a-z][a-z0-9_]*\ze\s*\%([<>]\|[=!]=\|\<within\>\|\<not\s\+worse\>\)'
execute 'syntax region runbookLine matchgroup=runbookMetric start=/' . s:metric . '/' . s:end . ' contains=@runbookPart,runbookConditionWord,runbookConditionName'
syntax match runbookKeyword /\%(^\|{\)\@1<=\s*\zs\<\%(any\|all\)\>\ze\s*{/
syntax match runbookKeyword /\%(^\|{\)\@1<=\s*\zs\<\%(best\s\+effort\|done\s\+when\)\>/
syntax match runbookKeyword /\%(^\|[{}]\)\@1<=\s*\zs\<else\>/
syntax match runbookKeyword /\%(^\|{\)\@1<=\s*\zs\<on\s\+\%(success\|rollback\|stuck\|failure\)\>\ze\s*{/
syntax match runbookTemplate /^\s*\zs\%(action\|check\|strategy\|bracket\|metric\|thresholds\|message\)\s\+[a-z][a-z0-9_]*\ze(/ contains=runbookTemplateWord
syntax match runbookTemplateWord contained /^\s*\zs\%(action\|check\|strategy\|bracket\|metric\|thresholds\|message\)\>/
syntax match runbookArgument /\%(^\|[(,]\)\@1<=\s*\zs[a-z][a-z0-9_]*\ze:\s/ nextgroup=runbookActionType
syntax match runbookActionType contained /:\s*action\ze(/ contains=runbookActionWord
syntax match runbookActionWord contained /action/

syntax match runbookKeyword /)\s*\zshttp\ze\s\+\u/
syntax match runbookComment /#.*$/
syntax match runbookDoc /##.*$/

" ------------------------------------------------------------------- commands

" `keepend`: a quote that the shell thinks is open does not reach further.
syntax region runbookCommand matchgroup=runbookDollar start=/\$\ze\%(\s\|$\)/ skip=/\\$/ end=/$/ keepend extend contains=@runbookShell
syntax region runbookFence matchgroup=runbookDollar start=/\$\s*```\s*$/ end=/```/ keepend extend contains=@runbookShell

syntax sync minlines=200

highlight default link runbookKeyword Statement
highlight default link runbookWord Keyword
highlight default link runbookAfterWord runbookWord
highlight default link runbookHead runbookWord
highlight default link runbookMomentWord runbookWord
highlight default link runbookBreach runbookWord
highlight default link runbookMoment Constant
highlight default link runbookConditionWord runbookWord
highlight default link runbookConditionName Constant
highlight default link runbookOption runbookKeyword
highlight default link runbookEventWord runbookWord
highlight default link runbookNodeWord runbookWord
highlight default link runbookRan runbookWord
highlight default link runbookRollbackOf runbookWord
highlight default link runbookTemplateWord runbookKeyword
highlight default link runbookActionWord Type
highlight default link runbookTypeName Type
highlight default link runbookList Type
highlight default link runbookDefinition Function
highlight default link runbookTemplate Function
highlight default link runbookCall Function
highlight default link runbookReference Function
highlight default link runbookEvent Function
highlight default link runbookNode Function
highlight default link runbookParameter Identifier
highlight default link runbookArgument Identifier
highlight default link runbookMetric Identifier
highlight default link runbookMeasured Identifier
highlight default link runbookConstant Constant
highlight default link runbookTool Constant
highlight default link runbookDay Constant
highlight default link runbookTime Number
highlight default link runbookNumber Number
highlight default link runbookBoolean Boolean
highlight default link runbookOperator Operator
highlight default link runbookLogic Operator
highlight default link runbookText String
highlight default link runbookBlockString String
highlight default link runbookRaw String
highlight default link runbookRawBlock String
highlight default link runbookEscape SpecialChar
highlight default link runbookBraces Special
highlight default link runbookComment Comment
highlight default link runbookDoc SpecialComment
highlight default link runbookDollar PreProc

delfunction s:line
unlet s:begin s:end s:count s:node s:metric
let b:current_syntax = 'runbook'
let &cpoptions = s:keep
unlet s:keep
