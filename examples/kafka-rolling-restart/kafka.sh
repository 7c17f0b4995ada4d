#!/bin/sh
# A stub of a Kafka cluster, over the folder $CLUSTER:
#   kafka.sh brokers             their ids
#   kafka.sh controller          the one that is it now
#   kafka.sh settings BROKER     what it was started with
#   kafka.sh restart BROKER SETTINGS
#   kafka.sh under-replicated    how many partitions lack a copy
#   kafka.sh wait                until none does
#
# A file of partitions/ names the brokers with copies of it, one of behind/ the
# partitions that a broker has to copy. It has one more whenever somebody looks.
# With new settings $STUCK never gets the last one.
set -eu
cd "$CLUSTER"

# with_copies PARTITION: the brokers whose copy is whole.
with_copies() {
  while read -r broker; do
    grep -qsx "$1" "behind/$broker" || echo "$broker"
  done <"partitions/$1"
}

copy_one_more() {
  for broker in behind/*; do
    if [ "${broker#behind/}" = "${STUCK-}" ] && [ "$(cat "brokers/$STUCK")" != old ] &&
      [ "$(wc -l <"$broker")" -le 1 ]; then
      continue
    fi
    sed -i 1d "$broker"
  done
}

missing() {
  cat behind/* | sort -u | wc -l
}

brokers() {
  for broker in brokers/*; do
    echo "${broker#brokers/}"
  done
}

case $1 in
  brokers) brokers ;;
  controller) cat controller ;;
  settings) cat "brokers/$2" ;;
  restart)
    for partition in partitions/*; do
      name=${partition#partitions/}
      if [ "$(with_copies "$name")" = "$2" ]; then
        echo "$name is gone while $2 starts" >>log
      fi
      if grep -qx "$2" "$partition"; then
        echo "$name"
      fi
    done >copies
    mv copies "behind/$2"
    if [ "$(cat controller)" = "$2" ]; then
      brokers | grep -vx "$2" | sed -n 1p >controller
      echo "the controller moves from $2 to $(cat controller)" >>log
    fi
    echo "$3" >"brokers/$2"
    echo "$2 starts with $3 settings" >>log
    ;;
  under-replicated)
    missing
    copy_one_more
    ;;
  wait)
    until [ "$(missing)" = 0 ]; do
      copy_one_more
      sleep 0.05
    done
    ;;
  *) exit 2 ;;
esac
