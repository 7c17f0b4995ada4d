#!/bin/sh
# Makes nginx send everybody to one colour, without losing a request:
# live.sh FOLDER FILE
set -eu
ln -sfn "$2" "$1/live.next"
mv -Tf "$1/live.next" "$1/live.conf"
"$(dirname -- "$0")/../shared/reload.sh" "$1"
