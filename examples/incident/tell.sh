#!/bin/sh
# Tells those on call; the demo shows what was said.
set -eu
printf '%s\n' "$1" >>"${TOLD:?}"
