# Commands on other machines, by ssh. The other machine's shell reads one line: a
# program with the values as quoted assignments and the command as it is
# written. It ends with its standard input, so that no command goes on there
# after it was ended here.

# rb_on FUNCTION HOST once|again: what follows runs there. FUNCTION reaches it.
rb_on() { rb_there=$1 rb_host=$2 rb_how_often=$3 rb_there_dir=''; }

# rb_ssh_program SHELL BODY: the line it is sent, on standard output.
rb_ssh_program() {
  rb_patience=$((rb_grace / 200))
  [ "$rb_patience" -gt 0 ] || rb_patience=1
  rb_quote "$2"
  rb_text="patience=$rb_patience${rb_newline}shell='$1'${rb_newline}script=$rb_got${rb_newline}set_up() {$rb_newline"
  if [ -n "$rb_there_dir" ]; then
    rb_quote "$rb_there_dir"
    case $rb_there_dir in /*) ;; *) rb_got=./$rb_got ;; esac
    rb_text="${rb_text}cd $rb_got || return$rb_newline"
  fi
  for rb_word in $rb_variables; do
    rb_get "rbx_$rb_word"; rb_quote "$rb_got"
    rb_text="${rb_text}export $rb_word=$rb_got$rb_newline"
  done
  rb_text="$rb_text:$rb_newline}$rb_newline$rb_ssh_watch"
  rb_write "$rb_text" | od -An -v -to1 | LC_ALL=C awk '
    BEGIN { for (i = 32; i < 127; i++) plain[sprintf("%03o", i)] = sprintf("%c", i); plain["134"] = "\\\\" }
    { for (i = 1; i <= NF; i++) printf "%s", $i in plain ? plain[$i] : "\\0" $i }
    END { print "" }'
}

# rb_ssh HOST OPTION...: what is said first of several counts for ssh.
rb_ssh() {
  rb_name=$1
  shift
  rb_name=${rb_name#'['}; rb_name=${rb_name%']'}
  rb_led ssh -o ControlMaster=no -T -E "$rb_files.log" \
    -o BatchMode=yes -o ControlPath=none "$@" -- "$rb_name" "$rb_ssh_command"
}

# The line is sent, and the connection held until ssh ends or is to end.
rb_ssh_run() {
  { rb_print "$rb_line"; rb_hold; } | {
    "$rb_there"
    rb_print $? >"$rb_files.ssh"
    rb_let_go "$rb_files"
  }
}

rb_hold() {
  rb_looks=0
  until [ -e "$rb_files.free" ]; do
    rb_looks=$((rb_looks + 1))
    if [ "$rb_looks" -lt 20 ]; then rb_sleep_a_little 0.02; else rb_sleep_a_little 0.2; fi
  done
}

# rb_let_go FILES: what runs there is to end.
rb_let_go() { (: >"$1.free") 2>/dev/null || :; }

# rb_over_there SHELL BODY
rb_over_there() {
  rb_line=$(rb_ssh_program "$1" "$2")
  rm -f "$rb_files.free"
  : >"$rb_files.there"
  rb_masked rb_ssh_run
  rm -f "$rb_files.free" "$rb_files.there"
  read -r rb_status <"$rb_files.ssh" || rb_status=255
  rb_linger
  rb_end_of_masked
  if [ "$rb_status" = 255 ]; then rb_ssh_broke
  else rb_has "$rb_status" "$rb_exits" || rb_why="ended with status $rb_status"; fi
}

# It was ssh that failed, not the command.
rb_ssh_broke() {
  rb_status=''
  rb_got=$(tr -d '\r' <"$rb_files.log" 2>/dev/null | grep -v '^ *$' | tail -n 1)
  rb_said=$(tr '[:upper:]' '[:lower:]' <"$rb_files.log" 2>/dev/null)
  case $rb_said in
    *'host identification has changed'*) rb_why='shows another key than the one that is known of it' ;;
    *'host key verification failed'*) rb_why='is not known here by its key' ;;
    *'permission denied'*) rb_why='refuses the login' ;;
    *'could not resolve'*) rb_why='is not known by this name' ;;
    *'connect to host'*) rb_why='cannot be reached' ;;
    *'banner exchange'* | *kex_exchange_identification*) rb_why='does not answer as ssh does' ;;
    *)
      rb_why="the connection to host \`$rb_host\` broke off: ${rb_got:-ssh does not say why}"
      # It may have begun, and nobody knows how far it came.
      [ "$rb_how_often" != once ] || rb_other_end=in_doubt
      return 0 ;;
  esac
  rb_why="host \`$rb_host\` $rb_why: $rb_got"
}
