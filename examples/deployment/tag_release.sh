#!/bin/sh
# Makes a tag here and at the origin, takes it away again, or tells whether its
# name is free. It stands for `git tag` and `git push`.
. "$(dirname -- "$0")/production.sh"
usage='--tag TAG --create|--delete|--unused'
tag='' create='' delete='' unused=''
options tag 'create delete unused' "$@"
a_label "$tag"
enter_production

has() {
  grep -qxF -e "$tag" "$1"
}

with() {
  cat "$1"
  has "$1" || echo "$tag"
}

without() {
  # One is the status for "no line is left".
  grep -vxF -e "$tag" "$1" || [ $? -eq 1 ]
}

case $create,$delete,$unused in
  yes,,)
    ! has tags/origin || die "$tag exists already"
    begin
    put tags/local with tags/local
    halfway
    put tags/origin with tags/origin
    finish
    ;;
  ,yes,)
    begin
    put tags/origin without tags/origin
    halfway
    put tags/local without tags/local
    finish
    ;;
  ,,yes)
    look
    ! has tags/local || die "$tag exists already"
    ! has tags/origin || die "$tag exists already at the origin"
    ;;
  *) misused ;;
esac
