# The way forward. Facts go in (rb_fact), wishes come out ($rb_wishes, $rb_ends,
# $rb_questions); nothing here starts a process or looks at a clock.

rb_mode=unopened rb_outcome='' rb_headline='' rb_headline_node='' rb_starter=''
rb_ready='' rb_sleeping='' rb_running='' rb_wishes='' rb_ends='' rb_questions=''
rb_gates='' rb_moment_zero='' rb_looks_wanted='' rb_altered=''

rb_fact() {
  rb_altered=''
  case $1 in
    opened) rb_open "$2" "${3-}" ;;
    intended) rb_intended "$2" "$3" ;;
    ended) shift; rb_ended "$@" ;;
    answered) shift; rb_answered "$@" ;;
    unanswerable) rb_unanswerable "$2" ;;
    sampled) shift; rb_sampled "$@" ;;
    window) shift; rb_window_seen "$@" ;;
    rehearsal) rb_rehearsal_seen "$2" "$3" ;;
    rollback_requested) shift; rb_rollback_requested "$@" ;;
    pause_requested) rb_pause_for '' "paused by $2" ;;
    resumed) rb_resumed ;;
    closed) rb_closed "$2" ;;
    tick) ;;
  esac
  rb_advance
}

# rb_become NODE STATE: what is new stands in $rb_altered.
rb_become() {
  eval "rb_former=\$rbn_state_$1; rbn_state_$1=\$2"
  [ "$rb_former" = "$2" ] || rb_altered="$rb_altered $1"
}

rb_open() {
  rb_starter=$1 rb_moment_zero=$2
  rb_mode=forward
  for rb_n in $rb_nodes; do
    rb_get "rbn_left_$rb_n"
    [ "$rb_got" = 0 ] || continue
    rb_get "rbn_ending_$rb_n"
    [ -n "$rb_got" ] || rb_ready="$rb_ready $rb_n"
  done
}

rb_advance() {
  rb_expire
  while :; do
    rb_was=$rb_mode
    case $rb_mode in
      forward) rb_advance_forward ;;
      pausing) [ -n "$rb_running" ] || rb_close waiting ;;
      stopping) rb_advance_stopping ;;
      unwinding) rb_advance_unwinding ;;
      ending) rb_advance_ending ;;
    esac
    [ "$rb_mode" != "$rb_was" ] || return 0
  done
}

rb_close() { rb_mode=closing rb_outcome=$1; }

rb_closed() {
  rb_mode=closed rb_outcome=$1
  [ "$1" = waiting ] || rb_wishes='' rb_ends='' rb_questions=''
}

rb_advance_forward() {
  rb_baseline_is_taken || return 0
  while :; do
    rb_start_ready
    rb_advance_gates
    rb_advance_watches
    rb_advance_rounds
    [ "$rb_mode" = forward ] || return 0
    [ -n "$rb_ready" ] || rb_sleeper_is_due || break
  done
  rb_get "rbn_state_$rb_release_end"
  if [ -z "$rb_running" ] && rb_is_past "$rb_got"; then rb_begin_endings succeeded; fi
}

rb_sleeper_is_due() {
  for rb_n in $rb_sleeping; do
    rb_get "rbn_until_$rb_n"
    [ "$rb_got" -gt "$rb_now" ] || return 0
  done
  return 1
}

# Begins all that is ready, and wakes who has slept long enough.
rb_start_ready() {
  for rb_sleeper in $rb_sleeping; do
    rb_get "rbn_until_$rb_sleeper"
    [ "$rb_got" -le "$rb_now" ] || continue
    rb_less "$rb_sleeper" "$rb_sleeping"; rb_sleeping=$rb_rest
    rb_get "rbn_state_$rb_sleeper"
    case $rb_got in
      scheduled) rb_begin "$rb_sleeper" ;;
      retrying) rb_get "rbn_run_$rb_sleeper"; rb_wish "$rb_got" running ;;
      undoing) rb_get "rbn_alternative_$rb_sleeper"; rb_wish "$rb_got" undoing ;;
    esac
  done
  while :; do
    case $rb_mode in forward | ending) ;; *) return 0 ;; esac
    rb_pop rb_ready || return 0
    rb_begin "$rb_head"
  done
}

