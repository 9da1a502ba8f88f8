#!/usr/bin/env bash
# Lays out the files of a container image in a new folder: packaging/root.sh ARCHITECTURE FOLDER
# The binary must be built: packaging/build.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${CARGO_TARGET_DIR:-target}/$1-unknown-linux-musl/release/kith
root=$2

mkdir -p "$root"/{etc/ssl/certs,usr/bin,usr/share/doc/kith,var/lib/kith}
install -m 755 "$binary" "$root/usr/bin/kith"
# For certificates of databases, and for the authority that signs Kith's own.
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
install -m 644 LICENSE-APACHE LICENSE-MIT "$root/usr/share/doc/kith/"
echo 'kith:x:65532:65532:Kith:/var/lib/kith:/sbin/nologin' >"$root/etc/passwd"
echo 'kith:x:65532:' >"$root/etc/group"
chmod 700 "$root/var/lib/kith"
