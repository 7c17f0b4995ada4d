#!/bin/sh
# Has the nginx of a folder read its configuration again, and ends when it goes by
# it. No request is lost: reload.sh FOLDER
set -eu

nginx -q -t -p "$1" -c nginx.conf -e error.log
master=$(cat "$1/nginx.pid")
# `cat` goes on when a process ends under its hands, where awk stops reading.
workers=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v master="$master" '
  { worker = $1; sub(/.*\) /, ""); if ($2 == master) print worker }')
nginx -p "$1" -c nginx.conf -e error.log -s reload

# Workers that know the old one end what they have begun, and take nothing more.
# One says that it is going a moment before it closes its door.
for worker in $workers; do
  tries=0 going=0
  while [ -e "/proc/$worker" ] && [ "$going" -lt 10 ]; do
    if grep -qs 'shutting down' "/proc/$worker/cmdline"; then going=$((going + 1)); fi
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || {
      tail -n 5 "$1/error.log" >&2
      exit 1
    }
    sleep 0.05
  done
done
