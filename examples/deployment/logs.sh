#!/bin/sh
# Shows the end of a log, or which errors stand in it, the most frequent first. It
# stands for `kubectl logs` and `kubectl get events`.
. "$(dirname -- "$0")/production.sh"
usage='--of application|events|connections [--errors]'
of='' errors=''
options of errors "$@"
case $of in
  application | events | connections) ;;
  *) misused ;;
esac
enter_production

look
if [ -n "$errors" ]; then
  sed -n 's/.*ERROR //p' "logs/$of" | sort | uniq -c | sort -nr
else
  tail -n 100 "logs/$of"
fi
