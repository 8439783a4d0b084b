#!/bin/bash
# TCP-AO (RFC 5925) with a peer that is not ours (tests/e2e/aopeer): what is on the wire, all
# algorithms, keys that change on either side while the session goes on, IPv6, link-local
# addresses, VRFs, and what the kernel refuses.  It needs Linux 6.7; tests/e2e/uml.sh runs it in
# the kernel that tests/uml/kernel builds.
. "$(dirname "$0")/lib.sh"
need "$BIRDC" python3
is_mynah || skip_all "mynah only"
python3 - <<-END || skip_all "no TCP-AO in the kernel (see uml.sh)"
	import errno, socket, sys
	try:
	    socket.socket().setsockopt(socket.IPPROTO_TCP, 38, b"\0" * 288)
	except OSError as e:
	    sys.exit(e.errno == errno.ENOPROTOOPT)
	END
AOPEER=$E2E/aopeer

session_is_up() { real show protocols "$1" | grep -q Established; }
since() { real show protocols "$1" | awk '/Established/ { print $5 }'; }
says() { real show protocols all "$1" | grep -q -e "$2"; }
reload() { conf >dut.conf; real configure | grep -q Reconfig || fail "a reload"; }
stays_down() # PROTOCOL: for two seconds, in which the peer tries several times
{
	local i
	for i in 1 2 3 4; do
		! session_is_up "$1" || return 1
		sleep 0.5
	done
}

# peer NAME NAMESPACE ARGUMENTS...: stdin is the pipe NAME.in, stdout NAME.said
peer()
{
	local name=$1 ns=$2
	shift 2
	rm -f "$name.in"
	mkfifo "$name.in"

	ip netns exec "$ns" "$AOPEER" peer "$@" <"$name.in" >>"$name.said" 2>>"$name.out" &
	eval "pid_$name=$!"
	eval "exec {fd_$name}>$name.in"
}
tell() { local fd; eval "fd=\$fd_$1"; shift; echo "$*" >&"$fd"; }
peer_end() { local fd; eval "fd=\$fd_$1"; exec {fd}>&-; stop "$1"; }
# info NAME: the last it says of its connection, asked for now
info()
{
	local n
	n=$(grep -c ^info "$1.said")
	tell "$1" info
	wait_for 5 eval "[ \$(grep -c ^info $1.said) -gt $n ]" && grep ^info "$1.said" | tail -n 1
}
info_has() { info "$1" | grep -q "$2"; }
# After something signed went both ways.
follows() # PEER CURRENT: the peer signs with that key
{
	real reload p4 >/dev/null
	tell "$1" send
	info_has "$1" "current=$2 "
}
good() { info "$1" | grep -o ' good=[0-9]*' | cut -d= -f2; }
more_good() { [ "$(good "$1")" -gt "$2" ]; }
# What the peer asks for has come to us: something of its that carried it is acknowledged.
goes_round() # PEER
{
	local n
	n=$(good "$1")
	tell "$1" send
	wait_for 10 more_good "$1" "$n"
}

lan_make
lan_join p4 4
lan_join p5 5
lan_join p6 6
ip -n p6 -6 addr add fe80::6/64 dev eth0 nodad
ip -6 addr add fe80::1/64 dev lan nodad

KEYS4='key { id 1; secret "one"; };' KEYS5='key { id 1; secret "five"; };'
AUTH5='authentication ao; keys { '"$KEYS5"' };' PASSIVE4='' MORE=''
block() # name neighbor options
{
	echo "protocol bgp $1 { local as 64512; neighbor $2 as 64512; $3
		rr client; connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; }; }"
}
conf()
{
	echo "log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { scan time 1; }"
	block p4 10.99.0.4 "authentication ao; keys { $KEYS4 }; $PASSIVE4"
	block p5 10.99.0.5 "$AUTH5"
	echo "$MORE"
}

# --- what is on the wire

conf >dut.conf
start ear "$AOPEER" ear lan one
check "an ear listens" wait_for 10 grep -q listening ear.out
check "the reflector starts" dut_start "$T/dut.conf"
peer four p4 10.99.0.4 10.99.0.1 64512 listen 1/1/'hmac(sha1)'/one
check "we connect to a stranger with the key" wait_for 20 session_is_up p4
check "our SYN has option 29, its MAC is the secret's" \
	grep -q '^10.99.0.1 10.99.0.4 kind=29 len=16 send=1 rnext=1 mac=good' ear.out
check "to one of another secret it has another" \
	wait_for 10 grep -q '^10.99.0.1 10.99.0.5 kind=29 len=16 send=1 rnext=1 mac=other' ear.out
check "nothing that came was wrong" info_has four ' good=[1-9].* bad=0$'
peer_end four
check "it ends" wait_for 10 not session_is_up p4
PASSIVE4='passive;'
reload
peer four p4 10.99.0.4 10.99.0.1 64512 1/1/'hmac(sha1)'/one
check "a stranger connects with the key" wait_for 20 session_is_up p4
check "its SYN was signed" grep -q '^10.99.0.4 10.99.0.1 kind=29 .* mac=good' ear.out
peer_end four

