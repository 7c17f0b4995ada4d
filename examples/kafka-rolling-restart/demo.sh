#!/bin/sh
# New settings for the three brokers of a cluster, which is a folder here. With
# --fail 3 that one never gets all of its copies back.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by 3

export CLUSTER="$place/cluster" STUCK="$fail"
mkdir -p "$CLUSTER/brokers" "$CLUSTER/partitions" "$CLUSTER/behind"
for broker in 1 2 3; do
  echo old >"$CLUSTER/brokers/$broker"
  : >"$CLUSTER/behind/$broker"
done
for partition in orders-0:1:2 orders-1:2:3 orders-2:3:1 clicks-0:1:2:3; do
  echo "${partition#*:}" | tr : '\n' >"$CLUSTER/partitions/${partition%%:*}"
done
echo 1 >"$CLUSTER/controller"
: >"$CLUSTER/log"

picture() {
  for broker in 1 2 3; do
    echo "broker $broker has $(cat "$CLUSTER/brokers/$broker") settings, and lacks $(wc -l <"$CLUSTER/behind/$broker") copies"
  done
  echo "the controller is $(cat "$CLUSTER/controller")"
}

finally() {
  printf '\nWhat the brokers did\n'
  sed 's/^/  /' "$CLUSTER/log"
}

patience=1m
[ -z "$fail" ] || patience=5s
carry_out restart.runbook --set settings=new --set "patience=$patience" --set look_every=200ms "$@"
