# The record: a directory for each run, and in it a journal, one fact a line,
# written before anything follows from it. A run that is resumed is what its
# journal says.

# rb_record FACT...: writes it down, lets the run know, and shows it.
rb_record() {
  rb_clock
  if ! rb_print "$rb_now $* ." >>"$rb_dir/journal"; then
    rb_stand_still
  fi
  rb_fact "$@"
  rb_show "$@"
}

rb_stand_still() {
  rb_error "the run cannot be recorded any more in $rb_dir: it stands still"
  if [ -f "$rb_dir/journal" ]; then
    rb_ways_on
    rb_print "make room, then $rb_got" >&2
  else
    rb_plainly "$rb_script"
    rb_print "its record is gone, so it goes neither on nor back by itself: what it did is told above, and \`sh $rb_got --dry-run\` shows the way back of each step" >&2
  fi
  rb_leave 5
}

# The directory of the run that is meant: the one whose name begins or ends so, if no
# other has it; the newest; or the newest that can go on.
rb_find_run() {
  rb_dir='' rb_words='' rb_others=''
  set +f
  for rb_d in "$rb_state/runs"/*; do
    set -f
    case ${rb_d##*/} in "$rb_wanted"* | *"$rb_wanted") ;; *) continue ;; esac
    [ -s "$rb_d/journal" ] || continue
    [ -n "$rb_wanted" ] || rb_may_be_meant "$rb_d" || continue
    rb_words="$rb_words${rb_dir:+, }${rb_d##*/}" rb_dir=$rb_d
    # A whole name may be the beginning of another one.
    if [ "${rb_d##*/}" = "$rb_wanted" ]; then rb_words=''; break; fi
  done
  set -f
  if [ -z "$rb_dir" ]; then rb_no_run; fi
  case $rb_words in *', '*) rb_several_runs ;; esac
  if rb_never_began "$rb_dir" && ! rb_is_driven "$rb_dir"; then
    rb_error "run ${rb_dir##*/} ended before it began: nothing was changed, so start it again"
    rb_leave 1
  fi
  rb_is_of_this_version "$rb_dir" || rb_refuse "run ${rb_dir##*/} is of another version of this script ($rb_got, this is $rb_plan): take the script that began it, or export the runbook again as it was then"
}
# rb_may_be_meant DIRECTORY: whether that run is one of those that are meant where none
# is named; in $rb_others, those that only another version of this script may mean.
rb_may_be_meant() {
  if [ "$rb_mode_wanted" = rollback ]; then return 0; fi
  if rb_is_over "$1" || rb_never_began "$1"; then return 1; fi
  if [ "$rb_mode_wanted" = resume ] && rb_is_driven "$1"; then return 1; fi
  if rb_is_of_this_version "$1"; then return 0; fi
  rb_others="$rb_others${rb_others:+, }${1##*/}"
  return 1
}
rb_several_runs() {
  if [ -n "$rb_wanted" ]; then rb_error "\`$rb_wanted\` is several runs: $rb_words"; rb_leave 2; fi
  case $rb_mode_wanted in
    # Nobody lets go by mistake what was not meant.
    approve | reject) rb_error "several runs have not ended: say which with \`--run\`: $rb_words"; rb_leave 2 ;;
    # The last one is.
    *) return 0 ;;
  esac
}
rb_no_run() {
  case $rb_mode_wanted,$rb_wanted in
    *,?*) rb_error "there is no run \`$rb_wanted\` in $rb_state: \`--runs\` lists them" ;;
    rollback,) rb_error "there is no run in $rb_state" ;;
    *) rb_error "there is no run to $rb_mode_wanted in $rb_state: \`--runs\` lists them${rb_others:+; $rb_others has not ended, and is of another version of this script}" ;;
  esac
  rb_leave 2
}

# rb_is_of_this_version DIRECTORY: whether that run was begun by it; by which, in $rb_got.
rb_is_of_this_version() {
  read -r rb_rest rb_rest rb_got rb_rest <"$1/journal"
  [ "$rb_got" = "$rb_plan" ]
}

# rb_is_over DIRECTORY: whether that run has ended for good.
rb_is_over() {
  rb_find_outcome_of "$1"
  case $rb_got in '' | waiting) return 1 ;; esac
}

