#!/bin/bash
# Add-path (RFC 7911) with real BIRD 2: two clients announce the same network, a third
# sends two paths of it in one session, a fourth takes all, a fifth knows nothing of it.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

NET=10.0.0.0/24

# client N ADDPATHS PROTOCOLS...: BIRD on 127.0.1.N, its routes by protocols of its own.
client()
{
	local n=$1 add=$2
	shift 2
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	router id 127.0.1.$n;
	protocol device { }
	$*
	protocol bgp up {
		local 127.0.1.$n as 64512;
		strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; add paths $add; };
	}
	END
	bird_start "c$n" "$T/c$n.conf"
}

# static NAME MED: a static protocol with the network.
static()
{
	echo "protocol static $1 { ipv4 { preference $2; import filter {
		bgp_med = $2; bgp_next_hop = 192.0.2.${2#20}; accept; }; };
		route $NET unreachable; }"
}

conf()
{
	local n add
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	END
	for n in 1 2 3 4 5; do
		add=off
		[ $n != 3 ] || add=rx
		[ $n != 4 ] || add=$1
		cat <<-END
		protocol bgp c$n {
			local 127.0.0.1 port 1790 as 64512;
			neighbor 127.0.1.$n as 64512;
			rr client; rr cluster id 192.0.2.1; passive; strict bind;
			error wait time 1, 1;
			ipv4 { import all; export all; add paths $add; };
		}
		END
	done
}

conf tx >dut.conf
dut_start "$T/dut.conf"
client 1 off "$(static a 201)"
client 2 off "$(static b 202)"
client 3 on "$(static c 203) $(static d 204)"
client 4 on
client 5 off
for n in 1 2 3 4 5; do check "client $n is up" wait_for 30 is_up "c$n" up; done

# meds N: the MEDs of all paths that client N has of the network, from the reflector.
meds()
{
	birdc "c$1" show route all "$NET" protocol up |
		sed -n 's/.*BGP.med: //p' | sort | xargs
}
has() { [ "$(meds "$1")" = "$2" ]; }
holds() { check "$1" wait_for 10 has "$2" "$3" || meds "$2"; }

table() { dutc show route all "$NET" | sed -n 's/.*BGP.med: //p' | sort | xargs; }
in_table() { [ "$(table)" = "$1" ]; }

check "the reflector keeps both paths of one session" wait_for 10 in_table "201 202 203 204"
holds "one that takes all paths has all" 4 "201 202 203 204"
check "one without add-path has one" [ "$(meds 5 | wc -w)" = 1 ]
check "a source is given the others' paths, not its own" \
	[ "$(meds 1)" != 201 ]

# The capability of both sides: "ADD-PATH TX: ipv4 ... ADD-PATH RX: ipv4 TX: ipv4"
caps() { dutc show protocols all "$1" | grep -A 2 ADD-PATH | grep -E 'ADD-PATH|[RT]X:' | xargs; }
check_eq "both capabilities are shown, sending" "$(caps c4)" \
	"ADD-PATH RX: TX: ipv4 ADD-PATH RX: ipv4 TX: ipv4"
check_eq "both capabilities are shown, receiving" "$(caps c3)" \
	"ADD-PATH RX: ipv4 TX: ADD-PATH RX: ipv4 TX: ipv4"

birdc c2 disable b >/dev/null
holds "one path is withdrawn, the others stay" 4 "201 203 204"
birdc c3 disable d >/dev/null
holds "one of two paths of a session is withdrawn" 4 "201 203"
birdc c2 enable b >/dev/null
holds "a path comes back" 4 "201 202 203"
stop c1
holds "the paths of a lost session go" 4 "202 203"

# The option holds from the next session on.
conf off >dut.conf
dutc configure >/dev/null
check "a reload leaves the session" is_up c4 up
holds "and what it was told" 4 "202 203"
birdc c4 restart up >/dev/null
check "the next session is up" wait_for 30 is_up c4 up
has_one() { [ "$(meds 4 | wc -w)" = 1 ]; }
check "the next session is told one path" wait_for 10 has_one

dut_stop
check "the daemon ends well" [ $? = 0 ]
finish
