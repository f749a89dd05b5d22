# Every command of the project; `make` alone lists them. What a command needs beyond Go and Git it builds into bin/,
# from the versions pinned in tools/go.mod.

SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS     += --no-builtin-rules

GO          ?= go
ARGS        ?=
TESTFLAGS   ?= -timeout=10m
LINTFLAGS   ?=

# What shares memory between goroutines. The rest would only be slowed down, tenfold.
RACE_PACKAGES := ./generators/render ./leases/... ./reconciler/... ./repo-layout ./resolver/... ./schema

# The API server links 1,500 packages: asking Go whether it is up to date takes seconds, asking for file dates nothing.
# Folders are among the prerequisites, so that a file taken away counts too.
LOCALCLUSTER_SOURCES := $(shell find localcluster ! -name '*_test.go')

##@ Use

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^##@ /   { print "\n" substr($$0, 5) } \
	                  /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: build ## run everything on this machine, on the sample repository (ARGS="--repo DIR" for another)
	./bin/drover up $(ARGS)

.PHONY: build
build: bin/drover bin/localcluster ## build both programs into bin/

##@ Change

.PHONY: test
test: test-drover test-modules ## run all tests (TESTFLAGS="-run X" for some)

# These wait for clusters most of the time, so two of them run at once.
.PHONY: test-modules
test-modules: build
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-localcluster test-boskos test-promql test-prow

.PHONY: test-drover
test-drover: build browser
	DROVER_LOCALCLUSTER='$(CURDIR)/bin/localcluster' $(GO) test $(TESTFLAGS) ./...

# Its vet is left to the linters: `go test` would first go through the 1,500 packages below.
.PHONY: test-localcluster
test-localcluster: | toolchain
	$(GO) test -C localcluster -vet=off $(TESTFLAGS) ./...

# A module of its own, because Prometheus's parser brings a lot.
.PHONY: test-promql
test-promql: | toolchain
	$(GO) test -C deploy/promql $(TESTFLAGS) ./...

# Boskos's own client, command line, reaper and Mason against our lease server, and its handlers as the judge of our answers. A
# module of its own, because Boskos brings a lot; its vet would go through all of that.
.PHONY: test-boskos
test-boskos: build
	DROVER_LOCALCLUSTER='$(CURDIR)/bin/localcluster' DROVER_BIN='$(CURDIR)/bin/drover' $(GO) test -C integration/boskos -vet=off $(TESTFLAGS) ./...

# Prow's own loader, over the jobs that Drover generates. Its vet would go through 1,200 packages of Prow's.
.PHONY: test-prow
test-prow: | toolchain
	$(GO) test -C integration/prow -vet=off $(TESTFLAGS) ./...

SOAK ?= 10m
.PHONY: soak
soak: ## the long form of tests: random histories of leases, broken commits, and commits with edits and kills, each for SOAK=10m; all kills, 1,000 edits of the corpus, CUE and Prow over all of it
	DROVER_SOAK=$(SOAK) $(GO) test -run TestModel -timeout=0 -v ./leases
	DROVER_SOAK=$(SOAK) $(GO) test -count=1 -run TestKilledAtForty -timeout=2h ./reconciler/apply
	DROVER_SOAK=$(SOAK) $(GO) test -count=1 -run 'AsNewAsCanBe|CheckingAgain' -timeout=2h -v ./schema/rules
	DROVER_SOAK=$(SOAK) $(GO) test -count=1 -run TheClusterEndsEqualToGit -timeout=2h -v ./integration
	DROVER_SOAK=$(SOAK) $(GO) test -count=1 -run TheTablesSay -timeout=2h -v ./schema
	DROVER_SOAK=$(SOAK) $(GO) test -count=1 -run RandomEdits -timeout=2h -v ./generators/render
	DROVER_SOAK=$(SOAK) $(GO) test -C integration/prow -vet=off -count=1 -timeout=2h ./...

.PHONY: race
race: bin/localcluster ## run the tests of the concurrent packages under the race detector
	DROVER_LOCALCLUSTER='$(CURDIR)/bin/localcluster' $(GO) test -race $(TESTFLAGS) $(RACE_PACKAGES)

