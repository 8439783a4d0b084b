#!/bin/bash
# Real input: files of recorded updates are played through client sessions into the daemon
# under test and into the real BIRD 2 with an equivalent configuration; every client must
# end with the same table, prefix by prefix and attribute by attribute.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" "$BUILD/tests/tools/replay"

conf()
{
	local n
	cat <<-END
	log stderr all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n in 1 2 3; do
		echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"
	done
}

# play SIDE DAEMON FILE FILE: two clients play, a third listens; tables in SIDE/.
play()
{
	local side=$1 daemon=$2 status
	ip netns add "$side"
	ip -n "$side" link set lo up
	rm -rf "$side"
	mkdir -p "$side"
	start "$side" ip netns exec "$side" "$daemon" -f -c "$T/play.conf" -s "$T/$side.ctl"
	wait_for 20 answers "$T/$side.ctl" || return 1
	inside "$side" "$BUILD/tests/tools/replay" --to 127.0.0.1:1790 --as 64512 \
		--client "127.0.1.1=$3" --client "127.0.1.2=$4" --client 127.0.1.3 \
		--quiet "$quiet" --timeout $((120 * SLOW)) --output "$side" >>"$side.out" 2>&1
	status=$?
	stop "$side" || echo "the daemon of $side did not end with 0"
	ip netns del "$side"
	return "$status"
}

# compare NAME FILE FILE
compare()
{
	local name=$1 n lines
	check "$name: played into the daemon under test" play dut "$DUT" "$2" "$3"
	check "$name: played into BIRD 2" play ref "$BIRD2" "$2" "$3"
	for n in 1 2 3; do
		lines=$(wc -l <"ref/127.0.1.$n")
		check "$name: client $n received something" [ "$lines" -gt 0 ]
		if diff "ref/127.0.1.$n" "dut/127.0.1.$n" >diff.txt; then
			ok "$name: client $n has the same table, $lines routes"
		else
			fail "$name: client $n differs in $(grep -c '^[<>]' diff.txt) of $lines routes"
			head -n 20 diff.txt
		fi
	done
}

conf >play.conf
quiet=3
compare "small files" "$TOP/tests/data/small-a.mrt.gz" "$TOP/tests/data/small-b.mrt.gz"

captures=$SHARED/data/mrt
if [ -f "$captures/updates.20100227.1600.gz" ]; then
	quiet=5
	compare "RIPE RIS captures" "$captures/updates.20100227.1600.gz" \
		"$captures/updates.19990903.1041.gz"
else
	skip "RIPE RIS captures: no ../shared"
fi
finish
