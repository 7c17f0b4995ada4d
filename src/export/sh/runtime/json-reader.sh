# Reads one JSON document, all of it: no text in it is taken for its form. Who
# uses it defines leaf(PLACE, KIND, WHAT), named(PLACE, NAME) and the end.
rb_json_reader='
function bad(why) { if (!over) complain(why); over = 1; exit }
function blanks() { while (at <= all_of_it && index(" \t\r\n", substr(text, at, 1))) at++ }
function hex(four, n, i) {
  n = 0
  for (i = 1; i <= 4; i++) {
    if (!index("0123456789abcdef", tolower(substr(four, i, 1))) || substr(four, i, 1) == "") bad("an escape is no number")
    n = n * 16 + index("0123456789abcdef", tolower(substr(four, i, 1))) - 1
  }
  return n
}
function utf8(n) {
  if (n == 0) bad("it holds a zero byte")
  if (n < 128) return sprintf("%c", n)
  if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
  if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
  return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
}
function string(out, c, n, low) {
  out = ""; at++
  while (at <= all_of_it) {
    c = substr(text, at, 200)
    n = match(c, /["\\\n\t\r]/) ? RSTART - 1 : length(c)
    if (n > 0) { out = out substr(c, 1, n); at += n; continue }
    c = substr(text, at, 1)
    if (c == "\"") { at++; return out }
    if (c == "\n" || c == "\t" || c == "\r") bad("a line ends in a string")
    c = substr(text, at + 1, 1); at += 2
    if (c == "u") {
      n = hex(substr(text, at, 4)); at += 4
      if (n >= 55296 && n < 56320) {
        if (substr(text, at, 2) != "\\u") bad("half a character")
        low = hex(substr(text, at + 2, 4)); at += 6
        if (low < 56320 || low > 57343) bad("half a character")
        n = 65536 + (n - 55296) * 1024 + low - 56320
      } else if (n >= 56320 && n < 57344) bad("half a character")
      out = out utf8(n)
    } else if (index("\"\\/", c) && c != "") out = out c
    else if (c == "n") out = out "\n"
    else if (c == "t") out = out "\t"
    else if (c == "r") out = out "\r"
    else if (c == "b") out = out "\b"
    else if (c == "f") out = out "\f"
    else bad("an unknown escape")
  }
  bad("a string has no end")
}
function value(place, c, key, n) {
  blanks(); c = substr(text, at, 1)
  if (++depth > 120) bad("it is nested too deep")
  if (c == "{") {
    leaf(place, "word", "an object"); at++; blanks()
    if (substr(text, at, 1) == "}") { at++; depth--; return }
    while (1) {
      blanks(); if (substr(text, at, 1) != "\"") bad("a name is missing")
      key = string(); blanks()
      if (substr(text, at++, 1) != ":") bad("a colon is missing")
      named(place, key)
      value(place "\n." key); blanks(); c = substr(text, at++, 1)
      if (c == "}") { depth--; return }
      if (c != ",") bad("a comma is missing")
    }
  }
  if (c == "[") {
    leaf(place, "word", "a list"); at++; blanks(); n = 0
    if (substr(text, at, 1) == "]") { at++; depth--; return }
    while (1) {
      value(place "\n[" n++); blanks(); c = substr(text, at++, 1)
      if (c == "]") { depth--; return }
      if (c != ",") bad("a comma is missing")
    }
  }
  depth--
  if (c == "\"") { key = string(); leaf(place, "string", key); return }
  c = substr(text, at, 500); key = ""
  if (match(c, /^[^],}: \t\r\n"]+/)) { key = substr(c, 1, RLENGTH); at += RLENGTH }
  if (length(key) >= 500) bad("a value has no end")
  if (key == "true" || key == "false" || key == "null") leaf(place, "word", key)
  else if (key ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/) leaf(place, "number", key)
  else bad("there is no value")
}
BEGIN { RS = "\001" }
{ if (NR > 100) bad("it holds control characters"); text = text (NR > 1 ? "\001" : "") $0 }
END {
  if (over) exit
  all_of_it = length(text); at = 1; depth = 0; over = 0
  value(""); blanks()
  if (!over && at <= all_of_it) bad("there is more behind it")
}'
