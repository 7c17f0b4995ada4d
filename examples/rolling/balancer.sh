#!/bin/sh
# HAProxy's backend `shop`, by its socket:
#   balancer.sh out SOCKET SERVER     no new requests, and those that run are waited for
#   balancer.sh in SOCKET SERVER      until it gets requests
#   balancer.sh is-in SOCKET SERVER   whether it does
#   balancer.sh all-in SOCKET         whether every server does
set -eu

say() {
  printf '%s\n' "$2" | socat stdio "$1"
}

# tell SOCKET COMMAND: HAProxy answers nothing if all is well.
tell() {
  answer=$(say "$1" "$2")
  [ -z "$answer" ] || {
    printf '%s\n' "$answer" >&2
    exit 1
  }
}

# field SOCKET SERVER NUMBER: of its statistics.
field() {
  say "$1" 'show stat' | awk -F , -v server="$2" -v field="$3" '$1 == "shop" && $2 == server { print $field }'
}

case $1 in
  out)
    tell "$2" "set server shop/$3 state drain"
    # Its sessions, and what stands in its queue.
    until [ "$(field "$2" "$3" 5)$(field "$2" "$3" 3)" = 00 ]; do
      sleep 0.1
    done
    ;;
  in)
    tell "$2" "set server shop/$3 state ready"
    # HAProxy looks first.
    until [ "$(field "$2" "$3" 18)" = UP ]; do
      sleep 0.1
    done
    ;;
  is-in) [ "$(field "$2" "$3" 18)" = UP ] ;;
  all-in)
    say "$2" 'show stat' | awk -F , '
      $1 == "shop" && $2 !~ /END$/ { servers++; if ($18 != "UP") { print $2 " is " $18; out = 1 } }
      END { exit out || !servers }' >&2
    ;;
  *) exit 2 ;;
esac
