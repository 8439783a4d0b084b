#!/bin/bash
# TCP-AO (RFC 5925): a session with keys is signed or it is not there at all.  Where the kernel
# has no TCP-AO that is all there is to see; where it has, keys are also changed on running
# sessions, between two daemons.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3
is_mynah || skip_all "mynah only"
lan_make
lan_join c2 2
lan_join c3 3

KEYS2='key { id 1; secret "one"; };' KEYS3='key { id 1; secret "one"; };'
block() # n auth
{
	echo "protocol bgp c$1 { local 10.99.0.1 as 64512; neighbor 10.99.0.$1 as 64512; $2
		rr client; connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; }; }"
}
conf()
{
	echo "log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { }"
	block 2 "authentication ao; keys { $KEYS2 };"
	block 3 "${AUTH3-authentication ao; keys { $KEYS3 \};}"
}
# The neighbours: the same daemon with keys, or BIRD without.
neighbor() # n keys: with COMMAND in front, a daemon
{
	echo "log \"$T/c$1.log\" all; router id 10.99.0.$1; protocol device { }
		protocol static { ipv4; route 198.18.$1.0/24 unreachable; }
		protocol bgp up { local 10.99.0.$1 as 64512; neighbor 10.99.0.1 as 64512; $2
			connect delay time 1; connect retry time 1; error wait time 1, 1;
			ipv4 { import all; export where source = RTS_STATIC; }; }" >"c$1.conf"
}
session_is_up() { real show protocols "$1" | grep -q Established; }
says() { real show protocols all "$1" | grep -q -e "$2"; }
stays_down() # protocol: for four seconds
{
	local i
	for i in 1 2 3 4 5 6 7 8; do
		! session_is_up "$1" || return 1
		sleep 0.5
	done
}
has_ao() # 38: TCP_AO_ADD_KEY; EINVAL of an empty one says that it is there
{
	python3 - <<-'END'
	import errno, socket, sys
	try:
	    socket.socket().setsockopt(socket.IPPROTO_TCP, 38, b"\0" * 288)
	except OSError as e:
	    sys.exit(e.errno == errno.ENOPROTOOPT)
	END
}

AUTH3=""
neighbor 2 ""
neighbor 3 ""
conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
bird_start c2 "$T/c2.conf" ip netns exec c2
bird_start c3 "$T/c3.conf" ip netns exec c3
check "a neighbour without keys on either side is up" wait_for 15 session_is_up c3
check "keys here, none there: no session" stays_down c2
check_eq "not from its side either" "$(birdc c2 show protocols up | grep -c Established)" 0

if ! has_ao; then
	check "the session says why" says c2 "TCP-AO is not supported by the kernel"
	check "and so does the log" grep -q "10.99.0.2: TCP-AO is not supported by the kernel" dut.log
	# From no keys to keys: what was up goes down and stays there.
	unset AUTH3
	conf >dut.conf
	real configure >/dev/null
	check "keys by reload: down" wait_for 5 not session_is_up c3
	check "and it stays down" stays_down c3
	AUTH3=""
	conf >dut.conf
	real configure >/dev/null
	check "without keys again: up" wait_for 20 session_is_up c3
	check "the other still says why" says c2 "TCP-AO is not supported by the kernel"
	skip "signed sessions (the kernel has no TCP-AO)"
	dut_stop
	check_eq "it ends with 0" $? 0
	finish
fi

# --- signed

daemon() { start "$1" ip netns exec "$1" "$DUT" -f -c "$T/$1.conf" -s "$T/$1.ctl"; }
since() { real show protocols "$1" | awk '/Established/ { print $5 }'; }
reload() # n keys: of the neighbour
{
	neighbor "$1" "authentication ao; keys { $2 };"
	birdc "c$1" configure >/dev/null
}
unset AUTH3
stop c2
stop c3
neighbor 2 "authentication ao; keys { $KEYS2 };"
neighbor 3 'authentication ao; keys { key { id 1; secret "other"; }; };'
conf >dut.conf
real configure >/dev/null
daemon c2
daemon c3
check "the same key: up" wait_for 20 session_is_up c2
check "its routes are there" wait_for 5 real_says 198.18.2.0/24 show route
check "another secret: down" stays_down c3
was=$(since c2)
KEYS2='key { id 1; secret "one"; }; key { send id 2; recv id 3; algorithm hmac sha256; secret "two"; preferred; };'
conf >dut.conf
real configure >/dev/null
reload 2 'key { id 1; secret "one"; }; key { send id 3; recv id 2; algorithm hmac sha256; secret "two"; preferred; };'
sleep 2
check "a second key on both sides: the session goes on" same_times "c2 $was" "c2 $(since c2)"
real reload c2 >/dev/null # a refresh: both sides sign something
sleep 2
KEYS2='key { send id 2; recv id 3; algorithm hmac sha256; secret "two"; };'
conf >dut.conf
real configure >/dev/null
reload 2 'key { send id 3; recv id 2; algorithm hmac sha256; secret "two"; };'
sleep 2
check "the first key gone on both sides: the session goes on" same_times "c2 $was" "c2 $(since c2)"
KEYS2='key { id 9; secret "nine"; };'
conf >dut.conf
real configure >/dev/null
check "the key in use gone: down" wait_for 5 not session_is_up c2
reload 2 "$KEYS2"
check "and up with the new one on both sides" wait_for 20 session_is_up c2
dut_stop
check_eq "it ends with 0" $? 0
finish
