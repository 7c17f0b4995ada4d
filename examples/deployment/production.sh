# shellcheck shell=sh
# What the scripts of this example share. It is sourced, never run.
#
# The production lies in $PRODUCTION (`production` beside the scripts). A script
# that changes it does so in two halves:
#
#   begin     one half     halfway     the other half     finish
#
# so that it can be made to stop before, between or after them:
#
#   FAIL=deploy               deploy.sh fails before it changed anything
#   FAIL=deploy:half          … with half of its work done (also :before, :after)
#   FAIL=deploy:half:1        … the first time only (counted in effects.log)
#   FAIL=switch_traffic@50    … when one of its arguments is 50
#   HANG=deploy:half          the same, hanging instead; STUBBORN=1 ignores TERM
#
# Several are separated by spaces. A script that only looks has no halves: any
# point makes it fail or hang at once.

set -eu

script=${0##*/}
script=${script%.sh}
arguments="${*:+ $*} "
newline='
'
usage=''
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${PRODUCTION:=$here/production}"

# die WHY: ends the script as failed.
die() {
  printf '%s: %s\n' "$script" "$1" >&2
  exit 1
}

# misused: ends the script because it was called wrongly. Scripts set $usage.
misused() {
  printf 'usage: %s.sh %s\n' "$script" "$usage" >&2
  exit 2
}

# enter_production: makes it the working directory.
enter_production() {
  [ -e "$PRODUCTION/.production" ] ||
    die "there is no production in $PRODUCTION: make one with $here/reset_production.sh"
  cd -- "$PRODUCTION"
  PRODUCTION=$PWD
  export PRODUCTION
}

# options "NAMES" "FLAGS" "$@": sets a variable for each `--name value`, and to
# `yes` for each `--flag`. The script sets them all beforehand.
options() {
  names=" $1 "
  flags=" $2 "
  shift 2
  while [ $# -gt 0 ]; do
    name=${1#--}
    case $1 in
      --*[!a-z]* | --) misused ;;
      --*) ;;
      *) misused ;;
    esac
    shift
    case $names,$flags in
      *" $name "*,*)
        [ $# -gt 0 ] || misused
        eval "$name=\$1"
        shift
        ;;
      *,*" $name "*) eval "$name=yes" ;;
      *) misused ;;
    esac
  done
}

# a_colour WORD, a_label WORD: refuse what is none. A label is a version or a
# tag, and becomes the name of a file.
a_colour() {
  case $1 in
    blue | green) ;;
    *) misused ;;
  esac
}

a_label() {
  case $1 in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9.+-]*) misused ;;
  esac
}

# put FILE COMMAND…: what the command prints becomes the file, all at once.
put() {
  file=$1
  shift
  "$@" >"tmp/$$"
  mv -f "tmp/$$" "$file"
}

# log WHAT [WHY]: one line in the log of effects, whatever the arguments hold.
log() {
  line="$1 $script${arguments% }${2-}"
  while :; do
    case $line in
      *"$newline"*) line="${line%%"$newline"*} ${line#*"$newline"}" ;;
      *) break ;;
    esac
  done
  printf '%s\n' "$line" >>effects.log
}

begin() {
  log start
  at before
}

halfway() {
  at half
}

finish() {
  at after
  log end
}

# look: begins a script that changes nothing.
look() {
  at any
}

# at POINT: fails or hangs here if that was asked for.
at() {
  for fault in ${FAIL-}; do
    if hits FAIL "$fault" "$1"; then
      log "fail:$1" " (FAIL=$fault)"
      die "made to fail by FAIL=$fault"
    fi
  done
  for fault in ${HANG-}; do
    if hits HANG "$fault" "$1"; then
      [ -z "${STUBBORN-}" ] || trap '' TERM
      log "hang:$1" " (HANG=$fault)"
      sleep 3600
      die "made to hang by HANG=$fault"
    fi
  done
}

# hits FAIL|HANG FAULT POINT: whether the fault means this call and this point.
hits() {
  target=${2%%:*}
  when=${2#"$target"}
  when=${when#:}
  point=${when%%:*}
  times=${when#"$point"}
  times=${times#:}
  case $point in
    before | half | after) ;;
    *)
      point=before
      times=$when
      ;;
  esac
  faulty=${target%%@*}
  word=${target#"$faulty"}
  case $word:$times in
    @:* | *:*[!0-9]*) refuse_fault "$1" "$2" ;;
  esac
  [ -e "$here/$faulty.sh" ] || refuse_fault "$1" "$2"

  [ "$faulty" = "$script" ] || return 1
  case $arguments in
    *" ${word#@} "*) ;;
    *) [ -z "$word" ] || return 1 ;;
  esac
  [ "$3" = any ] || [ "$3" = "$point" ] || return 1
  [ -z "$times" ] || [ "$(grep -cF -e "($1=$2)" effects.log)" -lt "$times" ]
}

refuse_fault() {
  printf '%s: cannot read %s=%s: write SCRIPT[@ARGUMENT][:before|:half|:after][:TIMES]\n' "$script" "$1" "$2" >&2
  exit 2
}

# share_of COLOURS: the percentage of the traffic that goes there, over all
# routers.
share_of() {
  awk -v colours=" $1 " 'index(colours, " " $1 " ") { sum += $2 } END { print sum / (ARGC - 1) }' traffic/*
}

# table_at LEVEL: the table of customers as it is at that level of the schema,
# whatever columns it has now; a migration adds one column.
table_at() {
  awk -v level="$1" '
    /^#/ { next }
    FNR == NR { added[$2] = 1; if ($1 <= level) { wanted[++count] = $2; initial[$2] = $3 }; next }
    FNR == 1 { FS = ","; $0 = $0; for (i = 1; i <= NF; i++) title[i] = $i; columns = NF }
    {
      line = ""
      for (i = 1; i <= columns; i++) {
        cell[title[i]] = $i
        if (!(title[i] in added)) line = line (line == "" ? "" : ",") $i
      }
      for (i = 1; i <= count; i++) {
        name = wanted[i]
        line = line "," (FNR == 1 ? name : name in cell ? cell[name] : initial[name])
      }
      print line
    }' "$here/migrations.txt" database/customers.csv
}
