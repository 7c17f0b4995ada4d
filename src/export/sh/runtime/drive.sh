# What the run wishes is done, what happens is recorded, and what is recorded
# the run is told.

rb_signals='' rb_signals_heard=0 rb_interrupts=0 rb_lull=0 rb_next=''

rb_drive() {
  trap 'rb_signals="$rb_signals INT"' INT
  trap 'rb_signals="$rb_signals TERM"' TERM
  trap 'rb_signals="$rb_signals HUP"' HUP
  rb_next_turn=rb_turn
  # yash loses a signal that comes at a `return`, and the function goes on. While a trap
  # is carried out signals wait: so there each turn is one.
  if [ -n "${YASH_VERSION-}" ]; then
    trap rb_turn USR1
    # shellcheck disable=SC2016  # it is expanded at each turn
    rb_next_turn='kill -USR1 "$$"'
  fi
  while [ "$rb_mode" != closed ]; do eval "$rb_next_turn"; done
  # What is left is said at once.
  rb_deaf
}

rb_turn() {
  rb_obey
  [ "$rb_mode" != closed ] || return 0
  rb_nap
  rb_collect
  rb_hear_signals
  rb_hear_to_go_back
  rb_tick
  # Nobody is asked before it is known whether there is anything to ask about.
  case $rb_mode,$rb_looks_wanted in pausing,* | *,) rb_ask_people ;; esac
}

rb_obey() {
  while :; do
    if [ "$rb_mode" = closing ]; then
      rb_record closed "$rb_outcome"
      return 0
    fi
    rb_do_ends
    case $rb_mode in pausing) return 0 ;; esac
    for rb_t in $rb_wishes; do
      eval "rb_attempt=\$((\${rbt_attempt_$rb_t:-0} + 1))"
      # Once this is recorded the run goes on, in loops of its own that use $rb_t.
      rb_launching=$rb_t
      rb_record intended "$rb_t" "$rb_attempt"
      rb_launch "$rb_launching"
      rb_lull=0
      continue 2
    done
    for rb_c in $rb_looks_wanted; do
      rb_get "rbc_kind_$rb_c"
      case $rb_got in
        window) rb_look_at_clock "$rb_c" ;;
        rehearsed) rb_look_for_rehearsal "$rb_c" ;;
      esac
      continue 2
    done
    [ -n "$rb_questions" ] || return 0
    rb_was_asked=$rb_questions
    rb_ask_people
    [ "$rb_was_asked" != "$rb_questions" ] || return 0
  done
}

# Asks what is to be ended to end, and ends it after the grace.
rb_do_ends() {
  for rb_t in $rb_ends; do
    eval "rb_files=\$rbt_files_$rb_t rb_killat=\$rbt_killat_$rb_t rb_adopted=\${rbt_adopted_$rb_t-}"
    # Some shells would end at once where this cannot be written.
    if [ ! -e "$rb_files.end" ]; then (: >"$rb_files.end") 2>/dev/null || :; fi
    # It may not have its leader yet.
    [ -s "$rb_files.pid" ] || continue
    read -r rb_group rb_rest <"$rb_files.pid"
    # Another process may have the number of what ran when the run was left.
    if [ -n "$rb_adopted" ] && ! rb_leads "$rb_files.pid"; then continue; fi
    rb_clock
    if [ -z "$rb_killat" ]; then
      eval "rbt_killat_$rb_t=$((rb_now + rb_grace))"
      # What runs elsewhere is ended there first.
      if [ -e "$rb_files.there" ]; then rb_let_go "$rb_files"
      else rb_signal TERM "$rb_group"; fi
    fi
    if [ "$rb_interrupts" -gt 1 ] || { [ -n "$rb_killat" ] && [ "$rb_killat" -le "$rb_now" ]; }; then
      rb_signal KILL "$rb_group"
    fi
  done
}

rb_is_atomic() {
  eval "rb_node=\$rbt_node_$1 rb_part=\$rbt_part_$1"
  rb_get "rbn_atomic_$rb_node"
  [ "$rb_part,$rb_got" = forward,yes ]
}

# What has ended is recorded. Where nothing can be recorded any more, nothing is
# ever heard of what runs, nor of what is measured.
rb_collect() {
  if [ "$rb_lull" -gt 20 ] && [ ! -f "$rb_dir/journal" ]; then rb_stand_still; fi
  for rb_t in $rb_running; do
    eval "rb_files=\$rbt_files_$rb_t rb_ending=\$rbt_ending_$rb_t rb_adopted=\${rbt_adopted_$rb_t-}"
    if [ -s "$rb_files.rc" ]; then
      read -r rb_result rb_status rb_words <"$rb_files.rc" || :
      # Only after something atomic it matters that the command itself worked.
      if [ "$rb_result" = unmet ] && ! rb_is_atomic "$rb_t"; then rb_result=failed; fi
      case ${rb_ending:+asked},$rb_result in
        asked,failed | asked,unmet) rb_result=$rb_ending rb_status='' rb_words='' ;;
      esac
    elif [ -n "$rb_adopted" ] && ! rb_leads "$rb_files.pid" && ! rb_is_waited_for "$rb_files" && [ ! -s "$rb_files.rc" ]; then
      rb_find_result_of_forsaken "$rb_t"
    elif [ -z "$rb_adopted" ] && rb_is_forsaken "$rb_t" && [ ! -s "$rb_files.rc" ]; then
      if [ -s "$rb_files.pid" ]; then eval "rbt_adopted_$rb_t=yes"
      elif [ -z "$rb_ending" ]; then rb_launch "$rb_t"
      else rb_record ended "$rb_t" "$rb_ending"; fi
      continue
    else
      continue
    fi
    rb_lull=0
    eval "rbt_adopted_$rb_t=''"
    rb_record ended "$rb_t" "$rb_result" ${rb_status:+"$rb_status"} ${rb_words:+"$rb_words"}
  done
}

