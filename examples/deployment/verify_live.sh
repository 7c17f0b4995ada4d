#!/bin/sh
# Succeeds if a colour runs this version and answers every request.
. "$(dirname -- "$0")/production.sh"
usage='--env blue|green --version VERSION'
env='' version=''
options 'env version' '' "$@"
a_colour "$env"
a_label "$version"
enter_production

look
running=$(cat "$env/version")
share=$(share_of "$env")
[ "$running" = "$version" ] || die "$env runs $running, not $version"
[ "$share" = 100 ] || die "$env gets $share % of the traffic, not all of it"
