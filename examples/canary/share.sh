#!/bin/sh
# Gives the canary a share of the traffic, and the old release the rest:
# share.sh SOCKET PERCENT
set -eu
answer=$(printf 'set weight shop/canary %s; set weight shop/stable %s\n' "$2" "$((100 - $2))" | socat stdio "$1")
# HAProxy says nothing if all is well.
[ -z "$(printf %s "$answer" | tr -d '[:space:]')" ] || {
  printf '%s\n' "$answer" >&2
  exit 1
}
