# Questions to people. Never is one answered with yes by itself.

# rb_answered QUESTION ANSWER BY HOW [REASON...]
rb_answered() {
  rb_has "$1" "$rb_questions" || return 0
  rb_question=$1 rb_answer=$2 rb_by=$3
  shift 4
  rb_words=$*
  rb_about=${rb_question#*:}
  case $rb_question in
    confirm:* | approve:*) rb_condition_decided "$rb_about" ;;
    gate:*) rb_gate_decided "$rb_about" ;;
    failed:*) rb_failure_decided "$rb_about" ;;
    doubt:*) rb_doubt_decided "$rb_about" ;;
    undo:*) rb_undo_decided "$rb_about" "$rb_answer" ;;
    watch:*) rb_watch_decided "$rb_about" ;;
  esac
}

# There is nobody to ask: the run waits, and can be resumed. Only an undo that
# failed does not wait, since `on stuck` is for that.
rb_unanswerable() {
  rb_has "$1" "$rb_questions" || return 0
  rb_about=${1#*:}
  case $1 in
    undo:*) rb_undo_decided "$rb_about" stop; return 0 ;;
    confirm:* | approve:*) eval "rb_about=\$rbc_gate_$rb_about" ;;
    watch:*)
      eval "rb_title=\$rbw_name_$rb_about"
      rb_pause_for '' "watch \`$rb_title\` asks for a person, and nobody can be asked here"
      return 0 ;;
  esac
  eval "rb_title=\$rbn_name_$rb_about"
  case $1 in
    failed:* | doubt:*) rb_words="waits for a person's decision" ;;
    *) rb_words='waits for a person' ;;
  esac
  rb_pause_for "$rb_about" "\`$rb_title\` $rb_words, and nobody can be asked here"
}

rb_condition_decided() {
  eval "rb_gate=\$rbc_gate_$1"
  # That the run waits decides nothing: whoever started it may say so too.
  if [ "$rb_answer" = stop ]; then rb_pause_for '' "stopped by $rb_by"; return 0; fi
  case $rb_question in
    approve:*)
      rb_may_approve "$1" "$rb_by" || return 0
      case $rb_answer in yes | continue | done)
        eval "rb_people=\$rbc_people_$1 rb_left=\$rbc_count_$1"
        rb_has "$rb_by" "$rb_people" || rb_people="$rb_people $rb_by"
        eval "rbc_people_$1=\$rb_people"
        for rb_word in $rb_people; do rb_left=$((rb_left - 1)); done
        [ "$rb_left" -le 0 ] || return 0 ;;
      esac ;;
  esac
  case $rb_answer in
    yes | continue | done)
      rb_settle "$rb_question"
      eval "rbc_held_$1=yes" ;;
    *)
      rb_settle "$rb_question"
      rb_gate_failed "$rb_gate" "rejected by $rb_by${rb_words:+: $rb_words}" ;;
  esac
}

rb_gate_decided() {
  rb_settle "gate:$1"
  case $rb_answer in
    continue | yes | done)
      rb_forget_headline_of "$1"
      rb_leave_gate "$1" passed_over ;;
    again)
      rb_forget_headline_of "$1"
      rb_less "$1" "$rb_gates"; rb_gates=$rb_rest
      rb_begin_gate "$1" ;;
    rollback | no)
      rb_less "$1" "$rb_gates"; rb_gates=$rb_rest
      rb_become "$1" failed
      rb_go_back '' "${rb_headline:-rollback requested by $rb_by: at a gate}" ;;
    stop) rb_pause_for '' "stopped by $rb_by" ;;
  esac
}

rb_failure_decided() {
  case $rb_answer in
    again)
      rb_settle "failed:$1"
      rb_forget_headline_of "$1"
      rb_begin_anew "$1"
      rb_get "rbn_kind_$1"
      if [ "$rb_got" = step ]; then rb_wish_first "$1"
      else rb_get "rbn_run_$1"; rb_wish "$rb_got" running; fi ;;
    continue | yes | done)
      rb_settle "failed:$1"
      rb_forget_headline_of "$1"
      rb_finish "$1" passed_over ;;
    rollback | no)
      rb_settle "failed:$1"
      rb_become "$1" failed
      rb_go_back '' "${rb_headline:-rollback requested by $rb_by: after a failure}" ;;
    # The question stays open: it is asked again when the run is resumed.
    stop) rb_pause_for '' "stopped by $rb_by" ;;
  esac
}

