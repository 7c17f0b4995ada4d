# The way back: what was started is undone, in the reverse order of the graph.
# A node is settled when its undos are through and everything that came after
# it is settled; one that never started settles at once. An undo that failed is
# never settled, so all that its step came after stays as it is: its undo,
# tried again, may need it.

rb_unwinding='' rb_changed='' rb_units=''
rb_undone='' rb_passed_over='' rb_undo_failed='' rb_kept='' rb_behind='' rb_points='' rb_harmless=''
# Not undone because the rule of a loop says so.
rb_unturned=''
# Rounds that were set aside; nodes of such rounds whose undo failed; the round
# with which more failed than its loop tolerates, if the loop has a rule for that.
rb_aside='' rb_stuck='' rb_breached=''
# Whether a person wants more undone than that rule says.
rb_whole=''

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
  # The undo of a round that was set aside goes on to its end.
  for rb_t in $rb_running; do
    rb_get "rbt_part_$rb_t"
    case $rb_got in undo | verify) ;; *) rb_end "$rb_t" cancelled ;; esac
  done
}

# rb_rollback_requested BY REASON...: a person wants the run to go back.
rb_rollback_requested() {
  rb_by=$1
  shift
  rb_words="rollback requested by $rb_by: $*"
  case $rb_mode,$rb_outcome in
    # It goes back already: all of it, whatever the rule of a loop says.
    stopping,*) rb_breached='' ;;
    unwinding,*) rb_whole=yes ;;
    ending,succeeded | closing,succeeded | closed,succeeded)
      rb_mode=forward rb_headline='' rb_headline_node='' rb_outcome=''
      rb_go_back '' "$rb_words" ;;
    ending,*) rb_end_all ;;
    closed,rollback_incomplete)
      rb_outcome=''
      rb_reset_endings
      if [ -n "$rb_breached" ]; then rb_unwind_the_rest; else rb_unwind_further; fi ;;
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

# A loop's rule left things as they are; now everything is undone.
rb_unwind_the_rest() {
  rb_mode=unwinding rb_unwinding='' rb_breached=''
  rb_undo_failed='' rb_kept='' rb_unturned='' rb_behind='' rb_points='' rb_harmless=''
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
  if [ -n "$rb_whole" ] && [ -n "$rb_breached" ] && [ -z "$rb_undo_failed" ]; then
    rb_unwind_the_rest
    rb_advance_unwinding
  else
    rb_finish_unwinding
  fi
}

rb_begin_unwinding() {
  rb_unwinding=yes
  for rb_n in $rb_units; do rb_forget_units "$rb_n"; done
  rb_find_barrier
  rb_find_staying
  for rb_node in $rb_nodes; do rb_find_units_of "$rb_node"; done
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

# What is never undone: points of no return that were started, or taken as done,
# and all that they came after.
rb_find_barrier() {
  rb_todo='' rb_points=''
  for rb_n in $rb_nodes; do
    eval "rb_got=\${rbn_back_$rb_n-},\${rbn_started_$rb_n-}\${rbn_taken_$rb_n-}"
    case $rb_got in irreversible,yes*) rb_points="$rb_points $rb_n" rb_todo="$rb_todo $rb_n" ;; esac
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

# The undos of a node are over.
rb_forget_units() {
  rb_less "$1" "$rb_units"; rb_units=$rb_rest
  eval "rbn_queue_$1='' rbn_units_$1='' rbn_unitruns_$1='' rbn_unitfailed_$1='' rbn_wentback_$1=''"
}

# Works out what of $rb_node is to be undone.
rb_find_units_of() {
  eval "rb_got=\${rbn_started_$1-},\${rbn_ending_$1-} rb_kind=\$rbn_kind_$1"
  [ "$rb_got" = yes, ] || return 0
  case $rb_kind in
    step) rb_find_step_units ;;
    enter)
      eval "rb_got=\$rbn_leave_$1 rb_undo=\$rbn_leaveundo_$1"
      rb_get "rbn_completed_$rb_got"
      [ -n "$rb_got" ] || rb_add_undo "$1" "$rb_undo" ;;
  esac
}

