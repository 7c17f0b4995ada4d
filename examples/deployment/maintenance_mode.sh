#!/bin/sh
# Shows the maintenance page and refuses writes, or ends both.
. "$(dirname -- "$0")/production.sh"
usage='--enable|--disable'
enable='' disable=''
options '' 'enable disable' "$@"
enter_production

case $enable,$disable in
  yes,)
    begin
    put maintenance/page echo shown
    halfway
    put maintenance/writes echo refused
    finish
    ;;
  ,yes)
    begin
    put maintenance/writes echo accepted
    halfway
    put maintenance/page echo hidden
    finish
    ;;
  *) misused ;;
esac
