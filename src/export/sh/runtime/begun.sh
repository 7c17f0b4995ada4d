# How it was begun: as a file, from a pipe as by `sh -s <FILE`, or, by mistake, with
# `.`, which would carry it out in somebody's own shell, and end that.
rb_is_this_script() {
  [ -f "$1" ] && [ -r "$1" ] || return 1
  while IFS= read -r rb_line; do
    case $rb_line in "rb_plan=$rb_plan "*) return 0 ;; esac
  done <"$1"
  return 1
}
rb_is_piped() {
  case $1 in /dev/* | /proc/*) return 0 ;; esac
  case $- in *[ci]*) return 1 ;; *s*) return 0 ;; *) return 1 ;; esac
}
rb_find_script() {
  rb_piped=''
  case ${ZSH_EVAL_CONTEXT-} in *:file*) return 1 ;; esac
  if rb_is_piped "$1"; then rb_piped=yes rb_script=''; return 0; fi
  rb_script=$1
  if rb_is_this_script "$1"; then return 0; fi
  # Some shells look for it on the PATH.
  case $1 in */*) return 1 ;; esac
  rb_script=$(command -v -- "$1") && rb_is_this_script "$rb_script"
}
if ! rb_find_script "$0"; then
  printf 'error: `.` would run it in your own shell, and end that: type `sh %s`\n' "$rb_name_of_file" >&2
  # Where it was begun otherwise, there is nothing to return to.
  return 2 2>/dev/null || exit 2
fi

# `sh -e` and the like would make something else of it.
set +e +a +C
set +m 2>/dev/null || :
# shellcheck disable=SC3040  # where there is such a thing
if (set +o pipefail) 2>/dev/null; then set +o pipefail; fi

# Where one of these is closed, a file that is opened later would be taken for it.
(: <&0) 2>/dev/null || exec </dev/null
(: >&1) 2>/dev/null || exec >/dev/null
(: >&2) || exec 2>/dev/null

# What was cut off, as by a copy that was interrupted, would do nothing and end well.
trap 'printf "error: the end of this script is missing: copy it or export it again\\nnothing was changed\\n" >&2; exit 2' EXIT
