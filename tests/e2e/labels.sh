#!/bin/bash
# Stacks of labels (RFC 8277): who says how many labels it takes with a network is sent
# networks with as many, others only those with one.  Clients of bytes.
. "$(dirname "$0")/lib.sh"
need python3
is_mynah || skip_all "mynah only"

{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	ipv4 table l4; vpn4 table v4;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 as 64512; strict bind;
		rr client; passive; multihop;
		ipv4 mpls { table l4; import all; export all; };
		vpn4 mpls { table v4; import all; export all; };
	}
	END
	for n in 1 2 3 4; do
		echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"
	done
} >dut.conf
client() # N FAMILIES
{
	mkfifo "c$1.in"
	IN=$T/c$1.in start "c$1" bash -c 'exec "$0" "$@" <"$IN"' "$E2E/rawpeer" \
		"127.0.1.$1" 127.0.0.1 64512 "$2"
}
dut_start "$T/dut.conf" || { fail "the daemon starts"; finish; }
client 1 1/4:255,1/128:10
exec 5>c1.in
client 2 1/4:10,1/128:2
exec 6>c2.in
client 3 1/4:2,1/128
exec 7>c3.in
client 4 1/4,1/128
exec 8>c4.in
all_up() { [ "$(real show protocols | grep -c Established)" = 4 ]; }
check "the sessions come up" wait_for 20 all_up

RD=0000000a00000014
HOP=c0000201
# networks 198.51.100.0/24 and on, with one, two and three labels
ONE=30000641c63364 TWO=48000640000c81c63365 THREE=60000640000c800012c1c63366
VONE=70000641${RD}c63364 VTWO=88000640000c81${RD}c63365 VTHREE=a0000640000c800012c1${RD}c63366
for nlri in $ONE $TWO $THREE; do echo "+ 1/4 $HOP $nlri"; done >&5
for nlri in $VONE $VTWO $VTHREE; do echo "+ 1/128 0000000000000000$HOP $nlri"; done >&5
# what N holds of a family, in the order of the labels
held() { sed -n "s|^+ $2 [0-9a-f]* \\([0-9a-f]*\\) .*|\\1|p" "c$1.out" | sort | tr '\n' ' '; }
holds() { [ "$(held "$1" "$2")" = "$3" ]; }
shown() { real show route all table "$1" | grep -c "mpls_label_stack: $2\$"; }
has_shown() { [ "$(shown "$1" "$2")" = 1 ]; }
check "a stack is shown" wait_for 10 has_shown l4 100/200/300
check "of a VPN, too" wait_for 10 has_shown v4 100/200/300
check "who takes ten is sent all" wait_for 10 holds 2 1/4 "$ONE $TWO $THREE "
check "who takes two is sent those" wait_for 10 holds 3 1/4 "$ONE $TWO "
check "who has said nothing is sent one" wait_for 10 holds 4 1/4 "$ONE "
check "VPN: two" wait_for 10 holds 2 1/128 "$VONE $VTWO "
check "VPN: one" wait_for 10 holds 3 1/128 "$VONE "
# another stack for the same network: who cannot have it loses the route
echo "+ 1/4 $HOP 48000640000c81c63364" >&5
lost() { grep -q '^- 1/4 30800000c63364' c4.out; }
check "more labels than it takes: withdrawn" wait_for 10 lost
check "others have it" wait_for 10 grep -q '48000640000c81c63364' c3.out
# an announcement without a bottom of the stack, where several were agreed on
echo "+ 1/4 $HOP 30000640c63366" >&6
check "a stack without a bottom ends the session" wait_for 10 grep -q '^notification 0309' c2.out
check "one label without it, where one is all" eval "echo '+ 1/4 $HOP 30000640c63368' >&8"
check "is one" wait_for 10 real_says '198.51.104.0/24' show route table l4
check "the sessions of the others last" [ "$(real show protocols | grep -c Established)" = 3 ]
dut_stop
finish
