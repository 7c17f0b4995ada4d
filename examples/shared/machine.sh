#!/bin/sh
# A machine with the shop on it, by its folder:
#   machine.sh MACHINE run VERSION       runs this version from now on
#   machine.sh MACHINE answers VERSION   whether it answers, and with this version
set -eu

machine=$1
address=http://127.0.0.1:$(cat "$machine/port")

get() {
  curl --fail --silent --show-error --max-time 10 "$address$1"
}

case $2 in
  run)
    test -f "$machine/releases/$3/version"
    ln -sfn "releases/$3" "$machine/current.next"
    mv -Tf "$machine/current.next" "$machine/current"
    # Its init starts the server again.
    kill "$(cat "$machine/pid")"
    tries=0
    until get /health >/dev/null 2>&1; do
      tries=$((tries + 1))
      [ "$tries" -lt 600 ] || exit 1
      sleep 0.05
    done
    ;;
  answers)
    [ "$(get /)" = "shop $3" ]
    ;;
  *) exit 2 ;;
esac
