#!/bin/bash
# Changes that BIRD restarts a session for and mynah does not: passwords on the running
# connection, a protocol's name; and that nothing leaks while a policy gets tighter.  The
# far end is another mynahd where both sides change, BIRD 2 where only ours can go on.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" ss
is_mynah || skip_all "mynah only"

far() { "$DUTC" -s "$T/far.ctl" "$@"; }
since() # who protocol
{
	"$1" show protocols "$2" | awk -v n="$2" '$1 == n && $2 == "BGP" { print "s", $5 }'
}
tcp() { ss -Htn state established src 127.0.0.1:1790 dst "$1" | awk '{ print $3, $4 }'; }

PASSWORD='password "one"; authentication md5;' FARPASSWORD='password "one";' NAME=f EXTRA='' MORE='' ROUTES=''
TEMPLATE='export all;'
dut_conf()
{
	cat <<-END
	log "$T/dut.log" all; router id 192.0.2.1; protocol device { }
	protocol static st { ipv4; route 10.100.0.0/24 unreachable; $ROUTES }
	template bgp t { local 127.0.0.1 port 1790 as 64512; rr client; passive; hold time 30;
		ipv4 { import all; $TEMPLATE }; $EXTRA }
	protocol bgp $NAME from t { neighbor 127.0.1.9 as 64512; $PASSWORD }
	protocol bgp b from t { neighbor 127.0.1.2 as 64512; password "bird"; authentication md5; }
	$MORE
	END
}
far_conf()
{
	cat <<-END
	log "$T/far.log" all; router id 192.0.2.9; protocol device { }
	protocol static st { ipv4; route 10.9.0.0/24 unreachable; }
	protocol bgp up { local 127.0.1.9 as 64512; neighbor 127.0.0.1 port 1790 as 64512;
		strict bind; multihop; connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; }; hold time 30; $FARPASSWORD }
	END
}
bird_conf() # name n password
{
	cat <<-END
	log "$T/$1.log" all; router id 127.0.1.$2; protocol device { }
	protocol static { ipv4; route 10.$2.0.0/24 unreachable; }
	protocol bgp up { local 127.0.1.$2 as 64512; strict bind; multihop;
		neighbor 127.0.0.1 port 1790 as 64512; hold time 30;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; }; $3 }
	END
}
configure()
{
	dut_conf >dut.conf
	dutc configure >reply.txt || cat reply.txt
}
far_configure()
{
	far_conf >far.conf
	far configure >far.reply || cat far.reply
}
far_has() { far show route | grep -q "^$1 "; }
far_lacks() { not far_has "$1"; }
est() { "$1" show protocols "$2" | grep -q Established; }

dut_conf >dut.conf
far_conf >far.conf
bird_conf b 2 'password "bird";' >b.conf
check "the reflector starts" dut_start "$T/dut.conf"
start far "$DUT" -f -c "$T/far.conf" -s "$T/far.ctl" -P "$T/far.pid"
bird_start b "$T/b.conf"
check "the far end comes up" wait_for 20 est far up
check "BIRD comes up" wait_for 20 is_up b up
check "routes are reflected" wait_for 10 far_has 10.2.0.0/24

# --- a password changed at both ends within the hold time

was=$(since dutc f) wire=$(tcp 127.0.1.9)
kept() { same_times "$was" "$(since dutc "$1")" && [ "$wire" = "$(tcp 127.0.1.9)" ]; }
PASSWORD='password "two"; authentication md5;'
configure
check "changed here: the session goes on" kept f
ROUTES='route 10.101.0.0/24 unreachable;'
configure
sleep 2
check "with two passwords nothing gets through" far_lacks 10.101.0.0/24
check "the log says so" wait_for 10 grep -q "f: Neighbor acknowledges nothing since" dut.log
FARPASSWORD='password "two"; authentication md5;'
far_configure
check "changed there, too: what was lost comes" wait_for 10 far_has 10.101.0.0/24
check "the same connection" kept f
ROUTES='route 10.102.0.0/24 unreachable;' FARPASSWORD='' PASSWORD=''
configure
far_configure
check "taken away at both ends: routes come" wait_for 10 far_has 10.102.0.0/24
check "and go" wait_for 10 far_lacks 10.101.0.0/24
check "the same connection" kept f
ROUTES='' FARPASSWORD='password "three"; authentication md5;' PASSWORD='password "three";'
far_configure
configure
check "given to both ends: routes go" wait_for 10 far_lacks 10.102.0.0/24
check "the same connection" kept f
dutc restart f >/dev/null
check "and a new connection has it" wait_for 20 est dutc f

# --- BIRD restarts for it: we are there at once, not after the hold time

dut_conf | sed 's/"bird"/"fish"/' >dut.conf
dutc configure >/dev/null
bird_conf b 2 'password "fish";' >b.conf
end=$SECONDS
birdc b configure >/dev/null
sleep 0.5
check "BIRD changes second: up again" wait_for 10 is_up b up
check "BIRD changes second: and with us" wait_for 5 est dutc b
check "within ten seconds" [ $((SECONDS - end)) -le $((10 * SLOW)) ]
sed -i 's/"fish"/"bird"/' b.conf
birdc b configure >/dev/null
sleep 1
configure
check "BIRD changes first: up again" wait_for 10 is_up b up
check "BIRD changes first: and with us" wait_for 5 est dutc b