# rb_never_began DIRECTORY: whether that run was not opened: it has done nothing.
rb_never_began() {
  rb_at='' rb_got='' rb_left=''
  { read -r rb_rest && read -r rb_at rb_got rb_left; } <"$1/journal"
  case $rb_got,$rb_left in opened,*' .') return 1 ;; esac
}

# rb_find_outcome_of DIRECTORY: how that run was closed, in $rb_got; nothing where it
# was not, whatever words stand in its last line.
rb_find_outcome_of() {
  rb_got=$(tail -n 1 "$1/journal")
  rb_got=${rb_got#* }
  case $rb_got in
    'closed '*' .') rb_got=${rb_got#closed } rb_got=${rb_got% .} ;;
    *) rb_got='' ;;
  esac
}

# rb_is_driven DIRECTORY: whether a process drives that run, as far as this machine
# can know.
rb_is_driven() {
  rb_look_at_lock "$1/driver"
  [ -n "$rb_holder" ] && { [ "$rb_holder_host" != "$(uname -n)" ] || rb_is_alive "$rb_holder"; }
}

# rb_to_type OPTION: what to type to do this with this run, in $rb_got.
rb_to_type() {
  rb_typing="$1 --run ${rb_dir##*/}"
  if [ -n "$rb_home_given" ]; then rb_plainly "$rb_home_given"; rb_typing="$rb_typing --directory $rb_got"; fi
  if [ -n "$rb_state_given" ]; then rb_plainly "$rb_state_given"; rb_typing="$rb_typing --state $rb_got"; fi
  rb_call "$rb_typing"
}
# rb_to_type_elsewhere OPTION: the same for another person, who has another home and
# stands in another directory.
rb_to_type_elsewhere() {
  rb_plainly "$rb_place_of_runs"
  rb_call "$1 --run ${rb_dir##*/} --state $rb_got" "$(pwd)/"
}
# rb_call WORDS [DIRECTORY]: this script with these words behind it, as it is typed; where
# it is named from that directory, with the whole path. In $rb_got.
rb_call() {
  set -- "$1" "${2-}"
  if [ -n "$rb_piped" ]; then
    rb_plainly "$rb_name_of_file"
    rb_got="sh -s -- $1 <$rb_got"
    return 0
  fi
  rb_got=$rb_script
  case $2,$rb_script in ?*,[!/]*) rb_got=$2${rb_script#./} ;; esac
  rb_plainly "$rb_got"
  rb_got="sh $rb_got $1"
}
rb_plainly() { case $1 in *[!A-Za-z0-9_./-]*) rb_quote "$1" ;; *) rb_got=$1 ;; esac; }

# The two ways on from where a run stands still, in $rb_got.
rb_ways_on() {
  rb_to_type --resume; rb_words=$rb_got
  rb_to_type --rollback
  rb_got="\`$rb_words\` goes on, \`$rb_got\` goes back"
}

# Each with how it ended, or that it goes on. The same columns as those of `runbook runs`;
# the values that were given stand for the title.
rb_list_runs() {
  rb_lines=''
  set +f
  for rb_d in "$rb_state/runs"/*; do
    set -f
    [ -s "$rb_d/journal" ] || continue
    rb_lines=yes
    rb_find_state_of_run "$rb_d"
    rb_at=$rb_got
    read -r rb_rest rb_rest rb_rest rb_by rb_rest <"$rb_d/journal"
    rb_id=${rb_d##*/}
    rb_date_of_run "$rb_id"
    rb_words="$rb_id  $rb_at  $rb_got  $rb_by"
    rb_find_given "$rb_d"
    rb_words=$rb_words$rb_got
    rb_is_of_this_version "$rb_d" || rb_words="$rb_words  (another version)"
    rb_say "$rb_words"
  done
  set -f
  [ -n "$rb_lines" ] || rb_say "there is no run in $rb_state"
}

# rb_find_state_of_run DIRECTORY: how it ended or that it goes on, in $rb_got, as
# wide as the longest.
rb_find_state_of_run() {
  rb_find_outcome_of "$1"
  if [ -n "$rb_got" ]; then :
  elif ! rb_is_driven "$1"; then
    if rb_never_began "$1"; then rb_got='never began'; else rb_got=interrupted; fi
  elif [ "$rb_holder_host" != "$(uname -n)" ]; then rb_got="on $rb_holder_host"
  else rb_got=running; fi
  while [ "${#rb_got}" -lt 19 ]; do rb_got="$rb_got "; done
}

