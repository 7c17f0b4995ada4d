rb_usage() {
  rb_call '[--set NAME=VALUE]... [--dry-run | --resume | --rollback] [OPTIONS]'
  rb_print "usage: $rb_got"
}

rb_help() {
  rb_print "$rb_title"
  rb_print ''
  rb_usage
  rb_print ''
  rb_describe_parameters
  rb_describe_secrets
  rb_print 'To run it:'
  rb_print '  --dry-run          print every command and the way back of each, and run nothing'
  rb_print '  --yes              answer yes to every confirm, and to approvals you may give'
  rb_print '  --from STEP        begin there: what comes before is taken as done, and not undone by'
  rb_print '                     this run; --known STEP.NAME=VALUE says what such a step gave'
  rb_print '  --start-at TIME    the moment T: 2026-12-01T14:00:00Z'
  rb_print '  --wait DURATION    wait so long for another run of the same target: 10m'
  rb_print '  -v, --verbose      also show starts, measurements, and the output of what went well'
  rb_print ''
  rb_print 'When it was interrupted, waits or went wrong:'
  rb_print '  --runs             list the runs, the last one last'
  rb_print '  --resume           go on with the last run that has not ended'
  rb_print '  --rollback         turn the last run back, also one that succeeded or is going on;'
  rb_print '                     --reason WHY says why'
  rb_print '  --run RUN          with these two: another run than the last'
  rb_print '  --on-doubt WHAT    of a step of which nobody knows whether it took effect: ask, done,'
  rb_print '                     again, rollback or stop (ask)'
  rb_print ''
  rb_print 'For who is asked, at a gate of the run that has not ended (of several, --run says which):'
  rb_print '  --approve GATE     let it through'
  rb_print '  --reject GATE      refuse it; --reason WHY says why'
  rb_print ''
  rb_print 'Rarely:'
  rb_print '  --directory DIR    where the commands run; else where this script lies'
  rb_print '  --state DIR        where runs are recorded; else as `runbook` does it'
  rb_print '  --grace DURATION   between asking a process to end and ending it (10s)'
  rb_print '  -h, --help         this'
  rb_print ''
  rb_print 'Ctrl-C asks what to do; a second one turns the run back at once. What fails is undone,'
  rb_print 'the last change first. It ends with'
  rb_print '  0  succeeded                       1  failed, and nothing was changed'
  rb_print '  3  failed, and all was undone      4  a person is needed: read the last lines'
  rb_print '  5  waits: --resume or --rollback   6  another run has the lock'
  rb_print '  2  wrong usage'
}

# Nothing was done, and why.
rb_refuse() { rb_error "$1"; rb_print 'nothing was changed' >&2; rb_leave "${2:-1}"; }
rb_misused() { rb_error "$1"; rb_usage >&2; rb_call --help; rb_print "\`$rb_got\` tells more" >&2; exit 2; }

# Another run may begin once nothing of this one is alive. What is left to go on
# by itself keeps the locks: who wants one sees when it is over.
rb_leave() {
  trap - EXIT
  rb_stop_reader
  rb_stop_measuring
  [ -n "$rb_running" ] || rb_unlock
  exit "$1"
}

