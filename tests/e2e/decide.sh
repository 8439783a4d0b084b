#!/bin/bash
# Decision, reflection and export: random routes from clients, other internal peers, external
# peers and a route server's client are played into the daemon under test and into the real
# BIRD 2 with the same configuration; then random churn.  Every peer must hold the same
# routes with the same attributes, and both must have chosen the same peer's path.
#
# With --all of all networks, 65,000; without it of a quarter of them.  SEED=N in the environment
# makes other routes.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" "$BUILD/tests/tools/duel"

# conf OPTIONS EXTERNAL: for all sessions, for external ones; $igp: what next hops are found by,
# $igp4 and $igp6: options of channels for it.
igp="" igp4="" igp6=""
conf()
{
	cat <<-END
	log stderr all;
	router id 192.0.2.1;
	protocol device { }
	$igp
	template bgp peers {
		local 127.0.0.1 port 1790 as 64512;
		passive;
		multihop;
		$1
		ipv4 { import all; export all; $igp4 };
		ipv6 { import all; export all; $igp6 next hop address 2001:db8:aaaa::1; };
	}
	protocol bgp c1 from peers { neighbor 127.0.1.1 as 64512; rr client; }
	protocol bgp c2 from peers { neighbor 127.0.1.2 as 64512; rr client; }
	protocol bgp n1 from peers { neighbor 127.0.2.1 as 64512; }
	protocol bgp n2 from peers { neighbor 127.0.2.2 as 64512; }
	protocol bgp e1 from peers { neighbor 127.0.3.1 as 65001; $2 }
	protocol bgp e2 from peers { neighbor 127.0.3.2 as 65001; $2 }
	protocol bgp e3 from peers { neighbor 127.0.3.3 as 65002; $2 }
	protocol bgp s1 from peers { neighbor 127.0.4.1 as 65003; rs client; $2 }
	$more
	END
}
more="" flags="" others="127.0.4.1" # further protocols, and what duel is told of them
peers="--peer 127.0.1.1=64512c --peer 127.0.1.2=64512c --peer 127.0.2.1=64512
	--peer 127.0.2.2=64512 --peer 127.0.3.1=65001 --peer 127.0.3.2=65001
	--peer 127.0.3.3=65002 --peer 127.0.4.1=65003"

# Whose path was chosen, network by network.
cat >primary <<-'END'
	#!/bin/bash
	"$BIRDC" -s "$T/$1.ctl" show route primary |
		sed -nE 's/^([0-9a-f:.]+\/[0-9]+) .*\[([a-z0-9]+) .*/\1 \2/p' |
		sort >"$T/$1/$2/primary"
	[ "$2" != first ] || "$BIRDC" -s "$T/$1.ctl" disable '"moving*"' >/dev/null
	[ -z "${KEEP-}" ] || "$BIRDC" -s "$T/$1.ctl" show route all >"$T/$1/$2/all"
END
chmod 755 primary
export T

# play SIDE DAEMON SEED NETS [FLAG]
play()
{
	local side=$1 status
	ip netns add "$side"
	ip -n "$side" link set lo up
	ip -n "$side" link add d0 type veth peer name d1
	ip -n "$side" link set d1 up
	ip -n "$side" addr add 10.77.0.1/24 dev d0
	ip -n "$side" -6 addr add fd77::1/64 dev d0 nodad
	ip -n "$side" link set d0 up
	rm -rf "$side"
	mkdir -p "$side"
	start "$side" ip netns exec "$side" "$2" -f -c "$T/play.conf" -s "$T/$side.ctl"
	wait_for 20 answers "$T/$side.ctl" || return 1
	[ -z "${5-}" ] || "$BIRDC" -s "$T/$side.ctl" disable '"moving*"' >/dev/null
	# shellcheck disable=SC2086
	inside "$side" "$BUILD/tests/tools/duel" --to 127.0.0.1:1790 --as 64512 --id 192.0.2.1 \
		$peers $flags --seed "$3" --nets "$4" --output "$side" --run "$T/primary $side" ${5-} \
		--timeout $((60 * SLOW)) --quiet $((1500 * SLOW)) >>"$side.out" 2>&1
	status=$?
	stop "$side" || echo "the daemon of $side did not end with 0"
	ip netns del "$side"
	return "$status"
}

# same NAME FILE
same()
{
	local lines
	lines=$(wc -l <"ref/$2")
	if [ "$lines" -gt 0 ] && diff "ref/$2" "dut/$2" >diff.txt; then
		ok "$1: $2 is the same, $lines routes"
	else
		fail "$1: $2 differs in $(grep -c '^[<>]' diff.txt) of $lines routes"
		head -n 20 diff.txt
	fi
}

part=4
[ "${1-}" != --all ] || part=1

