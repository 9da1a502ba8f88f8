#!/usr/bin/env bash
# Builds all that is released, into $CARGO_TARGET_DIR/dist: for each architecture a static binary with its manual, a
# Debian package and a container image, and a bill of materials and checksums. Without arguments, for amd64 and arm64.
#     packaging/dist.sh [x86_64] [aarch64]
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- x86_64 aarch64
target=$(realpath "${CARGO_TARGET_DIR:-target}")
dist=$target/dist
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
rm -rf "$dist" && mkdir -p "$dist"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

for architecture; do
	triple=$architecture-unknown-linux-musl
	packaging/build.sh "$architecture"
	tar --create --gzip --file "$dist/kith-$version-$architecture-linux.tar.gz" --numeric-owner --owner=0 --group=0 \
		--sort=name --mtime="@$SOURCE_DATE_EPOCH" --transform "s,^,kith-$version/," \
		--directory "$target/$triple/release" kith man completions \
		--directory "$PWD" README.md LICENSE-APACHE LICENSE-MIT packaging/systemd
	cargo deb --no-build --no-strip --package kith --target "$triple" --output "$dist/"
	packaging/image.sh "$architecture" "$dist/kith-$version-$architecture-image.tar"
done

# It writes a file for each crate. That of the binary names all crates in it.
cargo cyclonedx --manifest-path crates/cli/Cargo.toml --format json --override-filename "kith-$version.cdx"
mv "crates/cli/kith-$version.cdx.json" "$dist/"
find . -name "kith-$version.cdx.json" -not -path "./target/*" -not -path "$dist/*" -delete
(cd "$dist" && sha256sum -- * >SHA256SUMS)
ls -sh "$dist"
