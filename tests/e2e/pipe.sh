#!/bin/bash
# Pipes beside the real BIRD 2 with the same configuration: routes of static protocols and of
# BGP neighbours through filters, both ways, withdrawn, with filters changed by reloads, pipes
# disabled, removed and added; a neighbour on the far table gets what came through.
. "$(dirname "$0")/lib.sh"
need ip "$BIRD2"

for i in 2 3 4 5; do ip addr add 10.99.0.$i/32 dev lo; done
ip addr add 10.99.0.1/24 dev lo
ip link add d0 type veth peer name d1
ip addr add 10.98.0.1/24 dev d0
ip link set d0 up
ip link set d1 up

# The two that are compared have neighbours of their own: b (in t1) and c (in t2).
# node NAME ADDRESS PORT PORT-B PORT-C
node()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.1;
	ipv4 table t1; ipv4 table t2; ipv4 table t3;
	protocol device { scan time 1; }
	protocol static s1 { ipv4 { table t1; };
		route 10.1.0.0/24 unreachable;
		route 10.1.1.0/24 blackhole { bgp_community.add((1,1)); };
		route 10.1.2.0/24 unreachable { preference = 50; bgp_med = 7; };
		# several next hops, over us; one alone is passed on
		route 10.1.8.0/24 via 10.98.0.77 via 10.98.0.78 weight 3;
		route 10.1.9.0/24 via 10.98.0.77;
		$s1
	}
	protocol static s2 { ipv4 { table t2; };
		route 10.2.0.0/24 unreachable;
		route 10.1.2.0/24 prohibit;
		$s2
	}
	protocol bgp b { local $2 port $3 as 65000; neighbor 10.99.0.4 port $4 as 65000;
		rr client; multihop; passive; ipv4 { table t1; import all; export all; $addpaths }; }
	protocol bgp c { local $2 port $3 as 65000; neighbor 10.99.0.5 port $5 as 65000;
		rr client; multihop; passive; ipv4 { table t2; import all; export all; $addpaths }; }
	$pipes
	END
}
# client NAME ADDRESS PORT NODE NODE-PORT ROUTES
client()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id $2;
	protocol device { scan time 1; }
	protocol static { ipv4; $6 }
	protocol bgp r { local $2 port $3 as 65000; neighbor $4 port $5 as 65000; multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 2;
		ipv4 { import all; export all; next hop self; $addpaths }; }
	END
}
routes_b='route 10.4.0.0/24 unreachable { bgp_local_pref = 120; bgp_community.add((4,4)); };
	route 10.4.1.0/24 unreachable; route 10.9.0.0/24 unreachable;'
routes_c='route 10.5.0.0/24 unreachable { bgp_med = 5; }; route 10.9.0.0/24 unreachable;'
s1="" s2="" addpaths=""
p12='protocol pipe p12 { table t1; peer table t2;
	import where net != 10.5.1.0/24;
	export filter { if net = 10.1.1.0/24 then reject; if net = 10.4.0.0/24 then bgp_community.add((12,12)); accept; }; }'
p23='protocol pipe p23 { table t2; peer table t3; import none; export all; }'
p13='protocol pipe p13 { table t1; peer table t3; import none; export filter { preference = 10; accept; }; }'
pipes="$p12 $p23"

nodes()
{
	node dut 10.99.0.2 1791 1792 1795
	node ref 10.99.0.3 1793 1794 1796
}
clients()
{
	client bd 10.99.0.4 1792 10.99.0.2 1791 "$routes_b"
	client cd 10.99.0.5 1795 10.99.0.2 1791 "$routes_c"
	client br 10.99.0.4 1794 10.99.0.3 1793 "$routes_b"
	client cr 10.99.0.5 1796 10.99.0.3 1793 "$routes_c"
}
# Networks in order, routes of a network in theirs; without times, and without where BGP's
# next hops lead: there is no route to them in these tables.
listing()
{
	"$BIRDC" -s "$T/$1.ctl" "${@:2}" 2>&1 | sed -E \
		'1d;s/ [0-9]+:[0-9:.]+( from [0-9.]+)?\]/]/;s/(unicast|unreachable) (\[[bcr]\])/\2/' | awk '
		/^\tvia / { next }
		/^Table/ { table = $2; next }
		/^$/ { next }
		{ sub(/^ /, "") }
		/^[0-9]/ { net = $1 }
		/^[0-9 ]/ { n++ }
		/^ / { $0 = net substr($0, length(net) + 1) }
		{ print table "|" net "|" n "|" $0 }' | sort -t '|' -k1,2 -k3,3n | cut -d '|' -f 1,2,4
}
all_of()
{
	for t in t1 t2 t3; do listing "$1" show route all table $t; done
	case $1 in
	dut) listing bd show route all; listing cd show route all ;;
	ref) listing br show route all; listing cr show route all ;;
	esac | sed 's/10\.99\.0\.[23]\b/NODE/g'
}
same() { [ "$(all_of dut)" = "$(all_of ref)" ]; }
compare()
{
	sleep 0.3
	wait_for 5 same
	check_eq "$1" "$(all_of dut)" "$(all_of ref)"
}
reload()
{
	nodes
	birdc dut configure >/dev/null
	birdc ref configure >/dev/null
}

nodes
clients
bird_start ref "$T/ref.conf" || { cat ref.out; fail "bird starts"; finish; }
dut_start "$T/dut.conf"
for i in bd cd br cr; do bird_start $i "$T/$i.conf" || { cat $i.out; fail "bird starts"; finish; }; done
up() { is_up dut b && is_up dut c && is_up ref b && is_up ref c; }
wait_for 20 up || { for i in dut ref bd cd br cr; do birdc $i show protocols; done; fail "sessions are up"; finish; }
compare "tables and neighbours are as with BIRD"
check "there is something to compare" [ "$(all_of ref | wc -l)" -gt 60 ]
check "the neighbour of the other table has it" has_route cd 10.4.0.0/24
check "a filter holds back" not has_route cd 10.1.1.0/24

