# Measurements: gates that hold or wait for a condition, watches, the baseline.

rb_metrics='' rb_samples='' rb_sample_number=0 rb_sampling='' rb_watches='' rb_baseline=''
rb_baseline_metrics='' rb_baseline_due=0 rb_baseline_tries=0 rb_pending=''

# metric NAME [FACT=VALUE...]: measured by the function metric_NAME.
metric() {
  rb_metrics="$rb_metrics $1"
  rb_last=$1
  shift
  rb_facts rbm "$rb_last" "$@"
}

# part OWNER WORD...: a part of a condition, for the program below.
part() {
  rb_last=$1
  shift
  rb_line=''
  for rb_word in "$@"; do rb_line="$rb_line${rb_line:+$rb_tab}$rb_word"; done
  eval "rbp_$rb_last=\"\${rbp_$rb_last-}\$rb_line\$rb_newline\""
}
rb_tab=$(printf '\t')

# watch NAME [FACT=VALUE...], rule NAME WATCH [FACT=VALUE...]
watch() {
  rb_watches="$rb_watches $1"
  eval "rbw_rules_$1='' rbw_looks_$1='' rbw_due_$1=''"
  rb_last=$1
  shift
  rb_facts rbw "$rb_last" "$@"
}
rule() {
  eval "rbw_rules_$2=\"\$rbw_rules_$2 $1\""
  rb_last=$1
  shift 2
  rb_facts rbr "$rb_last" "$@"
}

# Readings are =NUMBER,NUMBER... in the base unit, a number for each series;
# =NUMBER~WHY where some have none; ~WHY where there is none, and !WHY where
# nobody knows.
rb_reading_of=$rb_numbers'
function size(unit, suffix, n) {
  n = split("percent % 1 duration us 0.000001 duration \302\265s 0.000001 duration ms 0.001 duration s 1 duration m 60 duration h 3600 duration d 86400 duration w 604800 bytes B 1 bytes KB 1000 bytes kB 1000 bytes MB 1000000 bytes GB 1000000000 bytes TB 1000000000000 bytes KiB 1024 bytes MiB 1048576 bytes GiB 1073741824 bytes TiB 1099511627776 rate /s 1", known, " ")
  for (; n > 0; n -= 3) if (known[n - 2] == unit && known[n - 1] == suffix) return known[n]
  return ""
}
function shown(text) { gsub(/[^ -~]/, "", text); return "`" substr(text, 1, 80) "`" }
# One number from text: `=NUMBER` in the base unit, `~WHY` there is none, or
# `!WHAT` it is instead.
function reading(text, unit, number, suffix, power, factor) {
  gsub(/^[ \t\r\n]+|[ \t\r\n]+$/, "", text)
  if (tolower(text) ~ /^[+-]?(nan|inf|infinity|null)$/) return "~the value is `" text "`"
  if (length(text) > 60 || !match(text, /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?/)) return "!" shown(text) ", expected a number"
  number = substr(text, 1, RLENGTH); suffix = substr(text, RLENGTH + 1); sub(/^[ \t]+/, "", suffix)
  sub(/^\+/, "", number); power = 0
  if (match(number, /[eE]/)) { power = substr(number, RSTART + 1) + 0; number = substr(number, 1, RSTART - 1) }
  if (power > 28 || power < -60) return "!" shown(text) ", which is too large or small"
  if (whole(bare(number)) == "") sub(/\./, "0.", number)
  if (power > 0) number = times(number, "1" zeros(power))
  if (power < 0) number = times(number, "0." zeros(-power - 1) "1")
  if (suffix != "") {
    factor = size(unit, suffix)
    if (factor == "") return "!" shown(text) ", a unit that is not expected"
    number = times(number, factor)
  }
  return "=" tidy(number)
}'

# What a command printed as a reading.
rb_read_program=$rb_reading_of'
BEGIN { RS = "\001" }
{ text = text (NR > 1 ? "\001" : "") $0 }
END {
  gsub(/^[ \t\r\n]+|[ \t\r\n]+$/, "", text)
  if (text == "") { print "~it printed nothing"; exit }
  if (n = gsub(/\n/, "\n", text)) { print "!it printed " n + 1 " lines, expected one number"; exit }
  text = reading(text, ENVIRON["rb_unit"])
  if (sub(/^!/, "", text)) text = "!it printed " text
  print text
}'

