# What runs when the outcome is known. Whatever happens in it, the release is
# over; only a rollback whose verification fails is no longer a good one.

rb_ending_queue='' rb_endings_seen='' rb_ending_failures=''

rb_begin_endings() {
  rb_wishes='' rb_questions='' rb_ready='' rb_sleeping=''
  rb_mode=ending rb_outcome=$1
  rb_queue_endings
  rb_begin_next_ending
}

rb_queue_endings() {
  for rb_n in $rb_endings; do
    eval "rb_got=\$rbe_on_$rb_n"
    case $rb_got,$rb_outcome in
      success,succeeded | rollback,rolled_back) ;;
      stuck,rollback_incomplete | stuck,frozen) ;;
      failure,stopped | failure,rolled_back | failure,rollback_incomplete | failure,frozen) ;;
      always,*) ;;
      *) continue ;;
    esac
    rb_has "$rb_n" "$rb_endings_seen" && continue
    rb_endings_seen="$rb_endings_seen $rb_n" rb_ending_queue="$rb_ending_queue $rb_n"
  done
}

# As if no ending had run yet.
rb_reset_endings() {
  rb_ending_queue='' rb_endings_seen='' rb_ending_failures=''
  for rb_n in $rb_nodes; do
    rb_get "rbn_ending_$rb_n"
    [ -n "$rb_got" ] || continue
    rb_left=0
    eval "rb_list=\$rbn_needs_$rb_n"
    for rb_word in $rb_list; do rb_left=$((rb_left + 1)); done
    eval "rbn_left_$rb_n=$rb_left rbn_state_$rb_n=waiting rbn_started_$rb_n='' rbn_completed_$rb_n='' rbn_clean_$rb_n='' rbn_freed_$rb_n='' rbn_leftsomething_$rb_n=''"
    rb_begin_anew "$rb_n"
  done
}

rb_begin_next_ending() {
  rb_ending_queue=${rb_ending_queue# }
  [ -z "$rb_ending_queue" ] || rb_ready="$rb_ready ${rb_ending_queue%% *}"
}

rb_advance_ending() {
  while :; do
    rb_start_ready
    rb_ending_queue=${rb_ending_queue# }
    if [ -z "$rb_ending_queue" ]; then rb_close "$rb_outcome"; return 0; fi
    rb_last=${rb_ending_queue%% *}
    for rb_n in $rb_nodes; do
      eval "rb_got=\${rbn_ending_$rb_n-} rb_state_there=\$rbn_state_$rb_n"
      if [ "$rb_got" = "$rb_last" ] && ! rb_is_past "$rb_state_there"; then return 0; fi
    done
    rb_ending_queue=${rb_ending_queue#"$rb_last"}
    rb_begin_next_ending
  done
}

# A statement of an ending failed: the next one still runs.
rb_failed_in_ending() {
  rb_ending_failures="$rb_ending_failures$rb_newline$2"
  rb_get "rbn_ending_$1"
  eval "rb_got=\$rbn_kind_$1,\$rbe_on_$rb_got"
  if [ "$rb_got,$rb_outcome" = check,rollback,rolled_back ]; then
    rb_outcome=rollback_incomplete
    rb_queue_endings
  fi
  rb_finish "$1" passed_over
}
