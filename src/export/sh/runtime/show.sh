# What people see of a run: in the words of `runbook exec`.

rb_take_marks() {
  # Some shells drop letters that the locale is said to have and has not.
  [ $# = 8 ] || set -- '>' + x ! '<' = - -
  rb_mark_begin=$1 rb_mark_good=$2 rb_mark_bad=$3 rb_mark_warn=$4 rb_mark_back=$5 rb_mark_wait=$6 rb_mark_skip=$7 rb_mark_dash=$8
}
# Where texts are not UTF-8, marks are of ASCII.
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
  *[Uu][Tt][Ff]*) rb_marks=$(printf '\342\226\270 \342\234\223 \342\234\227 ! \342\206\251 \342\200\246 - \342\200\223') ;;
  *) rb_marks='' ;;
esac
# shellcheck disable=SC2086  # words
rb_take_marks $rb_marks

# rb_line MARK TEXT
rb_line() {
  rb_get "rb_mark_$1"
  if [ "$rb_now" -lt 6000 ]; then rb_left=$((rb_now / 100)).$((rb_now % 100 / 10))s
  elif [ "$rb_now" -lt 360000 ]; then rb_left=$((rb_now % 6000 / 100)); rb_two_digits; rb_left=$((rb_now / 6000))m${rb_left}s
  else rb_left=$((rb_now % 360000 / 6000)); rb_two_digits; rb_left=$((rb_now / 360000))h${rb_left}m; fi
  while [ ${#rb_left} -lt 8 ]; do rb_left=" $rb_left"; done
  rb_say "$rb_left  $rb_got $2"
}
rb_two_digits() { case $rb_left in ?) rb_left=0$rb_left ;; esac; }

# rb_show FACT...: itself, what it changed, and what follows from that.
rb_show() {
  case $1 in
    ended) rb_show_end "$@" ;;
    answered) shift; rb_show_answer "$@" ;;
    opened)
      case ${3-} in -*) rb_elapsed "${3#-}"; rb_line warn "T was $rb_got ago" ;; esac ;;
    sampled) shift 2; rb_show_sample "$@" ;;
    window)
      if [ "$3" = closed ]; then shift 4; rb_words=$*; rb_line wait "the window is closed: ${rb_words:-closed}"; fi ;;
    rollback_requested) rb_by=$2; shift 2; rb_line back "$rb_by asks to roll back: $*" ;;
    pause_requested) rb_line wait "$2 asks to pause" ;;
    resumed)
      rb_line begin "resumed by $2"
      # What waited for its moment already is told again.
      for rb_n in $rb_sleeping; do
        rb_get "rbn_state_$rb_n"
        [ "$rb_got" != scheduled ] || rb_altered="$rb_altered $rb_n"
      done ;;
  esac
  rb_list=$rb_altered rb_altered='' rb_told='' rb_going_back=''
  for rb_shown in $rb_list; do
    if rb_has "$rb_shown" "$rb_told"; then continue; fi
    rb_told="$rb_told $rb_shown"
    rb_get "rbn_state_$rb_shown"
    if [ "$rb_got" = undoing ]; then rb_going_back="$rb_going_back $rb_shown"
    else rb_show_state "$rb_shown" "$rb_got"; fi
  done
  rb_show_rounds
  rb_show_unexplained
  for rb_shown in $rb_going_back; do rb_show_state "$rb_shown" undoing; done
}

# rb_show_state NODE STATE: what became of a node.
rb_show_state() {
  eval "rb_title=\$rbn_name_$1 rb_kind=\$rbn_kind_$1"
  rb_undo_of=$rb_title
  case $rb_kind in open) rb_undo_of="all of $rb_title" ;; enter) rb_undo_of="$rb_title (leave)" ;; esac
  case $2 in
    finished) rb_show_done "$1" ;;
    already_done) rb_line good "$rb_title: already in place" ;;
    skipped) rb_show_skipped "$1" ;;
    scheduled)
      rb_get "rbn_until_$1"; rb_elapsed $((rb_got - rb_now))
      rb_line wait "$rb_title waits for its moment, $rb_got from now at most" ;;
    retrying) rb_show_retry "$1" ;;
    asking) rb_explain "$1"; rb_line wait "$rb_title$rb_because; a person decides" ;;
    failed) rb_explain "$1"; rb_line bad "$rb_title$rb_because" ;;
    passed_over) rb_explain "$1"; rb_line warn "$rb_title$rb_because; the run goes on" ;;
    cancelled) rb_line warn "$rb_title was ended" ;;
    undoing) rb_line back "undoing $rb_undo_of" ;;
    undone) rb_line back "$rb_undo_of is undone" ;;
    undo_failed)
      rb_explain "$1"
      rb_get "rbn_back_$1"
      # It has none: behind it only its end leads on.
      if [ "$rb_got" = irreversible ]; then rb_line bad "$rb_title could not be finished$rb_because"
      else rb_line bad "the undo of $rb_undo_of$rb_because"; fi ;;
    running) if [ -n "$rb_verbose" ]; then case $rb_kind in open | close) ;; *) rb_line begin "$rb_title" ;; esac; fi ;;
  esac
}

