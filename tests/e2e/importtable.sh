#!/bin/bash
# Import tables: another import filter, preference, `allow bgp_local_pref` or ROAs act on
# what is kept of the peers' routes, with the sessions up and nobody asked, also for peers
# that have no route refresh; withdrawals, ends of sessions, graceful restart and the receive
# limit act on what is kept.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
is_mynah || skip_all "mynah only"

# --- c1 (internal) and e3 (external) cannot be asked again, c2 can; c2 looks on

client() # n as words-of-bgp routes...
{
	local n=$1 as=$2 words=$3
	shift 3
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	router id 127.0.1.$n;
	protocol device { }
	protocol static s4 { ipv4; $(printf 'route %s unreachable; ' "$@") }
	protocol static more { ipv4; route 10.$n.9.0/24 unreachable; }
	protocol bgp up {
		debug { packets };
		local 127.0.1.$n as $as; strict bind; multihop;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		graceful restart on; graceful restart time 30;
		$words
		ipv4 { import all; export filter { if source != RTS_STATIC then reject;
			bgp_local_pref = 333; accept; }; };
	}
	END
	rm -f "$T/c$n.ctl"
	start "c$n" "$BIRD2" -f -c "$T/c$n.conf" -s "$T/c$n.ctl" $RECOVER
	wait_for 20 answers "$T/c$n.ctl"
}
RECOVER='' # -R: the client says that its forwarding went on
EXTERN="import all;" ALLOW='' TWO="import all; import table on;" ROAS="route 10.7.0.0/24 max 24 as 1;"
conf() # import of c1
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	roa4 table r4 { min settle time 100 ms; max settle time 1 s; };
	protocol static o { roa4 { table r4; }; $ROAS }
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		passive; multihop; error wait time 1, 1;
	}
	protocol bgp c1 from clients { neighbor 127.0.1.1 as 64512; rr client;
		ipv4 { import table on; $1 export all; }; }
	protocol bgp c2 from clients { neighbor 127.0.1.2 as 64512; rr client;
		ipv4 { $TWO export all; }; }
	protocol bgp e3 from clients { neighbor 127.0.1.3 as 64513; $ALLOW
		ipv4 { import table on; $EXTERN export all; next hop self; }; }
	END
}
reload() { conf "$1" >dut.conf; real configure | grep -q -e Reconfigur; }
has() { has_route c2 "$1"; }
gone() { not has_route c2 "$1"; }
all_up() { is_up c1 up && is_up c2 up && is_up c3 up; }
pref() { birdc c2 show route all 10.3.0.0/24 | awk '/BGP.local_pref/ { print $2; exit }'; }
pref_is() { [ "$(pref)" = "$1" ]; }
asked() { cat c[123].log | grep -c 'Got ROUTE-REFRESH'; }
ports() { ss -tnH state established | awk '$3 ~ /:1790$/ { print $4 }' | sort; }
same_ports() { [ "$(ports)" = "$were" ]; }

conf "import all;" >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
client 1 64512 "enable route refresh off;" 10.1.0.0/24 10.1.1.0/24 10.1.2.0/24
client 2 64512 "" 10.2.0.0/24
client 3 64513 "enable route refresh off; allow bgp_local_pref on;" 10.3.0.0/24
check "sessions come up" wait_for 20 all_up
check "routes are reflected" wait_for 20 has 10.1.9.0/24
check "of the external one, too" wait_for 20 has 10.3.0.0/24
were=$(ports)
check_eq "three connections" "$(echo "$were" | wc -l)" 3

# --- another filter

conf "import where net != 10.1.1.0/24;" >dut.conf
check "a plan drops nobody" real_says "sessions: 0 dropped, 3 kept" configure check "\"$T/dut.conf\""
check "a route is refused" reload "import where net != 10.1.1.0/24;"
check "it is withdrawn" wait_for 10 gone 10.1.1.0/24
check "another is not" has 10.1.2.0/24
check "all are let in" reload "import filter { bgp_med = 7; accept; };"
check "it is back" wait_for 10 has 10.1.1.0/24
med() { birdc c2 show route all 10.1.1.0/24 | grep -q 'BGP.med: 7'; }
check "as the filter has it" wait_for 10 med
check "another preference" reload "import all; preference 77;"
check "is that of the routes" wait_for 10 real_says '(77)' show route protocol c1
check "reload in" real_says "c1: reloading" reload in c1

# --- what is kept, beside the real BIRD's layout

check "a route is refused" reload "import where net != 10.1.1.0/24; preference 77;"
table() { real show route import table c1.ipv4 "$@" | sed 's/[0-9:]\{8\}[0-9.]*/TIME/' | sort; }
want=$(for i in 0 1 2 9; do
	printf '%-20s unreachable [c1 TIME from 127.0.1.1] * (100) [i]\n' 10.1.$i.0/24
done)
check_eq "the import table" "$(table | grep '^10')" "$want"
check "its name" real_says "^Table import:" show route import table c1.ipv4
check "how many" real_says "4 of 4 routes for 4 networks in table import" \
	show route import table c1.ipv4 count
