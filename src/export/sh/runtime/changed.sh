# Whoever changes this script by hand may leave something out that something else needs.
rb_does_not_fit() { rb_unfit="$rb_unfit$rb_newline$1"; }

# rb_wants_task LINE TASK..., rb_wants_node LINE NODE...: that line names these.
rb_wants_task() {
  rb_line=$1
  shift
  for rb_task in "$@"; do
    rb_get "rbt_node_$rb_task"
    [ -n "$rb_got" ] || rb_does_not_fit "the line \`$rb_line\` names \`$rb_task\`, and there is no line \`task $rb_task\`"
  done
}
rb_wants_node() {
  rb_get "rbn_kind_$2"
  [ -n "$rb_got" ] || rb_does_not_fit "the line \`$1\` names \`$2\`, and there is no line \`node $2\`"
}

rb_read_plan() {
  rb_the_plan
  for rb_n in $rb_nodes; do
    eval "rb_list=\"\${rbn_run_$rb_n-} \${rbn_captures_$rb_n-} \${rbn_probe_$rb_n-} \${rbn_undos_$rb_n-}\""
    # shellcheck disable=SC2086  # words
    rb_wants_task "node $rb_n" $rb_list
  done
  for rb_t in $rb_tasks; do
    eval "rb_list=\"\${rbt_then_$rb_t-} \${rbt_verify_$rb_t-} \${rbt_else_$rb_t-}\""
    # shellcheck disable=SC2086  # words
    rb_wants_task "task $rb_t" $rb_list
  done
  for rb_word in $rb_below; do rb_wants_node "node ${rb_word#*:}" "${rb_word%%:*}"; done
  for rb_n in $rb_endings; do rb_wants_node "ending $rb_n" "$rb_n"; done
  rb_wants_node rb_release_end "$rb_release_end"
  for rb_n in $rb_opens; do
    rb_get "rbn_closed_$rb_n"
    [ -n "$rb_got" ] || rb_does_not_fit "the line \`node $rb_n\` begins what no line \`node ... close\` ends"
  done
  if [ -n "$rb_below" ] && [ -z "$rb_unfit" ]; then rb_find_circle; fi
  [ -z "$rb_unfit" ] || rb_refuse "this script was changed so that it does not fit together any more:$rb_unfit"
}

# What each waits for that waits for it would never begin.
rb_find_circle() {
  rb_left=$rb_nodes
  while [ -n "$rb_left" ]; do
    rb_rest=$rb_left rb_left=''
    for rb_n in $rb_rest; do
      eval "rb_list=\$rbn_needs_$rb_n"
      for rb_need in $rb_list; do
        rb_get "rbn_placed_$rb_need"
        if [ -z "$rb_got" ]; then rb_left="$rb_left $rb_n"; continue 2; fi
      done
      eval "rbn_placed_$rb_n=yes"
    done
    if [ "$rb_left" = "$rb_rest" ]; then
      rb_does_not_fit "each of these is to come after another one of them:$rb_left"
      return 0
    fi
  done
}

# What there is and in which order, which a run keeps: what its journal says is of that.
# What a command, a way back or a time limit is may change meanwhile.
rb_print_order() {
  for rb_n in $rb_nodes; do
    eval "rb_kind=\$rbn_kind_$rb_n rb_list=\$rbn_needs_$rb_n"
    rb_print "node $rb_n $rb_kind '$rb_list'"
  done
  for rb_task in $rb_tasks; do
    eval "rb_node=\$rbt_node_$rb_task rb_part=\$rbt_part_$rb_task"
    rb_print "task $rb_task $rb_node $rb_part"
  done
  for rb_c in $rb_conditions_of_plan; do
    eval "rb_node=\$rbc_gate_$rb_c rb_kind=\$rbc_kind_$rb_c"
    rb_print "condition $rb_c $rb_node $rb_kind"
  done
}
# Of a script that is read from a pipe nobody knows whether it was changed.
rb_print_sum() {
  [ -n "$rb_piped" ] || rb_print "$(cksum <"$rb_script" 2>/dev/null)${rb_sums_of_parts-}"
}
rb_keep_order() { rb_print_order >"$rb_dir/order" && rb_print_sum >"$rb_dir/sum"; }
rb_check_order() {
  [ -s "$rb_dir/order" ] || return 0
  rb_now_there=$(rb_print_order) rb_then_there=$(cat "$rb_dir/order")
  [ "$rb_now_there" != "$rb_then_there" ] || return 0
  rb_find_other_line "$rb_then_there" "$rb_now_there"
  rb_words="began with a line that this script has no longer"
  if [ -z "$rb_got" ]; then
    rb_find_other_line "$rb_now_there" "$rb_then_there"
    rb_words="began without a line that this script has now"
  fi
  rb_refuse "run ${rb_dir##*/} $rb_words:$rb_newline  $rb_got
take that back to go on with it: of a run that has begun, commands, ways back and time limits may be changed; to leave a step out, make its command \`:\`"
}
# rb_find_other_line TEXT OTHER: the first line that the other has not, in $rb_got.
rb_find_other_line() {
  rb_rest=$1$rb_newline
  while [ -n "$rb_rest" ]; do
    rb_got=${rb_rest%%"$rb_newline"*} rb_rest=${rb_rest#*"$rb_newline"}
    case $rb_newline$2$rb_newline in *"$rb_newline$rb_got$rb_newline"*) ;; *) return 0 ;; esac
  done
  rb_got=''
}
rb_show_change() {
  if [ ! -s "$rb_dir/sum" ] || [ -n "$rb_piped" ] || [ "$(rb_print_sum)" = "$(cat "$rb_dir/sum")" ]; then return 0; fi
  rb_say 'this script was changed since the run began: what it says now is carried out'
}
