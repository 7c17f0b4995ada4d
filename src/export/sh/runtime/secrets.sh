# Secrets: fetched before anything changes, and again when a run is gone on with.
# They are in variables of this shell that are not exported, a command gets
# those it names, and what commands print is masked before it is written down.

rb_masks='' rb_secret_names=''

# secret NAME env VARIABLE | file PATH | command FUNCTION LIMIT
secret() {
  rb_why_not='' rb_got='' rb_secret_name=$1
  rb_secret_names="$rb_secret_names $1"
  case $2 in
    env)
      eval "rb_got=\${$3-}"
      eval "[ -n \"\${$3+yes}\" ]" || rb_why_not="the environment variable \`$3\` is not set" ;;
    file)
      case $3 in /*) rb_file=$3 ;; *) rb_file=$rb_home/$3 ;; esac
      if [ ! -r "$rb_file" ]; then rb_why_not="cannot read \`$rb_file\`"
      elif ! rb_text "$rb_file"; then rb_why_not=$rb_bad; fi ;;
    command) rb_secret_of_command "$3" "$4" ;;
  esac
  rb_trim
  if [ -n "$rb_why_not" ]; then :
  elif [ "$(rb_write "$rb_got" | wc -c)" -lt 4 ]; then
    rb_why_not='it is shorter than 4 bytes, so it could not be kept out of the output'
  elif [ "$(rb_write "$rb_got" | wc -c)" -gt 65536 ]; then
    rb_why_not='it is longer than 64 KiB'
  fi
  if [ -n "$rb_why_not" ]; then
    rb_missing="$rb_missing${rb_newline}secret \`$rb_secret_name\`: $rb_why_not"
    rb_got=''
  fi
  eval "rbs_$rb_secret_name=\$rb_got"
}

rb_describe_secrets() {
  rb_print 'Secrets, looked up before anything changes:'
  (
    secret() {
      case $2 in
        env) rb_say "  $1: the environment variable $3" ;;
        file) rb_say "  $1: the file $3" ;;
        command) rb_say "  $1: what a command prints ($3 in this script)" ;;
      esac
    }
    rb_secrets
  )
  rb_print ''
}

rb_secret_of_command() {
  rb_files=$rb_state/secret.$$
  rm -f "$rb_files.pid" "$rb_files.why"
  rb_fetches=yes rb_fetch_limit=$2
  rb_got=$(
    rb_why='' rb_status='' rb_exits=0 rb_cd=$rb_home rb_there='' rb_variables='' rb_dress=''
    rb_run=$1 rb_ran=''
    "$1"
    rb_must_have_run
    [ -z "$rb_why" ] || rb_print "its command $rb_why" >"$rb_files.why"
    rb_write x
  )
  rb_got=${rb_got%x} rb_fetches=''
  if [ -s "$rb_files.why" ]; then IFS= read -r rb_why_not <"$rb_files.why"; fi
  rm -f "$rb_files.pid" "$rb_files.why"
}

# What the command of a secret prints goes nowhere but into this shell.
rb_fetch_by() {
  rb_led "$@" </dev/null 2>/dev/null &
  rb_child=$!
  (
    rb_looks=0
    while [ "$rb_looks" -lt "$rb_fetch_limit" ]; do
      sleep 1
      rb_looks=$((rb_looks + 100))
      # It is gone once the secret was fetched.
      [ "$rb_looks" = 100 ] || [ -e "$rb_files.pid" ] || exit 0
    done
    : >"$rb_files.late"
    read -r rb_group rb_rest <"$rb_files.pid" && rb_signal KILL "$rb_group"
  ) >/dev/null 2>&1 &
  rb_watcher=$!
  wait "$rb_child"
  rb_status=$?
  # Some shells give it copies of the pipe that this shell reads the secret from:
  # it would be waited for.
  kill -KILL "$rb_watcher" 2>/dev/null || :
  wait "$rb_watcher" 2>/dev/null || :
  if [ -e "$rb_files.late" ]; then rb_why="took longer than $((rb_fetch_limit / 100))s"; rm -f "$rb_files.late"
  elif [ "$rb_status" != 0 ]; then rb_why="ended with status $rb_status"; fi
}

rb_fetch_secrets() {
  rb_missing=''
  rb_secrets
  [ -z "$rb_missing" ] || rb_refuse "${rb_missing#"$rb_newline"}"
  for rb_word in $rb_secret_names; do
    rb_get "rbs_$rb_word"
    rb_masks=$rb_masks$(rb_spell_all "$rb_got")$rb_newline
  done
}

# rb_secret VARIABLE NAME: a variable of the command.
rb_secret() { rb_get "rbs_$2"; rb_let "$1" "$rb_got"; }
rb_fill_secret() { eval "rb_filled=\$rb_filled\$rbs_$1"; }

# rb_spell_all VALUE: all that a secret may look like, a line each; of one with
# several lines those of each line too.
rb_spell_all() {
  rb_spell "$1" 4
  case $1 in
    *"$rb_newline"*)
      rb_print "$1" | while read -r rb_line || [ -n "$rb_line" ]; do
        # `true` and `null` are lines of many files, and of much other output.
        rb_spell "$rb_line" 5
      done ;;
  esac
}
rb_spell() {
  { rb_write "$1" | od -An -v -tx1; rb_print .; rb_print "$1"; } |
    LC_ALL=C rb_shortest=$2 awk "$rb_spell_program"
}

rb_spell_program='
function emit(text) { if (length(text) >= 4 && !index(text, "\n") && !(text in seen)) { seen[text] = 1; print text } }
function swap(text, from, to, out, at) {
  out = ""
  while ((at = index(text, from)) > 0) { out = out substr(text, 1, at - 1) to; text = substr(text, at + length(from)) }
  return out text
}
function plain(code) { return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) }
function percent(digits, kept, space, out, i, c) {
  out = ""
  for (i = 1; i <= n; i++) {
    c = code[i] > 32 && code[i] < 127 ? sprintf("%c", code[i]) : ""
    if (code[i] == 32) out = out space
    else if (plain(code[i]) || (c != "" && index(kept, c))) out = out c
    else out = out "%" substr(digits, int(code[i] / 16) + 1, 1) substr(digits, code[i] % 16 + 1, 1)
  }
  emit(out)
}
function json_common(text, markup, i, c) {
  text = swap(text, "\\", "\\\\"); text = swap(text, "\"", "\\\"")
  text = swap(text, "\n", "\\n"); text = swap(text, "\r", "\\r"); text = swap(text, "\t", "\\t")
  text = swap(text, "\b", "\\b"); text = swap(text, "\f", "\\f")
  for (i = 1; i < 32; i++) text = swap(text, sprintf("%c", i), sprintf("\\u%04x", i))
  if (markup) { text = swap(text, "<", "\\u003c"); text = swap(text, ">", "\\u003e"); text = swap(text, "&", "\\u0026") }
  return text
}
# With all that is not ASCII as \u.
function json_ascii(slashes, out, i, c, more, point) {
  out = ""
  for (i = 1; i <= n; i++) {
    if (code[i] < 128) { out = out json_common(sprintf("%c", code[i]), 0); continue }
    more = code[i] >= 240 ? 3 : code[i] >= 224 ? 2 : 1
    point = code[i] % (more == 3 ? 8 : more == 2 ? 16 : 32)
    while (more-- > 0 && i < n) point = point * 64 + code[++i] % 64
    if (point > 65535) { point -= 65536; out = out sprintf("\\u%04x", 55296 + int(point / 1024)); point = 56320 + point % 1024 }
    out = out sprintf("\\u%04x", point)
  }
  emit(slashes ? swap(out, "/", "\\/") : out)
}
function base64_of(before, alphabet, out, i, bits, count, all, pad) {
  out = ""; bits = 0; count = 0; all = before + n
  for (i = 1; i <= all; i++) {
    bits = bits * 256 + (i > before ? code[i - before] : 0); count += 8
    while (count >= 6) {
      count -= 6
      out = out substr(alphabet, int(bits / 2 ^ count) + 1, 1)
      bits = bits % 2 ^ count
    }
  }
  if (count > 0) out = out substr(alphabet, bits * 2 ^ (6 - count) + 1, 1)
  while (length(out) % 4) out = out "="
  return out
}
function base64(alphabet, alone, before, text, from, to, i, l) {
  alone = base64_of(0, alphabet)
  for (l = 76; l >= 64; l -= 12) if (length(alone) > l) for (i = 1; i <= length(alone); i += l) emit(substr(alone, i, l))
  emit(alone)
  for (before = 0; before < 3; before++) {
    text = base64_of(before, alphabet)
    from = int((before * 8 + 5) / 6); to = int((before + n) * 8 / 6)
    emit(substr(text, from + 1, to - from)); emit(substr(text, from + 1))
  }
}
function hex_value(digit) { return index("0123456789abcdef", digit) - 1 }
!raw_begun { if ($0 == ".") { raw_begun = 1; next }
  for (f = 1; f <= NF; f++) code[++n] = hex_value(substr($f, 1, 1)) * 16 + hex_value(substr($f, 2, 1))
  next }
{ raw = raw (lines++ ? "\n" : "") $0 }
END {
  if (n < ENVIRON["rb_shortest"]) exit
  emit(raw)
  low = ""; up = ""
  for (i = 1; i <= n; i++) { low = low sprintf("%02x", code[i]); up = up sprintf("%02X", code[i]) }
  emit(low); emit(up)
  percent("0123456789ABCDEF", "-._~", "%20"); percent("0123456789abcdef", "-._~", "%20")
  percent("0123456789ABCDEF", "-._*", "+"); percent("0123456789ABCDEF", "-._~!*\047()", "%20")
  emit(swap(raw, "\047", "\047\\\047\047")); emit(swap(raw, "\047", "\047\"\047\"\047"))
  text = swap(raw, "\\", "\\\\"); text = swap(text, "\"", "\\\""); text = swap(text, "$", "\\$"); emit(swap(text, "`", "\\`"))
  text = swap(raw, "\\", "\\\\")
  for (i = 32; i < 127; i++) { c = sprintf("%c", i); if (!plain(i) && !index("_-./:=+%@\\", c)) text = swap(text, c, "\\" c) }
  emit(text)
  text = swap(raw, "\\", "\\\\"); text = swap(text, "\047", "\\\047"); text = swap(text, "\n", "\\n"); text = swap(text, "\t", "\\t"); emit(swap(text, "\r", "\\r"))
  emit(json_common(raw, 0)); emit(json_common(raw, 1)); json_ascii(0); json_ascii(1)
  base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}'

# rb_mask: copies what it reads, with all secrets masked: the leftmost, and of
# those the longest.
rb_mask_program='
!ready { if ($0 == "") ready = 1; else { pattern[++n] = $0; size[n] = length($0) } next }
{
  line = $0; out = ""
  while (line != "") {
    first = 0
    for (i = 1; i <= n; i++) {
      at = index(line, pattern[i])
      if (at && (!first || at < first || (at == first && size[i] > longest))) { first = at; longest = size[i] }
    }
    if (!first) break
    out = out substr(line, 1, first - 1) "***"; line = substr(line, first + longest)
  }
  print out line
}'
rb_mask() {
  { rb_write "$rb_masks"; rb_print ''; exec cat; } | LC_ALL=C awk "$rb_mask_program"
}

# rb_masked COMMAND...: what it prints goes through the masks.
rb_masked() {
  if [ -n "${rb_fetches-}" ]; then "$@"; return; fi
  rm -f "$rb_files.fo" "$rb_files.fe" "$rb_files.mo" "$rb_files.me"
  mkfifo "$rb_files.fo" "$rb_files.fe" || return 126
  { rb_mask; : >"$rb_files.mo"; } <"$rb_files.fo" &
  { rb_mask >&2; : >"$rb_files.me"; } <"$rb_files.fe" &
  "$@" >"$rb_files.fo" 2>"$rb_files.fe"
}

# The masks end with the last that could print. What left the session may print
# on, and nobody waits long for that.
rb_end_of_masked() {
  rb_looks=0
  until [ -e "$rb_files.mo" ] && [ -e "$rb_files.me" ]; do
    rb_looks=$((rb_looks + 1))
    [ "$rb_looks" -le 200 ] || break
    rb_sleep_a_little 0.005
  done
  rm -f "$rb_files.fo" "$rb_files.fe" "$rb_files.mo" "$rb_files.me"
}
