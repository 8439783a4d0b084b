# shellcheck shell=bash
# What ./quickstart and ./runtests share: packages and the build.  Sourced from the top.

# All that `configure` and `make` ask for.
# shellcheck disable=SC2034
build_packages=(autoconf automake bison flex gcc libc6-dev libcap-dev libcmocka-dev
	libedit-dev libevent-dev libjansson-dev libmd-dev libmnl-dev liburcu-dev libxxhash-dev
	make pkg-config zlib1g-dev)

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive

say() { echo "== $*"; }

packages_missing()
{
	local p
	for p; do
		dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
			grep -q 'ok installed' || echo "$p"
	done
}

# While test peers are installed none of them may start as a service of the machine.
services_stay_off()
{
	[ -e /usr/sbin/policy-rc.d ] && return
	printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
	$sudo chmod 755 /usr/sbin/policy-rc.d
	trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
}

services_may_start()
{
	trap - EXIT
	$sudo rm -f /usr/sbin/policy-rc.d
}

# packages_install NAME...: those that are missing; quiet when none is.
packages_install()
{
	local missing ours=no status
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} != 0 ] || return 0
	say install "${missing[@]}"
	[ -e /usr/sbin/policy-rc.d ] || ours=yes
	services_stay_off
	$sudo apt-get -qq update &&
	$sudo apt-get -qq install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
	status=$?
	[ $ours = no ] || services_may_start
	return $status
}

# build DIR CONFIGURE_FLAGS...: everything, with the log shown when it fails.
build()
{
	local dir=$1 top
	shift
	top=$(pwd)
	mkdir -p "$dir"
	if [ ! -x configure ] || [ configure -ot configure.ac ]; then
		say autoreconf
		autoreconf -fi >"$dir/autoreconf.log" 2>&1 || { cat "$dir/autoreconf.log"; return 1; }
	fi
	if [ ! -f "$dir/Makefile" ] || [ "$dir/config.status" -ot configure ] ||
	   [ "$(cat "$dir/flags" 2>/dev/null)" != "$*" ]; then
		say configure "$@"
		(cd "$dir" && "$top/configure" "$@") >"$dir/configure.log" 2>&1 || {
			tail -n 20 "$dir/configure.log"
			return 1
		}
		echo "$*" >"$dir/flags"
	fi
	say "make in $dir"
	make -C "$dir" -j"$(nproc)" >"$dir/make.log" 2>&1 || {
		grep -E 'error|undefined|\*\*\*' -A3 "$dir/make.log" | head -n 40
		return 1
	}
}
