#!/bin/bash
# What a session may be refused for and what ends it: roles and OTC (RFC 9234), required
# capabilities, the words of a shutdown (RFC 9003), `disable after cease`.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

conf() # extra of the protocol, extra of the channel
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol static s4 { ipv4; route 10.8.0.0/24 unreachable; }
	protocol bgp p {
		local 127.0.0.1 port 1790 as 64512;
		neighbor 127.0.1.1 as 64513;
		multihop; passive;
		error wait time 1, 1;
		$1
		ipv4 { import all; export where source = RTS_STATIC; next hop self; $2 };
	}
	END
}
peer() # extra of the protocol
{
	cat >p.conf <<-END
	log "$T/p.log" all;
	router id 127.0.1.1;
	protocol device { }
	protocol static s4 { ipv4;
		route 10.1.0.0/24 unreachable;
		route 10.1.1.0/24 unreachable { bgp_otc = 64999; };
	}
	protocol bgp up {
		local 127.0.1.1 as 64513; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		$1
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	END
	[ -z "${peer_runs-}" ] || birdc p configure >/dev/null
}
info() { real show protocols p | awk '$1 == "p" { $1 = $2 = $3 = $5 = ""; print }' | tr -s ' '; }
info_has() { info | grep -q -e "$1"; }
reload() { conf "$@" >dut.conf; real configure | grep -q -e Reconfigur; }
otc_at_p() { birdc p show route all 10.8.0.0/24 | awk '/BGP.otc:/ { print $2 }'; }
otc_here() { real show route all "$1" | awk '/BGP.otc:/ { print $2 }'; }
has_dut_route() { real show route "$1" | grep -q " *$1 "; }
eq() { [ "$($1 "${3-}")" = "$2" ]; }

conf 'local role provider;' '' >dut.conf
peer 'local role customer;'
dut_start "$T/dut.conf" || fail "the daemon starts"
bird_start p "$T/p.conf" || fail "the peer starts"
peer_runs=1

# --- roles

check "provider and customer" wait_for 20 is_up p up
check "the role is shown" real_says "Role: customer" show protocols all p
check "OTC is put on for a customer" wait_for 10 eq otc_at_p 64512
check "a route of it comes" wait_for 10 has_dut_route 10.1.0.0/24
leak() { has_dut_route 10.1.1.0/24; }
check "but not one that was only for it" not leak
peer 'local role peer;'
check "provider and peer: refused" wait_for 20 info_has 'Role mismatch'
reload 'local role peer;' ''
check "peer and peer" wait_for 20 is_up p up
check "marked as the peer's" wait_for 10 eq otc_here 64513 10.1.0.0/24
reload 'local role customer;' ''
peer 'local role provider;'
check "customer and provider" wait_for 20 is_up p up
check "a foreign mark stays" wait_for 10 eq otc_here 64999 10.1.1.0/24
check "who has none gets one" wait_for 10 eq otc_here 64513 10.1.0.0/24
reload 'local role customer; require roles;' ''
peer ''
check "a role is required" wait_for 20 info_has 'Role mismatch'

# --- required capabilities: options of BIRD 2.15

if is_mynah; then
	peer 'enable as4 off;'
	reload 'require as4;' ''
	check "as4 is required" wait_for 20 info_has 'Required capability missing'
	check "the peer is told" wait_for 10 grep -q 'Required capability missing' p.log
	peer ''
	check "it has it" wait_for 20 is_up p up
	reload 'require as4; require hostname;' ''
	check "what is missing ends the session" wait_for 10 info_has 'Required capability'
	reload '' 'require add paths; add paths rx;'
	check "add paths are required" wait_for 10 info_has 'Required capability missing'
	reload '' ''
fi

# --- words and reasons

peer ''
reload '' ''
check "without conditions" wait_for 20 is_up p up
real disable p '"back at noon"' >/dev/null
check "our words arrive" wait_for 10 grep -q 'Administrative shutdown: "back at noon"' p.log
check "and are shown" real_says 'Message:        back at noon' show protocols all p
real enable p >/dev/null
check "enabled again" wait_for 20 is_up p up
birdc p disable up '"gone fishing"' >/dev/null
check "their words arrive" wait_for 10 grep -q 'Administrative shutdown: "gone fishing"' dut.log
check "and are shown, too" real_says 'Message:        gone fishing' show protocols all p
birdc p enable up >/dev/null
check "enabled there" wait_for 20 is_up p up
reload 'disable after cease { administrative reset };' ''
check "still up" wait_for 20 is_up p up
birdc p restart up >/dev/null
down() { real show protocols p | grep -q ' down '; }
check "a reset is the end" wait_for 10 down
reload 'disable after cease { cease };' ''
check "but for a reload" wait_for 20 is_up p up

dut_stop
finish