# rb_judge OWNER PURPOSE READINGS: in $rb_verdict and $rb_why_so.
rb_judge() {
  eval "rb_parts=\$rbp_$1 rb_recent=\${rbp_recent_$1-}"
  rb_got=$(
    rb_deaf
    rb_purpose=$2 rb_readings=$3 LC_ALL=C
    export rb_parts rb_purpose rb_readings rb_recent rb_baseline LC_ALL
    awk "$rb_judge_program"
  )
  rb_got=${rb_got:-none it could not be judged}
  rb_verdict=${rb_got%% *} rb_why_so=${rb_got#* }
}

rb_baseline_is_taken() {
  [ -n "$rb_baseline_metrics" ] && [ -n "$rb_baseline_due" ] || return 0
  if [ "$rb_baseline_due" -le "$rb_now" ]; then rb_want_sample baseline; fi
  return 1
}

# rb_drop_sample OBSERVER: nobody waits for it any more.
rb_drop_sample() {
  rb_less "$1" "$rb_samples"; rb_samples=$rb_rest
  rb_less "$1" "$rb_sampling"; rb_sampling=$rb_rest
}
rb_want_sample() { rb_has "$1" "$rb_samples $rb_sampling" || rb_samples="$rb_samples $1"; }

rb_begin_measuring() {
  eval "rb_for=\${rbc_for_$1-} rb_every=\$rbc_every_$1 rb_kind=\$rbc_kind_$1"
  if [ "$rb_kind" = hold ]; then rb_for=$((rb_now + 2 * rb_for + 16 * rb_every)); else rb_for=$((rb_now + rb_for)); fi
  eval "rbc_due_$1=$rb_now rbc_by_$1=$rb_for rbc_counted_$1=0 rbc_passedat_$1='' rbc_failures_$1=0 rbc_errors_$1=0"
  eval "rbc_last_$1='no sample yet' rbp_recent_$1=''"
  rb_say_how_far "$1"
}

rb_measure_condition() {
  if [ -n "$rb_due" ] && [ "$rb_due" -le "$rb_now" ]; then
    eval "rbc_due_$1=''"
    rb_want_sample "$1"
  fi
}

# How far a condition is, for people.
rb_say_how_far() {
  eval "rb_kind=\$rbc_kind_$1 rb_counted=\$rbc_counted_$1 rb_for=\$rbc_for_$1 rb_last_said=\$rbc_last_$1"
  if [ "$rb_kind" = hold ]; then
    [ "$rb_counted" -le "$rb_for" ] || rb_counted=$rb_for
    rb_elapsed "$rb_counted"; rb_status="held $rb_got of"
    rb_elapsed "$rb_for"; rb_status="$rb_status $rb_got, last $rb_last_said"
    eval "rbc_words_$1=\"a hold (\$rb_status)\""
  else
    rb_status="last $rb_last_said"
    eval "rbc_words_$1=\"a condition (\$rb_status)\""
  fi
}

# rb_sampled OBSERVER READING...
rb_sampled() {
  rb_observer=$1
  shift
  rb_less "$rb_observer" "$rb_sampling"; rb_sampling=$rb_rest
  rb_less "$rb_observer" "$rb_samples"; rb_samples=$rb_rest
  case $rb_observer in
    baseline) rb_baseline_sampled "$*" ;;
    watch:*) rb_watch_sampled "${rb_observer#watch:}" "$*" ;;
    *) rb_condition_sampled "$rb_observer" "$*" ;;
  esac
}

rb_baseline_sampled() {
  [ -n "$rb_baseline_due" ] || return 0
  rb_baseline_tries=$((rb_baseline_tries + 1)) rb_baseline=$1
  rb_errors_of "$1"
  case ${rb_error_of:+failed},$rb_baseline_tries in
    failed,1) rb_baseline_due=$((rb_now + 100)) ;;
    failed,2) rb_baseline_due=$((rb_now + 200)) ;;
    failed,3) rb_baseline_due=$((rb_now + 400)) ;;
    *) rb_baseline_due='' ;;
  esac
}