# rb_find_result_of_forsaken TASK: nobody knows how it ended, unless it never began.
# Of a message it is told at the end: people may wait for it.
rb_find_result_of_forsaken() {
  rb_result=in_doubt rb_status='' rb_words=''
  eval "rb_n=\$rbt_node_$1"
  rb_get "rbn_kind_$rb_n"
  [ "$rb_got" != notify ] || rb_result=failed rb_status=- rb_words='the interpreter was gone before it was done'
}

# Short at first, longer while nothing happens, and never past what is due next.
# Signals cut it short.
rb_nap() {
  rb_lull=$((rb_lull + 1))
  case $rb_lull in
    # Each of these is a process, which takes longer to start than to sleep.
    1) rb_sleep_a_little 0.003; return 0 ;;
    2) rb_sleep_a_little 0.004; return 0 ;;
    3) rb_sleep_a_little 0.008; return 0 ;;
    4 | 5 | 6) rb_sleep_a_little 0.016; return 0 ;;
    7 | 8 | 9 | 1?) rb_left=5 ;;
    2? | 3? | 4? | 5?) rb_left=20 ;;
    *) rb_left=100 ;;
  esac
  # A person who types waits for an answer.
  if [ -n "$rb_asked" ] && [ "$rb_left" -gt 20 ]; then rb_left=20; fi
  if [ -n "$rb_next" ] && [ $((rb_next - rb_now)) -lt "$rb_left" ]; then
    rb_left=$((rb_next - rb_now))
    [ "$rb_left" -gt 0 ] || rb_left=1
  fi
  if [ "$rb_left" -ge 100 ]; then
    sleep 1 >/dev/null 2>&1 &
    wait "$!" || :
  else
    case $rb_left in ?) rb_left=0$rb_left ;; esac
    rb_sleep_a_little "0.$rb_left"
  fi
}

# Records that time passed, where something waited for that.
rb_tick() {
  rb_clock
  rb_next=''
  for rb_t in $rb_running; do
    eval "rb_got=\$rbt_deadline_$rb_t rb_ending=\$rbt_ending_$rb_t"
    if [ -z "$rb_ending" ] && rb_is_due "$rb_got"; then rb_pass_time; return 0; fi
  done
  rb_show_beats
  case $rb_mode in pausing) return 0 ;; esac
  for rb_n in $rb_sleeping; do
    rb_get "rbn_until_$rb_n"
    if rb_is_due "$rb_got"; then rb_pass_time; return 0; fi
  done
  for rb_g in $rb_gates; do
    eval "rb_got=\${rbn_deadline_$rb_g-} rb_failed=\$rbn_gatefailed_$rb_g rb_conditions=\$rbn_conditions_$rb_g"
    [ -z "$rb_failed" ] || continue
    if rb_is_due "$rb_got"; then rb_pass_time; return 0; fi
    for rb_c in $rb_conditions; do
      eval "rb_held=\$rbc_held_$rb_c rb_until=\${rbc_until_$rb_c-} rb_due=\${rbc_due_$rb_c-}"
      rb_get "rbc_kind_$rb_c"
      if { [ -z "$rb_held" ] || [ "$rb_got" = window ]; } && { rb_is_due "$rb_until" || rb_is_due "$rb_due"; }; then rb_pass_time; return 0; fi
    done
  done
  rb_take_samples
}

rb_pass_time() { rb_lull=0; rb_record tick; }

# rb_is_due AT: whether it is; the first that is not yet is in $rb_next.
rb_is_due() {
  [ -n "$1" ] || return 1
  [ "$1" -gt "$rb_now" ] || return 0
  if [ -z "$rb_next" ] || [ "$1" -lt "$rb_next" ]; then rb_next=$1; fi
  return 1
}

rb_hear_signals() {
  while :; do
    # Only the traps write the list, so none of it is lost.
    set -- $rb_signals
    [ $# -gt "$rb_signals_heard" ] || return 0
    shift "$rb_signals_heard"
    rb_signals_heard=$((rb_signals_heard + 1))
    rb_heard=$1
    rb_lull=0
    if [ "$rb_heard" = HUP ]; then
      rb_say 'the terminal is gone: the run pauses'
      rb_terminal=''
      rb_record pause_requested "$rb_starter"
      continue
    fi
    rb_interrupts=$((rb_interrupts + 1))
    case $rb_interrupts,$rb_heard,$rb_terminal in
      1,INT,yes)
        rb_asked=interrupt rb_refused=''
        rb_choices interrupt
        rb_prompt "$rb_newline? interrupted: what now?$rb_newline  $rb_choices (Ctrl-C again rolls back at once): " ;;
      1,INT,*) rb_record rollback_requested "$rb_starter" interrupted ;;
      1,*) rb_record rollback_requested "$rb_starter" 'asked to end (TERM)' ;;
      2,*)
        rb_stop_reading
        rb_say 'what runs is ended without grace'
        rb_record rollback_requested "$rb_starter" interrupted ;;
      *)
        rb_ways_on
        rb_say "left at once; what was started goes on by itself$rb_newline$rb_got"
        rb_leave 5 ;;
    esac
  done
}

# The answer to what an interruption at the terminal means.
rb_decide() {
  case $1 in
    rollback) rb_record rollback_requested "$rb_starter" interrupted ;;
    pause) rb_record pause_requested "$rb_starter" ;;
    go) rb_interrupts=0 ;;
  esac
}
