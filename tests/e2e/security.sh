#!/bin/bash
# What stands between two neighbours before a route is exchanged: passwords (RFC 2385), TTL
# security (RFC 5082), hop limits, collisions of connections, IPv6 and link-local sessions,
# neighbours of 2-octet AS numbers, extended messages, host names.  The neighbours are real
# BIRD 2 daemons, each in a network of its own on one bridge.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
lan_make
PASSWORD2=secret PASSWORD3=wrong

# --- the reflector: a block for each neighbour, by its number

block() # n remote options
{
	echo "protocol bgp c$1 from clients { neighbor $2 as 64512; ${3-} }"
}
conf()
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	hostname "reflector";
	protocol device { }
	template bgp clients {
		local as 64512;
		rr client; rr cluster id 192.0.2.1;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	block 2 10.99.0.2 "password \"$PASSWORD2\"; passive;"
	block 3 10.99.0.3 "password \"$PASSWORD3\";"
	block 4 10.99.0.4 "ttl security; multihop 1; passive;"
	block 5 10.99.0.5
	block 6 fd99::6
	block 7 "$LINK_LOCAL" 'direct; interface "lan";'
	block 8 10.99.0.8
	block 9 10.99.0.9 "enable extended messages; advertise hostname;"
	block 10 10.99.0.10 "ttl security; multihop 1;"
	block 11 fd99::11 'password "six"; ttl security; multihop 1; passive;'
	block 12 10.99.0.12 "ttl security; multihop 1; passive;"
	block 13 10.99.0.13 "ttl security; multihop 1;"
}

# client N REFLECTOR OPTIONS: announces 198.18.N.0/24 and 2001:db8:N::/48
client()
{
	local n=$1 to=$2 options=${3-}
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	router id 10.99.0.$n;
	hostname "client$n";
	protocol device { }
	protocol static { ipv4; route 198.18.$n.0/24 unreachable; }
	protocol static { ipv6; route 2001:db8:$n::/48 unreachable; }
	protocol bgp up {
		local as 64512;
		neighbor $to as 64512;
		$options
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; next hop address 10.99.0.$n; };
		ipv6 { import all; export where source = RTS_STATIC; next hop address fd99::$n; };
	}
	END
	bird_start "c$n" "$T/c$n.conf" ip netns exec "c$n"
}
session_is_up() { real show protocols "$1" | grep -q Established; }
stays_down() # protocol: for three seconds
{
	local i
	for i in 1 2 3 4 5 6; do
		! session_is_up "$1" || return 1
		sleep 0.5
	done
}
says() { real show protocols all "$1" | grep -q -e "$2"; }
since() { real show protocols "$1" | awk '/Established/ { print $5 }'; }
capability() { birdc "$1" show protocols all up | sed -n '/Neighbor capabilities/,/Session:/p' | grep -q -e "$2"; }

for n in 2 3 4 5 6 7 8 9 10 11 12 13; do lan_join "c$n" $n; done
LINK_LOCAL=$(ip -n c7 -6 addr show dev eth0 scope link | awk '/inet6/ { sub("/.*", "", $2); print $2 }')
own_link_local=$(ip -6 addr show dev lan scope link | awk '/inet6/ { sub("/.*", "", $2); print $2 }')

conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
client 2 10.99.0.1 'password "secret";'
client 3 10.99.0.1 'password "right";'
client 4 10.99.0.1 'ttl security; multihop 1;'
client 5 10.99.0.1
client 6 fd99::1
client 7 "$own_link_local" 'direct; interface "eth0";'
client 8 10.99.0.1 'enable as4 off;'
client 9 10.99.0.1 'enable extended messages; advertise hostname;'
client 10 10.99.0.1 'multihop 2;'
client 11 fd99::1 'password "six"; ttl security; multihop 1;'

for n in 2 4 5 6 7 8 9 11; do
	check "session with client $n" wait_for 15 session_is_up "c$n"
done

