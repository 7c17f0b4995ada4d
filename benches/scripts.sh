#!/bin/sh
# What exported scripts cost, of a release build, in one run on one machine:
#   a step of a run of trivial steps    in each shell, a bare loop, runbook exec
#   an export of 10,000 steps           time and size
#   waiting                             CPU time a minute, in each shell, runbook exec
# usage: benches/scripts.sh [STEPS [SECONDS OF WAITING]]
set -eu
cd -- "$(dirname -- "$0")/.."
: "${RUNBOOK:=target/release/runbook}"
[ -x "$RUNBOOK" ] || {
  echo "build it first: cargo build --release" >&2
  exit 1
}
RUNBOOK=$(CDPATH='' cd -- "$(dirname -- "$RUNBOOK")" && pwd)/$(basename -- "$RUNBOOK")
steps=${1:-200}
seconds=${2:-60}
work=$(mktemp -d)
waiting=''
# shellcheck disable=SC2329 # the trap calls it
leave() {
  for leader in $waiting; do kill -KILL "-$leader" 2>/dev/null || :; done
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM HUP
export RUNBOOK_STATE="$work/state"
cd "$work"

# The shells of the tests, by what starts them.
shells='dash
bash
busybox ash
mksh
zsh --emulate sh
yash
ksh93'

# each_shell COMMAND...: with what starts the shell behind it; those that are not
# installed are told.
each_shell() {
  while read -r shell; do
    # shellcheck disable=SC2086 # words of their own
    if $shell -c : 2>/dev/null; then "$@" "$shell" </dev/null
    else printf '%-28s %s\n' "$shell" 'not installed'; fi
  done <<END
$shells
END
}

# now: milliseconds since some moment.
now() {
  awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# took COMMAND...: how many milliseconds it takes, the best of three.
took() {
  best=''
  for _ in 1 2 3; do
    begin=$(now)
    "$@" >output 2>&1 || {
      cat output >&2
      return 1
    }
    lasted=$(($(now) - begin))
    if [ -z "$best" ] || [ "$lasted" -lt "$best" ]; then best=$lasted; fi
  done
  echo "$best"
}

# trivial COUNT: a runbook of so many steps.
trivial() {
  awk -v steps="$1" 'BEGIN {
    print "runbook \"trivial\"\ndefaults { timeout 1m }"
    for (i = 0; i < steps; i++) printf "step s%d {\n  $ :\n  harmless \"nothing is changed\"\n}\n", i
  }'
}

trivial "$steps" >steps.runbook
"$RUNBOOK" export steps.runbook --to sh -o steps.sh
# shellcheck disable=SC2016 # the inner shell expands it
echo 'i=0; while [ $i -lt '"$steps"' ]; do sh -eu -c :; i=$((i + 1)); done' >loop.sh

# row NAME MILLISECONDS
row() {
  awk -v name="$1" -v time="$2" -v base="$base" -v steps="$steps" 'BEGIN {
    printf "%-28s %7d ms  %6.2f ms a step  %6.2f ms over the loop\n", name, time, time / steps, (time - base) / steps
  }'
}

# compare NAME COMMAND...
compare() {
  name=$1
  shift
  time=$(took "$@")
  row "$name" "$time"
}
# shellcheck disable=SC2086,SC2329 # words of their own; each_shell calls it
compare_script() { compare "$1" $1 ./steps.sh; }

base=$(took sh loop.sh)
echo "$steps trivial steps, one after another, with the start of the run"
row 'sh -eu -c in a loop' "$base"
compare 'runbook exec' "$RUNBOOK" exec steps.runbook
each_shell compare_script

echo
echo 'export of 10,000 steps'
trivial 10000 >many.runbook
time=$(took "$RUNBOOK" export many.runbook --to sh -o many.sh)
awk -v time="$time" -v size="$(wc -c <many.sh)" 'BEGIN {
  printf "%-28s %7d ms  %6.2f MB\n", "runbook export --to sh", time, size / 1000000
}'

cat >wait.runbook <<'END'
runbook "wait"
gate later { wait 1h }
END
cat >hold.runbook <<'END'
runbook "hold"
defaults { timeout 1m }
metric load: percent = $ echo 0
gate calm {
  hold load < 1% for 1h every 5s
  else rollback
}
END
for kind in wait hold; do "$RUNBOOK" export $kind.runbook --to sh -o $kind.sh; done

# begin COMMAND...: in a session of its own, which is ended when this is left.
begin() {
  setsid "$@" </dev/null >>output 2>&1 &
  waiting="$waiting $!"
}
# shellcheck disable=SC2086,SC2329 # words of their own; each_shell calls it
begin_script() {
  for kind in wait hold; do begin $1 ./$kind.sh; done
  echo "$1" >>begun
}

# used LEADER: CPU time of a process and of all that it has waited for, in
# milliseconds; false where it has ended.
used() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk -v ticks="$(getconf CLK_TCK)" '
    $1 != "Z" { goes_on = 1; print ($12 + $13 + $14 + $15) * 1000 / ticks }
    END { exit !goes_on }'
}
# used_by_all: a line for each that waits.
used_by_all() {
  for leader in $waiting; do
    used "$leader" || {
      echo 'one does not wait any more:' >&2
      cat output >&2
      return 1
    }
  done
}

: >output
echo 'runbook exec' >begun
for kind in wait hold; do begin "$RUNBOOK" exec $kind.runbook; done
echo
echo "CPU time a minute, looked at for ${seconds}s: a gate that waits; one that measures every 5s"
each_shell begin_script
# They begin with short pauses between looks, and calm down.
sleep 15
used_by_all >before
sleep "$seconds"
used_by_all >after
paste before after | awk -v seconds="$seconds" '{ print ($2 - $1) * 60 / seconds }' | paste - - >used
paste used begun | awk -F '\t' '{ printf "%-28s %7d ms  %7d ms\n", $3, $1, $2 }'