.PHONY: check
check: vet lint bin/cue ## vet, lint, regenerate; fails if that leaves the Git tree dirty
	$(regenerate)
	@changes=$$(git status --porcelain); [[ -z $$changes ]] || { git --no-pager diff --stat; \
	  printf 'make check: passed so far, but these files are not committed:\n%s\n' "$$changes" >&2; exit 1; }

.PHONY: vet
vet: | toolchain
	$(GO) vet ./...

# Staticcheck goes through all that a package is built on. Below localcluster that is 1,500 packages of Kubernetes, and
# takes 2 minutes and 6 GB each time; Boskos is built on 500.
.PHONY: lint
lint: bin/golangci-lint ## run the linters of .golangci.yml over all modules (LINTFLAGS=--fix mends what it can)
	bin/golangci-lint run $(LINTFLAGS) ./...
	cd localcluster && ../bin/golangci-lint run --disable=staticcheck $(LINTFLAGS) ./...
	cd deploy/promql && ../../bin/golangci-lint run $(LINTFLAGS) ./...
	cd integration/boskos && ../../bin/golangci-lint run --disable=staticcheck $(LINTFLAGS) ./...

.PHONY: fmt
fmt: bin/golangci-lint bin/cue ## put all Go and CUE files in their form
	bin/golangci-lint fmt ./...
	cd localcluster && ../bin/golangci-lint fmt ./...
	bin/cue fmt ./schema

.PHONY: generate
generate: bin/cue ## make the Go types from the CUE schema, and what go:generate lines make
	$(regenerate)

.PHONY: bench
bench: build ## measure, and print the table of figures
	$(GO) run ./internal/bench $(ARGS)

BEFORE ?= before.bench
AFTER  ?= after.bench
.PHONY: bench-check
bench-check: bin/benchstat ## compare two runs: make bench ARGS="--record before.bench", and after.bench later
	bin/benchstat $(BEFORE) $(AFTER)

.PHONY: clean
clean: ## take away everything that was built
	rm -rf bin

define regenerate
bin/cue fmt ./schema
bin/cue exp gengotypes ./schema
$(GO) generate ./...
endef

# Go knows better than file dates what this program is made of: embedded files, for one.
.PHONY: bin/drover
bin/drover: | toolchain
	@$(GO) build -o $@ ./cmd/drover

bin/localcluster: $(LOCALCLUSTER_SOURCES) | toolchain
	@echo 'building $@, a Kubernetes API server: minutes the first time, seconds after'
	@$(GO) build -C localcluster -buildvcs=false -ldflags='-s -w' -o ../$@ .
	@touch $@

bin/cue: TOOL := cuelang.org/go/cmd/cue
bin/golangci-lint: TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/benchstat: TOOL := golang.org/x/perf/cmd/benchstat

bin/cue bin/golangci-lint bin/benchstat: tools/go.mod tools/go.sum | toolchain
	@echo 'building $@: minutes the first time, seconds after'
	@$(GO) build -C tools -o ../$@ $(TOOL)
	@touch $@

# The pages are tested in a real browser. On Debian root installs it; others are told.
has_browser = { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null
.PHONY: browser
browser:
	@$(has_browser) || { [[ $$(id -u) == 0 ]] && command -v apt-get >/dev/null && \
	  echo 'installing Chromium, in which the pages are tested' && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  echo 'no Chromium: the tests of the pages are skipped; install it (Debian: apt-get install chromium)' >&2

# One line for whoever lacks what all else starts from. Git 2.28 is the first whose `git init` takes a branch; Go itself
# says which it is and which go.mod asks for.
has_git = git version 2>/dev/null | awk '{ split($$3, v, "."); if (v[1] > 2 || v[1] == 2 && v[2] >= 28) print "yes" }'
.PHONY: toolchain
toolchain:
	@$(if $(shell $(has_git)),,$(error Drover needs Git 2.28 or newer: https://git-scm.com))
	@$(if $(shell command -v $(GO)),,$(error Drover needs Go, and there is none: https://go.dev/dl))
	@$(if $(shell $(GO) list -m 2>/dev/null),,$(error $(shell $(GO) list -m 2>&1): https://go.dev/dl))
