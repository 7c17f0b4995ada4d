# What a source answered, as a reading. A document that names one thing twice
# says nothing: which counts is up to who reads it.

rb_source_program=$rb_reading_of$rb_json_reader'
function complain(why) { print "!the answer cannot be read: " why }
function named(place, key) { if ((place "\n." key) in seen) bad("a name stands twice in an object"); seen[place "\n." key] = 1 }
# A number without a unit: Prometheus never writes one.
function plain(text, found) {
  found = reading(text, ENVIRON["rb_unit"])
  if (substr(found, 1, 1) == "=" && text !~ /[0-9]$/) found = "!" shown(text) ", expected a number"
  if (sub(/^!/, "", found)) { wrong = wrong == "" ? "the answer holds " found : wrong; return }
  add_reading(found)
}
function add_reading(found) {
  all++
  if (substr(found, 1, 1) == "=") values = values (values == "" ? "" : ",") substr(found, 2)
  else { lacking++; if (lack == "") lack = substr(found, 2) }
}
# `*` is any step.
function fits(place, steps, n, i) {
  if (!wild) return place == wanted
  n = split(place, steps, "\n")
  if (n != wanted_count) return 0
  for (i = 1; i <= n; i++) if (wanted_step[i] != "*" && wanted_step[i] != steps[i]) return 0
  return 1
}
function leaf(place, kind, what, found) {
  if (from == "json") {
    if (!fits(place)) return
    at_place++
    if (kind == "word" && what == "null") add_reading("~" name_of " is null")
    else if (kind == "word") wrong = name_of " is " (what == "true" || what == "false" ? "true or false" : what) ", expected a number"
    else {
      found = reading(what, ENVIRON["rb_unit"])
      if (sub(/^!/, "", found)) wrong = name_of " is " found; else add_reading(found)
    }
    return
  }
  if (place == "\n.status") status = kind == "string" ? what : ""
  else if (place == "\n.error") message = what
  else if (place == "\n.errorType") error_kind = what
  else if (place == "\n.data\n.resultType") type = kind == "string" ? what : ""
  else if (place == "\n.data\n.result") result_is = what
  else if (place ~ /^\n\.data\n\.result\n\[[0-9]+$/) {
    elements++
    if (what != "an object") odd_element = 1
    if (place == "\n.data\n.result\n[1") { scalar = what; scalar_kind = kind }
  }
  else if (place ~ /^\n\.data\n\.result\n\[[0-9]+\n\.value$/) { if (what == "a list") series++ }
  else if (place ~ /^\n\.data\n\.result\n\[[0-9]+\n\.value\n\[[0-9]+$/) {
    points++
    if (place ~ /\n\[1$/) { if (kind != "string") odd_value = 1; else point[++found_points] = what }
  }
  else if (place ~ /^\n\.data\n\.result\n\[[0-9]+\n\.histogram$/) histograms++
  else if (place ~ /^\n\.warnings\n\[/ && warning == "") warning = what
}
BEGIN {
  from = ENVIRON["rb_from"]; wanted = ENVIRON["rb_steps"]
  wild = index(wanted "\n", "\n*\n") > 0; wanted_count = split(wanted, wanted_step, "\n")
  name_of = ENVIRON["rb_path"] == "$" ? "the document" : "the value at `" ENVIRON["rb_path"] "`"
}
END {
  if (over) exit
  if (from == "json" && !at_place) add_reading("~there is nothing at `" ENVIRON["rb_path"] "`")
  if (from != "json") {
    if (status != "success") { print "!the source answered 200, " (error_kind == "" ? "error" : error_kind) ": " shown(message); exit }
    if (type == "scalar") {
      if (elements != 2 || scalar_kind != "string") { print "!the answer holds no number"; exit }
      plain(scalar)
    } else if (type != "vector" || result_is != "a list") {
      print "!" (type == "matrix" ? "the query gives ranges of values: take one of them, as in `avg_over_time(...)`" : type == "string" ? "the query gives text, not a number" : "the answer is of an unknown kind"); exit
    } else {
      if (histograms) { print "!the query gives histograms: take a number, as in `histogram_quantile(...)`"; exit }
      if (odd_element || odd_value || elements + 0 != series + 0 || found_points + 0 != series + 0 || points != 2 * series) { print "!a series of the answer has no value"; exit }
      for (i = 1; i <= found_points; i++) plain(point[i])
    }
  }
  if (wrong != "") { print "!" wrong; exit }
  if (all > 10000) { print "!the answer has " all " series, at most 10000 are read"; exit }
  if (lacking && all > 1) lack = lacking " of " all " series: " lack
  if (warning != "") lack = shown(warning)
  if (values == "") print "~" (lack == "" ? "no series" : lack)
  else print "=" values (lack == "" ? "" : "~" lack)
}'

# It takes no longer than it may, whatever is in the answer.
rb_read_source() {
  export rb_from rb_path rb_steps
  awk "$rb_source_program" <"$rb_files.out" >"$rb_files.reading"
  if [ ! -s "$rb_files.reading" ]; then rb_print '!the answer cannot be read' >"$rb_files.reading"; fi
  read -r rb_got <"$rb_files.reading"
  case $rb_got in
    '!'*)
      { read -r rb_place; IFS= read -r rb_oddity; } <"$rb_files.from"
      rb_print "!$rb_place: ${rb_got#!}$rb_oddity" >"$rb_files.reading" ;;
  esac
}
