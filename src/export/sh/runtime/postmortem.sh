# Tells what happened in a run to somebody who was not there: as a page of Markdown,
# the same that `runbook exec` writes.

# rb_postmortem PATH: a new file; what is there already stays, and the new one
# is numbered.
rb_postmortem() {
  rb_ran=yes
  [ -z "$rb_why" ] || return 0
  case $1 in /*) rb_place=$1 ;; *) rb_place=$rb_home/$1 ;; esac
  mkdir -p "${rb_place%/*}" 2>/dev/null
  rb_number=1 rb_file=$rb_place
  while [ -e "$rb_file" ] && [ "$rb_number" -lt 100 ]; do
    rb_number=$((rb_number + 1))
    case ${rb_place##*/} in
      *.*) rb_file=${rb_place%.*}-$rb_number.${rb_place##*.} ;;
      *) rb_file=$rb_place-$rb_number. ;;
    esac
  done
  rb_tell_story | LC_ALL=C awk "$rb_page_program" >"$rb_file" 2>/dev/null || rb_why="cannot write \`$rb_file\`"
}

# Of each line the first letter says what it is: `|` the cells of a row, `-` an item,
# `#` a heading; `=` stands before what is written as it is. What a text holds is no
# markup of the page.
rb_cells=$(printf '\036')
rb_page_program='
function swap(text, from, to, out, at) {
  out = ""
  while ((at = index(text, from)) > 0) { out = out substr(text, 1, at - 1) to; text = substr(text, at + length(from)) }
  return out text
}
function inline(text) { gsub(/[ \t\r]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text); return swap(text, "<", "\\<") }
BEGIN { FS = "\036" }
/^\|/ { row = "|"; for (i = 2; i <= NF; i++) row = row " " swap(inline($i), "|", "\\|") " |"; print row; next }
/^[-#]/ { print inline($0); next }
{ print substr($0, 2) }'

# rb_row CELL...
rb_row() {
  rb_line='|'
  for rb_cell in "$@"; do
    rb_find_shown "$rb_cell"
    rb_one_line "$rb_shown"
    rb_line=$rb_line$rb_cells$rb_got
  done
  rb_print "$rb_line"
}
rb_heading() {
  rb_print '='
  rb_print "=## $1"
  rb_print '='
}
rb_item() {
  rb_find_shown "$1"
  rb_one_line "$rb_shown"
  rb_print "- $rb_got"
}

rb_tell_story() {
  rb_find_shown "# Postmortem: $rb_title_of_run"
  rb_print "$rb_shown"
  rb_print '='
  rb_print '=| | |'
  rb_print '=| --- | --- |'
  rb_run_value outcome; rb_row Outcome "$rb_got"
  rb_row Reason "${rb_headline:-none}"
  rb_elapsed "$rb_now"; rb_row Took "$rb_got"
  rb_row Run "\`${rb_dir##*/}\`"
  rb_tell_parameters
  rb_heading 'What was undone'
  rb_tell_undone
  rb_heading Timeline
  rb_print '=| after | what |'
  rb_print '=| --- | --- |'
  rb_tell_facts
  rb_heading Measurements
  rb_tell_measurements
  rb_heading 'To be answered'
  rb_print '=1. What went wrong?
=2. Why was it not caught before?
=3. How will it be prevented?'
}

rb_tell_parameters() {
  rb_left=$rb_decided_values
  for rb_word in $rb_decided_params; do
    eval "rbpm_decided_$rb_word=\${rb_left%%\"\$rb_newline\"*}"
    rb_left=${rb_left#*"$rb_newline"}
  done
  for rb_param in $rb_all_params; do
    eval "rb_got=\${rbpm_decided_$rb_param-\${rba_said_$rb_param-}}"
    rb_row "\`$rb_param\`" "$rb_got"
  done
}

rb_tell_undone() {
  rb_told=''
  rb_each_round_aside rb_tell_round
  rb_tell_names Undone "$rb_undone"
  rb_tell_names 'Passed over' "$rb_passed_over"
  rb_tell_names 'Undo failed' "$rb_undo_failed"
  rb_tell_names 'Kept, because a failed undo may need it' "$rb_kept"
  rb_tell_names 'Left, as the rule of a loop says' "$rb_unturned"
  rb_tell_names 'At or before a point of no return' "$rb_behind"
  rb_tell_names 'Remains, harmless' "$rb_harmless"
  [ -n "$rb_told" ] || rb_print '=Nothing was undone.'
}
rb_tell_round() {
  rb_told=yes
  rb_item "Round ${1%%: *} failed, and the others went on: ${1#*: }"
}
rb_tell_names() {
  [ -n "$2" ] || return 0
  rb_told=yes rb_names_told=''
  for rb_n in $2; do
    rb_get "rbn_name_$rb_n"
    rb_names_told="$rb_names_told${rb_names_told:+, }\`$rb_got\`"
  done
  rb_item "$1: $rb_names_told"
}

# Each fact of the journal that says something, in words.
rb_tell_facts() {
  while read -r rb_at rb_words; do
    # shellcheck disable=SC2086  # words
    set -- ${rb_words% .}
    rb_said=''
    case $1 in
      opened) rb_said="$2 starts the run" ;;
      intended) rb_tell_begin "$2" "$3" ;;
      ended) shift; rb_tell_end "$@" ;;
      sampled) shift 2; rb_tell_sample "$@" ;;
      window)
        eval "rb_n=\$rbc_gate_$2"
        rb_get "rbn_name_$rb_n"
        rb_said="the window of \`$rb_got\` is $3"
        shift 4
        rb_said="$rb_said${1:+: $*}" ;;
      rehearsal)
        eval "rb_n=\$rbc_gate_$2"
        rb_get "rbn_name_$rb_n"
        case $3 in yes) rb_said='was rehearsed' ;; *) rb_said='was not rehearsed' ;; esac
        rb_said="\`$rb_got\`: this very text $rb_said" ;;
      answered) shift; rb_tell_answer "$@" ;;
      unanswerable) rb_tell_question "$2"; rb_said="nobody could be asked: $rb_got" ;;
      rollback_requested) rb_by=$2; shift 2; rb_said="$rb_by asks to roll back: $*" ;;
      pause_requested) rb_said="$2 asks to pause" ;;
      resumed) rb_said="$2 resumes the run" ;;
      closed) rb_said="the run ends: $(rb_print "$2" | tr _ ' ')" ;;
    esac
    [ -n "$rb_said" ] || continue
    rb_elapsed "$rb_at"
    rb_row "$rb_got" "$rb_said"
  done <"$rb_dir/journal"
}

