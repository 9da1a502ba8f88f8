#!/bin/sh
# What packaging/test/debian.sh does in each Debian, as root, with systemd running.
set -eu

data=/var/lib/kith
url=http://127.0.0.1:8080
step() { echo "== $*"; }
fail() { echo "FAILED: $*" && journalctl --no-pager --unit kith | tail -n 30 && exit 1; }
ready() {
	for _ in $(seq 100); do
		curl --silent --fail --output /test/ready "$url/readyz" && return
		sleep 0.2
	done
	fail "the server is not ready"
}
mode() { stat --format %a "$1"; }
login() { curl --silent --show-error --fail-with-body --netrc-file "$data/kith.db-login" "$@"; }

step "install the package before, and use it"
dpkg --install /test/before.deb
ready
systemctl is-enabled kith
[ "$(systemctl show --property User --value kith)" = kith ] || fail "another user runs it"
[ "$(mode $data) $(mode $data/kith.db) $(mode $data/kith.db-login)" = "700 600 600" ] || fail "others may read the store"
login --header "Content-Type: application/json" --data @/test/contact.json "$url/api/1/contacts"
login "$url/contacts" | grep --quiet bruce@wayne.inc || fail "the contact is not there"

step "what systemd says"
systemd-analyze verify --man=no kith.service
systemd-analyze security --no-pager kith.service | tail -n 1
systemctl show --property MemoryMax,ActiveState,StatusErrno kith

step "upgrade while the store is in use"
dpkg --install /test/after.deb
ready
login "$url/contacts" | grep --quiet bruce@wayne.inc || fail "the contact is lost"
kith --version
man --version >/dev/null 2>&1 && man --pager=cat kith-serve >/dev/null

step "upgrade a store of schema 1"
systemctl stop kith
mkdir /test/later
mv $data/kith.db* /test/later/
install --owner kith --group kith --mode 600 /test/schema-1.db $data/kith.db
runuser --user kith -- kith migrate --check --store $data/kith.db
systemctl start kith
ready
ls $data
runuser --user kith -- kith verify --store $data/kith.db
systemctl stop kith
rm $data/kith.db*
mv /test/later/* $data/

step "the socket starts it"
systemctl stop kith
systemctl start kith-http.socket
[ "$(systemctl is-active kith || true)" = inactive ] || fail "it runs already"
ready
[ "$(systemctl is-active kith)" = active ] || fail "somebody else answers"
systemctl stop kith-http.socket kith

step "remove and purge keep the data"
dpkg --remove kith
[ ! -e /usr/bin/kith ] || fail "the binary is still there"
[ -e $data/kith.db ] || fail "the store is gone"
dpkg --purge kith
[ -e $data/kith.db ] || fail "the store is gone"
[ ! -e /etc/kith/kith.env ] || fail "the options are still there"
dpkg --install /test/after.deb
ready
login "$url/contacts" | grep --quiet bruce@wayne.inc || fail "the contact is lost"
