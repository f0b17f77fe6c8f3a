# The front door. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

SWIFT ?= swift
# Every build carries PostgreSQL beside SQLite; a plain `swift build` makes a server without it, and without libpq.
TRAITS := --traits PostgreSQL
FORMATTED := Package.swift Sources Tests
VENV := .venv

ARGS ?=
KILLS ?= 50
STREAM_KILLS ?= 200
SEED ?=
ROUNDS ?= 5
DURATION ?= 5
SCALE ?=
JSON ?=

##@ Run

.PHONY: serve
serve: build ## Build and serve in the foreground on ./data. ARGS="--port 9000" adds options
	exec .build/debug/buckle serve --data-dir ./data $(ARGS)

##@ Build

# A new file of the pages has to be listed before the compiler finds it.
.PHONY: assets
assets:
	scripts/assets

.PHONY: build
build: dependencies-build assets ## Build .build/debug/buckle
	$(if $(BUILT),,$(SWIFT) build $(TRAITS) --product buckle)

.PHONY: release
release: dependencies-build assets ## Build .build/release/buckle
	$(SWIFT) build -c release $(TRAITS) --static-swift-stdlib --product buckle

.PHONY: docs
docs: dependencies-build assets ## Write the generated descriptions and pages of docs/
	scripts/descriptions
	$(SWIFT) build $(TRAITS) --product buckle
	scripts/reference

.PHONY: clean
clean: ## Remove what was built; ./data stays
	rm -rf .build $(VENV)

##@ Test

.PHONY: test
test: dependencies-test build-tests $(VENV)/installed ## Run every test, on SQLite and on a throw-away PostgreSQL
	scripts/postgres with $(MAKE) --no-print-directory BUILT=1 test-swift test-sdk browser test-crash

.PHONY: check
check: dependencies-test check-assets check-imports check-sizes check-format test check-docs check-plain ## What CI runs: test and every check below

.PHONY: test-swift
test-swift: build-tests ## Run the Swift tests; those on PostgreSQL need BUCKLE_TEST_DATABASE
	$(SWIFT) test --skip-build --disable-xctest $(TRAITS) --skip ModelClientTests
	# By themselves, since they measure times, and the others take all cores.
	$(SWIFT) test --skip-build --disable-xctest $(TRAITS) --filter ModelClientTests

.PHONY: test-sdk
test-sdk: build $(VENV)/installed ## Run the official SDK against the server; with BUCKLE_TEST_DATABASE on that too
	env -u BUCKLE_TEST_DATABASE $(VENV)/bin/python -m pytest -q conformance
	if [ -n "$${BUCKLE_TEST_DATABASE:-}" ]; then $(VENV)/bin/python -m pytest -q conformance; fi

.PHONY: browser
browser: build $(VENV)/installed ## Go through the server's pages with a real browser
	env -u BUCKLE_TEST_DATABASE $(VENV)/bin/python -m pytest -q browser

.PHONY: test-crash
test-crash: build ## Run the short crash test; with BUCKLE_TEST_DATABASE on that too
	scripts/crash.py --self-test
	scripts/crash.py --kills 4
	scripts/crash_streams.py --self-test
	scripts/crash_streams.py --kills 3
	if [ -n "$${BUCKLE_TEST_DATABASE:-}" ]; then scripts/crash.py --kills 4 --database "$$BUCKLE_TEST_DATABASE"; fi
	if [ -n "$${BUCKLE_TEST_DATABASE:-}" ]; then \
	    scripts/crash_streams.py --kills 3 --database "$$BUCKLE_TEST_DATABASE"; fi

.PHONY: crash
crash: dependencies-test build $(VENV)/installed ## Kill the server KILLS=50 times under load and STREAM_KILLS=200 times while it streams, on each database; SEED=N repeats
	scripts/crash.py --kills $(KILLS) $(if $(SEED),--seed $(SEED))
	scripts/postgres with bash -c 'scripts/crash.py --kills $(KILLS) $(if $(SEED),--seed $(SEED)) \
	    --database "$$BUCKLE_TEST_DATABASE"'
	scripts/crash_streams.py --kills $(STREAM_KILLS) $(if $(SEED),--seed $(SEED))
	scripts/postgres with bash -c 'scripts/crash_streams.py --kills $(STREAM_KILLS) $(if $(SEED),--seed $(SEED)) \
	    --database "$$BUCKLE_TEST_DATABASE"'

.PHONY: bench
bench: dependencies-bench release ## Measure beside nginx; SCALE=1 adds a million conversations, JSON=FILE saves
	bench/bench.py --rounds $(ROUNDS) --duration $(DURATION) $(if $(filter 1,$(SCALE)),--scale) \
	    $(if $(JSON),--json $(JSON))
	bench/streams.py --rounds 3 $(if $(JSON),--json $(JSON:.json=-streams.json))

##@ Form

.PHONY: format
format: ## Format the Swift files in place
	$(SWIFT) format --in-place --recursive --parallel $(FORMATTED)

.PHONY: check-format
check-format: ## Check the format of the Swift files
	$(SWIFT) format lint --strict --recursive --parallel $(FORMATTED)

.PHONY: check-imports
check-imports: ## Check that the layers hold
	scripts/check-imports

.PHONY: check-sizes
check-sizes: ## Check that no file is too long
	scripts/check-sizes

# Before anything is built, since a build lists them.
.PHONY: check-assets
check-assets: ## Check that all files of the pages are listed
	scripts/assets --check

.PHONY: check-docs
check-docs: build ## Check that what `make docs` writes is up to date
	scripts/descriptions --check
	scripts/reference --check

##@ Help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":[^#]*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Last of the checks, since it leaves a server without PostgreSQL in .build until the next build.
.PHONY: check-plain
check-plain: ## Check that a plain `swift build`, without PostgreSQL, works too
	$(SWIFT) build --product buckle
	! ldd .build/debug/buckle | grep libpq

# Installs what the machine lacks.
.PHONY: dependencies-build dependencies-test dependencies-bench
dependencies-build dependencies-test dependencies-bench: dependencies-%:
	@scripts/dependencies $*

# One build makes the server and the tests; `make test` says with BUILT that it has been done.
.PHONY: build-tests
build-tests: dependencies-build assets
	$(if $(BUILT),,$(SWIFT) build --build-tests $(TRAITS))

$(VENV)/installed: conformance/requirements.txt browser/requirements.txt | dependencies-test
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$^)
	touch $@
