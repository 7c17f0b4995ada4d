# Decisions before what follows.

rb_begin_gate() {
  rb_become "$1" running
  eval "rb_conditions=\$rbn_conditions_$1 rb_limit=\${rbn_limit_$1-}"
  eval "rbn_gatefailed_$1='' rbn_deadline_$1='' rbn_beat_$1=''"
  [ -z "$rb_limit" ] || eval "rbn_deadline_$1=$((rb_now + rb_limit))"
  for rb_c in $rb_conditions; do rb_begin_condition "$rb_c"; done
  rb_gates="$rb_gates $1"
  rb_advance_gate "$1"
}

rb_begin_condition() {
  eval "rb_kind=\$rbc_kind_$1 rb_got=\${rbc_task_$1-} rbc_held_$1='' rbc_by_$1=''"
  case $rb_kind in
    wait) eval "rbc_until_$1=\$((rb_now + rbc_for_$1))" ;;
    check) eval "rbt_began_$rb_got='' rbc_due_$1=$rb_now" ;;
    hold | until) rb_begin_measuring "$1" ;;
    window) eval "rbc_due_$1=$rb_now" ;;
    approve) eval "rbc_people_$1=''" ;;
  esac
}

# After a pause: what was seen of the world is old, so it is looked at anew.
# What people said still counts.
rb_restart_gates() {
  for rb_g in $rb_gates; do
    rb_become "$rb_g" running
    eval "rbn_gatefailed_$rb_g='' rb_conditions=\$rbn_conditions_$rb_g rb_limit=\${rbn_limit_$rb_g-}"
    [ -z "$rb_limit" ] || eval "rbn_deadline_$rb_g=$((rb_now + rb_limit))"
    for rb_c in $rb_conditions; do
      eval "rb_kind=\$rbc_kind_$rb_c rb_held=\$rbc_held_$rb_c rb_got=\${rbc_task_$rb_c-}"
      case $rb_kind in
        hold | until | window) rb_begin_condition "$rb_c" ;;
        check)
          if [ -n "$rb_held" ] || rb_has "$rb_got" "$rb_running"; then continue; fi
          rb_begin_condition "$rb_c" ;;
      esac
    done
    rb_drop_gate "$rb_g"
  done
}

rb_advance_gates() { for rb_g in $rb_gates; do rb_advance_gate "$rb_g"; done; }

rb_advance_gate() {
  rb_get "rbn_gatefailed_$1"
  if [ "$rb_mode" != forward ] || [ -n "$rb_got" ]; then return 0; fi
  eval "rb_conditions=\$rbn_conditions_$1 rb_list=\${rbn_checklist_$1-}"
  rb_unheld=''
  for rb_c in $rb_conditions; do
    if [ -n "$rb_list" ] && [ -n "$rb_unheld" ]; then break; fi
    eval "rb_got=\$rbc_held_$rb_c rb_kind=\$rbc_kind_$rb_c"
    # A window that is open may close while others are waited for.
    if [ -z "$rb_got" ] || [ "$rb_kind" = window ]; then rb_advance_condition "$rb_c"; fi
    rb_get "rbc_held_$rb_c"
    [ -n "$rb_got" ] || rb_unheld=yes
  done
  eval "rb_deadline=\$rbn_deadline_$1"
  if [ -z "$rb_unheld" ]; then
    rb_leave_gate "$1" finished
  elif [ -n "$rb_deadline" ] && [ "$rb_deadline" -le "$rb_now" ]; then
    eval "rb_elapsed \$rbn_limit_$1"
    rb_words="not decided within $rb_got:"
    rb_missing "$1"
    rb_gate_failed "$1" "$rb_words$rb_missing"
  fi
}

# Wishes what a condition needs next.
rb_advance_condition() {
  eval "rb_kind=\$rbc_kind_$1 rb_due=\${rbc_due_$1-} rb_until=\${rbc_until_$1-} rb_got=\${rbc_task_$1-}"
  case $rb_kind in
    confirm) rb_ask "confirm:$1" ;;
    approve) rb_ask "approve:$1" ;;
    wait) [ "$rb_until" -gt "$rb_now" ] || eval "rbc_held_$1=yes" ;;
    check)
      if [ -n "$rb_due" ] && [ "$rb_due" -le "$rb_now" ]; then
        eval "rbc_due_$1=''"
        rb_wish "$rb_got" running
      fi ;;
    window)
      if [ -n "$rb_due" ] && [ "$rb_due" -le "$rb_now" ]; then
        # What was seen counts no longer than it was to hold.
        eval "rbc_due_$1='' rbc_held_$1=''"
        rb_has "$1" "$rb_looks_wanted" || rb_looks_wanted="$rb_looks_wanted $1"
      fi ;;
    rehearsed) rb_has "$1" "$rb_looks_wanted" || rb_looks_wanted="$rb_looks_wanted $1" ;;
    hold | until) rb_measure_condition "$1" ;;
  esac
}

