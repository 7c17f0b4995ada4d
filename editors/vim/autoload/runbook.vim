" Lays out the buffer as `runbook fmt` does; a text that cannot be read stays.

function! runbook#format() abort
  let l:program = get(g:, 'runbook_program', 'runbook')
  let l:lines = systemlist(shellescape(l:program) . ' fmt -', getline(1, '$'))
  if v:shell_error
    echohl ErrorMsg | echomsg 'runbook fmt: ' . get(l:lines, 0, 'it failed') | echohl None
    return
  endif
  let l:view = winsaveview()
  call setline(1, l:lines)
  if line('$') > len(l:lines)
    call deletebufline('%', len(l:lines) + 1, '$')
  endif
  call winrestview(l:view)
endfunction
