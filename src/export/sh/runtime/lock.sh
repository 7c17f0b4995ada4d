# Two runs of one target never run together, and no two processes drive one
# run. A lock is a directory; one left by a process that is gone is taken over
# by exactly one: without the second directory, a late one could take away the
# lock of the one who was faster.

rb_locks=''

# rb_lock DIRECTORY: takes it; false: $rb_holder has it.
rb_lock() {
  rb_host=$(uname -n)
  if ! mkdir "$1" 2>/dev/null; then
    rb_look_at_lock "$1"
    mkdir "$1.takeover" 2>/dev/null || return 1
    rb_look_at_lock "$1"
    if [ "$rb_holder_host" != "$rb_host" ] || rb_is_alive "$rb_holder" || rb_still_runs "$rb_holder_run"; then
      rmdir "$1.takeover"
      return 1
    fi
    rm -rf "$1"
    if ! mkdir "$1" 2>/dev/null; then rmdir "$1.takeover"; return 1; fi
    rb_print "$$ $rb_host $rb_dir" >"$1/holder"
    rmdir "$1.takeover"
  else
    rb_print "$$ $rb_host $rb_dir" >"$1/holder"
  fi
  rb_locks="$rb_locks$rb_newline$1"
}

rb_look_at_lock() {
  rb_holder='' rb_holder_host='' rb_holder_run=''
  [ ! -s "$1/holder" ] || read -r rb_holder rb_holder_host rb_holder_run <"$1/holder"
}

# rb_is_alive PROCESS: whether it is there, and no zombie: where a container never
# reaps, those stay for ever.
rb_is_alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -r "/proc/$1/stat" ] || return 0
  rb_stat=''
  IFS= read -r rb_stat 2>/dev/null <"/proc/$1/stat" || :
  case ${rb_stat##*"$rb_paren"} in '' | ' Z'*) return 1 ;; esac
}

# Whether anything that a run has started is still there; of this run itself
# that does not count.
rb_still_runs() {
  [ "$1" != "$rb_dir" ] || return 1
  set +f
  for rb_d in "$1"/*.pid; do
    set -f
    if [ -s "${rb_d%.pid}.rc" ] || [ ! -s "$rb_d" ]; then continue; fi
    if rb_leads "$rb_d"; then return 0; fi
  done
  set -f
  return 1
}

# rb_say_how_to_free DIRECTORY: of a lock that is not taken over by itself though nobody
# holds it: who took it, or took it over, was killed in the middle. Where somebody is
# just taking it, it soon has a holder.
rb_say_how_to_free() {
  sleep 1
  rb_look_at_lock "$1"
  if [ -n "$rb_holder" ]; then
    if [ "$rb_holder_host" != "$rb_host" ] || rb_is_alive "$rb_holder" || rb_still_runs "$rb_holder_run"; then return 0; fi
  fi
  rb_plainly "$1"; rb_words="rm -r $rb_got"
  if [ -d "$1.takeover" ]; then rb_plainly "$1.takeover"; rb_words="$rb_words $rb_got"; fi
  rb_print "it seems that nobody holds it, for who took it was killed just then: where no run of \`$rb_script\` goes on, \`$rb_words\` frees it" >&2
}

rb_unlock() {
  while [ -n "$rb_locks" ]; do
    rb_locks=${rb_locks#"$rb_newline"}
    rm -rf "${rb_locks%%"$rb_newline"*}"
    case $rb_locks in
      *"$rb_newline"*) rb_locks=$rb_newline${rb_locks#*"$rb_newline"} ;;
      *) rb_locks='' ;;
    esac
  done
}

rb_slug() { rb_got=$(rb_print "$1" | tr -c 'A-Za-z0-9._\n-' '-'); }
