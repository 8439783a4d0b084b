#!/bin/bash
# Tables of routes by source (`ipv6 sadr`) and of labels (`mpls`) beside the real BIRD 2: static
# and direct routes, pipes, filters, what `show route` says, and for the first the kernel: what is
# exported to it, what is learned from it, what stays when the daemon goes.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

world() # name
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" link add e0 type veth peer name f0
	ip netns exec "$1" sysctl -qw net.ipv6.conf.e0.accept_dad=0 net.ipv6.conf.e0.addr_gen_mode=1
	ip -n "$1" link set e0 up
	ip -n "$1" link set f0 up
	ip -n "$1" addr add 10.0.0.1/24 dev e0
	ip -n "$1" -6 addr add fd00::1/64 dev e0 nodad
	ip -n "$1" -6 route add 2001:db8:f0::/48 from 2001:db8:aa::/48 via fd00::9 proto static
	ip -n "$1" -6 route add 2001:db8:f1::/48 via fd00::9 proto static metric 77
	ip -n "$1" -6 route add 2001:db8:f2::/48 from 2001:db8:aa::/48 via fd00::9 proto kernel
}

learn=learn extra="route 2001:db8:5::/48 from 2001:db8:bb::/48 via fd00::7;"
conf() # world
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.0.0.1;
	ipv6 sadr table sa; ipv6 sadr table sb;
	mpls table ma; mpls table mb;
	protocol device { scan time 1; }
	protocol direct { ipv6 sadr { table sb; }; interface "e0"; }
	protocol kernel k {
		scan time 1; $learn;
		ipv6 sadr { table sa; import all; export where source = RTS_STATIC; };
	}
	protocol static st {
		ipv6 sadr { table sa; };
		route 2001:db8::/32 from 2001:db8:1::/48 via fd00::2;
		route 2001:db8::/32 from ::/0 unreachable;
		route 2001:db8::/32 from 2001:db8:1:8000::/49 via "e0";
		route 2001:db8:1::/48 from 2001:db8:1::/48 via fd00::3 { krt_metric = 99; };
		route ::/0 from 2001:db8:1::/48 prohibit { krt_metric = 55; };
		route 2001:db8:2::/48 from 2001:db8:1::/48 blackhole;
		$extra
	}
	protocol static lb {
		mpls { table ma; };
		route mpls 100 via 10.0.0.2 mpls 200/300;
		route mpls 17 via "e0" { bgp_med = 7; };
		route mpls 16 via fd00::2 via 10.0.0.3 mpls 5 weight 3;
		route mpls 1048575 unreachable;
	}
	protocol pipe ps { table sa; peer table sb; import none;
		export where net.src ~ [ 2001:db8:1::/48+ ] && net.dst.len > 0; }
	protocol pipe pm { table ma; peer table mb; import none;
		export filter { if net = mpls 17 then reject; if net.len = 20
			then { preference = 7; accept; } reject; }; }
	END
}

both() { conf d; conf b; }

# Networks in order, each with its lines: the order of a table's networks is nobody's contract.
asked() # world QUESTION...
{
	"$BIRDC" -s "$T/$1.ctl" "${@:2}" 2>&1 | sed -E '1d;s/\[(\w+) [0-9:.]+/[\1/' | awk '
		/^Table|^$/ { print; next }
		/^[^\t ]/ { net = $0 }
		{ print net "|" $0 }' | sort -s -t '|' -k 1,1 | uniq
}

questions="show route all table sa
show route table sb
show route all table ma
show route table mb
show route for 2001:db8:1::/64 from 2001:db8:1::1/128 table sa
show route for 2001:db8:5::1 from 2001:db8:1::1 table sa
show route for 2001:db8:6::1 from 2001:db8:1:8000::1 table sa
show route for 2001:db8:6::/64 from 2001:db9:1::/64 table sa
show route for 3000::/64 from 2001:db9:1::/64 table sa
show route for 2001:db8::1 table sa
show route 2001:db8::/32 from ::/0
show route 2001:db8::/32 from ::/0 all table sa
show route 2001:db8::/32 from ::/1 table sa
show route mpls 100
show route mpls 101 table ma
show route table ma mpls 1048575 all
show route for mpls 100 table ma
show route in mpls 100 table ma
show route in 2001:db8::/32 from ::/0 table sa
show route 2001:db8::/32 from 10.0.0.0/8 table sa
show route table sa where net = 2001:db8::/32 from ::/0
show route table sa where net.src = ::/0
show route table sa where net ~ [ 2001:db8::/32+ ]
show route table sa where net.dst = 2001:db8::/32
show route table sa where net.ip = 2001:db8:: primary
show route table ma where net = mpls 100 primary
show route table ma where net != mpls 100 primary
show route table sa where net.type = NET_IP6_SADR && net.len = 32
show route count
show route table sb protocol direct1
show static st
show static lb
eval 2001:db8::/32 from ::/0
eval (mpls 100).len"

