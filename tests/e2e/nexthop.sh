#!/bin/bash
# Where next hops lead, as it is shown: metrics, unreachable ones, routes to nowhere, AIGP and
# what hangs on it, before and after the routes they are found by have gone.  The listing is
# compared with the real BIRD's, route by route.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
ip link add d0 type veth peer name d1
ip addr add 10.77.0.1/24 dev d0
ip link set d0 up
ip link set d1 up

conf() # NAME PORT
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 192.0.2.1;
	protocol device { }
	ipv4 table igp4;
	protocol static near { ipv4 { table igp4; };
		route 203.0.113.1/32 via 10.77.0.2 { igp_metric = 10; };
		route 203.0.113.2/32 via 10.77.0.2;
		route 203.0.113.3/32 blackhole;
		route 203.0.113.4/32 unreachable;
	}
	protocol static far { ipv4 { table igp4; };
		route 203.0.113.0/24 via 10.77.0.3 { igp_metric = 300; };
	}
	protocol bgp c {
		local 127.0.0.1 port $2 as 64512;
		neighbor 127.0.1.1 as 64512;
		passive; multihop; rr client;
		ipv4 { import all; export all; igp table igp4; };
	}
	END
}
client() # PORT
{
	cat >"c$1.conf" <<-END
	log "$T/c.log" all;
	router id 127.0.1.1;
	protocol device { }
	protocol static st { ipv4;
		route 198.18.1.0/24 unreachable { bgp_next_hop = 203.0.113.1; };
		route 198.18.2.0/24 unreachable { bgp_next_hop = 203.0.113.2; };
		route 198.18.3.0/24 unreachable { bgp_next_hop = 203.0.113.3; };
		route 198.18.4.0/24 unreachable { bgp_next_hop = 203.0.113.4; };
		route 198.18.5.0/24 unreachable { bgp_next_hop = 203.0.113.5; };
		route 198.18.6.0/24 unreachable { bgp_next_hop = 192.0.2.99; };
	}
	protocol bgp up {
		local 127.0.1.1 port $(($1 + 3)) as 64512; strict bind;
		neighbor 127.0.0.1 port $1 as 64512;
		multihop; connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import none; export where source = RTS_STATIC; next hop keep; };
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}
listing() { birdc "$1" show route table master4 | sed -E 's/\[c [0-9:.]+/[c/' | grep -v -e BIRD -e Table | sort; }
listed() { listing "$1" | grep -q -e "$2"; }
same()
{
	local name=$1 end=$((SECONDS + 10 * SLOW))
	while [ "$(listing ref)" != "$(listing dut)" ] && [ $SECONDS -lt $end ]; do sleep 0.2; done
	check_eq "$name" "$(listing dut)" "$(listing ref)"
}

conf dut 1790
conf ref 1792
dut_start "$T/dut.conf" || fail "the daemon starts"
bird_start ref "$T/ref.conf" || fail "BIRD starts"
client 1790
client 1792
check "routes come" wait_for 20 listed dut 198.18.6.0/24
check "to BIRD, too" wait_for 20 listed ref 198.18.6.0/24
check "a metric is shown" wait_for 10 listed ref '(100/10)'
same "all as BIRD shows it"
real disable far >/dev/null
birdc ref disable far >/dev/null
check "the far route is gone" wait_for 10 not listed ref '(100/300)'
same "as BIRD, when a route has gone"
real enable far >/dev/null
real disable near >/dev/null
birdc ref enable far >/dev/null
birdc ref disable near >/dev/null
check "the near ones are gone" wait_for 10 not listed ref '(100/10)'
same "as BIRD, when the shorter one is left"
dut_stop
finish