# TTL security from a connection's first packet on, which is a listening socket's: one that asks
# for it, and one that does not give it.
first_packet() # N connect|listen
{
	inside "c$1" timeout 15 python3 - "10.99.0.$1" "$2" <<-'END'
	import socket, sys, time
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	if sys.argv[2] == "connect":
	    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
	    s.setsockopt(socket.IPPROTO_IP, 21, 255)  # IP_MINTTL
	    s.connect(("10.99.0.1", 179))
	else:
	    s.bind((sys.argv[1], 179))
	    s.listen()
	    s, _ = s.accept()
	sys.exit(s.recv(19)[18] != 1)  # an OPEN
	END
}
if command -v python3 >/dev/null; then
	check "TTL security: who asks for it when it connects is answered" first_packet 12 connect
	check "TTL security: who listens without it is taken" first_packet 13 listen
else
	skip "TTL security from the first packet on: python3 is not here"
fi

# --- what each of them has

check "the wrong password: no session" stays_down c3
check "too low a TTL: no session" stays_down c10
for n in 2 4 5 6 7 8 9 11; do
	other=$((n == 5 ? 6 : 5))
	check "client $n has a route of IPv4" wait_for 5 has_route "c$n" 198.18.$other.0/24
	check "client $n has a route of IPv6" wait_for 5 has_route "c$n" 2001:db8:$other::/48
done
check_eq "through a session over IPv6: next hops untouched" "$(bird_route c6 198.18.5.0/24)" \
	"10.99.0.5 10.99.0.5 192.0.2.1"
check_eq "through a link-local session: next hops untouched" "$(bird_route c7 198.18.5.0/24)" \
	"10.99.0.5 10.99.0.5 192.0.2.1"
check "2-octet numbers only: the capability is not in use" not says c8 "Session:.*AS4"
check "2-octet numbers only: said so by both" says c5 "AS4"
check "extended messages are offered" capability c9 "Extended message"
check "and not where it is not asked for" not capability c5 "Extended message"
check "the host name is told" capability c9 "Hostname: reflector"
check "and not where it is not asked for" not capability c5 "Hostname: reflector"
# --- both sides may connect: one session in the end, which stays

sleep 2
before=$(for n in 5 8 9; do echo "c$n $(since c$n)"; done)
sleep 3
check "collisions are over: the sessions stay" same_times "$before" \
	"$(for n in 5 8 9; do echo "c$n $(since c$n)"; done)"

# --- passwords change by a reload; the sessions of others are not touched

before=$(for n in 4 5 6 7 8 9 11; do echo "c$n $(since c$n)"; done)
PASSWORD3=right
conf >dut.conf
real configure >/dev/null
check "the right password by reload: up" wait_for 15 session_is_up c3
PASSWORD2=other
was=$(since c2)
conf >dut.conf
real configure >/dev/null
# BIRD ends the session; mynah goes on with the new one, and nothing gets through.
mynah_only "another password by reload: the session waits for the peer's" \
	same_times "c2 $was" "c2 $(since c2)"
if ! is_mynah; then
	check "another password by reload: down" wait_for 5 not session_is_up c2
	check "and it stays down" stays_down c2
fi
PASSWORD2=secret
conf >dut.conf
real configure >/dev/null
check "the old one again: up" wait_for 15 session_is_up c2
conf | sed 's/password "secret"; //' >dut.conf
real configure >/dev/null
if ! is_mynah; then
	check "without a password: down" wait_for 5 not session_is_up c2
	check "and it stays down without one" stays_down c2
fi
check "reloads of passwords touch nobody else" same_times "$before" \
	"$(for n in 4 5 6 7 8 9 11; do echo "c$n $(since c$n)"; done)"

# --- TTL security turned off: the neighbour that sends a low one comes up

sed -i 's/^\(protocol bgp c10 .*\)ttl security; multihop 1;/\1multihop 2;/' dut.conf
real configure >/dev/null
check "without TTL security: up" wait_for 15 session_is_up c10

# --- strict bind of one neighbour beside others without: one socket hears for all of them

conf | sed '/^protocol bgp c3 /s/neighbor/passive; local 10.99.0.1; strict bind; &/' >dut.conf
real configure >/dev/null
if is_mynah; then # BIRD has one of the two sockets only
	check "strict bind beside others: up with its password" wait_for 15 session_is_up c3
	check "and every socket is there" not grep -q 'Cannot listen' dut.log
fi
dut_stop
check_eq "it ends with 0" $? 0
finish
