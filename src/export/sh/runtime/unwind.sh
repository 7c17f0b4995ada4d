# The way back: what was started is undone, in the reverse order of the graph.
# A node is settled when its undos are through and everything that came after
# it is settled; one that never started settles at once. An undo that failed is
# never settled, so all that its step came after stays as it is: its undo,
# tried again, may need it.

rb_unwinding='' rb_changed='' rb_units=''
rb_undone='' rb_passed_over='' rb_undo_failed='' rb_kept='' rb_behind='' rb_points='' rb_harmless=''

# rb_go_back NODE WHY: turns the run back. The first reason stays the headline.
rb_go_back() {
  if rb_is_waiting; then
    rb_forget_why_it_waits 'asking failed'
  elif [ "$rb_mode" != forward ]; then
    return 0
  fi
  rb_note_headline "$1" "$2"
  rb_outcome='' rb_mode=stopping
  rb_wishes='' rb_questions='' rb_ready='' rb_sleeping='' rb_gates='' rb_looks_wanted=''
  rb_halt_watches
  rb_end_all
}

# rb_rollback_requested BY REASON…: a person wants the run to go back.
rb_rollback_requested() {
  rb_by=$1
  shift
  rb_words="rollback requested by $rb_by: $*"
  case $rb_mode,$rb_outcome in
    ending,succeeded | closing,succeeded | closed,succeeded)
      rb_mode=forward rb_headline='' rb_headline_node='' rb_outcome=''
      rb_go_back '' "$rb_words" ;;
    ending,*) rb_end_all ;;
    closed,rollback_incomplete)
      rb_outcome=''
      rb_reset_endings
      rb_unwind_further ;;
    forward,* | pausing,* | closing,waiting | closed,waiting) rb_go_back '' "$rb_words" ;;
  esac
}

# The cause was mended, perhaps: what failed is tried again.
rb_unwind_further() {
  rb_mode=unwinding
  rb_list=$rb_undo_failed
  rb_undo_failed='' rb_kept=''
  for rb_again in $rb_list; do
    eval "rbn_unitfailed_$rb_again=''"
    rb_start_unit "$rb_again"
  done
}

# No undo starts before everything that ran has ended.
rb_advance_stopping() {
  if [ -n "$rb_running" ]; then return 0; fi
  rb_reset_endings
  rb_mode=unwinding
}

rb_advance_unwinding() {
  [ -n "$rb_unwinding" ] || rb_begin_unwinding
  for rb_sleeper in $rb_sleeping; do
    rb_get "rbn_until_$rb_sleeper"
    [ "$rb_got" -le "$rb_now" ] || continue
    rb_less "$rb_sleeper" "$rb_sleeping"; rb_sleeping=$rb_rest
    eval "rb_got=\$rbn_alternative_$rb_sleeper"
    rb_wish "$rb_got" undoing
  done
  [ -z "$rb_running$rb_sleeping$rb_wishes$rb_ends$rb_questions" ] || return 0
  for rb_n in $rb_units; do
    rb_get "rbn_unitruns_$rb_n"
    [ -z "$rb_got" ] || return 0
  done
  rb_finish_unwinding
}

rb_begin_unwinding() {
  rb_unwinding=yes
  rb_find_barrier
  rb_find_units
  rb_reached=''
  for rb_n in $rb_nodes; do
    rb_got=0
    eval "rb_list=\${rbn_next_$rb_n-}"
    for rb_word in $rb_list; do rb_got=$((rb_got + 1)); done
    eval "rbn_unsettled_$rb_n=$rb_got"
    [ "$rb_got" -gt 0 ] || rb_reached="$rb_reached $rb_n"
  done
  rb_reach
}

# What is never undone: points of no return that were started, and all that
# they came after.
rb_find_barrier() {
  rb_todo=''
  for rb_n in $rb_nodes; do
    eval "rb_got=\${rbn_back_$rb_n-},\${rbn_started_$rb_n-}"
    if [ "$rb_got" = irreversible,yes ]; then
      rb_points="$rb_points $rb_n" rb_todo="$rb_todo $rb_n"
    fi
  done
  while rb_pop rb_todo; do
    rb_n=$rb_head
    eval "rb_got=\${rbn_barred_$rb_n-} rb_list=\$rbn_needs_$rb_n"
    if [ -z "$rb_got" ]; then
      eval "rbn_barred_$rb_n=yes"
      rb_todo="$rb_todo $rb_list"
    fi
  done
}

