#!/bin/sh
# Makes a fresh production, in place of the old one if there is one: blue runs
# 1.2.2 with all the traffic, green still has 1.2.1.
. "$(dirname -- "$0")/production.sh"
options '' '' "$@"

if [ -e "$PRODUCTION" ] && [ ! -e "$PRODUCTION/.production" ] && [ -n "$(ls -A "$PRODUCTION")" ]; then
  die "$PRODUCTION holds something else: empty it, or set PRODUCTION to another directory"
fi

rm -rf -- "$PRODUCTION"
mkdir -p -- "$PRODUCTION"
cd -- "$PRODUCTION"
echo 'made by reset_production.sh, which may also remove it' >.production
mkdir blue green traffic maintenance database tags ci staging services logs metrics backups builds tmp
: >effects.log
: >notifications.log

# set_up FILE LINE…
set_up() {
  file=$1
  shift
  printf '%s\n' "$@" >"$file"
}

for version in 1.2.1 1.2.2; do
  set_up "builds/v$version" "shop $version"
done
set_up blue/app 'shop 1.2.2'
set_up blue/version 1.2.2
set_up green/app 'shop 1.2.1'
set_up green/version 1.2.1
for router in east west; do
  set_up "traffic/$router" 'blue 100' 'green 0'
done
set_up maintenance/page hidden
set_up maintenance/writes accepted
set_up database/level 41
set_up database/customers.csv id,name 1,Ada 2,Grace 3,Linus
for place in local origin; do
  set_up "tags/$place" v1.2.1 v1.2.2
done
for suite in unit integration e2e; do
  set_up "ci/$suite" success
done
set_up ci/changed_lines 120
set_up logs/application '09:00:01 INFO shop 1.2.2 started' \
  '09:12:40 ERROR payments: no answer in 10s' \
  '09:31:07 ERROR cart: 3 is no colour' \
  '09:44:59 ERROR payments: no answer in 10s'
set_up logs/events '09:00:00 blue: image pulled' '09:00:01 blue: started'
set_up logs/connections '12 of 100 connections are used' '0 wait for a lock'
set_up staging/health healthy
set_up services/cache up
set_up services/payments up

set_up metrics/error_rate 0.05
set_up metrics/success_rate 99.95
set_up metrics/p95 0.14
set_up metrics/throughput 820
set_up metrics/cpu 45
set_up metrics/memory 61
set_up metrics/disk_io 12000000
set_up metrics/network_latency 0.012
set_up metrics/conversion 3.2
set_up metrics/signups 120
set_up metrics/transactions 640
