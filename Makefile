# make run needs git, make, a C compiler and Rust. make test installs the other tools that the tests need, with apt, npm and pip.

CARGO ?= cargo
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Installs a Debian package if its command is missing: $(call need,command,package)
need = command -v $(1) >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q $(2); }

# Installs Chromium and its driver for the browser tests.
chromium = { $(call need,chromium,chromium); } && { $(call need,chromedriver,chromium-driver); }
# Installs PostgreSQL. Tests start a server of their own from it; they do not use the one that Debian starts.
postgres = ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q postgresql; }
SCHEMATHESIS := crates/cli/tests/schemathesis/.venv
AXE := crates/cli/tests/browser/node_modules/axe-core/axe.min.js

.PHONY: run test check soak bench bench-live bench-postgres bench-api2 bench-search bench-million bench-stream screenshots help

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## Build Kith and serve the demo company on kith.db
	$(CARGO) run --release --package kith -- serve --demo

test: $(AXE) $(SCHEMATHESIS) ## Run every test
	@$(call need,curl,curl)
	@$(chromium)
	@$(postgres)
	$(CARGO) test --workspace

$(AXE): crates/cli/tests/browser/package-lock.json
	@$(call need,npm,npm)
	cd crates/cli/tests/browser && npm ci --no-audit --no-fund
	@touch $@

# Schemathesis checks the APIs against their OpenAPI description.
$(SCHEMATHESIS): crates/cli/tests/schemathesis/requirements.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q python3-venv; }
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --requirement $<
	@touch $@

check: ## Check formatting, lints and the structure of the code
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	$(CARGO) test --quiet --package kith --test tidy

soak: ## Kill a busy server 50 times and its database and connections 100 times, and check that nothing is lost
	@$(postgres)
	KITH_KILLS=50 KITH_FAULTS=100 $(CARGO) test --release --package kith --test it -- --nocapture kills faults

bench: ## Measure API 1 on a file, and write bench/RESULTS.md
	@$(call need,wrk,wrk)
	$(CARGO) build --release --package kith --package bench
	target/release/bench run

bench-live: ## Measure how soon an open page shows a change, and write bench/LIVE.md
	@$(chromium)
	$(CARGO) build --release --package kith --package bench
	target/release/bench live

bench-postgres: ## Measure Kith on PostgreSQL, and write bench/POSTGRES.md
	@$(call need,wrk,wrk)
	@$(postgres)
	$(CARGO) build --release --package kith --package bench
	target/release/bench postgres

bench-api2: ## Measure API 2 with a million contacts, and write bench/API2.md
	@$(call need,wrk,wrk)
	$(CARGO) build --release --package kith --package bench
	target/release/bench api2

bench-million: ## Import, export and search a million contacts, and write bench/MILLION.md and docs/growth.svg
	@$(call need,sqlite3,sqlite3)
	@$(postgres)
	@test -x target/bench-python/bin/python || python3 -m venv target/bench-python
	@target/bench-python/bin/python -c 'import duckdb, pandas, scipy' 2>/dev/null || target/bench-python/bin/pip install --quiet duckdb pandas scipy
	$(CARGO) build --release --package kith --package bench
	target/release/bench million

bench-stream: ## Import a file of 10 GB, and write bench/STREAM.md
	$(CARGO) build --release --package kith --package bench
	target/release/bench stream

bench-search: ## Measure searches in a million contacts, and write bench/SEARCH.md
	$(CARGO) build --release --package kith --package bench
	target/release/bench search

screenshots: ## Take the screenshots in docs/screenshots
	@$(chromium)
	$(CARGO) build --package kith --package browser
	target/debug/screenshots docs/screenshots
