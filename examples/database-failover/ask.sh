#!/bin/sh
# What a server says: ask.sh SOCKETS DATABASE SQL
set -eu
PGHOST=$1 psql -X -q -t -A -v ON_ERROR_STOP=1 -d "$2" -c "$3"
