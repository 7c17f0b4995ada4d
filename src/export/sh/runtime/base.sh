set -uf
rb_newline='
'

# mksh has no `printf` of its own: what is printed would become an argument of
# a process, and secrets with it.
if [ -n "${KSH_VERSION-}" ] && [ "$(command -v print)" = print ]; then
  rb_print() { print -r -- "$1"; }
  rb_write() { print -rn -- "$1"; }
else
  rb_print() { printf '%s\n' "$1"; }
  rb_write() { printf '%s' "$1"; }
fi

# A terminal that was closed must not end a run.
rb_say() { rb_find_shown "$1"; rb_print "$rb_shown" 2>/dev/null || : ; }
rb_error() { rb_find_shown "error: $1"; rb_print "$rb_shown" >&2 || :; }

# rb_find_shown TEXT: in $rb_shown, so that it cannot drive a terminal.
rb_find_shown() {
  rb_shown=$1
  case $1 in *["$rb_controls"]*) rb_shown=$(rb_print "$1" | tr '\037' ' ' | rb_tame) ;; esac
}
# Control characters are shown as `?`.
rb_tame() { LC_ALL=C tr '\001-\010\013-\037\177' '?'; }
rb_controls=$(printf '\001\002\003\004\005\006\007\010\013\014\015\016\017\020\021\022\023\024\025\026\027\030\031\032\033\034\035\036\037\177')
# The blank in a name.
rb_blank=$(printf '\037')

# rb_quote TEXT: in single quotes, in $rb_got.
rb_quote() {
  rb_left=$1 rb_got="'"
  while :; do
    case $rb_left in
      *"'"*) rb_got="$rb_got${rb_left%%"'"*}'\''" rb_left=${rb_left#*"'"} ;;
      *) rb_got="$rb_got$rb_left'"; return 0 ;;
    esac
  done
}

# rb_get VARIABLE: what it holds, in $rb_got; nothing where it is not set.
rb_get() { eval "rb_got=\${$1-}"; }

# rb_has WORD LIST: whether the word is one of the list.
rb_has() { case " $2 " in *" $1 "*) return 0 ;; esac; return 1; }

# rb_less WORD LIST: the list without the word, in $rb_rest.
rb_less() {
  rb_rest=''
  for rb_word in $2; do [ "$rb_word" = "$1" ] || rb_rest="$rb_rest $rb_word"; done
}

# rb_pop LIST: takes the first word of the list in this variable, into $rb_head;
# false where there is none.
rb_pop() {
  rb_list_name=$1
  eval "set -- \$$1"
  [ $# -gt 0 ] || return 1
  rb_head=$1
  shift
  eval "$rb_list_name=\$*"
}

# Where nothing may be cut short when the terminal hangs up, or somebody presses Ctrl-C:
# in a substitution that reads something, and in the last words.
rb_deaf() { trap '' INT QUIT TERM HUP; }

# The run's clock, in $rb_now: hundredths of a second since the run was opened.
# It never goes back. Seconds only where there is no /proc/uptime.
rb_clock() {
  if [ -n "$rb_uptime" ] && read -r rb_up rb_rest </proc/uptime; then
    rb_rest=1${rb_up#*.}
    rb_rest=$((rb_offset + (${rb_up%.*} - rb_zero) * 100 + rb_rest - 100))
  else
    rb_rest=$((rb_offset + ($(date +%s) - rb_zero) * 100))
  fi
  [ "$rb_rest" -lt "$rb_now" ] || rb_now=$rb_rest
}

# rb_clock_from AT: from here on the clock shows AT and what passes.
rb_clock_from() {
  rb_offset=$1 rb_now=$1 rb_uptime='' rb_zero=0
  if [ -r /proc/uptime ] && read -r rb_up rb_rest </proc/uptime; then
    rb_uptime=yes rb_zero=${rb_up%.*}
    rb_rest=1${rb_up#*.}
    rb_offset=$((rb_offset - rb_rest + 100))
  else
    rb_zero=$(date +%s)
  fi
}

# rb_elapsed HUNDREDTHS: as people say it, in $rb_got.
rb_elapsed() {
  if [ "$1" -lt 100 ]; then rb_got=$(($1 * 10))ms
  elif [ "$1" -lt 12000 ]; then
    rb_got=$(($1 / 100))
    [ $(($1 % 100)) = 0 ] || rb_got=$rb_got.$(($1 % 100 / 10))
    rb_got=${rb_got}s
  elif [ "$1" -lt 720000 ]; then
    rb_got=$(($1 / 6000))m
    [ $(($1 % 6000)) = 0 ] || rb_got="$rb_got $(($1 % 6000 / 100))s"
  else rb_got="$(($1 / 360000))h $(($1 % 360000 / 6000))m"; fi
}
