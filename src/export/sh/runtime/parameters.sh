# Parameters: a value given with `--set`, else the default; it is checked before
# anything runs, and kept with the run. What commands see of one NAME is in
# rba_value_NAME, what people read in rba_said_NAME.

rb_params='' rb_all_params='' rb_given_params='' rb_problems='' rb_decided='' rb_decided_params='' rb_decided_values=''

# rb_set NAME=VALUE: as it was given. Which names there are is known later.
rb_set() {
  case $1 in *=*) ;; *) rb_misused "\`--set $1\` has no \`=\`: write \`--set name=value\`" ;; esac
  case $1 in =*) rb_misused "\`--set $1\` has no name: write \`--set name=value\`" ;; esac
  rb_got=${1%%=*}
  while :; do
    case $rb_got in ' '*) rb_got=${rb_got# } ;; *' ') rb_got=${rb_got% } ;; *) break ;; esac
  done
  case $rb_got in
    '' | [!a-z]* | *[!a-z0-9_]*) rb_unknown_param="$rb_got" ;;
    *)
      rb_given_params="$rb_given_params $rb_got"
      eval "rba_given_$rb_got=\${1#*=}" ;;
  esac
}

# parameter NAME TYPE 'WHAT IT LOOKS LIKE' ['WHAT IT IS FOR'], decided NAME VALUE,
# choices NAME CHOICE..., default NAME VALUE: how they are declared.
parameter() {
  rb_params="$rb_params $1" rb_all_params="$rb_all_params $1"
  eval "rba_type_$1=\$2 rba_like_$1=\$3 rba_about_$1=\${4-} rba_value_$1='' rba_said_$1=''"
  if rb_has "$1" "$rb_given_params"; then eval "rb_param_value=\$rba_given_$1"; rb_take_parameter "$1"; fi
}
decided() {
  rb_decided_params="$rb_decided_params $1" rb_all_params="$rb_all_params $1"
  rb_decided_values="$rb_decided_values$2$rb_newline"
  if rb_has "$1" "$rb_given_params"; then
    rb_decided=yes
    rb_problems="$rb_problems$rb_newline\`$1\` decides what this script does, so it is \`$2\` in all of it: export it again with the other \`--set\`"
  fi
}
choices() {
  rb_has "$1" "$rb_given_params" || return 0
  rb_chosen=$1
  shift
  eval "rb_got=\$rba_given_$rb_chosen"
  for rb_word in "$@"; do [ "$rb_word" != "$rb_got" ] || return 0; done
  eval "rb_problems=\"\$rb_problems\${rb_newline}parameter \\\`\$rb_chosen\\\`: expected \$rba_like_$rb_chosen, found \\\`\$rb_got\\\`\""
}
default() {
  if rb_has "$1" "$rb_given_params"; then return 0; fi
  rb_given_params="$rb_given_params $1"
  rb_param_value=$2
  eval "rba_given_$1=\$2"
  rb_take_parameter "$1"
}

# rb_take_parameter NAME: checks $rb_param_value and reads it.
rb_take_parameter() {
  eval "rb_got=\$rba_type_$1"
  rb_param_said=$rb_param_value
  case $rb_got in
    string | choice) rb_got=ok ;;
    path) rb_got=${rb_param_value:+ok} ;;
    bool)
      case $rb_param_value in
        true | yes) rb_param_value=true rb_param_said=true rb_got=ok ;;
        false | no) rb_param_value=false rb_param_said=false rb_got=ok ;;
        *) rb_got='' ;;
      esac ;;
    *)
      rb_got=$(
        rb_type=$rb_got LC_ALL=C
        export rb_type rb_param_value LC_ALL
        awk "$rb_parameter_program"
      )
      case $rb_got in
        'ok '*)
          rb_got=${rb_got#ok }
          case $rb_got in *' '*) rb_param_value=${rb_got%% *} rb_param_said=${rb_got#* } ;; esac
          rb_got=ok ;;
      esac ;;
  esac
  if [ "$rb_got" = ok ]; then
    eval "rba_value_$1=\$rb_param_value rba_said_$1=\$rb_param_said"
  else
    eval "rb_got=\${rb_got:-expected \$rba_like_$1}"
    rb_problems="$rb_problems${rb_newline}parameter \`$1\`: $rb_got, found \`$rb_param_said\`"
  fi
}

