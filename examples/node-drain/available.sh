#!/bin/sh
# Whether a deployment has as many pods as it should: available.sh CONTEXT DEPLOYMENT
set -eu
get() {
  kubectl --context "$1" get "deployment/$2" -o "jsonpath={$3}"
}
wanted=$(get "$1" "$2" .spec.replicas)
[ "$(get "$1" "$2" .status.availableReplicas)" = "$wanted" ]
