#!/bin/sh
# Has nginx serve a certificate, without losing a connection:
# live.sh FOLDER CERTIFICATE NGINX
set -eu
ln -sfn "$2" "$1/live.next"
mv -Tf "$1/live.next" "$1/live"
"$(dirname -- "$0")/../shared/reload.sh" "$3"
