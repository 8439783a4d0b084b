#!/bin/bash
# A small edition of the load in tests/bench: 2 senders, 38 receivers, 5,000 prefixes.  All
# converge on the tables they must have, and while all sessions' export filter is reloaded
# and the whole table is shown no session is lost and no keepalive is late.
. "$(dirname "$0")/lib.sh"
loadgen=$BUILD/tests/bench/loadgen
need "$BIRDC" "$loadgen"

load=("$loadgen" --to 127.0.0.1:1790 --as 64512 --senders 2 --receivers 38 --routes 5000
	--hold 9 --timeout $((60 * SLOW)))

conf() # export rule
{
	cat <<-END
	log "$T/dut.log" { info, warning, error, fatal, bug };
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
		multihop;
		ipv4 { import all; export $1; };
	}
	END
	"${load[@]}" --list | awk '{ print "protocol bgp c" NR-1 " from clients { neighbor " $2 " as 64512; }" }'
}
value() { sed -n "s/.*\"phase\": *\"$1\"[^}]*\"$2\": *\(-\{0,1\}[0-9.]*\).*/\1/p" result.txt; }

conf all >all.conf
conf "where net.len >= 8" >where.conf
cp all.conf dut.conf
check_eq "a block for each of 40 clients" "$(grep -c '^protocol bgp' dut.conf)" 40
check "the reflector starts" dut_start "$T/dut.conf"
ask="$BIRDC -s $T/dut.ctl"
# longer than the hold time, so that a keepalive that does not go out is seen
reload="for export in where all where all; do cp \$export.conf dut.conf
	$ask configure; $ask show route all; $ask show protocols all; sleep 3; done >/dev/null"
"${load[@]}" --pid "$(pid_of dut)" --phases establish,initial,exec --exec "$reload" \
	>result.json 2>loadgen.out
check_eq "the load ends with 0" $? 0
tr '\n' ' ' <result.json | sed 's/}/}\n/g' >result.txt
for phase in establish initial exec; do
	check_eq "$phase: no session lost" "$(value $phase lost)" 0
	check_eq "$phase: no wrong route" "$(value $phase wrong)" 0
done
late=$(value exec late_ms)
check "no keepalive late by more than 1 s (${late:-?} ms)" [ "${late:-9999}" -le $((1000 * SLOW)) ]
check "the reflector still answers" real_says "up and running" show status
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
