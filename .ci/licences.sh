#!/bin/sh
# Whether every crate that is built into the program has a licence of the list
# in deny.toml (the format of cargo-deny, which can be used instead).
set -eu
cd -- "$(dirname -- "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
allowed=$(sed -n '/^allow = \[/,/^\]/s/^ *"\(.*\)",$/\1/p' deny.toml)

cargo metadata --locked --format-version 1 --filter-platform "$host" |
  jq -r '.packages[] | select(.source != null) | "\(.name) \(.version)\t\(.license // "none")"' |
  awk -F '\t' -v allowed="$allowed" '
    # One of the alternatives, all parts of it.
    function fits(expression,   either, all, count, parts, i, j, good) {
      gsub(/\//, " OR ", expression)
      count = split(expression, either, / OR /)
      for (i = 1; i <= count; i++) {
        parts = split(either[i], all, / AND /)
        good = 1
        for (j = 1; j <= parts; j++)
          if (!(all[j] in known)) good = 0
        if (good) return 1
      }
      return 0
    }
    # Brackets stand only around alternatives that go with something else:
    # one side after the other.
    function allows(expression,   inside, before, after) {
      if (!match(expression, /\([^()]*\)/)) return fits(expression)
      inside = substr(expression, RSTART + 1, RLENGTH - 2)
      before = substr(expression, 1, RSTART - 1)
      after = substr(expression, RSTART + RLENGTH)
      if ((before != "" && before !~ / AND $/) || (after != "" && after !~ /^ AND /)) return 0
      sub(/ AND $/, "", before)
      sub(/^ AND /, "", after)
      return fits(inside) && (before == "" || allows(before)) && (after == "" || allows(after))
    }
    BEGIN {
      count = split(allowed, names, "\n")
      for (i = 1; i <= count; i++) known[names[i]] = 1
      if (count == 0) { print "deny.toml allows nothing"; exit 1 }
    }
    !allows($2) { print $1 " is licensed under " $2 ", which deny.toml does not allow"; bad = 1 }
    END {
      if (NR == 0) { print "there are no crates to look at"; bad = 1 }
      if (bad) exit 1
      print NR " crates have licences of the list"
    }'