routes_b=${routes_b/route 10.4.1.0\/24 unreachable;/} clients
for i in bd br; do birdc $i configure >/dev/null; done
compare "a neighbour withdraws"
s1='route 10.5.1.0/24 unreachable; route 10.1.3.0/24 unreachable;'
s2='route 10.5.1.0/24 unreachable { preference = 150; };'
reload
compare "routes come on both sides, a filter between"
pipes="${p12/10.1.1.0\/24 then/10.1.3.0\/24 then} $p23"
reload
compare "a changed export filter"
pipes="${p12/10.5.1.0/10.2.0.0} $p23"
reload
compare "a changed import filter"
for i in dut ref; do birdc $i disable p12 >/dev/null; done
compare "a pipe is disabled"
for i in dut ref; do birdc $i enable p12 >/dev/null; done
compare "and enabled"
reload
for i in dut ref; do birdc $i disable p12 >/dev/null; birdc $i enable p12 >/dev/null; done
compare "and so again, after a reload"
pipes="$p23"
reload
compare "one is removed"
pipes="$p23 $p13"
reload
compare "another is added"
pipes="$p12"
reload
compare "only the first"
for i in dut ref; do birdc $i restart b >/dev/null; done
wait_for 20 up
compare "a session restarts"
line() { birdc "$1" show protocols p12 | awk '$1 == "p12" { $5 = ""; print }'; }
check_eq "show protocols names both tables" "$(line dut)" "$(line ref)"
# How often a path was looked at is the daemon's own; how many there are is not.
details()
{
	birdc "$1" show protocols all "$2" | sed -E '1d;s/ [0-9]+:[0-9:.]+//' |
		sed -E '/(updates|withdraws):/s/ +(---|[0-9]+)/ N/g'
}
for p in p12 s1; do
	check_eq "show protocols all $p" "$(details dut $p)" "$(details ref $p)"
done
for i in dut ref; do birdc $i disable p12 >/dev/null; done
wait_for 5 same
check_eq "and of a disabled one" "$(details dut p12)" "$(details ref p12)"

# Paths with ids of their own, through a pipe and out with ids again: each neighbour holds all
# of them, in whatever order.
addpaths="add paths on;" pipes="$p12 $p23"
routes_b="$routes_b route 10.9.0.0/24 blackhole { bgp_med = 9; }; route 10.9.0.0/24 prohibit { bgp_med = 10; };"
clients
nodes
for i in bd cd br cr dut ref; do birdc $i configure >/dev/null; done
paths_of() { all_of "$1" | sort; }
paths_same() { [ "$(paths_of dut)" = "$(paths_of ref)" ]; }
paths_n() { birdc "$1" show route 10.9.0.0/24 all protocol r | grep -c 'BGP.as_path'; }
paths_there() { [ "$(paths_n "$1")" = 3 ]; }
wait_for 20 up
check "three paths come out of the pipe" wait_for 20 paths_there cr
wait_for 20 paths_same
check_eq "paths with ids go through pipes" "$(paths_of dut)" "$(paths_of ref)"
routes_b=${routes_b/route 10.9.0.0\/24 blackhole/route 10.9.9.0\/24 blackhole} clients
for i in bd br; do birdc $i configure >/dev/null; done
check "one of them goes" wait_for 20 eval '! paths_there cr'
wait_for 20 paths_same
check_eq "the others stay" "$(paths_of dut)" "$(paths_of ref)"
addpaths="" pipes="$p12" clients
nodes
for i in bd cd br cr dut ref; do birdc $i configure >/dev/null; done
wait_for 20 up

# Limits: how many are there, not which, as that is for the order of the tables.
counts()
{
	for t in t1 t2; do birdc "$1" show route table $t count | sed -n 's/^\([0-9]* of [0-9]*\) .*/\1/p'; done
	birdc "$1" show protocols all p12 | sed -n 's/^ *\(.* limit: .*\)/\1/p;s/^ *\(Action: .*\)/\1/p;s/^ *\(Routes: .*\)/\1/p'
	birdc "$1" show protocols p12 | awk '/p12/ { print $4 }'
}
limits_same() { [ "$(counts dut)" = "$(counts ref)" ]; }
limit()
{
	local say=$1
	pipes="${p12% \}} $2 }"
	for i in dut ref; do birdc $i disable p12 >/dev/null; done
	reload
	wait_for 10 limits_same
	check_eq "$say" "$(counts dut)" "$(counts ref)"
}
limit "a limit on what a pipe brings" "export limit 3 action block;"
check "it is met" [ "$(counts ref | grep -c HIT)" = 1 ]
limit "one each way" "export limit 2 action block; import limit 1 action warn;"
limit "one that ends the pipe" "import limit 1;"
check "it has ended" [ "$(counts dut | tail -n 1)" = down ]
limit "none" ""
if is_mynah; then # of BIRD 3
	pipes="${p12/import where net != 10.5.1.0\/24;/import in 10.5.0.0/16 where net != 10.5.1.0/24;}"
	nodes
	birdc dut configure >/dev/null
	only() { ! listing dut show route table t1 protocol c | grep -qv '10\.5\.'; }
	check "import in: nothing else comes" wait_for 10 only
	check "but that does" wait_for 10 has_route bd 10.5.0.0/24
fi
finish
