#!/bin/bash
# Static routes in all their forms, beside the real BIRD 2 in the same namespace: what the
# tables hold, what `show route` and `show static` say, through links that lose their carrier,
# addresses that move, igp tables that change and reloads; a dump is read back as the same.
. "$(dirname "$0")/lib.sh"
need ip "$BIRD2"

for i in 0 1; do
	ip link add e$i type veth peer name f$i
	sysctl -qw net.ipv6.conf.e$i.accept_dad=0
	ip addr add 10.0.$((i + 1)).1/24 dev e$i
	ip -6 addr add fd00:$((i + 1))::1/64 dev e$i nodad
	ip link set e$i up
	ip link set f$i up
done

head="router id 1.1.1.1;
ipv4 table igp4; ipv6 table igp6;
protocol device { scan time 1; }"
igp='protocol static ways {
	ipv4 { table igp4; };
	route 10.50.0.0/16 via 10.0.1.9;
	route 10.51.0.0/16 via 10.0.1.8 via 10.0.2.8 weight 3;
	route 10.52.0.0/16 blackhole;
	route 10.53.0.0/16 via "e1";
	route 10.54.0.0/16 via 10.0.2.9 mpls 7/8;
	route 10.55.0.0/16 recursive 10.50.0.1;
	route 10.56.0.0/16 recursive 10.56.0.1;
}
protocol static ways6 { ipv6 { table igp6; }; route fd50::/16 via fd00:2::9; }'
forms='	route 10.1.0.0/16 via 10.0.1.2 weight 2 via 10.0.2.2 weight 5;
	route 10.2.0.0/16 via 10.0.1.2%e0 onlink;
	route 10.3.0.0/16 via 10.9.9.9%e1 onlink;
	route 10.4.0.0/16 via "e0" weight 3 via "e1";
	route 10.5.0.0/16 via 10.0.1.2 mpls 100/200;
	route 10.6.0.0/16 recursive 10.50.1.1;
	route 10.7.0.0/16 recursive 10.51.1.1;
	route 10.8.0.0/16 recursive 10.99.1.1;
	route 10.9.0.0/16 recursive 10.0.1.7;
	route 10.10.0.0/16 recursive 10.52.0.1;
	route 10.11.0.0/16 via 10.88.0.1;
	route 10.12.0.0/16 via 10.0.1.2 via 10.88.0.1;
	route 10.13.0.0/16 blackhole;
	route 10.14.0.0/16 prohibit;
	route 10.15.0.0/16 via 10.0.1.2 { krt_metric = 5; bgp_med = 7; };
	route 10.16.0.0/16 via 10.0.2.2 via 10.0.1.2 weight 1;
	route 10.17.0.0/16 via "nonesuch";
	route 10.18.0.0/16 recursive 10.50.1.1 mpls 33;
	route 10.19.0.0/16 via 10.0.2.2%e0;
	route 10.20.0.0/16 via 10.0.1.1;
	route 10.21.0.0/16 unreachable;
	route 10.22.0.0/16 drop;
	route 10.23.0.0/16 reject;
	route 10.24.0.0/16 recursive 10.53.0.1;
	route 10.25.0.0/16 recursive 10.54.0.1 mpls 33/34;
	route 10.26.0.0/16 recursive 10.55.0.1;
	route 10.27.0.0/16 recursive 10.56.0.1;
	route 10.28.0.0/16 via 10.0.1.5 mpls 3 onlink weight 9 via 10.0.1.4 mpls 4;
	route 10.29.0.0/16 via 10.0.1.3 via 10.0.1.3;
	route 10.30.0.0/16 via 10.0.2.3%e1 { bgp_community.add((1,2)); };
	route 10.32.0.0/16 unreachable;
	route 10.32.0.0/16 blackhole { bgp_med = 5; };
	route 10.33.0.0/16 prohibit;
	route 10.32.0.0/16 via 10.0.2.3 { preference = 300; };'
forms6='	route 2001:db8:1::/48 via fd00:1::2 via fd00:2::2 weight 7;
	route 2001:db8:2::/48 recursive fd50::1;
	route 2001:db8:3::/48 via fe80::1%e0;
	route 2001:db8:4::/48 via "e1";
	route 2001:db8:5::/48 unreachable;'

# conf NAME STATEMENTS FORMS: with what stands in $igp.
conf()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	$head
	$igp
	protocol static st { ipv4; igp table igp4; $2
	$3
	}
	protocol static st6 { ipv6; igp table igp6; $2
	$forms6
	}
	END
}

