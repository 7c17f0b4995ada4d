# Rounds of a loop that failed while the others go on. Such a round is set aside:
# what runs in it is ended, what it did is undone, and then what comes after it
# goes on without it. When more rounds fail than the loop tolerates, the run
# turns back, as far as the loop's rule says. Of a loop or a round that is called
# NAME, the facts are in the variables rbl_FACT_NAME.

rb_rounds=''

# loop NAME TOLERATED RULE: how many of its rounds may fail, and what is undone
# when more do.
loop() { eval "rbl_tolerate_$1=\$2 rbl_rule_$1=\$3"; }

# round NAME LOOP BATCH 'NODES' 'ITEM' [bound]: one that is bound cannot be undone
# without others. Loops come before those inside of them, so the innermost round
# of a node stands first.
round() {
  rb_rounds="$rb_rounds $1"
  eval "rbl_loop_$1=\$2 rbl_batch_$1=\$3 rbl_nodes_$1=\$4 rbl_item_$1=\$5 rbl_bound_$1=\${6-}"
  for rb_n in $4; do eval "rbn_rounds_$rb_n=\"$1 \${rbn_rounds_$rb_n-}\""; done
}

# rb_fail NODE WHY: its round is set aside if that is tolerated, else the run
# turns back.
rb_fail() {
  if [ "$rb_mode" = forward ] || rb_is_waiting; then
    rb_get "rbn_rounds_$1"
    for rb_round in $rb_got; do
      if rb_has "$rb_round" "$rb_aside"; then return 0; fi
      if rb_is_tolerated "$rb_round"; then rb_set_aside "$rb_round" "$1" "$2"; return 0; fi
      if rb_has_a_rule "$rb_round"; then rb_breached=$rb_round; break; fi
    done
  fi
  rb_go_back "$1" "$2"
}

rb_is_tolerated() {
  eval "rb_loop=\$rbl_loop_$1 rb_got=\$rbl_bound_$1"
  [ -z "$rb_got" ] || return 1
  rb_count_aside "$rb_loop"
  [ "$rb_number" -lt "$rb_most" ]
}

# rb_count_aside LOOP: its rounds that were set aside, in $rb_number; how many
# may be, in $rb_most.
rb_count_aside() {
  rb_number=0
  rb_get "rbl_tolerate_$1"
  rb_most=$rb_got
  for rb_word in $rb_aside; do
    rb_get "rbl_loop_$rb_word"
    [ "$rb_got" != "$1" ] || rb_number=$((rb_number + 1))
  done
}

# Whether more failures in the loop of this round leave something as it is.
rb_has_a_rule() {
  rb_get "rbl_loop_$1"
  rb_get "rbl_rule_$rb_got"
  [ "$rb_got" != all ]
}

# rb_set_aside ROUND NODE WHY
rb_set_aside() {
  eval "rb_inside=\$rbl_nodes_$1"
  # What was set aside inside of it is part of it now.
  for rb_other in $rb_aside; do
    eval "rb_loop=\$rbl_loop_$rb_other rb_got=\$rbl_stage_$rb_other"
    if [ "$rb_got" = through ] || ! rb_has "$rb_loop" "$rb_inside"; then continue; fi
    rb_less "$rb_other" "$rb_aside"; rb_aside=$rb_rest
  done
  rb_aside="$rb_aside $1"
  eval "rbl_stage_$1=ending rbl_whynode_$1=\$2 rbl_why_$1=\$3"
  rb_halt_inside
}

# Ends what runs in the nodes $rb_inside, and drops what was still to come in
# them. An undo that runs goes on to its end.
rb_halt_inside() {
  rb_drop_inside
  if rb_has "${rb_headline_node:-/}" "$rb_inside"; then rb_headline='' rb_headline_node=''; fi
  rb_busy=''
  for rb_t in $rb_running; do
    eval "rb_got=\$rbt_node_$rb_t rb_part=\$rbt_part_$rb_t"
    rb_has "$rb_got" "$rb_inside" || continue
    rb_busy="$rb_busy $rb_got"
    case $rb_part in undo | verify) ;; *) rb_end "$rb_t" cancelled ;; esac
  done
  for rb_n in $rb_inside; do
    rb_get "rbn_state_$rb_n"
    case $rb_got in
      scheduled | running | retrying | asking) rb_has "$rb_n" "$rb_busy" || rb_become "$rb_n" cancelled ;;
    esac
  done
}