rb_show_done() {
  eval "rb_words=\${rbn_title_$1-} rb_got=\${rbn_block_$1-}"
  rb_words="$rb_title${rb_words:+: $rb_words}"
  case $rb_kind,$rb_got in
    open,phase) rb_say ''; rb_line begin "phase $rb_words" ;;
    open,ending) rb_say ''; rb_line begin "$rb_title" ;;
    open,* | close,*) ;;
    *) rb_line good "$rb_words" ;;
  esac
}

# What stands in a block that is skipped goes without saying.
rb_show_skipped() {
  eval "rb_words=\$rbn_skip_$1 rb_got=\${rbn_inner_$1-}\${rbn_taken_$1-}"
  [ -n "$rb_got" ] || rb_line skip "$rb_title is skipped: not $rb_words"
}

# An attempt failed and another follows: what it printed is shown only if the
# last one fails too, and why it failed only where it is for another reason.
rb_show_retry() {
  rb_get "rbn_retried_$1"
  if [ "$rb_got" != "$rb_broken_why" ]; then rb_line wait "$rb_title: $rb_broken_why; it is tried again"; fi
  eval "rbn_retried_$1=\$rb_broken_why"
  rb_broken_task=''
}

# What failed last, for the line that says what follows from it.
rb_broken_task='' rb_broken_why=''

# rb_show_end ended TASK RESULT [STATUS MESSAGE...]
rb_show_end() {
  rb_word=$2
  eval "rb_part=\$rbt_part_$2"
  case $3 in
    ok)
      if [ -n "$rb_verbose" ]; then rb_show_output "$2" 1000000; fi
      return 0 ;;
    cancelled) return 0 ;;
    timed_out) rb_broken_why='took too long and was ended' ;;
    in_doubt) rb_broken_why='nobody knows whether it took effect' ;;
    *)
      shift 3
      [ $# = 0 ] || shift
      rb_broken_why=$* ;;
  esac
  # A probe that says no is no failure.
  [ "$rb_part" = probe ] || rb_broken_task=$rb_word
}

# rb_explain NODE: why it failed, in $rb_because, with what it printed.
rb_explain() {
  rb_because=''
  eval "rbn_retried_$1=''"
  [ -n "$rb_broken_task" ] || return 0
  rb_get "rbt_node_$rb_broken_task"
  [ "$rb_got" = "$1" ] || return 0
  rb_show_output "$rb_broken_task" 20
  rb_because=": $rb_broken_why" rb_broken_task=''
}

# A failure from which no state of a node follows: of one undo among several, say.
rb_show_unexplained() {
  [ -n "$rb_broken_task" ] || return 0
  rb_show_output "$rb_broken_task" 20
  rb_doing "$rb_broken_task"
  rb_line bad "$rb_got: $rb_broken_why"
  rb_broken_task=''
}

# rb_doing TASK: what it does, for people, in $rb_got.
rb_doing() {
  eval "rb_part=\$rbt_part_$1 rb_label=\$rbt_label_$1 rb_got=\$rbt_node_$1"
  rb_get "rbn_name_$rb_got"
  case $rb_part in
    forward) ;;
    capture) rb_got="$rb_got (capture)" ;;
    probe) rb_got="$rb_got (done when)" ;;
    *) rb_got=${rb_label%"\`$rb_got\`"}$rb_got ;;
  esac
}

# rb_show_output TASK LINES: the last lines that a command printed.
rb_show_output() {
  eval "rb_files=\$rbt_files_$1 rb_got=\${rbt_request_$1-}"
  [ -z "$rb_got" ] || return 0
  rb_show_lines "$rb_files.out" "$2"
  rb_show_lines "$rb_files.err" "$2"
}
rb_show_lines() {
  [ -s "$1" ] || return 0
  awk -v most="$2" 'END { if (NR > most) print NR - most }' "$1" | while read -r rb_got; do
    rb_say "          | ... $rb_got more lines in $1"
  done
  # What a terminal would obey is shown as what it is.
  tail -n "$2" "$1" | rb_shorten | rb_tame | while IFS= read -r rb_text_line || [ -n "$rb_text_line" ]; do
    rb_say "          | $rb_text_line"
  done
}

# A line may be all of a file. No letter is cut in two.
rb_shorten() {
  LC_ALL=C awk '{
    if (length($0) > 2000) {
      $0 = substr($0, 1, 2000)
      for (n = 0; n < 4 && substr($0, length($0)) !~ /[ -~]/; n++) $0 = substr($0, 1, length($0) - 1)
      $0 = $0 " ..."
    }
    print }'
}

# rb_say_answer ANSWER: as people say it, in $rb_answer.
rb_say_answer() {
  case $1 in
    continue) rb_answer='go on' ;;
    rollback) rb_answer='roll back' ;;
    stop) rb_answer='stop here' ;;
    done) rb_answer='it is done' ;;
    *) rb_answer=$1 ;;
  esac
}

