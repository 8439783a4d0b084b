#!/bin/bash
# BFD within VRFs, beside the real BIRD 2: `vrf` of protocol bfd and of those who ask for
# sessions, one hop and several, with net.ipv4.udp_l3mdev_accept 0 and 1; two neighbours with
# one address, each in a VRF of its own.  It needs real VRFs; tests/e2e/uml.sh brings a kernel
# that has them.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
ip link add probe type vrf table 99 2>/dev/null || skip_all "no VRF in the kernel (see uml.sh)"
ip link del probe

for v in blue red; do
	ip link add $v type vrf table "$([ $v = blue ] && echo 101 || echo 102)"
	ip link set $v up
	ip netns add in-$v
	ip link add to-$v type veth peer name eth0 netns in-$v
	ip link set to-$v master $v up
	ip addr add 10.8.0.1/24 dev to-$v
	ip -n in-$v link set lo up
	ip -n in-$v addr add 10.8.0.2/24 dev eth0
	ip -n in-$v link set eth0 up
	cat >$v.conf <<-CONF
		log "$T/$v.log" all;
		router id 10.8.0.2;
		protocol device { scan time 1; }
		protocol bfd { interface "*" { interval 100 ms; }; multihop { interval 100 ms; };
			neighbor 10.8.0.1 dev "eth0"; neighbor 10.8.0.1 local 10.8.0.2 multihop; }
	CONF
	check "the neighbour in $v starts" bird_start $v "$T/$v.conf" ip netns exec in-$v
done

# conf WAY PROTOCOLS...: neighbours in both VRFs
conf()
{
	local way=$1 v
	shift
	cat <<-CONF
		log "$T/dut.log" all;
		router id 192.0.2.1;
		protocol device { scan time 1; }
	CONF
	for v in blue red; do
		echo "protocol bgp b$v { vrf \"$v\"; local 10.8.0.1 as 64512; passive; bfd;
			neighbor 10.8.0.2 as 65001; $way; ipv4 { import none; export none; }; }"
	done
	printf '%s\n' "$@"
}
both="interface \"*\" { interval 100 ms; }; multihop { interval 100 ms; };"
own="protocol bfd in_blue { vrf \"blue\"; $both }
	protocol bfd in_red { vrf \"red\"; $both }"
any="protocol bfd any { $both }"
dflt="protocol bfd dflt { vrf default; $both }"
strict="protocol bfd in_blue { vrf \"blue\"; strict bind; $both }
	protocol bfd in_red { vrf \"red\"; strict bind; $both }"

sessions() # protocol, neighbour, interface, state
{
	birdc dut show bfd sessions | awk '/:$/ { p = $1 } /^[0-9]/ { print p, $1, $2, $3 }' | sort
}
up() { [ "$(sessions | grep -c ' Up$')" = "$1" ]; }
daemon() { start dut "$1" -f -c "$T/dut.conf" -s "$T/dut.ctl" -P "$T/dut.pid"; wait_for 20 answers "$T/dut.ctl"; }
# same TITLE UP ACCEPT WAY PROTOCOLS: so many sessions come up, with both
same()
{
	local title=$1 n=$2 accept=$3 ours theirs
	shift 3
	sysctl -qw net.ipv4.udp_l3mdev_accept="$accept"
	conf "$@" >dut.conf
	title="$title, udp_l3mdev_accept $accept"
	daemon "$BIRD2" || { fail "$title: BIRD starts"; finish; }
	if [ "$n" = 0 ]; then sleep 2; else wait_for 10 up "$n"; fi
	theirs=$(sessions)
	stop dut
	daemon "$DUT" || { fail "$title: the daemon starts"; finish; }
	if [ "$n" = 0 ]; then sleep 2; else wait_for 10 up "$n"; fi
	ours=$(sessions)
	check_eq "$title" "$ours" "$theirs"
	check_eq "$title: sessions up" "$(grep -c ' Up$' <<<"$ours")" "$n"
	stop dut
}

same "a protocol for each VRF" 2 0 direct "$own"
same "a protocol for each VRF" 2 1 direct "$own"
same "one for all" 0 0 direct "$any"
same "one for all" 2 1 direct "$any"
same "of no VRF" 0 0 direct "$dflt"
same "strict bind" 2 0 direct "$strict"
same "several hops, a protocol for each VRF" 2 0 multihop "$own"

# --- what a reload and a lost VRF make of it

sysctl -qw net.ipv4.udp_l3mdev_accept=0
conf multihop "$own" >dut.conf
check "the daemon starts" daemon "$DUT"
check "up" wait_for 10 up 2
ip link del red
check "a VRF goes: its session goes down" wait_for 10 up 1
check "the other one is up" eval 'sessions | grep -q "in_blue.* Up"'
ip link add red type vrf table 102
ip link set red up
ip link set to-red master red
check "it comes back, and so does the session" wait_for 20 up 2
conf multihop "$any" >dut.conf
birdc dut configure >/dev/null
check "without VRFs: down" wait_for 10 up 0
conf direct "$own" >dut.conf
birdc dut configure >/dev/null
check "by a reload: up" wait_for 20 up 2
mynah_only "no warning" not grep -q WARN dut.log
stop dut
finish
