#!/bin/sh
# Builds the broker if need be and runs it: your_program.sh [server.properties]
#
# Works from any directory. The build is pure Go, and with Go's cache warm it takes a fraction of a second. The broker
# takes this shell's place, so signals and the exit status are its own.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
(cd "$root" && CGO_ENABLED=0 go build -buildvcs=false -o bin/your_program ./kbroker)
exec "$root/bin/your_program" "$@"
