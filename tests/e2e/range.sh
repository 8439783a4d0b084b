#!/bin/bash
# `neighbor range`: sessions that are made when someone of the range calls, their names, a
# reload that keeps them, and what strangers who only connect leave behind.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3

conf() # range, extra of the protocol, extra of the channel
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol bgp dyn {
		local 127.0.0.1 port 1790 as 64512;
		neighbor range $1 external;
		dynamic name "d"; dynamic name digits 3;
		multihop;
		$2
		ipv4 { import all; export all; $3 };
	}
	END
}
client() { client_start "$1" "$2"; } # n as
protocols() { real show protocols | awk '$2 == "BGP" { print $1, $4 }' | sort | tr '\n' ' '; }
protocols_are() { [ "$(protocols)" = "$1" ]; }
since() { real show protocols | awk '$1 ~ /^d0/ { print $1, $5 }' | sort; }
reload()
{
	conf "$@" >dut.conf
	real configure | grep -q -e Reconfigur
}

conf 127.0.1.0/28 "" "" >dut.conf
dut_start "$T/dut.conf" || fail "the daemon starts"
check_eq "a range waits" "$(protocols)" "dyn start "
check "as Passive" real_says "Passive" show protocols dyn
check "shown as a range" real_says "Neighbor range:   127.0.1.0/28" show protocols all dyn
client 1 64601
check "who calls gets a session" wait_for 20 is_up c1 up
check_eq "named in turn" "$(protocols)" "d001 up dyn start "
client 2 64602
check "the second, too" wait_for 20 is_up c2 up
check_eq "all are there" "$(protocols)" "d001 up d002 up dyn start "
check "the neighbor's AS is shown" real_says "Neighbor AS:      64602" show protocols all d002
check "its address, too" real_says "Neighbor address: 127.0.1.2" show protocols all d002
check "routes come" wait_for 10 has_route c2 10.1.0.0/24
check "and are theirs" real_says "\[d001 " show route for 10.1.0.0/24

# --- reload

before=$(since)
check "a reload" reload 127.0.1.0/28 "" "import filter { if net = 10.2.0.0/24 then reject; accept; };"
check "keeps them" same_times "$before" "$(since)"
filtered() { ! real show route for 10.2.0.0/24 | grep -q d002; }
check "with the new filter" wait_for 10 filtered
if is_mynah; then
	check "a larger range" reload 127.0.1.0/27 "" ""
	check "keeps who is in it" same_times "$before" "$(since)"
	check "a smaller one" reload 127.0.1.1/32 "" ""
	check "only who is in it" same_times "$(echo "$before" | grep d001)" "$(since)"
	check "a word for who is not" wait_for 10 grep -q 'Unexpected connect' dut.log
	check "the old range" reload 127.0.1.0/28 "" ""
	check "brings back who is in it" wait_for 20 is_up c2 up
fi

# --- commands and the end

check "disable one" real_says "disabled" disable d001
check "it is down" real_says "down" show protocols d001
check "and stays there" not wait_for 3 is_up c1 up
check "enable it" real_says "enabled" enable d001
check "it is back" wait_for 20 is_up c1 up
check "reload one" real_says "reloading" reload d001
if is_mynah; then
	stop c1
	gone() { ! real show protocols | grep -q d001; }
	check "who leaves is gone" wait_for 10 gone
	no_routes() { ! real show route for 10.1.0.0/24 | grep -q '10.1.0.0'; }
	check "with its routes" wait_for 10 no_routes
fi
check "limits of a member" reload 127.0.1.0/28 "" "import limit 0 action disable;"
limited() { real show protocols | grep -q 'down .*Route limit exceeded'; }
check "disable it" wait_for 20 limited

# --- strangers: they connect and say nothing

if is_mynah; then
	check "reload" reload 127.0.0.0/8 "" ""
	check "the client is back" wait_for 20 is_up c2 up
	cat >flood.py <<-'END'
	import socket, time
	held = []
	for i in range(3000):
	    s = socket.socket()
	    s.bind(("127.%d.%d.9" % (2 + i // 200, 1 + i % 200), 0))
	    s.settimeout(5)
	    try:
	        s.connect(("127.0.0.1", 1790))
	    except OSError:
	        continue
	    held.append(s)
	time.sleep(3)
	END
	start flood python3 flood.py
	some() { [ "$(real show protocols | grep -c BGP)" -gt 200 ]; }
	check "strangers are taken" wait_for 20 some
	check "so many, not more" [ "$(real show protocols | grep -c BGP)" -lt 300 ]
	wait "$(pid_of flood)"
	few() { [ "$(real show protocols | grep -c BGP)" -le 3 ]; }
	check "and are gone when they are" wait_for 20 few
	check "the client did not notice" is_up c2 up
fi
dut_stop
check "clean end" grep -q 'Shutdown completed' dut.log
finish
