# What is expected of what a command printed, and the values read from it.

# Finds the first match of a pattern in what is read: of its parts before, in
# and behind the group that is wanted. A last line `x` was added, so that it is
# known how the text ended. It is read in one piece: line by line, many of them take
# some programs minutes.
rb_find_program='
BEGIN { RS = "\001" }
{ text = text (NR > 1 ? "\001" : "") $0 }
END {
  text = substr(text, 1, length(text) - 2)
  before = ENVIRON["rb_before"]; group = ENVIRON["rb_group_wanted"]
  whole = before group ENVIRON["rb_after"]
  if (index(ENVIRON["rb_anchors"], "^")) whole = "(^|\n)" whole
  if (index(ENVIRON["rb_anchors"], "$")) whole = whole "(\n|$)"
  if (!match(text, whole)) exit 1
  found = substr(text, RSTART, RLENGTH)
  if (index(ENVIRON["rb_anchors"], "^") && substr(found, 1, 1) == "\n") found = substr(found, 2)
  if (before != "" && match(found, "^" before)) {
    cut = RLENGTH
    # What stands before may have taken what the group must have.
    while (group != "" && cut > 0 && !match(substr(found, cut + 1), "^(" group ")"))
      do cut--; while (cut > 0 && !match(substr(found, 1, cut), "^(" before ")$"))
    found = substr(found, cut + 1)
  }
  if (group == "") found = ""
  else if (match(found, "^(" group ")")) found = substr(found, 1, RLENGTH)
  printf "%sx", found
}'

# rb_find ANCHORS BEFORE GROUP AFTER: what the group matches, in $rb_got.
rb_find() {
  rb_got=$(
    rb_anchors=$1 rb_before=$2 rb_group_wanted=$3 rb_after=$4 LC_ALL=C
    export rb_anchors rb_before rb_group_wanted rb_after LC_ALL
    { rb_beginning_of_output; rb_print x; } | awk "$rb_find_program"
  ) || return 1
  rb_got=${rb_got%x}
}

# The same where some text of a line stands between a head and the rest, `.*`: it
# takes as much as it can and still lets the rest follow, or as little where it
# is reluctant. What is wanted reaches from a place measured from the head (h) or
# from the rest (r) to another.
rb_reach_program='
# Where an expression ends that begins in the head or in the rest.
function place(from, begin) {
  begin = substr(from, 1, 1) == "h" ? start : at
  if (substr(from, 2) == "" || !match(substr(text, begin), "^" substr(from, 2))) return begin
  return begin + RLENGTH
}
# Where the rest is found from a place on; 0: nowhere.
function find_rest(from) {
  if (looked && looked <= from && (found >= from || !found)) return found
  looked = from
  found = match(substr(text, from), rest) ? from + RSTART - 1 : 0
  return found
}
function line_end(from, at) {
  at = index(substr(text, from), "\n")
  return at ? from + at - 1 : length(text) + 1
}
# Without a head, it begins with the line in which the rest is found.
function without_head(from, count, lines) {
  while ((at = find_rest(from)) > 0) {
    count = split(substr(text, 1, at - 1), lines, "\n")
    start = at - length(lines[count]); over = line_end(start)
    if (at < start + least) at = find_rest(start + least)
    if (!at || at <= over) return at
    from = at
  }
  return 0
}
function with_head(from, behind) {
  while (match(substr(text, index(anchors, "^") ? from - 1 : from), head)) {
    start = from + RSTART - 1
    behind = start + RLENGTH - (index(anchors, "^") ? 1 : 0)
    over = line_end(behind)
    at = find_rest(behind + least)
    if (at && at <= over) return at
    from = start + 1
  }
  return 0
}
BEGIN { RS = "\001" }
{ text = text (NR > 1 ? "\001" : "") $0 }
END {
  # A line begins behind the end of another.
  text = "\n" substr(text, 1, length(text) - 2)
  head = ENVIRON["rb_head_wanted"]; rest = ENVIRON["rb_rest_wanted"]; anchors = ENVIRON["rb_anchors"]
  if (index(anchors, "$")) rest = rest "(\n|$)"
  least = index(anchors, "+") ? 1 : 0
  if (head == "") at = without_head(2)
  else { if (index(anchors, "^")) head = "\n" head; at = with_head(2) }
  if (!at) exit 1
  if (!index(anchors, "?")) while ((later = find_rest(at + 1)) > 0 && later <= over) at = later
  begin = place(ENVIRON["rb_from"])
  printf "%sx", substr(text, begin, place(ENVIRON["rb_to"]) - begin)
}'

# rb_find_reach ANCHORS HEAD REST FROM TO: what reaches from there to there, in $rb_got.
rb_find_reach() {
  rb_got=$(
    rb_anchors=$1 rb_head_wanted=$2 rb_rest_wanted=$3 rb_from=$4 rb_to=$5 LC_ALL=C
    export rb_anchors rb_head_wanted rb_rest_wanted rb_from rb_to LC_ALL
    { rb_beginning_of_output; rb_print x; } | awk "$rb_reach_program"
  ) || return 1
  rb_got=${rb_got%x}
}

# rb_matches PATTERN EXPRESSION
rb_matches() {
  [ -z "$rb_why" ] || return 0
  rb_find '' '' "$2" '' || { rb_cut_off; rb_unmet=yes rb_why="the output does not match \`$1\`$rb_got"; }
}

# rb_output NAME WHERE... [default VALUE]: where is
#   stdout PATTERN ANCHORS BEFORE GROUP AFTER
#   reach PATTERN ANCHORS HEAD REST FROM TO
#   file PATH
#   json PATH STEPS
rb_output() {
  [ -z "$rb_why" ] || return 0
  rb_output_name=$1
  case $2 in
    stdout)
      rb_find "$4" "$5" "$6" "$7" || rb_bad="nothing in the output matches \`$3\`"
      shift 7 ;;
    reach)
      rb_find_reach "$4" "$5" "$6" "$7" "$8" || rb_bad="nothing in the output matches \`$3\`"
      shift 8 ;;
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
  else rb_unmet=yes rb_why="output \`$rb_output_name\`: $rb_bad"; fi
  rb_bad=''
}
