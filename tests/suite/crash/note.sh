#!/bin/sh
echo "note $1" >> effects
