# What runs: each task in a session of its own, so that all of it can be ended.
# Of a task's attempt there are files: .out and .err, what it printed; .pid, its
# leader; .by, the process of this script that waits for it; .end, once it was
# asked to end; .v.NAME, a value it gave; and .rc, how it ended, when nothing of it
# is left.

# rb_isolated COMMAND...: becomes the command, in a session of its own. `set -m` is no
# way, most shells refuse it without a terminal. INT and QUIT, which a shell ignores in
# the background for good, it hears again: `timeout -s INT` must end what it runs. Where
# there is nothing but another `setsid`, it does not.
rb_find_isolation() {
  if setsid env --default-signal=INT,QUIT true 2>/dev/null; then rb_isolation=gnu
  elif perl -e 1 2>/dev/null; then rb_isolation=perl
  elif python3 -c 1 2>/dev/null; then rb_isolation=python3
  elif setsid true 2>/dev/null; then rb_isolation=setsid
  else return 1; fi
}
rb_isolated() {
  case $rb_isolation in
    gnu) exec setsid env --default-signal=INT,QUIT "$@" ;;
    perl) exec perl -e 'use POSIX (); $SIG{INT} = $SIG{QUIT} = "DEFAULT"; POSIX::setsid(); exec {$ARGV[0]} @ARGV or exit 127' -- "$@" ;;
    python3) exec python3 -c 'import os, signal, sys; [signal.signal(getattr(signal, "SIG" + it), signal.SIG_DFL) for it in ("INT", "QUIT", "PIPE", "XFSZ") if hasattr(signal, "SIG" + it)]; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@" ;;
    setsid) exec setsid "$@" ;;
  esac
}

# The leader writes down who it is, since which start of the machine, and when it was
# born: a process of the same number is another one. Then it gets its variables and
# becomes the command.
# shellcheck disable=SC2016  # it is the leader that expands this
rb_leader='[ ! -r "/proc/$$/stat" ] || IFS= read -r rb_born <"/proc/$$/stat"
rb_born=${rb_born-}
printf "%s %s %s\n" "$$" "$1" "${rb_born##*[)]}" >"$0" && eval "$2" && shift 2 && exec "$@"'

# rb_led COMMAND...: what $rb_files.pid names.
rb_led() {
  (
    trap - TERM HUP
    umask "$rb_umask"
    rb_isolated sh -c "$rb_leader" "$rb_files.pid" "$rb_boot_now" "$rb_dress" "$@"
  )
}

# rb_members LEADER: the processes of its session that are no zombies, in
# $rb_got. Where a container never reaps, zombies stay for ever.
rb_members() {
  if [ -r /proc/self/stat ]; then
    rb_got=$(rb_deaf; set +f; cat /proc/[0-9]*/stat 2>/dev/null | awk -v of="$1" '{
      pid = $1; sub(/.*\) /, "")
      if (($3 == of || $4 == of) && $1 != "Z") printf "%s ", pid }')
  else
    rb_got=$(rb_deaf; ps -A -o pid= -o pgid= -o stat= | awk -v of="$1" '$2 == of && $3 !~ /^Z/ { printf "%s ", $1 }')
  fi
}

# Whether anything of a session is there.
rb_lives() {
  kill -0 "-$1" 2>/dev/null || return 1
  rb_members "$1"
  [ -n "$rb_got" ]
}

# rb_signal SIGNAL LEADER: to all of it. `kill -NAME "-$pid"` is the one
# spelling that all shells take.
rb_signal() {
  rb_members "$2"
  kill "-$1" "-$2" 2>/dev/null || :
  for rb_member in $rb_got; do kill "-$1" "$rb_member" 2>/dev/null || :; done
}

# rb_await PROCESS: until this child has ended. A signal that is caught cuts `wait`
# short.
rb_await() {
  while kill -0 "$1" 2>/dev/null; do
    wait "$1" 2>/dev/null
    # It is no child any more.
    [ $? != 127 ] || return 0
  done
}

