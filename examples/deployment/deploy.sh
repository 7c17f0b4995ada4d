#!/bin/sh
# Puts a version, which must have been built, on one colour.
. "$(dirname -- "$0")/production.sh"
usage='--env blue|green --version VERSION'
env='' version=''
options 'env version' '' "$@"
a_colour "$env"
a_label "$version"
enter_production

[ -e "builds/v$version" ] || die "v$version is not built: run build_production.sh --tag v$version"

begin
put "$env/app" cat "builds/v$version"
halfway
put "$env/version" echo "$version"
finish
