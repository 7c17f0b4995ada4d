#!/bin/sh
# Builds a tag, or tells whether it is built.
. "$(dirname -- "$0")/production.sh"
usage='--tag TAG [--built]'
tag='' built=''
options tag built "$@"
a_label "$tag"
enter_production

if [ -n "$built" ]; then
  look
  [ -e "builds/$tag" ]
  exit
fi

begin
echo "shop ${tag#v}" >"builds/$tag.part"
halfway
mv -f "builds/$tag.part" "builds/$tag"
finish
echo "built $tag"