# The first error among readings, in $rb_error_of, and the readings with all of
# them counted as no data, in $rb_given_up.
rb_errors_of() {
  rb_error_of='' rb_given_up=''
  for rb_word in $1; do
    rb_mark=${rb_word%%[=~!]*}
    case ${rb_word#"$rb_mark"} in
      !*)
        rb_word=${rb_word#"$rb_mark"!}
        rb_error_of=${rb_error_of:-$rb_word}
        rb_word="$rb_mark~$rb_word" ;;
    esac
    rb_given_up="$rb_given_up${rb_given_up:+ }$rb_word"
  done
}

# rb_remember OWNER READINGS: its last five samples, for what is compared over
# several.
rb_recall() { eval "rb_write \"\${rbp_recent_$1-}\""; }
rb_remember() {
  eval "rb_rest=\${rbp_recent_$1-}"
  rb_rest="$rb_rest${rb_rest:+$rb_newline}$2"
  rb_count=1 rb_left=$rb_rest
  while :; do
    case $rb_left in *"$rb_newline"*) rb_left=${rb_left#*"$rb_newline"} rb_count=$((rb_count + 1)) ;; *) break ;; esac
  done
  if [ "$rb_count" -gt 5 ]; then rb_rest=${rb_rest#*"$rb_newline"}; fi
  eval "rbp_recent_$1=\$rb_rest"
}

# A source that fails says nothing about the release: four errors in a row are
# tried again, and only then they are no data.
rb_look() {
  eval "rb_errors=\$rbc_errors_$1"
  rb_seen=$2
  rb_errors_of "$2"
  if [ -n "$rb_error_of" ]; then rb_errors=$((rb_errors + 1)); else rb_errors=0; fi
  eval "rbc_errors_$1=$rb_errors"
  rb_borne=''
  if [ -n "$rb_error_of" ] && [ "$rb_errors" -le 4 ]; then rb_borne=yes
  else rb_seen=$rb_given_up; fi
  rb_before_it=$(rb_recall "$1")
  rb_remember "$1" "$rb_seen"
  rb_judge "$1" gate "$rb_seen"
  case $rb_borne,$rb_verdict in
    yes,none | yes,unsure)
      eval "rbp_recent_$1=\$rb_before_it"
      rb_verdict=again
      rb_why_so="$(rb_print "$rb_error_of" | tr '\037' ' ') (error $rb_errors of 4 in a row)" ;;
  esac
  eval "rbc_last_$1=\$rb_why_so"
  eval "rb_wait=\$rbc_every_$1"
  case $rb_errors in 0 | 1) ;; 2) rb_wait=$((rb_wait * 2)) ;; *) rb_wait=$((rb_wait * 4)) ;; esac
}

rb_condition_sampled() {
  eval "rb_gate=\$rbc_gate_$1 rb_held=\${rbc_held_$1-} rb_kind=\$rbc_kind_$1"
  rb_has "$rb_gate" "$rb_gates" || return 0
  eval "rb_failed=\$rbn_gatefailed_$rb_gate"
  [ -z "$rb_held$rb_failed" ] || return 0
  rb_look "$1" "$2"
  case $rb_kind in
    hold) rb_hold_sampled "$1" ;;
    *) rb_until_sampled "$1" ;;
  esac
}

rb_hold_sampled() {
  eval "rb_for=\$rbc_for_$1 rb_every=\$rbc_every_$1 rb_tolerate=\$rbc_tolerate_$1 rb_by_then=\$rbc_by_$1"
  eval "rb_counted=\$rbc_counted_$1 rb_passed_at=\$rbc_passedat_$1 rb_failures=\$rbc_failures_$1"
  rb_failing=''
  case $rb_verdict in
    pass)
      rb_stretch
      rb_counted=$((rb_counted + rb_stretch)) rb_passed_at=$rb_now
      if [ "$rb_counted" -ge "$rb_for" ]; then eval "rbc_held_$1=yes"; return 0; fi ;;
    fail)
      rb_passed_at='' rb_failures=$((rb_failures + 1)) rb_failing=$rb_why_so
      [ "$rb_tolerate" = 0 ] || rb_failing="$rb_failing (failing samples: $rb_failures, tolerated: $rb_tolerate)"
      if [ "$rb_failures" -gt "$rb_tolerate" ]; then rb_gate_failed "$rb_gate" "$rb_failing"; return 0; fi ;;
    again) ;;
    *) rb_passed_at='' ;;
  esac
  eval "rbc_counted_$1=\$rb_counted rbc_passedat_$1=\$rb_passed_at rbc_failures_$1=\$rb_failures"
  rb_say_how_far "$1"
  rb_stretch
  rb_lacking=$((rb_for - rb_counted - rb_stretch))
  [ "$rb_lacking" -ge 0 ] || rb_lacking=0
  if [ $((rb_now + rb_lacking)) -le "$rb_by_then" ]; then
    if [ -n "$rb_passed_at" ]; then
      [ "$rb_lacking" -gt 0 ] || rb_lacking=1
      [ "$rb_wait" -le "$rb_lacking" ] || rb_wait=$rb_lacking
    fi
    eval "rbc_due_$1=$((rb_now + rb_wait))"
  elif [ -n "$rb_failing" ]; then rb_gate_failed "$rb_gate" "$rb_failing"
  else rb_ask_about_gate "$rb_gate" "$rb_status"; fi
}

