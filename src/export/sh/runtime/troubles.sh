# What the failure looks like, of what the runbook tells of troubles: the hint of
# each with a line that means it.

# trouble HINT
trouble() { rb_hint=$1; }

# matches failure|timeout|words 'NODES' [EXPRESSION]: no nodes are all of them.
matches() {
  [ -n "$rb_hint" ] || return 0
  [ -z "$2" ] || rb_has "$rb_headline_node" "$2" || return 0
  case $1 in
    timeout) case $rb_headline in *' timed out'*) ;; *) return 0 ;; esac ;;
    words) rb_is_in_headline "$3" || return 0 ;;
  esac
  rb_word trouble "$rb_hint"
  rb_hint=''
}

# rb_is_in_headline EXPRESSION: whether it is found in why the run failed.
rb_is_in_headline() (
  rb_said=$(rb_write "$rb_headline" | tr '\037' ' ') rb_meant=$1 LC_ALL=C
  export rb_said rb_meant LC_ALL
  awk 'BEGIN { exit !match(ENVIRON["rb_said"], ENVIRON["rb_meant"]) }'
)
