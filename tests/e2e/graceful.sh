#!/bin/bash
# Graceful restart (RFC 4724), the receiving side: a client that dies and comes back keeps
# its routes at the others; what it does not announce again goes with its End-of-RIB; what
# is never announced again goes with the restart time; a NOTIFICATION ends all at once.  And
# End-of-RIB for each family after the first dump.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# --- the reflector and its clients: c1 restarts, c2 and c3 look on

conf()
{
	local n
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client; rr cluster id 192.0.2.1; passive;
		multihop;
		error wait time 1, 1;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n in 1 2; do echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"; done
}
RECOVER='' # -R: the client says that its forwarding went on (F bits)
client() # n restart-time routes...
{
	local n=$1 time=$2
	shift 2
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	debug protocols { states, packets };
	router id 127.0.1.$n;
	protocol device { }
	protocol static s4 { ipv4; $(printf 'route %s unreachable; ' "$@") }
	protocol static s6 { ipv6; route 2001:db8:$n::/48 unreachable; }
	protocol bgp up {
		debug all;
		local 127.0.1.$n as 64512; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		multihop;
		graceful restart on; graceful restart time $time;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
		ipv6 { import all; export where source = RTS_STATIC;
			next hop address fd99::$n; };
	}
	END
	rm -f "$T/c$n.ctl"
	start "c$n" "$BIRD2" -f -c "$T/c$n.conf" -s "$T/c$n.ctl" $RECOVER
	wait_for 20 answers "$T/c$n.ctl"
}
withdrawals() { birdc c2 show protocols all up | awk '/Import withdraws/ { n += $3 } END { print n + 0 }'; }
session_is_up() { real show protocols "$1" | grep -q Established; }
end_of_ribs() { grep -c 'up: Got END-OF-RIB' "$1.log"; }
has_all() { has_route c2 10.1.0.0/24 && has_route c2 10.1.1.0/24 && has_route c2 2001:db8:1::/48; }

conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
client 1 120 10.1.0.0/24 10.1.1.0/24
client 2 120 10.2.0.0/24
check "all routes are there" wait_for 15 has_all
check "the other way, too" wait_for 5 has_route c1 10.2.0.0/24
ends() { [ "$(end_of_ribs "$1")" = "$2" ]; }
check "End-of-RIB for both families to c1" wait_for 5 ends c1 2
check "End-of-RIB for both families to c2" wait_for 5 ends c2 2

# --- c1 is killed and comes back with one route less

before=$(withdrawals)
stop c1 KILL
check "the session is gone" wait_for 10 not session_is_up c1
sleep 2
RECOVER=-R
check "killed: its routes stay" has_all
check_eq "killed: nothing was withdrawn" "$(withdrawals)" "$before"
client 1 120 10.1.0.0/24
check "back: the session is up" wait_for 15 session_is_up c1
check "back: what is not announced again goes" wait_for 10 not has_route c2 10.1.1.0/24
check "back: the others stay" has_route c2 10.1.0.0/24
check "back: IPv6 stays" has_route c2 2001:db8:1::/48
check_eq "back: one withdrawal in all" $(($(withdrawals) - before)) 1

# --- killed and back at once

before=$(withdrawals)
stop c1 KILL
client 1 120 10.1.0.0/24
check "quick restart: up again" wait_for 15 session_is_up c1
# What is still stale when it restarts once more goes (RFC 4724, 4.2).
told_all() { tac c1.log | awk '/Started$/ { exit n < 2 } /Sending END-OF-RIB/ { n++ }'; }
check "quick restart: it tells all again" wait_for 30 told_all
sleep 0.3
check_eq "quick restart: nothing was withdrawn" $(($(withdrawals) - before)) 0

# --- back, but nothing was preserved: no F bits (RFC 4724, 4.2)

RECOVER=
stop c1 KILL
sleep 1
check "killed again: its routes stay" has_route c2 10.1.0.0/24
client 1 120 10.1.5.0/24
check "nothing preserved: what was kept goes" wait_for 15 not has_route c2 10.1.0.0/24
check "nothing preserved: what is new comes" wait_for 15 has_route c2 10.1.5.0/24

# --- the restart time runs out

stop c1 KILL
client 1 3 10.1.0.0/24
check "up with a restart time of 3 s" wait_for 15 session_is_up c1
wait_for 5 has_route c2 10.1.0.0/24
sleep 1
stop c1 KILL
sleep 1
check "killed: its routes stay at first" has_route c2 10.1.0.0/24
check "after 3 s they go" wait_for 5 not has_route c2 10.1.0.0/24
check "in both families" wait_for 2 not has_route c2 2001:db8:1::/48

# --- a NOTIFICATION

client 1 120 10.1.0.0/24
check "up once more" wait_for 15 has_route c2 10.1.0.0/24
birdc c1 disable up >/dev/null
check "shut down in words: its routes go at once" wait_for 2 not has_route c2 10.1.0.0/24
birdc c1 enable up >/dev/null
check "and come back" wait_for 10 has_route c2 10.1.0.0/24

# --- our own stop: a session that is disabled here loses its routes, too

real disable c1 >/dev/null
check "disabled here: its routes go" wait_for 5 not has_route c2 10.1.0.0/24
real enable c1 >/dev/null
check "enabled: they come back" wait_for 15 has_route c2 10.1.0.0/24

# --- stale routes of a client that is disabled, and of one that is taken out of the file

stop c1 KILL
wait_for 10 not session_is_up c1
check "stale routes are there" has_route c2 10.1.0.0/24
real disable c1 >/dev/null
check "disabled: stale routes go" wait_for 5 not has_route c2 10.1.0.0/24
real enable c1 >/dev/null
client 1 120 10.1.0.0/24
check "back from that" wait_for 15 has_route c2 10.1.0.0/24
stop c1 KILL
wait_for 10 not session_is_up c1
check "stale routes" has_route c2 10.1.0.0/24
conf | sed '/bgp c1/d' >dut.conf
real configure >/dev/null
check "of a client that is removed go at once" wait_for 5 not has_route c2 10.1.0.0/24
dut_stop
check_eq "it ends with 0" $? 0
finish