# What would count if a sample passed now. Of a time that nobody looked at no
# more than twice `every`, or half a minute.
rb_stretch() {
  rb_stretch=0
  [ -n "$rb_passed_at" ] || return 0
  rb_stretch=$((rb_now - rb_passed_at)) rb_longest=$((rb_every * 2))
  [ "$rb_longest" -ge 3000 ] || rb_longest=3000
  [ "$rb_stretch" -le "$rb_longest" ] || rb_stretch=$rb_longest
}

rb_until_sampled() {
  eval "rb_by_then=\$rbc_by_$1"
  rb_say_how_far "$1"
  if [ "$rb_verdict" = pass ]; then eval "rbc_held_$1=yes"
  elif [ "$rb_now" -lt "$rb_by_then" ]; then
    rb_wait=$((rb_now + rb_wait))
    [ "$rb_wait" -le "$rb_by_then" ] || rb_wait=$rb_by_then
    eval "rbc_due_$1=$rb_wait"
  elif [ "$rb_verdict" = fail ]; then rb_gate_failed "$rb_gate" "$rb_why_so"
  else rb_ask_about_gate "$rb_gate" "$rb_why_so"; fi
}

rb_advance_watches() {
  for rb_w in $rb_watches; do
    rb_beside_its_phases "$rb_w"
    eval "rb_looks=\$rbw_looks_$rb_w rb_rules=\$rbw_rules_$rb_w"
    if [ -n "$rb_beside" ] && [ -z "$rb_looks" ]; then
      eval "rbw_looks_$rb_w=yes rbw_due_$rb_w=$rb_now"
      for rb_r in $rb_rules; do eval "rbr_since_$rb_r='' rbr_fired_$rb_r='' rbp_recent_$rb_r=''"; done
    elif [ -z "$rb_beside" ] && [ -n "$rb_looks" ]; then rb_end_watch "$rb_w"; fi
    eval "rb_due=\$rbw_due_$rb_w"
    if [ -n "$rb_due" ] && [ "$rb_due" -le "$rb_now" ] && ! rb_has "watch:$rb_w" "$rb_samples $rb_sampling"; then
      eval "rbw_due_$rb_w=''"
      rb_want_sample "watch:$rb_w"
    fi
  done
}

rb_beside_its_phases() {
  rb_beside=''
  eval "rb_list=\$rbw_during_$1"
  for rb_word in $rb_list; do
    eval "rb_begun=\$rbn_state_${rb_word%%:*} rb_over=\$rbn_state_${rb_word#*:}"
    if [ "$rb_begun" = finished ] && ! rb_is_past "$rb_over"; then rb_beside=yes; fi
  done
}

rb_end_watch() {
  eval "rbw_looks_$1='' rbw_due_$1=''"
  rb_settle "watch:$1"
  rb_drop_sample "watch:$1"
}

rb_restart_watches() {
  rb_samples='' rb_sampling=''
  for rb_w in $rb_watches; do rb_end_watch "$rb_w"; done
}

rb_halt_watches() { rb_restart_watches; }

