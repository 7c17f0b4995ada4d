#!/bin/sh
# Rolls a release out over three servers, the second of which may get a broken
# one: --fail web2. Meanwhile somebody asks for the page again and again.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by web2

# shellcheck disable=SC2046 # four words on purpose
set -- $(ports 4) "$@"
site=$1
machine web1 "$2" 2.0.0 2.1.0
machine web2 "$3" 2.0.0 2.1.0
machine web3 "$4" 2.0.0 2.1.0
cat >"$place/haproxy.cfg" <<CONFIGURATION
global
  stats socket $place/haproxy.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  # Each request anew, and none a second time: what fails is seen.
  option httpclose
  retries 0
listen shop
  bind 127.0.0.1:$site
  server web1 127.0.0.1:$2 check inter 100ms rise 1
  server web2 127.0.0.1:$3 check inter 100ms rise 1
  server web3 127.0.0.1:$4 check inter 100ms rise 1
CONFIGURATION
shift 4
server haproxy haproxy -db -f "$place/haproxy.cfg"
wait_for 'HAProxy' answers "http://127.0.0.1:$site/"
server customers python3 "$shared/customers.py" "http://127.0.0.1:$site/" "$place/answers"
wait_for 'somebody' test -s "$place/answers"

patience=30s
if [ -n "$fail" ]; then
  echo 100 >"$place/$fail/releases/2.1.0/errors"
  patience=2s
fi

picture() {
  for server in web1 web2 web3; do
    echo "$server runs $(runs "$server")," \
      "and is in the balancer: $("$here/balancer.sh" is-in "$place/haproxy.sock" "$server" && echo yes || echo no)"
  done
}

finally() {
  printf '\nRequests meanwhile: %s, of which failed: %s\n' \
    "$(grep -c . "$place/answers")" "$(grep -vc '^200 ' "$place/answers")"
}

carry_out rolling.runbook \
  --set version=2.1.0 --set "machines=$place" --set "patience=$patience" \
  --set "site=http://127.0.0.1:$site/" --set "socket=$place/haproxy.sock" "$@"
