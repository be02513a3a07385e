# make help lists the targets.

GO          ?= go
PAGE        ?= 127.0.0.1:9080
CONFIG      ?=
FLAGS       ?=
FUZZTIME    ?= 30s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export GOFLAGS := -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help run kwire test tools lint types api api-check gen gen-check import unit coverage race wasm-test 386-test wasm site challenge e2e fuzz bench bench-go bench-live figures bench-check clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: wasm ## build all; Kafka on port 9092 (CONFIG=server.properties for other settings, FLAGS=-live for the live view), the page on http://127.0.0.1:9080
	CGO_ENABLED=0 $(GO) build -tags playground -o bin/kbroker ./kbroker
	exec bin/kbroker -page $(PAGE) $(FLAGS) $(CONFIG)

kwire: wasm ## build bin/kwire, the codec on the command line, with the page for kwire tap
	CGO_ENABLED=0 $(GO) build -tags playground -o bin/kwire ./cmd/kwire

test: tools wasm lint api-check gen-check coverage unit bench-check race wasm-test 386-test challenge e2e ## everything that must hold, as CI runs it
	@echo "make test: all passed"

tools: ## install what the tests need and the machine lacks
	.ci/tools

lint: ## gofmt, vet and staticcheck
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "not formatted: $$files"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags playground ./web ./kbroker
	GOOS=js GOARCH=wasm $(GO) vet ./wasm/...
	$(GO) run $(STATICCHECK) ./...
	cd kbroker/e2e && $(GO) vet ./...
	$(MAKE) --no-print-directory types

types: ## check the types of the page's scripts, which stand in their comments
	@tsc=$$(ls .cache/typescript-*/node_modules/typescript/bin/tsc 2>/dev/null | tail -1); \
	if [ -z "$$tsc" ] || ! command -v node >/dev/null; then \
		echo "TYPES ARE NOT CHECKED: make tools installs TypeScript by npm" >&2; [ -z "$$CI" ]; exit $$?; fi; \
	unchecked=$$(grep -L '^// @ts-check' web/js/*.js web/internal/site/sw.js); [ -z "$$unchecked" ] || { echo "no @ts-check: $$unchecked"; exit 1; }; \
	node "$$tsc" -p web/jsconfig.json

api: ## write kwire/API.txt, the exported API of all public packages
	$(GO) run ./kwire/internal/exported

api-check: ## fail if the exported API is not what kwire/API.txt says
	$(GO) run ./kwire/internal/exported -check

gen: ## write all generated code from the spec files
	$(GO) run ./kwire/internal/gen

gen-check: ## fail if make gen would change anything
	$(GO) test ./kwire/internal/gen -run '^TestGeneratedFilesAreCurrent$$'

import: ## rewrite the spec files: make import RELEASES="A[,B] C", folders of Kafka's JSON definitions or kafka-clients jars
	$(GO) run ./kwire/internal/gen import $(RELEASES)

coverage: ## the codec's tests, and how many statements of its hand-written code they run: 90 % of each package at least
	$(GO) run ./kwire/internal/coverage

unit: wasm ## all other tests of the module but the challenge; the page in a real browser
	$(GO) test $$($(GO) list ./... | grep -v -E '^[^/]*/[^/]*/[^/]*/(kwire(/.*)?|compress|capture(/exchange|/stored)?|kbroker/challenge)$$')

race: ## the race detector on what is concurrent
	CGO_ENABLED=1 $(GO) test -race ./compress ./capture/live ./capture/tap ./kbroker ./kbroker/broker ./kbroker/brokertest ./kbroker/internal/...

wasm-test: ## the codec's and the page engine's tests under GOOS=js
	GOOS=js GOARCH=wasm $(GO) test -short -exec "$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" ./kwire/... ./capture ./capture/exchange ./capture/stored ./wasm/...

386-test: ## the codec's and the page engine's tests where int has 32 bits
	@[ "$$($(GO) env GOHOSTARCH)" = amd64 ] || { echo "skipped: this machine runs no 386 programs"; exit 0; }; \
	set -x; GOARCH=386 CGO_ENABLED=0 $(GO) test -short ./kwire/... ./compress ./capture/... ./wasm/view

site: wasm ## write the page as a folder for any static host, and as one file, site/kwire.html
	$(GO) run ./web/internal/site

wasm: ## build the page's engine into web/dist
	$(GO) run ./web/internal/build

challenge: ## the CodeCrafters challenge, all stages and what lies beyond
	CGO_ENABLED=0 $(GO) build -o bin/your_program ./kbroker # so that no stage has to wait for a cold build
	$(GO) test -count=1 ./kbroker/challenge

e2e: ## real clients, and Apache Kafka itself on the same directory
	cd kbroker/e2e && $(GO) test -count=1

fuzz: ## every fuzz target for FUZZTIME, and a table of the inputs that each has seen
	$(GO) run ./fuzz/run -time $(FUZZTIME)

bench: ## kwire against other Go codecs: a table, kwire/bench/RESULTS.md and a picture (about 3 minutes; quiet machine)
	cd kwire/bench && $(GO) run . -results RESULTS.md -svg bench.svg

bench-go: ## the benchmarks of Go's testing package, the broker's log among them
	$(GO) test -run '^$$' -bench . ./kwire ./kwire/records ./kbroker/internal/partition

bench-live: ## what kbroker -live and kwire tap cost, watched and not, as ratios (about a minute)
	$(GO) test ./capture/tap -run '^$$' -bench Overhead -benchtime 40x

figures: wasm ## how long the page takes in Chromium, beside baselines (quiet machine, half a minute)
	$(GO) test -tags figures -run '^TestFigures$$' -v ./web

bench-check: ## every contender of make bench does the same work
	cd kwire/bench && $(GO) vet ./... && $(GO) test -count=1

clean: ## remove what was built
	rm -rf bin site web/dist .cache
