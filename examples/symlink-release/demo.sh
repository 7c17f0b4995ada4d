#!/bin/sh
# Releases from an archive; with --fail archive that holds another version than
# its name says.
. "$(dirname -- "$0")/../shared/stage.sh"
fails_by archive

app=$place/shop
mkdir -p "$app/releases" "$app/shared/uploads"
echo 'a logo' >"$app/shared/uploads/logo.txt"
for version in 1.8.0 1.9.0 2.0.0; do
  mkdir "$app/releases/$version"
  echo "shop $version" >"$app/releases/$version/index.html"
  ln -s ../../shared/uploads "$app/releases/$version/"
done
# The older the release, the older its folder.
touch -d '2 days ago' "$app/releases/1.8.0"
touch -d '1 day ago' "$app/releases/1.9.0"
ln -s releases/2.0.0 "$app/current"

mkdir "$place/built"
content=2.1.0
[ -z "$fail" ] || content=2.0.9
echo "shop $content" >"$place/built/index.html"
tar -c -f "$place/shop-2.1.0.tar" -C "$place/built" .

site=$(ports 1)
server web python3 -m http.server --bind 127.0.0.1 --directory "$app/current" "$site"
wait_for 'the site' answers "http://127.0.0.1:$site/"

picture() {
  echo "current is $(readlink "$app/current"), users get $(answers "http://127.0.0.1:$site/")"
  (cd "$app" && find . -name 'current*' -o -path './releases/*' -prune -print | LC_ALL=C sort)
}

carry_out release.runbook \
  --set version=2.1.0 --set "archive=$place/shop-2.1.0.tar" \
  --set "app=$app" --set "site=http://127.0.0.1:$site" --set keep=3 "$@"