# rb_seconds OPTION TEXT: how long that is, such as 90, 30s or 1h30m, in $rb_seconds.
rb_seconds() {
  case $2 in '' | *[!0-9]*) rb_rest=${2:-none} ;; *) rb_rest=${2}s ;; esac
  rb_seconds=0
  while [ -n "$rb_rest" ]; do
    rb_got=${rb_rest%%[!0-9]*}
    rb_rest=${rb_rest#"$rb_got"}
    # With a zero before it, a number is octal.
    while :; do case $rb_got in 0?*) rb_got=${rb_got#0} ;; *) break ;; esac; done
    case $rb_got,$rb_rest in
      ,*) rb_rest='!' ;;
      *,s*) rb_factor=1 ;;
      *,m*) rb_factor=60 ;;
      *,h*) rb_factor=3600 ;;
      *,d*) rb_factor=86400 ;;
      *) rb_rest='!' ;;
    esac
    [ "$rb_rest" != '!' ] || rb_misused "$1 wants how long, such as \`30s\` or \`10m\`, found \`$2\`"
    # Some count with 32 bits, which hundredths of a second fill in 248 days.
    if [ ${#rb_got} -gt 8 ] || [ "$rb_got" -gt $((8640000 / rb_factor)) ]; then rb_too_long "$@"; fi
    rb_seconds=$((rb_seconds + rb_got * rb_factor)) rb_rest=${rb_rest#?}
    [ "$rb_seconds" -le 8640000 ] || rb_too_long "$@"
  done
}
rb_too_long() { rb_misused "$1: a duration is at most 100 days, this is \`$2\`"; }

# rb_moment OPTION TEXT: the seconds since 1970 of a moment such as
# 2026-12-01T14:00:00Z, or as they are, in $rb_got. `date` reads no moments that other
# systems read, too.
rb_moment() {
  # shellcheck disable=SC2016  # it is of awk
  rb_got=$(rb_text=$2 LC_ALL=C; export rb_text LC_ALL; awk 'BEGIN {
    text = ENVIRON["rb_text"]; two = "[0-9][0-9]"
    if (text ~ /^-?[0-9]+$/ && length(text) < 12) { printf "%.0f", text + 0; exit }
    if (text !~ "^" two two "-" two "-" two "[Tt ]" two ":" two "(:" two ")?([Zz]|[-+]" two ":?" two ")$") exit
    year = substr(text, 1, 4) + 0; month = substr(text, 6, 2) + 0; day = substr(text, 9, 2) + 0
    hour = substr(text, 12, 2) + 0; minute = substr(text, 15, 2) + 0
    zone = substr(text, 17); second = 0; ahead = 0
    if (zone ~ /^:/) { second = substr(zone, 2, 2) + 0; zone = substr(zone, 4) }
    if (zone ~ /^[-+]/) ahead = (substr(zone, 2, 2) * 3600 + substr(zone, length(zone) - 1) * 60) * (zone ~ /^-/ ? -1 : 1)
    split("31 28 31 30 31 30 31 31 30 31 30 31", days, " ")
    if (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) days[2] = 29
    if (month < 1 || month > 12 || day < 1 || day > days[month] || hour > 23 || minute > 59 || second > 59) exit
    # Of years that begin in March, so that a leap day is the last one.
    if (month < 3) { year--; month += 12 }
    day += 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) - 719469
    printf "%.0f", ((day * 24 + hour) * 60 + minute) * 60 + second - ahead }')
  [ -n "$rb_got" ] || rb_misused "$1 wants a moment such as \`2026-12-01T14:00:00Z\`, found \`$2\`"
}

rb_mode_wanted=run rb_given_options='' rb_joined='' rb_wanted='' rb_reason='' rb_yes='' rb_home='' rb_state='' rb_grace=1000 rb_patience=0
rb_home_given='' rb_state_given='' rb_verbose='' rb_on_doubt='' rb_start_at='' rb_dir='' rb_terminal='' rb_zero=0 rb_offset=0 rb_now=0 rb_uptime=''

# rb_want OPTION: does this, and nothing else with it: who asks for a dry run must
# not get the other.
rb_want() {
  case $rb_mode_wanted in
    run | "${1#--}") rb_mode_wanted=${1#--} ;;
    *) rb_misused "\`--$rb_mode_wanted\` and \`$1\` do not go together" ;;
  esac
}

rb_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run | --resume | --rollback | --runs) rb_want "$1" ;;
      --yes) rb_yes=yes ;;
      -v | --verbose) rb_verbose=yes ;;
      -h | --help) rb_help; exit 0 ;;
      *)
        # `--state DIR` and `--state=DIR` are the same.
        rb_joined=''
        case $1 in --*=*) rb_joined=yes rb_value=${1#*=}; rb_got=${1%%=*}; shift; set -- "$rb_got" "$rb_value" "$@" ;; esac
        rb_check_option "$@"
        rb_option "$1" "$2"
        shift ;;
    esac
    shift
  done
  case $rb_mode_wanted,$rb_given_params in
    resume,?* | rollback,?* | approve,?* | reject,?*) rb_misused 'a run keeps the values it began with: leave out `--set`' ;;
  esac
  case $rb_mode_wanted,$rb_begin_at$rb_known in
    run,* | dry-run,* | runs,* | *,0) ;;
    *) rb_misused 'a run keeps where it began: leave out `--from` and `--known`' ;;
  esac
  # Without the other option a new run would begin.
  case $rb_mode_wanted,$rb_wanted in
    run,?* | dry-run,?* | runs,?*) rb_misused '`--run` is for `--resume`, `--rollback`, `--approve` and `--reject`' ;;
  esac
  case $rb_mode_wanted,$rb_reason in
    rollback,* | reject,* | *,) ;;
    *) rb_misused '`--reason` is for `--rollback` and `--reject`' ;;
  esac
}

