#!/bin/bash
# The kernel's MPLS beside the real BIRD 2: its table of labels, what is exported to it and
# learned from it, and labels that IPv4 and IPv6 routes put on packets.  Few kernels have
# MPLS; tests/e2e/uml.sh brings one.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
[ -e /proc/sys/net/mpls/platform_labels ] || skip_all "no MPLS in the kernel (see uml.sh)"

world() # name
{
	ip netns add "$1"
	ip netns exec "$1" sysctl -qw net.mpls.platform_labels=2000
	ip -n "$1" link set lo up
	for i in 0 1; do
		ip -n "$1" link add e$i type veth peer name f$i
		ip netns exec "$1" sysctl -qw net.ipv6.conf.e$i.accept_dad=0 \
			net.ipv6.conf.e$i.addr_gen_mode=1 net.mpls.conf.e$i.input=1
		ip -n "$1" link set e$i up
		ip -n "$1" link set f$i up
		ip -n "$1" addr add 10.0.$i.1/24 dev e$i
		ip -n "$1" -6 addr add fd0$i::1/64 dev e$i nodad
	done
	ip -n "$1" -f mpls route add 900 as 901 via inet 10.0.0.9 dev e0
	ip -n "$1" -f mpls route add 902 via inet6 fd00::9 dev e0 proto static
	ip -n "$1" route add 192.0.2.0/24 encap mpls 33/44 via 10.0.0.9 proto static
}

labelled="route mpls 100 via 10.0.0.2 mpls 200/300;
	route mpls 101 via fd01::2 mpls 17;
	route mpls 102 via 10.0.1.2;
	route mpls 103 via \"e0\";
	route mpls 104 via 10.0.0.2 mpls 5 via 10.0.1.2 mpls 6;
	route mpls 105 via fd00::2 mpls 7 via 10.0.1.3;
	route mpls 1999 via 10.0.0.2 mpls 1048575;"
pushed="route 198.51.100.0/24 via 10.0.0.2 mpls 200/300;
	route 198.51.101.0/24 via 10.0.0.2 mpls 21 via 10.0.1.2 mpls 22 weight 2;
	route 198.51.102.0/24 via 10.0.0.2;"
pushed6="route 2001:db8:1::/48 via fd00::2 mpls 200;
	route 2001:db8:2::/48 via fd00::2 mpls 21/22/23 via fd01::2 mpls 24;"
conf() # world
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.0.0.1;
	mpls table mt;
	protocol device { scan time 1; }
	protocol kernel km { scan time 1; learn; mpls { table mt; import all; export all; }; }
	protocol kernel k4 { scan time 1; learn; ipv4 { import all; export all; }; }
	protocol kernel k6 { scan time 1; learn; ipv6 { import all; export all; }; }
	protocol static sm { mpls { table mt; }; $labelled }
	protocol static s4 { ipv4; $pushed }
	protocol static s6 { ipv6; $pushed6 }
	END
}
both() { conf d; conf b; }
again()
{
	both
	birdc d configure >/dev/null
	birdc b configure >/dev/null
}
in_kernel() # world
{
	ip -n "$1" -f mpls route show | sort
	ip -n "$1" -4 route show | sort
	ip -n "$1" -6 route show | grep -v '^fe80' | sort
}
in_tables() # world
{
	birdc "$1" show route all table mt | sed -E '1d;s/\[(\w+) [0-9:.]+/[\1/' | awk '
		/^Table|^$/ { print; next }
		/^[^\t ]/ { net = $0 }
		{ print net "|" $0 }' | sort -s -t '|' -k 1,1
	birdc "$1" show route 192.0.2.0/24 | sed -E '1d;s/\[(\w+) [0-9:.]+/[\1/'
}
# same TITLE PATTERN...: soon both say the same; one look decides it, and the patterns
same()
{
	local title=$1 ours theirs p
	shift
	equal()
	{
		ours=$(in_kernel d; in_tables d) theirs=$(in_kernel b; in_tables b)
		[ "$ours" = "$theirs" ] || return 1
		for p; do grep -q -e "$p" <<<"$ours" || return 1; done
	}
	wait_for 10 equal "$@"
	check_eq "$title" "$ours" "$theirs"
	for p; do
		check "$title: $p" grep -q -e "$p" <<<"$ours"
	done
}

world d
world b
both
check "BIRD starts" bird_start b "$T/b.conf" ip netns exec b
start d ip netns exec d "$DUT" -f -c "$T/d.conf" -s "$T/d.ctl" -P "$T/d.pid"
check "the daemon starts" wait_for 20 answers "$T/d.ctl"
same "labels" '^100 as to 200/300 via inet 10.0.0.2 dev e0 proto bird' \
	'^101 as to 17 via inet6 fd01::2 dev e1 proto bird' '^102 via inet 10.0.1.2' '^103 dev e0' \
	'^1999 as to 1048575 via' '^198.51.100.0/24  *encap mpls  200/300 via 10.0.0.2' \
	'^2001:db8:1::/48  *encap mpls  200 via fd00::2' '^900 as to 901' \
	'^902 .*unicast \[km\]' '192.0.2.0/24 .*unicast \[k4\]'

labelled="route mpls 100 via 10.0.0.2 mpls 201;
	route mpls 103 via 10.0.0.2;
	route mpls 104 via 10.0.1.2 mpls 6;
	route mpls 106 via 10.0.0.2 mpls 8;"
pushed="route 198.51.100.0/24 via 10.0.0.2 mpls 201;
	route 198.51.102.0/24 via 10.0.0.2 mpls 9;
	route 198.51.101.0/24 via 10.0.0.2;"
pushed6="route 2001:db8:1::/48 via fd01::2;"
again
same "other labels" '^100 as to 201 via inet 10.0.0.2' '^103 via inet 10.0.0.2' '^106 as to 8' \
	'^198.51.102.0/24  *encap mpls  9 via 10.0.0.2'

for w in d b; do
	ip -n $w -f mpls route del 106
	ip -n $w -f mpls route replace 100 as 999 via inet 10.0.0.9 dev e0 proto bird
	ip -n $w -f mpls route del 902
	ip -n $w -f mpls route add 903 as 904 via inet 10.0.1.9 dev e1 proto static
	ip -n $w route del 198.51.100.0/24
done
same "what others change" '^106 as to 8' '^100 as to 201' '^903 .*unicast \[km\]' \
	'^198.51.100.0/24  *encap mpls  201 via 10.0.0.2'

for w in d b; do ip -n $w link set e1 down; done
same "a link goes" '^100 as to 201'
for w in d b; do
	ip -n $w link set e1 up
	ip -n $w -6 addr add fd01::1/64 dev e1 nodad 2>/dev/null
done
same "and comes back" '^104 as to 6 via inet 10.0.1.2'

stop d
stop b
check_eq "ended, the kernel is as it was" "$(in_kernel d)" "$(in_kernel b)"
check_eq "no label of ours is left" "$(ip -n d -f mpls route show | grep -c 'proto bird')" 0
finish
