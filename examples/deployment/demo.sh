#!/bin/sh
# Releases 1.2.3 to a fresh production, and shows what became of it.
. "$(dirname -- "$0")/production.sh"
usage='[--fail FAULT] [--hang FAULT] [--bad] [-- ARGUMENTS OF runbook exec]

  --fail FAULT   makes a script fail:  deploy, deploy:half, switch_traffic@50:after:1
  --hang FAULT   makes it hang instead, until the time limit of its step
  --bad          releases a version whose users get errors

The program is that of the variable RUNBOOK, or else the runbook on the PATH.'

bad='' limit=30s
while [ $# -gt 0 ]; do
  case $1 in
    --bad) bad=1.2.3 ;;
    --fail | --hang)
      [ $# -gt 1 ] || misused
      if [ "$1" = --fail ]; then
        FAIL=$2
      else
        HANG=$2 limit=3s
      fi
      shift
      ;;
    --)
      shift
      break
      ;;
    *) misused ;;
  esac
  shift
done

: "${RUNBOOK:=runbook}"
command -v "$RUNBOOK" >/dev/null ||
  die "there is no program $RUNBOOK: build it with cargo, then set RUNBOOK to target/debug/runbook"

export FAIL="${FAIL-}" HANG="${HANG-}" BAD_VERSION="$bad"
# By another way than enter_production: the runbook's path may be relative to
# where we are now.
"$here/reset_production.sh"
PRODUCTION=$(CDPATH='' cd -- "$PRODUCTION" && pwd)
export PRODUCTION

pictures=$(mktemp -d)
trap 'rm -rf "$pictures"' EXIT

# picture NAME: the production without its harmless leavings.
picture() {
  cp -R "$PRODUCTION" "$pictures/$1"
  (cd "$pictures/$1" && rm -rf backups builds tmp effects.log notifications.log)
}

picture before
status=0
"$RUNBOOK" exec "$here/deploy.runbook" --yes \
  --set version=1.2.3 --set previous=1.2.2 \
  --set environment=demo --set needs_maintenance=true \
  --set "approvers=$(id -un)" \
  --set minute=100ms --set "step_limit=$limit" "$@" || status=$?
picture after

cd -- "$PRODUCTION"
cat <<TEXT

The production afterwards
  blue         $(cat blue/version), $(share_of blue) % of the traffic
  green        $(cat green/version), $(share_of green) % of the traffic
  schema       level $(cat database/level), columns $(sed -n 1p database/customers.csv)
  maintenance  page $(cat maintenance/page), writes $(cat maintenance/writes)
  tags         $(tr '\n' ' ' <tags/origin)
TEXT
printf '\nWhat the scripts did\n'
sed 's/^/  /' effects.log
printf '\nWhat is different from before\n'
if (cd "$pictures" && diff -r before after >changes); then
  echo '  nothing, byte for byte'
else
  sed 's/^/  /' "$pictures/changes"
fi
printf '\nrunbook ended with status %s\n' "$status"
exit "$status"
