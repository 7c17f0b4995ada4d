# shellcheck shell=sh
# What the demos of the examples share. Each demo.sh sources it first; then
#
#   demo.sh [--fail WHAT] [ARGUMENTS OF runbook exec]
#
# has $fail, and the other arguments left. A demo starts its servers in $place, a
# directory that nobody else uses, tells by `picture` what there is to change, and
# carries a runbook out there. However it ends, its servers end with it.

set -eu
export LC_ALL=C.UTF-8
# Debian keeps servers where only root looks for programs.
PATH=$PATH:/usr/sbin:/sbin

# die WHY
die() {
  printf '%s: %s\n' "$0" "$1" >&2
  exit 1
}

fail=''
if [ "${1-}" = --fail ]; then
  [ $# -gt 1 ] || die '--fail wants to know what is to fail: see README.md'
  fail=$2
  shift 2
fi

# fails_by WHAT…: refuses another --fail.
fails_by() {
  case " $* " in
    *" ${fail:-$1} "*) ;;
    *) die "--fail knows: $*" ;;
  esac
}

: "${RUNBOOK:=runbook}"
RUNBOOK=$(command -v "$RUNBOOK") ||
  die 'there is no runbook on the PATH: build it with cargo, then set RUNBOOK to target/debug/runbook'
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
shared=$here/../shared
place=$(mktemp -d "${TMPDIR:-/tmp}/runbook-demo.XXXXXX")
mkdir "$place/logs"
export RUNBOOK_STATE="$place/state"

# ------------------------------------------------------------------- servers

started=''
ended_by=''

# at_end COMMAND: to be run when the demo ends, before what was started later.
at_end() {
  ended_by="$1
$ended_by"
}

end() {
  trap '' INT TERM HUP PIPE
  cd /
  eval "$ended_by" >>"$place/logs/end" 2>&1 || :
  for process in $started; do
    kill "$process" 2>/dev/null || :
  done
  # shellcheck disable=SC2086 # several on purpose
  [ -z "$started" ] || wait $started 2>/dev/null || :
  rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Whoever reads what the demo says may have read enough.
trap 'exit 141' PIPE

# server NAME COMMAND…: runs beside the demo, and says what it says in logs/NAME.
server() {
  name=$1
  shift
  command -v "$1" >/dev/null || die "this demo needs $1"
  "$@" >"$place/logs/$name" 2>&1 &
  started="$started $!"
}

# service NAME COMMAND…: a server that is started again whenever it ends, as by
# the init of a machine. $place/NAME.pid is the number of the process.
service() {
  supervise "$@" &
  started="$started $!"
}

supervise() {
  name=$1
  shift
  trap - EXIT
  # The shell would say of each that was ended that it was.
  exec 2>/dev/null
  process=''
  trap '[ -z "$process" ] || kill "$process" 2>/dev/null; exit 0' TERM INT HUP
  while :; do
    "$@" >>"$place/logs/$name" 2>&1 &
    process=$!
    echo "$process" >"$place/$name.pid"
    wait "$process" || :
  done
}

# machine NAME PORT VERSION…: a folder that stands for a machine with the shop on
# it, of which it runs the first version. The others lie ready.
machine() {
  name=$1 port=$2 version=$3
  shift 2
  for one in "$@"; do
    mkdir -p "$place/$name/releases/$one"
    echo "$one" >"$place/$name/releases/$one/version"
  done
  ln -s "releases/$version" "$place/$name/current"
  ln -s "../$name.pid" "$place/$name/pid"
  echo "$port" >"$place/$name/port"
  service "$name" python3 "$shared/shop.py" "$port" "$place/$name/current"
  wait_for "$name" answers "http://127.0.0.1:$port/health"
}

# runs NAME: what it answers.
runs() {
  answers "http://127.0.0.1:$(cat "$place/$1/port")/"
}

# unprivileged COMMAND…: some servers refuse to run as root.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid nobody --regid nogroup --clear-groups "$@"
  else
    "$@"
  fi
}

# ports NUMBER: so many ports that nobody uses, away from those that the system
# gives to clients.
ports() {
  python3 "$shared/ports.py" "$1"
}

# wait_for WHAT COMMAND…: until the command succeeds.
wait_for() {
  what=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ]; then
      tail -n 20 "$place"/logs/* >&2 || :
      die "$what does not come up"
    fi
    sleep 0.05
  done
}

answers() {
  curl --fail --silent --max-time 5 "$@"
}

# ------------------------------------------------------------------- the run

# carry_out RUNBOOK ARGUMENTS…: runs it, tells what is different afterwards by
# the lines of `picture`, and ends the demo with its status.
carry_out() {
  file=$1
  shift
  picture >"$place/before"
  status=0
  "$RUNBOOK" exec "$here/$file" --yes "$@" || status=$?
  picture >"$place/after"
  printf '\nWhat is different from before\n'
  if diff -U0 "$place/before" "$place/after" >"$place/changes"; then
    echo '  nothing'
  else
    sed -e 1,2d -e '/^@@/d' -e 's/^./  & /' "$place/changes"
  fi
  ! command -v finally >/dev/null || finally
  printf '\nrunbook ended with status %s\n' "$status"
  exit "$status"
}
