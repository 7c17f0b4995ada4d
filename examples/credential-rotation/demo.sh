#!/bin/sh
# A new password for an application that keeps its data in Redis; with --fail
# letters one that Redis likes and the application does not.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by letters

export REDIS_ADMIN_PASSWORD='only-for-the-demo' OLD_PASSWORD='old-and-known' NEW_PASSWORD='new-and-secret'
[ -z "$fail" ] || NEW_PASSWORD='a#better/one?'

redis=$place/redis.sock
application=$place/application
site=http://127.0.0.1:$(ports 1)/
mkdir "$application"
echo "$OLD_PASSWORD" >"$application/password"
ln -s ../application.pid "$application/pid"

cat >"$place/redis.conf" <<CONFIGURATION
port 0
unixsocket $redis
save ""
dir $place
user default on >$REDIS_ADMIN_PASSWORD ~* &* +@all
user shop on >$OLD_PASSWORD ~* +@all -@admin -@dangerous
CONFIGURATION
server redis redis-server "$place/redis.conf"
works() {
  REDISCLI_AUTH=$1 redis-cli -e -s "$redis" --user "${2-shop}" ping >/dev/null 2>&1
}
wait_for 'Redis' works "$REDIS_ADMIN_PASSWORD" default
port=${site##*:}
service application python3 "$here/application.py" "${port%/}" "$application" "$redis"
wait_for 'the application' answers "$site"

picture() {
  for password in "$OLD_PASSWORD" "$NEW_PASSWORD"; do
    works "$password" && echo "Redis takes $password" || echo "Redis refuses $password"
  done
  echo "the application has $(cat "$application/password") and says $(curl -sS "$site")"
}

carry_out rotate.runbook \
  --set "socket=$redis" --set "application=$application" --set "site=$site" \
  --set settle=200ms "$@"
