# What is at one place of a document: `string`, `number`, `word` and what it is,
# or `none`, or `bad` and why.
rb_json_program=$rb_json_reader'
function complain(why) { print "bad " why }
function leaf(place, kind, what) { if (place == wanted) { kind_found = kind; found = what } }
# Of two values of one name the last counts.
function named(place, key) {
  if (place "\n." key == wanted || index(wanted, place "\n." key "\n") == 1) { kind_found = ""; found = "" }
}
BEGIN { wanted = ENVIRON["rb_wanted_place"] }
END {
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
