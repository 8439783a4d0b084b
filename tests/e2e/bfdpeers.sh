#!/bin/bash
# BFD with FRR and with another mynahd: one hop and several, BGP that hangs on it, and what an
# operator's word is taken for (RFC 5882, 4.2); BIRD 2.0.12 and FRR 8 take it for a lost way.
. "$(dirname "$0")/lib.sh"
is_mynah || skip_all "mynah only"
need bridge
lan_make

conf() # name router-id local neighbors...
{
	cat <<-END
	log "$T/$1.log" all;
	router id $2;
	protocol device { }
	protocol bfd bfd1 {
		debug { events };
		interface "*" { interval 50 ms; multiplier 4; };
		multihop { interval 50 ms; multiplier 4; };
		${5-}
	}
	template bgp peers {
		local $3 as 64512;
		bfd on;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; };
	}
	$4
	END
}
state_is() # ctl address state
{
	"$DUTC" -s "$T/$1.ctl" show bfd sessions |
		awk -v a="$2" -v s="$3" '$1 == a { n += $3 == s } END { exit n != 1 }'
}
bgp_since() { "$DUTC" -s "$T/$1.ctl" show protocols "$2" | awk '/Established/ { print $5 }'; }
is_established() { [ -n "$(bgp_since "$1" "$2")" ]; }

PEERS='protocol bgp frr from peers { neighbor 10.99.0.3 as 64512; direct; }
protocol bgp two from peers { neighbor 10.99.0.2 as 64512; direct; }'
conf dut 192.0.2.1 10.99.0.1 "$PEERS" 'neighbor fd99::3; neighbor fd99::2 local fd99::1 multihop;' >dut.conf
dut_start "$T/dut.conf" || { cat dut.out; exit 1; }

# --- another mynahd

lan_join two 2
two() { "$DUTC" -s "$T/two.ctl" "$@"; }
conf two 192.0.2.2 10.99.0.2 'protocol bgp one from peers { neighbor 10.99.0.1 as 64512; direct; }' \
	'neighbor fd99::1 local fd99::2 multihop;' >two.conf
start two ip netns exec two "$DUT" -f -c "$T/two.conf" -s "$T/two.ctl" -P "$T/two.pid"
check "two of us: BGP" wait_for 30 is_established dut two
check "BFD" wait_for 20 state_is dut 10.99.0.2 Up
check "over several hops" wait_for 20 state_is dut fd99::2 Up
before=$(bgp_since dut two) there=$(bgp_since two one)
two disable bfd1 >/dev/null
check "taken down there: told here" wait_for 5 state_is dut 10.99.0.2 Down
two_detail() { dutc show bfd sessions address 10.99.0.2 all | grep -q "$1"; }
check "by a word" two_detail "Local diagnostic: *Neighbor signaled session down"
wait_for 5 not two_detail "Remote diagnostic: *Administratively down"
check_eq "BGP stays" "$(bgp_since dut two)" "$before"
two enable bfd1 >/dev/null
check "up again" wait_for 20 state_is dut 10.99.0.2 Up
check_eq "BGP has stayed" "$(bgp_since dut two) $(bgp_since two one)" "$before $there"
for i in 1 2; do
	two disable bfd1 >/dev/null
	two enable bfd1 >/dev/null
done
check "down and up at once, twice" wait_for 20 state_is dut 10.99.0.2 Up
quick=$(dutc show bfd sessions | awk '$1 == "10.99.0.2" { print $4 }')
sleep 3
check_eq "it stays up: nobody speaks of the session before" \
	"$(dutc show bfd sessions | awk '$1 == "10.99.0.2" { print $4 }')" "$quick"
dutc restart two >/dev/null
check "BGP restarted" wait_for 30 is_established dut two
since=$(dutc show bfd sessions | awk '$1 == "10.99.0.2" { print $4 }')
dutc restart two >/dev/null
wait_for 30 is_established dut two
check_eq "its BFD session goes on" \
	"$(dutc show bfd sessions | awk '$1 == "10.99.0.2" { print $4 }')" "$since"
stop two KILL
check "killed: BGP ends" wait_for 5 not is_established dut two
check "and its session" wait_for 5 state_is dut 10.99.0.2 Down

# --- FRR

peer_is() # address what
{
	frr_sh "show bfd peer $1 ${3-}" bfdd | grep -q -e "$2"
}
frr_run()
{
	frr_files
	{
		frr_bgp 64512 10.99.0.3
		frr_neighbor 10.99.0.1 64512 bfd "bfd profile fast" disable-connected-check
		frr_family "ipv4 unicast" 10.99.0.1 "network 198.18.3.0/24"
	} >frr/bgpd.conf
	cat >frr/bfdd.conf <<-END
	hostname frr
	bfd
	 profile fast
	  transmit-interval 60
	  receive-interval 40
	  detect-multiplier 5
	 exit
	 peer 10.99.0.1 interface eth0
	  profile fast
	 exit
	 peer fd99::1 local-address fd99::3 interface eth0
	  profile fast
	 exit
	exit
	END
	zebra_start
	frr_daemon bfdd bfdd --bfdctl "$T/frr/bfdd.sock"
	frr_daemon frr bgpd
	wait_for 20 frr_sh "show version" bfdd
}
if frr_installed bfdd; then
	lan_join frr 3
	check "FRR starts" frr_run
	check "FRR: a session of IPv6" wait_for 30 state_is dut fd99::3 Up
	check "of IPv4, for BGP" wait_for 30 state_is dut 10.99.0.3 Up
	check "there, too" wait_for 10 peer_is 10.99.0.1 "Status: up" "interface eth0"
	frr_row() { dutc show bfd sessions | awk '$1 == "10.99.0.3" { print $5, $6 }'; }
	intervals_are() { [ "$(frr_row)" = "$1" ]; }
	check "intervals of both" wait_for 10 intervals_are "0.050 0.300"
	check "BGP" wait_for 60 is_established dut frr
	dutc disable bfd1 >/dev/null
	check "taken down here: FRR is told" wait_for 10 peer_is 10.99.0.1 "Status: down" "interface eth0"
	check "and why" peer_is 10.99.0.1 "Remote diagnostics: administratively down" "interface eth0"
	dutc enable bfd1 >/dev/null
	check "up again" wait_for 20 state_is dut 10.99.0.3 Up
	check "BGP, too: FRR ends it" wait_for 60 is_established dut frr
	bridge link set dev lan-3 state 0
	check "a lost way: BGP ends" wait_for 5 not is_established dut frr
	check "with its name" sh -c '"$0" -s "$1" show protocols frr | grep -q "BFD session down"' \
		"$DUTC" "$T/dut.ctl"
	bridge link set dev lan-3 state 3
	check "and comes back" wait_for 60 is_established dut frr
	check "BFD, too" wait_for 20 state_is dut 10.99.0.3 Up
else
	skip "FRR is not here"
fi
dut_stop
check_eq "the daemon ends with 0" $? 0
finish