rb_begin() {
  rb_get "rbn_skip_$1"
  if [ -n "$rb_got" ]; then rb_finish "$1" skipped; return 0; fi
  rb_get "rbn_kind_$1"
  case $rb_got in
    open) rb_open_block "$1" ;;
    close) rb_finish "$1" finished ;;
    step) rb_wish_first "$1" ;;
    gate) rb_begin_gate "$1" ;;
    *) rb_get "rbn_run_$1"; rb_wish "$rb_got" running ;;
  esac
}

# A block begins, at its moment if it has one.
rb_open_block() {
  rb_get "rbn_at_$1"
  rb_due=0
  if [ -n "$rb_got" ]; then
    if [ -n "$rb_moment_zero" ]; then rb_due=$((rb_moment_zero + rb_got))
    elif [ "$rb_got" -gt 0 ]; then rb_due=$rb_got
    elif [ "$rb_got" = 0 ]; then rb_moment_zero=$rb_now; fi
  fi
  if [ "$rb_due" -le "$rb_now" ]; then rb_finish "$1" finished; return 0; fi
  rb_become "$1" scheduled
  eval "rbn_until_$1=$rb_due"
  rb_sleeping="$rb_sleeping $1"
}

# rb_wish TASK STATE: wants the next attempt of a task begun.
rb_wish() {
  rb_get "rbt_node_$1"
  rb_become "$rb_got" "$2"
  rb_has "$1" "$rb_wishes" || rb_wishes="$rb_wishes $1"
}

# What a step begins with. Captures are taken until its change has begun: after
# that they would no longer show what was there before.
rb_wish_first() {
  eval "rb_run=\$rbn_run_$1 rb_first=\${rbn_first_$1-}"
  eval "rb_begun=\${rbn_started_$1-} rb_clean=\${rbn_clean_$1-}"
  if [ -n "$rb_begun" ] && [ -z "$rb_clean" ]; then rb_first=''; fi
  rb_wish "${rb_first:-$rb_run}" running
}

rb_intended() {
  rb_wished=''
  if rb_has "$1" "$rb_wishes"; then
    rb_wished=yes
    rb_less "$1" "$rb_wishes"; rb_wishes=$rb_rest
  fi
  eval "rb_node=\$rbt_node_$1 rb_part=\$rbt_part_$1"
  eval "rbt_attempt_$1=$2 rbt_ending_$1=''"
  case $rb_part in
    forward) eval "rbn_started_$rb_node=yes rbn_clean_$rb_node='' rbn_began_$rb_node=\${rbn_began_$rb_node:-$rb_now}"
             rb_since=rbn_began_$rb_node ;;
    undo) eval "rbn_undobegan_$rb_node=\${rbn_undobegan_$rb_node:-$rb_now}"
          rb_since=rbn_undobegan_$rb_node ;;
    *) eval "rbt_began_$1=\${rbt_began_$1:-$rb_now}"
       rb_since=rbt_began_$1 ;;
  esac
  eval "rb_limit=\${rbt_limit_$1-} rb_within=\${rbt_within_$1-} rb_since=\$$rb_since"
  rb_deadline=''
  # Of one that never began its intent is recorded once more.
  rb_less "$1" "$rb_ends"; rb_ends=$rb_rest
  rb_less "$1" "$rb_running"; rb_running=$rb_rest
  if [ -n "$rb_limit" ]; then rb_deadline=$((rb_now + rb_limit)); fi
  if [ -n "$rb_within" ]; then
    rb_since=$((rb_since + rb_within))
    if [ -z "$rb_deadline" ] || [ "$rb_since" -lt "$rb_deadline" ]; then rb_deadline=$rb_since; fi
  fi
  eval "rbt_deadline_$1=\$rb_deadline"
  rb_running="$rb_running $1"
  if [ -z "$rb_wished" ] && rb_is_unwanted "$1"; then rb_end "$1" cancelled; fi
}

# rb_is_unwanted TASK: whether nothing that it would do is wanted any more.
rb_is_unwanted() {
  eval "rb_got=\$rbt_node_$1 rb_part=\$rbt_part_$1"
  case $rb_part in undo | verify) return 1 ;; esac
  rb_is_cut_short "$rb_got"
}

# What is past its deadline is to be ended.
rb_expire() {
  for rb_t in $rb_running; do
    eval "rb_got=\$rbt_deadline_$rb_t"
    if [ -n "$rb_got" ] && [ "$rb_got" -le "$rb_now" ]; then rb_end "$rb_t" timed_out; fi
  done
}

rb_end() {
  rb_get "rbt_ending_$1"
  if [ -n "$rb_got" ]; then return 0; fi
  eval "rbt_ending_$1=\$2"
  rb_ends="$rb_ends $1"
}

