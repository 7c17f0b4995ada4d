#!/bin/sh
# Makes a standby a primary, if it is not one already: promote.sh SOCKETS
set -eu
here=$(dirname -- "$0")
if [ "$("$here/ask.sh" "$1" postgres 'select pg_is_in_recovery()')" = t ]; then
  [ "$("$here/ask.sh" "$1" postgres 'select pg_promote()')" = t ]
fi
