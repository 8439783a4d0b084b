#!/bin/bash
# Next hops of neighbours on links: what `gateway direct` takes and refuses, which of two
# addresses is used, also where they are looked up.  The same is put to the real BIRD, and what
# is shown is compared.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
ip netns add far
ip link add d0 type veth peer name d1 netns far
ip link add o0 type veth peer name o1
sysctl -qw net.ipv6.conf.d0.accept_dad=0 net.ipv6.conf.d0.addr_gen_mode=1
inside far sysctl -qw net.ipv6.conf.d1.accept_dad=0 net.ipv6.conf.d1.addr_gen_mode=1
ip addr add 10.77.0.1/24 dev d0
ip addr add 10.78.0.1/24 dev o0
ip -6 addr add fd77::1/64 dev d0 nodad
ip -6 addr add fd78::1/64 dev o0 nodad
ip -6 addr add fe80::1/64 dev d0 nodad
ip -n far -6 addr add fe80::2/64 dev d1 nodad
for n in 2 3; do
	ip -n far addr add 10.77.0.$n/24 dev d1
	ip -n far -6 addr add fd77::$n/64 dev d1 nodad
done
for i in d0 o0 o1; do ip link set $i up; done
ip -n far link set lo up
ip -n far link set d1 up

conf() # NAME PORT NEIGHBOUR AS OPTIONS CHANNEL-OPTIONS
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 192.0.2.1;
	protocol device { scan time 1; }
	protocol direct { ipv4; ipv6; interface "d0"; }
	protocol bgp e4 {
		local port $2 as 64512;
		neighbor 10.77.0.$3 as $4;
		passive; $5
		ipv4 { import all; export none; $6 };
	}
	protocol bgp e6 {
		local port $2 as 64512;
		neighbor fd77::$3 as $4;
		passive; $5
		ipv6 { import all; export none; $6 };
	}
	END
	if [ "$1" = dut ]; then
		cat >>dut.conf <<-END
		protocol kernel { ipv6 { export where source = RTS_BGP; }; kernel table 100; }
		END
	fi
}
far() # NAME PORT N AS
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.77.0.$3;
	protocol device { scan time 1; }
	protocol static s4 { ipv4;
		route 198.18.1.0/24 unreachable;
		route 198.18.2.0/24 unreachable { bgp_next_hop = 10.77.0.99; };
		route 198.18.3.0/24 unreachable { bgp_next_hop = 203.0.113.1; };
		route 198.18.4.0/24 unreachable { bgp_next_hop = 10.77.0.1; };
		route 198.18.5.0/24 unreachable { bgp_next_hop = 10.78.0.1; };
		route 198.18.6.0/24 unreachable { bgp_next_hop = 10.78.0.2; };
	}
	protocol static s6 { ipv6;
		route 2001:db8:1::/48 unreachable;
		route 2001:db8:2::/48 unreachable { bgp_next_hop = fd77::99; };
		route 2001:db8:3::/48 unreachable { bgp_next_hop = 2001:db8::1; };
		route 2001:db8:4::/48 unreachable { bgp_next_hop = fd77::1; };
		route 2001:db8:5::/48 unreachable { bgp_next_hop = fd78::1; };
		route 2001:db8:6::/48 unreachable { bgp_next_hop = fd78::2; };
	}
	template bgp up {
		connect delay time 1; connect retry time 1; error wait time 1, 1; direct;
		strict bind;
	}
	protocol bgp e4 from up {
		local 10.77.0.$3 as $4; neighbor 10.77.0.1 port $2 as 64512;
		ipv4 { import none; export where source = RTS_STATIC; };
	}
	protocol bgp e6 from up {
		local fd77::$3 as $4; neighbor fd77::1 port $2 as 64512;
		ipv6 { import none; export where source = RTS_STATIC; };
	}
	END
	bird_start "$1" "$T/$1.conf" ip netns exec far
}
# Networks, the ways they lead and the next hops, without what differs for the neighbour.
listing()
{
	birdc "$1" show route all table "$2" | sed -E \
		-e "s/(10.77.0.|fd77::)$3( |\$)/\1N\2/" -e 's/\[(e[46]) [^]]*\]/[\1]/' |
		awk '/^[0-9]/ { net = $1 " " $2 " " $3 } /via|BGP.next_hop/ { print net, $0 }' |
		grep '\[e' | sort
}
same()
{
	local end=$((SECONDS + 10 * SLOW))
	while [ "$(listing dut "$2" 2)" != "$(listing ref "$2" 3)" ] && [ $SECONDS -lt $end ]; do
		sleep 0.2
	done
	check_eq "$1" "$(listing dut "$2" 2)" "$(listing ref "$2" 3)"
}
both_up() { is_up dut e4 && is_up dut e6 && is_up ref e4 && is_up ref e6; }
both() # AS OPTIONS CHANNEL-OPTIONS
{
	conf dut 1790 2 "$@"
	conf ref 1792 3 "$@"
}
nets() { listing dut "$1" 2 | awk '{ print $1 }' | uniq | tr '\n' ' '; }
nets_are() { [ "$(nets "$1")" = "$2" ]; }
kernel_via() { ip -6 route show table 100 "$1" | grep -q "via $2 dev d0"; }
restart()
{
	stop far1
	stop far2
	real configure >/dev/null
	birdc ref configure >/dev/null
	far far1 1790 2 "$1"
	far far2 1792 3 "$1"
}

both 65001 "" ""
dut_start "$T/dut.conf" || { fail "the daemon starts"; finish; }
bird_start ref "$T/ref.conf"
far far1 1790 2 65001
far far2 1792 3 65001
check "external sessions" wait_for 30 both_up
check "IPv4: on our links, and not our own" wait_for 10 \
	nets_are master4 "198.18.1.0/24 198.18.2.0/24 198.18.6.0/24 "
same "as BIRD takes them" master4
same "IPv6" master6
mynah_only "the global address is the way" wait_for 10 kernel_via 2001:db8:1::/48 fd77::2

both 64512 "direct;" "gateway recursive;"
restart 64512
check "internal sessions, next hops looked up" wait_for 30 both_up
same "IPv4" master4
same "IPv6: by the link-local address where it is a neighbour" master6
mynah_only "in the kernel, too" wait_for 10 kernel_via 2001:db8:1::/48 fe80::2

both 64512 "direct;" "gateway recursive; next hop prefer global;"
real configure >/dev/null
birdc ref configure >/dev/null
check "next hop prefer global" wait_for 30 both_up
mynah_only "the kernel has the global one" wait_for 10 kernel_via 2001:db8:1::/48 fd77::2
same "as BIRD" master6
if is_mynah; then
	conf dut 1790 2 64512 "direct;" "gateway direct; next hop prefer local;"
	real configure >/dev/null
	check "next hop prefer local, direct" wait_for 10 kernel_via 2001:db8:1::/48 fe80::2
	check "what has one address has that" wait_for 10 kernel_via 2001:db8:2::/48 fd77::99
	conf dut 1790 2 64512 'direct; interface "d0"; onlink;' "gateway direct;"
	real configure >/dev/null
	check "onlink" wait_for 30 is_up dut e6
	onlink() { ip -6 route show table 100 2001:db8:3::/48 | grep -q "via 2001:db8::1 dev d0.*onlink"; }
	check "any next hop is on the link" wait_for 10 onlink
	check "what the kernel refuses is said" grep -q 'WARN> kernel1: kernel refuses' dut.log
	nameless() { grep 'kernel refuses' dut.log | grep -qv ' kernel1: '; }
	check "with the protocol's name, after reloads, too" not nameless
fi
dut_stop
finish