rb_end_all() { for rb_t in $rb_running; do rb_end "$rb_t" cancelled; done; }

rb_goes_back() { [ "$rb_mode" = stopping ] || [ "$rb_mode" = unwinding ]; }

# Whether nothing more of a node is wanted on the way forward.
rb_is_cut_short() { rb_goes_back || rb_aside_around "$1"; }

# rb_ended TASK RESULT [STATUS MESSAGE...]
rb_ended() {
  rb_has "$1" "$rb_running" || return 0
  rb_less "$1" "$rb_running"; rb_running=$rb_rest
  rb_less "$1" "$rb_ends"; rb_ends=$rb_rest
  rb_task=$1 rb_result=$2
  [ "$2" != ok ] || rb_load_values "$1"
  eval "rb_node=\$rbt_node_$1 rb_part=\$rbt_part_$1 rb_why_ended=\$rbt_ending_$1"
  shift 2
  [ $# = 0 ] || shift
  rb_words=$*
  case $rb_part in
    capture) rb_capture_ended ;;
    probe) rb_probe_ended ;;
    forward) rb_forward_ended ;;
    check) [ "$rb_why_ended" = cancelled ] || rb_check_ended ;;
    undo) rb_undo_ended ;;
    verify) rb_verify_ended ;;
  esac
}

rb_capture_ended() {
  if rb_is_cut_short "$rb_node"; then rb_become "$rb_node" cancelled; return 0; fi
  case $rb_result in
    ok) rb_get "rbt_then_$rb_task"; rb_wish "$rb_got" running ;;
    in_doubt) rb_wish "$rb_task" running ;;
    *) rb_give_up ;;
  esac
}

rb_probe_ended() {
  if rb_is_cut_short "$rb_node"; then rb_become "$rb_node" cancelled; return 0; fi
  eval "rb_begun=\${rbn_started_$rb_node-} rb_run=\$rbn_run_$rb_node"
  case $rb_result in
    ok) eval "rbn_completed_$rb_node=yes"; rb_finish "$rb_node" already_done ;;
    failed) if [ -n "$rb_begun" ]; then rb_doubt_remains "$rb_node"; else rb_wish "$rb_run" running; fi ;;
    in_doubt) rb_wish "$rb_task" running ;;
    *) rb_give_up ;;
  esac
}

rb_forward_ended() {
  case $rb_result in
    ok) eval "rbn_completed_$rb_node=yes" ;;
    failed) ;;
    # It was ended from outside, or worked and printed something else than was
    # expected: what it left stays there also when a later one leaves nothing.
    *) eval "rbn_leftsomething_$rb_node=yes" ;;
  esac
  if rb_is_finishing "$rb_node"; then rb_finish_ended; return 0; fi
  if rb_is_cut_short "$rb_node"; then
    case $rb_result in
      ok) rb_become "$rb_node" finished ;;
      failed | unmet) rb_note_clean; rb_become "$rb_node" failed ;;
      *) rb_become "$rb_node" cancelled ;;
    esac
    return 0
  fi
  case $rb_result in
    ok) rb_finish "$rb_node" finished ;;
    in_doubt) rb_in_doubt "$rb_node" ;;
    *)
      if rb_may_try_again && rb_pause_before_retry; then
        # The run may turn before the next one begins.
        rb_note_clean
        rb_become "$rb_node" retrying
        rb_sleep "$rb_node"
      else
        rb_give_up
      fi ;;
  esac
}

rb_sleep() {
  eval "rbn_until_$1=$((rb_now + rb_pause))"
  rb_sleeping="$rb_sleeping $1"
}

# Whether what this attempt left lets another one begin. One that is atomic
# leaves something behind where it was ended from outside, or where it worked and
# printed something else than was expected.
rb_may_try_again() {
  eval "rb_atomic=\${rbn_atomic_$rb_node-} rb_repeatable=\${rbn_repeatable_$rb_node-}"
  [ -z "$rb_atomic" ] || [ -n "$rb_repeatable" ] || [ "$rb_result" = failed ]
}

