#!/bin/bash
# Tables in MRT files, written when asked and each period, and what sessions do, beside the real BIRD 2 with the same
# configuration and the same neighbours: records are read back and compared.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" python3
mrtread() { python3 "$E2E/mrtread" "$1"; }

# node NAME ADDRESS PORT PORT-A PORT-B
node()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.1;
	mrtdump "$T/$1-log$number";
	mrtdump protocols all;
	ipv4 table far;
	protocol device { }
	protocol static { ipv4; route 10.1.0.0/16 unreachable; }
	protocol static { ipv6; route 2001:db8:1::/48 unreachable; }
	protocol static { ipv4 { table far; }; route 10.2.0.0/16 unreachable; }
	protocol bgp a { local $2 port $3 as 65000; neighbor 127.0.1.1 port $4 as 65000; passive; multihop;
		rr client; ipv4 { import all; export none; add paths rx; }; ipv6 { import all; export none; }; }
	protocol bgp b { local $2 port $3 as 65000; neighbor 127.0.1.2 port $5 as 65002; passive; multihop;
		ipv4 { import all; export none; }; }
	protocol bgp nobody { local $2 port $3 as 65000; neighbor 127.0.1.9 port 1799 as 65009; passive; multihop;
		ipv4 { import all; export none; }; }
	$mrt
	END
}
# client NAME N AS NODE PORT NODE-PORT ROUTES4 ROUTES6 CHANNELS
client()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.1$2;
	protocol device { }
	protocol static { ipv4; $7 }
	protocol static { ipv6; $8 }
	protocol bgp r { local 127.0.1.$2 port $5 as $3; neighbor $4 port $6 as 65000; multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 2; $9 }
	END
}
routes_a='route 10.10.0.0/16 unreachable { bgp_community.add((1,1)); bgp_large_community.add((1,2,3));
		bgp_med = 5; bgp_local_pref = 200; bgp_path.prepend(65100); };
	route 10.11.0.0/24 unreachable { bgp_origin = ORIGIN_EGP; bgp_ext_community.add((rt,1,2)); };
	route 10.12.0.0/17 unreachable; route 0.0.0.0/0 unreachable; route 10.13.1.1/32 unreachable;'
routes_b='route 10.11.0.0/24 unreachable { bgp_path.prepend(400000); }; route 10.20.0.0/16 unreachable;'
routes_6='route 2001:db8:10::/48 unreachable { bgp_community.add((6,6)); }; route ::/0 unreachable;'
four='ipv4 { import all; export where source = RTS_STATIC; next hop self; };'
six='ipv6 { import all; export where source = RTS_STATIC; next hop address 2001:db8::99; };'
mrt='' number=1
node dut 127.0.0.1 1790 1792 1794
node ref 127.0.0.2 1791 1793 1795
client ad 1 65000 127.0.0.1 1792 1790 "$routes_a" "$routes_6" "ipv4 { import all; export where source = RTS_STATIC; next hop self; add paths tx; }; $six"
client ar 1 65000 127.0.0.2 1793 1791 "$routes_a" "$routes_6" "ipv4 { import all; export where source = RTS_STATIC; next hop self; add paths tx; }; $six"
client bd 2 65002 127.0.0.1 1794 1790 "$routes_b" "" "$four"
client br 2 65002 127.0.0.2 1795 1791 "$routes_b" "" "$four"
bird_start ref ref.conf || { cat ref.out; fail "bird starts"; finish; }
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
for i in ad ar bd br; do bird_start $i $i.conf || { cat $i.out; fail "bird starts"; finish; }; done
up() { is_up dut a && is_up dut b && is_up ref a && is_up ref b; }
wait_for 20 up || { fail "sessions are up"; finish; }
all_in() { birdc "$1" show route table all count | grep -q "^Total: 12 of 12 routes"; }
check "routes are in" wait_for 10 all_in dut
wait_for 10 all_in ref

# Our own attribute ids of paths may be others: what add-path brought is the neighbour's.
listing() { mrtread "$1" | sort; }
# dump NAME TABLE WORDS...: to dut-NAME and ref-NAME
dump() { for i in dut ref; do birdc $i "mrt dump table $2 to \"$T/$i-$1\" ${3-}" >/dev/null; done; }
dump four master4
check_eq "IPv4, as with BIRD" "$(listing dut-four)" "$(listing ref-four)"
check "there is something to compare" [ "$(listing ref-four | wc -l)" = 9 ]
dump six master6
check_eq "IPv6" "$(listing dut-six)" "$(listing ref-six)"
dump where master4 'where net ~ 10.8.0.0/13 && bgp_path.len > 0'
check_eq "with a condition" "$(listing dut-where)" "$(listing ref-where)"
dump changed master4 'filter { bgp_med = 9; accept; }'
meds() { listing "$1" | grep -c ' 4:00000009'; }
check_eq "as the filter leaves them" "$(meds dut-changed)" 8
dump 'all-%N' '"*"'
files_of() { printf '%s\n' "$1"-all-* | sed "s/^$1//"; }
check_eq "a file for each table" "$(files_of dut)" "$(files_of ref)"
check_eq "of another table" "$(listing dut-all-far)" "$(listing ref-all-far)"
dump four master4
check "another dump follows in the file" [ "$(listing dut-four | grep -c '^view')" = 2 ]
for words in 'mrt dump' 'mrt dump table master4' 'mrt dump to "x"' 'mrt dump table nix to "x"' 'mrt dump foo' \
	'mrt dump table master4 to "/nowhere/x"' 'mrt dump table "nix*" to "x"'; do
	check_eq "$words" "$(birdc dut -v "$words")" "$(birdc ref -v "$words")"
