# shellcheck shell=sh disable=SC2154 # stage.sh sets place
# PostgreSQL servers for demos. They listen to sockets in their own folders only,
# and run as somebody who may nothing else.

for folder in /usr/lib/postgresql/*/bin; do
  PATH=$folder:$PATH
done
command -v initdb >/dev/null || die 'this demo needs the server of PostgreSQL'
chmod 711 "$place"
export PGUSER=postgres PGDATABASE=postgres

# folder_for NAME: where a server lies.
folder_for() {
  mkdir -p "$place/$1"
  [ "$(id -u)" != 0 ] || chown nobody "$place/$1"
}

# postgres_starts NAME: what lies in $place/NAME/data.
postgres_starts() {
  at_end "unprivileged pg_ctl -D '$place/$1/data' -m immediate stop"
  (
    cd "$place/$1"
    unprivileged pg_ctl -D data -s -w -t 120 -l "$place/$1/log" start
  ) >"$place/logs/$1" 2>&1 || {
    cat "$place/logs/$1" "$place/$1/log" >&2
    die "$1 does not start"
  }
}

# postgres NAME: a new one. PGHOST=$place/NAME leads there.
postgres() {
  folder_for "$1"
  (cd "$place/$1" && unprivileged initdb -D data -U postgres --auth trust --no-sync --encoding UTF8 --locale C.UTF-8) \
    >"$place/logs/$1" 2>&1 || die "$(cat "$place/logs/$1")"
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$place/$1'" 'fsync = off' \
    'shared_buffers = 16MB' 'max_connections = 20' >>"$place/$1/data/postgresql.conf"
  postgres_starts "$1"
}

# standby NAME OF: a copy of another, which follows it.
standby() {
  folder_for "$1"
  (
    cd "$place/$1"
    unprivileged pg_basebackup -D data -h "$place/$2" -U postgres -X stream -c fast --no-sync -R
    unprivileged sh -c "echo \"unix_socket_directories = '$place/$1'\" >>data/postgresql.auto.conf"
  ) >"$place/logs/$1" 2>&1 || die "$(cat "$place/logs/$1")"
  postgres_starts "$1"
}

# sql NAME DATABASE SQL
sql() {
  PGHOST=$place/$1 psql -X -q -t -A -F ' ' -v ON_ERROR_STOP=1 -d "$2" -c "$3"
}