# The pause before the next attempt of $rb_task, in $rb_pause; false: there is
# none. Pauses are at most a day.
rb_pause_before_retry() {
  eval "rb_times=\${rbt_retry_$rb_task-} rb_within=\${rbt_within_$rb_task-} rb_pause=\${rbt_every_$rb_task-}"
  eval "rb_tried=\$rbt_attempt_$rb_task"
  if [ -n "$rb_times" ]; then
    case $rb_part in
      undo) rb_get "rbn_undobefore_$rb_node" ;;
      forward) rb_get "rbn_before_$rb_node" ;;
      *) rb_got=0 ;;
    esac
    rb_tried=$((rb_tried - ${rb_got:-0}))
    [ "$rb_tried" -gt 0 ] || rb_tried=1
    [ "$rb_tried" -le "$rb_times" ] || return 1
    rb_get "rbt_pauses_$rb_task"
    if [ -n "$rb_got" ]; then
      # Those behind the last are a day long.
      rb_pause=8640000
      for rb_word in $rb_got; do
        rb_tried=$((rb_tried - 1))
        if [ "$rb_tried" -le 0 ]; then rb_pause=$rb_word; break; fi
      done
    fi
    return 0
  fi
  [ -n "$rb_within" ] || return 1
  case $rb_part in
    undo) rb_get "rbn_undobegan_$rb_node" ;;
    forward) rb_get "rbn_began_$rb_node" ;;
    *) rb_get "rbt_began_$rb_task" ;;
  esac
  [ -n "$rb_got" ] && [ $((rb_now + rb_pause)) -lt $((rb_got + rb_within)) ]
}

rb_note_clean() {
  eval "rb_atomic=\${rbn_atomic_$rb_node-} rb_got=\${rbn_leftsomething_$rb_node-}"
  if [ -n "$rb_atomic" ] && [ -z "$rb_got" ] && [ "$rb_result" = failed ]; then rb_atomic=yes; else rb_atomic=''; fi
  eval "rbn_clean_$rb_node=\$rb_atomic"
}

# Why $rb_task ended as it did, in $rb_message.
rb_failure_message() {
  eval "rb_message=\$rbt_label_$rb_task rb_limit=\${rbt_limit_$rb_task-}"
  case $rb_result in
    failed | unmet) rb_message="$rb_message failed: $rb_words" ;;
    timed_out)
      rb_message="$rb_message timed out"
      # The limit of all its attempts, or else its own.
      eval "rb_got=\${rbt_within_$rb_task-}"
      if [ -n "$rb_got" ]; then
        case $rb_part in
          forward) eval "rb_since=\${rbn_began_$rb_node:-$rb_now}" ;;
          undo) eval "rb_since=\${rbn_undobegan_$rb_node:-$rb_now}" ;;
          *) eval "rb_since=\${rbt_began_$rb_task:-$rb_now}" ;;
        esac
        [ $((rb_since + rb_got)) -gt "$rb_now" ] || rb_limit=$rb_got
      fi
      if [ -n "$rb_limit" ]; then rb_elapsed "$rb_limit"; rb_message="$rb_message after $rb_got"; fi ;;
    cancelled) rb_message="$rb_message was cancelled" ;;
    in_doubt) rb_message="nobody knows how $rb_message ended" ;;
  esac
}

# No attempt is left.
rb_give_up() {
  rb_note_clean
  rb_failure_message
  eval "rb_got=\${rbn_ending_$rb_node-} rb_else=\${rbn_else_$rb_node:-rollback}"
  if [ -n "$rb_got" ]; then rb_failed_in_ending "$rb_node" "$rb_message"; return 0; fi
  case $rb_else in
    rollback) rb_become "$rb_node" failed; rb_fail "$rb_node" "$rb_message" ;;
    continue) rb_finish "$rb_node" passed_over ;;
    stop)
      if rb_may_begin_again "$rb_node"; then
        rb_become "$rb_node" failed
        rb_begin_anew "$rb_node"
        rb_ready="$rb_ready $rb_node"
      else
        rb_ask_about_failure "$rb_node"
      fi
      rb_pause_for "$rb_node" "$rb_message" ;;
    ask)
      rb_ask_about_failure "$rb_node"
      rb_note_headline "$rb_node" "$rb_message" ;;
  esac
}

rb_note_headline() {
  if [ -z "$rb_headline" ]; then rb_headline_node=$1 rb_headline=$2; fi
}

rb_forget_headline_of() {
  if [ "$rb_headline_node" = "$1" ]; then rb_headline='' rb_headline_node=''; fi
}

rb_ask() { rb_has "$1" "$rb_questions" || rb_questions="$rb_questions $1"; }
rb_settle() { rb_less "$1" "$rb_questions"; rb_questions=$rb_rest; }

rb_ask_about_failure() { rb_become "$1" asking; rb_ask "failed:$1"; }

