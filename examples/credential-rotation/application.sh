#!/bin/sh
# Gives the application the password on the standard input, and restarts it:
# application.sh FOLDER SITE
set -eu
umask 077
cat >"$1/password.next"
mv -f "$1/password.next" "$1/password"
kill "$(cat "$1/pid")"
tries=0
# Whatever it answers, it is up.
until curl -sS --max-time 10 "$2" >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || exit 1
  sleep 0.05
done