rb_doubt_decided() {
  eval "rb_title=\$rbn_name_$1"
  case $rb_answer in
    stop) rb_pause_for '' "stopped by $rb_by"; return 0 ;;
    done | continue | yes)
      eval "rbn_completed_$1=yes"
      rb_lost_output "$1"
      if [ -z "$rb_lost" ]; then rb_finish "$1" finished
      else
        rb_become "$1" finished
        rb_go_back "$1" "\`$rb_title\` took effect, and nobody knows its \`$rb_lost\`"
      fi ;;
    again) rb_get "rbn_run_$1"; rb_wish "$rb_got" running ;;
    rollback | no)
      rb_become "$1" cancelled
      rb_go_back "$1" "nobody knows whether \`$rb_title\` took effect" ;;
  esac
  rb_settle "doubt:$1"
}

# A value that others may need and that only this node's end would have told,
# in $rb_lost.
rb_lost_output() {
  rb_lost=''
  eval "rb_got=\$rbn_run_$1"
  eval "rb_list=\${rbt_must_$rb_got-}"
  for rb_value in $rb_list; do
    eval "rb_got=\${rbv_${1}__$rb_value+yes}"
    [ -n "$rb_got" ] || rb_lost=${rb_lost:-$rb_value}
  done
}

# What follows asks at the terminal. A `read` from it in this process would go
# on after Ctrl-C in some shells, and take the next line for its answer: so
# another process reads, and this one looks.

rb_asked='' rb_reader='' rb_refused=''

# Whether there is a terminal to ask at, in $rb_terminal: in the background it could
# not be read from.
rb_find_terminal() {
  rb_terminal=''
  (: </dev/tty) 2>/dev/null || return 0
  if [ -r "/proc/$$/stat" ] && IFS= read -r rb_got <"/proc/$$/stat"; then
    rb_got=${rb_got##*"$rb_paren "}
    # shellcheck disable=SC2086  # words: its state, parent, group and session, the terminal, and whose that is
    set -- $rb_got
    rb_got="$3 $6"
  else
    rb_got=$(ps -o pgid= -o tpgid= -p "$$" 2>/dev/null)
  fi
  # shellcheck disable=SC2086
  set -- $rb_got
  [ $# = 2 ] && [ "$1" != "$2" ] || rb_terminal=yes
}

rb_ask_people() {
  rb_were_open=$rb_questions
  rb_read_inbox
  [ "$rb_were_open" = "$rb_questions" ] || return 0
  # Withdrawn, or settled otherwise.
  if [ -n "$rb_asked" ] && [ "$rb_asked" != interrupt ] && ! rb_has "$rb_asked" "$rb_questions"; then rb_stop_reading; fi
  # While a run pauses nobody is asked anything new: that waits with the run.
  rb_to_ask=$rb_questions
  [ "$rb_mode" != pausing ] || rb_to_ask=''
  for rb_q in $rb_to_ask; do
    if [ -n "$rb_yes" ] && rb_yes_answers "$rb_q"; then
      rb_record answered "$rb_q" yes "$rb_starter" --yes
      return 0
    fi
    case $rb_q,$rb_on_doubt in
      doubt:*,?*)
        rb_record answered "$rb_q" "$rb_on_doubt" "$rb_starter" --on-doubt
        return 0 ;;
    esac
    if [ -z "$rb_terminal" ]; then
      rb_record unanswerable "$rb_q"
      return 0
    fi
    [ -n "$rb_asked" ] || rb_put "$rb_q"
  done
  [ -z "$rb_asked" ] || [ ! -s "$rb_dir/typed" ] || rb_heard
}

rb_yes_answers() {
  case $1 in
    confirm:*) return 0 ;;
    approve:*) rb_may_approve "${1#*:}" "$rb_starter" && ! rb_has_approved "${1#*:}" "$rb_starter" ;;
    *) return 1 ;;
  esac
}

# rb_may_approve CONDITION WHO: a member of the role, and not the one who
# started the run unless the gate says so.
rb_may_approve() {
  eval "rb_members=\$rbc_members_$1 rb_or=\${rbc_orstarter_$1-}"
  rb_has "$2" "$rb_members" && { [ -n "$rb_or" ] || [ "$2" != "$rb_starter" ]; }
}
rb_has_approved() { eval "rb_people=\$rbc_people_$1"; rb_has "$2" "$rb_people"; }

