#!/bin/sh
# The share of the last customers that could not order, in percent; of fewer it says
# nothing: turned_away.sh LOG NUMBER
set -eu
tail -n "$2" "$1" | awk -v number="$2" '
  /turned away/ { away++ }
  END { if (NR == number) print 100 * away / NR; else print "NaN" }'
