#!/bin/sh
# The load generator tests itself: the null reflector passes where only prefixes are counted
# and is found out where attributes are checked, since it reflects nothing.
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
# shellcheck disable=SC2086
if $loadgen --phases establish,initial --timeout 1; then
	echo "not ok - attributes that were not reflected are found"
	failed=1
else
	echo "ok - attributes that were not reflected are found"
fi
exit $failed
