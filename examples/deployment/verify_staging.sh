#!/bin/sh
# Succeeds if staging is well.
. "$(dirname -- "$0")/production.sh"
options '' '' "$@"
enter_production

look
health=$(cat staging/health)
[ "$health" = healthy ] || die "staging is $health"
echo "staging is healthy"