check_eq "one of them" "$(table 10.1.1.0/24 | grep -c '^10')" 1
check_eq "the longest match" "$(table for 10.1.1.7 | grep -c '^10.1.1.0/24')" 1
check_eq "within a network" "$(table in 10.1.0.0/23 | grep -c '^10')" 2
check "one that is not there" real_says "Network not found" show route 10.8.0.0/24 import table c1.ipv4
check "none is the primary one" not real_says '^10' show route import table c1.ipv4 primary
check "with attributes" real_says "BGP.local_pref: 333" show route import table c1.ipv4 all

# --- options that act before the filter

check_eq "LOCAL_PREF of an external peer is not taken" "$(pref)" 100
ALLOW="allow bgp_local_pref on;"
check "until it is allowed" reload "import all;"
check "what it sent is kept" wait_for 10 pref_is 333
ALLOW="default bgp_local_pref 55;"
check "and not any more" reload "import all;"
check "there is a default" wait_for 10 pref_is 55

# --- ROAs

EXTERN="import where roa_check(r4) != ROA_INVALID;"
check "a filter that asks for ROAs" reload "import all;"
check "lets in what is not known" has 10.3.0.0/24
ROAS="route 10.3.0.0/24 max 24 as 1;"
check "a ROA comes" reload "import all;"
check "invalid is withdrawn" wait_for 10 gone 10.3.0.0/24
ROAS=''
check "it goes" reload "import all;"
check "the route is back" wait_for 10 has 10.3.0.0/24

# --- withdrawn while refused

check "a route is refused" reload "import where net != 10.1.9.0/24;"
check "it is gone" wait_for 10 gone 10.1.9.0/24
birdc c1 disable more >/dev/null
birdc c1 disable s4 >/dev/null
check "and withdrawn by its peer, after others" wait_for 10 gone 10.1.0.0/24
check "all are let in" reload "import all;"
birdc c1 enable s4 >/dev/null
check "others come again" wait_for 10 has 10.1.0.0/24
check "it does not" gone 10.1.9.0/24
check_eq "nobody was asked" "$(asked)" 0
check "the connections are the same" same_ports

# --- off and on

TWO="import all;"
check "no import table" reload "import all;"
TWO="import where net != 10.2.9.0/24;"
check "another filter" reload "import all;"
refused() { not has_route dut 10.2.9.0/24; }
check "it acts" wait_for 10 refused
some_asked() { [ "$(asked)" -ge "$1" ]; }
check "by route refresh" wait_for 10 some_asked 1
TWO="import where net != 10.2.9.0/24; import table on;"
check "the table again" reload "import all;"
check "is filled by route refresh" wait_for 10 some_asked 2
TWO="import all; import table on;"
check "and another filter" reload "import all;"
check "lets it in" wait_for 10 has_route dut 10.2.9.0/24
check "the connections are the same" same_ports

# --- the session ends

birdc c1 disable up >/dev/null
check "the session ends: its routes go" wait_for 10 gone 10.1.0.0/24
check "another filter without it" reload "import where net != 10.1.2.0/24;"
birdc c1 enable up >/dev/null
check "it comes back" wait_for 20 has 10.1.0.0/24
check "with the new filter" gone 10.1.2.0/24
check "and all are let in" reload "import all;"
check "the refused one, too" wait_for 10 has 10.1.2.0/24

# --- graceful restart: what is not told again goes, and no filter brings it back

stop c1 KILL
check "its routes stay" has 10.1.2.0/24
RECOVER=-R
client 1 64512 "enable route refresh off;" 10.1.0.0/24 10.1.1.0/24
check "it is back" wait_for 20 is_up c1 up
check "what it has no more goes" wait_for 20 gone 10.1.2.0/24
check "a route is refused" reload "import where net != 10.1.1.0/24;"
check "it is withdrawn" wait_for 10 gone 10.1.1.0/24
check "all are let in" reload "import all;"
check "it is back" wait_for 10 has 10.1.1.0/24
check "the others are not" gone 10.1.2.0/24
check "and those still there" has 10.1.0.0/24

# --- the limit counts what is kept, not what the filter lets in

check "none is let in" reload "import none; receive limit 9 action disable;"
check "all are withdrawn" wait_for 10 gone 10.1.0.0/24
check "the limit is not met" is_up c1 up
check "a lower one" reload "import none; receive limit 2 action disable;"
is_down() { not is_up c1 up; }
check "is met by routes that are refused" wait_for 10 is_down
check "the log says so" grep -q "c1 hits route receive limit (2), action: disable" dut.log
check "import tables count in show memory" real_says "Routing tables" show memory
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
