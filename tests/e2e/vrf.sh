#!/bin/bash
# `vrf`: which interfaces protocols of a VRF see, beside the real BIRD 2, and sockets: two
# neighbours with one address, each in a VRF of its own.
#
# Where the kernel has no VRFs bridges stand for them: to BIRD and to us an interface is in
# the VRF that is its master, and sockets are bound to any interface in the same way.  What a
# bridge has not is routes of its own; addresses stand on it, and sessions are multihop.
#
#   blue, red   VRFs, 10.9.0.1 on both; p1 (10.2.0.1/24) is in blue, p3 (the same) in red
#   p2          10.3.0.1/24, in none
#   b, r        10.9.0.2 behind blue, and behind red
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" ss

KIND=bridge
if ip link add probe type vrf table 99 2>/dev/null; then
	ip link del probe
	KIND="vrf"
fi

vrf_make() # NAME TABLE
{
	if [ "$KIND" = vrf ]; then
		ip link add "$1" type vrf table "$2"
	else
		ip link add "$1" address "02:00:00:00:00:${2#1}" type bridge forward_delay 0
	fi
	ip link set "$1" up
}
port() # NAME VRF [ADDRESS]
{
	ip link add "$1" type veth peer name "$1" netns far
	[ -z "$2" ] || ip link set "$1" master "$2"
	[ -z "$3" ] || ip addr add "$3" dev "$1"
	ip link set "$1" up
	ip -n far link set "$1" up
}
# A neighbour with 10.9.0.2 in a namespace of its own.
neighbor() # NAMESPACE VRF
{
	ip link add "to-$1" type veth peer name eth0 netns "$1"
	ip link set "to-$1" master "$2" up
	if [ "$KIND" = vrf ]; then ip addr add 10.9.0.1/24 dev "to-$1"; else ip addr add 10.9.0.1/24 dev "$2"; fi
	ip -n "$1" addr add 10.9.0.2/24 dev eth0
	ip -n "$1" link set eth0 up
}

ip netns add far
vrf_make blue 101
vrf_make red 102
port p1 blue 10.2.0.1/24
port p2 "" 10.3.0.1/24
port p3 red 10.2.0.1/24
for ns in b r; do ip netns add $ns; ip -n $ns link set lo up; done
neighbor b blue
neighbor r red

# One who does not answer.
ip neigh add 10.9.0.77 lladdr 02:00:00:00:00:77 dev "$(if [ $KIND = vrf ]; then echo to-b; else echo blue; fi)"

# --- interfaces

conf() # NAME
{
	echo "log \"$T/$1.log\" all;"
	echo "router id 192.0.2.1;"
	echo "protocol device { scan time 1; }"
	for v in 'blue "blue"' 'red "red"' 'none "nosuch"' 'dflt default' 'any'; do
		name=${v%% *}
		said=
		[ "$name" = "$v" ] || said="vrf ${v#* };"
		echo "ipv4 table d_$name; ipv4 table s_$name;"
		echo "protocol direct d$name { $said ipv4 { table d_$name; }; interface \"p*\"; }"
		echo "protocol static s$name { $said ipv4 { table s_$name; };"
		echo "	route 172.16.2.0/24 via 10.2.0.9; route 172.16.3.0/24 via 10.3.0.9;"
		echo "	route 172.16.5.0/24 via \"p2\";"
		echo "	route 172.16.6.0/24 via 10.77.0.9%p3 onlink; }"
	done
	echo "protocol rpki cache { vrf \"blue\"; roa4 { table r4; }; remote 10.9.0.77 port 3323; }"
	echo "roa4 table r4;"
}
# Of several interfaces with one network it is by chance which one comes first: routes through
# those of any VRF are not looked at.
listing()
{
	"$BIRDC" -s "$T/$1.ctl" show route table all | awk '
		/^Table/ { t = $2; sub(":", "", t) }
		t !~ /^([ds]_(blue|red|none)|d_dflt)$/ { next }
		/^[0-9]/ { net = $1 }
		/^\t/ { $1 = $1; print t, net, $0 }' | sort
}
same()
{
	local name=$1 end=$((SECONDS + 15 * SLOW))
	until [ "$(listing ref)" = "$(listing dut)" ]; do
		[ $SECONDS -lt $end ] || break
		sleep 0.2
	done
	check_eq "$name" "$(listing dut)" "$(listing ref)"
}
shows() { listing "$1" | grep -q "^d_$2 $3"; }

for n in dut ref; do { echo "roa4 table r4;"; conf $n | grep -v '^roa4'; } >$n.conf; done
check "the daemon starts" dut_start "$T/dut.conf"
check "BIRD starts" bird_start ref "$T/ref.conf"
check "a port's network is in the VRF" wait_for 10 shows ref blue '10.2.0.0/24 dev p1'
same "interfaces of VRFs as BIRD has them"
check "of none are those without a master" shows dut dflt '10.3.0.0/24 dev p2'
check "and no others" not shows dut dflt 10.2.0.0
check "each VRF has its own network" shows dut red '10.2.0.0/24 dev p3'
vrf_said() { birdc "$1" show protocols all "$2" | grep VRF; }
check_eq "it is shown" "$(vrf_said dut dblue; vrf_said dut ddflt; vrf_said dut dany)" \
	"$(vrf_said ref dblue; vrf_said ref ddflt; vrf_said ref dany)"
