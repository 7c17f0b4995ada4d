#!/bin/sh
# Prints the level of the database's schema.
. "$(dirname -- "$0")/production.sh"
options '' '' "$@"
enter_production

look
cat database/level
