#!/bin/bash
# The control socket: the real birdc asks the daemon under test and, on an equal
# configuration with equal clients, the real BIRD 2; the answers are compared command by
# command with reply codes, once times, versions and counters of work done are masked.
# Each side has a network of its own: reflector and clients in two namespaces with a cable.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# --- clients 2, 3, 4: the same for both sides

client_conf() # side number
{
	cat <<-END
	log "$T/$1_c$2.log" all;
	router id 10.99.0.$2;
	protocol device { }
	protocol static {
		ipv4;
		route 198.18.$2.0/24 unreachable;
		route 198.18.0.0/16 unreachable;
	}
	protocol static { ipv6; route 2001:db8:$2::/48 unreachable; }
	filter mark4 {
		if net = 198.18.2.0/24 then {
			bgp_path.prepend(65001); bgp_path.prepend(65002);
			bgp_community.add((64512,1)); bgp_community.add((64512,2));
			bgp_ext_community.add((rt, 64512, 7));
			bgp_large_community.add((64512,1,2));
			bgp_med = 30;
		}
		if source = RTS_STATIC then accept; reject;
	}
	protocol bgp up {
		local 10.99.0.$2 as 64512; strict bind;
		neighbor 10.99.0.1 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export filter mark4; };
		ipv6 { import all; export where source = RTS_STATIC;
			next hop address fd99::$2; };
	}
	END
}

# --- the one configuration of both reflectors

