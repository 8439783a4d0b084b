#!/bin/bash
# Sessions over link-local addresses, with real BIRD, FRR (unnumbered) and GoBGP, each on a
# link of its own where both ends have nothing else: IPv4 routes with IPv6 next hops (RFC
# 8950), IPv6 ones, next hops of routes in the kernel with their interface.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# link NAME: a namespace NAME with eth0 = fe80::2, our end is the interface NAME = fe80::1.
link()
{
	ip netns add "$1"
	ip link add "$1" type veth peer name eth0 netns "$1"
	for i in "ip" "ip -n $1"; do
		$i link set lo up
	done
	sysctl -qw "net.ipv6.conf.$1.accept_dad=0" "net.ipv6.conf.$1.addr_gen_mode=1"
	inside "$1" sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.addr_gen_mode=1
	ip -6 addr add fe80::1/64 dev "$1" nodad
	ip -n "$1" -6 addr add fe80::2/64 dev eth0 nodad
	ip -n "$1" link set eth0 up
	ip link set "$1" up
}
for n in b1 b2 frr gobgp d1 d2; do link "$n"; done

conf() # the interface range, the format of next hops for FRR
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { scan time 1; }
	protocol static s4 { ipv4; route 198.18.1.0/24 unreachable; }
	protocol static s6 { ipv6; route 2001:db8:1::/48 unreachable; }
	protocol kernel k4 { ipv4 { export where source = RTS_BGP; }; kernel table 100; }
	protocol kernel k6 { ipv6 { export where source = RTS_BGP; }; kernel table 100; }
	template bgp peers {
		local as 64512;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		ipv4 { import all; export all; extended next hop; };
		ipv6 { import all; export all; };
	}
	protocol bgp b1 from peers { neighbor fe80::2%b1 as 65001; }
	protocol bgp b2 from peers { neighbor fe80::2 as 65002; interface "b2"; }
	protocol bgp frr from peers { neighbor fe80::2%frr as 65003;
		ipv4 { link local next hop format ${2-native}; };
	}
	protocol bgp gobgp from peers { neighbor fe80::2%gobgp as 65004;
		ipv4 { link local next hop format single; };
		ipv6 { link local next hop format single; };
	}
	protocol bgp dyn from peers {
		local port 1790;
		neighbor range fe80::/10 external;
		interface range $1; strict bind; dynamic name "d"; dynamic name digits 2;
	}
	END
}
bird() # NAME N [PORT]
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 192.0.2.10$2;
	protocol device { scan time 1; }
	protocol static s4 { ipv4; route 198.18.10$2.0/24 unreachable; }
	protocol static s6 { ipv6; route 2001:db8:10$2::/48 unreachable; }
	protocol bgp up {
		local as 6500$2; neighbor fe80::1%eth0 port ${3-179} as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; extended next hop; };
		ipv6 { import all; export all; };
	}
	END
	bird_start "$1" "$T/$1.conf" ip netns exec "$1"
}
# via TABLE-FAMILY NETWORK INTERFACE: in the kernel it leads to fe80::2 there.
via() { ip "$1" route show table 100 "$2" | grep -q "fe80::2 dev $3 "; }
# told NAME NETWORK TEXT: the client has the network from us, with that next hop.
told() { birdc "$1" show route all "$2" protocol up | grep -q "BGP.next_hop: $3"; }
shows() { local net=$1; shift; real show route all "$net" | grep -q "$@"; }
session_is_up() { real show protocols "$1" | grep -q Established; }

conf '"d1"' >dut.conf
dut_start "$T/dut.conf" || { fail "the daemon starts"; finish; }
bird b1 1
bird b2 2
check "BIRD, neighbor ADDRESS%INTERFACE" wait_for 20 is_up b1 up
check "BIRD, interface" wait_for 20 is_up b2 up
check "IPv4 over it" wait_for 10 via -4 198.18.101.0/24 b1
check "IPv6" wait_for 10 via -6 2001:db8:101::/48 b1
check "each over its own interface" wait_for 10 via -4 198.18.102.0/24 b2
check "the next hop is shown as BIRD's" wait_for 10 shows 198.18.101.0/24 'BGP.next_hop: :: fe80::2$'
check "with its interface" wait_for 10 shows 2001:db8:102::/48 'via fe80::2 on b2'
check "ours is the link's" wait_for 10 told b1 198.18.1.0/24 ':: fe80::1'
check "also for routes of others" wait_for 10 told b2 2001:db8:101::/48 ':: fe80::1'
same() { diff <(birdc "$1" show protocols all "$2" | grep 'BGP Next hop') \
	<(real show protocols all "$3" | grep 'BGP Next hop'); }
check "next hops of the session" [ "$(real show protocols all b1 | grep -c 'BGP Next hop:   :: fe80::1$')" = 2 ]