# rb_missing GATE [left]: what it still waits for, in $rb_missing, and how long where
# that is known.
rb_missing() {
  rb_missing=''
  eval "rb_conditions=\$rbn_conditions_$1"
  for rb_c in $rb_conditions; do
    eval "rb_held=\$rbc_held_$rb_c rb_kind=\$rbc_kind_$rb_c rb_got=\${rbc_words_$rb_c-}"
    [ -z "$rb_held" ] || continue
    case $rb_kind in
      confirm) rb_got='a confirmation' ;;
      wait)
        rb_got='a wait'
        if [ -n "${2-}" ]; then
          rb_get "rbc_until_$rb_c"; rb_elapsed $(((rb_got - rb_now + 99) / 100 * 100))
          rb_got="$rb_got left"
        fi ;;
      check) rb_got='a check' ;;
    esac
    rb_missing="$rb_missing${rb_missing:+,} $rb_got"
  done
}

rb_check_ended() {
  rb_get "rbt_condition_$rb_task"
  rb_c=$rb_got
  eval "rb_gate=\$rbc_gate_$rb_c"
  rb_has "$rb_gate" "$rb_gates" || return 0
  case $rb_result in
    ok) eval "rbc_held_$rb_c=yes" ;;
    in_doubt) eval "rbc_due_$rb_c=$rb_now" ;;
    *)
      if rb_pause_before_retry; then
        eval "rbc_due_$rb_c=$((rb_now + rb_pause))"
      else
        rb_failure_message
        rb_gate_failed "$rb_gate" "$rb_message"
      fi ;;
  esac
}

# rb_window_seen CONDITION open|closed UNTIL [WHY...]
rb_window_seen() {
  rb_less "$1" "$rb_looks_wanted"; rb_looks_wanted=$rb_rest
  eval "rb_gate=\$rbc_gate_$1"
  rb_has "$rb_gate" "$rb_gates" || return 0
  rb_c=$1 rb_seen=$2 rb_until=$3
  shift 3
  [ "$rb_until" != - ] || rb_until=''
  eval "rbc_due_$rb_c=\$rb_until"
  if [ "$rb_seen" = open ]; then eval "rbc_held_$rb_c=yes"; else eval "rbc_held_$rb_c=''"; fi
  if [ "$rb_seen,$rb_until" = closed, ]; then
    rb_words=$*
    rb_gate_failed "$rb_gate" "the window is closed: ${rb_words:-its window will not open again}"
  fi
}

# rb_rehearsal_seen CONDITION yes|no
rb_rehearsal_seen() {
  rb_less "$1" "$rb_looks_wanted"; rb_looks_wanted=$rb_rest
  eval "rb_gate=\$rbc_gate_$1"
  rb_has "$rb_gate" "$rb_gates" || return 0
  if [ "$2" = yes ]; then eval "rbc_held_$1=yes"
  else rb_gate_failed "$rb_gate" 'it was not rehearsed'; fi
}

# The gate will not open by itself.
rb_gate_failed() {
  eval "rb_else=\$rbn_else_$1"
  case $rb_else in
    abort | rollback)
      rb_cancel_checks "$1"
      rb_drop_gate "$1"
      rb_less "$1" "$rb_gates"; rb_gates=$rb_rest
      rb_become "$1" failed
      eval "rb_title=\$rbn_name_$1"
      rb_fail "$1" "gate \`$rb_title\` did not open: $2" ;;
    continue) rb_leave_gate "$1" passed_over ;;
    ask) rb_ask_about_gate "$1" "$2" ;;
  esac
}

rb_ask_about_gate() {
  rb_cancel_checks "$1"
  rb_drop_gate "$1"
  rb_become "$1" asking
  eval "rbn_gatefailed_$1=yes rb_title=\$rbn_name_$1"
  rb_note_headline "$1" "gate \`$rb_title\` did not open: $2"
  rb_ask "gate:$1"
}

# The gate is decided and what follows it may start.
rb_leave_gate() {
  rb_cancel_checks "$1"
  rb_drop_gate "$1"
  rb_less "$1" "$rb_gates"; rb_gates=$rb_rest
  rb_finish "$1" "$2"
}

rb_cancel_checks() {
  for rb_t in $rb_running; do
    rb_get "rbt_node_$rb_t"
    [ "$rb_got" != "$1" ] || rb_end "$rb_t" cancelled
  done
}

# Takes back all that is wished for one gate.
rb_drop_gate() {
  eval "rb_conditions=\$rbn_conditions_$1"
  rb_settle "gate:$1"
  for rb_c in $rb_conditions; do
    rb_settle "confirm:$rb_c"
    rb_settle "approve:$rb_c"
    rb_get "rbc_task_$rb_c"
    rb_less "$rb_got" "$rb_wishes"; rb_wishes=$rb_rest
    rb_less "$rb_c" "$rb_looks_wanted"; rb_looks_wanted=$rb_rest
  done
}
