#!/usr/bin/env bash
# Builds the static binary of an architecture, its manual pages and its completions:
#     packaging/build.sh x86_64|aarch64
# They are in $CARGO_TARGET_DIR/ARCHITECTURE-unknown-linux-musl/release: kith, man/ and completions/.
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=$1
triple=$architecture-unknown-linux-musl
built=${CARGO_TARGET_DIR:-target}/$triple/release
host=$(uname -m)

rustup target add "$triple"
# The binary is what is installed, so it keeps no debug data. `make release` does.
export CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_PROFILE_RELEASE_DEBUG=none
if [ "$architecture" = "$host" ]; then
	export "CC_${triple//-/_}=musl-gcc"
	cargo build --release --locked --package kith --target "$triple"
else
	cargo zigbuild --release --locked --package kith --target "$triple"
fi

# Pages are the same for all architectures. They are made by the binary that runs here.
runs=${CARGO_TARGET_DIR:-target}/$host-unknown-linux-musl/release/kith
mkdir -p "$built/man" "$built/completions"
"$runs" manual "$built/man"
"$runs" completions bash >"$built/completions/kith.bash"
"$runs" completions zsh >"$built/completions/_kith"
"$runs" completions fish >"$built/completions/kith.fish"
