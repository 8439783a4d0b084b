#!/bin/bash
# Limits of a channel (import, receive, export) with their actions, as BIRD has them: what
# is refused, what is said, what is shown, and that a reload changes them live.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# --- the client p announces 4 routes, the other routes come from a static protocol

conf() # import-line...
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol static s4 { ipv4; route 10.8.0.0/24 unreachable; route 10.8.1.0/24 unreachable; ${MORE-} }
	protocol bgp p {
		local 127.0.0.1 port 1790 as 64512;
		neighbor 127.0.1.1 as 64513;
		multihop; passive;
		error wait time 2, 2;
		${LINES3-}
		ipv4 { import all; export where source = RTS_STATIC; next hop self; $1 };
	}
	END
}
cat >p.conf <<END
log "$T/p.log" all;
router id 127.0.1.1;
protocol device { }
protocol static s4 { ipv4; $(printf 'route 10.1.%s.0/24 unreachable; ' 0 1 2 3) }
protocol bgp up {
	local 127.0.1.1 as 64513; strict bind;
	neighbor 127.0.0.1 port 1790 as 64512;
	multihop;
	connect delay time 1; connect retry time 1; error wait time 1, 1;
	ipv4 { import all; export where source = RTS_STATIC; };
}
END
imported() { real show protocols all p | awk '/Routes:/ { print $2 + 0 }'; }
imports() { [ "$(imported)" = "$1" ]; }
at_p() { birdc p show route protocol up | grep -c '\[up '; }
p_has() { [ "$(at_p)" = "$1" ]; }
shown() { real show protocols all p | grep -A1 "$1 limit:" | sed 's/^1006-//; s/  *$//'; }
logged() { grep -q "$1" dut.log; }
info() { real show protocols p | awk '$1 == "p" { $1 = $2 = $3 = $5 = ""; print }' | tr -s ' '; }
info_is() { [ "$(info)" = "$1" ]; }
reload()
{
	conf "$1" >dut.conf
	: >dut.log
	real configure | grep -q -e Reconfigur
}

conf "import limit 2 action block; export limit 1 action block; receive limit 100;" >dut.conf
dut_start "$T/dut.conf" || fail "the daemon starts"
bird_start p "$T/p.conf" || fail "the client starts"
check "session comes up" wait_for 20 is_up p up

# --- block

check "two of four are taken" wait_for 10 imports 2
check "one of two is sent" wait_for 10 p_has 1
check_eq "import limit as shown" "$(shown Import)" "    Import limit:   2 [HIT]
      Action:       block"
check_eq "export limit as shown" "$(shown Export)" "    Export limit:   1 [HIT]
      Action:       block"
check_eq "receive limit as shown" "$(shown Receive)" "    Receive limit:  100
      Action:       disable"
check "import limit in the log" \
	logged 'WARN> Protocol p hits route import limit (2), action: block'
check "export limit in the log" \
	logged 'WARN> Protocol p hits route export limit (1), action: block'
before=$(real show protocols p | awk '$1 == "p" { print $5 }')
check "reload with other limits" reload "import limit 100 action warn; export limit 1;"
check_eq "the session stays" "$(real show protocols p | awk '$1 == "p" { print $5 }')" "$before"
check_eq "what is said is live" "$(shown Import)" "    Import limit:   100
      Action:       warn"
birdc p reload out up >/dev/null
check "all four are taken" wait_for 10 imports 4

# --- warn

check "reload with less" reload "import limit 3 action warn;"
check "it acts at once" wait_for 10 logged \
	'WARN> Protocol p hits route import limit (3), action: warn'
check_eq "warned only" "$(shown Import)" "    Import limit:   3 [HIT]
      Action:       warn"
check "and keeps its routes" imports 4
mynah_only "what was held back is sent" wait_for 10 p_has 2

# --- disable

check "reload with disable" reload "import limit 3;"
check "the protocol is down" wait_for 10 info_is \
	' down Automatic shutdown: Route limit exceeded'
check "said as such" logged 'WARN> p: Route limit exceeded, shutting down'
check "the peer is told" wait_for 10 grep -q 'Maximum number of prefixes reached' p.log
check_eq "the limit is still shown" "$(shown Import)" "    Import limit:   3 [HIT]
      Action:       disable"
check "a reload enables it" reload "receive limit 4;"
check "and it comes up" wait_for 20 is_up p up
check "with all routes" wait_for 10 imports 4
check_eq "nothing is hit" "$(shown Receive)" "    Receive limit:  4
      Action:       disable"

# --- restart

check "reload with restart" reload "receive limit 3 action restart;"
check "the protocol waits" wait_for 10 info_is \
	' start Idle Automatic shutdown: Route limit exceeded'
check "enough is allowed" reload "receive limit 5 action restart;"
check "it comes back" wait_for 20 is_up p up
check "reload with export limit" reload "export limit 1 action disable;"
real restart p >/dev/null
check "export limit ends it" wait_for 20 info_is \
	' down Automatic shutdown: Route limit exceeded'
check "as an administrative shutdown" wait_for 10 grep -q 'Administrative shutdown' p.log

# --- version 3: a limit that restarts again and again; what waits to be sent; a name

if is_mynah; then
	LINES3='restart time 100 s; hostname "our-name"; advertise hostname;'
	check "restart time" reload "receive limit 3 action restart;"
	real enable p >/dev/null # it has been restarted above
	check "again within that time it stays down" wait_for 20 info_is \
		' down Automatic shutdown: Route limit exceeded'
	LINES3='hostname "our-name"; advertise hostname; tx size warning 20000;'
	check "without the limit" reload ""
	real enable p >/dev/null
	check "it is up" wait_for 20 is_up p up
	check "the protocol's host name is announced" \
		eval "birdc p show protocols all up | grep -q 'Hostname: our-name'"
	sysctl -qw net.ipv4.tcp_rmem="4096 4096 4096" net.ipv4.tcp_wmem="4096 4096 4096"
	real restart p >/dev/null
	check "it is up with small buffers" wait_for 20 is_up p up
	kill -STOP "$(pid_of p)"
	MORE=$(for i in {0..3999}; do
		echo "route 10.$((64 + i / 256)).$((i % 256)).0/24 unreachable { bgp_community.add((1, $i)); };"
	done)
	check "many routes" reload ""
	check "which wait to be sent" wait_for 20 logged 'WARN> p: [0-9]* bytes wait to be sent'
	kill -CONT "$(pid_of p)"
fi
dut_stop
finish
