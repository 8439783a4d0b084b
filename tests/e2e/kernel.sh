#!/bin/bash
# Interfaces and the kernel's tables: the daemon and a real BIRD 2, each in a namespace of its
# own with the same links and addresses, are put through the same; after each step the kernels
# must hold the same routes.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# --- two equal worlds: m for the daemon under test, b for BIRD; mp and bp are their neighbours

world() # name
{
	local w=$1 dev
	ip netns add "$w"
	ip netns add "${w}p"
	for dev in a0 x1 n2; do
		ip -n "$w" link add "$dev" type veth peer name eth0 netns "${w}p"
		ip -n "${w}p" link set eth0 name "p-$dev"
		ip -n "${w}p" link set "p-$dev" up
		ip netns exec "$w" sysctl -qw "net.ipv6.conf.$dev.addr_gen_mode=1"
		ip netns exec "$w" sysctl -qw "net.ipv6.conf.$dev.accept_dad=0"
		ip netns exec "${w}p" sysctl -qw "net.ipv6.conf.p-$dev.accept_dad=0"
		ip -n "$w" link set "$dev" up
	done
	ip -n "$w" link set lo up
	ip -n "${w}p" link set lo up
	ip -n "$w" addr add 10.0.0.1/24 dev a0
	ip -n "$w" addr add 10.8.0.1/24 dev x1
	ip -n "$w" addr add 10.9.0.1/24 dev n2
	ip -n "$w" -6 addr add fd00::1/64 dev a0 nodad
	ip -n "${w}p" addr add 10.0.0.2/24 dev p-a0
	ip -n "${w}p" addr add 10.0.0.3/24 dev p-a0
	ip -n "$w" route add 10.5.0.0/24 via 10.0.0.2 proto static metric 50
	ip -n "$w" route add 10.6.0.0/24 via 10.0.0.2 proto dhcp
	ip -n "$w" route add 10.14.0.0/24 via 10.0.0.2 proto static metric 51 \
		mtu lock 1300 advmss lock 1200 initcwnd 9 features ecn rto_min 300ms
	ip -n "$w" route add 10.1.0.0/24 via 10.0.0.9 metric 32 # in the way of ours
	ip -n "$w" -6 route add 2001:db8:6::/48 via fd00::9 proto static metric 77
}

both() { ip netns exec m "$@" && ip netns exec b "$@"; }

kernel() # world
{
	local t
	for t in main 100; do
		echo "table $t"
		ip -n "$1" route show table "$t" 2>/dev/null | sort
		ip -n "$1" -6 route show table "$t" 2>/dev/null | grep -v '^fe80' | sort
	done
}

# matches TEXT PATTERN...: each pattern stands in it (!: does not)
matches()
{
	local text=$1 p
	shift
	for p; do
		case $p in
		!*) grep -q -e "${p#!}" <<<"$text" && return 1 ;;
		*) grep -q -e "$p" <<<"$text" || return 1 ;;
		esac
	done
	return 0
}

holds() { matches "$(kernel m)" "$@"; }

# same NAME PATTERN...: soon the kernels are equal; the patterns stand in ours (!: do not).
# One look at each kernel decides all of it: between two looks a scan may mend a route.
same()
{
	local name=$1 ours='' theirs='' pattern
	shift
	kernels_equal()
	{
		ours=$(kernel m) theirs=$(kernel b)
		[ "$ours" = "$theirs" ] && matches "$ours" "$@"
	}
	wait_for 8 kernels_equal "$@"
	check_eq "$name: the kernels hold the same" "$ours" "$theirs"
	for pattern; do
		check "$name: $pattern" matches "$ours" "$pattern"
	done
}

# --- the configuration, with what steps change