# rb_tell_task TASK: what it does, in $rb_got, and as which part in $rb_part.
rb_tell_task() {
  eval "rb_part=\$rbt_part_$1 rb_n=\$rbt_node_$1 rb_number=\${rbpm_attempt_$1-1}"
  rb_get "rbn_name_$rb_n"
  case $rb_part in
    forward) rb_got="\`$rb_got\`" ;;
    capture) rb_got="what \`$rb_got\` notes before" ;;
    probe) rb_got="whether \`$rb_got\` is in place" ;;
    undo) rb_got="the undo of \`$rb_got\`" ;;
    verify) rb_got="the verification of the undo of \`$rb_got\`" ;;
    check) rb_got="a check of \`$rb_got\`" ;;
  esac
  [ "$rb_number" -le 1 ] || rb_got="$rb_got (attempt $rb_number)"
}
rb_tell_begin() {
  eval "rbpm_attempt_$1=$2"
  rb_tell_task "$1"
  case $rb_part in forward | undo) rb_said="$rb_got begins" ;; esac
}
# rb_tell_end TASK RESULT [STATUS MESSAGE...]
rb_tell_end() {
  rb_tell_task "$1"
  rb_result=$2
  shift 2
  [ $# = 0 ] || shift
  case $rb_result,$rb_part in
    ok,forward | ok,undo) rb_said="$rb_got is done" ;;
    ok,*) ;;
    failed,probe | unmet,probe) rb_said="$rb_got is asked: it is not" ;;
    failed,* | unmet,*) rb_said="$rb_got failed: $*" ;;
    timed_out,*) rb_said="$rb_got took too long and was ended" ;;
    cancelled,*) rb_said="$rb_got was ended" ;;
    in_doubt,*) rb_said="$rb_got is in doubt: nobody knows how it ended" ;;
  esac
}

