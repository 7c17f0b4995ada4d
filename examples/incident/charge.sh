#!/bin/sh
# When customers are charged: charge.sh FOLDER now|later
set -eu
echo "$2" >"$1/charge.next"
mv "$1/charge.next" "$1/charge"
