#!/bin/sh
# Sends whoever connects from now on to a server: redirect.sh FOLDER SERVER
set -eu
ln -sfn "$2.conf" "$1/pg_service.next"
mv -Tf "$1/pg_service.next" "$1/pg_service.conf"