# --- who does not know the key

AUTH5="$AUTH5 passive;"
reload
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha1)'/other
check "another secret: down" stays_down p5
peer_end five
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha256)'/five
check "another algorithm: down" stays_down p5
peer_end five
peer five p5 10.99.0.5 10.99.0.1 64512 2/2/'hmac(sha1)'/five
check "other ids: down" stays_down p5
peer_end five
peer five p5 10.99.0.5 10.99.0.1 64512
check "unsigned: down" stays_down p5
peer_end five
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha1)'/five
check "the right one: up" wait_for 20 session_is_up p5
peer_end five

# --- all algorithms, by turns on one session; our ids are not the peer's

algorithms="hmac|md5:hmac(md5) hmac|sha256:hmac(sha256) hmac|sha384:hmac(sha384)
	hmac|sha512:hmac(sha512) cmac|aes128:cmac(aes128) hmac|sha1:hmac(sha1)"
peer four p4 10.99.0.4 10.99.0.1 64512 1/1/'hmac(sha1)'/one
check "a session to change the keys of" wait_for 20 session_is_up p4
was=$(since p4)
id=10
for a in $algorithms; do
	id=$((id + 1))
	ours=${a%%:*} theirs=${a#*:}
	tell four add "$((id + 100))/$id/$theirs/secret-$id"
	KEYS4="${KEYS4//preferred;/} key { send id $id; recv id $((id + 100)); algorithm ${ours/|/ };
		secret \"secret-$id\"; preferred; };"
	reload
	check "${ours/|/ }: the peer is brought to it" wait_for 10 follows four $((id + 100))
	tell four rnext $id
	check "${ours/|/ }: and asks us to sign with it" wait_for 10 info_has four "rnext=$id "
	check "${ours/|/ }: which we do" goes_round four
done
check "all the time one session" same_times "p4 $was" "p4 $(since p4)"
check "no segment was wrong" info_has four ' bad=0$'
KEYS4=$(tr '\n' ' ' <<<"$KEYS4" | grep -o 'key { send id 16;[^}]*};')
for id in 11 12 13 14 15; do tell four del $((id + 100)) $id; done
tell four del 1 1
reload
check "all keys but the one in use go" wait_for 10 info_has four "current=116 rnext=16 "
check "and it is signed with" goes_round four
check "it is still the same session" same_times "p4 $was" "p4 $(since p4)"
check "no key is left that we do not have" not grep -q '^error' four.said

# --- the key in use goes

tell four add 117/17/'hmac(sha1)'/seventeen
KEYS4="key { send id 17; recv id 117; secret \"seventeen\"; };"
reload
check "the key in use goes: the session ends" wait_for 10 grep -q 'the one in use has gone' dut.log
check "to the peer, too" wait_for 10 grep -q ^down four.said
tell four del 116 16
check "it comes again with the other key" wait_for 20 session_is_up p4
check "which is the one" info_has four "rnext=17 \|current=117 "
KEYS4="key { send id 17; recv id 117; secret \"other\"; };"
reload
check "the key gets another secret: down" wait_for 10 not session_is_up p4
check "and it stays down" stays_down p4
peer_end four
peer four p4 10.99.0.4 10.99.0.1 64512 117/17/'hmac(sha1)'/other
check "until the peer has it, too" wait_for 20 session_is_up p4
peer_end four

# --- from one kind of signature to another

AUTH5='password "md5"; passive;'
reload
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha1)'/five
check "MD5 here, keys there: down" stays_down p5
AUTH5='authentication ao; keys { key { id 1; secret "five"; }; }; passive;'
reload
check "from MD5 to keys: up" wait_for 20 session_is_up p5
AUTH5='passive;'
reload
check "from keys to nothing: down" wait_for 10 not session_is_up p5
peer_end five
peer five p5 10.99.0.5 10.99.0.1 64512
check "and up without" wait_for 20 session_is_up p5
peer_end five
AUTH5='authentication ao; keys { key { id 1; secret "five"; }; }; passive;'

# --- IPv6

MORE="$(block p6 fd99::6 'authentication ao; keys { key { id 6; secret "six"; }; }; passive;')
	$(block l6 fe80::6 'direct; interface "lan"; authentication ao; keys { key { id 7; secret "seven"; }; };')"
reload
peer six p6 fd99::6 fd99::1 64512 6/6/'hmac(sha1)'/six
peer link p6 fe80::6%eth0 fe80::1%eth0 64512 listen 7/7/'hmac(sha1)'/seven
check "IPv6: up" wait_for 20 session_is_up p6
check "a link-local address: up" wait_for 20 session_is_up l6
peer_end six
peer_end link
peer six p6 fd99::6 fd99::1 64512 6/6/'hmac(sha1)'/other
peer link p6 fe80::6%eth0 fe80::1%eth0 64512 7/7/'hmac(sha1)'/seven
check "a link-local address that calls: up" wait_for 20 session_is_up l6
check "IPv6, another secret: down" stays_down p6
peer_end six
peer_end link

