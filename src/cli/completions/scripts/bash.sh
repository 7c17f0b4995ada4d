# shellcheck shell=bash
# Completion of runbook for bash; `runbook completions bash` prints it.
_runbook() {
  local line found
  COMPREPLY=()
  # What a word is, runbook knows: bash would part `name=value`.
  found=$(command runbook __complete bash --breaks "$COMP_WORDBREAKS" \
    -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null) || return
  while IFS= read -r line; do
    [[ -z $line ]] || COMPREPLY+=("$line")
  done <<<"$found"
}
complete -o nospace -o nosort -F _runbook runbook 2>/dev/null ||
  complete -o nospace -F _runbook runbook
