#!/bin/bash
# Reload: what a new configuration changes, and above all what it does not touch.  Four
# clients on loopback addresses (real BIRD 2, a process for each) watch the
# reflector: their sessions' times tell whether a reload touched them, their counters
# whether anything was sent.  Rules that only mynah keeps are marked; BIRD 2 restarts there.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

# --- the clients: c1 to c4, each announcing 10.N.0.0/24 and 2001:db8:N::/48

peer_start()
{
	client_start "$1" 64512 "ipv6 { import all; export where source = RTS_STATIC;
			next hop address fd99::$1; };" "
		protocol static { ipv6; route 2001:db8:$1::/48 unreachable; }"
}

# --- the reflector's file, made from a few words

CLIENTS="1 2 3" TEMPLATE='' DESCRIPTION=first IMPORT='import all' EXPORT2='export all'
STATIC='route 10.100.0.0/24 unreachable;' THIRD='' END_OF_FILE=''
conf()
{
	local n
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol static st4 { ipv4; $STATIC }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client; rr cluster id 192.0.2.1; passive;
		$TEMPLATE
		ipv4 { $IMPORT; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n in $CLIENTS; do
		echo "protocol bgp c$n from clients {"
		echo "	neighbor 127.0.1.$n as 64512;"
		case $n in
		1) echo "	description \"$DESCRIPTION\";" ;;
		2) echo "	ipv4 { $EXPORT2; };" ;;
		3) echo "	$THIRD" ;;
		esac
		echo "}"
	done
	[ -z "$END_OF_FILE" ] || echo "$END_OF_FILE"
}

reconfigured() { [ "$(grep -c ' Reconfigured' "$T/dut.log")" -gt "$1" ]; }

# load how: the new file, by the command or by the signal, until it is in force.
load()
{
	local n
	n=$(grep -c ' Reconfigured' "$T/dut.log")
	conf >dut.conf
	case $1 in
	configure) real configure >reply.txt ;;
	SIGHUP) kill -HUP "$(pid_of dut)" ;;
	esac
	wait_for 10 reconfigured "$n"
}

# When each session of the named clients came up, as both ends tell it.
since()
{
	local n
	for n; do
		birdc "c$n" show protocols up | awk -v n="c$n" '$2 == "BGP" { print n ".its", $5 }'
		real show protocols "c$n" | awk '$2 == "BGP" { print $1 ".ours", $5 }'
	done
}

