# What people see of a run.

# rb_line MARK TEXT
rb_line() {
  rb_left=$((rb_now / 100)).$((rb_now % 100 / 10))s
  while [ ${#rb_left} -lt 8 ]; do rb_left=" $rb_left"; done
  rb_say "$rb_left  $1 $2"
}

rb_show() {
  case $1 in
    intended) rb_show_start "$2" "$3" ;;
    ended) rb_show_end "$@" ;;
    answered) rb_show_answer "$2" "$3" "$4" "$5" ;;
    rollback_requested) rb_line '<' "$2 asks to roll back: $3" ;;
    pause_requested) rb_line '=' "paused by $2" ;;
    resumed) rb_line '>' "resumed by $2" ;;
  esac
  rb_show_rounds
}

rb_show_start() {
  eval "rb_label=\$rbt_label_$1 rb_part=\$rbt_part_$1"
  case $rb_part in undo | verify) ;; *) [ -n "$rb_verbose" ] || return 0 ;; esac
  [ "$2" = 1 ] || rb_label="$rb_label, attempt $2"
  case $rb_part in undo) rb_line '<' "$rb_label" ;; verify) ;; *) rb_line '>' "$rb_label" ;; esac
}

rb_show_end() {
  eval "rb_label=\$rbt_label_$2 rb_files=\$rbt_files_$2 rb_part=\$rbt_part_$2"
  case $3 in
    ok)
      case $rb_part in
        forward) rb_line '+' "$rb_label" ;;
        probe) rb_line '+' "$rb_label: already in place" ;;
        undo) rb_line '<' "$rb_label worked" ;;
      esac
      if [ -n "$rb_verbose" ]; then rb_show_output "$rb_files"; fi ;;
    failed | unmet)
      if [ "$rb_part" = probe ]; then return 0; fi
      shift 3
      [ $# = 0 ] || shift
      rb_line 'x' "$rb_label: $*"
      rb_show_output "$rb_files" ;;
    timed_out) rb_line 'x' "$rb_label: timed out"; rb_show_output "$rb_files" ;;
    cancelled) rb_line 'x' "$rb_label: cancelled" ;;
    in_doubt) rb_line '?' "nobody knows how $rb_label ended" ;;
  esac
}

# The last lines that it printed.
rb_show_output() {
  tail -n 20 "$1.out" "$1.err" 2>/dev/null | while IFS= read -r rb_text_line || [ -n "$rb_text_line" ]; do
    case $rb_text_line in '' | "==> $1."*) ;; *) rb_say "          | $rb_text_line" ;; esac
  done
}

rb_show_answer() {
  rb_about=${1#*:}
  case $1 in confirm:* | approve:*) eval "rb_about=\$rbc_gate_$rb_about" ;; esac
  case $1 in
    watch:*) eval "rb_title=\$rbw_name_$rb_about" ;;
    *) eval "rb_title=\${rbn_title_$rb_about:-\${rbn_name_$rb_about-}}" ;;
  esac
  rb_line '+' "$rb_title: $2, says $3 ($4)"
}

# rb_word ABOUT TEXT: one of the last words.
rb_word() {
  [ -n "$2" ] || return 0
  rb_left=$1
  while [ ${#rb_left} -lt 12 ]; do rb_left=" $rb_left"; done
  rb_say "$rb_left: $2"
}

# rb_names NODES: as the runbook calls them, in $rb_got.
rb_names() {
  rb_rest=''
  for rb_n in $1; do
    rb_get "rbn_name_$rb_n"
    rb_rest="$rb_rest${rb_rest:+, }$rb_got"
  done
  rb_got=$rb_rest
}

rb_last_words() {
  rb_say ''
  case $rb_outcome in waiting) rb_word waiting "$rb_headline" ;; *) rb_word failed "$rb_headline" ;; esac
  rb_each_round_aside rb_word tolerated
  rb_names "$rb_undone"; rb_word undone "$rb_got"
  rb_names "$rb_passed_over"; rb_word 'passed over' "$rb_got"
  rb_names "$rb_undo_failed"; rb_word 'undo failed' "$rb_got"
  rb_names "$rb_kept"; rb_word kept "$rb_got${rb_got:+: an undo that failed may still need what they did}"
  rb_names "$rb_unturned"
  if [ -n "$rb_got" ]; then
    rb_staying=$rb_got
    rb_word_of_rule
    rb_word left "$rb_staying: changed, and not undone (\`on breach rollback $rb_got\`)"
  fi
  rb_names "$rb_behind"; rb_word 'not undone' "$rb_got${rb_got:+: at or before a point of no return}"
  rb_left_words=$rb_ending_failures
  while [ -n "$rb_left_words" ]; do
    rb_left_words=${rb_left_words#"$rb_newline"}
    rb_word warning "${rb_left_words%%"$rb_newline"*}"
    case $rb_left_words in
      *"$rb_newline"*) rb_left_words=$rb_newline${rb_left_words#*"$rb_newline"} ;;
      *) rb_left_words='' ;;
    esac
  done
  rb_remains=''
  for rb_n in $rb_harmless; do
    eval "rb_remains=\"\$rb_remains\${rb_remains:+, }\$rbn_name_$rb_n (\$rbn_why_$rb_n)\""
  done
  rb_word remains "$rb_remains"
  rb_elapsed "$rb_now"
  case $rb_outcome in
    succeeded) rb_but_for_rounds; rb_word state "succeeded after $rb_got$rb_but" ;;
    stopped) rb_word state 'stopped before anything was changed' ;;
    rolled_back)
      if [ -z "$rb_passed_over" ]; then rb_word state "rolled back after $rb_got: every change of this run was undone"
      else rb_word state "rolled back after $rb_got: every change was undone but for what was passed over"; fi ;;
    rollback_incomplete)
      if [ -n "$rb_unturned" ] && [ -z "$rb_kept$rb_undo_failed" ]; then
        rb_word state 'stopped half-way: what was changed is left as it is, and a person is needed'
        rb_word next "look at it; \`sh $rb_script --rollback\` undoes what is left"
        return 0
      fi
      rb_word state 'rollback incomplete: production is between two states, and a person is needed'
      rb_word next "mend the cause, then \`sh $rb_script --rollback\`" ;;
    frozen)
      rb_word state 'frozen past a point of no return: a person is needed'
      for rb_n in $rb_points; do rb_get "rbn_whatnext_$rb_n"; rb_word next "$rb_got"; done ;;
    waiting)
      rb_word state 'waiting: nothing new starts, and nothing was undone'
      rb_word next "\`sh $rb_script --resume\` goes on, \`sh $rb_script --rollback\` goes back" ;;
  esac
}