# rb_check_option OPTION [VALUE...]: that it is one, and its value one. What is left empty,
# as by a variable that is not set, would mean something else: the whole run, or any.
rb_check_option() {
  case $1 in
    --set | -s | --from | --known | --approve | --reject | --run | --reason | --on-doubt | --start-at | --directory | --state | --grace | --wait) ;;
    --dry-run | --resume | --rollback | --runs | --yes | --verbose | --help) rb_misused "\`$1\` takes no value" ;;
    *)
      rb_nearest "$1" '--dry-run --resume --rollback --runs --yes --verbose --help --set --from --known --approve --reject --run --reason --on-doubt --start-at --directory --state --grace --wait'
      rb_misused "there is no option \`$1\`${rb_got:+: did you mean \`$rb_got\`?}" ;;
  esac
  [ $# -gt 1 ] || rb_misused "$1 wants a value"
  case $rb_joined,$2 in ,--*) rb_misused "$1 wants a value, found \`$2\`: where that is the value, write \`$1=$2\`" ;; esac
  case $1,$2 in
    --run,) rb_misused '--run wants the run' ;;
    --from, | --approve, | --reject, | --directory, | --state,) rb_misused "$1 wants a value, and this one is empty" ;;
  esac
  case $1 in
    --set | -s | --known) return 0 ;;
  esac
  rb_has "$1" "$rb_given_options" && rb_misused "$1 stands there twice"
  rb_given_options="$rb_given_options $1"
}

rb_option() {
  case $1 in
    --set | -s) rb_set "$2" ;;
    --approve | --reject) rb_want "$1"; rb_gate_wanted=$2 ;;
    --from) rb_begin_at=$2 ;;
    --known) rb_know "$2" ;;
    --run) rb_wanted=$2 ;;
    --reason) rb_reason=$2 ;;
    --on-doubt)
      case $2 in
        ask) rb_on_doubt='' ;;
        done | again | rollback | stop) rb_on_doubt=$2 ;;
        *) rb_misused "--on-doubt wants one of ask, done, again, rollback and stop, found \`$2\`" ;;
      esac ;;
    --directory) rb_home=$2 rb_home_given=$2 ;;
    --state) rb_state=$2 rb_state_given=$2 ;;
    --start-at) rb_moment "$1" "$2"; rb_start_at=$rb_got ;;
    --grace) rb_seconds "$1" "$2"; rb_grace=$((rb_seconds * 100)) ;;
    --wait) rb_seconds "$1" "$2"; rb_patience=$rb_seconds ;;
  esac
}

# A name with blanks stays one word. Not everybody has a name, as in a container.
rb_find_user() {
  rb_user=$(id -un 2>/dev/null) || rb_user="uid $(id -u)"
  rb_user=$(rb_print "$rb_user" | tr ' \t' '\037\037')
}

