#!/bin/sh
# Prints a metric as a plain number: percentages in percent, times in seconds.
#
#   BAD_VERSION=1.2.3       the share of the traffic that this version gets fares badly
#   METRIC_error_rate=2.3   what the metric is as soon as green gets traffic
. "$(dirname -- "$0")/production.sh"
usage='NAME'
[ $# -eq 1 ] || misused
case $1 in
  '' | *[!a-z0-9_]*) misused ;;
esac
name=$1
enter_production
[ -e "metrics/$name" ] || die "there is no metric $name"

look
forced=''
eval "forced=\${METRIC_$name-}"
if [ -n "$forced" ] && [ "$(share_of green)" != 0 ]; then
  echo "$forced"
  exit
fi

bad=''
for colour in blue green; do
  [ "$(cat "$colour/version")" != "${BAD_VERSION-}" ] || bad="$bad $colour"
done

LC_ALL=C awk -v name="$name" -v bad="$(share_of "$bad")" '
  # What is no number stays none.
  $1 !~ /^[0-9.]+$/ { print; next }
  {
    share = bad / 100
    if (name == "error_rate") $1 += 30 * share
    else if (name == "success_rate") $1 -= 30 * share
    else if (name == "p95") $1 *= 1 + 4 * share
    else if (name == "cpu") $1 += 40 * share
    else if (name ~ /^(conversion|signups|transactions)$/) $1 *= 1 - share / 2
    printf "%.10g\n", $1
  }' "metrics/$name"
