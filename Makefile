# make run needs git, make, a C compiler and Rust. make test installs the other tools that the tests need, with apt, npm and pip.

CARGO ?= cargo
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Installs a Debian package, after saying which one, why and how: $(call install,package,what for)
install = echo "Installing the Debian package $(1), $(2):" && echo "  $(strip $(SUDO) apt-get install $(1))" \
	&& $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q $(1)
# Installs a Debian package if its command is missing: $(call need,command,package,what for)
need = command -v $(1) >/dev/null || { $(call install,$(2),$(3)); }

# Installs Chromium and its driver for the browser tests.
chromium = { $(call need,chromium,chromium,the browser that opens the pages); } && { $(call need,chromedriver,chromium-driver,which drives the browser); }
# Installs PostgreSQL. Tests start a server of their own from it; they do not use the one that Debian starts.
postgres = ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { $(call install,postgresql,of which tests and benchmarks start a server of their own); }
SCHEMATHESIS := crates/cli/tests/schemathesis/.venv
KITH := $(or $(CARGO_TARGET_DIR),target)/release/kith
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
AXE := crates/cli/tests/browser/node_modules/axe-core/axe.min.js

.PHONY: run release test check golden deny msrv soak bench bench-live bench-postgres bench-api2 bench-search bench-million bench-stream bench-beside screenshots dist test-dist help

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: release ## Build Kith and serve the demo company on kith.db
	$(KITH) serve --demo

release: ## Build target/release/kith, and put its debug data into kith.debug next to it
	$(CARGO) build --release --package kith
	@# Backtraces find kith.debug by the link in the binary. Cargo keeps the whole binary in target/release/deps.
	@command -v objcopy >/dev/null || { echo "objcopy is missing: $(KITH) keeps its debug data."; exit 0; }; \
	cd $(dir $(KITH)) && objcopy --only-keep-debug --compress-debug-sections=zlib kith kith.debug \
	&& objcopy --strip-all --add-gnu-debuglink=kith.debug kith kith.stripped && mv kith.stripped kith && ls -sh kith kith.debug

test: $(AXE) $(SCHEMATHESIS) ## Run every test
	@$(call need,curl,curl,with which tests make requests)
	@$(call need,pebble,pebble,a certificate authority that issues certificates in tests)
	@$(call need,promtool,prometheus,which checks the alerts)
	@$(chromium)
	@$(postgres)
	$(CARGO) test --workspace

$(AXE): crates/cli/tests/browser/package-lock.json
	@$(call need,npm,npm,which fetches axe-core for the browser tests)
	cd crates/cli/tests/browser && npm ci --no-audit --no-fund
	@touch $@

# Schemathesis checks the APIs against their OpenAPI description.
$(SCHEMATHESIS): crates/cli/tests/schemathesis/requirements.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { $(call install,python3-venv,in which Schemathesis is installed for the tests of the APIs); }
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --requirement $<
	@touch $@

check: ## Check formatting, lints, the structure of the code, and the dependencies if cargo-deny is installed
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	$(CARGO) test --quiet --package tidy
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny check bans licenses sources; \
	else echo "Not checked, because cargo-deny is missing: dependencies (deny.toml)."; fi

golden: ## Accept the pages and the API description as they are now; review the diff
	KITH_GOLDEN=write $(CARGO) test --quiet --package server --test it -- golden openapi
	@git --no-pager diff --stat -- crates/server/tests/golden

deny: ## Check the dependencies: advisories, licenses, bans, sources (installs cargo-deny, fetches the advisory database)
	@command -v cargo-deny >/dev/null || { echo "Installing cargo-deny:" && $(CARGO) install cargo-deny --locked; }
	$(CARGO) deny check

msrv: ## Build with the oldest Rust version that Cargo.toml promises, installed with rustup
	rustup run --install $(MSRV) cargo check --workspace --all-targets --locked

soak: ## Kill a busy server 50 times and its database and connections 100 times, and let crowds stall it, and check that nothing is lost
	@$(postgres)
	KITH_KILLS=50 KITH_FAULTS=100 KITH_CROWD=10000 KITH_SOAK=yes $(CARGO) test --release --package kith --test it -- --nocapture kills faults crowd fair

bench: ## Measure API 1 on a file, and write bench/RESULTS.md
	@$(call need,wrk,wrk,which makes the requests that are measured)
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench run

bench-live: ## Measure how soon an open page shows a change, and write bench/LIVE.md
	@$(chromium)
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench live

bench-postgres: ## Measure Kith on PostgreSQL, and write bench/POSTGRES.md
	@$(call need,wrk,wrk,which makes the requests that are measured)
	@$(postgres)
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench postgres

bench-api2: ## Measure API 2 with a million contacts, and write bench/API2.md
	@$(call need,wrk,wrk,which makes the requests that are measured)
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench api2

bench-million: ## Import, export and search a million contacts, and write bench/MILLION.md and docs/growth.svg
	@$(call need,sqlite3,sqlite3,with which Kith is compared)
	@$(postgres)
	@test -x target/bench-python/bin/python || python3 -m venv target/bench-python
	@target/bench-python/bin/python -c 'import duckdb, pandas, scipy' 2>/dev/null || target/bench-python/bin/pip install --quiet duckdb pandas scipy
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench million

bench-stream: ## Import a file of 10 GB, and write bench/STREAM.md
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench stream

bench-beside: ## Import 100,000 rows beside a server, and write bench/BESIDE.md
	@$(postgres)
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench beside

bench-search: ## Measure searches in a million contacts, and write bench/SEARCH.md
	$(CARGO) build --release --package kith --package bench
	$(dir $(KITH))bench search

screenshots: ## Take the screenshots in docs/screenshots
	@$(chromium)
	$(CARGO) build --package kith --package browser
	$(or $(CARGO_TARGET_DIR),target)/debug/screenshots docs/screenshots

# The tools of Python that build and check what is released.
DIST_PYTHON := target/dist-python
dist: ## Build static binaries, Debian packages, container images, a bill of materials and checksums in target/dist
	@$(call need,musl-gcc,musl-tools,the C compiler of static binaries)
	@$(call need,umoci,umoci,which builds container images)
	@command -v cargo-deb >/dev/null || { echo "Installing cargo-deb:" && $(CARGO) install cargo-deb --locked; }
	@command -v cargo-cyclonedx >/dev/null || { echo "Installing cargo-cyclonedx:" && $(CARGO) install cargo-cyclonedx --locked; }
	@test -x $(DIST_PYTHON)/bin/cargo-zigbuild || { python3 -m venv $(DIST_PYTHON) && $(DIST_PYTHON)/bin/pip install --quiet cargo-zigbuild ziglang; }
	PATH="$(abspath $(DIST_PYTHON))/bin:$$PATH" packaging/dist.sh $(ARCHITECTURES)

test-dist: ## Install what `make dist` built in Debian 12 and 13, run it with systemd, upgrade and remove it; as root
	@$(call need,debootstrap,debootstrap,which installs Debian in a folder for the test)
	@$(call need,systemd-nspawn,systemd-container,which runs it)
	@test -x $(DIST_PYTHON)/bin/kubernetes-validate || { python3 -m venv $(DIST_PYTHON) && $(DIST_PYTHON)/bin/pip install --quiet kubernetes-validate; }
	for file in packaging/kubernetes/*.yaml; do $(DIST_PYTHON)/bin/kubernetes-validate --strict $$file || exit 1; done
	packaging/test/debian.sh
	packaging/test/image.sh
