" Runbooks: a level for each bracket that is open. Lines of scripts and texts
" stay where they are.

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=GetRunbookIndent()
setlocal indentkeys=0{,0},0),0],!^F,o,O
setlocal autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent<'

if exists('*GetRunbookIndent')
  finish
endif

" A line without its command, comment and texts.
function! s:bare(line) abort
  let l:line = substitute(a:line, '"\%(\\.\|[^"\\]\)*"\|`[^`]*`', '', 'g')
  let l:line = substitute(l:line, '\%(^\|\s\)\$\%(\s.*\)\?$', '', '')
  return substitute(l:line, '#.*$', '', '')
endfunction

function! s:count(line, brackets) abort
  return strlen(substitute(a:line, '[^' . a:brackets . ']', '', 'g'))
endfunction

" Whether the beginning of a line is inside a script or a text.
function! s:is_inside(lnum) abort
  for l:name in map(synstack(a:lnum, 1), 'synIDattr(v:val, "name")')
    if l:name =~# '^runbook\%(Fence\|BlockString\|RawBlock\)$'
          \ || (l:name ==# 'runbookCommand' && getline(a:lnum - 1) =~# '\\$')
      return 1
    endif
  endfor
  return 0
endfunction

function! GetRunbookIndent() abort
  if s:is_inside(v:lnum)
    return -1
  endif
  let l:before = prevnonblank(v:lnum - 1)
  while l:before > 0 && s:is_inside(l:before)
    let l:before -= 1
  endwhile
  if l:before == 0
    return 0
  endif
  let l:line = s:bare(getline(l:before))
  " What closes at the start of that line has moved it already.
  let l:line = substitute(l:line, '^\s*[]})]*', '', '')
  let l:open = s:count(l:line, '({\[') - s:count(l:line, ')}\]')
  let l:closes = matchstr(getline(v:lnum), '^\s*\zs[]})]*')
  return indent(l:before) + shiftwidth() * (max([l:open, 0]) + min([l:open, 0]) - (empty(l:closes) ? 0 : 1))
endfunction
