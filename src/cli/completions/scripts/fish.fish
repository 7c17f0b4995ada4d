# Completion of runbook for fish; `runbook completions fish` prints it.
function __runbook_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    command runbook __complete fish -- $words "$typed" 2>/dev/null
end
complete --command runbook --no-files --keep-order --arguments '(__runbook_complete)'
