# make help lists the targets.

GO        ?= go
CACHE     := $(CURDIR)/.cache
PORT      ?= 9092
PAGE      ?= 127.0.0.1:9080
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

export GOFLAGS := -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help run test lint gen import unit race wasm-test wasm page challenge e2e interop fuzz bench tools clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: wasm ## build the page and the broker, start both: Kafka on port 9092, the page on http://127.0.0.1:9080
	$(GO) build -tags playground -o bin/kbroker ./kbroker
	exec bin/kbroker -page $(PAGE)

test: tools lint gen-check unit race wasm-test page challenge e2e ## everything that must hold, as CI runs it
	@echo "make test: all passed"

lint: ## gofmt, vet and staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

gen: ## write all generated code from the spec files
	$(GO) run ./kwire/internal/gen

gen-check: ## fail if make gen would change anything
	$(GO) run ./kwire/internal/gen
	@git diff --exit-code -- kwire || { echo "make gen changed files: commit them"; exit 1; }

import: ## rewrite the spec files: make import RELEASES="DIR[,DIR…] DIR…", folders of Kafka's JSON or kafka-clients jars
	$(GO) run ./kwire/internal/gen import $(RELEASES)

unit: ## all tests of the main module but the challenge
	$(GO) test $$($(GO) list ./... | grep -v /kbroker/challenge)

race: ## the race detector on what is concurrent
	CGO_ENABLED=1 $(GO) test -race ./compress/... ./kbroker/internal/... ./kbroker/broker/...

wasm-test: ## the codec's and the page engine's tests under GOOS=js
	GOOS=js GOARCH=wasm $(GO) test -exec "$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" ./kwire/... ./capture/... ./wasm/view/...

wasm: ## build the page's engine into web/dist
	$(GO) run ./web/internal/build
