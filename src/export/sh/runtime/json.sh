# Reads one JSON document and prints what is at one place of it: `string`,
# `number`, `word` and what it is, or `none`, or `bad` and why. A reader of the
# whole text: no text in it is taken for its form.
rb_json_program='
function bad(why) { if (!over) print "bad " why; over = 1; exit }
function blanks() { while (at <= size && index(" \t\r\n", substr(text, at, 1))) at++ }
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
  while (at <= size) {
    c = substr(text, at, 1)
    if (c == "\"") { at++; return out }
    if (c == "\n" || c == "\t" || c == "\r") bad("a line ends in a string")
    if (c != "\\") { out = out c; at++; continue }
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
function leaf(place, kind, what) { if (place == wanted) { kind_found = kind; found = what } }
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
      if (place "\n." key == wanted || index(wanted, place "\n." key "\n") == 1) { kind_found = ""; found = "" }
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
  key = ""
  while (at <= size && !index(",]}: \t\r\n\"", substr(text, at, 1))) key = key substr(text, at++, 1)
  if (key == "true" || key == "false" || key == "null") leaf(place, "word", key)
  else if (key ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/) leaf(place, "number", key)
  else bad("there is no value")
}
{ text = text $0 "\n" }
END {
  if (over) exit
  wanted = ENVIRON["rb_wanted_place"]; size = length(text); at = 1; depth = 0
  value(""); blanks()
  if (over) exit
  if (at <= size) bad("there is more behind it")
  if (over) exit
  if (kind_found == "") print "none"
  else printf "%s %sx", kind_found, found
}'

# rb_from_json PATH STEPS: what is there in what was printed, in $rb_got.
rb_from_json() {
  rb_got=$(
    rb_wanted_place=$2 LC_ALL=C
    export rb_wanted_place LC_ALL
    awk "$rb_json_program" <"$rb_files.out"
  )
  case $rb_got in
    none) rb_bad="there is nothing at \`$1\`" ;;
    'bad '*) rb_bad="the output is no JSON: ${rb_got#bad }" ;;
    'word nullx') rb_bad="there is null at \`$1\`" ;;
    'word a list'* | 'word an object'*)
      rb_got=${rb_got#word } rb_got=${rb_got%x}
      rb_bad="there is $rb_got at \`$1\`, which a script cannot give" ;;
    'number '*)
      rb_got=${rb_got#number } rb_got=${rb_got%x}
      # Others are written differently once they were read.
      case $rb_got in
        *[eE]* | *.*0 | -0 | ??????????????????*) rb_bad="a script cannot give the number \`$rb_got\` unchanged" ;;
      esac ;;
    'word '* | 'string '*) rb_got=${rb_got#* } rb_got=${rb_got%x} ;;
    *) rb_bad='the output is no JSON' ;;
  esac
}
