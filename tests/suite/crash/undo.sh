#!/bin/sh
# Takes a change of the world back, whether it is there or not.
set -eu
echo "begin undo-$1" >> effects
sleep 0.02
rm -f "world/$1"
echo "end undo-$1" >> effects
