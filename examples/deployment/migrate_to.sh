#!/bin/sh
# Brings the database to a level of the schema, back or forth, from any state
# that a broken migration can have left.
. "$(dirname -- "$0")/production.sh"
usage='--level NUMBER [--environment NAME]'
level='' environment=''
options 'level environment' '' "$@"
case $level in
  '' | *[!0-9]*) misused ;;
esac
enter_production

begin
put database/customers.csv table_at "$level"
halfway
put database/level echo "$level"
finish
echo "schema of ${environment:-production}: level $level"