rb_sleep_a_little() { sleep "$1" 2>/dev/null || sleep 1; }

# What asks the script to end, the terminal first of all, does not end this process
# of it, nor what helps it: only the leader hears of that again. What is caught each
# subshell forgets; in the background some shells ignore the first two and some do not.
# `( ... ) &` is two processes in some, and the outer one is ended: `{ ... } &` is one.
rb_outlive() {
  trap '' INT QUIT
  case ${KSH_VERSION-} in
    # There nothing that was ignored is heard again.
    *' 93'*) trap : TERM HUP ;;
    *) trap '' TERM HUP ;;
  esac
}

# rb_launch TASK: begins its next attempt.
rb_launch() {
  eval "rb_run=\$rbt_run_$1 rb_files=\$rb_dir/$1.\$rbt_attempt_$1"
  eval "rbt_files_$1=\$rb_files rbt_killat_$1='' rbt_since_$1=$rb_now rbt_beat_$1=$((rb_now + 500))"
  # It was begun, and its intent was lost with the last lines of the journal.
  if [ -s "$rb_files.pid" ] || [ -s "$rb_files.rc" ]; then eval "rbt_adopted_$1=yes"; return 0; fi
  {
    rb_outlive
    rb_perform "$rb_run"
  } </dev/null >"$rb_files.out" 2>"$rb_files.err" &
  eval "rbt_keeper_$1=\$! rbt_gone_$1=''"
  rb_born=''
  [ ! -r "/proc/$!/stat" ] || IFS= read -r rb_born 2>/dev/null <"/proc/$!/stat" || :
  # Where this cannot be written, nothing of it could be.
  rb_print "$! $rb_boot_now ${rb_born##*"$rb_paren"}" >"$rb_files.by" || rb_stand_still
}
rb_paren=')'

# rb_is_forsaken TASK: whether the process that waits for it was ended, as it can be
# right when it begins, and for long enough to know.
rb_is_forsaken() {
  eval "rb_got=\${rbt_keeper_$1-}"
  if [ -z "$rb_got" ] || kill -0 "$rb_got" 2>/dev/null; then return 1; fi
  rb_clock
  eval "rbt_gone_$1=\${rbt_gone_$1:-$rb_now} rb_got=\$rbt_gone_$1"
  [ $((rb_now - rb_got)) -ge 100 ]
}

# In a process of its own from here on, down to rb_give.

rb_perform() {
  rb_why='' rb_bad='' rb_status='' rb_exits=0 rb_cd=$rb_home rb_other_end='' rb_unmet='' rb_there='' rb_variables='' rb_dress=''
  rb_run=$1 rb_ran=''
  rb_environment
  "$1"
  rb_must_have_run
  rb_one_line "$rb_why"
  if [ -n "$rb_other_end" ]; then rb_print "$rb_other_end"
  elif [ -z "$rb_why" ]; then rb_print ok
  elif [ -n "$rb_unmet" ]; then rb_print "unmet ${rb_status:--} $rb_got"
  else rb_print "failed ${rb_status:--} $rb_got"; fi >"$rb_files.rc"
}

# rb_one_line TEXT: in $rb_got.
rb_one_line() {
  rb_got=$1
  case $rb_got in *"$rb_newline"*) rb_got=$(rb_write "$1" | tr '\n' ' ') ;; esac
}

# rb_let NAME VALUE: a variable of the command. Here it is called otherwise, so
# that no command can have one that this script or its tools need.
rb_let() {
  eval "rbx_$1=\$2"
  rb_variables="$rb_variables $1"
  # What runs elsewhere is sent its variables.
  [ -n "$rb_there" ] || export "rbx_$1"
}
# Gives them to the command by their names, in the words of its leader.
rb_dress_command() {
  rb_dress=':'
  for rb_word in $rb_variables; do
    rb_dress="$rb_dress; export $rb_word=\"\$rbx_$rb_word\"; unset rbx_$rb_word"
  done
}

