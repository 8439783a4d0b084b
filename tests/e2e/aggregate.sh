#!/bin/bash
# Aggregators: routes of static protocols and of two BGP neighbours in buckets, one route made
# of each, which a third neighbour (BIRD 2) gets; sessions that go, reloads of every part while
# sessions stay, an aggregator disabled, enabled, removed and added.  BIRD has the protocol
# since 2.14, so there is none beside.
. "$(dirname "$0")/lib.sh"
need "$BIRD2"
is_mynah || skip_all "BIRD has no aggregator before 2.14"

on='net, preference, (defined(bgp_med))'
export='where net != 10.66.0.0/16'
import='all'
limit=''
by='bgp_path.prepend(64500);
	bgp_community.add((9,9));
	if defined(bgp_med) then bgp_med = 0;
	for route r in routes do {
		bgp_community = bgp_community.add(r.bgp_community);
		if defined(r.bgp_med) then bgp_med = med_of(r);
	}
	accept;'
s1='route 10.1.0.0/16 unreachable { bgp_community.add((1,1)); };
	route 10.2.0.0/16 unreachable { bgp_community.add((1,2)); bgp_med = 5; };
	route 10.66.0.0/16 unreachable;'
conf()
{
	cat >dut.conf <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	ipv4 table all4; ipv4 table made;
	protocol device { }
	function med_of(route r) -> int { return r.bgp_med; }
	protocol static s1 { ipv4 { table all4; preference 100; }; $s1 }
	protocol bgp a { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.1 port 1791 as 65000;
		rr client; passive; multihop; ipv4 { table all4; import all; export none; }; }
	protocol bgp b { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.2 port 1792 as 65000;
		rr client; passive; multihop; ipv4 { table all4; import all; export none; }; }
	protocol bgp c { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.3 port 1793 as 65000;
		rr client; passive; multihop; ipv4 { table made; import all; export all; }; }
	$agg
	END
}
agg_set()
{
	agg="protocol aggregator agg { table all4; peer table made;
		export $export; import $import; $limit aggregate on $on; merge by { $by }; }"
	conf
}
# peer NAME N ROUTES
peer()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.$(($2 + 1));
	protocol device { }
	protocol static { ipv4; $3 }
	protocol bgp r { local 127.0.1.$2 port 179$2 as 65000; neighbor 127.0.0.1 port 1790 as 65000;
		multihop; connect delay time 1; connect retry time 1; error wait time 1, 2;
		ipv4 { import all; export all; next hop self; }; }
	END
}
# What is made: NET MED COMMUNITIES, in order.
made()
{
	dutc show route table made all protocol agg | awk '
		function say() { if (net) print net, med, com; med = "-"; com = "" }
		/^[0-9]/ { say(); net = $1; next }
		/^ +(unreachable|unicast)/ { n = net; say(); net = n; next }
		/BGP.med/ { med = $2 }
		/BGP.community/ { $1 = ""; com = $0 }
		END { say() }' | tr -s ' ' | sort
}
is_made() { [ "$(made)" = "$1" ]; }
check_made()
{
	wait_for 10 is_made "$2"
	check_eq "$1" "$(made)" "$2"
}
told() { birdc c show route all "$1" | grep -c "BGP.community:.*$2"; }
is_told() { [ "$(told "$1" "$2")" = 1 ]; }
# When the sessions came up: a reload leaves them alone.
ups() { dutc show protocols | awk '$2 == "BGP" { print $1, $5, $6 }'; }
reload()
{
	dutc configure >/dev/null
	wait_for 10 grep -q "Reconfigured" dut.log
}

agg_set
peer a 1 'route 10.1.0.0/16 unreachable { bgp_community.add((2,1)); };
	route 10.2.0.0/16 unreachable { bgp_community.add((2,2)); bgp_med = 7; };
	route 10.3.0.0/16 unreachable { bgp_community.add((2,3)); bgp_med = 3; };'
peer b 2 'route 10.2.0.0/16 unreachable { bgp_community.add((3,2)); };
	route 10.3.0.0/16 unreachable { bgp_community.add((3,3)); bgp_med = 4; };'
peer c 3 ''
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
for i in a b c; do bird_start $i $i.conf || { cat $i.out; fail "bird starts"; finish; }; done
up() { is_up a r && is_up b r && is_up c r; }
wait_for 20 up || { fail "sessions are up"; finish; }