both() { conf dut "$1" "$2"; conf ref "$1" "$2"; }
# Networks in order, each with its lines.
shown()
{
	"$BIRDC" -s "$T/$1.ctl" "${@:2}" | sed -E '1d;s/\[(\w+) [0-9:.]+\]/[\1]/' | awk '
		/^Table|^$/ { next }
		/^[^\t ]/ { net = $1 }
		{ print net "|" $0 }' | sort -s -t '|' -k 1,1
}
all_of()
{
	shown "$1" show route table master4
	shown "$1" show route table master6
	shown "$1" show route table igp4
	shown "$1" show static st
	shown "$1" show static st6
	shown "$1" show route all 10.15.0.0/16
	shown "$1" show route all 10.30.0.0/16
}
same() { [ "$(all_of dut)" = "$(all_of ref)" ]; }
compare()
{
	wait_for 4 same
	check_eq "$1" "$(all_of dut)" "$(all_of ref)"
}
reload() { both "$1" "$2"; birdc dut configure >/dev/null; birdc ref configure >/dev/null; }

both "" "$forms"
bird_start ref "$T/ref.conf" || { cat ref.out; fail "bird starts"; finish; }
dut_start "$T/dut.conf"
wait_for 5 same
check "there are routes" [ "$(shown ref show route table master4 | wc -l)" -gt 25 ]
compare "all forms are as BIRD has them"

ip link set f1 down
sleep 1
compare "without a carrier, check link off"
# BIRD looks at the links of known routes when these change.
reload "check link;" "$forms"
no_e1() { ! shown dut show route 10.1.0.0/16 | grep -q "on e1"; }
mynah_only "check link is switched on" wait_for 3 no_e1
ip link set f1 up
sleep 1
compare "the carrier is back"
ip link set f0 down
sleep 1
compare "the carrier of the other one is lost"
ip link set f0 up
sleep 1
ip link set e1 down
sleep 1
compare "an interface is down"
ip link set e1 up
ip -6 addr add fd00:2::1/64 dev e1 nodad 2>/dev/null
sleep 1
compare "and up again"
ip addr add 10.88.0.2/24 dev e1
sleep 1
compare "an address brings a gateway into reach"
ip addr del 10.88.0.2/24 dev e1
sleep 1
compare "and takes it away"

igp=${igp/10.50.0.0\/16 via 10.0.1.9/10.50.0.0\/16 via 10.0.2.19}
igp=${igp/10.52.0.0\/16 blackhole/10.52.0.0\/16 via 10.0.1.4}
reload "" "$forms"
compare "recursive routes follow the igp table"
igp=${igp/	route 10.51.0.0*weight 3;/	route 10.99.0.0\/16 via 10.0.1.9;}
reload "" "$forms"
compare "routes of the igp table come and go"

# A reload touches what changed: times of the others stay.
if is_mynah; then
	times() { real show route table master4 | sed -nE 's/^ ?([0-9./]+) .*\[st ([0-9:.]+)\].*/\1 \2/p'; }
	before=$(times | grep -v "^10\.\(1\|5\|13\|32\)\.")
	sleep 0.1
	reload "" "$(echo "$forms" | sed 's/weight 5/weight 6/;s/100\/200/100\/201/;/10.13.0.0/d;/10.32.0.0.16 unreach/d')
	route 10.31.0.0/16 via 10.0.1.2;"
	wait_for 5 same
	compare "routes changed, removed and added"
	check "the others keep their age" same_times "$before" \
		"$(times | grep -v "^10\.\(1\|5\|13\|31\|32\)\.")"
	"$DUT" -p --dump -c "$T/dut.conf" >dump1.conf 2>dump1.err
	"$DUT" -p --dump -c "$T/dump1.conf" >dump2.conf 2>dump2.err
	check "a dump is read back" test -s dump2.conf
	check_eq "and dumped as it was" "$(cat dump2.conf)" "$(cat dump1.conf)"
	check "BIRD reads it, too" "$BIRD2" -p -c "$T/dump1.conf"
	sed "1s|.*|log \"$T/dut.log\" all;|" dump1.conf >dut.conf
	birdc dut configure >/dev/null
	compare "and it means the same"
	dutc --json show static st >static.json
	check "JSON has all hops" test "$(grep -o '"weight": *6' static.json | wc -l)" = 1
	cat >bfd.conf <<-END
	protocol static s { ipv4; route 10.0.0.0/8 via 10.0.1.2 bfd; }
	END
	check "bfd is not warned of" sh -c \
		'! "$0" -p -c "$1" 2>&1 | grep -q "has no effect"' "$DUT" "$T/bfd.conf"
fi
finish
