# A run that begins in the middle: what comes before is taken as done by somebody
# else. It is not run, and so not undone either.

rb_begin_at='' rb_start='' rb_done_before='' rb_known=0

# rb_know STEP.NAME=VALUE: what a step gave when it was done.
rb_know() {
  case ${1%%=*},$1 in *.*,*=*) ;; *) rb_misused "\`--known $1\`: write it as \`step.name=value\`" ;; esac
  rb_known=$((rb_known + 1))
  eval "rbk_place_$rb_known=\${1%%=*} rbk_value_$rb_known=\${1#*=}"
}

# What the plan makes of that, before anything else is done with it.
rb_take_as_done() {
  if [ -z "$rb_begin_at" ]; then
    [ "$rb_known" = 0 ] || rb_misused '`--known` is for what comes before `--from`'
    return 0
  fi
  rb_problems=''
  rb_find_start "$rb_begin_at"
  if [ -n "$rb_start" ]; then
    rb_mark_before
    rb_take_known
    if [ -n "$rb_problems" ]; then rb_refuse_beginning; fi
    rb_find_missing
    rb_find_late_baseline
    rb_find_passed_over_gate
  fi
  [ -z "$rb_problems" ] || rb_refuse_beginning
}
rb_refuse_beginning() {
  while [ -n "$rb_problems" ]; do
    rb_problems=${rb_problems#"$rb_newline"}
    rb_error "${rb_problems%%"$rb_newline"*}"
    case $rb_problems in *"$rb_newline"*) rb_problems=$rb_newline${rb_problems#*"$rb_newline"} ;; *) rb_problems='' ;; esac
  done
  rb_print 'nothing was changed' >&2
  exit 2
}

# rb_find_start NAME: the node that is called so, by its whole name or without
# its rounds.
rb_find_start() {
  rb_list='' rb_names_of_nodes='' rb_last=''
  for rb_n in $rb_nodes; do
    eval "rb_got=\$rbn_name_$rb_n rb_kind=\$rbn_kind_$rb_n rb_words=\${rbn_ending_$rb_n-}"
    # The runbook itself is the first.
    if [ -z "$rb_last" ]; then rb_last=$rb_n; continue; fi
    case $rb_kind,$rb_words in close,* | leave,* | *,?*) continue ;; esac
    rb_names_of_nodes="$rb_names_of_nodes $rb_got"
    if [ "$rb_got" = "$1" ]; then rb_list=" $rb_n"; break; fi
    rb_got=${rb_got%%'['*}
    if [ "${rb_got%%'#'*}" = "$1" ]; then rb_list="$rb_list $rb_n"; fi
  done
  case $rb_list in
    '')
      rb_nearest "$1" "$rb_names_of_nodes"
      if [ -n "$rb_got" ]; then rb_got="did you mean \`$rb_got\`?"; else rb_got='`--dry-run` lists what does'; fi
      rb_problems="$rb_newline""nothing that runs is called \`$1\`: $rb_got" ;;
    ' '*' '*)
      rb_words=''
      for rb_n in $rb_list; do
        rb_get "rbn_name_$rb_n"
        rb_words="$rb_words${rb_words:+, }\`$rb_got\`"
      done
      rb_problems="$rb_newline\`$1\` is several: say which of $rb_words" ;;
    *)
      rb_start=${rb_list# }
      rb_get "rbn_skip_$rb_start"
      if [ -n "$rb_got" ]; then
        rb_start=''
        rb_problems="$rb_newline\`$1\` does not run with these values"
      fi ;;
  esac
}

