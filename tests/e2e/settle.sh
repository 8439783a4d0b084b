#!/bin/bash
# A reload that refuses routes of one client, and lets another have more, or adds one: nobody
# is ever sent what neither configuration lets pass, though the routes refused stay in the
# table until the client has told its routes again.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
is_mynah || skip_all "mynah only"

client() { client_start "$1" 64512 '' "protocol static { ipv4; route 10.$1.9.0/24 unreachable; }"; }
of() # n channel
{
	echo "protocol bgp c$1 { local 127.0.0.1 port 1790 as 64512;"
	echo " neighbor 127.0.1.$1 as 64512; rr client; passive; ipv4 { $2 }; }"
}
conf() { echo "log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { }"; cat; }
all="import all; export all;"
refuses="import where net != 10.1.9.0/24; export all;"
withdrawn() { birdc "$1" show protocols all up | awk '/Import withdraws/ { print $3; exit }'; }

{ of 1 "$all"; of 2 "import all; export where net != 10.1.9.0/24;"; } | conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
client 1
client 2
check "routes are reflected" wait_for 20 has_route c2 10.1.0.0/24
check "as the filter says" not has_route c2 10.1.9.0/24

# --- the first is slow to answer; the second may have more, the third is new
kill -STOP "$(pid_of c1)"
{ of 1 "$refuses"; of 2 "$all"; of 3 "$all"; } | conf >dut.conf
check "a reload" real_says Reconfigured configure
client 3
check "the new client comes up" wait_for 4 is_up c3 up
check "the refused route is still there" has_route dut 10.1.9.0/24
check "it is told nothing yet" not has_route c3 10.2.0.0/24
kill -CONT "$(pid_of c1)"
check "told when the first has answered" wait_for 4 has_route c3 10.1.0.0/24
check "and of the others" wait_for 4 has_route c3 10.2.0.0/24
not_in() { not has_route dut 10.1.9.0/24; }
check "the refused route is gone" wait_for 4 not_in
for n in 2 3; do
	check "c$n has it not" not has_route c$n 10.1.9.0/24
	check_eq "c$n was never sent it" "$(withdrawn c$n)" 0
done

# --- one that never answers holds nobody for long
{ of 1 "$all"; of 2 "$all"; of 3 "$all"; } | conf >dut.conf
check "all again" real_says Reconfigured configure
check "all have it" wait_for 10 has_route c3 10.1.9.0/24
kill -STOP "$(pid_of c1)"
{ of 1 "$refuses"; of 2 "$all"; of 3 "$all"; of 4 "$all"; } | conf >dut.conf
check "a reload" real_says Reconfigured configure
client 4
check "a new client is told after some seconds" wait_for 15 has_route c4 10.2.0.0/24
check "the log says why" grep -q "1 channels not imported anew in time" dut.log
kill -CONT "$(pid_of c1)"
gone() { not has_route c4 10.1.9.0/24 && has_route c4 10.1.0.0/24; }
check "and right in the end" wait_for 10 gone
for n in 2 3 4; do check "c$n is up" is_up "c$n" up; done

# --- one that cannot say when it has told all: it has, when it has begun and is quiet
old() { of 1 "$1" | sed 's/passive;/& enable enhanced route refresh off;/'; }
{ old "$all"; of 2 "$all"; } | conf >dut.conf
check "without enhanced refresh" real_says Reconfigured configure
real restart c1 >/dev/null
both() { is_up c1 up && has_route c2 10.1.9.0/24; }
check "its routes are there" wait_for 20 both
: >dut.log
{ old "$refuses"; of 2 "$all"; of 3 "$all"; } | conf >dut.conf
check "a reload" real_says Reconfigured configure
check "c3 is told" wait_for 15 has_route c3 10.1.0.0/24
check "without what is refused" not has_route c3 10.1.9.0/24
check "and nobody has waited for the time to be over" not grep -q "not imported anew in time" dut.log

# --- the End-of-RIB of what it told first is no answer
{ old "$refuses"; of 2 "$all"; of 5 "$all"; } | conf >dut.conf
check "a peer of bytes" real_says Reconfigured configure
mkfifo c5.in
IN=$T/c5.in start c5 bash -c 'exec "$0" "$@" <"$IN"' "$E2E/rawpeer" \
	127.0.1.5 127.0.0.1/1790 64512 1/1
exec 4>c5.in
tells() { printf '%s\n' "$@" >&4; }
hop=7f000105 net1=180a0500 net2=180a0509
tells "+ 1/1 $hop $net1" "+ 1/1 $hop $net2"
check "its routes are there" wait_for 10 has_route c2 10.5.9.0/24
{ old "$refuses"; of 2 "$all"; of 3 "$all"; of 5 "import where net != 10.5.9.0/24; export all;"; } |
	conf >dut.conf
check "a reload" real_says Reconfigured configure
check "it is asked" wait_for 5 grep -q "refresh 1/1" c5.out
tells end
check "c3 comes up" wait_for 10 is_up c3 up
sleep 0.5
early() { has_route c3 10.2.0.0/24 && ! grep -q "not imported anew in time" dut.log; }
check "it is told nothing yet" not early
tells "+ 1/1 $hop $net1" "+ 1/1 $hop $net2"
check "c3 is told when the answer is there" wait_for 10 has_route c3 10.5.0.0/24
check "without what is refused" not has_route c3 10.5.9.0/24
check_eq "which it was never sent" "$(withdrawn c3)" 0
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