# rb_date_of_run NAME: when it was begun, which its name says, in $rb_got.
rb_date_of_run() {
  rb_got=$(rb_print "$1" | sed 's/^\(....\)\(..\)\(..\)-\(..\)\(..\)\(..\).*/\1-\2-\3 \4:\5:\6Z/')
}

# rb_find_given DIRECTORY: the values that a run was given, in $rb_got.
rb_find_given() {
  rb_rest=''
  set +f
  for rb_file in "$1"/set.*; do
    set -f
    [ -f "$rb_file" ] || continue
    rb_one_line "$(cat "$rb_file")"
    rb_rest="$rb_rest  ${rb_file##*/set.}=$rb_got"
  done
  set -f
  rb_got=$rb_rest
}

# Names in their order are runs in theirs. Within one second the number of the process
# tells, and where numbers have begun again from the lowest, the next second does. Of
# many that begin at once none has to be the last one.
rb_new_run() {
  rb_id=$$
  while [ "${#rb_id}" -lt 7 ]; do rb_id=0$rb_id; done
  for rb_rest in 1 2 3; do
    rb_words=$rb_state/runs/$(date -u +%Y%m%d-%H%M%S)
    rb_dir=$rb_words-$rb_id
    if mkdir "$rb_dir" 2>/dev/null; then
      rb_find_last "$rb_words"-
      if [ "$rb_got" = "$rb_dir" ] || [ "$rb_rest" = 3 ]; then break; fi
      rmdir "$rb_dir"
    elif [ ! -e "$rb_dir" ]; then
      return 1
    fi
    rb_dir=''
    sleep 1
  done
  [ -n "$rb_dir" ] && : >"$rb_dir/journal"
}
# rb_find_last BEGINNING: the last of the files whose names begin so, in $rb_got.
rb_find_last() {
  set +f
  for rb_d in "$1"*; do rb_got=$rb_d; done
  set -f
}

# What follows is recorded on a line of its own, also behind one that was torn by a
# crash, or by a disk that was full: else it would be lost, and with it a change that
# is to be undone. After a power cut there may be zero bytes in its place.
rb_end_torn_line() {
  rb_got=$(tail -c 1 "$rb_dir/journal" | tr '\000' x)
  [ -n "$rb_got" ] || return 0
  rb_got=$(tail -n 1 "$rb_dir/journal" | tr '\000' x)
  case $rb_got in
    *' .') ;;
    *) rb_line warn 'the last record of the journal was not whole and is left out' ;;
  esac
  rb_print '' >>"$rb_dir/journal" || rb_stand_still
}

# Everything that was recorded, applied again.
rb_replay() {
  rb_now=0 rb_opened_at=0
  while read -r rb_at rb_words || [ -n "$rb_at" ]; do
    # A line that was torn by a crash is no fact.
    case $rb_words in *' .') ;; *) continue ;; esac
    [ "$rb_at" -lt "$rb_now" ] || rb_now=$rb_at
    # shellcheck disable=SC2086  # it was words before
    set -- ${rb_words% .}
    case $1 in
      run) rb_opened_at=$4 rb_first_boot=$5; continue ;;
    esac
    rb_fact "$@"
  done <"$rb_dir/journal"
}

rb_boot() {
  rb_boot_now=unknown
  if [ -r /proc/sys/kernel/random/boot_id ]; then read -r rb_boot_now </proc/sys/kernel/random/boot_id; fi
}

# What became of everything that ran when the last process of this run was gone.
rb_recover() {
  # What it measured last is no measurement of now, though the process that drives the
  # run may have the same number.
  (set +f; rm -f "$rb_dir"/sample-*)
  for rb_t in $rb_running; do
    # What is recorded of it goes on in loops that use $rb_t.
    rb_recovered=$rb_t
    eval "rb_files=\$rb_dir/$rb_t.\$rbt_attempt_$rb_t"
    eval "rbt_files_$rb_t=\$rb_files rbt_killat_$rb_t='' rbt_adopted_$rb_t=yes rbt_since_$rb_t=$rb_now rbt_beat_$rb_t=$((rb_now + 500))"
    if ! rb_has_begun && [ "$rb_first_boot" = "$rb_boot_now" ]; then
      # Its intent is on record and nothing came of it yet. Where the machine went down
      # since, what came of it may be lost.
      eval "rbt_adopted_$rb_t=''"
      if rb_is_unwanted "$rb_t"; then rb_record ended "$rb_t" cancelled; continue; fi
      # Its time begins now.
      rb_get "rbt_attempt_$rb_t"
      rb_record intended "$rb_t" "$rb_got"
      rb_launch "$rb_recovered"
    fi
  done
}

