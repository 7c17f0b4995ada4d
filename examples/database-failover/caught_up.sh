#!/bin/sh
# Whether a standby has replayed all that the primary has written:
# caught_up.sh PRIMARY STANDBY
set -eu
here=$(dirname -- "$0")
position=$("$here/ask.sh" "$1" postgres 'select pg_current_wal_lsn()')
[ "$("$here/ask.sh" "$2" postgres "select pg_last_wal_replay_lsn() >= '$position'")" = t ]
