# Windows: when a gate may open, by the clock on the wall. Zones go by the tables
# of this script, which know of changes up to 2050; after that a window is
# closed.

rb_zones=''

# zone NAME 'OFFSET MOMENT:OFFSET...', span CONDITION allow|deny DAYS DATES START
# END ZONE REASON
zone() { rb_zones="$rb_zones$1 $2$rb_newline"; }
span() {
  rb_last=$1
  shift
  rb_line=''
  for rb_word in "$@"; do rb_line="$rb_line${rb_line:+$rb_tab}$rb_word"; done
  eval "rbp_$rb_last=\"\${rbp_$rb_last-}\$rb_line\$rb_newline\""
}
rb_tab=$(printf '\t')

# Prints open or closed, the seconds until that changes or `-`, and why it is
# closed.
rb_window_program='
function ahead(zone, at, i) {
  for (i = count[zone]; i > 0; i--) if (moment[zone, i] <= at) return offset[zone, i]
  return offset[zone, 0]
}
function down(a, b, q) { q = int(a / b); return q * b > a ? q - 1 : q }
function fits(r, day, i, n, dates, ends) {
  if (days[r] != "-" && !index(days[r], ((day + 3) % 7 + 7) % 7 "")) return 0
  if (ranges[r] == "-") return 1
  n = split(ranges[r], dates, ",")
  for (i = 1; i <= n; i++) { split(dates[i], ends, ":"); if (ends[1] + 0 <= day && day <= ends[2] + 0) return 1 }
  return 0
}
function covers(r, at, shown, day, minute) {
  shown = at + ahead(zone[r], at); day = down(shown, 86400); minute = int((shown - day * 86400) / 60)
  if (start[r] == "-") return fits(r, day)
  if (start[r] + 0 < stop[r] + 0) return start[r] + 0 <= minute && minute < stop[r] + 0 && fits(r, day)
  return (start[r] + 0 <= minute && fits(r, day)) || (minute < stop[r] + 0 && fits(r, day - 1))
}
function is_open(at, r, allowed) {
  if (at >= 2524521600) return 0
  allowed = !allows
  for (r = 1; r <= rules; r++) if (kind[r] == "allow" && covers(r, at)) allowed = 1
  if (!allowed) return 0
  for (r = 1; r <= rules; r++) if (kind[r] == "deny" && covers(r, at)) return 0
  return 1
}
function two(n) { return n < 10 ? "0" n : n "" }
function shows(r, at, shown, day, minute, era, doe, yoe, doy, mp, d, m, y, names) {
  shown = at + ahead(zone[r], at); day = down(shown, 86400); minute = int((shown - day * 86400) / 60)
  split("Mon Tue Wed Thu Fri Sat Sun", names, " ")
  era = down(day + 719468, 146097); doe = day + 719468 - era * 146097
  yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
  doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100)); mp = int((5 * doy + 2) / 153)
  d = doy - int((153 * mp + 2) / 5) + 1; m = mp < 10 ? mp + 3 : mp - 9; y = yoe + era * 400 + (m <= 2)
  return names[((day + 3) % 7 + 7) % 7 + 1] " " y "-" two(m) "-" two(d) " " two(int(minute / 60)) ":" two(minute % 60) " in " zone[r]
}
function why(at, r) {
  if (at >= 2524521600) return "this script knows no time zones after 2049"
  for (r = 1; r <= rules; r++) if (kind[r] == "deny" && covers(r, at)) return reason[r] != "" ? reason[r] : shows(r, at) " is denied"
  for (r = 1; r <= rules; r++) if (kind[r] == "allow") return shows(r, at) " is not in it"
  return ""
}
function note(at) { if (at > now && at >= begin && at < begin + 86400) edge[++edges] = at }
# The first change of a day by UTC, or 0.
function change_in(day, r, local, i, j, x, minute, at) {
  begin = day * 86400; edges = 0
  for (r = 1; r <= rules; r++) {
    for (local = day - 1; local <= day + 1; local++) for (i = 1; i <= 3; i++) {
      minute = i == 1 || start[r] == "-" ? 0 : i == 2 ? start[r] : stop[r]
      at = local * 86400 + minute * 60
      x = ahead(zone[r], at - 86400); note(at - x)
      if (ahead(zone[r], at + 86400) != x) note(at - ahead(zone[r], at + 86400))
    }
    for (i = 1; i <= count[zone[r]]; i++) note(moment[zone[r], i])
  }
  for (i = 2; i <= edges; i++) {
    x = edge[i]
    for (j = i - 1; j > 0 && edge[j] > x; j--) edge[j + 1] = edge[j]
    edge[j + 1] = x
  }
  for (i = 1; i <= edges; i++) if (is_open(edge[i]) != opened) return edge[i]
  return 0
}
function visit(day) { if (day >= today && !(day in wanted)) { wanted[day] = 1; visits[++visited] = day } }
BEGIN {
  now = ENVIRON["rb_wall"] + 0
  n = split(ENVIRON["rb_zones"], lines, "\n")
  for (i = 1; i <= n; i++) {
    m = split(lines[i], words, " ")
    if (m < 2) continue
    offset[words[1], 0] = words[2] + 0; count[words[1]] = m - 2
    for (j = 3; j <= m; j++) { split(words[j], pair, ":"); moment[words[1], j - 2] = pair[1] + 0; offset[words[1], j - 2] = pair[2] + 0 }
  }
  n = split(ENVIRON["rb_parts"], lines, "\n"); rules = 0; allows = 0
  for (i = 1; i <= n; i++) {
    if (lines[i] == "") continue
    split(lines[i], words, "\t"); rules++
    kind[rules] = words[1]; days[rules] = words[2]; ranges[rules] = words[3]; start[rules] = words[4]; stop[rules] = words[5]; zone[rules] = words[6]; reason[rules] = words[7]
    if (words[1] == "allow") allows++
  }
  opened = is_open(now); today = down(now, 86400); change = 0
  for (day = today; day <= today + 400 && !change; day++) change = change_in(day)
  # Days that are named may be further away.
  if (!change) {
    for (r = 1; r <= rules; r++) if (ranges[r] != "-") {
      n = split(ranges[r], list, ",")
      for (i = 1; i <= n; i++) {
        split(list[i], pair, ":")
        for (j = -2; j <= 10; j++) { visit(pair[1] + j); visit(pair[2] + 1 + j) }
      }
    }
    for (i = 1; i <= visited; i++) { at = change_in(visits[i]); if (at && (!change || at < change)) change = at }
  }
  left = change ? change - now : "-"
  # Looked at again at least every hour: clocks are set.
  if (left != "-" && left > 3600) left = 3600
  print (opened ? "open" : "closed") " " left " " (opened ? "" : why(now))
}'

# rb_look_at_clock CONDITION: looks at the clock and records what its window is.
rb_look_at_clock() {
  eval "rb_parts=\$rbp_$1"
  rb_got=$(
    rb_deaf
    rb_wall=$(date +%s) LC_ALL=C
    export rb_wall rb_parts rb_zones LC_ALL
    awk "$rb_window_program"
  )
  rb_seen=${rb_got%% *} rb_left=${rb_got#* }
  rb_why_so=${rb_left#* } rb_left=${rb_left%% *}
  rb_clock
  case $rb_left in *[!0-9]* | '') rb_left='-' ;; *) rb_left=$((rb_now + rb_left * 100)) ;; esac
  rb_record window "$1" "${rb_seen:-closed}" "$rb_left" ${rb_why_so:+"$rb_why_so"}
}