reflector_conf()
{
	cat <<-END
	log stderr all;
	router id 192.0.2.1;
	hostname "reflector";
	protocol device { }
	protocol static st4 {
		ipv4;
		route 203.0.113.0/25 via 10.99.0.2;
		route 203.0.113.128/25 blackhole;
		route 192.0.2.0/24 unreachable;
		route 198.51.100.0/24 prohibit;
	}
	filter no_third { if net ~ [198.18.3.0/24] then reject; accept; }
	template bgp clients {
		local 10.99.0.1 as 64512;
		direct;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	protocol bgp pe2 from clients {
		description "the second";
		neighbor 10.99.0.2 as 64512;
	}
	protocol bgp pe3 from clients {
		neighbor 10.99.0.3 as 64512;
		ipv4 { import all; export filter no_third; };
	}
	protocol bgp pe4 from clients {
		neighbor 10.99.0.4 as 64512;
		ipv4 { import where net.len > 16; export where net != 192.0.2.0/24; };
	}
	protocol bgp nobody from clients { neighbor 10.99.0.9 as 64512; }
	protocol bgp rests from clients { disabled; neighbor 10.99.0.8 as 64512; }
	ipv4 table igp4 { trie; };
	flow4 table flows;
	protocol bgp far {
		disabled;
		local 10.99.0.1 as 64512;
		neighbor 10.98.0.8 as 64512;
		multihop;
		ipv4 { extended next hop; igp table igp4; import all; export all; };
		ipv6 { import all; export all; };
		flow4 { base table igp4; validate; import all; export all; };
	}
	END
}

side_network()
{
	ip netns add "$1"
	ip netns add "$1-clients"
	ip link add eth0 netns "$1" type veth peer name eth0 netns "$1-clients"
	for ns in "$1" "$1-clients"; do
		inside "$ns" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
		ip -n "$ns" link set lo up
	done
	ip -n "$1" addr add 10.99.0.1/24 dev eth0
	ip -n "$1" -6 addr add fd99::1/64 dev eth0 nodad
	for n in 2 3 4; do
		ip -n "$1-clients" addr add 10.99.0.$n/24 dev eth0
		ip -n "$1-clients" -6 addr add fd99::$n/64 dev eth0 nodad
	done
	ip -n "$1" link set eth0 up
	ip -n "$1-clients" link set eth0 up
}

side_start() # name daemon; clients one after the other, so that both sides learn in order
{
	start "$1" ip netns exec "$1" "$2" -f -c "$T/reflector.conf" -s "$T/$1.ctl"
	wait_for 20 answers "$T/$1.ctl" || return 1
	for n in 2 3 4; do
		client_conf "$1" "$n" >"$1_c$n.conf"
		bird_start "$1_c$n" "$T/$1_c$n.conf" ip netns exec "$1-clients" || return 1
		wait_for 20 is_up "$1" "pe$n" || return 1
		wait_for 20 has_route "$1" "2001:db8:$n::/48" || return 1
	done
}

# What may differ between two daemons that do the same: times, versions, how often they did
# it.  BIRD announces that it is aware of long-lived graceful restart, mynah is not.
mask()
{
	sed -E '
		s/[0-9]{4}-[0-9]{2}-[0-9]{2}( |$)/DATE\1/g
		s/[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?/TIME/g
		s/BIRD [^ ]+ ready/BIRD VERSION ready/
		s/^(1000-)?BIRD [0-9][^ ]*$/\1BIRD VERSION/
		s/((Hold|Keepalive|Send hold) timer: +)[0-9.]+\//\1N\//
		s/((Import|Export) (updates|withdraws): .*)/\2 \3/
		/^ +Long-lived graceful restart$/d
		s/fe80::[0-9a-f:]+/LINKLOCAL/'
}

# networks: the blocks of `show route` in the order of their text
networks()
{
	awk '
		/^[^ \t]/ && !/^(Table|BIRD)/ { if (block) print block; block = $0; next }
		/^[ \t]/ { block = block "\001" $0; next }
		{ if (block) print block "\002"; block = ""; print $0 "\003" }
		END { if (block) print block }' | awk '
		/\003$/ { close("sort"); sub(/\003/, ""); print; fflush(); next }
		{ sub(/\002$/, ""); print | "sort" }' | tr '\001' '\n'
}

answer() # side filter command...
{
	local side=$1 filter=$2
	shift 2
	"$BIRDC" -v -s "$T/$side.ctl" "$@" >"$T/$side.answer" 2>&1 </dev/null
	echo "status $?" >>"$T/$side.answer"
	sed -E 's/^([0-9]{4})[- ]//; s/^ {5}//' "$T/$side.answer" | mask | "$filter"
}
codes() { sed -nE 's/^([0-9]{4})[- ].*/\1/p' "$T/$1.answer" | uniq | tr '\n' ' '; }

# same COMMAND...: text and the codes, as both sides say it.
same()
{
	check_eq "$*" "$(answer dut cat "$@"; codes dut)" "$(answer ref cat "$@"; codes ref)"
}
same_networks()
{
	check_eq "$*" "$(answer dut networks "$@"; codes dut | tr ' ' '\n' | sort -u)" \
		"$(answer ref networks "$@"; codes ref | tr ' ' '\n' | sort -u)"
}
# both COMMAND...: carried out on both sides without a comparison.
both() { answer dut cat "$@" >/dev/null; answer ref cat "$@" >/dev/null; }
both_up()
{
	wait_for 20 is_up dut "$1" && wait_for 20 is_up ref "$1"
}

reflector_conf >reflector.conf
for side in dut ref; do side_network $side; done
check "the daemon under test and its clients start" side_start dut "$DUT"
check "BIRD 2 and its clients start" side_start ref "$BIRD2"
[ $failed = 0 ] || finish
wait_for 10 has_route dut_c2 198.18.4.0/24
wait_for 10 has_route ref_c2 198.18.4.0/24

same show status
same show protocols
same show protocols pe2
same show protocols '"pe*"'
same show protocols '"x*"'
same show symbols template
sorted_symbols() { answer "$1" cat show symbols "$2" | sort; }
for class in protocol filter table; do
	check_eq "show symbols $class" "$(sorted_symbols dut $class)" "$(sorted_symbols ref $class)"
done
same show protocols all
same show protocols all pe2
same show protocols all far
same show protocols all st4
same show protocols all '"r*"'
same_networks show route
same_networks show route all
same show route 198.18.2.0/24
same show route all 198.18.2.0/24
same show route all 198.18.0.0/16
same show route for 198.18.2.77
same show route for 198.18.2.77 all
same show route for 198.18.200.1
same show route for 198.18.2.0/25
same show route for 2001:db8:3::1
same show route for 2001:db8:3::1 all
same show route for 100.64.0.1
same show route 100.64.0.0/10
same_networks show route table master4
same_networks show route table master6
same_networks show route protocol pe2
same_networks show route protocol st4 all
same_networks show route primary
same_networks show route primary all
same_networks show route where 'net ~ [198.18.0.0/16{24,24}]'
same_networks show route where 'proto = "pe3"'
same_networks show route filter no_third
same_networks show route export pe3
same_networks show route export pe4
same_networks show route noexport pe4
same show route count
same show route table master4 count
same show route export pe2 count
same show static
same show static st4
same show symbols pe2
same eval '1 + 2 * 3'

# Mistakes.
same show protocols nosuch
same show route for nonsense
same show route table nosuch
same disable nosuch
same disable '"x*"'
same enable
same bogus

# Changes, each followed by a look.
same configure check
same configure
same configure soft
same configure timeout 100
same configure confirm
same configure confirm
same configure undo
same configure '"/nonexistent"'
same show protocols
same disable pe3
same disable pe3
same show protocols pe3
wait_for 10 not has_route dut 198.18.3.0/24
wait_for 10 not has_route ref 198.18.3.0/24
same_networks show route all
same enable pe3
same enable pe3
check "enable: the session is back" both_up pe3
same restart pe3
check "restart: the session is back" both_up pe3
same disable pe4 '"out for lunch"'
same show protocols all pe4
same restart pe4
same enable pe4
check "enable: the session is back, with a message given" both_up pe4
same reload pe2
same reload in pe2
same reload out pe2
same reload st4
same reload rests
same reload '"pe*"'
same restart '"pe*"'
check "restart: all are back" both_up pe2
both_up pe3
both_up pe4
wait_for 20 has_route dut 2001:db8:4::/48
wait_for 20 has_route ref 2001:db8:4::/48
same debug pe2 all
same debug pe2 off
same echo off

# The client of the project says what birdc says.
mynahc_says()
{
	"$DUTC" -s "$T/dut.ctl" "$@" >client.txt 2>&1
	echo "status $?" >>client.txt
	"$BIRDC" -s "$T/dut.ctl" "$@" >birdc.txt 2>&1
	echo "status $?" >>birdc.txt
	check_eq "mynahc $*" "$(mask <client.txt)" "$(mask <birdc.txt)"
}
mynahc_says show status
mynahc_says show protocols
mynahc_says sh pro pe2
mynahc_says show route all
mynahc_says show protocols nosuch
mynahc_says s
mynahc_says nosuch
mynahc_says -v show status
mynahc_says -r show status
mynahc_says -r disable pe2
"$DUTC" -s "$T/dut.ctl" >client.txt 2>&1 <<-END
	show status
	show protocols pe2
END
check "mynahc reads commands from its input" grep -q "^pe2 .*Established" client.txt
"$DUTC" -s "$T/nowhere.ctl" show status >client.txt 2>&1
check "mynahc without a daemon ends with 1" [ $? = 1 ]

# A monitor that reads the socket: the metrics it makes of both sides.
exporter=$(command -v prometheus-bird-exporter)
exporter_start() # side port
{
	start "exporter_$1" "$exporter" -bird.v2 -bird.socket "$T/$1.ctl" \
		-web.listen-address "127.0.0.1:$2"
	wait_for 10 curl -sf -o "$1.metrics" "http://127.0.0.1:$2/metrics"
}
metrics() # port
{
	curl -sf "http://127.0.0.1:$1/metrics" | grep '^bird_' | sed -E '
		/^bird_(protocol_uptime|protocol_changes_)/s/ [^ ]*$/ N/
		/^bird_socket/d' | sort
}
if [ -n "$exporter" ] && [ -n "$(command -v curl)" ]; then
	exporter_start ref 9325
	exporter_start dut 9324
	# sessions restarted above may still be telling their routes
	agree() { want=$(metrics 9325); [ "$(metrics 9324)" = "$want" ]; }
	wait_for 10 agree
	check "prometheus-bird-exporter finds the sessions" \
		[ "$(echo "$want" | grep -c '^bird_protocol_up{.*ip_version="4".*proto="BGP"')" = 6 ]
	check_eq "prometheus-bird-exporter" "$(metrics 9324)" "$want"
else
	skip "prometheus-bird-exporter: not installed"
fi

same down
stop dut 0
check_eq "down ends the daemon with 0" $? 0
finish
