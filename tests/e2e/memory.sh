#!/bin/bash
# Memory: two senders with 500,000 routes each come and go, twice.  What the reflector
# holds resident afterwards is what it held before, but for a fifth and a few MB.
. "$(dirname "$0")/lib.sh"
loadgen=$BUILD/tests/bench/loadgen
need "$BIRDC" "$loadgen"
grep -qE "__(asan|tsan)_init" "$DUT" && skip_all "a sanitizer keeps what is freed"

load=("$loadgen" --to 127.0.0.1:1790 --as 64512 --senders 2 --receivers 3 --routes 500000
	--timeout $((120 * SLOW)))
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client; rr cluster id 192.0.2.1; passive; multihop;
		ipv4 { import all; export all; };
	}
	END
	"${load[@]}" --list | awk '{ print "protocol bgp c" NR-1 " from clients { neighbor " $2 " as 64512; }" }'
} >dut.conf

rss() { awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$(pid_of dut)/status"; }
is_empty() { dutc show route count | grep -q '^0 of 0 routes'; }

check "the reflector starts" dut_start "$T/dut.conf"
before=$(rss)
for round in 1 2; do
	"${load[@]}" --pid "$(pid_of dut)" --phases establish,initial >result.json 2>loadgen.out
	check_eq "round $round: the load ends with 0" $? 0
	check "round $round: all routes go" wait_for 20 is_empty
	sleep 1
	after=$(rss)
	echo "resident: $before MB before, $after MB after"
	check "round $round: memory is given back" [ "$after" -le $((before * 6 / 5 + 12)) ]
done
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