# All that surely comes before, but for the beginnings of blocks that go on behind
# it.
rb_mark_before() {
  eval "rb_list=\$rbn_needs_$rb_start"
  while [ -n "$rb_list" ]; do
    rb_rest=''
    for rb_n in $rb_list; do
      rb_get "rbn_taken_$rb_n"
      [ -z "$rb_got" ] || continue
      eval "rbn_taken_$rb_n=yes rb_rest=\"\$rb_rest \$rbn_needs_$rb_n\""
    done
    rb_list=${rb_rest# }
  done
  for rb_n in $rb_nodes; do
    eval "rb_got=\${rbn_ends_$rb_n-} rb_word=\${rbn_taken_$rb_n-}"
    if [ -n "$rb_got" ] && [ -z "$rb_word" ]; then eval "rbn_taken_$rb_got=''"; fi
  done
  for rb_n in $rb_nodes; do
    eval "rb_got=\${rbn_taken_$rb_n-} rb_word=\${rbn_skip_$rb_n-} rb_kind=\$rbn_kind_$rb_n"
    case $rb_got,$rb_word in
      yes,) ;;
      *) eval "rbn_taken_$rb_n=''"; continue ;;
    esac
    case $rb_kind in open | close | leave) ;; *) rb_done_before="$rb_done_before $rb_n" ;; esac
  done
  for rb_n in $rb_nodes; do
    # With nothing but blocks before it, this is the whole run.
    [ -n "$rb_done_before" ] || eval "rbn_taken_$rb_n=''"
    rb_get "rbn_taken_$rb_n"
    [ -z "$rb_got" ] || eval "rbn_skip_$rb_n='taken as done'"
  done
}

# rb_given_by NODE: the names of its values, in $rb_got.
rb_given_by() {
  eval "rb_list=\"\${rbn_captures_$1-} \${rbn_run_$1-}\""
  rb_rest=''
  for rb_task in $rb_list; do
    rb_get "rbt_gives_$rb_task"
    rb_rest="$rb_rest $rb_got"
  done
  rb_got=$rb_rest
}

# Values are there as if their steps had given them now.
rb_take_known() {
  rb_count=0
  while [ "$rb_count" -lt "$rb_known" ]; do
    rb_count=$((rb_count + 1))
    eval "rb_place=\$rbk_place_$rb_count"
    rb_step=${rb_place%.*} rb_value=${rb_place##*.} rb_found=''
    for rb_n in $rb_done_before; do
      rb_get "rbn_name_$rb_n"
      if [ "$rb_got" = "$rb_step" ]; then rb_found=$rb_n; break; fi
    done
    if [ -z "$rb_found" ]; then
      rb_problems="$rb_problems${rb_newline}nothing that is taken as done is called \`$rb_step\`"
      continue
    fi
    rb_given_by "$rb_found"
    rb_words=$rb_got
    # No name, and two of them, would be found among the names.
    case $rb_value in '' | *' '*) rb_word=/ ;; *) rb_word=$rb_value ;; esac
    case " $rb_words " in *" $rb_word "*) ;; *)
      rb_list_words "$rb_words"
      rb_problems="$rb_problems$rb_newline\`$rb_step\` gives no \`$rb_value\`: it gives ${rb_got:-nothing}"
      continue ;;
    esac
    eval "rbv_${rb_found}__$rb_value=\$rbk_value_$rb_count"
  done
}