# Whether a node that failed may be begun again without a person's word.
rb_may_begin_again() {
  eval "rb_got=\$rbn_kind_$1"
  case $rb_got in
    check) return 0 ;;
    step)
      eval "rb_got=\${rbn_repeatable_$1-}\${rbn_clean_$1-}"
      [ -z "$rb_got" ] || return 0
      rb_get "rbn_started_$1"
      [ -z "$rb_got" ] ;;
    *) return 1 ;;
  esac
}

# Retries and their time are counted from here.
rb_begin_anew() {
  rb_get "rbn_run_$1"
  [ -n "$rb_got" ] || return 0
  eval "rbn_before_$1=\${rbt_attempt_$rb_got:-0} rbn_began_$1=''"
}

rb_finish() {
  rb_become "$1" "$2"
  rb_free "$1"
}

# rb_let_come NODE: one thing less that it waits for.
rb_let_come() {
  eval "rb_left=\$((rbn_left_$1 - 1)); rbn_left_$1=\$rb_left"
  # What a round waited for outside of it comes too late once it is set aside.
  if [ "$rb_left" -gt 0 ] || rb_aside_around "$1"; then return 0; fi
  rb_ready="$rb_ready $1"
}

rb_is_past() {
  case $1 in finished | skipped | already_done | passed_over) return 0 ;; esac
  return 1
}

# Nobody knows how a forward part ended.
rb_in_doubt() {
  eval "rb_got=\$rbn_kind_$1 rb_run=\$rbn_run_$1 rb_probe=\${rbn_probe_$1-}"
  case $rb_got in
    step) if [ -n "$rb_probe" ]; then rb_wish "$rb_probe" running; else rb_doubt_remains "$1"; fi ;;
    enter) rb_doubt_remains "$1" ;;
    notify) rb_finish "$1" passed_over ;;
    *) rb_wish "$rb_run" running ;;
  esac
}

rb_doubt_remains() {
  eval "rb_got=\${rbn_repeatable_$1-} rb_run=\$rbn_run_$1"
  if [ -n "$rb_got" ]; then rb_wish "$rb_run" running; return 0; fi
  eval "rb_got=\${rbn_ending_$1-} rb_title=\$rbn_name_$1"
  if [ -n "$rb_got" ]; then
    rb_failed_in_ending "$1" "nobody knows whether \`$rb_title\` took effect"
  else
    rb_become "$1" asking
    rb_ask "doubt:$1"
  fi
}

# Starts nothing new; the run waits once what runs has ended.
rb_pause_for() {
  if [ "$rb_mode" = forward ]; then
    rb_note_headline "$1" "$2"
    rb_mode=pausing
  fi
}

rb_is_waiting() {
  case $rb_mode,$rb_outcome in
    pausing,* | closing,waiting | closed,waiting) return 0 ;;
  esac
  return 1
}

# Another process goes on with this run.
rb_resumed() {
  if rb_is_waiting; then
    rb_mode=forward rb_outcome=''
    rb_forget_why_it_waits asking
  fi
  if [ "$rb_mode" = forward ]; then
    rb_restart_gates
    rb_restart_watches
    for rb_n in $rb_sleeping; do
      rb_get "rbn_state_$rb_n"
      [ "$rb_got" != retrying ] || eval "rbn_began_$rb_n=''"
    done
    # The time in which nobody tried does not count, also where the attempt that was
    # made last ended meanwhile.
    for rb_t in $rb_running; do
      eval "rb_n=\$rbt_node_$rb_t rb_part=\$rbt_part_$rb_t"
      case $rb_part in
        forward) eval "rbn_began_$rb_n=$rb_now" ;;
        check) eval "rbt_began_$rb_t=$rb_now" ;;
      esac
    done
  fi
}

# rb_forget_why_it_waits 'STATES': only what went wrong at a node that is still
# in one of these states stays the headline; that somebody is waited for is none.
rb_forget_why_it_waits() {
  rb_got=''
  if [ -n "$rb_headline_node" ]; then rb_get "rbn_state_$rb_headline_node"; fi
  if [ "$rb_got" = asking ] && ! rb_has "failed:$rb_headline_node" "$rb_questions" && ! rb_has "gate:$rb_headline_node" "$rb_questions"; then rb_got=''; fi
  if [ -z "$rb_got" ] || ! rb_has "$rb_got" "$1"; then rb_headline='' rb_headline_node=''; fi
}
