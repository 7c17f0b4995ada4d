#!/bin/sh
# A new image for the three nodes of a cluster, which is a folder here, with a stub
# of kubectl. With --fail node-2 that one does not come up with it.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by node-2

export CLUSTER="$place/cluster" BROKEN="$fail"
PATH=$here/bin:$PATH
mkdir -p "$CLUSTER/pods"
for node in node-1 node-2 node-3; do
  mkdir -p "$CLUSTER/nodes/$node"
  echo 2026.08 >"$CLUSTER/nodes/$node/image"
  echo True >"$CLUSTER/nodes/$node/ready"
done
echo 4 >"$CLUSTER/replicas"
for pod in 1:node-1 2:node-1 3:node-2 4:node-3; do
  echo "${pod#*:}" >"$CLUSTER/pods/shop-${pod%:*}"
done

picture() {
  for node in node-1 node-2 node-3; do
    echo "$node has $(cat "$CLUSTER/nodes/$node/image"), ready: $(cat "$CLUSTER/nodes/$node/ready")," \
      "takes pods: $([ -e "$CLUSTER/nodes/$node/cordoned" ] && echo no || echo yes)"
  done
  echo "pods that run: $(grep -Lx nowhere "$CLUSTER"/pods/* | wc -l)"
}

finally() {
  printf '\nWhat the nodes did\n'
  sed 's/^/  /' "$CLUSTER/log"
}

patience=1m
[ -z "$fail" ] || patience=1s
carry_out nodes.runbook --set image=2026.11 --set "patience=$patience" "$@"