rb_watch_sampled() {
  eval "rb_looks=\$rbw_looks_$1 rb_rules=\$rbw_rules_$1 rb_every=\$rbw_every_$1 rb_title=\$rbw_name_$1"
  [ -n "$rb_looks" ] || return 0
  eval "rbw_due_$1=$((rb_now + rb_every))"
  for rb_r in $rb_rules; do
    rb_remember "$rb_r" "$2"
    rb_judge "$rb_r" watch "$2"
    if [ "$rb_verdict" != pass ]; then eval "rbr_since_$rb_r=''"; continue; fi
    eval "rbr_since_$rb_r=\${rbr_since_$rb_r:-$rb_now}"
    eval "rb_since=\$rbr_since_$rb_r rb_fired=\$rbr_fired_$rb_r rb_for=\$rbr_for_$rb_r rb_action=\$rbr_action_$rb_r rb_text_of=\$rbr_text_$rb_r"
    if [ -n "$rb_fired" ] || [ $((rb_now - rb_since)) -lt "$rb_for" ]; then continue; fi
    eval "rbr_fired_$rb_r=yes"
    if rb_goes_back; then continue; fi
    rb_message="watch \`$rb_title\`: \`$rb_text_of\` $rb_why_so"
    case $rb_action in
      rollback) rb_go_back '' "$rb_message" ;;
      ask) rb_note_headline '' "$rb_message"; rb_ask "watch:$1" ;;
    esac
  done
}

rb_watch_decided() {
  rb_settle "watch:$1"
  case $rb_answer in
    continue | yes | done | again)
      [ -n "$rb_headline_node" ] || rb_headline=''
      rb_end_watch "$1" ;;
    rollback | no) rb_go_back '' "${rb_headline:-rollback requested by $rb_by: at a watch}" ;;
    stop) rb_pause_for '' "stopped by $rb_by" ;;
  esac
}

# What follows measures: the metrics of an observer beside one another, in a
# process of their own; then what came of it is recorded.

rb_take_samples() {
  if [ "$rb_mode" != forward ]; then return 0; fi
  for rb_w in $rb_watches; do
    rb_get "rbw_due_$rb_w"
    if rb_is_due "$rb_got"; then rb_pass_time; return 0; fi
  done
  if [ -n "$rb_baseline_metrics" ] && rb_is_due "$rb_baseline_due" && ! rb_has baseline "$rb_samples $rb_sampling"; then
    rb_pass_time
    return 0
  fi
  while rb_pop rb_samples; do
    rb_lull=0
    rb_sample_number=$((rb_sample_number + 1))
    rb_sampling="$rb_sampling $rb_head"
    case $rb_head in
      baseline) rb_list=$rb_baseline_metrics ;;
      watch:*) eval "rb_list=\$rbw_metrics_${rb_head#watch:}" ;;
      *) eval "rb_list=\$rbc_metrics_$rb_head" ;;
    esac
    rb_sample_file=$rb_dir/sample-$$-$rb_sample_number
    { rb_outlive; rb_measure_all; } </dev/null >/dev/null 2>&1 &
    rb_pending="$rb_pending $rb_head=$rb_sample_number:$!"
  done
  for rb_taken in $rb_pending; do
    rb_read_pending "$rb_taken"
    if [ ! -s "$rb_sample_file" ]; then
      # Ended right when it began: it is measured again.
      if kill -0 "$rb_sampler" 2>/dev/null || [ -s "$rb_sample_file" ]; then continue; fi
      rb_less "$rb_taken" "$rb_pending"; rb_pending=$rb_rest
      rb_has "$rb_observer" "$rb_sampling" || continue
      rb_less "$rb_observer" "$rb_sampling"; rb_sampling=$rb_rest
      rb_want_sample "$rb_observer"
      continue
    fi
    rb_less "$rb_taken" "$rb_pending"; rb_pending=$rb_rest
    read -r rb_words <"$rb_sample_file"
    (set +f; rm -f "$rb_sample_file" "$rb_sample_file"-*)
    # Nobody waits for it any more.
    rb_has "$rb_observer" "$rb_sampling" || continue
    rb_lull=0
    rb_record sampled "$rb_observer" $rb_words
  done
}

