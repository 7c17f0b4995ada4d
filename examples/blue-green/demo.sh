#!/bin/sh
# Releases on green while blue serves, and goes back to blue if two of five
# requests fail: --fail errors.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by errors

# shellcheck disable=SC2046 # three words on purpose
set -- $(ports 3) "$@"
site=$1
machine blue "$2" 2.0.0
machine green "$3" 1.9.0 2.1.0
[ -z "$fail" ] || echo 40 >"$place/green/releases/2.1.0/errors"

nginx=$place/nginx
mkdir "$nginx"
for colour in blue green; do
  echo "upstream shop { server 127.0.0.1:$(cat "$place/$colour/port"); }" >"$nginx/$colour.conf"
done
ln -s blue.conf "$nginx/live.conf"
cat >"$nginx/nginx.conf" <<CONFIGURATION
daemon off;
pid nginx.pid;
worker_processes 1;
events { }
http {
  access_log access.log;
  client_body_temp_path temp;
  proxy_temp_path temp;
  fastcgi_temp_path temp;
  uwsgi_temp_path temp;
  scgi_temp_path temp;
  include live.conf;
  server {
    listen 127.0.0.1:$site;
    location / { proxy_pass http://shop; }
  }
}
CONFIGURATION
shift 3
server nginx nginx -p "$nginx" -c nginx.conf -e error.log
wait_for 'nginx' answers "http://127.0.0.1:$site/"
server customers python3 "$shared/customers.py" "http://127.0.0.1:$site/" "$place/answers"

picture() {
  echo "blue runs $(runs blue)"
  echo "green runs $(runs green)"
  echo "users get $(answers "http://127.0.0.1:$site/")"
}

carry_out blue-green.runbook \
  --set version=2.1.0 --set to=green --set "machines=$place" \
  --set "nginx=$nginx" --set "site=http://127.0.0.1:$site/" \
  --set settle=2s --set look_every=250ms "$@"
