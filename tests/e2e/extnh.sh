#!/bin/bash
# IPv4 routes over IPv6 sessions (RFC 8950): next hops from and to real BIRDs, and a client
# that does not know it.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

for n in 0 1 2 3; do ip -6 addr add fd99::1:$n/128 dev lo nodad; done
cat >dut.conf <<END
log "$T/dut.log" all;
router id 192.0.2.1;
protocol device { }
protocol static s4 { ipv4; route 10.8.0.0/24 unreachable; }
template bgp clients {
	local fd99::1:0 port 1790 as 64512; strict bind;
	rr client; passive; multihop;
	error wait time 1, 1;
}
protocol bgp c1 from clients { neighbor fd99::1:1 as 64512;
	ipv4 { import all; export all; extended next hop; require extended next hop; }; }
protocol bgp c2 from clients { neighbor fd99::1:2 as 64512;
	ipv4 { import all; export all; extended next hop; }; }
protocol bgp c3 from clients { neighbor fd99::1:3 as 64512;
	ipv4 { import all; export all; extended next hop; next hop address 192.0.2.99; }; }
END
client() # n channel-options
{
	cat >"c$1.conf" <<-END
	log "$T/c$1.log" all;
	router id 127.0.1.$1;
	protocol device { }
	protocol static s4 { ipv4; route 10.$1.0.0/24 unreachable; }
	protocol bgp up {
		local fd99::1:$1 as 64512; strict bind;
		neighbor fd99::1:0 port 1790 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; $2 };
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}
dut_start "$T/dut.conf" || fail "the daemon starts"
client 1 'extended next hop;'
client 2 'extended next hop;'
client 3 'next hop address 192.0.2.3;'
for n in 1 2 3; do check "c$n is up" wait_for 20 is_up "c$n" up; done
next_hop() { birdc "$1" show route all "$2" | awk '/BGP.next_hop:/ { print $2 }'; }
has_next_hop() { [ "$(next_hop "$1" "$2")" = "$3" ]; }
check "the capability is shown" real_says 'IPv6 nexthop: ipv4' show protocols all c1
here() { real show route all 10.1.0.0/24 | grep -q 'BGP.next_hop: fd99::1:1'; }
check "an IPv6 next hop comes" wait_for 10 here
check "and goes on as it is" wait_for 10 has_next_hop c2 10.1.0.0/24 fd99::1:1
check "an IPv4 one, too" wait_for 10 has_next_hop c2 10.3.0.0/24 192.0.2.3
check "ours is the session's address" wait_for 10 has_next_hop c2 10.8.0.0/24 fd99::1:0
mynah_only "who does not know it gets an IPv4 one" wait_for 10 \
	has_next_hop c3 10.1.0.0/24 192.0.2.99
birdc c1 disable s4 >/dev/null
check "withdrawn" wait_for 10 not has_route c2 10.1.0.0/24
check "the session has lasted" is_up c2 up
dut_stop
finish