# --- another name, the same neighbour

wait_for 10 far_has 10.2.0.0/24
was=$(since dutc f) wire=$(tcp 127.0.1.9)
counted() { dutc show protocols all "$1" | grep -E 'Import (updates|withdraws)|Routes:'; }
received() { far show protocols all up | grep -E 'Import (updates|withdraws)'; }
counts=$(counted f) got=$(received)
NAME=renamed
configure
check_eq "renamed: the plan says so" "$(sed -n '3,4p' reply.txt)" \
	"Plan: 1 change; sessions: 0 dropped, 2 kept
Reconfigured"
check "renamed: the same connection" kept renamed
check_eq "renamed: the counters go on" "$(counted renamed)" "$counts"
check "renamed: the old name is gone" not real_says '^f ' show protocols
check "renamed: routes are its" real_says '\[renamed ' show route 10.9.0.0/24
check_eq "renamed: nothing is sent" "$(received)" "$got"
check "renamed: commands find it" real_says 'renamed: reloading' reload in renamed
dutc configure undo >/dev/null
check "undo: the name is back" kept f
NAME=f

# --- templates taken apart, and put together again: no change at all

body='local 127.0.0.1 port 1790 as 64512; rr client; passive; hold time 30;'
dut_conf | sed "s/^protocol bgp f from t {/protocol bgp f { $body ipv4 { import all; export all; };/" \
	>dut.conf
dutc configure >reply.txt
check_eq "a template written out: no plan" "$(sed -n '3p' reply.txt)" "Reconfigured"
check "a template written out: the same connection" kept f

# --- a tighter policy and a new client in one reload: it never sees what it must not

bird_conf n 3 '' >n.conf
bird_start n "$T/n.conf"
sleep 1
TEMPLATE='export where net !~ [10.9.0.0/16+, 10.100.0.0/16+];'
MORE='protocol bgp n from t { neighbor 127.0.1.3 as 64512; }'
configure
check "the new client comes up" wait_for 20 is_up n up
check "it has what it may" wait_for 10 has_route n 10.2.0.0/24
sleep 0.5
check_eq "it was sent nothing else" \
	"$(birdc n show protocols all up | awk '/Import updates/ { print $3 }')" 1
check "the old one has it taken back" wait_for 10 far_lacks 10.100.0.0/24
check "over the same connection" kept f

# --- a family added: from the next session on, and what asks for one at once

EXTRA='ipv6 { import all; export all; };'
configure
check "a channel added: the same connection" kept f
check "a channel added: shown, down" sh -c \
	"\"$DUTC\" -s dut.ctl show protocols all f | grep -A1 'Channel ipv6' | grep -q DOWN"
dutc restart f >/dev/null
check "the next session offers it" wait_for 20 est dutc f
check "the next session: both ends say so" sh -c \
	"\"$DUTC\" -s far.ctl show protocols all up | grep -q 'AF announced: *ipv4 ipv6'"

# --- what cannot be done is named: a port that another process holds, then does not

python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 1795)); s.listen(); print("here", flush=True); time.sleep(1000)' >held &
holder=$!
was=$(since dutc b)
wait_for 10 grep -q here held
MORE='protocol bgp q { local 127.0.0.1 port 1795 as 64512; neighbor 127.0.1.77 as 64512; passive;
	rr client; ipv4 { import all; export all; }; }'
configure
check "no socket: the log says so" wait_for 5 grep -q "Cannot listen on any address port 1795" dut.log
check "no socket: show protocols says so" wait_for 5 real_says \
	"^q .*Error: No listening socket" show protocols q
check "no socket: the others go on" same_times "$was" "$(since dutc b)"
kill $holder
wait $holder 2>/dev/null
configure
check "the socket is there with the next reload" wait_for 5 not real_says \
	"No listening socket" show protocols q
check "and listens" sh -c 'ss -Hltn "sport = 1795" | grep -q 1795'
MORE=''
configure
check "it goes with who needs it" wait_for 5 sh -c '! ss -Hltn "sport = 1795" | grep -q 1795'
# From the wildcard to addresses of their own, in one reload.
was=$(since dutc b)
IP6=$EXTRA EXTRA="$EXTRA strict bind;"
configure
check "strict bind: listens on the address" wait_for 5 sh -c \
	'ss -Hltn "sport = 1790" | grep -q 127.0.0.1:1790'
check "strict bind: the sessions go on" same_times "$was" "$(since dutc b)"
EXTRA=$IP6
configure

# --- a timeout without confirmation: the old state, nobody dropped

was=$(since dutc b)
dut_conf | sed 's/hold time 30;/hold time 60; description "for five seconds";/' >dut.conf
dutc configure timeout 5 >reply.txt
check "timeout: scheduled" grep -qx "Undo scheduled in 5 s" reply.txt
check "timeout: the change is in force" real_says "for five seconds" show protocols all b
check "timeout: status tells" real_says "unconfirmed, undo in [0-4]\." configure status
check "timeout: it comes back" wait_for 10 not real_says "for five seconds" show protocols all b
check "timeout: nobody dropped" same_times "$was" "$(since dutc b)"
check "timeout: the log says so" grep -q "Config timeout expired, starting undo" dut.log
check "timeout: nothing left to confirm" real_says "Nothing to do" configure confirm
stop far
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
