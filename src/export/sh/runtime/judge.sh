# Whether what was measured passes, and how it is told.

# Amounts in the base unit as people write them, with six digits.
rb_amounts='
function rounded(x, places, size, text) {
  if (x == 0) return "0"
  places = 5
  for (size = x < 0 ? -x : x; size >= 10; size /= 10) places--
  for (; size < 1; size *= 10) places++
  if (places < 0) return sprintf("%.0f", sprintf("%.0f", x / 10 ^ (-places)) * 10 ^ (-places))
  text = sprintf("%." places "f", x)
  if (places > 0) { sub(/0+$/, "", text); sub(/\.$/, "", text) }
  return text
}
function for_people(value, unit, x, size) {
  x = value + 0; size = x < 0 ? -x : x
  if (unit == "percent") return rounded(x) "%"
  if (unit == "rate") return rounded(x) "/s"
  if (unit == "duration") return size > 0 && size < 1 ? rounded(x * 1000) "ms" : rounded(x) "s"
  if (unit != "bytes") return rounded(x)
  if (size >= 1073741824) return rounded(x / 1073741824) "GiB"
  if (size >= 1048576) return rounded(x / 1048576) "MiB"
  return size >= 1024 ? rounded(x / 1024) "KiB" : rounded(x) "B"
}'

