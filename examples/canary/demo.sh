#!/bin/sh
# Moves the traffic to a new release that does well, or badly: --fail errors.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by errors

# shellcheck disable=SC2046 # four words on purpose
set -- $(ports 4) "$@"
site=$1 stable=$2 canary=$3 prometheus=$4
shift 4

for release in stable:2.0.0 canary:2.1.0; do
  mkdir "$place/${release%:*}"
  echo "${release#*:}" >"$place/${release%:*}/version"
done
[ -z "$fail" ] || echo 40 >"$place/canary/errors"
server stable python3 "$shared/shop.py" "$stable" "$place/stable"
server canary python3 "$shared/shop.py" "$canary" "$place/canary"

cat >"$place/haproxy.cfg" <<CONFIGURATION
global
  stats socket $place/haproxy.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen shop
  bind 127.0.0.1:$site
  server stable 127.0.0.1:$stable weight 100
  server canary 127.0.0.1:$canary weight 0
CONFIGURATION
server haproxy haproxy -db -f "$place/haproxy.cfg"

cat >"$place/prometheus.yml" <<CONFIGURATION
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
- job_name: stable
  static_configs: [{ targets: ['127.0.0.1:$stable'] }]
- job_name: canary
  static_configs: [{ targets: ['127.0.0.1:$canary'] }]
CONFIGURATION
server prometheus prometheus --config.file="$place/prometheus.yml" \
  --storage.tsdb.path="$place/metrics" --web.listen-address="127.0.0.1:$prometheus"

wait_for 'the old release' answers "http://127.0.0.1:$stable/health"
wait_for 'the new release' answers "http://127.0.0.1:$canary/health"
wait_for 'HAProxy' answers "http://127.0.0.1:$site/"
wait_for 'Prometheus' answers "http://127.0.0.1:$prometheus/-/ready"
for customer in 1 2; do
  server "customer$customer" python3 "$shared/customers.py" "http://127.0.0.1:$site/" "$place/answers$customer"
done

picture() {
  for one in stable canary; do
    printf 'get weight shop/%s\n' "$one" | socat stdio "$place/haproxy.sock" |
      sed -n "s/ .*/ of 100 requests go to $one/p"
  done
}

carry_out canary.runbook \
  --set version=2.1.0 --set "site=http://127.0.0.1:$site/" \
  --set "canary=http://127.0.0.1:$canary/" \
  --set "prometheus_at=http://127.0.0.1:$prometheus" \
  --set "socket=$place/haproxy.sock" \
  --set settle=2s --set look_every=1s "$@"