# rb_read_said FILE: about what in $rb_got, of whom in $rb_by, and why not in $rb_left.
rb_read_said() {
  read -r rb_got rb_left <"$1" || :
  rb_by=${rb_left%% *} rb_left=${rb_left#"$rb_by"}
  rb_left=${rb_left# }
}

# What others say of gates, with `--approve`: files in the run's directory, put
# there whole or not at all.
rb_read_inbox() {
  case $rb_questions in *approve:*) ;; *) return 0 ;; esac
  set +f
  for rb_file in "$rb_dir"/said.*; do
    set -f
    [ -f "$rb_file" ] || continue
    rb_read_said "$rb_file"
    for rb_q in $rb_questions; do
      case $rb_q in "approve:$rb_got") ;; *) continue ;; esac
      # It is on record before it is taken out: else it could be lost.
      rb_said=$rb_file
      if [ -n "$rb_left" ]; then rb_record answered "$rb_q" no "$rb_by" --approve "$rb_left"
      else rb_record answered "$rb_q" yes "$rb_by" --approve; fi
      rm -f "$rb_said"
      return 0
    done
  done
  set -f
}

# Who drove the run may have been killed between the two. Nothing else is recorded in
# between.
rb_take_out_what_is_on_record() {
  rb_last=$(tail -n 1 "$rb_dir/journal")
  set +f
  for rb_file in "$rb_dir"/said.*; do
    set -f
    [ -f "$rb_file" ] || continue
    rb_read_said "$rb_file"
    if [ -n "$rb_left" ]; then rb_words="no $rb_by --approve $rb_left"
    else rb_words="yes $rb_by --approve"; fi
    case $rb_last in *" answered approve:$rb_got $rb_words .") rm -f "$rb_file" ;; esac
  done
  set -f
}

# rb_take_out_what_was_said GATE: it begins anew, and what people said of it before,
# when nobody asked any more, is no answer to what is asked now.
rb_take_out_what_was_said() {
  eval "rb_list=\$rbn_conditions_$1"
  set +f
  for rb_said in "$rb_dir"/said.*; do
    set -f
    [ -f "$rb_said" ] || continue
    rb_read_said "$rb_said"
    if rb_has "$rb_got" "$rb_list"; then rm -f "$rb_said"; fi
  done
  set -f
}

# That a run that goes on is to go back, told by another process. The name of the file
# is one, so that it costs nothing to look for it.
rb_tell_to_go_back() {
  rb_one_line "${rb_reason:-$rb_without_reason}"
  { rb_print "$rb_user $rb_got" >"$rb_dir/.back.$$" && mv "$rb_dir/.back.$$" "$rb_dir/back"; } || { rb_error "run ${rb_dir##*/} cannot be told"; rb_leave 1; }
  rb_say "run ${rb_dir##*/} is told to go back"
  rb_leave 0
}
rb_without_reason='asked for by hand'
# The other end of it.
rb_hear_to_go_back() {
  [ -f "$rb_dir/back" ] || return 0
  read -r rb_by rb_left <"$rb_dir/back" || :
  rb_lull=0
  if rb_has_gone_back; then rb_say "          $rb_by asks to roll back: that is done, and what follows goes on"
  else rb_record rollback_requested "$rb_by" "$rb_left"; fi
  rm -f "$rb_dir/back"
}