# Holds readings against a condition: prints pass, fail, none (no data) or
# unsure, and why.
rb_judge_program=$rb_numbers$rb_amounts'
function unless_it_misleads(text, value, limit, unit) {
  if (limit == "" || compare(limit, value) == 0 || for_people(limit, unit) != text) return text
  return value (unit == "percent" ? "%" : unit == "duration" ? "s" : unit == "bytes" ? "B" : unit == "rate" ? "/s" : "")
}
function word_of(reading, why) { why = substr(reading, 2); gsub("\037", " ", why); return why }
function holds(relation, a, b, c) {
  c = compare(a, b)
  if (relation == "less") return c < 0
  if (relation == "at_most") return c <= 0
  if (relation == "greater") return c > 0
  if (relation == "at_least") return c >= 0
  if (relation == "equal") return c == 0
  return c != 0
}
function missing(field, why) {
  WHY = why
  if (UNKNOWN) { UNKNOWN = 0; return 1 }
  if (field[9] == "fail") return 0
  if (field[9] == "pass" && ENVIRON["rb_purpose"] == "gate") return -1
  return 1
}
# A bound, or nothing and the reason in GAP.
function bound(factor, plus, metric) {
  GAP = ""
  if (factor == "0") return plus
  if (!(metric in before)) { GAP = "there is no baseline"; return "" }
  if (substr(before[metric], 1, 1) != "=") { GAP = "there is no baseline (" word_of(before[metric]) ")"; return "" }
  return add(times(middle_of(before[metric]), factor), plus)
}
# One value: 0 fail, 2 unsure, 3 pass, or nothing and the reason in GAP.
function judge_value(field, value, limit, is_so, gap, fails, room) {
  limit = bound(field[4], field[5], field[2]); gap = GAP
  if (gap == "") {
    if (field[3] == "within") {
      room = field[13] == "yes" ? times(bare(limit), field[12]) : field[12]
      is_so = compare(bare(add(value, negative(limit))), room) <= 0
    } else is_so = holds(field[3], value, limit)
    fails = !is_so
  }
  if (field[6] != "-") {
    limit = bound(field[7], field[8], field[2])
    if (GAP == "" && holds(field[6], value, limit)) { fails = 1; gap = "" }
    else { if (gap == "") gap = GAP; if (gap == "") fails = 0 }
  }
  GAP = gap
  if (gap != "") return ""
  return fails ? 0 : is_so ? 3 : 2
}
# Whether one series that is not true is enough to make the whole not true.
function wants_all(field) { return field[16] == "all" || (field[16] == "worst" && ENVIRON["rb_purpose"] == "gate") }
function told(field, value, before_that, text) {
  text = for_people(value, field[14])
  # Rounded, unless that would put it on the other side of a bound.
  if (field[3] != "within" && field[3] != "not_worse") text = unless_it_misleads(text, value, bound(field[4], field[5], field[2]), field[14])
  if (field[6] != "-") text = unless_it_misleads(text, value, bound(field[7], field[8], field[2]), field[14])
  if (field[4] != "0" || (field[6] != "-" && field[7] != "0")) text = text " (baseline " for_people(before_that, field[14]) ")"
  return text
}
function judge_one(field, value, text, why, series, n, i, found, rank, gap, best, best_value, best_gap, lacks) {
  if (field[10] != "-") {
    if (!(field[11] in now) || substr(now[field[11]], 1, 1) == "!") { WHY = "the number of samples is not known"; return 1 }
    value = "0"
    if (substr(now[field[11]], 1, 1) == "=" && !index(now[field[11]], "~")) {
      n = split(substr(now[field[11]], 2), series, ","); value = series[1]
      for (i = 2; i <= n; i++) if (compare(series[i], value) < 0) value = series[i]
    }
    if (compare(value, field[10]) < 0) return missing(field, "too few samples (" value " of " field[10] ")")
  }
  if (!(field[2] in now)) { WHY = "not measured"; return 1 }
  text = now[field[2]]
  if (substr(text, 1, 1) == "!") { WHY = "not measured (" word_of(text) ")"; return 1 }
  if (substr(text, 1, 1) == "~") return missing(field, "no data (" word_of(text) ")")
  lacks = index(text, "~") ? "no data (" word_of(substr(text, index(text, "~"))) ")" : ""
  sub(/~.*/, "", text)
  if (field[3] == "not_worse") {
    best = judge_history(field, text)
    if (best == "") return missing(field, GAP)
    best_value = VALUE
  } else {
    n = split(substr(text, 2), series, ","); best = ""
    for (i = 1; i <= n; i++) {
      found = judge_value(field, series[i]); gap = GAP; rank = found == "" ? 1 : found
      if (best == "" || (wants_all(field) ? rank < best : rank >= best)) { best = rank; best_value = series[i]; best_gap = found == "" ? gap : "" }
    }
    if (best_gap != "") return missing(field, best_gap)
  }
  if (lacks != "") {
    # Series that had none speak too, where they are worse.
    found = missing(field, lacks)
    if (found >= 0 && found != best && (found < best) == wants_all(field)) return found
  }
  WHY = told(field, best_value, middle_of(before[field[2]]))
  return best
}
# The median of a reading, the lower one of two.
function middle_of(text, series, n) {
  sub(/^=/, "", text); sub(/~.*/, "", text)
  n = split(text, series, ",")
  sorted(series, n)
  return series[int((n - 1) / 2) + 1]
}
function sorted(list, n, i, j, x) {
  for (i = 2; i <= n; i++) {
    x = list[i]
    for (j = i - 1; j > 0 && compare(list[j], x) > 0; j--) list[j + 1] = list[j]
    list[j + 1] = x
  }
}
function extreme(text, most, series, n, i, x) {
  sub(/^=/, "", text); sub(/~.*/, "", text)
  n = split(text, series, ","); x = series[1]
  for (i = 2; i <= n; i++) if (most ? compare(series[i], x) > 0 : compare(series[i], x) < 0) x = series[i]
  return x
}
# `not worse than baseline`: the last five samples against what was before.
function judge_history(field, text, way, most, was, n, i, samples, word, words, m, list, count, worse, limit, fails) {
  GAP = ""
  way = field[6] ~ /^(greater|at_least)$/ ? "more" : field[6] ~ /^(less|at_most)$/ ? "less" : field[6] == "-" && field[14] == "duration" ? "more" : ""
  if (way == "") { GAP = "nothing says which way is worse"; UNKNOWN = 1; return "" }
  if (!(field[2] in before)) { GAP = "there is no baseline"; return "" }
  if (substr(before[field[2]], 1, 1) != "=") { GAP = "there is no baseline (" word_of(before[field[2]]) ")"; return "" }
  most = (way == "more") == (wants_all(field) ? 1 : 0)
  was = extreme(before[field[2]], most); count = 0
  n = split(ENVIRON["rb_recent"], samples, "\n")
  for (i = 1; i <= n; i++) {
    m = split(samples[i], words, " ")
    for (; m > 0; m--) {
      word = words[m]
      if (index(word, field[2] "=") != 1) continue
      word = substr(word, length(field[2]) + 1)
      if (index(word, "~") && wants_all(field) && !(field[9] == "pass" && ENVIRON["rb_purpose"] == "gate")) continue
      list[++count] = extreme(word, most)
    }
  }
  if (count < 5) { GAP = "no data (" count " of 5 readings)"; return "" }
  worse = 1
  for (i = 1; i <= count; i++) if (way == "more" ? compare(list[i], was) <= 0 : compare(list[i], was) >= 0) worse = 0
  sorted(list, count); VALUE = list[int((count - 1) / 2) + 1]
  if (field[6] == "-") fails = worse
  else { limit = field[7] == "0" ? field[8] : add(times(was, field[7]), field[8]); fails = holds(field[6], VALUE, limit) }
  if (fails) return 0
  return (way == "more" ? compare(VALUE, was) > 0 : compare(VALUE, was) < 0) ? 2 : 3
}
# The verdict of the next part: 0 fail, 1 no data, 2 unsure, 3 pass, -1 left out.
function judge(field, best, best_why, n, kind, found) {
  split(line[++at], field, "\t")
  if (field[1] == "compare") { found = judge_one(field); WHY = "`" field[15] "`: " WHY; return found }
  kind = field[1]; best = -1; best_why = "there is nothing to compare"
  for (n = field[2]; n > 0; n--) {
    found = judge()
    if ((found >= 0 && best < 0) || (found >= 0 && ((kind == "all" && found < best) || (kind == "any" && found > best))) || (best_why == "there is nothing to compare" && best < 0)) { best = found; best_why = WHY }
  }
  WHY = best_why
  return best
}
function read_into(text, into, n, words, i, mark) {
  n = split(text, words, " ")
  for (i = 1; i <= n; i++) if (match(words[i], /[=~!]/)) into[substr(words[i], 1, RSTART - 1)] = substr(words[i], RSTART)
}
BEGIN {
  read_into(ENVIRON["rb_readings"], now); read_into(ENVIRON["rb_baseline"], before)
  split(ENVIRON["rb_parts"], line, "\n"); at = 0
  verdict = judge()
  print (verdict == 0 ? "fail" : verdict == 3 ? "pass" : verdict == 2 ? "unsure" : "none") " " WHY
}'
