#!/bin/sh
# Succeeds if a release changes few lines. It stands for `git diff --shortstat`.
. "$(dirname -- "$0")/production.sh"
usage='--below NUMBER'
below=''
options below '' "$@"
case $below in
  '' | *[!0-9]*) misused ;;
esac
enter_production

look
changed=$(cat ci/changed_lines)
[ "$changed" -lt "$below" ] || die "$changed lines are changed"
