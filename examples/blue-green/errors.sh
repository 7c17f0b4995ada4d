#!/bin/sh
# The share of answers that say "my fault", in percent, of the last ones in nginx's
# log: errors.sh LOG NUMBER. Of fewer than that it says nothing.
set -eu
tail -n "$2" "$1" | awk -v number="$2" '
  $9 >= 500 { bad++ }
  END { if (NR == number) print 100 * bad / NR; else print "NaN" }'