rb_drop_inside() {
  for rb_g in $rb_gates; do
    rb_has "$rb_g" "$rb_inside" || continue
    rb_drop_gate "$rb_g"
    for rb_c in $rb_conditions; do rb_drop_sample "$rb_c"; done
    rb_less "$rb_g" "$rb_gates"; rb_gates=$rb_rest
  done
  for rb_t in $rb_wishes; do
    rb_get "rbt_node_$rb_t"
    rb_has "$rb_got" "$rb_inside" || continue
    rb_less "$rb_t" "$rb_wishes"; rb_wishes=$rb_rest
  done
  for rb_q in $rb_questions; do
    if rb_asks_inside "$rb_q"; then rb_settle "$rb_q"; fi
  done
  for rb_n in $rb_inside; do
    rb_less "$rb_n" "$rb_ready"; rb_ready=$rb_rest
    rb_less "$rb_n" "$rb_sleeping"; rb_sleeping=$rb_rest
  done
}

# rb_asks_inside QUESTION: whether it is about one of the nodes $rb_inside. Those
# of other kinds are about conditions and watches, whose names may be the same.
rb_asks_inside() {
  case $1 in failed:* | doubt:* | undo:* | gate:*) rb_has "${1#*:}" "$rb_inside" ;; *) return 1 ;; esac
}

# The outermost round around a node that was set aside, in $rb_around; false
# where there is none.
rb_aside_around() {
  rb_around=''
  [ -n "$rb_aside" ] || return 1
  rb_get "rbn_rounds_$1"
  for rb_word in $rb_got; do
    if rb_has "$rb_word" "$rb_aside"; then rb_around=$rb_word; fi
  done
  [ -n "$rb_around" ]
}

# Among which nodes undos have their order, in $rb_among: those of a round that
# is undone by itself, or all where it is empty. False: no undo follows another
# now, since there is still something to end first.
rb_undoing_among() {
  rb_among=''
  case $rb_mode in
    unwinding) return 0 ;;
    forward | pausing | closing | closed) ;;
    *) return 1 ;;
  esac
  rb_aside_around "$1" || return 1
  rb_among=$rb_around
  rb_get "rbl_stage_$rb_among"
  [ "$rb_got" = undoing ]
}

rb_is_among() {
  [ -n "$rb_among" ] || return 0
  rb_get "rbn_rounds_$1"
  rb_has "$rb_among" "$rb_got"
}

# An undo ended that nothing follows now. One that is verified will be run again.
rb_undo_ended_alone() {
  [ "$rb_result" = ok ] || return 0
  if [ "$rb_part" = undo ]; then
    rb_get "rbt_verify_$rb_task"
    [ -z "$rb_got" ] || return 0
  fi
  eval "rb_queue=\${rbn_queue_$rb_node-}"
  rb_pop rb_queue || return 0
  eval "rbn_through_$rb_node=\"\${rbn_through_$rb_node-} $rb_head\""
  [ -z "$rb_queue" ] || return 0
  rb_undone="$rb_undone $rb_node"
  rb_become "$rb_node" undone
}

# Lets the rounds that were set aside come to their end.
rb_advance_rounds() {
  for rb_turn in $rb_aside; do
    eval "rb_stage=\$rbl_stage_$rb_turn rb_inside=\$rbl_nodes_$rb_turn"
    [ "$rb_stage" != through ] || continue
    if [ "$rb_stage" = ending ] && ! rb_runs_inside; then
      rb_stage=undoing
      eval "rbl_stage_$rb_turn=undoing"
      rb_undo_round "$rb_turn"
    fi
    if [ "$rb_stage" = undoing ] && rb_is_quiet_inside; then
      eval "rbl_stage_$rb_turn=through"
      rb_leave_round "$rb_turn"
    fi
  done
}

rb_runs_inside() {
  for rb_t in $rb_running; do
    rb_get "rbt_node_$rb_t"
    if rb_has "$rb_got" "$rb_inside"; then return 0; fi
  done
  return 1
}

rb_is_quiet_inside() {
  if rb_runs_inside; then return 1; fi
  for rb_t in $rb_wishes; do
    rb_get "rbt_node_$rb_t"
    if rb_has "$rb_got" "$rb_inside"; then return 1; fi
  done
  for rb_q in $rb_questions; do
    if rb_asks_inside "$rb_q"; then return 1; fi
  done
  for rb_n in $rb_inside; do
    if rb_has "$rb_n" "$rb_sleeping"; then return 1; fi
    rb_get "rbn_unitruns_$rb_n"
    [ -z "$rb_got" ] || return 1
  done
}

# Undoes one round by itself, while others go on.
rb_undo_round() {
  rb_ends_of_round=''
  for rb_node in $rb_inside; do
    rb_forget_units "$rb_node"
    rb_find_units_of "$rb_node"
    eval "rb_list=\${rbn_next_$rb_node-}"
    rb_number=0
    for rb_n in $rb_list; do
      if rb_has "$rb_n" "$rb_inside"; then rb_number=$((rb_number + 1)); fi
    done
    eval "rbn_unsettled_$rb_node=$rb_number"
    [ "$rb_number" -gt 0 ] || rb_ends_of_round="$rb_ends_of_round $rb_node"
  done
  rb_reached=$rb_ends_of_round
  rb_reach
}

