#!/bin/sh
# Changes the world once, and says so before and after.
set -eu
echo "begin $1" >> effects
sleep 0.02
: > "world/$1"
echo "end $1" >> effects
echo "token ${1}word"