# rb_read_pending OBSERVER=NUMBER:PROCESS: who waits for it, the file it will be
# in, and the process that measures.
rb_read_pending() {
  rb_observer=${1%%=*} rb_sampler=${1##*:}
  rb_rest=${1#*=}
  rb_sample_file=$rb_dir/sample-$$-${rb_rest%:*}
}

# What still measures when the script ends is ended: its requests may hold
# secrets. Where the run's directory is gone, what measures sees that itself; some
# shells would end at once where this cannot be written.
rb_stop_measuring() {
  for rb_taken in $rb_pending; do
    rb_read_pending "$rb_taken"
    (: >"$rb_sample_file.over") 2>/dev/null || :
  done
  for rb_taken in $rb_pending; do rb_read_pending "$rb_taken"; rb_await "$rb_sampler"; done
  for rb_taken in $rb_pending; do
    rb_read_pending "$rb_taken"
    (set +f; rm -f "$rb_sample_file" "$rb_sample_file"[-.]*)
  done
  rb_pending=''
}

rb_measure_all() {
  rb_measuring=''
  for rb_m in $rb_list; do
    { rb_outlive; rb_measure "$rb_m" "$rb_sample_file-$rb_m"; } &
    rb_measuring="$rb_measuring $!"
  done
  for rb_got in $rb_measuring; do rb_await "$rb_got"; done
  rb_words=''
  for rb_m in $rb_list; do
    rb_got=$(tr ' ' '\037' <"$rb_sample_file-$rb_m.reading")
    rb_words="$rb_words $rb_m${rb_got:-!the measurement was not finished}"
  done
  rb_print "${rb_words# }" >"$rb_sample_file.new"
  mv "$rb_sample_file.new" "$rb_sample_file"
}

rb_measure() {
  rb_files=$2
  eval "rb_limit=\${rbm_limit_$1:-3000} rb_unit=\$rbm_unit_$1 rb_from=\${rbm_from_$1-}"
  eval "rb_path=\${rbm_path_$1-} rb_steps=\${rbm_steps_$1-}"
  { rb_outlive; rb_perform "metric_$1"; } >"$rb_files.out" 2>"$rb_files.err" &
  rb_performer=$!
  rb_clock
  rb_until=$((rb_now + rb_limit)) rb_lull=0 rb_next='' rb_asked='' rb_group=''
  until [ -s "$rb_files.rc" ]; do
    rb_nap
    rb_clock
    # Where its run is gone nobody reads it.
    if [ ! -d "${rb_files%/*}" ]; then
      [ -z "$rb_group" ] || rb_signal KILL "$rb_group"
      return 0
    fi
    [ ! -s "$rb_files.pid" ] || read -r rb_group rb_rest <"$rb_files.pid" || :
    kill -0 "$rb_performer" 2>/dev/null || [ -s "$rb_files.rc" ] || rb_print 'failed - it was ended' >"$rb_files.rc"
    if [ -e "$rb_sample_file.over" ]; then rb_why='the script ended'
    elif [ "$rb_now" -ge "$rb_until" ]; then rb_elapsed "$rb_limit"; rb_why="its command took longer than $rb_got"
    else continue; fi
    [ -n "$rb_group" ] || continue
    (: >"$rb_files.end") 2>/dev/null || :
    rb_signal KILL "$rb_group"
    # It clears away what it was told.
    rb_await "$rb_performer"
    rb_print "!$rb_why" >"$rb_files.reading"
    return 0
  done
  read -r rb_result rb_status rb_words <"$rb_files.rc" || :
  if [ "$rb_result" = ok ]; then
    LC_ALL=C
    export rb_unit LC_ALL
    case $rb_from in
      '') awk "$rb_read_program" <"$rb_files.out" >"$rb_files.reading" ;;
      *) rb_read_source ;;
    esac
  else
    case $rb_words in 'ended with'*) rb_words="its command $rb_words" ;; esac
    rb_print "!${rb_words:-it failed}" >"$rb_files.reading"
  fi
}

# rb_with_unit METRIC =NUMBER,NUMBER...: as people read it, in $rb_got.
rb_with_unit() {
  rb_get "rbm_unit_$1"
  rb_got=$(rb_write "${2#=}" | LC_ALL=C awk -v unit="$rb_got" -F , "$rb_amounts"'
    { for (i = 1; i <= NF; i++) printf "%s%s", (i > 1 ? ", " : ""), for_people($i, unit) }')
}

# rb_show_sample READING...: what was measured, to those who want to see it; what
# nobody knows, to all.
rb_show_sample() {
  for rb_word in "$@"; do
    rb_title=${rb_word%%[=~!]*}
    rb_left=${rb_word#"$rb_title"}
    case $rb_left in
      !*) rb_line warn "$rb_title error: ${rb_left#!}"; continue ;;
      =*~*) rb_with_unit "$rb_title" "${rb_left%%~*}"; rb_words="$rb_got, in part: no data (${rb_left#*~})" ;;
      =*) rb_with_unit "$rb_title" "$rb_left"; rb_words=$rb_got ;;
      *) rb_words="no data: ${rb_left#?}" ;;
    esac
    if [ -n "$rb_verbose" ]; then rb_line skip "$rb_title $rb_words"; fi
  done
}