bound() { [ "$(ss -Htn state syn-sent dst 10.9.0.77 | grep -c '%blue:')" = 2 ]; }
check "connections to a cache are bound to it, both" wait_for 20 bound
ip link set p1 nomaster
check "a port leaves" wait_for 10 shows dut dflt '10.2.0.0/24 dev p1'
check "to BIRD, too" wait_for 10 shows ref dflt '10.2.0.0/24 dev p1'
same "as BIRD, after that"
ip link set p1 master blue
check "and comes back" wait_for 10 not shows dut dflt 10.2.0.0
check "and BIRD" wait_for 10 not shows ref dflt 10.2.0.0
same "as BIRD, when it is back"
stop ref
dut_stop

# --- sockets

dut_conf() # OPTIONS [OF_B [OF_R]]
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { scan time 1; }
	template bgp peers {
		local 10.9.0.1 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		hold time 6;
		ipv4 { import all; export none; };
		$1
	}
	protocol bgp b from peers { vrf "blue"; neighbor 10.9.0.2 as 65001; ${2-} }
	protocol bgp r from peers { vrf "red"; neighbor 10.9.0.2 as 65002; ${3-} }
	END
}
peer_start() # NAMESPACE AS OPTIONS
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.9.0.$2;
	protocol device { }
	protocol static { ipv4; route 198.51.$((${2} - 65000)).0/24 unreachable; }
	protocol bgp up {
		local 10.9.0.2 as $2; neighbor 10.9.0.1 as 64512; multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import none; export all; };
		$3
	}
	END
	sed -i "s/^router id .*/router id 10.9.1.$(($2 - 65000));/" "$1.conf"
	bird_start "$1" "$T/$1.conf" ip netns exec "$1"
}
from() { dutc show route "$1" | grep -q "\[$2 "; }

for who in "passive" ""; do
	what="we connect"
	[ -z "$who" ] || what="they connect"
	other=passive
	[ -z "$who" ] || other=
	dut_conf "${who:+$who;}" >dut.conf
	check "$what: the daemon starts" dut_start "$T/dut.conf"
	peer_start b 65001 "${other:+$other;}" || fail "b starts"
	peer_start r 65002 "${other:+$other;}" || fail "r starts"
	check "$what: the session in blue" wait_for 20 is_up dut b
	check "$what: and in red, with the same address" wait_for 20 is_up dut r
	check "$what: each has its neighbour's route" \
		wait_for 10 eval 'from 198.51.1.0/24 b && from 198.51.2.0/24 r'
	if [ -n "$who" ]; then
		# The red one goes, and comes again as another device.
		ip link del red
		check "the session ends with its VRF" wait_for 30 not is_up dut r
		vrf_make red 102
		ip link set to-r master red
		[ "$KIND" = vrf ] || ip addr add 10.9.0.1/24 dev red
		check "and comes again with it" wait_for 30 is_up dut r
		check "the other one has stayed" from 198.51.1.0/24 b
	fi
	stop b
	stop r
	dut_stop
done

# --- passwords: the same address with another one, or none, in the other VRF

passwords() # OF_B OF_R: with each the sessions come up, or the test fails
{
	dut_conf "passive;" "${1:+password \"$1\";}" "${2:+password \"$2\";}" >dut.conf
	birdc dut configure >/dev/null
	peer_start b 65001 "${1:+password \"$1\";}" || fail "b starts"
	peer_start r 65002 "${2:+password \"$2\";}" || fail "r starts"
	check "passwords '$1' and '$2': blue" wait_for 20 is_up dut b
	check "passwords '$1' and '$2': red" wait_for 20 is_up dut r
	stop b
	stop r
	wait_for 20 not is_up dut b
	wait_for 20 not is_up dut r
}
dut_conf "passive;" >dut.conf
check "the daemon starts once more" dut_start "$T/dut.conf"
passwords one two
if is_mynah || [ "$KIND" = vrf ]; then
	passwords one ""
	passwords "" two
	passwords one one
	passwords "" ""
fi

# --- BFD over several hops: one address, a session in each VRF (more in bfdvrf.sh)

bfd_conf() # VRF_OF_RED
{
	echo "log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { scan time 1; }"
	for v in "b blue" "r $1"; do
		echo "protocol bfd in_${v%% *} { vrf \"${v##* }\"; multihop { interval 200 ms; };
			neighbor 10.9.0.2 local 10.9.0.1 multihop; }"
	done
}
bfd_up() { birdc dut show bfd sessions "$1" | grep -q '^10.9.0.2 .* Up '; }
for ns in b r; do
	cat >$ns.conf <<-END
	log "$T/$ns.log" all;
	router id 10.9.0.2;
	protocol device { }
	protocol bfd { multihop { interval 200 ms; }; neighbor 10.9.0.1 local 10.9.0.2 multihop; }
	END
	bird_start $ns "$T/$ns.conf" ip netns exec $ns || fail "$ns starts"
done
bfd_conf red >dut.conf
birdc dut configure >/dev/null
if is_mynah || [ "$KIND" = vrf ]; then
	check "BFD: a session in blue" wait_for 20 bfd_up in_b
	check "BFD: and one in red, with the same address" wait_for 20 bfd_up in_r
	stop r
	check "BFD: that of red goes down" wait_for 10 not bfd_up in_r
	check "BFD: that of blue is up" bfd_up in_b
fi
bfd_conf nosuch >dut.conf
birdc dut configure >/dev/null
mynah_only "BFD: a VRF that is not there is said" wait_for 5 grep -q 'BFD: Cannot listen: No such device' dut.log
check "BFD: blue goes on" bfd_up in_b
dut_stop
finish