# Whether what $rb_files are about has begun, or who begins it is alive: on a busy machine
# that takes a while, and nothing may be begun twice.
rb_has_begun() {
  rb_looks=0
  while [ ! -s "$rb_files.pid" ] && [ ! -s "$rb_files.rc" ]; do
    sleep 1
    rb_is_waited_for "$rb_files" || break
    rb_looks=$((rb_looks + 1))
    if [ "$rb_looks" -ge 10 ]; then return 0; fi
  done
  [ -s "$rb_files.pid" ] || [ -s "$rb_files.rc" ]
}

# rb_leads FILE: whether anything of the session of the process is there that is written
# down in it. The last start of the machine has ended all that ran.
rb_leads() {
  [ -s "$1" ] || return 1
  read -r rb_group rb_boot_then rb_born <"$1"
  [ "$rb_boot_then" = "$rb_boot_now" ] && rb_lives "$rb_group" || return 1
  [ -z "$rb_born" ] || [ ! -r "/proc/$rb_group/stat" ] || rb_is_same "$rb_group" "$rb_born"
}

# rb_is_waited_for FILES: whether who writes down how it ended is alive.
rb_is_waited_for() {
  [ -s "$1.by" ] || return 1
  read -r rb_waiter rb_boot_then rb_born <"$1.by"
  [ "$rb_boot_then" = "$rb_boot_now" ] && [ -n "$rb_born" ] && [ -r "/proc/$rb_waiter/stat" ] && rb_is_same "$rb_waiter" "$rb_born" || return 1
  case $rb_rest in Z*) return 1 ;; esac
}

# rb_is_same PROCESS FACTS: whether this is the process of which these facts were
# written down: one of its number that was born later is another one. What it is
# now is in $rb_rest.
rb_is_same() {
  IFS= read -r rb_rest 2>/dev/null <"/proc/$1/stat" || return 1
  rb_rest=${rb_rest##*"$rb_paren "}
  rb_birth "$rb_rest"; rb_born_now=$rb_got
  rb_birth "$2"
  [ "$rb_born_now" = "$rb_got" ]
}

# The 20th word: when a process began.
rb_birth() {
  # shellcheck disable=SC2086  # words
  set -- $1
  shift 19
  rb_got=$1
}

# rb_look_for_rehearsal CONDITION: whether this very text both succeeded and was
# rolled back on that target, the value of any parameter, within so long.
rb_look_for_rehearsal() {
  eval "rb_on=\$rbc_on_$1 rb_since=\$rbc_within_$1"
  rb_since=$(($(date +%s) - rb_since))
  rb_good='' rb_back=''
  set +f
  for rb_d in "$rb_state/runs"/*; do
    set -f
    if [ "$rb_d" = "$rb_dir" ] || [ -e "$rb_d/from" ] || [ ! -s "$rb_d/about" ] || [ ! -s "$rb_d/journal" ]; then continue; fi
    read -r rb_got <"$rb_d/about"
    if [ "$rb_got" != "$rb_text_of_run" ] || rb_never_began "$rb_d"; then continue; fi
    sed 1d "$rb_d/about" | grep -Fqx -e "$rb_on" || continue
    read -r rb_at rb_got rb_left <"$rb_d/journal"
    rb_left=${rb_left#* }; rb_left=${rb_left#* }
    [ "${rb_left%% *}" -ge "$rb_since" ] || continue
    case $(tail -n 1 "$rb_d/journal") in
      *' closed succeeded .') rb_good=yes ;;
      *' closed rolled_back .') rb_back=yes ;;
    esac
  done
  set -f
  if [ -n "$rb_good$rb_back" ] && [ "$rb_good$rb_back" = yesyes ]; then rb_record rehearsal "$1" yes
  else rb_record rehearsal "$1" no; fi
}
