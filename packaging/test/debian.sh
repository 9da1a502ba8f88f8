#!/usr/bin/env bash
# Installs the Debian package of `make dist` in Debian 12 and 13, which run with systemd in a container, and uses it:
# packaging/test/guest.sh has the steps. Needs root.
#     BEFORE=kith_0.1.0-1_amd64.deb packaging/test/debian.sh [SUITE…]
# BEFORE is the package that the upgrade begins with; without it, the new package with a lower version.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- bookworm trixie
target=$(realpath "${CARGO_TARGET_DIR:-target}")
after=$(ls "$target"/dist/kith_*_amd64.deb)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

before=${BEFORE:-}
if [ -z "$before" ]; then
	dpkg-deb --raw-extract "$after" "$work/before"
	sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/before/DEBIAN/control"
	before=$work/before.deb
	dpkg-deb --build --root-owner-group "$work/before" "$before" >"$work/log"
fi

for suite; do
	# A fresh Debian is kept, and each test runs in a copy.
	base=$target/dist-test/$suite
	if [ ! -e "$base.complete" ]; then
		rm -rf "$base" && mkdir -p "$(dirname "$base")"
		debootstrap --variant=minbase --include=systemd-sysv,dbus,procps,curl,ca-certificates "$suite" "$base"
		touch "$base.complete"
	fi
	root=$work/$suite
	cp --archive --reflink=auto "$base" "$root"
	mkdir "$root/test"
	cp "$before" "$root/test/before.deb"
	cp "$after" "$root/test/after.deb"
	cp packaging/test/guest.sh docs/contact.json "$root/test/"
	cp crates/cli/tests/stores/schema-1.db "$root/test/"
	cat >"$root/etc/systemd/system/kith-test.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/test/guest.sh >/test/log 2>&1 && touch /test/passed'
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=default.target
UNIT
	ln -s ../kith-test.service "$root/etc/systemd/system/multi-user.target.wants/kith-test.service"
	timeout 300 systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$root" --boot \
		systemd.unit=multi-user.target >"$work/$suite.console" 2>&1 || true
	sed "s/^/$suite: /" "$root/test/log"
	[ -e "$root/test/passed" ] || { echo "$suite: the package does not work." >&2 && exit 1; }
	echo "$suite: the package works."
done