# --- interface range

bird d1 5 1790
bird d2 6 1790
check "a caller from a link that matches" wait_for 20 is_up d1 up
check "is a member" real_says 'd01 .*Established' show protocols
check "with its interface" wait_for 5 real_says 'fe80::2%d1' show protocols all d01
check "and routes" wait_for 10 via -4 198.18.105.0/24 d1
check "one from another link is not let in" not is_up d2 up
since=$(real show protocols b1 | awk '$1 == "b1" { print $5 }')
conf '"d*"' >dut.conf
check "the range is changed" real_says Reconfigured configure
check "who matches now is let in" wait_for 20 is_up d2 up
check "who matched stays" real_says 'd01 .*Established' show protocols
conf '"d2"' >dut.conf
check "it is changed again" real_says Reconfigured configure
check "who does not match goes" wait_for 10 not session_is_up d01
check "the other one stays" is_up d2 up
check_eq "other sessions are untouched" "$(real show protocols b1 | awk '$1 == "b1" { print $5 }')" "$since"
ip link set d2 down
check "a lost link ends a member" wait_for 10 not real_says 'd02' show protocols
ip link set d2 up
ip -6 addr add fe80::1/64 dev d2 nodad
check "which calls again when it is back" wait_for 30 is_up d2 up

# --- links that go and come

ip link set b1 down
check "the session ends with its link" wait_for 10 real_says 'Neighbor lost' show protocols b1
check "its routes leave the kernel" wait_for 10 not via -4 198.18.101.0/24 b1
ip link set b1 up
ip -6 addr add fe80::1/64 dev b1 nodad
check "and is back with it" wait_for 30 is_up b1 up
check "with its routes" wait_for 10 via -4 198.18.101.0/24 b1

# --- FRR without addresses: it learns ours by router advertisements

frr_has() { frr_sh "show bgp ipv4 unicast $1" | grep -q "fe80::1"; }
if frr_installed bgpd; then
	cat >ra.conf <<-END
	log "$T/ra.log" all;
	router id 192.0.2.9;
	protocol device { }
	protocol radv { interface "frr" { min ra interval 3; max ra interval 4; }; }
	END
	bird_start ra "$T/ra.conf"
	frr_files
	{
		frr_bgp 65003 192.0.2.103
		printf ' neighbor eth0 %s\n' "interface remote-as external" "timers connect 2"
		frr_family "ipv4 unicast" eth0 "network 198.18.103.0/24"
		frr_family "ipv6 unicast" eth0 "network 2001:db8:103::/48"
	} >frr/bgpd.conf
	frr_start
	check "FRR, neighbor eth0 interface" wait_for 60 session_is_up frr
	check "FRR: IPv4" wait_for 10 via -4 198.18.103.0/24 frr
	check "FRR: IPv6" wait_for 10 via -6 2001:db8:103::/48 frr
	check "FRR has ours" wait_for 20 frr_has 198.18.1.0/24
else
	skip "FRR is not here"
fi

# --- GoBGP

gobgp_has() { gobgp_sh gobgp global rib -a "$1" | grep -q "$2 .*fe80::1"; }
if gobgp_there; then
	# it takes the neighbour from the kernel's list: somebody has to speak first
	inside gobgp python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.sendto(b"x", ("fe80::1", 9, 0, socket.if_nametoindex("eth0")))'
	wait_for 5 inside gobgp ip -6 neighbor show fe80::1 nud reachable
	{
		gobgp_global 65004 192.0.2.104
		gobgp_neighbor eth0 64512
		gobgp_family ipv4-unicast
		gobgp_family ipv6-unicast
	} >gobgp.conf
	gobgp_start gobgp
	gobgp_sh gobgp global rib add -a ipv6 2001:db8:104::/48 nexthop fe80::2
	gobgp_sh gobgp global rib add 198.18.104.0/24 nexthop fe80::2
	check "GoBGP, neighbor-interface" wait_for 60 session_is_up gobgp
	check "GoBGP: IPv4" wait_for 10 via -4 198.18.104.0/24 gobgp
	check "GoBGP: IPv6" wait_for 10 via -6 2001:db8:104::/48 gobgp
	check "GoBGP has ours" wait_for 20 gobgp_has ipv4 198.18.1.0/24
	check "IPv6 ones, too" wait_for 20 gobgp_has ipv6 2001:db8:1::/48
	conf '"d2"' double >dut.conf
	check "its next hops twice" real_says Reconfigured configure
	frr_double() { frr_sh "show bgp ipv4 unicast 198.18.1.0/24" | grep -q '^ *fe80::1 from eth0'; }
	check "are what FRR has then" wait_for 10 frr_double
else
	skip "GoBGP is not here"
fi
dut_stop
finish
