#!/bin/sh
# Puts a backup in place of a database: restore.sh DATABASE FILE
set -eu
pg_restore --list "$2" >/dev/null
dropdb --if-exists --force "$1"
createdb "$1"
pg_restore --exit-on-error --dbname "$1" "$2"
