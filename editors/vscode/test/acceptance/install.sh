#!/bin/sh
# A real VS Code in a browser, for `run.mjs`: code-server and what drives it, from
# the npm registry and Debian alone, in a folder. About four minutes and 700 MB.
set -eu
folder=${1:?the folder to install it into}
mkdir -p "$folder"
cd "$folder"

root=''
[ "$(id -u)" = 0 ] || root=sudo
DEBIAN_FRONTEND=noninteractive $root apt-get install -qq -y --no-install-recommends \
  libkrb5-dev libsecret-1-dev libxkbfile-dev chromium ripgrep python3 make g++ >/dev/null

# Its own scripts would download; what has to be compiled is compiled below. One
# of those scripts asks whether `npx` may fetch a tool.
export npm_config_yes=true npm_config_audit=false npm_config_fund=false
quietly='--ignore-scripts --omit=dev --legacy-peer-deps --loglevel=error'
[ -f package.json ] || npm init -y >/dev/null
# shellcheck disable=SC2086 # several words on purpose
npm install $quietly code-server@4.100.3 playwright-core@1.65.1
npm rebuild argon2
cd node_modules/code-server/lib/vscode
# shellcheck disable=SC2086
npm install $quietly
npm rebuild node-pty @vscode/spdlog @parcel/watcher native-watchdog kerberos @vscode/deviceid @vscode/policy-watcher
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
cd extensions
# shellcheck disable=SC2086
npm install $quietly
