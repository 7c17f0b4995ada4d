#!/bin/sh
# The company that takes the payments fails. The shop takes orders and charges
# later; with --fail forgetful it does not notice that it should.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by forgetful

# shellcheck disable=SC2046 # two words on purpose
set -- $(ports 2) "$@"
shop=http://127.0.0.1:$1 payments=http://127.0.0.1:$2
application=$place/application
mkdir "$application" "$place/payments" "$place/notes"
echo 1.0.0 >"$place/payments/version"
echo 100 >"$place/payments/errors"
echo now >"$application/charge"
[ -z "$fail" ] || : >"$application/$fail"
server payments python3 "$shared/shop.py" "$2" "$place/payments"
server shop python3 "$here/shop.py" "$1" "$application" "$payments/"
shift 2
wait_for 'payments' answers "$payments/health"
wait_for 'the shop' answers "$shop/charging"
server customers python3 "$shared/customers.py" "$shop/checkout" "$place/answers"
wait_for 'a customer' test -s "$application/log"

export TOLD="$place/told"
: >"$TOLD"

picture() {
  answers "$shop/charging"
  curl -sS "$shop/checkout" | sed 's/:.*//; s/^/customers are: /'
}

finally() {
  printf '\nWhat those on call were told\n'
  sed 's/^/  /' "$TOLD"
}

patience=30s
[ -z "$fail" ] || patience=2s
set -- --set "shop=$shop" --set "payments=$payments" --set "application=$application" "$@"
"$RUNBOOK" diagnose "$here/payments.runbook" 'Payments do not answer' --verbose "$@"
echo
carry_out payments.runbook --set "patience=$patience" \
  --set settle=2s --set look_every=250ms --set "notes=$place/notes" "$@"
