#!/bin/sh
# Moves a database from its primary to its standby, which may have stopped to
# replay what it gets: --fail lag.
. "$(dirname -- "$0")/../shared/stage.sh"
. "$here/../shared/postgres.sh"
fails_by lag

postgres one
PGHOST=$place/one createdb shop
sql one shop 'create table moves (told text)'
standby two one
services=$place/services
mkdir "$services"
for server in one two; do
  printf '%s\n' '[shop]' "host=$place/$server" 'dbname=shop' 'user=postgres' >"$services/$server.conf"
done
ln -s one.conf "$services/pg_service.conf"

# shellcheck disable=SC2317 # wait_for calls it
follows() {
  [ "$(sql two postgres 'select status from pg_stat_wal_receiver')" = streaming ] &&
    "$here/caught_up.sh" "$place/one" "$place/two"
}
wait_for 'the standby' follows
patience=1m
if [ "$fail" = lag ]; then
  sql two postgres 'select pg_wal_replay_pause()' >/dev/null
  sql one shop "insert into moves values ('while the standby sleeps')"
  patience=2s
fi

writes() {
  if PGHOST=$place/$1 psql -X -q -d shop -c "begin; insert into moves values ('a try'); rollback" >/dev/null 2>&1; then
    echo 'takes writes'
  else
    echo 'takes no writes'
  fi
}
picture() {
  for server in one two; do
    echo "$server $(writes "$server")"
  done
  echo "applications go to $(readlink "$services/pg_service.conf")"
}

carry_out failover.runbook \
  --set from=one --set to=two --set "servers=$place" --set "services=$services" \
  --set "patience=$patience" "$@"
