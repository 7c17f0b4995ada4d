# Tells what happened in a run to somebody who was not there.

# rb_postmortem PATH: a new file; what is there already stays, and the new one
# is numbered.
rb_postmortem() {
  rb_ran=yes
  [ -z "$rb_why" ] || return 0
  case $1 in /*) rb_place=$1 ;; *) rb_place=$rb_home/$1 ;; esac
  mkdir -p "${rb_place%/*}" 2>/dev/null
  rb_number=1 rb_file=$rb_place
  while [ -e "$rb_file" ] && [ "$rb_number" -lt 100 ]; do
    rb_number=$((rb_number + 1))
    case ${rb_place##*/} in
      *.*) rb_file=${rb_place%.*}-$rb_number.${rb_place##*.} ;;
      *) rb_file=$rb_place-$rb_number. ;;
    esac
  done
  rb_tell_story >"$rb_file" 2>/dev/null || rb_why="cannot write \`$rb_file\`"
}

rb_tell_item() { rb_print "- $1: $2"; }

rb_tell_story() {
  rb_print "# $rb_title_of_run: $rb_outcome"
  rb_print ''
  rb_print "Run ${rb_dir##*/}, started by $rb_starter."
  [ -z "$rb_headline" ] || rb_print "It went wrong because $rb_headline."
  rb_print ''
  rb_each_round_aside rb_tell_item tolerated
  rb_names "$rb_undone"
  [ -z "$rb_got" ] || rb_print "- undone: $rb_got"
  rb_names "$rb_undo_failed"
  [ -z "$rb_got" ] || rb_print "- undo failed: $rb_got"
  rb_names "$rb_unturned"
  [ -z "$rb_got" ] || rb_print "- left as it is: $rb_got"
  rb_names "$rb_kept"
  [ -z "$rb_got" ] || rb_print "- kept: $rb_got"
  rb_print ''
  rb_print '## What happened, by the seconds of the run'
  rb_print ''
  while read -r rb_at rb_words; do
    case $rb_words in run*) continue ;; esac
    rb_print "- $((rb_at / 100)): ${rb_words% .}"
  done <"$rb_dir/journal"
}
