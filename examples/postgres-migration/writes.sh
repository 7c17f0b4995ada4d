#!/bin/sh
# Whether applications can write: writes.sh on|off DATABASE
set -eu
case $1 in
  on) set -- "$2" 'reset default_transaction_read_only' ;;
  off) set -- "$2" 'set default_transaction_read_only = on' ;;
  *) exit 2 ;;
esac
psql -X -q -v ON_ERROR_STOP=1 -v database="$1" -d postgres <<SQL
alter database :"database" $2;
-- Those that are connected find out when they come again.
select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = :'database';
SQL
