#!/bin/bash
# What a channel keeps besides the routes that are in the table: `import keep filtered` with
# `show route filtered`, `export table` with `show route export table`.  The same is put to the
# real BIRD, and what is shown is compared.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

conf() # NAME PORT FILTER
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol bgp a { local 127.0.0.1 port $2 as 64512; neighbor 127.0.1.1 as 64512;
		passive; multihop; rr client;
		ipv4 { import keep filtered; export table; export all; import $3; }; }
	protocol bgp b { local 127.0.0.1 port $2 as 64512; neighbor 127.0.1.2 as 64512;
		passive; multihop; rr client;
		ipv4 { import keep filtered; export table; export where net != 10.1.2.0/24;
			import where net != 10.2.1.0/24; }; }
	END
}
client() # NAME N PORT
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 127.0.1.$2;
	protocol device { }
	protocol static s4 { ipv4; route 10.$2.1.0/24 unreachable;
		route 10.$2.2.0/24 unreachable; route 10.$2.3.0/24 unreachable; }
	protocol static more { ipv4; route 10.$2.9.0/24 unreachable; }
	protocol bgp up {
		local 127.0.1.$2 port $(($3 + 3)) as 64512; strict bind; multihop;
		neighbor 127.0.0.1 port $3 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	END
	bird_start "$1" "$T/$1.conf"
}
both()
{
	conf dut 1790 "$1"
	conf ref 1792 "$1"
}
# Answers without times and the order of networks, which is by hash.
answer()
{
	local name=$1
	shift
	birdc "$name" "$@" | sed -E 's/\[([ab]) [0-9:.]+/[\1/' | sort
}
# same NAME COMMAND...: both answer the same, within a time.
same()
{
	local name=$1 end=$((SECONDS + 10 * SLOW))
	shift
	while [ "$(answer dut "$@")" != "$(answer ref "$@")" ] && [ $SECONDS -lt $end ]; do
		sleep 0.2
	done
	check_eq "$name" "$(answer dut "$@")" "$(answer ref "$@")"
}
routes() { birdc "$1" show protocols all "$2" | grep 'Routes:'; }
all_up() { is_up dut a && is_up dut b && is_up ref a && is_up ref b; }
told() { answer ref show route filtered count | grep -q "^$1 of" && has_route ref 10.2.9.0/24; }

both 'filter { if net ~ [10.1.1.0/24, 10.1.9.0/24] then reject; bgp_med = 7; accept; }'
dut_start "$T/dut.conf" || { fail "the daemon starts"; finish; }
bird_start ref "$T/ref.conf"
for n in 1 2; do
	client "c$n" "$n" 1790
	client "r$n" "$n" 1792
done
check "the sessions are up" wait_for 30 all_up
check "all is told" wait_for 10 told 3
same "what the filters refuse" show route filtered
same "of one protocol" show route filtered protocol a
same "counted" show route filtered count
same "one network" show route 10.1.1.0/24 filtered
same "one that is not refused" show route 10.1.2.0/24 filtered
same "with attributes" show route 10.1.9.0/24 filtered all
check_eq "counts of the protocol" "$(routes dut a)" "$(routes ref a)"
check_eq "of the other one" "$(routes dut b)" "$(routes ref b)"
same "the table itself" show route
same "the export table" show route export table b.ipv4
same "of the other one" show route export table a.ipv4
same "one network of it" show route 10.2.2.0/24 export table a.ipv4

birdc c1 disable more >/dev/null
birdc r1 disable more >/dev/null
check "a refused route is withdrawn" wait_for 10 told 2
same "and is not shown" show route filtered
both 'where net != 10.1.3.0/24'
birdc dut configure >/dev/null
birdc ref configure >/dev/null
one() { answer ref show route filtered protocol a | grep -q 10.1.3.0; }
check "another filter" wait_for 10 one
same "refuses others" show route filtered
check_eq "with their counts" "$(routes dut a)" "$(routes ref a)"
both 'all'
birdc dut configure >/dev/null
birdc ref configure >/dev/null
same "none" show route filtered protocol a
stop c2
stop r2
same "the session ends" show route filtered
both 'all; import keep filtered off'
birdc dut configure >/dev/null
mynah_only "switched off" is_up dut a
dut_stop
finish
