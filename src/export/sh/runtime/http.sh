# Requests: by curl, or by GNU wget where there is no curl. Addresses, headers and
# bodies may hold secrets: they go to it by its standard input or by a file that
# only this user may read, never as arguments. Redirects are not followed: an
# answer from elsewhere is not the answer that was asked for.

rb_find_http_client() {
  rb_http_client=''
  if curl --version >/dev/null 2>&1; then rb_http_client=curl; return 0; fi
  case $(wget --version 2>/dev/null) in 'GNU Wget'*) rb_http_client=wget; return 0 ;; esac
  rb_missing="$rb_missing$rb_newline\`curl\` or GNU \`wget\` is needed, and neither is on the PATH"
}

# rb_request METHOD LIMIT 'STATUSES': begins one; what follows adds to it what
# was just filled in.
rb_request() {
  rb_http_method=$1 rb_http_limit=$2 rb_http_wanted=$3
  rb_http_url='' rb_http_address='' rb_http_headers='' rb_http_names=' ' rb_http_body='' rb_http_has_body=''
}
rb_url() {
  rb_http_url=$rb_filled
  [ -z "$rb_why" ] || return 0
  case $rb_http_url in
    [Hh][Tt][Tt][Pp]://?* | [Hh][Tt][Tt][Pp][Ss]://?*) ;;
    *) rb_why='the address does not begin with `http://` or `https://`' ;;
  esac
  case $rb_http_url in
    *[[:space:]]* | *[[:cntrl:]]*) rb_why='the address holds a space or a line break' ;;
  esac
  [ -n "$rb_why" ] || rb_tidy_url
}