# What comes after a round goes on without it.
rb_leave_round() {
  for rb_node in $rb_inside; do
    rb_forget_units "$rb_node"
    rb_free "$rb_node" "$1"
  done
}

# rb_free NODE [ROUND]: it is out of the way of what comes after it, or of what
# of that is not in the round.
rb_free() {
  rb_get "rbn_freed_$1"
  [ -z "$rb_got" ] || return 0
  eval "rbn_freed_$1=yes rb_list=\${rbn_next_$1-}"
  for rb_n in $rb_list; do
    if [ $# -gt 1 ]; then
      rb_get "rbn_rounds_$rb_n"
      if rb_has "$2" "$rb_got"; then continue; fi
    fi
    rb_let_come "$rb_n"
  done
}

# The undo of a node in a round that was set aside cannot be had: the run turns
# back.
rb_stuck_in_round() {
  rb_stuck="$rb_stuck $1"
  eval "rb_message=\"the undo of \\\`\$rbn_name_$1\\\` failed\""
  rb_about=$1
  if rb_aside_around "$1"; then eval "rb_message=\$rbl_why_$rb_around rb_about=\$rbl_whynode_$rb_around"; fi
  rb_breached=''
  rb_get "rbn_rounds_$1"
  for rb_round in $rb_got; do
    if rb_has_a_rule "$rb_round"; then rb_breached=$rb_round; break; fi
  done
  rb_go_back "$rb_about" "$rb_message"
}

# Which rounds are undone although the rule of a loop leaves the rest as it is,
# in $rb_taken_back.
rb_find_staying() {
  rb_taken_back=$rb_aside
  [ -n "$rb_breached" ] || return 0
  eval "rb_loop=\$rbl_loop_$rb_breached rb_batch=\$rbl_batch_$rb_breached"
  eval "rb_rule=\$rbl_rule_$rb_loop"
  for rb_round in $rb_rounds; do
    eval "rb_got=\$rbl_loop_$rb_round rb_left=\$rbl_batch_$rb_round"
    [ "$rb_got" = "$rb_loop" ] || continue
    case $rb_rule in
      batch) [ "$rb_left" = "$rb_batch" ] || continue ;;
      failed) if rb_is_complete "$rb_round"; then continue; fi ;;
      *) continue ;;
    esac
    rb_taken_back="$rb_taken_back $rb_round"
  done
}

rb_is_complete() {
  eval "rb_list=\$rbl_nodes_$1"
  for rb_n in $rb_list; do
    rb_get "rbn_state_$rb_n"
    rb_is_past "$rb_got" || return 1
  done
}

# Whether a node stays as it is because the rule of a loop says so.
rb_stays() {
  [ -n "$rb_breached" ] || return 1
  rb_get "rbn_rounds_$1"
  for rb_word in $rb_got; do
    if rb_has "$rb_word" "$rb_taken_back"; then return 1; fi
  done
}

# What people see of it.

rb_show_rounds() {
  for rb_round in $rb_aside; do
    eval "rb_stage=\$rbl_stage_$rb_round rb_shown=\${rbl_shown_$rb_round-} rb_title=\$rbl_item_$rb_round"
    eval "rbl_shown_$rb_round=\$rb_stage"
    if [ -z "$rb_shown" ]; then
      rb_get "rbl_loop_$rb_round"
      rb_count_aside "$rb_got"
      rb_line warn "round $rb_title is taken back, and the others go on ($rb_number of $rb_most tolerated)"
    fi
    if [ "$rb_stage" = through ] && [ "$rb_shown" != through ]; then rb_line back "round $rb_title is taken back"; fi
  done
}

# rb_each_round_aside COMMAND...: with what each was for and why it failed, in the
# order of the text.
rb_each_round_aside() {
  for rb_round in $rb_rounds; do
    rb_has "$rb_round" "$rb_aside" || continue
    eval "rb_title=\"\$rbl_item_$rb_round: \$rbl_why_$rb_round\""
    "$@" "$rb_title"
  done
}

rb_word_of_rule() {
  rb_get "rbl_loop_$rb_breached"
  rb_get "rbl_rule_$rb_got"
}

rb_but_for_rounds() {
  rb_number=0 rb_but=''
  for rb_word in $rb_aside; do rb_number=$((rb_number + 1)); done
  case $rb_number in
    0) ;;
    1) rb_but=', but for one round that failed' ;;
    *) rb_but=", but for $rb_number rounds that failed" ;;
  esac
}
