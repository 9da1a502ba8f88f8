#!/usr/bin/env bash
# Builds a container image as an OCI image layout in a tar file, without a container engine:
#     packaging/image.sh ARCHITECTURE FILE.tar
# `docker load` and `podman load` read it.
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=$1
file=$2
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
case $architecture in
x86_64) oci=amd64 ;;
aarch64) oci=arm64 ;;
*) echo "packaging/image.sh: unknown architecture $architecture" >&2 && exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root layer=$work/layer.tar layout=$work/layout
image=$layout:$version
packaging/root.sh "$architecture" "$root"

# The same files make the same layer. Its only folder that the server may write is its own.
files="tar --sort=name --mtime=@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} --numeric-owner --directory=$root"
$files --owner=0 --group=0 --exclude=./var/lib/kith --create --file "$layer" .
$files --owner=65532 --group=65532 --append --file "$layer" ./var/lib/kith

umoci init --layout "$layout"
umoci new --image "$image"
umoci raw add-layer --image "$image" "$layer"
umoci config --image "$image" --os linux --architecture "$oci" \
	--config.user 65532:65532 --config.workingdir /var/lib/kith --config.volume /var/lib/kith \
	--config.exposedports 8080/tcp --config.entrypoint /usr/bin/kith --config.cmd serve \
	--config.env PATH=/usr/bin --config.env KITH_STORE=/var/lib/kith/kith.db \
	--config.env KITH_LISTEN=0.0.0.0:8080 --config.env TMPDIR=/var/lib/kith \
	--config.label org.opencontainers.image.title=Kith \
	--config.label "org.opencontainers.image.version=$version" \
	--config.label "org.opencontainers.image.licenses=MIT OR Apache-2.0" \
	--config.label "org.opencontainers.image.revision=$(git rev-parse HEAD)"
umoci gc --layout "$layout"
tar --create --file "$file" --directory "$layout" .