# rb_say_of_gate GATE [WHY-NOT]: the other end of it.
rb_say_of_gate() {
  rb_roles=''
  rb_refuse_to_say_of_what_is_over
  for rb_n in $rb_nodes; do
    eval "rb_got=\$rbn_name_$rb_n rb_kind=\$rbn_kind_$rb_n rb_state_of_gate=\$rbn_state_$rb_n"
    [ "$rb_kind,$rb_got" = "gate,$1" ] || continue
    case $rb_state_of_gate in
      waiting | running | asking) ;;
      finished | passed_over) rb_refuse_to_say "gate \`$1\` is open already" ;;
      *) rb_refuse_to_say "gate \`$1\` is not waiting any more" ;;
    esac
    eval "rb_conditions=\$rbn_conditions_$rb_n"
    for rb_c in $rb_conditions; do
      eval "rb_kind=\$rbc_kind_$rb_c rb_got=\${rbc_role_$rb_c-}"
      [ "$rb_kind" = approve ] || continue
      if rb_may_approve "$rb_c" "$rb_user"; then
        rb_file=$rb_dir/said.$(date +%s).$$
        rb_one_line "${2-}"
        rb_print "$rb_c $rb_user $rb_got" >"$rb_dir/.said.$$"
        mv "$rb_dir/.said.$$" "$rb_file" || rb_refuse_to_say "run ${rb_dir##*/} cannot be told"
        rb_say "run ${rb_dir##*/} is told; if it does not go on right now, it is told when it is resumed"
        exit 0
      fi
      rb_roles="$rb_roles${rb_roles:+ and }$rb_got"
    done
    [ -n "$rb_roles" ] || rb_refuse_to_say "gate \`$1\` waits for no approval"
    rb_refuse_to_say "\`$rb_user\` may not approve gate \`$1\`: it wants $rb_roles, and not the one who started the run unless it says so"
  done
  rb_refuse_to_say "the run has no gate \`$1\`"
}
rb_refuse_to_say_of_what_is_over() {
  case $rb_mode,$rb_outcome in
    closed,succeeded) rb_got='has succeeded' ;;
    closed,stopped) rb_got='was stopped before anything was changed' ;;
    closed,rolled_back) rb_got='has been rolled back' ;;
    closed,rollback_incomplete) rb_got='was rolled back as far as that went' ;;
    closed,frozen) rb_got='stands past a point of no return' ;;
    *) return 0 ;;
  esac
  rb_refuse_to_say "the run $rb_got: there is nothing to approve"
}
rb_refuse_to_say() { rb_error "$1"; exit 1; }

rb_put() {
  rb_asked=$1 rb_refused=''
  rb_words_of_question "$1"
  rb_choices "$1"
  rb_prompt "? $rb_words$rb_newline  $rb_choices: "
}

# rb_words_of_question QUESTION: what is asked, in $rb_words.
rb_words_of_question() {
  rb_about=${1#*:}
  case $1 in
    confirm:* | approve:*)
      eval "rb_words=\$rbc_words_$rb_about rb_got=\${rbc_asks_$rb_about-} rb_about=\$rbc_gate_$rb_about"
      if [ -n "$rb_got" ]; then "$rb_got"; rb_words=$rb_filled; fi
      rb_one_line "$rb_words"; rb_words=$rb_got
      eval "rb_title=\${rbn_title_$rb_about:-\\\`\$rbn_name_$rb_about\\\`}"
      rb_words="$rb_title: $rb_words" ;;
    doubt:*) eval "rb_words=\"nobody knows whether \\\`\$rbn_name_$rb_about\\\` took effect: look, then say\"" ;;
    undo:*) eval "rb_words=\"the way back of \\\`\$rbn_name_$rb_about\\\` failed in all its tries\"" ;;
    watch:*)
      rb_words=$rb_headline
      [ -n "$rb_words" ] || eval "rb_words=\"watch \\\`\$rbw_name_$rb_about\\\` fired\"" ;;
    *)
      if [ "$rb_headline_node" = "$rb_about" ]; then rb_words=$rb_headline
      else
        eval "rb_words=\\\`\$rbn_name_$rb_about\\\`"
        case $1 in gate:*) rb_words="gate $rb_words did not open" ;; *) rb_words="$rb_words failed" ;; esac
      fi ;;
  esac
}

rb_choices() {
  case $1 in
    confirm:*) rb_choices='[y]es, [n]o, [s]top here' ;;
    approve:*)
      if rb_may_approve "${1#*:}" "$rb_starter" && ! rb_has_approved "${1#*:}" "$rb_starter"; then rb_choices='[y]es, [n]o, [s]top here'
      else
        eval "rb_gate=\$rbc_gate_${1#*:}"
        rb_get "rbn_name_$rb_gate"; rb_plainly "$rb_got"
        rb_to_type_elsewhere "--approve $rb_got"
        rb_choices="waiting for others (\`$rb_got\`); [s]top here"
      fi ;;
    gate:* | failed:*) rb_choices='[a]gain, [c]ontinue, [r]oll back, [s]top here' ;;
    doubt:*) rb_choices='[d]one, run it [a]gain, [r]oll back, [s]top here' ;;
    undo:*) rb_choices='[a]gain, [sk]ip it, [st]op here' ;;
    watch:*) rb_choices='[c]ontinue, [r]oll back, [s]top here' ;;
    interrupt) rb_choices='[r]oll back, [p]ause, [g]o on' ;;
  esac
}

