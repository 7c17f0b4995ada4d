#!/bin/sh
# A certificate that runs out in five days gives way to a new one, which may lack
# its issuer's (--fail chain) or be for too short a time (--fail expiry).
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by chain expiry

certificates=$place/certificates
mkdir -p "$certificates" "$place/authority" "$place/nginx"

# signed NAME BY DAYS LINE…: makes NAME.key and NAME.pem, signed by BY.
signed() {
  name=$1 by=$2 lasts=$3
  shift 3
  printf '%s\n' "$@" >"$name.extensions"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$name.key" -out "$name.request" -subj "/CN=$name"
  if [ "$by" = itself ]; then
    set -- -key "$name.key"
  else
    set -- -CA "$by.pem" -CAkey "$by.key" -CAcreateserial
  fi
  openssl x509 -req -in "$name.request" -out "$name.pem" -days "$lasts" -extfile "$name.extensions" "$@"
}

# issue FOLDER DAYS: as an authority gives it out.
issue() {
  signed shop.internal issuer "$2" 'subjectAltName = DNS:shop.internal'
  mkdir "$certificates/$1"
  cat shop.internal.pem issuer.pem >"$certificates/$1/chain.pem"
  cp shop.internal.key "$certificates/$1/key.pem"
  cp issuer.pem "$certificates/$1/"
}

days=90
[ "$fail" != expiry ] || days=7
(
  cd "$place/authority"
  signed root itself 3650 'basicConstraints = critical, CA:true'
  signed issuer root 365 'basicConstraints = critical, CA:true'
  issue 2026-08 5
  issue 2026-11 "$days"
) >"$place/logs/authority" 2>&1
ln -s 2026-08 "$certificates/live"
if [ "$fail" = chain ]; then
  openssl x509 -in "$certificates/2026-11/chain.pem" -out "$certificates/2026-11/chain.pem"
fi

port=$(ports 1)
cat >"$place/nginx/nginx.conf" <<CONFIGURATION
daemon off;
pid nginx.pid;
worker_processes 1;
events { }
http {
  access_log off;
  client_body_temp_path temp;
  proxy_temp_path temp;
  fastcgi_temp_path temp;
  uwsgi_temp_path temp;
  scgi_temp_path temp;
  server {
    listen 127.0.0.1:$port ssl;
    ssl_certificate $certificates/live/chain.pem;
    ssl_certificate_key $certificates/live/key.pem;
    location / { return 200 "welcome\n"; }
  }
}
CONFIGURATION
server nginx nginx -p "$place/nginx" -c nginx.conf -e error.log
as_a_client() {
  curl --fail --silent --max-time 5 --cacert "$place/authority/root.pem" \
    --connect-to "shop.internal:$port:127.0.0.1:$port" "https://shop.internal:$port/"
}
wait_for 'nginx' as_a_client

picture() {
  echo "live is $(readlink "$certificates/live")"
  echo "clients see a certificate that is good for $(
    openssl s_client -connect "127.0.0.1:$port" -servername shop.internal </dev/null 2>/dev/null |
      openssl x509 -noout -checkend 604800 >/dev/null && echo more || echo less
  ) than a week"
  echo "clients get: $(as_a_client || echo nothing)"
}

carry_out rotate.runbook \
  --set host=shop.internal --set "port=$port" --set "folder=$certificates" --set new=2026-11 \
  --set "nginx=$place/nginx" --set "roots=$place/authority/root.pem" "$@"
