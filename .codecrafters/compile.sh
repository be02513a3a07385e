#!/bin/sh
# CodeCrafters runs this once, in the repository's directory, before run.sh.
set -eu

CGO_ENABLED=0 go build -buildvcs=false -o /tmp/codecrafters-build-kafka-go ./kbroker