# --- VRFs: one address, two neighbours, two secrets with the same id

if ip link add blue type vrf table 101 2>/dev/null; then
	ip link add red type vrf table 102
	for v in blue red; do
		ip link set $v up
		ip netns add in-$v
		ip link add to-$v type veth peer name eth0 netns in-$v
		ip link set to-$v master $v up
		ip addr add 10.8.0.1/24 dev to-$v
		ip -n in-$v addr add 10.8.0.2/24 dev eth0
		ip -n in-$v link set lo up
		ip -n in-$v link set eth0 up
	done
	with() # secret of blue, of red: or nothing
	{
		local blue='' red=''
		[ -z "$1" ] || blue="authentication ao; keys { key { id 1; secret \"$1\"; }; };"
		[ -z "$2" ] || red="authentication ao; keys { key { id 1; secret \"$2\"; }; };"
		MORE="$(block blue 10.8.0.2 "vrf \"blue\"; $blue")
			$(block red 10.8.0.2 "vrf \"red\"; passive; $red")"
		reload
	}
	for accept in 0 1; do
		sysctl -qw net.ipv4.tcp_l3mdev_accept=$accept
		with bluekey redkey
		peer blue in-blue 10.8.0.2 10.8.0.1 64512 listen 1/1/'hmac(sha1)'/bluekey
		peer red in-red 10.8.0.2 10.8.0.1 64512 1/1/'hmac(sha1)'/redkey
		check "VRFs ($accept): each with its secret, blue" wait_for 20 session_is_up blue
		check "VRFs ($accept): and red" wait_for 20 session_is_up red
		peer_end red
		peer red in-red 10.8.0.2 10.8.0.1 64512 1/1/'hmac(sha1)'/bluekey
		check "VRFs ($accept): red with the secret of blue: down" stays_down red
		check "VRFs ($accept): blue is as it was" session_is_up blue
		peer_end red
		[ $accept = 0 ] || { peer_end blue; break; }
		with bluekey ""
		peer red in-red 10.8.0.2 10.8.0.1 64512
		check "VRFs ($accept): red has no key any more: up without" wait_for 20 session_is_up red
		check "VRFs ($accept): blue is as it was" session_is_up blue
		peer_end red
		peer_end blue
		with bluekey redkey
		with "" redkey
		peer blue in-blue 10.8.0.2 10.8.0.1 64512
		peer red in-red 10.8.0.2 10.8.0.1 64512 1/1/'hmac(sha1)'/redkey
		check "VRFs ($accept): blue has none any more: up without" wait_for 20 session_is_up blue
		check "VRFs ($accept): and red with its own" wait_for 20 session_is_up red
		peer_end red
		peer_end blue
	done
	MORE=''
	reload
else
	skip "keys of VRFs (no VRF in the kernel)"
fi

# --- what the kernel cannot tell apart, or has no room for

ip link add other type dummy
ip link set other up
ip -6 addr add fe80::1/64 dev other nodad
MORE="$(block la fe80::6 'direct; interface "lan"; passive; authentication ao; keys { key { id 7; secret "seven"; }; };')
	$(block lb fe80::6 'direct; interface "other"; passive; authentication ao; keys { key { id 7; secret "another"; }; };')"
reload
fault="Cannot set the TCP-AO keys"
check "one address, two links, two secrets: said" wait_for 10 eval 'says la "$fault" || says lb "$fault"'
check "and the other one is sound" not eval 'says la "$fault" && says lb "$fault"'
MORE="$(block la fe80::6 'direct; interface "lan"; passive; authentication ao; keys { key { id 7; secret "seven"; }; };')
	$(block lb fe80::6 'direct; interface "other"; passive; authentication ao; keys { key { id 7; secret "seven"; }; };')"
reload
check "one secret for both: fine" wait_for 10 not eval 'says la "$fault" || says lb "$fault"'
MORE=''
for n in $(seq 300); do
	MORE="$MORE $(block "m$n" "10.98.$((n / 250)).$((n % 250 + 1))" \
		'multihop; local 10.99.0.1; passive; authentication ao; keys { key { id 1; secret "m"; }; };')"
done
sysctl -qw net.core.optmem_max=200000
reload
check "300 neighbours with keys" wait_for 20 says m300 BGP
check "none is refused" not grep -q "m300.*$fault" dut.log
begin=${EPOCHREALTIME/./}
ALL=$MORE
MORE=''
reload
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha1)'/five
check "their keys go, and who calls is heard" wait_for 20 session_is_up p5
echo "  after $((${EPOCHREALTIME/./} - begin)) us"
peer_end five
sysctl -qw net.core.optmem_max=20480
MORE=$ALL
reload
check "too many for net.core.optmem_max: said" wait_for 20 grep -q "$fault: Cannot allocate memory" dut.log
check "of the neighbour, too" wait_for 5 says m300 "$fault"
peer five p5 10.99.0.5 10.99.0.1 64512 1/1/'hmac(sha1)'/five
check "who has a key is as he was" wait_for 20 session_is_up p5
peer_end five

dut_stop
check_eq "it ends with 0" $? 0
finish
