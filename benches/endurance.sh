#!/bin/sh
# What endurance costs, of a release build:
#   resuming a run whose journal holds so many facts
#   memory while so many steps run side by side
set -eu
cd -- "$(dirname -- "$0")/.."
: "${RUNBOOK:=target/release/runbook}"
[ -x "$RUNBOOK" ] || {
  echo "build it first: cargo build --release" >&2
  exit 1
}
RUNBOOK=$(CDPATH='' cd -- "$(dirname -- "$RUNBOOK")" && pwd)/$(basename -- "$RUNBOOK")
facts=${1:-10000}
side_by_side=${2:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RUNBOOK_STATE="$work/state"
cd "$work"

# Each step makes two facts; the gate stops where nobody can be asked.
awk -v steps=$((facts / 2)) 'BEGIN {
  print "runbook \"long\"\ndefaults { timeout 1m }"
  for (i = 0; i < steps; i++)
    printf "step s%d {\n  $ :\n  harmless \"nothing is changed\"\n}\n", i
  print "gate go { confirm \"on?\" }\nstep last {\n  $ :\n  harmless \"nothing is changed\"\n}"
}' >long.runbook
status=0
"$RUNBOOK" exec long.runbook >/dev/null || status=$?
[ "$status" = 5 ] || {
  echo "the run ended with $status instead of waiting" >&2
  exit 1
}
journal=$(echo state/runs/*/journal.jsonl)
printf '%s records, %s bytes of journal\n' "$(wc -l <"$journal")" "$(wc -c <"$journal")"
best=''
for _ in 1 2 3 4 5; do
  begin=$(date +%s%N)
  "$RUNBOOK" resume >/dev/null && exit 1
  took=$((($(date +%s%N) - begin) / 1000000))
  if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
done
printf 'resume, until it waits again: %s ms, the best of five\n' "$best"

awk -v steps="$side_by_side" 'BEGIN {
  print "runbook \"wide\"\ndefaults { timeout 10m }\nparallel {"
  for (i = 0; i < steps; i++)
    printf "  step s%d {\n    $ while ! test -e go; do sleep 1; done\n    harmless \"nothing is changed\"\n  }\n", i
  print "}"
}' >wide.runbook
"$RUNBOOK" exec wide.runbook >/dev/null &
interpreter=$!
until [ "$(pgrep -c -f 'while ! test -e go')" -ge "$side_by_side" ]; do sleep 0.2; done
rss() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }
pss() { awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"; }
printf 'the interpreter, %s steps side by side: %s KiB at most\n' "$side_by_side" "$(rss $interpreter)"
keepers=$(pgrep -P "$interpreter" | head -n 20)
total=0
count=0
for keeper in $keepers; do
  total=$((total + $(pss "$keeper")))
  count=$((count + 1))
done
[ "$count" = 0 ] || printf 'each keeper: %s KiB of its own share\n' "$((total / count))"
: >go
wait "$interpreter"
