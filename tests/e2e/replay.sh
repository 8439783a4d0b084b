#!/bin/bash
# Recorded updates through the reflector: two clients play MRT files at once, a third listens.
# Every client must end with exactly the table that BIRD 2 hands out for the same input and
# the same configuration, prefix by prefix with all attributes.  The repository's own small
# files hold what real ones seldom do together: 2 and 4-octet AS paths, AS4_PATH, sets,
# records of 1999, IPv6, unknown attributes.  The large real ones are played where they are.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
REPLAY=$BUILD/tests/tools/replay
DATA=$E2E/data

{
	cat <<-END
	log "$T/reflector.log" all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
		multihop;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n in 1 2 3; do
		echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"
	done
} >reflector.conf

# play DIR FILE1 FILE2: the tables that the clients end with.
play()
{
	mkdir -p "$1"
	"$REPLAY" --to 127.0.0.1:1790 --as 64512 --output "$1" --quiet 4 \
		--timeout $((120 * SLOW)) --client "127.0.1.1=$2" --client "127.0.1.2=$3" \
		--client 127.0.1.3 2>"$1.out"
}

# The same for the daemon under test and for BIRD, then the comparison.
compare() # name file1 file2
{
	dut_start "$T/reflector.conf" || fail "$1: the daemon starts"
	check "$1: played through the daemon" play "$1-dut" "$2" "$3"
	dut_stop
	bird_start bird "$T/reflector.conf"
	check "$1: played through BIRD" play "$1-bird" "$2" "$3"
	stop bird
	for n in 1 2 3; do
		same "$1: client $n has $(wc -l <"$1-bird/127.0.1.$n") routes as from BIRD" \
			"$1-dut/127.0.1.$n" "$1-bird/127.0.1.$n"
	done
}

same() # name got want
{
	if [ -s "$3" ] && cmp -s "$2" "$3"; then
		ok "$1"
		return
	fi
	fail "$1"
	diff "$3" "$2" | sed -n '1,20{s/^</  want/;s/^>/  got/;p}'
	echo "  $(diff "$3" "$2" | grep -c '^[<>]') lines differ"
}

compare small "$DATA/synthetic-1.mrt" "$DATA/synthetic-2.mrt"
check "small: the damaged record is left out" grep -q '1 skipped' small-bird.out

MRT=$SHARED/data/mrt
if [ -r "$MRT/updates.20100227.1600.gz" ] && [ -r "$MRT/updates.19990903.1041.gz" ]; then
	compare real "$MRT/updates.20100227.1600.gz" "$MRT/updates.19990903.1041.gz"
else
	skip "real: no captures in $MRT"
fi
finish
