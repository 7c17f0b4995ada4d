" Runbooks: what holds in their buffers.

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=b:##,b:# commentstring=#\ %s formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal iskeyword=@,48-57,_
" `:make` checks the file in front and fills the list of places.
compiler runbook
" `gq` of the whole file is for `runbook fmt`; parts of it cannot be laid out.
command! -buffer RunbookFormat call runbook#format()

let b:match_words = '{:},\[:\],(:)'
let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< shiftwidth< softtabstop<'
      \ . ' iskeyword< makeprg< errorformat< | delcommand -buffer RunbookFormat | unlet! b:match_words'
