#!/bin/bash
# Recovery after our own end (RFC 4724, 4.1): the reflector is killed and started with -R;
# its clients (real BIRD 2) keep the routes they had from it until it has said End-of-RIB,
# which it says only when they have told it theirs.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

client() { client_start "$1" 64512 "debug { states, events, packets }; graceful restart on;"; }

cat >dut.conf <<END
log "$T/dut.log" all;
router id 192.0.2.1;
graceful restart wait 8;
protocol device { }
template bgp clients {
	local 127.0.0.1 port 1790 as 64512;
	rr client; passive; graceful restart on;
	ipv4 { import all; export all; };
}
protocol bgp c1 from clients { neighbor 127.0.1.1 as 64512; }
protocol bgp c2 from clients { neighbor 127.0.1.2 as 64512; }
protocol bgp c3 from clients { neighbor 127.0.1.3 as 64512; }
END
check "the reflector starts" dut_start "$T/dut.conf"
for n in 1 2 3; do client $n; done

has_both() { has_route c1 10.2.0.0/24 && has_route c2 10.1.0.0/24; }
eors() { [ "$(grep -c 'Got END-OF-RIB' "$1.log")" -gt "$2" ]; }
recovering() { real show status | grep -q "Graceful restart recovery in progress"; }
seen() { echo "$1" | grep -q "$2"; }

check "routes are reflected" wait_for 20 has_both
check "to the third, too" wait_for 20 has_route c3 10.1.0.0/24
(
	while sleep 0.05; do has_both || { echo lost >lost.txt; break; }; done
) &
watcher=$!

eors_c1=$(grep -c 'Got END-OF-RIB' c1.log)
# --- all clients are there: it is over as soon as they have told their routes
stop dut KILL
check "routes are kept while it is gone" has_both
check "it starts with -R" dut_start "$T/dut.conf" -R
check "the recovery is done before its time" wait_for 7 grep -q "Graceful restart done" dut.log
check "and says End-of-RIB" wait_for 5 eors c1 "$eors_c1"
check "the routes are there" has_both
kill $watcher 2>/dev/null
check "no route was lost on the way" [ ! -e lost.txt ]
check "status says nothing of it any more" not recovering

# --- a client does not come back: others get their routes when the wait is over
stop dut KILL
stop c3 KILL
check "it starts with -R again" dut_start "$T/dut.conf" -R
check "status tells of the recovery" wait_for 5 recovering
check "with the channels that are waited for" seen "$(real show status)" "Waiting for . channels"
check "the wait ends" wait_for 15 grep -q "Graceful restart wait timeout" dut.log
check "and routes go out" wait_for 5 eors c1 $((eors_c1 + 1))
check "all of them" has_both
check "what the third had said is gone" wait_for 10 not has_route c1 10.3.0.0/24
check "it ends with 0" dut_stop
finish
