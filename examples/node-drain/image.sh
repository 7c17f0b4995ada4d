#!/bin/sh
# The system image of a node; a stub over the folder $CLUSTER. On real machines it
# is written and booted.
#   image.sh of NODE
#   image.sh set NODE IMAGE
set -eu
node=$CLUSTER/nodes/$2
case $1 in
  of) cat "$node/image" ;;
  set)
    echo "$3" >"$node/image"
    # It boots; $BROKEN does not come up with a new one.
    ready=True
    [ "$2" != "${BROKEN-}" ] || [ "$3" = 2026.08 ] || ready=False
    echo "$ready" >"$node/ready"
    echo "$2 boots $3, with $(grep -lx "$2" "$CLUSTER"/pods/* | wc -l) pods" >>"$CLUSTER/log"
    ;;
  *) exit 2 ;;
esac