rb_find_units() {
  for rb_node in $rb_nodes; do
    eval "rb_got=\${rbn_started_$rb_node-},\${rbn_ending_$rb_node-} rb_kind=\$rbn_kind_$rb_node"
    [ "$rb_got" = yes, ] || continue
    case $rb_kind in
      step) rb_find_step_units ;;
      enter)
        eval "rb_got=\$rbn_leave_$rb_node rb_undo=\$rbn_leaveundo_$rb_node"
        rb_get "rbn_completed_$rb_got"
        [ -n "$rb_got" ] || rb_add_unit "$rb_node" "$rb_undo" ;;
    esac
  done
}

rb_find_step_units() {
  eval "rb_back=\$rbn_back_$rb_node rb_done=\${rbn_completed_$rb_node-} rb_clean=\${rbn_clean_$rb_node-}"
  eval "rb_bar=\${rbn_barred_$rb_node-} rb_repeatable=\${rbn_repeatable_$rb_node-}"
  case $rb_back in
    harmless) rb_harmless="$rb_harmless $rb_node"; return 0 ;;
    irreversible)
      rb_changed=yes
      [ -n "$rb_done" ] || rb_add_unit "$rb_node" finish
      return 0 ;;
  esac
  # All or nothing, and it was nothing.
  if [ -n "$rb_clean" ] && [ -z "$rb_done" ]; then return 0; fi
  case $rb_bar,$rb_back in
    yes,*) rb_stays_behind ;;
    ,own) rb_get "rbn_undo_$rb_node"; rb_add_unit "$rb_node" "$rb_got" ;;
    ,block:*)
      rb_back=${rb_back#block:}
      rb_get "rbn_barred_$rb_back"
      if [ -z "$rb_got" ]; then rb_get "rbn_undo_$rb_back"; rb_add_unit "$rb_back" "$rb_got"
      elif [ -n "$rb_repeatable" ] && [ -z "$rb_done" ]; then rb_add_unit "$rb_node" finish
      else rb_stays_behind; fi ;;
  esac
}

rb_stays_behind() { rb_changed=yes rb_behind="$rb_behind $rb_node"; }

# rb_add_unit NODE UNDO: the rollback of a bracket's block comes before its leave.
rb_add_unit() {
  rb_changed=yes
  eval "rb_queue=\${rbn_queue_$1-}"
  if rb_has "$2" "$rb_queue"; then return 0; fi
  [ -n "$rb_queue" ] || rb_units="$rb_units $1"
  rb_get "rbn_undo_$1"
  if [ "$2" = "$rb_got" ]; then rb_queue="$2${rb_queue:+ $rb_queue}"; else rb_queue="${rb_queue:+$rb_queue }$2"; fi
  eval "rbn_queue_$1=\$rb_queue"
}

# The nodes in $rb_reached have only settled nodes behind them: their turn has
# come.
rb_reach() {
  while rb_pop rb_reached; do
    rb_n=$rb_head
    rb_get "rbn_queue_$rb_n"
    if [ -n "$rb_got" ]; then rb_start_unit "$rb_n"; else rb_settle_node "$rb_n"; fi
  done
}

rb_settle_node() {
  eval "rb_list=\$rbn_needs_$1"
  for rb_need in $rb_list; do
    eval "rb_left=\$((rbn_unsettled_$rb_need - 1)); rbn_unsettled_$rb_need=\$rb_left"
    [ "$rb_left" != 0 ] || rb_reached="$rb_reached $rb_need"
  done
}

# The first undo of a node's queue.
rb_start_unit() {
  eval "rbn_unitruns_$1=yes rb_queue=\$rbn_queue_$1"
  rb_unit=${rb_queue%% *}
  if [ "$rb_unit" = finish ]; then
    rb_begin_anew "$1"
    eval "rbn_alternative_$1=\$rbn_run_$1"
    rb_get "rbn_run_$1"
    rb_wish "$rb_got" running
  else
    rb_start_alternative "$1" "$rb_unit"
  fi
}

rb_start_alternative() {
  eval "rbn_alternative_$1=$2 rbn_undobegan_$1='' rbn_undobefore_$1=\${rbt_attempt_$2:-0}"
  rb_wish "$2" undoing
}

