# In this runbook no round of a loop is undone without the others.
rb_fail() { rb_go_back "$1" "$2"; }
rb_free() {
  eval "rb_list=\${rbn_next_$1-}"
  for rb_n in $rb_list; do rb_let_come "$rb_n"; done
}
rb_aside_around() { return 1; }
rb_undoing_among() { :; }
rb_is_among() { :; }
rb_undo_ended_alone() { :; }
rb_advance_rounds() { :; }
rb_stuck_in_round() { :; }
rb_find_staying() { :; }
rb_stays() { return 1; }
rb_show_rounds() { :; }
rb_each_round_aside() { :; }
rb_word_of_rule() { :; }
rb_but_for_rounds() { rb_but=''; }