# Values of what is taken as done that are not known and that something needs:
# the functions of all that may run are read, with commands that do nothing.
rb_find_missing() {
  rb_list=$(
    rb_pretend
    rb_take() { [ $# -gt 4 ] || rb_reads "$2" "$3"; }
    rb_fill_value() { [ $# -gt 3 ] || [ -n "$rb_in_words" ] || rb_reads "$1" "$2"; }
    for rb_node in $rb_nodes; do
      rb_get "rbn_skip_$rb_node"
      [ -z "$rb_got" ] || continue
      eval "rb_list=\"\${rbn_captures_$rb_node-} \${rbn_probe_$rb_node-} \${rbn_run_$rb_node-} \${rbn_undos_$rb_node-}\""
      eval "rb_conditions=\${rbn_conditions_$rb_node-}"
      for rb_c in $rb_conditions; do rb_get "rbc_task_$rb_c"; rb_list="$rb_list $rb_got"; done
      for rb_task in $rb_list; do
        rb_read_task "$rb_task"
        rb_get "rbt_verify_$rb_task"
        [ -z "$rb_got" ] || rb_read_task "$rb_got"
      done
    done
  )
  [ -z "$rb_list" ] || rb_problems=$rb_problems$rb_newline$rb_list
}
rb_read_task() {
  eval "rb_label=\$rbt_label_$1"
  rb_get "rbt_run_$1"
  "$rb_got"
}
rb_reads() {
  rb_got=${1#rb?_}; rb_value=${rb_got#*__} rb_got=${rb_got%%__*}
  eval "rb_got=\${rbn_taken_$rb_got-} rb_words=\${$1+known}"
  [ "$rb_got,$rb_words" = yes, ] || return 0
  # Each is said once.
  eval "$1=''"
  rb_print "from \`$rb_begin_at\` on, $rb_label needs \`$rb_value\` of \`$2\`, which is not run: give it with \`--known $2.$rb_value=VALUE\`, or begin at \`$2\` or before it"
}

# Changes that are taken as done, in $rb_got: what this run does not undo.
rb_changed_before() {
  rb_list=''
  for rb_n in $rb_done_before; do
    eval "rb_got=\$rbn_kind_$rb_n,\${rbn_back_$rb_n-}"
    case $rb_got in step,harmless) ;; step,*) rb_list="$rb_list $rb_n" ;; esac
  done
  rb_changed_before=$rb_list rb_got=$rb_list
}

# rb_covered_by NODE: the block whose rollback undoes it, in $rb_got.
rb_covered_by() {
  rb_get "rbn_back_$1"
  case $rb_got in block:*) rb_got=${rb_got#block:} ;; *) rb_got='' ;; esac
}

# What the rollback of a block around the beginning undoes, should this run go
# back: in words, in $rb_covered.
rb_find_covered() {
  rb_covered=''
  rb_changed_before
  rb_find_barrier
  for rb_n in $rb_changed_before; do
    rb_covered_by "$rb_n"
    [ -n "$rb_got" ] || continue
    eval "rb_words=\${rbn_taken_$rb_got-}\${rbn_barred_$rb_got-} rb_title=\$rbn_name_$rb_got"
    [ -z "$rb_words" ] || continue
    rb_get "rbn_name_$rb_n"
    rb_covered="$rb_covered${rb_covered:+, }\`$rb_got\` with the rollback of \`$rb_title\`"
  done
}

# Nothing can be compared any more with the time before the changes.
rb_find_late_baseline() {
  rb_changed_before
  rb_first_change=${rb_got# }; rb_first_change=${rb_first_change%% *}
  [ -n "$rb_first_change" ] || return 0
  for rb_n in $rb_nodes; do
    eval "rb_got=\${rbn_skip_$rb_n-} rb_conditions=\${rbn_conditions_$rb_n-} rb_title=\$rbn_name_$rb_n"
    [ -z "$rb_got" ] || continue
    for rb_c in $rb_conditions; do
      rb_get "rbc_baseline_$rb_c"
      if [ -n "$rb_got" ]; then rb_is_late "\`$rb_title\`"; return 0; fi
    done
  done
  for rb_w in ${rb_watches-}; do
    eval "rb_list=\$rbw_during_$rb_w rb_title=\$rbw_name_$rb_w rb_got=\${rbw_baseline_$rb_w-}"
    [ -n "$rb_got" ] || continue
    for rb_word in $rb_list; do
      rb_get "rbn_skip_${rb_word%%:*}"
      if [ -z "$rb_got" ]; then rb_is_late "watch \`$rb_title\`"; return 0; fi
    done
  done
}
rb_is_late() {
  rb_get "rbn_name_$rb_first_change"
  rb_problems="$rb_problems$rb_newline""from \`$rb_begin_at\` on, $1 compares with the time before any change, and \`$rb_got\` has changed something already: begin at \`$rb_got\` or before it"
}

# Something must stand between a mistake and a point of no return.
rb_find_passed_over_gate() {
  for rb_n in $rb_nodes; do
    eval "rb_list=\${rbn_guards_$rb_n-} rb_got=\${rbn_skip_$rb_n-} rb_title=\$rbn_name_$rb_n"
    if [ -z "$rb_list" ] || [ -n "$rb_got" ]; then continue; fi
    for rb_word in $rb_list; do
      rb_get "rbn_skip_$rb_word"
      [ -n "$rb_got" ] || continue 2
    done
    rb_get "rbn_name_$rb_word"
    rb_problems="$rb_problems$rb_newline""from \`$rb_begin_at\` on, no gate is left before \`$rb_title\`, which cannot be undone: begin at \`$rb_got\` or before it"
    return 0
  done
}

# Asks whether all that is taken as done is done. Checks and approvals are among
# it, so nobody passes them over by the way.
rb_confirm_beginning() {
  if [ -z "$rb_done_before" ] || [ -n "$rb_yes" ]; then return 0; fi
  rb_find_covered
  eval "rb_title=\$rbn_name_$rb_start"
  rb_names "$rb_done_before"
  rb_words=$rb_got
  rb_find_terminal
  if [ -z "$rb_terminal" ]; then
    rb_error "somebody must confirm that all before \`$rb_title\` is done, and nobody can be asked here: $rb_words"
    rb_print "nothing was changed; \`--yes\` confirms it" >&2
    exit 1
  fi
  while :; do
    rb_find_shown "before $rb_title: $rb_words$rb_newline? is all of this done? This run does not undo it${rb_covered:+, but for $rb_covered} [y]es, [n]o: "
    rb_write "$rb_shown" >/dev/tty
    IFS= read -r rb_got </dev/tty || rb_got=no
    case $rb_got in
      [Yy] | [Yy][Ee][Ss]) return 0 ;;
      [Nn] | [Nn][Oo]) rb_print 'nothing was changed' >&2; exit 1 ;;
    esac
  done
}

# A run keeps where it began.
rb_keep_beginning() {
  [ -n "$rb_done_before" ] || return 0
  rb_print "$rb_begin_at" >"$rb_dir/from" || return 1
  rb_count=0
  while [ "$rb_count" -lt "$rb_known" ]; do
    rb_count=$((rb_count + 1))
    eval "rb_write \"\$rbk_place_$rb_count=\$rbk_value_$rb_count\"" >"$rb_dir/known.$rb_count" || return 1
  done
}
rb_recall_beginning() {
  [ -s "$rb_dir/from" ] || return 0
  IFS= read -r rb_begin_at <"$rb_dir/from"
  while [ -f "$rb_dir/known.$((rb_known + 1))" ]; do
    rb_got=$(cat "$rb_dir/known.$((rb_known + 1))"; rb_print x)
    rb_know "${rb_got%x}"
  done
}

rb_show_beginning() {
  [ -n "$rb_done_before" ] || return 0
  eval "rb_title=\$rbn_name_$rb_start"
  rb_names "$rb_done_before"
  rb_say "begins at $rb_title; taken as done: $rb_got"
}

# What stays, since this run began behind it: one of the last words.
rb_word_of_beginning() {
  case $rb_outcome in succeeded | waiting) return 0 ;; esac
  [ -n "$rb_done_before" ] || return 0
  rb_changed_before
  rb_list=''
  for rb_n in $rb_got; do
    rb_covered_by "$rb_n"
    rb_back=$rb_got
    rb_get "rbn_undo_$rb_back"
    if [ -z "$rb_back" ] || ! rb_is_through "$rb_back" "$rb_got"; then rb_list="$rb_list $rb_n"; fi
  done
  rb_names "$rb_list"
  [ -n "$rb_got" ] || return 0
  eval "rb_title=\$rbn_name_$rb_start"
  rb_word 'not undone' "$rb_got: not done by this run, which began at $rb_title"
}