# rb_take NAME VALUE-OF 'NODE' HOW [DEFAULT]: the same, of a value that another
# task gave.
rb_take() {
  eval "rb_got=\${$2+yes}"
  if [ -n "$rb_got" ]; then rb_get "$2"; rb_let "$1" "$rb_got"
  elif [ $# -gt 4 ]; then rb_let "$1" "$5"
  elif [ -z "$rb_why" ]; then
    rb_why="\`\$$1\` is not known: \`${2##*__}\` was not $4 by \`$3\`"
  fi
}

# rb_in DIRECTORY: where the command runs.
rb_in() {
  if [ -n "$rb_there" ]; then rb_there_dir=$1; return 0; fi
  case $1 in /*) rb_cd=$1 ;; *) rb_cd=$rb_home/$1 ;; esac
}

# Many shells put a text into a file before they hand it on. Where there is no room for
# that, some go on without what should have read it, and some with half of it: a step
# would do nothing, and be taken for one that went well.
rb_unread='the text of its command could not be read whole: the shell needs room in /tmp for it, or where TMPDIR says'
rb_must_have_run() {
  [ -n "$rb_ran$rb_why" ] || rb_why=$rb_unread
  rb_ran=''
}

# rb_read_text: what stands on standard input, in $rb_body; false where it is not to run.
rb_read_text() {
  rb_ran=yes
  [ -z "$rb_why" ] || return 1
  if [ -z "${ZSH_VERSION-}${YASH_VERSION-}" ]; then rb_body=$(cat); return 0; fi
  rb_body=$(cat; rb_print x)
  rb_body=${rb_body%x}
  if ! rb_is_whole; then rb_why=$rb_unread; return 1; fi
  while :; do
    case $rb_body in *"$rb_newline") rb_body=${rb_body%"$rb_newline"} ;; *) return 0 ;; esac
  done
}
# Those that go on with half of a text know the whole of it. One of them tells a
# backslash as two.
rb_is_whole() {
  command -v typeset >/dev/null 2>&1 || return 0
  rb_got="'$rb_newline${rb_body}END"
  # shellcheck disable=SC3044  # both of them have it
  rb_rest=$(typeset -fp "$rb_run")
  case $rb_body in
    *\\*)
      rb_got=$(rb_write "$rb_got" | tr -d '\134')
      rb_rest=$(rb_write "$rb_rest" | tr -d '\134') ;;
  esac
  case $rb_rest in *"$rb_got"*) return 0 ;; esac
  return 1
}

# rb_sh, rb_bash: run the text on standard input.
rb_sh() {
  rb_read_text || return 0
  if [ -n "$rb_there" ]; then rb_over_there 'sh -eu -c' "$rb_body"
  else rb_command sh -eu -c "$rb_body"; fi
}
rb_bash() {
  rb_read_text || return 0
  if [ -n "$rb_there" ]; then rb_over_there 'bash -euo pipefail -c' "$rb_body"
  else rb_command bash -euo pipefail -c "$rb_body"; fi
}

rb_command() {
  if ! cd -- "$rb_cd" 2>/dev/null; then
    rb_why="the working directory \`$rb_cd\` does not exist"
    return 0
  fi
  rb_dress_command
  if [ -n "${rb_fetches-}" ]; then rb_fetch_by "$@"; return 0; fi
  rb_tries=0
  while :; do
    rb_masked rb_led "$@" </dev/null
    rb_status=$?
    rb_tries=$((rb_tries + 1))
    # It may be ended before it is the command: by a terminal that hangs up, say.
    if [ -s "$rb_files.pid" ] || [ -e "$rb_files.end" ] || [ "$rb_tries" -ge 3 ]; then break; fi
    rb_end_of_masked
  done
  rb_linger
  rb_end_of_masked
  rb_has "$rb_status" "$rb_exits" || rb_why="ended with status $rb_status"
}

# Whether anything of a session is left. Of one that was asked to end what has a group of
# its own counts too, as under a shell that controls jobs: no undo begins beside it.
rb_is_left() {
  if [ -e "$rb_files.end" ]; then rb_members "$1"; else rb_lives "$1" || rb_got=''; fi
  [ -n "$rb_got" ]
}

# What a command left behind may end by itself for a while, and then is ended.
rb_linger() {
  [ -s "$rb_files.pid" ] || return 0
  read -r rb_group rb_rest <"$rb_files.pid"
  rb_looks=0
  while rb_is_left "$rb_group"; do
    rb_sleep_a_little 0.1
    # Who asked it to end sees to that, unless that process is gone itself.
    if [ -e "$rb_files.end" ] && rb_is_alive "$$"; then continue; fi
    rb_looks=$((rb_looks + 1))
    case $rb_looks in
      20) rb_signal TERM "$rb_group" ;;
      4? | 5? | 6? | 7? | 8?) rb_signal KILL "$rb_group" ;;
      90) return 0 ;;
    esac
  done
}

# rb_text FILE: what it holds, its final newlines removed, in $rb_got; false and
# a reason in $rb_bad where that can be no value.
rb_text() {
  rb_bad=''
  if [ "$(wc -c <"$1")" -gt "${2:-65538}" ]; then rb_bad='it is longer than 64 KiB'; return 1; fi
  if [ "$(tr -d '\000' <"$1" | wc -c)" -ne "$(wc -c <"$1")" ]; then rb_bad='it holds a zero byte'; return 1; fi
  rb_got=$(cat "$1"; rb_print x)
  rb_got=${rb_got%x}
  rb_trim
}

rb_return=$(printf '\r')
rb_trim() {
  while :; do
    case $rb_got in
      *"$rb_newline") rb_got=${rb_got%"$rb_newline"} ;;
      *"$rb_return") rb_got=${rb_got%"$rb_return"} ;;
      *) return 0 ;;
    esac
  done
}

# rb_give NAME: $rb_got as a value of this task.
rb_give() { rb_write "$rb_got" >"$rb_files.v.$1"; }

# rb_capture NAME: all that was printed.
rb_capture() {
  [ -z "$rb_why" ] || return 0
  if rb_text "$rb_files.out"; then rb_give "$1"; else rb_why="capture \`$1\`: $rb_bad"; fi
}

# rb_contains TEXT: what was printed must hold it.
rb_contains() {
  [ -z "$rb_why" ] || return 0
  rb_got=$(rb_beginning_of_output; rb_print x)
  case $rb_got in
    *"$1"*) ;;
    *) rb_cut_off; rb_unmet=yes rb_why="the output does not contain \`$1\`$rb_got" ;;
  esac
}

# So much of what was printed is looked at.
rb_longest_look=16777216
rb_beginning_of_output() { head -c "$rb_longest_look" "$rb_files.out"; }
# Where it is not all, that is said, in $rb_got.
rb_cut_off() {
  rb_got=''
  [ "$(wc -c <"$rb_files.out")" -le "$rb_longest_look" ] || rb_got=' in the first 16 MiB of it'
}

# rb_load_values TASK: what it gave, for others.
rb_load_values() {
  eval "rb_list=\${rbt_gives_$1-} rb_node=\$rbt_node_$1 rb_attempt=\$rbt_attempt_$1"
  for rb_value in $rb_list; do
    while :; do
      rb_got=$(rb_deaf; cat "$rb_dir/$1.$rb_attempt.v.$rb_value"; rb_print x)
      # It is whole.
      case $rb_got in *x) break ;; esac
    done
    eval "rbv_${rb_node}__$rb_value=\${rb_got%x}"
  done
}