# What stands behind the host as a browser sends it (https://url.spec.whatwg.org), so
# that every client asks for the same.
rb_tidy_url() {
  rb_rest=${rb_http_url#*://}
  rb_authority=${rb_rest%%[/?#]*}
  rb_got=$(rb_write "${rb_rest#"$rb_authority"}" | od -An -v -tx1 | LC_ALL=C awk "$rb_tidy_program")
  rb_http_url=${rb_http_url%%://*}://$rb_authority$rb_got
}
rb_tidy_program='
function tidy(path, parts, kept, n, i, top, part, out) {
  n = split(path, parts, "/"); top = 0
  for (i = 2; i <= n; i++) {
    part = tolower(parts[i]); gsub(/%2e/, ".", part)
    if (part == ".." && top > 0) top--
    if (part != "." && part != "..") kept[++top] = parts[i]
    else if (i == n) kept[++top] = ""
  }
  out = ""
  for (i = 1; i <= top; i++) out = out "/" kept[i]
  return out
}
BEGIN { for (i = 33; i < 127; i++) char[sprintf("%02x", i)] = sprintf("%c", i); odd = "\"<>`{}" }
{
  for (i = 1; i <= NF && !over; i++) {
    c = $i in char ? char[$i] : ""
    if (c == "#") { over = 1; break }
    if (c == "?" && !asks) { asks = "?"; odd = "\"<>\047"; continue }
    if (c == "\\" && !asks) c = "/"
    if (c == "" || index(odd, c)) c = "%" toupper($i)
    if (asks) query = query c; else path = path c
  }
}
END { printf "%s%s%s", (path == "" ? "" : tidy(path)), asks, query }'

# What may be told of the address: neither its query nor the user in it. Of one
# that is secret as a whole, where it leads.
rb_address() {
  rb_open_part "$rb_filled"
  case $rb_got in
    '***'*)
      rb_open_part "$rb_http_url"
      case $rb_got in
        *://*) rb_rest=${rb_got#*://}; rb_got="${rb_got%%://*}://${rb_rest%%/*}/***" ;;
        *) rb_got='***' ;;
      esac ;;
  esac
  rb_http_address=$rb_got
}
rb_open_part() {
  rb_got=${1%%[?#]*}
  case $rb_got in
    *://*)
      rb_rest=${rb_got#*://}
      rb_authority=${rb_rest%%/*}
      rb_rest=${rb_rest#"$rb_authority"}
      rb_got="${rb_got%%://*}://${rb_authority##*@}$rb_rest" ;;
  esac
}

rb_header() {
  [ -z "$rb_why" ] || return 0
  case $rb_filled in
    *"$rb_newline"* | *"$rb_return"*) rb_why="the value of header \`$1\` holds a line break"; return 0 ;;
  esac
  rb_http_names="$rb_http_names$(rb_print "$1" | tr '[:upper:]' '[:lower:]') "
  rb_http_headers="$rb_http_headers$1: $rb_filled$rb_newline"
}
rb_header_is_given() { case $rb_http_names in *" $1 "*) return 0 ;; esac; return 1; }
rb_body() { rb_http_body=$rb_filled rb_http_has_body=yes; }

# rb_swap TEXT FROM TO: in $rb_got.
rb_swap() {
  rb_rest=$1 rb_got=''
  while :; do
    case $rb_rest in
      *"$2"*) rb_got=$rb_got${rb_rest%%"$2"*}$3 rb_rest=${rb_rest#*"$2"} ;;
      *) rb_got=$rb_got$rb_rest; return 0 ;;
    esac
  done
}

rb_backslash=$(printf '\134')

# rb_curl_line NAME VALUE: a line of what curl reads.
rb_curl_line() {
  rb_swap "$2" "$rb_backslash" "$rb_backslash$rb_backslash"
  rb_swap "$rb_got" '"' '\"'
  rb_swap "$rb_got" "$rb_newline" '\n'
  rb_swap "$rb_got" "$rb_return" '\r'
  rb_http_config="$rb_http_config$1 = \"$rb_got\"$rb_newline"
}

rb_configure_curl() {
  rb_http_config="silent${rb_newline}show-error${rb_newline}globoff${rb_newline}path-as-is$rb_newline"
  rb_curl_line proto '=http,https'
  rb_curl_line max-time "$((rb_http_limit / 100)).$((rb_http_limit % 100 / 10))$((rb_http_limit % 10))"
  rb_curl_line connect-timeout 10
  rb_curl_line user-agent "runbook/$rb_version"
  rb_curl_line dump-header "$rb_files.head"
  # It reads these itself only where nothing else names certificates.
  [ -z "${SSL_CERT_FILE-}" ] || rb_curl_line cacert "$SSL_CERT_FILE"
  [ -z "${SSL_CERT_DIR-}" ] || rb_curl_line capath "$SSL_CERT_DIR"
  if [ "$rb_http_method" = HEAD ]; then rb_http_config="${rb_http_config}head$rb_newline"
  else rb_curl_line request "$rb_http_method"; fi
  rb_left=$rb_http_headers
  while [ -n "$rb_left" ]; do
    rb_line=${rb_left%%"$rb_newline"*} rb_left=${rb_left#*"$rb_newline"}
    # An empty value would take the header away.
    case $rb_line in *': ') rb_line="${rb_line%: };" ;; esac
    rb_curl_line header "$rb_line"
  done
  if [ -n "$rb_http_has_body" ]; then
    rb_header_is_given content-type || rb_curl_line header 'Content-Type:'
    rb_curl_line header 'Expect:'
    rb_curl_line data-raw "$rb_http_body"
  fi
  rb_curl_line url "$rb_http_url"
}
rb_ask_by_curl() {
  rb_configure_curl
  rb_write "$rb_http_config" | rb_led curl -q -K - 2>"$rb_files.err"
}

# Of wget a watch ends what goes on for too long: it has no limit for the whole.
rb_ask_by_wget() {
  rb_http_config="tries = 1${rb_newline}max_redirect = 0${rb_newline}content_on_error = on${rb_newline}auth_no_challenge = on${rb_newline}user_agent = runbook/$rb_version${rb_newline}method = $rb_http_method$rb_newline"
  [ -z "${SSL_CERT_FILE-}" ] || rb_http_config="${rb_http_config}ca_certificate = $SSL_CERT_FILE$rb_newline"
  [ -z "${SSL_CERT_DIR-}" ] || rb_http_config="${rb_http_config}ca_directory = $SSL_CERT_DIR$rb_newline"
  rb_left=$rb_http_headers
  while [ -n "$rb_left" ]; do
    rb_http_config="${rb_http_config}header = ${rb_left%%"$rb_newline"*}$rb_newline"
    rb_left=${rb_left#*"$rb_newline"}
  done
  if [ -n "$rb_http_has_body" ]; then
    rb_write "$rb_http_body" >"$rb_files.send"
    rb_http_config="${rb_http_config}body_file = $rb_files.send$rb_newline"
    rb_header_is_given content-type || rb_http_config="${rb_http_config}header = Content-Type: $rb_newline"
  fi
  rb_write "$rb_http_config" >"$rb_files.wgetrc"
  (
    rb_looks=0
    while [ "$rb_looks" -lt "$rb_http_limit" ]; do
      rb_sleep_a_little 0.05
      rb_looks=$((rb_looks + 5))
      [ ! -e "$rb_files.answer" ] || exit 0
    done
    : >"$rb_files.late"
    read -r rb_group rb_rest <"$rb_files.pid" && rb_signal KILL "$rb_group"
  ) >/dev/null 2>&1 3>&- &
  # What it keeps in the home directory is of other requests.
  WGETRC=$rb_files.wgetrc HOME=$rb_dir
  export WGETRC HOME
  rb_print "$rb_http_url" | rb_led wget -nv -S -O - -i - 2>&3
}

# rb_ask LONGEST: sends it and reads the answer: its body into .out, and
# $rb_http_status; false and a reason in $rb_no_answer where there is none:
# $rb_unheard is `not_sent`, `broken` or `too_late`.
rb_ask_over_http() {
  rm -f "$rb_files.head" "$rb_files.late" "$rb_files.answer"
  rb_http_status='' rb_http_oddity='' rb_http_type='' rb_cut='' rb_unheard='' rb_no_answer=''
  case $rb_http_client in
    curl)
      { rb_ask_by_curl; rb_print $? >"$rb_files.answer"; } | head -c "$(($1 + 1))" | rb_mask >"$rb_files.out" ;;
    wget)
      { { rb_ask_by_wget; rb_print $? >"$rb_files.answer"; } | head -c "$(($1 + 1))" | rb_mask >"$rb_files.out"; } 3>&1 |
        sed -n 's/^  //p' >"$rb_files.head" ;;
  esac
  rb_linger
  [ "$(wc -c <"$rb_files.out")" -le "$1" ] || rb_cut=yes
  read -r rb_http_code <"$rb_files.answer" || rb_http_code=1
  if [ -e "$rb_files.late" ]; then rb_http_code=28; fi
  rb_read_head
  rm -f "$rb_files.head" "$rb_files.late" "$rb_files.answer" "$rb_files.send" "$rb_files.wgetrc"
  case $rb_http_client,$rb_http_code in
    *,0) ;;
    # It was cut, or the answer says no.
    curl,23) [ -n "$rb_cut" ] || rb_unheard=broken ;;
    wget,8) [ -n "$rb_http_status" ] || rb_unheard=broken ;;
    wget,3 | wget,141) [ -n "$rb_cut" ] || rb_unheard=broken ;;
    *,28) rb_unheard=too_late ;;
    curl,[1-7] | curl,35 | curl,6? | curl,77 | wget,5) rb_unheard=not_sent ;;
    *) rb_unheard=broken ;;
  esac
  [ -n "$rb_unheard$rb_http_status" ] || rb_unheard=broken
  case $rb_unheard in
    '') return 0 ;;
    too_late) rb_elapsed "$rb_http_limit"; rb_no_answer="no answer within $rb_got" ;;
    *)
      rb_no_answer=$(sed -n 's/^curl: ([0-9]*) //p' "$rb_files.err" 2>/dev/null | head -n 1 | rb_mask)
      rb_no_answer=${rb_no_answer:-no answer could be had ($rb_http_client ended with $rb_http_code)} ;;
  esac
  return 1
}

# Of the last head: those before it said that one will follow.
rb_read_head() {
  [ -s "$rb_files.head" ] || return 0
  rb_got=$(LC_ALL=C awk '
    { sub(/\r$/, "") }
    /^HTTP\// { status = $2; place = ""; packed = ""; type = ""; next }
    match($0, /^[^:]*:/) {
      name = tolower(substr($0, 1, RLENGTH - 1)); value = substr($0, RLENGTH + 1)
      gsub(/^[ \t]+|[ \t]+$|[^ -~]/, "", value); value = substr(value, 1, 500)
      if (name == "location") place = value
      else if (name == "content-encoding") packed = value
      else if (name == "content-type") type = value
    }
    END { if (status ~ /^[0-9]+$/) { print status; print place; print packed; print type " " } }' "$rb_files.head" | rb_mask)
  [ -n "$rb_got" ] || return 0
  rb_http_status=${rb_got%%"$rb_newline"*}
  rb_left=${rb_got#*"$rb_newline"}
  rb_place=${rb_left%%"$rb_newline"*}
  rb_left=${rb_left#*"$rb_newline"}
  rb_packed=${rb_left%%"$rb_newline"*}
  rb_http_type=${rb_left#*"$rb_newline"}
  rb_http_type=${rb_http_type% }
  case $rb_http_status,$rb_place in
    3??,?*)
      rb_open_part "$rb_place"
      rb_http_oddity=" (it leads to \`$rb_got\`, and redirects are not followed)" ;;
    *) case $rb_packed in
      '' | identity) ;;
      *) rb_http_oddity=" (it is packed as \`$rb_packed\`, which nobody asked for)" ;;
    esac ;;
  esac
}

rb_status_is_good() {
  if [ -n "$rb_http_wanted" ]; then rb_has "$rb_http_status" "$rb_http_wanted"
  else case $rb_http_status in 2??) return 0 ;; esac; return 1; fi
}

# The beginning of what an answer says, on one line, in $rb_got.
rb_beginning() {
  rb_got=$(head -c "$1" "$rb_files.out" | LC_ALL=C tr -d '\000' | LC_ALL=C tr -s '[:space:][:cntrl:]' ' ')
  rb_got=${rb_got# }
  rb_got=${rb_got% }
}
rb_unwanted() {
  rb_beginning 200
  rb_why="the answer was $rb_http_status${rb_got:+: $rb_got}$rb_http_oddity"
}

# rb_send atomic|plain: a request of a task. A failure of an atomic one has left
# nothing behind: so one that may have arrived is no failure.
rb_send() {
  rb_atomic=$1 rb_ran=yes
  if [ -n "$rb_why" ]; then return 0; fi
  if rb_ask_over_http 16777216; then
    rb_status_is_good || rb_unwanted
  else
    rb_why=$rb_no_answer
    case $rb_atomic,$rb_unheard in
      atomic,too_late) rb_other_end=timed_out ;;
      atomic,broken) rb_other_end=in_doubt ;;
    esac
  fi
  [ -z "$rb_why" ] || rb_why="$rb_http_address: $rb_why"
}

# A message was posted, or was not.
rb_post() {
  rb_ran=yes
  if [ -n "$rb_why" ]; then return 0; fi
  if rb_ask_over_http 4096; then rb_status_is_good || rb_unwanted; else rb_why=$rb_no_answer; fi
  [ -z "$rb_why" ] || rb_why="$rb_http_address: $rb_why"
  : >"$rb_files.out"
}

rb_json_text_program='
function swap(text, from, to, out, at) {
  out = ""
  while ((at = index(text, from)) > 0) { out = out substr(text, 1, at - 1) to; text = substr(text, at + length(from)) }
  return out text
}
BEGIN { RS = "\001" }
{ text = text (NR > 1 ? "\001" : "") $0 }
END {
  text = substr(text, 1, length(text) - 1)
  text = swap(text, "\\", "\\\\"); text = swap(text, "\"", "\\\"")
  text = swap(text, "\n", "\\n"); text = swap(text, "\r", "\\r"); text = swap(text, "\t", "\\t")
  for (i = 1; i < 32; i++) text = swap(text, sprintf("%c", i), sprintf("\\u%04x", i))
  printf "\"%s\"", text
}'
rb_json_text() { rb_got=$(rb_print "$1" | LC_ALL=C awk "$rb_json_text_program"); }

# The bodies that messages have.
rb_slack_body() { rb_json_text "$1"; rb_filled="{\"text\":$rb_got}"; }
rb_webhook_body() {
  rb_json_text "$1"; rb_filled="\"text\":$rb_got}"
  rb_json_text "$rb_title_of_run"; rb_filled="\"runbook\":$rb_got,$rb_filled"
  rb_run_value id; rb_json_text "$rb_got"; rb_filled="\"run\":$rb_got,$rb_filled"
  rb_run_value outcome
  if [ -n "$rb_got" ]; then rb_json_text "$rb_got"; else rb_got=null; fi
  rb_filled="{\"outcome\":$rb_got,$rb_filled"
}

# What follows measures.

# rb_query: what was just filled in is what Prometheus is asked.
rb_query() {
  [ -z "$rb_why" ] || return 0
  case $rb_filled in *[![:space:]]*) ;; *) rb_why='the query is empty'; return 0 ;; esac
  rb_form=query=$(rb_write "$rb_filled" | od -An -v -tx1 | LC_ALL=C awk '
    BEGIN { for (i = 33; i < 127; i++) { c = sprintf("%c", i); if (c ~ /[A-Za-z0-9._~-]/) kept[sprintf("%02x", i)] = c } }
    { for (i = 1; i <= NF; i++) printf "%s", $i in kept ? kept[$i] : "%" toupper($i) }')
  rb_got=${rb_http_url%%#*}
  case $rb_got in
    *'?'*) rb_kept=${rb_got#*'?'} rb_got=${rb_got%%'?'*} ;;
    *) rb_kept='' ;;
  esac
  while :; do case $rb_got in */) rb_got=${rb_got%/} ;; *) break ;; esac; done
  rb_got=$rb_got/api/v1/query
  rb_filled='application/json'
  rb_header_is_given accept || rb_header Accept
  rb_http_url="$rb_got?$rb_kept${rb_kept:+&}$rb_form"
  if [ ${#rb_http_url} -gt 2000 ]; then
    rb_http_url=$rb_got${rb_kept:+?$rb_kept} rb_http_method=POST
    rb_filled='application/x-www-form-urlencoded'
    rb_header_is_given content-type || rb_header Content-Type
    rb_filled=$rb_form
    rb_body
  fi
}

# A source that is asked: its answer is in .out.
rb_measure_answer() {
  rb_ran=yes
  if [ -n "$rb_why" ]; then :
  elif ! rb_ask_over_http 1048576; then rb_why=$rb_no_answer
  elif [ -n "$rb_cut" ]; then rb_why='the answer is longer than 1 MiB'
  elif ! rb_status_is_good; then
    rb_beginning 80
    rb_why="the source answered $rb_http_status${rb_got:+: \`$rb_got\`}$rb_http_oddity"
  else
    case $rb_http_type in
      text/html*) rb_why='the source answered with a web page, perhaps to log in on' ;;
    esac
  fi
  if [ -n "$rb_why" ]; then rb_why="$rb_http_address: $rb_why"
  else rb_print "$rb_http_address" >"$rb_files.from"; rb_print "$rb_http_oddity" >>"$rb_files.from"; fi
}