# Prints ok, and for amounts what commands see and what people read; or what was
# expected, where there is more to say than the type.
rb_parameter_program=$rb_numbers'
function is_version(text, core, parts, n, i, more, at) {
  sub(/^v/, "", text)
  if (match(text, /\+/)) { if (!identifiers(substr(text, RSTART + 1), 0)) return 0; text = substr(text, 1, RSTART - 1) }
  if (match(text, /-/)) { if (!identifiers(substr(text, RSTART + 1), 1)) return 0; text = substr(text, 1, RSTART - 1) }
  n = split(text, parts, ".")
  if (n != 3) return 0
  for (i = 1; i <= 3; i++) {
    if (parts[i] !~ /^(0|[1-9][0-9]*)$/) return 0
    if (compare(parts[i], "18446744073709551615") > 0) return 0
  }
  return 1
}
function identifiers(text, ordered, parts, n, i) {
  n = split(text, parts, ".")
  if (n == 0) return 0
  for (i = 1; i <= n; i++) {
    if (parts[i] !~ /^[0-9A-Za-z-]+$/) return 0
    if (ordered && parts[i] ~ /^0[0-9]+$/) return 0
  }
  return 1
}
function is_url(text, blanks, n, i) {
  if (text !~ /^https?:\/\/./ || text ~ /[ \t\n\v\f\r]/) return 0
  n = split("\302\205 \302\240 \341\232\200 \342\200\200 \342\200\201 \342\200\202 \342\200\203 \342\200\204 \342\200\205 \342\200\206 \342\200\207 \342\200\210 \342\200\211 \342\200\212 \342\200\250 \342\200\251 \342\200\257 \342\201\237 \343\200\200", blanks, " ")
  for (i = 1; i <= n; i++) if (index(text, blanks[i])) return 0
  return 1
}
function size(kind, unit, known, n) {
  n = split("duration us 0.000001 duration ms 0.001 duration s 1 duration m 60 duration h 3600 duration d 86400 duration w 604800 percent % 1 bytes B 1 bytes KB 1000 bytes MB 1000000 bytes GB 1000000000 bytes TB 1000000000000 bytes KiB 1024 bytes MiB 1048576 bytes GiB 1073741824 bytes TiB 1099511627776", known, " ")
  if (unit == "") return kind == "number" ? "1" : ""
  for (; n > 0; n -= 3) if (known[n - 2] == kind && known[n - 1] == unit) return known[n]
  return ""
}
# The amount in the base unit; nothing where it is none.
function amount(kind, text, minus, total, number, unit, one, last, parts) {
  minus = sub(/^-/, "", text); total = "0"; parts = 0; last = ""
  while (text != "") {
    if (!match(text, /^[0-9._]+/)) return ""
    number = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    if (number !~ /^[0-9]/ || number !~ /[0-9]$/ || number ~ /\..*\./) return ""
    gsub(/_/, "", number); number = tidy(number)
    if (length(whole(number)) > 28 || length(part_of(number)) > 28 || length(number) > 29) return ""
    unit = match(text, /^[^0-9.]+/) ? substr(text, 1, RLENGTH) : ""; text = substr(text, length(unit) + 1)
    one = size(kind, unit)
    if (one == "" || (parts > 0 && (kind == "number" || kind == "percent" || compare(one, last) >= 0))) return ""
    total = add(total, times(number, one)); last = one; parts++
  }
  if (parts == 0 || length(total) > 29) return ""
  return tidy((minus ? "-" : "") total)
}
function said(kind, value, minus, left, out, n, i, units, count) {
  if (kind == "number") return value
  if (kind == "percent") return value "%"
  minus = substr(value, 1, 1) == "-" ? "-" : ""; left = bare(value)
  if (left == "0") return kind == "duration" ? "0s" : "0B"
  if (kind == "bytes") {
    n = split("TiB TB GiB GB MiB MB KiB KB", units, " ")
    if (part_of(left) == "") for (i = 1; i <= n; i++) if (left % size(kind, units[i]) == 0) return minus sprintf("%.0f", left / size(kind, units[i])) units[i]
    return value "B"
  }
  left = times(left, "1000000")
  if (part_of(left) != "") return value "s"
  n = split("d h m s ms us", units, " "); out = ""
  for (i = 1; i <= n; i++) {
    count = int(left / (size(kind, units[i]) * 1000000))
    if (count > 0) { out = out sprintf("%.0f", count) units[i]; left -= count * (size(kind, units[i]) * 1000000) }
  }
  return minus out
}
BEGIN {
  type = ENVIRON["rb_type"]; text = ENVIRON["rb_param_value"]
  if (type == "version") { if (is_version(text)) print "ok"; exit }
  if (type == "url") { if (is_url(text)) print "ok"; exit }
  if (type == "host") { if (text ~ /^[A-Za-z0-9._:\[\]][A-Za-z0-9._:\[\]-]*$/) print "ok"; exit }
  kind = type == "int" ? "number" : type
  value = amount(kind, text)
  if (value == "") exit
  if (type == "int" && part_of(value) != "") { print "expected a whole number"; exit }
  if ((kind == "duration" || kind == "bytes") && length(whole(bare(kind == "duration" ? times(value, "1000000") : value))) > 15) { print "expected a smaller amount"; exit }
  print "ok " value " " said(kind, value)
}'

