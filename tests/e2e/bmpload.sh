#!/bin/bash
# Protocol bmp with many routes, each with attributes of its own: a station that reads, one that comes late, and one
# that never reads.  Memory is bounded, the daemon answers, and no session notices.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" python3
is_mynah || skip_all "BIRD 2.0.12 has no BMP"
ROUTES=${ROUTES:-30000}

cat >dut.conf <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	protocol device { }
	template bgp clients { local 127.0.0.1 port 1790 as 65000; passive; multihop; rr client;
		ipv4 { import table on; import all; export all; }; }
	protocol bgp a from clients { neighbor 127.0.1.1 port 1791 as 65000; }
	protocol bgp b from clients { neighbor 127.0.1.2 port 1792 as 65000; }
	template bmp stations { monitoring rib in pre_policy; monitoring rib in post_policy; station port 1799; }
	protocol bmp good from stations { station address ip 127.0.2.1; }
	protocol bmp late from stations { station address ip 127.0.2.2; tx buffer limit 64; }
	protocol bmp deaf from stations { station address ip 127.0.2.3; tx buffer limit 1; }
END
# client NAME N STEP: routes whose MED is told by the step; 0: none
client()
{
	{
		cat <<-END
		log "$T/$1.log" { fatal };
		router id 10.99.0.1$2;
		protocol device { }
		protocol bgp r { local 127.0.1.$2 port 179$2 as 65000; neighbor 127.0.0.1 port 1790 as 65000; multihop;
			connect delay time 1; connect retry time 1;
			ipv4 { import all; export where source = RTS_STATIC; next hop self; }; }
		END
		[ "$3" = 0 ] || awk -v n="$ROUTES" -v step="$3" 'BEGIN {
			print "protocol static { ipv4;"
			for (i = 0; i < n; i++)
				printf "route 10.%d.%d.%d/32 unreachable { bgp_med = %d; };\n", i / 65536, i / 256 % 256, i % 256, i * 10 + step
			print "}" }'
	} >"$1.conf"
}
station() { local name=$1; shift; start "$name" python3 "$E2E/bmpstation" "$1" 1799 "$T/$name.state" "${@:2}"; }
established() { dutc show protocols "$1" | grep -q "^ *$1 .*Established"; }
client a 1 0
client b 2 0
station good 127.0.2.1
station deaf 127.0.2.3 deaf
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
for i in a b; do bird_start $i $i.conf || { fail "bird starts"; finish; }; done
up() { is_up dut a && is_up dut b && established good && established deaf; }
check "sessions and stations are up" wait_for 20 up
since() { dutc show protocols | awk '$2 == "BGP" { print $1, $5 }'; }
rss() { awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$(pid_of dut)/status"; }
before=$(since)

# with_step N: has b, as far as it goes, what a says in that step?
last="10.$((ROUTES / 65536)).$(((ROUTES - 1) / 256 % 256)).$(((ROUTES - 1) % 256))/32"
with_step() { birdc b show route count | grep -q " $ROUTES of " && birdc b show route all "$last" | grep -q "BGP.med: $(((ROUTES - 1) * 10 + $1))\$"; }
meds() { awk -v rib="$1" '$1 == rib { for (i = 7; i <= NF; i++) if ($i ~ /^4:/) print $2, $i }' "$2.state" | sort; }
want_meds()
{
	awk -v n="$ROUTES" -v step="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "10.%d.%d.%d/32 4:%08x\n", i / 65536, i / 256 % 256, i % 256, i * 10 + step }' | sort
}
want() { want_meds "$2" >want; meds pre "$1" | cmp -s - want && meds post "$1" | cmp -s - want; }
stalls() { grep -c "deaf: Station: Connection stalled" dut.log; }
answers_soon() { timeout $((3 * SLOW)) "$DUTC" -s "$T/dut.ctl" show protocols >/dev/null; }

client a 1 1
birdc a configure >/dev/null
slow=0
for _ in $(seq 20); do answers_soon || slow=$((slow + 1)); done
check "routes go through" wait_for 60 with_step 1
check "the station has them all, before the filter and behind it" wait_for 120 want good 1
station late 127.0.2.2
check "one that comes late has them all" wait_for 180 want late 1
whole() { [ "$(grep -c '^eor \(pre\|post\) .*127.0.1.1 .* 1/1' late.state)" = 2 ]; }
check "and knows that these are all" wait_for 20 whole
told_size=$(rss)
for step in 2 3 4 5; do
	client a 1 $step
	birdc a configure >/dev/null
	check "all changed ($step)" wait_for 60 with_step $step
	answers_soon || slow=$((slow + 1))
done
stalled() { [ "$(stalls)" -ge 1 ]; }
check "a station that does not read is dropped" wait_for 20 stalled
for i in good late; do check "what is true in the end ($i)" wait_for 240 want $i 5; done
grown=$(($(rss) - told_size))
echo "  $ROUTES routes: $told_size MiB, and $grown more after they changed four times; stalled $(stalls) times"
[ "$SLOW" -gt 1 ] || check "memory is bounded" [ $grown -lt 100 ]
check_eq "main answers all the time" "$slow" 0
once() { [ "$(awk '$1 == "connections" { print $2 }' "$1.state")" = 1 ]; }
for i in good late; do check "a station that reads was never dropped ($i)" once $i; done
check_eq "no session noticed" "$(since)" "$before"
client a 1 0
birdc a configure >/dev/null
none() { [ "$(grep -c '^p' "$1.state")" = 0 ]; }
for i in good late; do check "all gone ($i)" wait_for 120 none $i; done

# The first session goes while its routes are being told: those of the next one are told whole.
client a 1 1
client b 2 7
birdc a configure >/dev/null
birdc b configure >/dev/null
kept() { dutc show route count | grep -q "^$((ROUTES * 2)) of"; }
check "both have routes" wait_for 60 kept
station held 127.0.2.4 held "$T/let-go"
sed 's/^protocol bmp deaf.*/protocol bmp held { station address ip 127.0.2.4; station port 1799; monitoring rib in pre_policy; tx buffer limit 1; }/' dut.conf >held.conf
mv held.conf dut.conf
dutc configure >/dev/null
want_pre() { want_meds "$2" >want; meds pre "$1" | cmp -s - want; }
waits() { established held && dutc --json show protocols all held | grep -qE '"bmp_waits": *[0-9]{6}'; }
check "a station takes part of them" wait_for 30 waits
sleep 1
dutc disable a >/dev/null
touch let-go
check "a session's routes are whole when the one before went meanwhile" wait_for 60 want_pre held 7
check_eq "nothing was wrong with any message" "$(grep -h ^bad ./*.state)" ""
check "it ends" dut_stop
finish