# untouched CLIENT...: their sessions are as old as they were in $before.
untouched()
{
	local n was
	was=$(for n; do grep "^c$n\." <<<"$before"; done)
	[ "$(wc -l <<<"$was")" = $((2 * $#)) ] && same_times "$was" "$(since "$@")"
}

# What the named clients have received so far, in messages.
received()
{
	local n
	for n; do
		birdc "c$n" show protocols all up | grep -E "Import (updates|withdraws):"
	done
}

up() { local n; for n; do is_up "c$n" up || return 1; done; }
gone() { not is_up "c$1" up; }
has() { birdc "c$1" show route "$2" | grep -q "^$2 "; }
lacks() { not has "$@"; }
local_pref() # client prefix value
{
	birdc "c$1" show route all "$2" | grep -q "BGP.local_pref: $3$"
}

conf >dut.conf
cp dut.conf first.conf
check "the reflector starts" dut_start "$T/dut.conf"
for n in 1 2 3 4; do peer_start $n; done
check "three clients come up" wait_for 20 up 1 2 3
check "routes are reflected" wait_for 10 has 3 10.1.0.0/24
check "static routes are sent" wait_for 10 has 3 10.100.0.0/24
wait_for 10 has 1 2001:db8:3::/48

# A client added, by the signal.
before=$(since 1 2 3)
CLIENTS="1 2 3 4"
check "SIGHUP loads the file" load SIGHUP
check "client added: it comes up" wait_for 20 up 4
check "client added: it gets the routes" wait_for 10 has 4 10.1.0.0/24
check "client added: its routes are reflected" wait_for 10 has 1 2001:db8:4::/48
check "client added: no session touched" untouched 1 2 3

# Removed, by the command.
CLIENTS="1 2 3"
check "configure loads the file" load configure
check "configure says so" grep -qE "^Reconfigur(ed|ation in progress)$" reply.txt
check "client removed: it goes" wait_for 10 gone 4
check "client removed: its routes go" wait_for 10 lacks 1 2001:db8:4::/48
check "client removed: no session touched" untouched 1 2 3

# The same file again; a description: nothing is sent at all.
sent=$(received 1 2 3)
check "the same file again" load configure
check "same file: no session touched" untouched 1 2 3
DESCRIPTION="another text"
check "description changed" load configure
check "description: shown" real_says "Description: *another text" show protocols all c1
check "description: no session touched" untouched 1 2 3
check_eq "description: nothing sent" "$(received 1 2 3)" "$sent"

# The import filter, in the template: every client's routes are read again.
IMPORT='import filter { bgp_local_pref = 200; accept; }'
check "import filter changed" load configure
check "import filter: in effect" wait_for 10 local_pref 3 10.1.0.0/24 200
check "import filter: no session touched" untouched 1 2 3
IMPORT='import filter { if net ~ [10.2.0.0/16+] then reject; accept; }'
check "import filter rejects" load configure
check "import filter: route withdrawn" wait_for 10 lacks 3 10.2.0.0/24
check "import filter: the others stay" has 3 10.1.0.0/24
check "import filter: local_pref back" wait_for 10 local_pref 3 10.1.0.0/24 100
check "import filter rejects: no session touched" untouched 1 2 3
IMPORT='import all'
check "import all again" load configure
check "import all: route is back" wait_for 10 has 3 10.2.0.0/24
check "import all: no session touched" untouched 1 2 3

# The export filter of one client: only it hears of it.
wait_for 10 has 1 10.2.0.0/24
sent=$(received 1 3)
EXPORT2='export where net != 10.1.0.0/24'
check "export filter changed" load configure
check "export filter: route withdrawn from it" wait_for 10 lacks 2 10.1.0.0/24
check "export filter: others keep theirs" has 3 10.1.0.0/24
check "export filter: no session touched" untouched 1 2 3
check_eq "export filter: others are sent nothing" "$(received 1 3)" "$sent"
EXPORT2='export all'
check "export all again" load configure
check "export all: route is back" wait_for 10 has 2 10.1.0.0/24
check "export all: no session touched" untouched 1 2 3

# Static routes.
STATIC='route 10.101.0.0/24 unreachable; route 10.102.0.0/24 unreachable;'
check "static routes changed" load configure
check "static: the new ones are sent" wait_for 10 has 1 10.102.0.0/24
check "static: the old one is withdrawn" wait_for 10 lacks 1 10.100.0.0/24
check "static: no session touched" untouched 1 2 3

# An option of the template that a running session can live with.
TEMPLATE='hold time 180; connect retry time 7;'
check "template changed" load configure
sleep 1
mynah_only "template: no session touched" untouched 1 2 3
check "template: sessions are up" wait_for 20 up 1 2 3
before=$(since 1 2 3)

# Something that one session cannot live with.
THIRD='local 127.0.0.2 port 1790 as 64512;'
check "address of one client changed" load configure
check "address: its session ends" wait_for 10 gone 3
check "address: the others are not touched" untouched 1 2
THIRD=''
check "address changed back" load configure
check "address: its session is back" wait_for 20 up 3
check "address back: the others are not touched" untouched 1 2
check "address: its routes are back" wait_for 10 has 1 10.3.0.0/24

# Threads stay as they are, and that is said.
sed -i "1s/^/shards 7; /" dut.conf
if is_mynah; then
	check "another number of shards" real_says Reconfigur configure
	check "shards: holds from the next start" \
		wait_for 5 grep -q "shards 7: holds from the next start, " dut.log
	check "shards: no session touched" untouched 1 2
	load configure
fi

# Undo brings the file before back.
CLIENTS="1 2 3 4"
check "a client added once more" load configure
wait_for 20 up 4
check "undo" real_says "Undo requested" configure undo
check "undo: the client goes" wait_for 10 gone 4
CLIENTS="1 2 3"
load configure
before=$(since 1 2 3)
sent=$(received 1 2 3)

# Wrong files change nothing and say where they are wrong.
lines=$(conf | wc -l)
wrong() # name, line:column, text for the end of the file
{
	local name=$1 place=$2 errors
	END_OF_FILE=$3
	conf >dut.conf
	real configure >reply.txt
	check "$name: birdc ends with 1" [ $? = 1 ]
	check "$name: the reply says where" grep -q "^$T/dut.conf:$place " reply.txt
	mynah_only "$name: the log says where" wait_for 5 grep -q "dut.conf:$place " dut.log
	real configure check >reply.txt
	check "$name: check says where" grep -q "^$T/dut.conf:$place " reply.txt
	errors=$(grep -c "<ERR> .*dut.conf:$place " dut.log)
	kill -HUP "$(pid_of dut)"
	# shellcheck disable=SC2016
	check "$name: SIGHUP says it in the log" wait_for 5 sh -c \
		'[ $(grep -c "<ERR> .*dut.conf:$1 " dut.log) -gt $2 ]' - "$place" "$errors"
	check "$name: no session touched" untouched 1 2 3
	check_eq "$name: nothing sent" "$(received 1 2 3)" "$sent"
	END_OF_FILE=''
}
wrong "syntax error" "$((lines + 1)):1" "bogus words;"
wrong "unknown template" "$((lines + 1)):22" "protocol bgp c9 from nobody { }"
conf >dut.conf
check "check of a good file" real_says "Configuration OK" configure check
check "check: no session touched" untouched 1 2 3
real configure "\"$T/nowhere.conf\"" >reply.txt
check "no such file: birdc ends with 1" [ $? = 1 ]
check "no such file: said" grep -q "nowhere.conf: No such file" reply.txt
check "a file named in the command" real_says Reconfigur configure "\"$T/first.conf\""
check "first file: old static route is back" wait_for 10 has 1 10.100.0.0/24

dut_stop
check_eq "the reflector ends with 0" $? 0
finish