rb_prompt() {
  rb_stop_reader
  rb_find_shown "$1"
  rb_write "$rb_shown" >/dev/tty
  rm -f "$rb_dir/typed"
  {
    trap '' INT QUIT
    trap - TERM HUP
    # Ctrl-D ends a line and not the conversation.
    if IFS= read -r rb_line </dev/tty || (: </dev/tty) 2>/dev/null; then rb_print "typed $rb_line" >"$rb_dir/typed"; fi
  } &
  rb_reader=$!
  { trap '' INT QUIT; rb_end_reader_left_behind; } </dev/null >/dev/null 2>&1 &
}

# Where this script is killed, what reads for it would take what is typed next: a line
# that is meant for another program, and for no question.
rb_end_reader_left_behind() {
  while rb_is_alive "$rb_reader"; do
    rb_is_alive "$$" || kill "$rb_reader" 2>/dev/null || :
    rb_sleep_a_little 0.5
  done
}

# One that is not dead yet may still take what is typed next; one that was just begun
# may not have heard.
rb_stop_reader() {
  rb_looks=0
  while [ -n "$rb_reader" ] && rb_is_alive "$rb_reader" && [ "$rb_looks" -lt 20 ]; do
    kill "$rb_reader" 2>/dev/null || :
    [ "$rb_looks" -eq 0 ] || rb_sleep_a_little 0.01
    rb_looks=$((rb_looks + 1))
  done
  rb_reader=''
}

rb_stop_reading() {
  rb_stop_reader
  rb_asked='' rb_refused=''
  rm -f "$rb_dir/typed"
}

# A line was typed.
rb_heard() {
  IFS= read -r rb_line <"$rb_dir/typed"
  rb_reader=''
  rm -f "$rb_dir/typed"
  rb_line=${rb_line#typed }
  if [ -n "$rb_refused" ]; then
    rb_q=$rb_asked
    rb_asked='' rb_refused=''
    rb_record answered "$rb_q" no "$rb_starter" terminal "${rb_line:-no reason given}"
    return 0
  fi
  rb_understand
  case $rb_asked,$rb_answer in
    *,'')
      rb_choices "$rb_asked"
      rb_prompt "  \`$rb_line\` is no answer here$rb_newline  $rb_choices: " ;;
    interrupt,*) rb_asked=''; rb_decide "$rb_answer" ;;
    approve:*,yes | approve:*,no)
      if ! rb_may_approve "${rb_asked#*:}" "$rb_starter"; then
        case $rb_answer in yes) rb_word=approve ;; *) rb_word=reject ;; esac
        rb_prompt "  $rb_starter started this run and may not $rb_word it; others do with \`--$rb_word\`$rb_newline  "
      elif [ "$rb_answer" = no ]; then rb_ask_why
      else rb_answer_with yes; fi ;;
    *,no) rb_ask_why ;;
    *) rb_answer_with "$rb_answer" ;;
  esac
}

rb_ask_why() { rb_refused=yes; rb_prompt '  why? '; }

rb_answer_with() {
  rb_q=$rb_asked
  rb_asked=''
  case $rb_q,$1 in gate:*,again) rb_take_out_what_was_said "${rb_q#*:}" ;; esac
  rb_record answered "$rb_q" "$1" "$rb_starter" terminal
}

# What $rb_line means as an answer to $rb_asked, in $rb_answer. What is offered is
# understood as it stands there, with its blanks or without.
rb_understand() {
  rb_answer=''
  case $rb_asked in
    confirm:* | approve:*) rb_list='yes no stophere' ;;
    gate:* | failed:*) rb_list='again continue rollback stophere' ;;
    watch:*) rb_list='continue rollback stophere' ;;
    doubt:*) rb_list='done again rollback stophere' ;;
    undo:*) rb_list='again skipit stophere' ;;
    interrupt) rb_list='rollback pause goon' ;;
  esac
  rb_typed=$(rb_print "$rb_line" | tr '[:upper:]' '[:lower:]' | tr -d ' \t\r')
  [ -n "$rb_typed" ] || return 0
  [ "$rb_asked,$rb_typed" != "undo:${rb_asked#*:},s" ] || return 0
  for rb_word in $rb_list; do
    case $rb_word in "$rb_typed"*) rb_answer=${rb_answer:-$rb_word} ;; esac
  done
  case $rb_answer in
    skipit) rb_answer='continue' ;;
    stophere) rb_answer=stop ;;
    goon) rb_answer=go ;;
  esac
}