done

# What sessions did: all but keepalives, which come when they come.
sessions()
{
	mrtread "$1" | sed -E 's/127\.0\.0\.[12]:/NODE:/' |
		grep -E '^message .*: [123] |^state .*: (4 -> 5|5 -> 6)' | sort
}
check_eq "messages and states of sessions, as with BIRD" "$(sessions dut-log1)" "$(sessions ref-log1)"
check "there is something to compare" [ "$(sessions ref-log1 | wc -l)" -ge 10 ]
check "keepalives, too" grep -q "^message .*: 4 $" <(mrtread dut-log1)
dutc mrtdump b off >/dev/null
birdc bd restart r >/dev/null
birdc ad restart r >/dev/null
ended() { mrtread dut-log1 | grep -q "AS$1 .*: 6 -> 1"; }
check "a session that ends" wait_for 10 ended 65000
wait_for 20 up
check "but that of a protocol that is not asked" not ended 65002
number=2
node dut 127.0.0.1 1790 1792 1794
dutc configure >/dev/null
check "another file at a reload" wait_for 10 test -e dut-log2
birdc bd restart r >/dev/null
again() { mrtread dut-log2 | grep -q "AS65002 .*: 5 -> 6"; }
check "and the protocol is asked as the configuration has it" wait_for 20 again
wait_for 20 up
wait_for 20 all_in dut
wait_for 20 all_in ref

mrt='protocol mrt m { table "master*"; filename "'$T'/NODE-%N-%Y-%%"; period 1; where net !~ 10.20.0.0/16; }'
before=$(dutc show protocols | awk '$2 == "BGP" { print $1, $5 }')
for i in dut ref; do
	mrt=${mrt/NODE/$i}
	if [ $i = dut ]; then node dut 127.0.0.1 1790 1792 1794; else node ref 127.0.0.2 1791 1793 1795; fi
	mrt=${mrt/\/$i-%N//NODE-%N}
	birdc $i configure >/dev/null
done
# The first dump of a file.
first() { listing_of "$1" | sort; }
listing_of() { mrtread "$1" | awk '/^view/ && n++ { exit } { print }'; }
year=$(date +%Y)
there() { [ -s "dut-$1-$year-%" ] && [ -s "ref-$1-$year-%" ] && [ "$(mrtread "dut-$1-$year-%" | grep -c ^view)" -ge 2 ]; }
check "the protocol dumps each period" wait_for 10 there master4
for t in master4 master6; do
	check_eq "$t as with BIRD" "$(first "dut-$t-$year-%")" "$(first "ref-$t-$year-%")"
done
check "what the filter refuses is not there" not grep -q "^10.20.0.0" <(first "dut-master4-$year-%")
check_eq "it is a protocol" "$(dutc show protocols m | awk '$1 == "m" { print $2, $3, $4 }')" "MRT --- up"
mrt='protocol mrt m { table master4; filename "'$T'/later"; period 1; always add path on; }'
node dut 127.0.0.1 1790 1792 1794
dutc configure >/dev/null
check "changed by a reload" wait_for 10 test -s later
ids() { ! mrtread later | grep -qv '^view\|^[0-9./]* #[0-9]* from'; }
check "with ids throughout" ids
check_eq "no session was touched" "$(dutc show protocols | awk '$2 == "BGP" { print $1, $5 }')" "$before"
mrt='protocol mrt m { table master4; filename "/nowhere/x"; period 1; }'
node dut 127.0.0.1 1790 1792 1794
dutc configure >/dev/null
check "a file that cannot be written is named in the log" wait_for 10 grep -q "m: Unable to open MRT file '/nowhere/x'" dut.log
mrt=
node dut 127.0.0.1 1790 1792 1794
sed -i 's|^mrtdump ".*";|mrtdump "/dev/full";|' dut.conf
dutc configure >/dev/null
birdc bd restart r >/dev/null
full() { grep -q "Unable to write to the MRTDump file: No space left" dut.log; }
check "a file that takes no more is named in the log" wait_for 20 full
check "and sessions go on" wait_for 20 up
check_eq "said once" "$(grep -c "Unable to write to the MRTDump" dut.log)" 1
check "it ends" dut_stop
finish
