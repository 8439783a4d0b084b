#!/bin/bash
# Filters that say where a route leads: `gw`, `ifname`, `dest` and `from`, on the way into a table,
# through a pipe and to the kernel.  The daemon and a real BIRD 2, each in a namespace of its own
# with the same links, must show the same routes, hold the same in the kernel and print the same.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

world() # name
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" link add d0 type veth peer name d1
	ip -n "$1" addr add 10.77.0.1/24 dev d0
	ip -n "$1" addr add 10.79.0.1/24 dev d1
	ip -n "$1" link set d0 up # and d1 stays down
}

cat >gateway.conf <<'END'
log stderr { info, warning, error, fatal, bug };
router id 192.0.2.1;
protocol device { }
ipv4 table behind;
flow4 table flows;
filter inbound {
	if net = 10.2.0.0/16 then from = 192.0.2.99;
	if net = 10.1.0.0/16 then gw = 10.77.0.5;
	if net = 10.2.0.0/16 then ifname = "d0";
	if net = 10.3.0.0/16 then gw = 203.0.113.1;	# on no link
	if net = 10.4.0.0/16 then ifname = "nosuch0";
	if net = 10.5.0.0/16 then gw = 10.77.0.1;	# our own
	if net = 10.9.0.0/16 then gw = fe80::2;		# no interface is known
	if net = 10.10.0.0/16 then gw = 10.77.0.255;
	if net = 10.11.0.0/16 then gw = 127.0.0.5;
	if net = 10.12.0.0/16 then gw = 10.77.0.0;
	if net = 10.14.0.0/16 then ifname = "lo";
	if net = 10.15.0.0/16 then gw = 10.79.0.5;	# the link is down
	if net = 10.18.0.0/16 then { ifname = "d0"; dest = RTD_PROHIBIT; }
	print "in ", net, " ", gw, " ", ifname, " ", dest, " ", weight, " ", from;
	accept;
}
filter beyond {
	gw = 10.77.0.3;
	print "through ", net, " ", gw, " ", ifname, " ", dest;
	dest = RTD_UNREACHABLE;
	print "down ", net, " ", gw, " ", ifname, " ", dest;
	if net ~ [10.1.0.0/16, 10.2.0.0/16] then ifname = "d0";
	accept;
}
filter outbound {
	if net = 10.6.0.0/16 then gw = 10.77.0.9;
	if net = 10.7.0.0/16 then gw = 10.99.0.9;
	if net = 10.8.0.0/16 then ifname = "d0";
	if net = 10.17.0.0/16 then ifname = "nosuch0";
	accept;
}
protocol kernel { ipv4 { export filter outbound; }; kernel table 77; }
protocol pipe { table master4; peer table behind; export filter beyond; import none; }
protocol static s1 {
	ipv4 { import filter inbound; };
	route 10.1.0.0/16 blackhole; route 10.2.0.0/16 blackhole; route 10.3.0.0/16 blackhole;
	route 10.4.0.0/16 blackhole; route 10.5.0.0/16 blackhole; route 10.6.0.0/16 blackhole;
	route 10.7.0.0/16 blackhole; route 10.8.0.0/16 blackhole; route 10.9.0.0/16 blackhole;
	route 10.10.0.0/16 blackhole; route 10.11.0.0/16 blackhole; route 10.12.0.0/16 blackhole;
	route 10.14.0.0/16 blackhole; route 10.15.0.0/16 blackhole;
	route 10.16.0.0/16 via 10.77.0.4; route 10.17.0.0/16 via 10.77.0.4;
	route 10.18.0.0/16 blackhole;
	route 10.19.0.0/16 via 10.77.0.4 weight 3 via 10.77.0.5 weight 2;
}
protocol static s2 {
	flow4 { table flows; import filter { print "flow ", dest; accept; }; };
	route flow4 { dst 10.0.0.0/8; };
}
END

# side NAME: its routes, each with what stands under it, sorted; its kernel's; what it printed
side()
{
	local t
	for t in master4 behind flows; do
		echo "table $t"
		"$BIRDC" -s "$T/$1.ctl" show route all table "$t" 2>&1 |
			sed -E 's/[0-9]+:[0-9]+:[0-9]+\.[0-9]+/TIME/; /^(BIRD|Table)/d' |
			awk '/^[^\t]/ { if (r) print r; r = $0; next } { r = r "|" $0 } END { print r }' |
			sort
	done
	ip -n "$1" route show table 77 | sort
	grep -o '\(in\|through\|down\|flow\) [1(].*' "$1.out" | sort -u
}

# equal NAME PATTERN: soon both sides are the same, and the pattern stands in them.
equal()
{
	looks_equal() { side dut >dut.side && side ref >ref.side && cmp -s dut.side ref.side; }
	if wait_for 20 looks_equal && grep -q -e "$2" dut.side; then
		ok "$1"
	else
		fail "$1"
		diff ref.side dut.side
	fi
}

for name in dut ref; do world $name; done
start dut ip netns exec dut "$DUT" -f -c "$T/gateway.conf" -s "$T/dut.ctl"
start ref ip netns exec ref "$BIRD2" -f -c "$T/gateway.conf" -s "$T/ref.ctl"
wait_for 20 answers "$T/dut.ctl"
wait_for 20 answers "$T/ref.ctl"
equal "import, pipe, kernel" '^10.6.0.0/16 via 10.77.0.9 dev d0'
for text in "Invalid gw address" "Invalid iface name"; do
	check "both log: $text" eval "grep -q '$text' dut.out && grep -q '$text' ref.out"
done
for name in dut ref; do ip -n $name link set d1 up; done
for name in dut ref; do
	wait_for 20 eval "'$BIRDC' -s '$T/$name.ctl' show interfaces | grep -q '^d1 up'"
done
# Filters know of a link a little later than those who ask for the interfaces.
again() { "$BIRDC" -s "$T/$1.ctl" reload in s1 >/dev/null; }
over_d1()
{
	"$BIRDC" -s "$T/$1.ctl" show route 10.15.0.0/16 | grep -q 'd1' ||
		{ again "$1"; return 1; }
}
for name in dut ref; do again $name; wait_for 20 over_d1 $name; done
equal "a link more" '^10.15.0.0/16 .*via 10.79.0.5 on d1'
check "the daemon under test ends" stop dut
stop ref
finish