# s1 and its peers differ by preference only where a bucket says so: all have 100 here
first='10.1.0.0/16 - (9,9) (1,1) (2,1)
10.2.0.0/16 - (9,9) (3,2)
10.2.0.0/16 7 (9,9) (1,2) (2,2)
10.3.0.0/16 4 (9,9) (2,3) (3,3)'
order() { tr ' ' '\n' <<<"$1" | sort; }
same_set() { [ "$(order "$(made | tr '\n' ' ')")" = "$(order "$(tr '\n' ' ' <<<"$1")")" ]; }
check "routes of equal values become one" wait_for 10 same_set "$first"
check "a neighbour of the other table has them" wait_for 10 is_told 10.3.0.0/16 "(9,9)"
check "a refused one is not read" not has_route c 10.66.0.0/16
check "each bucket is a path" [ "$(dutc show route table made 10.2.0.0/16 | grep -c '\[agg ')" = 2 ]
check "they are known as what they are" grep -q "Type: aggregated univ" \
	<(dutc show route table made 10.3.0.0/16 all)
check "birdc counts them" grep -q "^4 of 4 routes for 3 networks" \
	<(real show route table made protocol agg count)
counts() { dutc show protocols all agg | grep "Routes:" | tr -s ' '; }
check_eq "counted on both sides" "$(counts)" " Routes: 0 imported, 7 exported, 0 preferred
 Routes: 4 imported, 0 exported, 3 preferred"

before=$(ups)
stop b
check_made "a neighbour goes: its buckets change, others do not" \
	'10.1.0.0/16 - (9,9) (1,1) (2,1)
10.2.0.0/16 7 (9,9) (1,2) (2,2)
10.3.0.0/16 3 (9,9) (2,3)'
check "and the neighbour behind knows" wait_for 10 is_told 10.3.0.0/16 "(2,3)"
bird_start b b.conf
check "it comes back" wait_for 20 same_set "$first"

before=$(ups)
by="bgp_community.add((8,8)); $by"
agg_set
reload
check "merge by changes at a reload" wait_for 10 is_told 10.3.0.0/16 "(8,8)"
check "as often as there are routes" [ "$(made | grep -c '(8,8)')" = 4 ]
on='net'
agg_set
reload
one() { [ "$(made | wc -l)" = 3 ]; }
check "so does what they are aggregated on" wait_for 10 one
import='where net != 10.1.0.0/16'
agg_set
reload
gone() { ! made | grep -q '^10.1.0.0'; }
check "and what is let in" wait_for 10 gone
export='where bgp_community !~ [(2,3)] && net != 10.66.0.0/16'
agg_set
reload
left() { made | grep -q '^10.3.0.0/16 4 .*(3,3)' && ! made | grep -q '(2,3)'; }
check "and what is read" wait_for 10 left
check_eq "no session was touched" "$(ups)" "$before"
check "the log says why" grep -q "agg.*merge by" dut.log

dutc disable agg >/dev/null
none() { [ -z "$(made)" ] && ! has_route c 10.2.0.0/16; }
check "disabled: nothing is left" wait_for 10 none
dutc enable agg >/dev/null
check "enabled: all is back" wait_for 10 left
agg='' conf
reload
check "removed" wait_for 10 none
agg_set
reload
check "added" wait_for 10 left
check_eq "and again no session was touched" "$(ups)" "$before"

routes() { dutc show route table made protocol agg count | sed -n 's/^\([0-9]*\) of.*/\1/p'; }
all=$(routes)
limit='import limit 1 action block;'
agg_set
dutc disable agg >/dev/null
check "down for a limit" wait_for 10 none
reload
few() { [ "$(routes)" = 1 ]; }
check "an import limit" wait_for 10 few
limit='import limit 1000; rpki reload off;'
agg_set
reload
many() { [ "$(routes)" = "$all" ]; }
check "is raised, and filled up" wait_for 10 many
limit=''
agg_set
reload

by='bgp_med = 1 / 0; accept;'
agg_set
check "a constant that fails is refused" grep -q "Mother told me\|divi" <(dutc configure check)
by='for route r in routes do bgp_med = 10 / r.bgp_med; accept;'
agg_set
reload
bad() { ! made | grep -q '^10.2.0.0' && made | grep -q '^10.3.0.0'; }
check "an error at run time makes no route" wait_for 10 bad
check "and is logged" grep -q "filters, line" dut.log

# The same table on both sides.
by='bgp_community.add((9,9)); accept;' export='all' import='all'
agg="protocol aggregator agg { table all4; peer table all4;
	export $export; import $import; aggregate on $on; merge by { $by }; }"
conf
reload
same_table() { [ "$(dutc show route table all4 protocol agg count | tail -1 | cut -d' ' -f1)" = 4 ]; }
check "into its own table, not again and again" wait_for 10 same_table
check "it ends" dut_stop
finish
