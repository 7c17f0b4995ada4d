#!/bin/sh
# Sends a percentage of the traffic to one colour, the rest to the other. There
# are two routers, switched one after the other.
. "$(dirname -- "$0")/production.sh"
usage='--from blue|green --to blue|green --percentage 0…100'
from='' to='' percentage=''
options 'from to percentage' '' "$@"
a_colour "$from"
a_colour "$to"
[ "$from" != "$to" ] || misused
case $percentage in
  [0-9] | [1-9][0-9] | 100) ;;
  *) misused ;;
esac
enter_production

split() {
  printf '%s %s\n' "$to" "$percentage" "$from" "$((100 - percentage))" | sort
}

begin
put traffic/east split
halfway
put traffic/west split
finish