# rb_show_answer QUESTION ANSWER BY HOW [REASON...]
rb_show_answer() {
  rb_words_of_question "$1"
  rb_by=$3 rb_how=$4
  rb_say_answer "$2"
  shift 4
  if [ "$rb_answer" = no ]; then rb_answer="no ($*)"; fi
  if [ "$rb_how" = terminal ]; then rb_how=''; fi
  rb_line good "$rb_words $rb_mark_dash $rb_answer, says $rb_by${rb_how:+ ($rb_how)}"
}

# That something still runs, and what gates wait for: ever more seldom.
rb_show_beats() {
  for rb_t in $rb_running; do
    eval "rb_got=\$rbt_beat_$rb_t rb_since=\$rbt_since_$rb_t"
    rb_is_due "$rb_got" || continue
    rb_next_beat $((rb_got - rb_since))
    eval "rbt_beat_$rb_t=$((rb_since + rb_got)) rb_title=\$rbt_node_$rb_t"
    rb_get "rbn_name_$rb_title"; rb_title=$rb_got
    rb_elapsed $(((rb_now - rb_since) / 100 * 100))
    rb_line wait "$rb_title has been running for $rb_got"
  done
  # Who is asked sees what is waited for.
  if [ -n "$rb_asked" ] || [ "$rb_mode" != forward ]; then return 0; fi
  for rb_g in $rb_gates; do
    eval "rb_got=\$rbn_beat_$rb_g rb_since=\${rbn_seen_$rb_g-} rb_title=\$rbn_name_$rb_g"
    if [ -z "$rb_got" ]; then
      rb_got=$((rb_now + 500))
      eval "rbn_seen_$rb_g=$rb_now rbn_beat_$rb_g=$rb_got"
    fi
    rb_is_due "$rb_got" || continue
    rb_next_beat $((rb_got - rb_since))
    eval "rbn_beat_$rb_g=$((rb_since + rb_got))"
    rb_missing "$rb_g" left
    if [ -n "$rb_missing" ]; then rb_line wait "$rb_title still waits:$rb_missing"; fi
  done
}

# rb_next_beat LASTED: when the next one is told after this one, in $rb_got.
rb_next_beat() {
  if [ "$1" -lt 2000 ]; then rb_got=2000
  elif [ "$1" -lt 6000 ]; then rb_got=6000
  elif [ "$1" -lt 60000 ]; then rb_got=$(($1 + 6000))
  else rb_got=$(($1 + 60000)); fi
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
  rb_word_of_beginning
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
  [ -z "$rb_headline" ] || rb_troubles
  rb_elapsed "$rb_now"
  case $rb_outcome in
    succeeded) rb_but_for_rounds; rb_word state "succeeded after $rb_got$rb_but" ;;
    stopped)
      if [ -z "$rb_done_before" ]; then rb_word state 'stopped before anything was changed'
      else rb_word state 'stopped before this run changed anything'; fi ;;
    rolled_back)
      if [ -z "$rb_passed_over" ]; then rb_word state "rolled back after $rb_got: every change of this run was undone"
      else rb_word state "rolled back after $rb_got: every change was undone but for what was passed over"; fi ;;
    rollback_incomplete)
      if [ -n "$rb_unturned" ] && [ -z "$rb_kept$rb_undo_failed" ]; then
        rb_word state 'stopped half-way: what was changed is left as it is, and a person is needed'
        rb_to_type --rollback
        rb_word next "look at it; \`$rb_got\` undoes what is left"
        return 0
      fi
      rb_word state 'rollback incomplete: production is between two states, and a person is needed'
      rb_to_type --rollback
      rb_word next "mend the cause, then \`$rb_got\`" ;;
    frozen)
      rb_word state 'frozen past a point of no return: a person is needed'
      rb_next_behind_points
      rb_word next "$rb_got" ;;
    waiting)
      if [ -z "$rb_undone" ]; then rb_word state 'waiting: nothing new starts, and nothing was undone'
      else rb_word state 'waiting: nothing new starts'; fi
      rb_ways_on; rb_words=$rb_got
      rb_way_to_answer
      rb_word next "$rb_got$rb_words" ;;
  esac
}

# What to do next behind points of no return, in $rb_got.
rb_next_behind_points() {
  rb_words=''
  for rb_n in $rb_points; do
    rb_get "rbn_whatnext_$rb_n"
    rb_words="$rb_words${rb_words:+; }$rb_got"
  done
  rb_got=$rb_words
}

# What to type for what is asked first, in $rb_got: where a run goes on there may be
# nobody who could answer.
rb_way_to_answer() {
  rb_list=$rb_questions rb_got=''
  rb_pop rb_list || return 0
  case $rb_head in
    approve:*)
      eval "rb_gate=\$rbc_gate_${rb_head#*:}"
      rb_get "rbn_name_$rb_gate"; rb_plainly "$rb_got"
      rb_to_type "--approve $rb_got"
      rb_got="\`$rb_got\` lets it through; " ;;
    doubt:*) rb_got='look whether it took effect: `--on-doubt done` or `--on-doubt again` answers; ' ;;
    *) rb_got='it is asked at a terminal; ' ;;
  esac
}