rb_find_step_units() {
  eval "rb_back=\$rbn_back_$rb_node rb_done=\${rbn_completed_$rb_node-} rb_clean=\${rbn_clean_$rb_node-}"
  eval "rb_bar=\${rbn_barred_$rb_node-} rb_repeatable=\${rbn_repeatable_$rb_node-}"
  case $rb_back in
    harmless)
      # Of a round it is said when the run itself goes back.
      [ "$rb_mode" != unwinding ] || rb_harmless="$rb_harmless $rb_node"
      return 0 ;;
    irreversible)
      rb_changed=yes
      [ -n "$rb_done" ] || rb_add_unit "$rb_node" finish
      return 0 ;;
  esac
  # All or nothing, and it was nothing.
  if [ -n "$rb_clean" ] && [ -z "$rb_done" ]; then return 0; fi
  rb_undo_at=$rb_node
  case $rb_back in block:*) rb_undo_at=${rb_back#block:} ;; esac
  eval "rb_undo=\$rbn_undo_$rb_undo_at"
  if rb_is_through "$rb_undo_at" "$rb_undo"; then return 0; fi
  if [ -n "$rb_bar" ]; then rb_stays_behind; return 0; fi
  if rb_stays "$rb_node"; then rb_changed=yes rb_unturned="$rb_unturned $rb_node"; return 0; fi
  rb_get "rbn_barred_$rb_undo_at"
  if [ -z "$rb_got" ]; then rb_add_undo "$rb_undo_at" "$rb_undo"
  elif [ -n "$rb_repeatable" ] && [ -z "$rb_done" ]; then rb_add_unit "$rb_node" finish
  else rb_stays_behind; fi
}

rb_stays_behind() { rb_changed=yes rb_behind="$rb_behind $rb_node"; }

# Whether the undo of a node worked already.
rb_is_through() {
  rb_get "rbn_through_$1"
  rb_has "$2" "$rb_got"
}

rb_add_undo() { rb_is_through "$1" "$2" || rb_add_unit "$1" "$2"; }

# rb_add_unit NODE UNDO: the rollback of a bracket's block comes before its leave.
rb_add_unit() {
  rb_changed=yes
  eval "rb_queue=\${rbn_queue_$1-}"
  if rb_has "$2" "$rb_queue"; then return 0; fi
  [ -n "$rb_queue" ] || rb_units="$rb_units $1"
  rb_get "rbn_undo_$1"
  if [ "$2" = "$rb_got" ]; then rb_queue="$2${rb_queue:+ $rb_queue}"; else rb_queue="${rb_queue:+$rb_queue }$2"; fi
  eval "rbn_queue_$1=\$rb_queue rbn_units_$1=\$rb_queue"
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
  rb_undoing_among "$1" || return 0
  eval "rb_list=\$rbn_needs_$1"
  for rb_need in $rb_list; do
    rb_is_among "$rb_need" || continue
    eval "rb_left=\$((rbn_unsettled_$rb_need - 1)); rbn_unsettled_$rb_need=\$rb_left"
    [ "$rb_left" != 0 ] || rb_reached="$rb_reached $rb_need"
  done
}

# The first undo of a node's queue.
rb_start_unit() {
  if [ "$rb_mode" = unwinding ] && rb_has "$1" "$rb_stuck"; then
    rb_less "$1" "$rb_stuck"; rb_stuck=$rb_rest
    rb_give_up_undo "$1"
    return 0
  fi
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
  if ! rb_undoing_among "$rb_node"; then rb_undo_ended_alone; return 0; fi
  case $rb_result in
    ok)
      rb_get "rbt_verify_$rb_task"
      if [ -n "$rb_got" ]; then rb_wish "$rb_got" undoing; else rb_unit_done "$rb_node"; fi ;;
    in_doubt) rb_start_alternative "$rb_node" "$rb_task" ;;
    *) rb_alternative_failed ;;
  esac
}

rb_verify_ended() {
  if ! rb_undoing_among "$rb_node"; then rb_undo_ended_alone; return 0; fi
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
  rb_become "$1" undo_failed
  eval "rbn_unitfailed_$1=yes"
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
      if [ "$rb_mode" = unwinding ]; then rb_give_up_undo "$1"
      else eval "rbn_unitruns_$1=''"; rb_stuck_in_round "$1"; fi ;;
  esac
}

rb_give_up_undo() {
  rb_become "$1" undo_failed
  eval "rbn_unitruns_$1='' rbn_unitfailed_$1=yes"
  rb_undo_failed="$rb_undo_failed $1"
}

rb_pass_over() {
  # Said at once: what follows at this node may be another way back's.
  rb_has "$1" "$rb_passed_over" || rb_passed_over="$rb_passed_over $1"
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
  eval "rbn_queue_$1='' rbn_unitruns_$1='' rbn_wentback_$1=yes rb_list=\$rbn_units_$1"
  if rb_has "$1" "$rb_passed_over"; then
    rb_become "$1" undo_failed
  elif rb_has finish "$rb_list"; then
    rb_become "$1" finished
  else
    rb_undone="$rb_undone $1"
    rb_become "$1" undone
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
  if [ -n "$rb_undo_failed$rb_kept$rb_unturned" ]; then rb_begin_endings rollback_incomplete
  elif [ -n "$rb_points" ]; then rb_begin_endings frozen
  elif [ -n "$rb_changed" ]; then rb_begin_endings rolled_back
  else rb_begin_endings stopped; fi
}
