#compdef runbook
# Completion of runbook for zsh; `runbook completions zsh` prints it.
_runbook() {
  local line value about tab=$'\t' ret=1
  local -a found open closed
  found=("${(@f)$(command runbook __complete zsh -- \
    "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in $found; do
    value=${line%%$tab*}
    about=
    [[ $line == *$tab* ]] && about=${line#*$tab}
    if [[ $value == '~/'* ]]; then
      # What stands for the home directory must not be quoted.
      if [[ $value == */ ]]; then
        compadd -Q -S '' -- "~/${(q)value#\~/}" && ret=0
      else
        compadd -Q -- "~/${(q)value#\~/}" && ret=0
      fi
      continue
    fi
    value=${${value//\\/\\\\}//:/\\:}
    if [[ $value == *[=/] ]]; then
      open+=("$value${about:+:$about}")
    else
      closed+=("$value${about:+:$about}")
    fi
  done
  (( $#open )) && _describe -V runbook open -S '' && ret=0
  (( $#closed )) && _describe -V runbook closed && ret=0
  return ret
}
if [[ ${funcstack[1]-} == _runbook ]]; then
  _runbook "$@"
else
  compdef _runbook runbook
fi
