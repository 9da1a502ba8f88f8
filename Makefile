# make run and make test need git, make, a C compiler and Rust; the rest is installed here.

CARGO ?= cargo
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Installs a Debian package if its command is missing: $(call need,command,package)
need = command -v $(1) >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q $(2); }

.PHONY: run test check soak bench help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Build Kith and serve the demo on kith.db
	$(CARGO) run --release --package kith -- serve --demo

test: ## Run every test
	@$(call need,curl,curl)
	$(CARGO) test --workspace

check: ## Formatting, lints, and which crate may know which
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	$(CARGO) test --quiet --package kith --test tidy

soak: ## Kill a busy server 50 times and look for what was lost
	KITH_KILLS=50 $(CARGO) test --release --package kith --test it kills -- --nocapture

bench: ## Measure, and write bench/RESULTS.md
	@$(call need,wrk,wrk)
	$(CARGO) build --release --package kith --package bench
	target/release/bench run
