# Texts with holes, in the process of the task: rb_fill begins one, and what
# follows adds to $rb_filled. In one for people, what is not known is said.

# rb_fill plain|words
rb_fill() {
  rb_filled='' rb_in_words=''
  [ "$1" != words ] || rb_in_words=yes
}
rb_fill_text() { rb_filled=$rb_filled$1; }

# rb_fill_value VALUE 'NODE' HOW [DEFAULT]
rb_fill_value() {
  eval "rb_got=\${$1+yes}"
  if [ -n "$rb_got" ]; then eval "rb_filled=\$rb_filled\$$1"
  elif [ $# -gt 3 ]; then rb_filled=$rb_filled$4
  elif [ -n "$rb_in_words" ]; then rb_filled="$rb_filled(it is not known: \`${1##*__}\` was not $3 by \`$2\`)"
  elif [ -z "$rb_why" ]; then rb_why="is not known: \`${1##*__}\` was not $3 by \`$2\`"; fi
}

# rb_run_value WHICH: what only the run itself knows, in $rb_got.
rb_run_value() {
  case $1 in
    id) rb_got=${rb_dir##*/} ;;
    reason) rb_got=$rb_headline ;;
    elapsed) rb_elapsed "$rb_now" ;;
    outcome) case $rb_mode in ending | closing | closed) rb_got=$rb_outcome ;; *) rb_got='' ;; esac ;;
    starter) rb_got=$(rb_print "$rb_starter" | tr '\037' ' ') ;;
  esac
}
rb_fill_run_value() { rb_run_value "$1"; rb_filled=$rb_filled$rb_got; }

# rb_delivered CHANNEL: a message was sent, or was not.
rb_delivered() {
  rb_must_have_run
  case $rb_why in 'ended with status'*) rb_why="its command $rb_why" ;; esac
  [ -z "$rb_why" ] || rb_undelivered="${rb_undelivered-}${rb_undelivered:+; }channel \`$1\`: $rb_why"
  rb_why=''
}
rb_all_delivered() { rb_ran=yes rb_why=$rb_undelivered; }