# Where runs are kept.
rb_find_state() {
  if [ -z "$rb_state" ]; then
    case ${XDG_STATE_HOME-} in /*) rb_state=$XDG_STATE_HOME/runbook ;; *) rb_state=${HOME:+$HOME/.local/state/runbook} ;; esac
    rb_state=${RUNBOOK_STATE:-$rb_state}
    [ -n "$rb_state" ] || rb_refuse 'there is no place to record runs: name a directory with `--state DIR`, or in RUNBOOK_STATE'
  fi
  case $rb_state in /*) ;; *) rb_state=$(pwd)/$rb_state ;; esac
  rb_place_of_runs=$rb_state
  rb_state=$rb_state/exported
  rb_slug "$rb_name_of_script"
  rb_lock_state=$rb_state/locks
  rb_state=$rb_state/$rb_got
  (umask 077; mkdir -p "$rb_state/runs" && mkdir -p "$rb_lock_state") || rb_refuse "runs cannot be recorded in $rb_state: \`--state DIR\` names another place"
}

rb_find_home() {
  if [ -z "$rb_home" ]; then
    # Read from a pipe, it lies nowhere.
    case $rb_script in */*) rb_home=${rb_script%/*} ;; *) rb_home=. ;; esac
  fi
  # Neither an option of `cd` nor the directory before.
  case $rb_home in -*) rb_home=./$rb_home ;; esac
  rb_got=$(CDPATH='' cd -- "${rb_home:-/}" 2>/dev/null && pwd) || rb_refuse "\`$rb_home\` is no directory that can be entered, and commands run there"
  rb_home=$rb_got
}

# A run keeps where its commands run, from wherever it is resumed: its way back would
# find nothing to undo elsewhere.
rb_keep_home() { rb_write "$rb_home" >"$rb_dir/home"; }
rb_recall_home() {
  if [ -n "$rb_home_given" ] || [ ! -s "$rb_dir/home" ]; then return 0; fi
  rb_home=$(cat "$rb_dir/home"; rb_print x)
  rb_home=${rb_home%x}
  [ -d "$rb_home" ] || rb_refuse "the directory of the commands of run ${rb_dir##*/} does not exist any more: $rb_home (\`--directory\` names another)"
}

# What every script needs, before anything is done with it. Without one of these a step
# could do nothing, and be taken for one that went well.
rb_find_utilities() {
  rb_missing=''
  for rb_tool in awk cat date env head id mkdir mv rm rmdir sed sleep tail tr uname wc; do
    command -v "$rb_tool" >/dev/null 2>&1 || rb_missing="$rb_missing${rb_missing:+, }\`$rb_tool\`"
  done
  case $rb_missing in
    '') ;;
    *,*) rb_refuse "$rb_missing are needed, and are not on the PATH" ;;
    *) rb_refuse "$rb_missing is needed, and is not on the PATH" ;;
  esac
}

# What must be there before the first change.
rb_preflight() {
  rb_missing=''
  rb_find_isolation || rb_missing="one of \`setsid\`, \`perl\` and \`python3\` is needed, and none is on the PATH"
  for rb_tool in $rb_tools; do
    command -v "$rb_tool" >/dev/null 2>&1 || rb_missing="$rb_missing$rb_newline\`$rb_tool\` is needed, and is not on the PATH"
  done
  rb_reads_texts <<'END' || rb_missing="$rb_missing${rb_newline}this shell cannot hand a text on: it needs room in /tmp, or where TMPDIR says"
x
END
  rb_find_http_client
  rb_directories
  [ -z "$rb_missing" ] || rb_refuse "${rb_missing#"$rb_newline"}"
}

rb_reads_texts() { rb_got='' && read -r rb_got && [ "$rb_got" = x ]; }

rb_needs_directory() {
  case $1 in /*) rb_got=$1 ;; *) rb_got=$rb_home/$1 ;; esac
  [ -d "$rb_got" ] || rb_missing="$rb_missing$rb_newline\`$rb_got\` is no directory, and commands run there"
}

rb_take_locks() {
  if ! rb_lock "$rb_dir/driver"; then
    # Where nobody drives it nobody would hear.
    if [ "$rb_mode_wanted" = rollback ] && rb_is_driven "$rb_dir"; then rb_tell_to_go_back; fi
    rb_error "run ${rb_dir##*/} is being driven by another process"
    rb_say_how_to_free "$rb_dir/driver"
    rb_leave 6
  fi
  [ -n "$rb_target" ] || return 0
  rb_slug "$rb_target"
  until rb_lock "$rb_lock_state/$rb_got"; do
    if [ "$rb_patience" -le 0 ]; then
      rb_error "\`$rb_target\` is locked by another run (process ${rb_holder:-?}, $rb_holder_run)"
      rb_print "nothing was changed; \`--wait 600\` waits for it" >&2
      rb_slug "$rb_target"
      rb_say_how_to_free "$rb_lock_state/$rb_got"
      if [ ! -s "$rb_dir/journal" ]; then rb_unlock; rm -rf "$rb_dir"; fi
      rb_leave 6
    fi
    rb_patience=$((rb_patience - 1))
    sleep 1
    rb_slug "$rb_target"
  done
}

rb_main() {
  trap - EXIT
  rb_options "$@"
  rb_find_utilities
  rb_find_home
  if [ "$rb_mode_wanted" = dry-run ]; then
    rb_read_parameters
    rb_read_plan
    rb_take_as_done
    rb_dry_run
    exit 0
  fi
  rb_find_state
  if [ "$rb_mode_wanted" = runs ]; then rb_list_runs; exit 0; fi
  if [ "$rb_mode_wanted" != run ]; then
    rb_find_run
    rb_recall_parameters
    rb_recall_beginning
    rb_recall_home
  fi
  rb_read_parameters
  rb_read_plan
  [ "$rb_mode_wanted" = run ] || rb_check_order
  rb_take_as_done
  rb_find_user
  case $rb_mode_wanted in
    approve) rb_replay; rb_say_of_gate "$rb_gate_wanted" ;;
    reject) rb_replay; rb_say_of_gate "$rb_gate_wanted" "${rb_reason:-no reason given}" ;;
  esac
  [ "$rb_mode_wanted" != run ] || rb_confirm_beginning
  rb_preflight
  rb_boot
  rb_find_terminal
  # What commands create is as it is without this script.
  rb_umask=$(umask)
  umask 077
  trap 'rb_leave 70' EXIT
  # A reader of our output that goes away must not end us, nor the commands be
  # told to ignore that.
  trap : PIPE
  case $rb_mode_wanted in
    run) rb_begin_run ;;
    *) rb_go_on ;;
  esac
  rb_drive
  rb_last_words
  case $rb_outcome in
    succeeded) rb_leave 0 ;;
    stopped) rb_leave 1 ;;
    rolled_back) rb_leave 3 ;;
    rollback_incomplete | frozen) rb_leave 4 ;;
    *) rb_leave 5 ;;
  esac
}

rb_begin_run() {
  if [ -n "$rb_start_at" ]; then
    rb_opened_at=$(date +%s)
    # Where numbers have 32 bits, a moment beyond that would be another one.
    rb_got=$((rb_start_at - rb_opened_at))
    if [ "$rb_got" -gt 20000000 ] || [ "$rb_got" -lt -20000000 ]; then
      rb_refuse '--start-at is more than 230 days from now' 2
    fi
  fi
  rb_fetch_secrets
  rb_new_run || rb_refuse "a run cannot be recorded in $rb_state"
  rb_take_locks
  { rb_keep_parameters && rb_keep_beginning && rb_keep_home && rb_keep_order; } || rb_refuse "a run cannot be recorded in $rb_dir"
  rb_say "$rb_title_of_run"
  rb_say "run ${rb_dir##*/}"
  rb_show_beginning
  rb_opened_at=$(date +%s)
  rb_clock_from 0
  rb_print "0 run $rb_plan $rb_user $rb_opened_at $rb_boot_now ." >"$rb_dir/journal" || rb_refuse "a run cannot be recorded in $rb_dir"
  rb_starter=$rb_user
  if [ -n "$rb_start_at" ]; then rb_start_at=$(((rb_start_at - rb_opened_at) * 100)); fi
  rb_record opened "$rb_user" "$rb_start_at"
}

rb_refuse_what_is_over() {
  case $rb_mode_wanted,$rb_mode,$rb_outcome in
    *,closed,stopped) rb_got='was stopped before anything was changed' ;;
    *,closed,rolled_back) rb_got='has been rolled back' ;;
    *,closed,frozen)
      rb_next_behind_points
      rb_got="is past a point of no return, and nothing leads back; next: $rb_got" ;;
    resume,closed,succeeded) rb_to_type --rollback; rb_got="has succeeded; \`$rb_got\` takes it back" ;;
    resume,closed,rollback_incomplete) rb_to_type --rollback; rb_got="is on its way back; \`$rb_got\` goes on with that" ;;
    *) return 0 ;;
  esac
  rb_error "run ${rb_dir##*/} $rb_got"
  rb_leave 1
}

rb_go_on() {
  rb_take_locks
  rb_replay
  rb_refuse_what_is_over
  rb_take_out_what_is_on_record
  rb_fetch_secrets
  rb_say "$rb_title_of_run"
  rb_say "run ${rb_dir##*/}"
  rb_show_change
  rb_show_beginning
  rb_rest=$((($(date +%s) - rb_opened_at) * 100))
  [ "$rb_rest" -ge "$rb_now" ] || rb_rest=$rb_now
  rb_clock_from "$rb_rest"
  rb_end_torn_line
  if [ "$rb_mode_wanted" = rollback ] && ! rb_has_gone_back; then
    rb_record rollback_requested "$rb_user" "${rb_reason:-$rb_without_reason}"
  else
    rb_record resumed "$rb_user"
  fi
  rb_recover
}

# Whether all that can be undone is: what is left of the run are its endings, and who
# wants it to go back wants them to be as they are.
rb_has_gone_back() { [ "$rb_mode" = ending ] && [ "$rb_outcome" != succeeded ]; }
