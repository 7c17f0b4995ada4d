# What is expected of what a command printed, and the values read from it.

# Finds the first match of a pattern in what is read: of its parts before, in
# and behind the group that is wanted. A last line `x` was added, so that it is
# known how the text ended.
rb_find_program='
{ text = text (NR > 1 ? "\n" : "") $0 }
END {
  text = substr(text, 1, length(text) - 1)
  before = ENVIRON["rb_before"]; group = ENVIRON["rb_group_wanted"]
  whole = before group ENVIRON["rb_after"]
  if (index(ENVIRON["rb_anchors"], "^")) whole = "(^|\n)" whole
  if (index(ENVIRON["rb_anchors"], "$")) whole = whole "(\n|$)"
  if (!match(text, whole)) exit 1
  found = substr(text, RSTART, RLENGTH)
  if (index(ENVIRON["rb_anchors"], "^") && substr(found, 1, 1) == "\n") found = substr(found, 2)
  if (before != "" && match(found, "^" before)) found = substr(found, RLENGTH + 1)
  if (group == "") found = ""
  else if (match(found, "^(" group ")")) found = substr(found, 1, RLENGTH)
  printf "%sx", found
}'

# rb_find ANCHORS BEFORE GROUP AFTER: what the group matches, in $rb_got.
rb_find() {
  rb_got=$(
    rb_anchors=$1 rb_before=$2 rb_group_wanted=$3 rb_after=$4 LC_ALL=C
    export rb_anchors rb_before rb_group_wanted rb_after LC_ALL
    { cat "$rb_files.out"; rb_print x; } | awk "$rb_find_program"
  ) || return 1
  rb_got=${rb_got%x}
}

# rb_matches PATTERN EXPRESSION
rb_matches() {
  [ -z "$rb_why" ] || return 0
  rb_find '' '' "$2" '' || rb_why="the output does not match \`$1\`"
}

# rb_output NAME WHERE… [default VALUE]: where is
#   stdout PATTERN ANCHORS BEFORE GROUP AFTER
#   file PATH
#   json PATH STEPS
rb_output() {
  [ -z "$rb_why" ] || return 0
  rb_output_name=$1
  case $2 in
    stdout)
      rb_find "$4" "$5" "$6" "$7" || rb_bad="nothing in the output matches \`$3\`"
      shift 7 ;;
    file)
      case $3 in /*) rb_got=$3 ;; *) rb_got=$rb_cd/$3 ;; esac
      if [ ! -r "$rb_got" ]; then rb_bad="cannot read \`$rb_got\`"
      else rb_text "$rb_got" || :; fi
      shift 3 ;;
    json)
      rb_from_json "$3" "$4"
      shift 4 ;;
  esac
  if [ -z "$rb_bad" ] && [ ${#rb_got} -gt 65536 ]; then rb_bad='it is longer than 64 KiB'; fi
  if [ -n "$rb_bad" ] && [ $# -gt 1 ]; then rb_bad='' rb_got=$2; else rb_trim; fi
  if [ -z "$rb_bad" ]; then rb_give "$rb_output_name"
  else rb_why="output \`$rb_output_name\`: $rb_bad"; fi
  rb_bad=''
}
