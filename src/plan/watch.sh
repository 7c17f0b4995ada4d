# Runs `$script` in a process group of its own and waits for it, or for the end of
# the standard input. What it uses stands before it: `$shell` is several words.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
exec 3<&0 </dev/null
stop() {
  kill -TERM "-$job" 2>/dev/null || kill -TERM "$job" 2>/dev/null || return 0
  kill -CONT "-$job" 2>/dev/null
  left=$patience
  while [ "$left" -gt 0 ] && kill -0 "-$job" 2>/dev/null; do
    sleep 1
    left=$((left - 1))
  done
  kill -KILL "-$job" 2>/dev/null
  return 0
}
if command -v setsid >/dev/null 2>&1; then
  (set_up && exec setsid $shell "$script") 3<&- &
else
  set -m
  (set_up && exec $shell "$script") 3<&- &
  set +m
fi
job=$!
( while read -r line; do :; done; stop ) <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$job"
status=$?
kill "$watch" 2>/dev/null
stop
[ "$status" != 255 ] || status=254
exit "$status"
