#!/bin/sh
# Has the nginx of a folder read its configuration again, and ends when it goes by
# it. No request is lost: reload.sh FOLDER
set -eu

nginx -q -t -p "$1" -c nginx.conf -e error.log
master=$(cat "$1/nginx.pid")
workers=$(awk -v master="$master" '$4 == master { print $1 }' /proc/[0-9]*/stat 2>/dev/null) || :
nginx -p "$1" -c nginx.conf -e error.log -s reload

# Workers that know the old one end what they have begun, and take nothing more.
for worker in $workers; do
  tries=0
  until ! [ -e "/proc/$worker" ] || grep -qs 'shutting down' "/proc/$worker/cmdline"; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || {
      tail -n 5 "$1/error.log" >&2
      exit 1
    }
    sleep 0.05
  done
done
