#!/bin/bash
# The two commands of the README on a bare Debian 12: a root file system made by debootstrap
# in a folder, the checkout copied in, ./quickstart --once and ./runtests run inside.  It
# takes the mirrors of this machine's apt.  Not part of ./runtests; asks for root, for
# debootstrap and for about 4 GB.
#
#     tests/e2e/fresh-root.sh [FOLDER]      FOLDER is kept when it is named
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "skip - fresh-root: not root"; exit 77; }
command -v debootstrap >/dev/null || { echo "skip - fresh-root: no debootstrap"; exit 77; }

root=${1:-$(mktemp -d /var/tmp/fresh-root.XXXXXX)}
[ $# = 1 ] || trap 'rm -rf --one-file-system "$root"' EXIT

# one line for each source of Debian's that apt has here
sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | sed -n 's/^Debian deb/deb/p' | sort -u
}
mirror=$(sources | awk '$3 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || { echo "skip - fresh-root: apt has no bookworm here"; exit 77; }

mkdir -p "$root"
chmod 755 "$root"
if [ ! -e "$root/etc/debian_version" ]; then
	debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || {
		tail "$root.log"
		exit 1
	}
	rm -f "$root.log"
fi
sources >"$root/etc/apt/sources.list"
apt-config dump | grep -i '^Acquire::.*proxy' >"$root/etc/apt/apt.conf.d/99proxy" || true
cp /etc/resolv.conf "$root/etc/resolv.conf"
echo "127.0.0.1 localhost" >"$root/etc/hosts"

# What git knows of, as it is now; the place beside it stays without ../shared.
rm -rf "$root/root/mynah"
mkdir -p "$root/root/mynah"
(cd "$TOP" && git ls-files -z | tar -c --null -T - --ignore-failed-read) |
	tar -x -C "$root/root/mynah"

# Mounts and processes of the inner root go with their namespaces.
# shellcheck disable=SC2016
unshare -mpf --kill-child bash -euc '
	root=$1
	mount --bind "$root" "$root"
	cd "$root"
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount --rbind /dev dev
	mount -t tmpfs tmpfs tmp
	mkdir -p .host
	pivot_root . .host
	cd /root/mynah
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" bash -c "
			umount -l /.host
			time ./quickstart --once || exit 1
			time .ci/run"
' - "$root"
