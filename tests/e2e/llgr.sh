#!/bin/bash
# Long-lived graceful restart (RFC 9494), the receiving side: when the restart time of a
# client that died is over its routes stay, marked, where that is understood; NO_LLGR ones
# go, and all go when the long-lived time is over.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

cat >dut.conf <<END
log "$T/dut.log" all;
router id 192.0.2.1;
protocol device { }
template bgp clients {
	local 127.0.0.1 port 1790 as 64512;
	rr client; passive; multihop;
	error wait time 1, 1;
	ipv4 { import all; export all; };
}
$(for n in 1 2 3 4; do echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"; done)
END
client() # n options routes
{
	cat >"c$1.conf" <<-END
	log "$T/c$1.log" all;
	router id 127.0.1.$1;
	protocol device { }
	protocol static s4 { ipv4; $3 }
	protocol bgp up {
		local 127.0.1.$1 as 64512; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		$2
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	END
	rm -f "$T/c$1.ctl"
	start "c$1" "$BIRD2" -f -c "$T/c$1.conf" -s "$T/c$1.ctl" ${4:+"$4"}
	wait_for 20 answers "$T/c$1.ctl"
}
marked() { birdc "$1" show route all "$2" | grep -q '(65535, *6)'; }
routes1='route 10.1.0.0/24 unreachable; route 10.9.0.0/24 unreachable { bgp_local_pref = 200; };
	route 10.1.1.0/24 unreachable { bgp_community.add((65535,7)); };'
gr='graceful restart on; graceful restart time 2; long lived graceful restart on; long lived stale time 6;'
dut_start "$T/dut.conf" || fail "the daemon starts"
client 1 "$gr" "$routes1"
client 2 '' ''
client 3 'graceful restart off;' ''
client 4 '' 'route 10.9.0.0/24 unreachable;'
for n in 1 2 3 4; do check "c$n is up" wait_for 20 is_up "c$n" up; done
check "the capability is shown" real_says 'LL stale time: 6' show protocols all c1
check "ours, too" real_says 'Long-lived graceful restart' show protocols all c3
for n in 2 3; do check "c$n has the route" wait_for 10 has_route "c$n" 10.1.0.0/24; done
best() { birdc c2 show route all 10.9.0.0/24 | grep -q "originator_id: 127.0.1.$1"; }
check "the best of two" wait_for 10 best 1
stop c1 KILL
check "the restart time" wait_for 5 real_says 'Neighbor GR: *Regular' show protocols all c1
check "nothing is marked yet" not marked c2 10.1.0.0/24
check "the long-lived time" wait_for 10 real_says 'Neighbor GR: *Long-lived' show protocols all c1
check "marked for who understands" wait_for 5 marked c2 10.1.0.0/24
check "gone for who does not" wait_for 5 not has_route c3 10.1.0.0/24
check "NO_LLGR is gone" wait_for 5 not has_route c2 10.1.1.0/24
check "the other one is better now" wait_for 5 best 4
check "the end" wait_for 15 not has_route c2 10.1.0.0/24
client 1 "$gr" "$routes1"
check "back" wait_for 20 has_route c2 10.1.0.0/24
check "it is as it was" not marked c2 10.1.0.0/24
check "the best again" wait_for 10 best 1
stop c1 KILL
check "long-lived once more" wait_for 10 marked c2 10.1.0.0/24
client 1 "$gr" "${routes1#*;}" -R
check "back in time" wait_for 20 is_up c1 up
check "what it has is as it was" wait_for 10 best 1
check "what it has no more is gone" wait_for 10 not has_route c2 10.1.0.0/24
check "no marks are left" not marked c2 10.9.0.0/24
dut_stop
finish
