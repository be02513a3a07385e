#!/bin/sh
# CodeCrafters runs this after compile.sh, with the program's arguments.
set -eu

exec /tmp/codecrafters-build-kafka-go "$@"