metric=32 export_k4="export where source != RTS_DEVICE;" learn="learn;" extra="" persist=""
export_k6="export where source = RTS_STATIC;"
conf() # world
{
	local learn=$learn
	[ "$1" = m ] || learn=${learn/ all/}
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.0.0.1;
	ipv4 table t100;
	protocol device { scan time 1; }
	protocol direct { ipv4; ipv6; interface -"x*", "*"; }
	protocol kernel k4 {
		scan time 1; $learn $persist metric $metric; merge paths on;
		ipv4 { import all; $export_k4 };
	}
	protocol kernel k6 {
		scan time 1; learn; metric 0; ipv6 { import all; $export_k6 };
	}
	protocol kernel k100 {
		scan time 1; kernel table 100; ipv4 { table t100; import none; export all; };
	}
	protocol static s100 { ipv4 { table t100; }; route 10.200.0.0/24 via "a0"; }
	protocol static s4 {
		ipv4;
		route 10.1.0.0/24 via 10.0.0.2;
		route 10.2.0.0/24 blackhole;
		route 10.3.0.0/24 unreachable;
		route 10.4.0.0/24 prohibit;
		route 10.7.0.0/24 via 10.0.0.2 { krt_mtu = 1400; krt_prefsrc = 10.9.0.1; };
		route 10.10.0.0/24 via 10.9.0.2;
		route 10.13.0.0/24 via 10.0.0.2 { krt_mtu = 1399; krt_lock_mtu = true; krt_advmss = 1111;
			krt_feature_ecn = true; krt_rto_min = 200; krt_quickack = 1; krt_scope = 200; };
		$extra
	}
	protocol static s6 {
		ipv6;
		route 2001:db8:1::/48 via fd00::2;
		route 2001:db8:2::/48 blackhole;
		route 2001:db8:3::/48 unreachable { krt_metric = 500; };
		route 2001:db8:4::/48 prohibit;
	}
	template bgp peer {
		local 10.0.0.1 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export none; };
	}
	protocol bgp p2 from peer { neighbor 10.0.0.2 as 64512; }
	protocol bgp p3 from peer { neighbor 10.0.0.3 as 64512; }
	END
}

peer_conf() # world n: a neighbour at 10.0.0.n, one network of its own, one that both have
{
	cat >"$1p$2.conf" <<-END
	log "$T/$1p$2.log" all;
	router id 10.0.0.$2;
	protocol device { }
	protocol static { ipv4; route 10.50.0.0/24 unreachable; route 10.5$2.0.0/24 unreachable; }
	protocol bgp up {
		local 10.0.0.$2 as 64512;
		strict bind;
		neighbor 10.0.0.1 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import none; next hop self; export where source = RTS_STATIC; };
	}
	END
}

m_start() { start m ip netns exec m "$DUT" -f -c "$T/m.conf" -s "$T/dut.ctl" -P "$T/m.pid" "$@"
	wait_for 20 answers "$T/dut.ctl"; }
b_start() { bird_start b "$T/b.conf" ip netns exec b; }
reload()
{
	conf m; conf b
	dutc configure >reload.m && birdc b configure >reload.b && grep -q Reconf reload.m
}

world m
world b
for w in m b; do conf $w; peer_conf $w 2; peer_conf $w 3; done
check "the daemon starts" m_start
check "bird starts" b_start
for p in mp2 mp3 bp2 bp3; do bird_start $p "$T/$p.conf" ip netns exec "${p%?}"; done
all_up() { is_up mp2 up && is_up mp3 up && is_up bp2 up && is_up bp3 up; }
check "the neighbours come up" wait_for 20 all_up

same "start" "^blackhole 10.2.0.0/24 proto bird metric 32" "^unreachable 10.3" "^prohibit 10.4" \
	"10.7.0.0/24 via 10.0.0.2 dev a0 proto bird src 10.9.0.1 metric 32 mtu 1400" \
	"10.52.0.0/24 via 10.0.0.2 dev a0 proto bird" "10.200.0.0/24 dev a0 proto bird scope link" \
	"10.1.0.0/24 via 10.0.0.9 dev a0 metric 32" "!10.1.0.0/24 .*proto bird" \
	"10.13.0.0/24 .*scope site .*mtu lock 1399 .*features ecn .*quickack 1" \
	"2001:db8:3::/48 .*metric 500" "2001:db8:1::/48 via fd00::2 dev a0 proto bird metric 1024"