rb_is_finishing() {
  [ "$rb_mode" = unwinding ] || return 1
  eval "rb_got=\${rbn_unitruns_$1-} rb_queue=\${rbn_queue_$1-}"
  case $rb_got,$rb_queue in yes,finish*) return 0 ;; esac
  return 1
}

rb_undo_ended() {
  case $rb_result in
    ok)
      rb_get "rbt_verify_$rb_task"
      if [ -n "$rb_got" ]; then rb_wish "$rb_got" undoing; else rb_unit_done "$rb_node"; fi ;;
    in_doubt) rb_start_alternative "$rb_node" "$rb_task" ;;
    *) rb_alternative_failed ;;
  esac
}

rb_verify_ended() {
  case $rb_result in
    ok) rb_unit_done "$rb_node" ;;
    in_doubt) rb_wish "$rb_task" undoing ;;
    *)
      eval "rb_task=\$rbt_verifies_$rb_task"
      rb_part=undo
      rb_alternative_failed ;;
  esac
}

# An attempt of $rb_task failed: again, the next alternative, or give up.
rb_alternative_failed() {
  if rb_pause_before_retry; then rb_sleep "$rb_node"; return 0; fi
  eval "rb_got=\${rbt_else_$rb_task-} rb_best=\${rbt_best_$rb_task-}"
  if [ -n "$rb_got" ]; then rb_start_alternative "$rb_node" "$rb_got"
  elif [ -n "$rb_best" ]; then rb_pass_over "$rb_node"
  else rb_unit_failed "$rb_node"; fi
}

rb_finish_ended() {
  case $rb_result in
    ok) rb_unit_done "$rb_node" ;;
    in_doubt) rb_wish "$rb_task" running ;;
    *) if rb_pause_before_retry; then rb_sleep "$rb_node"; else rb_unit_failed "$rb_node"; fi ;;
  esac
}

# All tries of an undo failed: a person decides, should there be one.
rb_unit_failed() {
  eval "rbn_state_$1=undo_failed rbn_unitfailed_$1=yes"
  rb_ask "undo:$1"
}

# rb_undo_decided NODE ANSWER
rb_undo_decided() {
  rb_settle "undo:$1"
  eval "rbn_unitfailed_$1=''"
  case $2 in
    again) rb_start_unit "$1" ;;
    continue | done | yes) rb_pass_over "$1" ;;
    *)
      eval "rbn_unitruns_$1='' rbn_unitfailed_$1=yes"
      rb_undo_failed="$rb_undo_failed $1" ;;
  esac
}

rb_pass_over() {
  eval "rbn_over_$1=yes"
  rb_unit_done "$1"
}

# One undo of a node is through: its next, or the nodes before it.
rb_unit_done() {
  eval "rb_queue=\$rbn_queue_$1"
  rb_pop rb_queue
  eval "rbn_through_$1=\"\${rbn_through_$1-} $rb_head\""
  if [ -n "$rb_queue" ]; then
    eval "rbn_queue_$1=\$rb_queue"
    rb_start_unit "$1"
    return 0
  fi
  eval "rbn_unitruns_$1='' rb_over=\${rbn_over_$1-} rb_through=\$rbn_through_$1"
  if [ -n "$rb_over" ]; then
    rb_passed_over="$rb_passed_over $1"
    eval "rbn_state_$1=undo_failed rbn_wentback_$1=yes"
  elif rb_has finish "$rb_through"; then
    eval "rbn_state_$1=finished rbn_wentback_$1=yes"
  else
    rb_undone="$rb_undone $1"
    eval "rbn_state_$1=undone rbn_wentback_$1=yes"
  fi
  rb_reached=''
  rb_settle_node "$1"
  rb_reach
}

rb_finish_unwinding() {
  for rb_n in $rb_units; do
    eval "rb_got=\${rbn_unitfailed_$rb_n-}\${rbn_wentback_$rb_n-}"
    [ -n "$rb_got" ] || rb_kept="$rb_kept $rb_n"
  done
  if [ -n "$rb_undo_failed$rb_kept" ]; then rb_begin_endings rollback_incomplete
  elif [ -n "$rb_points" ]; then rb_begin_endings frozen
  elif [ -n "$rb_changed" ]; then rb_begin_endings rolled_back
  else rb_begin_endings stopped; fi
}