# All of them, with what was given; what is wrong with them is said.
rb_read_parameters() {
  rb_problems='' rb_decided='' rb_all_params='' rb_decided_params='' rb_decided_values=''
  rb_wanted_params=$rb_given_params
  rb_parameters
  [ -z "${rb_unknown_param+yes}" ] || rb_unknown_parameter "$rb_unknown_param"
  for rb_word in $rb_wanted_params; do
    rb_has "$rb_word" "$rb_params$rb_decided_params" || rb_unknown_parameter "$rb_word"
  done
  for rb_word in $rb_params; do
    rb_has "$rb_word" "$rb_given_params" ||
      eval "rb_problems=\"\$rb_problems\${rb_newline}parameter \\\`$rb_word\\\` has no value: give it with \\\`--set $rb_word=VALUE\\\` (\$rba_like_$rb_word)\""
  done
  if [ -n "$rb_decided" ]; then rb_misused "${rb_problems#"$rb_newline"}"; fi
  if [ -n "$rb_problems" ]; then rb_refuse "${rb_problems#"$rb_newline"}"; fi
}

# rb_unknown_parameter NAME: says which one may have been meant, or which there are.
rb_unknown_parameter() {
  rb_nearest "$1" "$rb_params$rb_decided_params"
  if [ -n "$rb_got" ]; then rb_got="did you mean \`$rb_got\`?"
  elif [ -n "$rb_params$rb_decided_params" ]; then rb_list_words "$rb_params$rb_decided_params"; rb_got="it has $rb_got"
  else rb_got='it has none'; fi
  rb_problems="$rb_problems${rb_newline}the runbook has no parameter \`$1\`: $rb_got"
}

# rb_nearest WORD WORDS: which of them was meant, in $rb_got; nothing where that is
# far.
rb_nearest() {
  rb_got=$(
    rb_wanted_word=$1 rb_known_words=$2 LC_ALL=C
    export rb_wanted_word rb_known_words LC_ALL
    awk "$rb_nearest_program"
  )
}

# How many letters are wrong, missing, too many or exchanged: few enough, and it
# was meant.
rb_nearest_program='
function distance(a, b, at, i, j, cost, least) {
  for (i = 0; i <= length(a); i++) at[i, 0] = i
  for (j = 0; j <= length(b); j++) at[0, j] = j
  for (i = 1; i <= length(a); i++) for (j = 1; j <= length(b); j++) {
    cost = substr(a, i, 1) == substr(b, j, 1) ? 0 : 1
    least = at[i - 1, j - 1] + cost
    if (at[i - 1, j] + 1 < least) least = at[i - 1, j] + 1
    if (at[i, j - 1] + 1 < least) least = at[i, j - 1] + 1
    if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1) && at[i - 2, j - 2] + 1 < least) least = at[i - 2, j - 2] + 1
    at[i, j] = least
  }
  return at[length(a), length(b)]
}
BEGIN {
  wanted = ENVIRON["rb_wanted_word"]
  n = split(ENVIRON["rb_known_words"], known, " "); best = ""
  for (i = 1; i <= n; i++) {
    far = distance(wanted, known[i]); shorter = length(wanted) < length(known[i]) ? length(wanted) : length(known[i])
    if (far <= 1 + int(shorter / 4) && (best == "" || far < nearest || (far == nearest && known[i] < best))) { best = known[i]; nearest = far }
  }
  print best
}'

# rb_list_words WORDS: with commas, in $rb_got.
rb_list_words() {
  rb_got=''
  for rb_word in $1; do rb_got="$rb_got${rb_got:+, }$rb_word"; done
}

# What may be given with `--set`, for people.
rb_describe_parameters() {
  rb_parameters
  if [ -n "$rb_params" ]; then
    rb_print 'Parameters, each given with `--set NAME=VALUE`:'
    for rb_word in $rb_params; do
      eval "rb_got=\$rba_about_$rb_word rb_left=\$rba_like_$rb_word"
      rb_print "  $rb_word${rb_got:+: $rb_got}"
      if rb_has "$rb_word" "$rb_given_params"; then
        rb_get "rba_said_$rb_word"
        rb_print "      $rb_left; without it: $rb_got"
      else
        rb_print "      $rb_left; must be given"
      fi
    done
    rb_print ''
  fi
  if [ -n "$rb_decided_params" ]; then
    rb_print 'Decided when this script was written:'
    rb_left=$rb_decided_values
    for rb_word in $rb_decided_params; do
      rb_print "  $rb_word = ${rb_left%%"$rb_newline"*}"
      rb_left=${rb_left#*"$rb_newline"}
    done
    rb_print ''
  fi
}

# A run keeps its values.
rb_keep_parameters() {
  {
    rb_print "$rb_text_of_run"
    rb_write "$rb_decided_values"
  } >"$rb_dir/about" || return 1
  for rb_word in $rb_params; do
    eval "rb_write \"\$rba_given_$rb_word\"" >"$rb_dir/set.$rb_word" || return 1
    eval "rb_print \"\$rba_said_$rb_word\"" >>"$rb_dir/about" || return 1
  done
}
rb_recall_parameters() {
  set +f
  for rb_file in "$rb_dir"/set.*; do
    set -f
    [ -f "$rb_file" ] || continue
    rb_word=${rb_file##*/set.}
    rb_got=$(cat "$rb_file"; rb_print x)
    rb_set "$rb_word=${rb_got%x}"
  done
  set -f
}
