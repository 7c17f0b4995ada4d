#!/bin/sh
# Prints the version that a colour runs.
. "$(dirname -- "$0")/production.sh"
usage='--env blue|green'
env=''
options env '' "$@"
a_colour "$env"
enter_production

look
cat "$env/version"
