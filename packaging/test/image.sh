#!/usr/bin/env bash
# Unpacks the container image of `make dist` and runs it as a container engine would: its user, read-only files, one
# volume, its command. Needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$(realpath "${CARGO_TARGET_DIR:-target}")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
file=$target/dist/kith-$version-x86_64-image.tar
work=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap finish EXIT

[ "$(stat --format %s "$file")" -le $((30 * 1000 * 1000)) ] || { echo "The image is larger than 30 MB." >&2 && exit 1; }
mkdir "$work/layout"
tar --extract --file "$file" --directory "$work/layout"
umoci unpack --image "$work/layout:$version" "$work/bundle"
bundle=$work/bundle/rootfs
chmod 755 "$work" "$work/bundle" "$bundle"

# The volume. All else is read-only.
mkdir "$work/volume" && chown 65532:65532 "$work/volume" && chmod 700 "$work/volume"
port=$((20000 + $$ % 20000))
unshare --mount bash -euc '
	mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
	mount --bind "$2" "$1/var/lib/kith" && mount -o remount,bind,rw "$1/var/lib/kith"
	exec chroot --userspec 65532:65532 "$1" /usr/bin/kith serve --store /var/lib/kith/kith.db --listen "127.0.0.1:$3"
' - "$bundle" "$work/volume" "$port" >"$work/log" 2>&1 &
server=$!
url=http://127.0.0.1:$port
curl --silent --fail --retry 50 --retry-connrefused --retry-delay 1 "$url/readyz" || { cat "$work/log" && exit 1; }
curl --silent --show-error --fail-with-body --netrc-file "$work/volume/kith.db-login" \
	--header "Content-Type: application/json" --data @docs/contact.json "$url/api/1/contacts"
chroot --userspec 65532:65532 "$bundle" /usr/bin/kith --version
echo "The image works: $(stat --format %s "$file") bytes."