all_of() # world
{
	while read -r q; do
		echo "> $q" # and of several words
		# shellcheck disable=SC2086
		asked "$1" $q | sed 's/^syntax error.*/syntax error/'
	done <<<"$questions"
	ip -n "$1" -6 route show table main | grep -v '^fe80' | sort
}

# same TITLE PATTERN...: soon both say the same; one look decides it, and the patterns
same()
{
	local title=$1 ours theirs p
	shift
	equal()
	{
		ours=$(all_of d) theirs=$(all_of b)
		[ "$ours" = "$theirs" ] || return 1
		for p; do grep -q -e "$p" <<<"$ours" || return 1; done
	}
	wait_for 8 equal "$@"
	check_eq "$title" "$ours" "$theirs"
	for p; do
		check "$title: $p" grep -q -e "$p" <<<"$ours"
	done
}

run_both()
{
	start b ip netns exec b "$BIRD2" -f -c "$T/b.conf" -s "$T/b.ctl" -P "$T/b.pid"
	start d ip netns exec d "$DUT" -f -c "$T/d.conf" -s "$T/d.ctl" -P "$T/d.pid"
	wait_for 5 answers "$T/b.ctl" && wait_for 5 answers "$T/d.ctl"
}

again()
{
	both
	asked d configure >/dev/null
	asked b configure >/dev/null
}

world d
world b
both
run_both
check "no warning" test ! -s <(grep -e WARN "$T/d.log")
same "tables and kernel" '^2001:db8::/32 from 2001:db8:1::/48 via fd00::2 dev e0 proto bird metric 32' \
	'^unreachable 2001:db8::/32 dev lo proto bird metric 32' \
	'^prohibit default from 2001:db8:1::/48' \
	'2001:db8:f0::/48 from 2001:db8:aa::/48 unicast \[k\]' '2001:db8:f1::/48 from ::/0 unicast' \
	'fd00::/64 from ::/0 *unicast \[direct1\]' '^100 .*unicast \[lb\] . (7)'

extra="route 2001:db8:6::/48 from 2001:db8:bb::/48 via fd00::7;"
again
same "a route less, one more" '^2001:db8:6::/48 from 2001:db8:bb::/48 via fd00::7'

for w in d b; do
	ip -n $w -6 route del 2001:db8:f0::/48 from 2001:db8:aa::/48
	ip -n $w -6 route add 2001:db8:f0::/48 from 2001:db8:ab::/48 via fd00::8 proto static
	ip -n $w -6 route del 2001:db8:6::/48 from 2001:db8:bb::/48
done
same "what others change" '2001:db8:f0::/48 from 2001:db8:ab::/48 unicast \[k\]' \
	'^2001:db8:6::/48 from 2001:db8:bb::/48 via fd00::7'

if is_mynah; then
	"$DUT" -p --dump -c "$T/d.conf" >d1.conf
	"$DUT" -p --dump -c "$T/d1.conf" >d2.conf
	check "a dump is read back as the same" cmp d1.conf d2.conf
	check "BIRD reads it" "$BIRD2" -p -c "$T/d1.conf"
	check "its routes are there" test "$(grep -c '^	route .*from\|^	route mpls' d1.conf)" = 11
fi

learn="learn all"
conf d
if asked d configure check | grep -q OK; then
	asked d configure >/dev/null
	learned() { asked d show route table sa | grep -q '2001:db8:f2::/48 from 2001:db8:aa::/48 unicast'; }
	wait_for 5 learned
	check "learn all: the kernel's own too" learned
fi
finish
