#!/bin/sh
# Sends a message to the people concerned: notifications.log stands for a chat.
. "$(dirname -- "$0")/production.sh"
usage='MESSAGE'
[ $# -eq 1 ] || misused
enter_production

begin
echo '--- to ops' >>notifications.log
halfway
printf '%s\n' "$1" >>notifications.log
finish
