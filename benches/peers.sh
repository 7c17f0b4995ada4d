#!/bin/sh
# Compares whole processes with peers, in one run on one machine, as ratios:
#   a release of 1,000 trivial steps    runbook exec, sh, make, just
#   start-up                            runbook --version, runbook check
# `just` and `make` are compared where they are installed.
set -eu
cd -- "$(dirname -- "$0")/.."
: "${RUNBOOK:=target/release/runbook}"
[ -x "$RUNBOOK" ] || {
  echo "build it first: cargo build --release" >&2
  exit 1
}
RUNBOOK=$(CDPATH='' cd -- "$(dirname -- "$RUNBOOK")" && pwd)/$(basename -- "$RUNBOOK")
steps=${1:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RUNBOOK_STATE="$work/state"

# now: milliseconds since some moment.
now() {
  awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# took COMMAND...: how many milliseconds it takes, the best of three.
took() {
  best=''
  for _ in 1 2 3; do
    begin=$(now)
    "$@" >"$work/output" 2>&1 || {
      cat "$work/output" >&2
      return 1
    }
    lasted=$(($(now) - begin))
    if [ -z "$best" ] || [ "$lasted" -lt "$best" ]; then best=$lasted; fi
  done
  echo "$best"
}

cd "$work"
i=0
{
  echo 'runbook "trivial"'
  while [ $i -lt "$steps" ]; do
    printf 'step s%d {\n  $ :\n  harmless "nothing is changed"\n  timeout 1m\n}\n' $i
    i=$((i + 1))
  done
} >steps.runbook
# shellcheck disable=SC2016 # the inner shell expands it
echo 'i=0; while [ $i -lt '"$steps"' ]; do sh -eu -c :; i=$((i + 1)); done' >steps.sh
i=0
{
  printf 'all:'
  while [ $i -lt "$steps" ]; do
    printf ' s%d' $i
    i=$((i + 1))
  done
  printf '\n'
  i=0
  while [ $i -lt "$steps" ]; do
    # Without the redirection make would not ask a shell.
    printf 's%d:\n\t@: </dev/null\n' $i
    i=$((i + 1))
  done
} >Makefile
i=0
{
  echo 'all:'
  while [ $i -lt "$steps" ]; do
    echo '  @:'
    i=$((i + 1))
  done
} >justfile

base=$(took sh steps.sh)
compare() {
  if command -v "$2" >/dev/null; then
    name=$1
    shift
    time=$(took "$@")
    awk -v name="$name" -v time="$time" -v base="$base" -v steps="$steps" 'BEGIN {
      printf "%-28s %7d ms  %6.2f ms a step  %5.2f times sh\n", name, time, time / steps, time / base
    }'
  fi
}
echo "$steps trivial steps, one after another"
compare 'sh -eu -c in a loop' sh steps.sh
compare make make -s all
compare just just all
compare 'runbook exec' "$RUNBOOK" exec steps.runbook
echo
echo 'start-up'
hundred() {
  i=0
  while [ $i -lt 100 ]; do
    "$@" >/dev/null 2>&1 || return 1
    i=$((i + 1))
  done
}
for arguments in '--version' 'check steps.runbook'; do
  # shellcheck disable=SC2086 # words of their own
  time=$(took hundred "$RUNBOOK" $arguments)
  awk -v name="runbook $arguments" -v time="$time" 'BEGIN { printf "%-28s %6.2f ms\n", name, time / 100 }'
done