ecmp() { ip -n m route show 10.50.0.0/24 | grep -c "nexthop via 10.0.0.[23] dev a0"; }
check_eq "two paths merged" "$(ecmp)" 2
refused() { grep -q "10.1.0.0/24.*File exists" "$T/m.log"; }
mynah_only "the route in the way is said" wait_for 5 refused

# --- what is shown

lines() { sed -n '2,$p' | sed -E 's/[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?//; s/ +/ /g; s/ $//; s/index=[0-9]+/index/'; }
shown() # world command...: routes sorted, each with its lines
{
	local w=$1
	shift
	if [ "$w" = m ]; then real "$@"; else birdc b "$@"; fi | lines | awk '
		/^\*?$/ { next }
		/^Table/ { table = $0; next }
		/^[0-9a-f]/ { net = $1 }
		/^ ?[a-z].*\[/ || /^[0-9a-f]/ { head = net " " $0 }
		{ print table " | " head " | " $0 }' | sort
}
refused_shown() { shown m show route all | grep -q ' ! '; }
check "what the kernel refuses is marked" wait_for 5 refused_shown
check_eq "show route all" "$(shown m show route all)" "$(shown b show route all)"
check_eq "show interfaces" "$(real show interfaces | lines | grep -v fe80)" \
	"$(birdc b show interfaces | lines | grep -v fe80)"
check_eq "show interfaces summary" "$(real show interfaces summary | lines | sed 's/fe80[^ ]*//')" \
	"$(birdc b show interfaces summary | lines | sed 's/fe80[^ ]*//')"
protos() { lines | grep -v BGP | sort; }
check_eq "show protocols" "$(real show protocols | protos)" "$(birdc b show protocols | protos)"
channel() { lines | grep -E "State:|Table:|Pref|filter|Routes:"; }
for p in direct1 k4 k6 k100; do
	check_eq "show protocols all $p" "$(real show protocols all $p | channel)" \
		"$(birdc b show protocols all $p | channel)"
done

# --- others' routes come and go

both ip route del 10.1.0.0/24 via 10.0.0.9 metric 32
mynah_only "once the way is free ours is there" \
	wait_for 5 holds "10.1.0.0/24 via 10.0.0.2 dev a0 proto bird"
both ip route add 10.61.0.0/24 via 10.0.0.7 proto static
both ip route del 10.6.0.0/24
learned() { real show route 10.61.0.0/24 | grep -q k4 && ! real show route 10.6.0.0/24 | grep -q k4; }
check "learned and forgotten at once" wait_for 5 learned
both ip route del 10.2.0.0/24 metric 32
both ip -6 route del 2001:db8:3::/48 metric 500
same "ours deleted by hand come back" "blackhole 10.2.0.0/24" "2001:db8:3::/48 .*metric 500"
both ip route replace 10.7.0.0/24 via 10.0.0.5 metric 32 proto bird
same "ours changed by hand are as before" "10.7.0.0/24 via 10.0.0.2 .*mtu 1400"

# --- links and addresses

has_direct() { real show route protocol direct1 | grep -q "^$1 "; }
lacks_direct() { ! has_direct "$1"; }
check "an excluded interface is not told" lacks_direct 10.8.0.0/24
check "the others are" has_direct 10.9.0.0/24
both ip addr add 10.77.0.1/24 dev n2
check "an address added is seen" wait_for 3 has_direct 10.77.0.0/24
both ip addr del 10.77.0.1/24 dev n2
check "an address removed is seen" wait_for 3 lacks_direct 10.77.0.0/24
both ip link set n2 down
check "a link down is seen" wait_for 3 lacks_direct 10.9.0.0/24
same "link down" "!10.10.0.0/24 via"
both ip link set n2 up
check "a link up is seen" wait_for 3 has_direct 10.9.0.0/24
same "link up" "10.10.0.0/24 via 10.9.0.2 dev n2 proto bird"

# --- reloads

extra="route 10.11.0.0/24 via 10.0.0.4;" export_k4="export where net != 10.2.0.0/24 && source != RTS_DEVICE;"
check "reload: export filter, a route" reload
same "reload" "10.11.0.0/24 via 10.0.0.4" "!10.2.0.0/24"
was=$export_k4
export_k6="export filter { if net = 2001:db8:1::/48 then krt_prefsrc = 2001:db8::77; if source = RTS_STATIC then accept; reject; };"
export_k4="export filter { if net = 10.11.0.0/24 then krt_prefsrc = 192.0.2.77; if net = 10.2.0.0/24 || source = RTS_DEVICE then reject; accept; };"
check "reload: what the kernel refuses" reload
same "refused: what it was to replace stays" "10.11.0.0/24 via 10.0.0.4" "2001:db8:1::/48 via fd00::2"
marked() { shown "$1" show route 10.11.0.0/24 | grep -q ' \[s4.*\] ! ' && shown "$1" show route 2001:db8:1::/48 | grep -q ' \[s6.*\] ! '; }
check "and is marked" wait_for 5 marked m
check "as with BIRD" wait_for 5 marked b
export_k4=$was export_k6="export where source = RTS_STATIC;"
check "reload: what it takes" reload
same "there again" "10.11.0.0/24 via 10.0.0.4" "2001:db8:1::/48 via fd00::2"
learn=""
check "reload: nothing is learned" reload
unlearned() { ! real show route protocol k4 | grep -q '^10'; }
check "what was learned goes" wait_for 5 unlearned
if is_mynah; then # BIRD has it since 2.14; the one beside learns the others' routes
	learn="learn all;"
	check "reload: learn all" reload
	all_learned() { matches "$(shown m show route all protocol k4)" '10.0.0.0/24 .*a0' \
		'10.0.0.0/24 .*Type: inherit univ' '10.0.0.0/24 .*Kernel.source: 2' '10.61.0.0/24 '; }
	check "the kernel's own routes, too" wait_for 5 all_learned
	both ip addr add 10.78.0.1/24 dev a0
	own_learned() { shown m show route protocol k4 | grep -q '10.78.0.0/24 '; }
	check "at once" wait_for 5 own_learned
	both ip addr del 10.78.0.1/24 dev a0
	check "and forgotten" wait_for 5 not own_learned
	same "learn all" "10.0.0.0/24 dev a0 proto kernel scope link src 10.0.0.1"
	learn="learn;"
	check "reload: learn" reload
	own_gone() { ! shown m show route all protocol k4 | grep -q "Kernel.source: 2"; }
	check "the kernel's own go" wait_for 5 own_gone
	check "the others' stay" wait_for 5 learned
fi
learn="learn;" metric=0
export_k4="export filter { if source = RTS_BGP then krt_metric = 777; if source = RTS_DEVICE then reject; accept; };"
check "reload: metrics from the filter" reload
same "metric 0" "10.52.0.0/24 via 10.0.0.2 dev a0 proto bird metric 777" \
	"10.11.0.0/24 via 10.0.0.4 dev a0 proto bird *$" "!10.1.*bird.*metric 32"
export_k4=${export_k4/777/888}
check "reload: another metric" reload
changed() { holds "10.52.0.0/24 via 10.0.0.2 dev a0 proto bird metric 888" "!metric 777"; }
check "metric changed: the old ones are gone" wait_for 5 changed
ip -n b route flush proto bird metric 777 # BIRD leaves them

# --- killed, started again: ours are known again, what is not wanted goes

before=$(kernel m)
stop m KILL
check_eq "after kill -9 all is there" "$(kernel m)" "$before"
stop b KILL
extra="route 10.12.0.0/24 via 10.0.0.4;"
conf m; conf b
check "started again" m_start
b_start
wait_for 20 all_up
same "adopted and cleaned up" "10.12.0.0/24 via" "!10.11.0.0/24" "metric 888"
persist="persist;"
reload
before=$(kernel m)
stop m
check_eq "persist: the routes of k4 stay" "$(kernel m | grep '^10.*bird')" \
	"$(echo "$before" | grep '^10.*bird' | grep -v 10.200)"
check "the others' are gone" not holds "2001:db8:1::"
check "foreign routes have never been touched" holds "10.5.0.0/24 via 10.0.0.2 dev a0 proto static metric 50" \
	"10.61.0.0/24 via 10.0.0.7 dev a0 proto static" "2001:db8:6::/48 via fd00::9 dev a0 proto static metric 77"
finish
