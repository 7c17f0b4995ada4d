#!/bin/sh
# Keeps everybody from writing to a server, or no longer: fence.sh SOCKETS on|off
set -eu
case $2 in
  on) change='set default_transaction_read_only = on' ;;
  off) change='reset default_transaction_read_only' ;;
  *) exit 2 ;;
esac
export PGHOST="$1" PGOPTIONS='-c default_transaction_read_only=off'
psql -X -q -v ON_ERROR_STOP=1 -d postgres <<SQL
alter system $change;
select pg_reload_conf();
SQL
# Who is told again and again to reload does so soon, but not at once.
until [ "$(PGOPTIONS='' psql -X -t -A -d postgres -c 'show default_transaction_read_only')" = "$2" ]; do
  sleep 0.1
done
# Those that are connected find out when they come again.
psql -X -q -v ON_ERROR_STOP=1 -d postgres -o /dev/null -c "
  select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
