#!/bin/bash
# Neighbours on links: a session without `multihop` ends when the link or our address on it
# is lost, and comes back with it; `check link`.  What is shown is compared with the real
# BIRD's.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
ip netns add far
ip link add d0 type veth peer name d1 netns far
ip addr add 10.77.0.1/24 dev d0
ip link set d0 up
ip -n far link set lo up
ip -n far addr add 10.77.0.2/24 dev d1
ip -n far addr add 10.77.0.3/24 dev d1
ip -n far link set d1 up

conf() # NAME PORT NEIGHBOUR [OPTIONS]
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 192.0.2.1;
	protocol device { scan time 1; }
	protocol bgp e {
		local port $2 as 64512;
		neighbor $3 as 65001;
		passive; connect retry time 1; error wait time 1, 1; ${4-}
		ipv4 { import all; export all; };
	}
	END
}
far() # NAME PORT ADDRESS
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id $3;
	protocol device { scan time 1; }
	protocol static st { ipv4; route 198.51.100.0/24 unreachable; }
	protocol bgp up {
		local $3 as 65001; strict bind;
		neighbor 10.77.0.1 port $2 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1; check link off;
		ipv4 { import none; export all; };
	}
	END
	bird_start "$1" "$T/$1.conf" ip netns exec far
}
both() # OPTIONS
{
	conf dut 1790 10.77.0.2 "$1"
	conf ref 1792 10.77.0.3 "$1"
}
# State and info, without the time.
shown() { birdc "$1" show protocols e | awk '$1 == "e" { print $4, $6, $7, $8, $9, $10 }'; }
both_up() { is_up dut e && is_up ref e; }
says() { [ "$(shown ref)" = "$1" ] && [ "$(shown dut)" = "$1" ]; }
# become NAME TEXT: both say so within a time that is far from the hold time.
become() { check "$1" wait_for 10 says "$2" || { shown ref; shown dut; }; }

both ""
dut_start "$T/dut.conf" || fail "the daemon starts"
bird_start ref "$T/ref.conf" || fail "BIRD starts"
far far1 1790 10.77.0.2
far far2 1792 10.77.0.3
check "the sessions are up" wait_for 30 both_up
check "with a route" wait_for 10 has_route dut 198.51.100.0/24
ip -n far link set d1 down
become "the link is lost" "start Idle Error: Link down "
check "its routes have gone" wait_for 5 not has_route dut 198.51.100.0/24
ip -n far link set d1 up
check "the link is back" wait_for 30 both_up
real disable e >/dev/null
ip -n far link set d1 down
real enable e >/dev/null
mynah_only "enabled while the link is down" wait_for 5 real_says 'Idle.*Link down' show protocols e
ip -n far link set d1 up
check "and it is back" wait_for 30 both_up
ip addr del 10.77.0.1/24 dev d0
become "our address is lost" "start Idle Error: Neighbor lost "
ip addr add 10.77.0.1/24 dev d0
check "our address is back" wait_for 30 both_up
ip link set d0 down
become "the interface is down" "start Idle Error: Neighbor lost "
ip link set d0 up
check "the interface is up" wait_for 30 both_up
both "check link off;"
real configure >/dev/null
birdc ref configure >/dev/null
check "the sessions last over the reload" both_up
ip -n far link set d1 down
seen() { birdc dut show interfaces | grep -A1 '^d0' | grep -q "LinkDown"; }
check "the link's loss is seen" wait_for 10 seen
check "without check link they stay" both_up
both "check link on;"
real configure >/dev/null
become_link() { [ "$(shown dut)" = "start Idle Error: Link down " ]; }
mynah_only "switched on by a reload" wait_for 5 become_link
ip -n far link set d1 up
check "all is back" wait_for 30 both_up
dut_stop
finish
