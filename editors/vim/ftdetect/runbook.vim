autocmd BufNewFile,BufRead *.runbook setfiletype runbook