# rb_tell_sample READING...: those that failed; all of them are kept for later.
rb_tell_sample() {
  for rb_word in "$@"; do
    rb_title=${rb_word%%[=~!]*}
    rb_left=${rb_word#"$rb_title"}
    rb_elapsed "$rb_at"
    eval "rbpm_points_$rb_title=\"\${rbpm_points_$rb_title-}\$rb_got\$rb_cells\$rb_left\$rb_newline\""
    case $rb_left in !*) rb_said=${rb_said:-"\`$rb_title\` could not be measured: ${rb_left#!}"} ;; esac
  done
}
rb_points_program='
{
  if ($2 ~ /^=/) {
    sub(/^=/, "", $2); sub(/~.*/, "", $2)
    n = split($2, values, ","); words = ""
    for (i = 1; i <= n; i++) words = words (i > 1 ? ", " : "") for_people(values[i], unit)
  } else words = ($2 ~ /^!/ ? "error: " : "no data: ") substr($2, 2)
  printf "|\036`%s`\036%s\036%s\n", name, $1, words
}'
rb_tell_measurements() {
  rb_told=''
  for rb_m in ${rb_metrics-}; do
    eval "rb_left=\${rbpm_points_$rb_m-}"
    [ -n "$rb_left" ] || continue
    if [ -z "$rb_told" ]; then
      rb_print '=| metric | after | value |'
      rb_print '=| --- | --- | --- |'
    fi
    rb_told=yes
    rb_get "rbm_unit_$rb_m"
    rb_write "$rb_left" | tr '\037' ' ' | LC_ALL=C awk -v unit="$rb_got" -v name="$rb_m" -F "$rb_cells" "$rb_amounts$rb_points_program"
  done
  [ -n "$rb_told" ] || rb_print '=None were taken.'
}

# rb_tell_question QUESTION: what was asked, in $rb_got.
rb_tell_question() {
  rb_about=${1#*:}
  case $1 in
    confirm:* | approve:*)
      eval "rb_n=\$rbc_gate_$rb_about rb_left=\$rbc_words_$rb_about rb_list=\${rbc_asks_$rb_about-}"
      rb_get "rbn_name_$rb_n"
      rb_got="\`$rb_got\`" ;;
    watch:*) rb_get "rbw_name_$rb_about" ;;
    *) rb_get "rbn_name_$rb_about" ;;
  esac
  case $1 in
    confirm:*) [ -n "$rb_list" ] || rb_got="$rb_got: $rb_left" ;;
    approve:*) rb_n=$rb_got; rb_get "rbc_role_$rb_about"; rb_got="$rb_n, approval of $rb_got" ;;
    gate:*) rb_got="\`$rb_got\` did not open" ;;
    failed:*) rb_got="\`$rb_got\` failed" ;;
    doubt:*) rb_got="\`$rb_got\` is in doubt" ;;
    undo:*) rb_got="the undo of \`$rb_got\` failed" ;;
    watch:*) rb_got="watch \`$rb_got\` fired" ;;
  esac
}
# rb_tell_answer QUESTION ANSWER BY HOW [REASON...]
rb_tell_answer() {
  rb_tell_question "$1"
  rb_by=$3 rb_how="by \`$4\`"
  [ "$4" != terminal ] || rb_how='at the terminal'
  rb_say_answer "$2"
  shift 4
  [ "$rb_answer" != no ] || rb_answer="no: $*"
  rb_said="$rb_got $rb_dash $rb_by says $rb_answer, $rb_how"
}
rb_dash=$(printf '\342\200\223')