# duel NAME SEED NETS OPTIONS EXTERNAL
#
# BIRD's `deterministic med` loses its way when routes are replaced and withdrawn: it then
# keeps a path that loses by its own rules against another one of the list.  So where MED is
# not compared between all paths, the state after the churn is compared with that of a BIRD
# which was told only what remains.
duel()
{
	local stage peer pid nets=$(($3 / part)) seed=$((${SEED:-0} + $2))
	conf "$4" "${5-}" >play.conf
	play dut "$DUT" "$seed" "$nets" &
	pid=$!
	check "$1: played into BIRD 2" play ref "$BIRD2" "$seed" "$nets"
	check "$1: played into the daemon under test" wait $pid
	case $4 in
	*deterministic*)
		check "$1: what remains played into BIRD 2" \
			play settled "$BIRD2" "$seed" "$nets" --settled
		rm -rf ref/churn
		mv settled/churn ref/
		;;
	esac
	for stage in first churn; do
		for peer in $others 127.0.1.1 127.0.1.2 127.0.2.1 127.0.2.2 127.0.3.1 127.0.3.2 \
			127.0.3.3 primary; do
			same "$1" "$stage/$peer"
		done
	done
}

# found: networks that the next hops of the routes are in, some with a metric, some that lead
# nowhere; half of them go between the two stages.
found() # TABLE4 TABLE6
{
	cat <<-END
	protocol static steady4 {
		ipv4 { $1 };
		route 203.0.113.0/30 via 10.77.0.2 { igp_metric = 10; };
		route 203.0.113.4/31 via 10.77.0.2 { igp_metric = 20; };
		route 203.0.113.8/31 via 10.77.0.2;
		route 203.0.113.10/32 blackhole;
	}
	protocol static moving4 {
		ipv4 { $1 };
		route 203.0.113.1/32 via 10.77.0.3 { igp_metric = 5; };
		route 203.0.113.6/31 via 10.77.0.3 { igp_metric = 20; };
		route 203.0.113.11/32 via 10.77.0.2 { igp_metric = 10; };
		route 203.0.113.4/32 recursive 203.0.113.1;
		route 203.0.113.12/32 via 10.99.0.1;
	}
	protocol static steady6 {
		ipv6 { $2 };
		route 2001:db8:ffff::/126 via fd77::2 { igp_metric = 10; };
		route 2001:db8:ffff::8/125 via fd77::2 { igp_metric = 30; };
	}
	protocol static moving6 {
		ipv6 { $2 };
		route 2001:db8:ffff::4/126 via fd77::3 { igp_metric = 20; };
		route 2001:db8:ffff::1/128 prohibit;
	}
	END
}

igp="ipv4 table i4; ipv6 table i6; $(found 'table i4;' 'table i6;')"
igp4="igp table i4;" igp6="igp table i6;"
duel "metric of next hops" 5 10000 "deterministic med on;"
duel "a metric that does not count" 6 3000 "med metric on; igp metric off;"
igp=$(found "" "") igp4="" igp6=""
duel "next hops in the same table" 7 3000 "med metric on;"
igp=""

# AIGP: of all internal sessions, of one external one; our own metric is added where we are the
# next hop.
igp="ipv4 table i4; ipv6 table i6; $(found 'table i4;' 'table i6;')"
igp4="igp table i4;" igp6="igp table i6;"
flags=--aigp
duel "aigp" 8 6000 "deterministic med on;" "ipv4 { aigp on; import all; export all; };"
igp4="igp table i4; next hop self;" igp6="igp table i6; next hop self;"
duel "aigp, and we are the next hop" 9 4000 "med metric on;"
igp="" igp4="" igp6="" flags=""

# A confederation: the reflector is its member AS 64512, two peers are in others, and outside
# it is AS 65500.  What a route server's client gets is not compared: BIRD leaves segments of
# the confederation in its paths.
more="
	protocol bgp m1 from peers { neighbor 127.0.5.1 as 64513; confederation member; }
	protocol bgp m2 from peers { neighbor 127.0.5.2 as 64514; confederation member; }"
others="127.0.5.1 127.0.5.2"
plain=$peers
peers="$(echo "$plain" | sed -E 's/=(6500[0-9])/=\1@65500/g')
	--peer 127.0.5.1=64513m --peer 127.0.5.2=64514m"
flags=--confed
duel "confederation" 10 6000 "deterministic med on; confederation 65500;"
flags="--confed --aigp"
duel "confederation, AIGP" 11 3000 "med metric on; confederation 65500;" \
	"allow bgp_local_pref on; enforce first as on;"
duel "confederation, no sets" 12 3000 "deterministic med on; confederation 65500; allow as sets off;"
peers=$plain more="" flags="" others="127.0.4.1"
duel "by the book" 1 10000 "deterministic med on;"
duel "MED of all, no sets" 2 6000 "med metric on; allow as sets off;"
duel "no path lengths, defaults" 3 3000 "deterministic med on; path metric off;
	default bgp_med 15; default bgp_local_pref 110;"
duel "allowed" 4 3000 "med metric on; allow local as 1; allow bgp_local_pref on;
	interpret communities off;" "enforce first as on;"
finish
