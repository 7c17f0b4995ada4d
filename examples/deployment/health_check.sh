#!/bin/sh
# Looks whether one colour, or what users get, is well. One line for each check.
. "$(dirname -- "$0")/production.sh"
usage='--env blue|green | --environment NAME [--check NAME] [--verbose]'
env='' environment='' check='' verbose=''
options 'env environment check' verbose "$@"
case $env,$environment in
  , | ?*,?*) misused ;;
  ,*) ;;
  *) a_colour "$env" ;;
esac
enter_production

checks='api database cache services'
# Nobody measures a colour that has no traffic yet.
[ -n "$env" ] || checks="$checks errors latency"
if [ -n "$check" ]; then
  case " $checks " in
    *" $check "*) checks=$check ;;
    *) die "there is no check $check: there are $checks" ;;
  esac
fi

# The colours in question: the one that was named, or those with traffic.
colours() {
  for colour in ${env:-blue green}; do
    if [ -n "$env" ] || [ "$(share_of "$colour")" != 0 ]; then
      echo "$colour"
    fi
  done
}

api() {
  title='API health endpoint responding'
  detail=''
  for colour in $(colours); do
    version=$(cat "$colour/version")
    app=$(cat "$colour/app")
    detail="$detail${detail:+, }$colour: $app"
    [ "$app" = "shop $version" ] || return 1
  done
}

database() {
  title='Database connectivity OK'
  level=$(cat database/level)
  detail="level $level, writes $(cat maintenance/writes)"
  table_at "$level" | cmp -s - database/customers.csv && [ "$(cat maintenance/writes)" = accepted ]
}

cache() {
  title='Cache layer accessible'
  detail=$(cat services/cache)
  [ "$detail" = up ]
}

services() {
  title='External services reachable'
  detail="payments $(cat services/payments)"
  [ "$detail" = 'payments up' ]
}

errors() {
  title='Error rate within threshold'
  detail=$("$here/metric.sh" error_rate)
  below "$detail" 1
}

latency() {
  title='Response time within SLA'
  detail=$("$here/metric.sh" p95)
  below "$detail" 0.2
}

# below NUMBER LIMIT: what is no number is not below it.
below() {
  LC_ALL=C awk -v number="$1" -v limit="$2" 'BEGIN { exit !(number ~ /^[0-9.]+$/ && number + 0 < limit + 0) }'
}

look
failed=0
for one in $checks; do
  if "$one"; then mark='✓'; else
    mark='✗'
    failed=$((failed + 1))
  fi
  printf '%s %s%s\n' "$mark" "$title" "${verbose:+ ($detail)}"
done
[ "$failed" = 0 ] || die "$failed of the checks failed"
echo 'all checks pass'
