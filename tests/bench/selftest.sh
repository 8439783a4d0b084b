#!/bin/sh
# The load generator tests itself: the null reflector passes where only prefixes are counted
# and is found out where attributes are checked, since it reflects nothing.  Then mynahd is
# played all phases, exports unfiltered and filtered, add-path off and on, and the policies of
# tests/bench/filter.
# Run in the build folder.
set -u
port=11797
at=127.0.0.1:$port
loadgen="tests/bench/loadgen --to $at --as 64512 --senders 1 --receivers 3 --late 1"
loadgen="$loadgen --routes 3000"
[ -x tests/bench/loadgen ] || { echo "skip - selftest: loadgen is not built here"; exit 77; }

# shellcheck disable=SC2086
$loadgen --list | tests/bench/null-reflector --at $at --as 64512 &
null=$!
trap 'kill $null' EXIT

failed=0
# shellcheck disable=SC2086
if $loadgen --phases establish,initial,late --timeout 20 --count-only; then
	echo "ok - every prefix arrives at every receiver"
else
	echo "not ok - every prefix arrives at every receiver"
	failed=1
fi
found_out() # WHAT OPTION...
{
	what=$1
	shift
	# shellcheck disable=SC2086
	if $loadgen --phases establish,initial --timeout 1 "$@"; then
		echo "not ok - $what"
		failed=1
	else
		echo "ok - $what"
	fi
}
found_out "attributes that were not reflected are found"
found_out "routes that a filter should have refused are found" --count-only --filtered
found_out "a reflector without add-path is found" --count-only --add-path receivers

here=$(dirname "$0")
if [ ! -x mynahd ] || ! command -v python3 >/dev/null; then
	echo "skip - mynahd in all variants: it is not built, or there is no python3"
	exit $failed
fi
out=$(mktemp -d)
trap 'kill $null; rm -rf "$out"' EXIT
play() # PORT OPTION...
{
	port=$1
	shift
	python3 "$here/run" --build . --scenario tiny --dut mynahd --timeout 60 --limit 240 \
		--port "$port" --out "$out/$port" "$@" >"$out/$port.log" 2>&1
}
play 11801 & plain=$!
play 11802 --filtered & filtered=$!
play 11803 --add-path & paths=$!
play 11804 --add-path --filtered & both=$!
policies() # skipped where it cannot run
{
	[ "$(id -u)" = 0 ] && [ -x /usr/sbin/bird ] && unshare -n true || return 77
	python3 "$here/filter" --build . --routes 2000 --receivers 4 >"$out/policies.log" 2>&1
}
policies & policies=$!
result() # PID PORT WHAT
{
	if wait "$1"; then
		echo "ok - $3: every receiver is right after every phase"
	else
		echo "not ok - $3: every receiver is right after every phase"
		cat "$out/$2.log"
		failed=1
	fi
}
wait $policies
case $? in
0) echo "ok - policies: every receiver is right" ;;
77) echo "skip - policies: bird and a network namespace are needed" ;;
*)
	echo "not ok - policies: every receiver is right"
	cat "$out/policies.log"
	failed=1
	;;
esac
result $plain 11801 "everything exported"
result $filtered 11802 "exports filtered"
result $paths 11803 "add-path"
result $both 11804 "add-path and exports filtered"
exit $failed
