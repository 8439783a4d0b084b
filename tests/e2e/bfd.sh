#!/bin/bash
# BFD (RFC 5880, 5881, 5883) with real BIRD 2 daemons and FRR: sessions of BGP over a link of
# both families and over several hops, with every kind of authentication, of static routes
# and of neighbours; what becomes of BGP sessions and routes when the way is lost (RFC 5882);
# live changes; what is shown, beside BIRD.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" bridge
lan_make

# --- who is to be a neighbour of whom; what is in capitals changes

OPTIONS2='interval 50 ms; multiplier 4;'
declare -A AUTH=(
	[13]='authentication simple; password "abc" { id 3; };'
	[14]='authentication keyed md5; password "abcdefghijklmnop";'
	[15]='authentication meticulous keyed md5; password "one";'
	[16]='authentication keyed sha1; passwords {
		password "old" { to "2001-01-01"; }; password "new" { from "2001-01-01 10:00:00"; }; };'
	[17]='authentication meticulous keyed sha1; password "abcdefghijklmnopqrst" { id 7; };'
	[18]='authentication keyed sha1; password "right";')
WRONG='authentication keyed sha1; password "wrong";'

session() # n remote options
{
	echo "protocol bgp c$1 from clients { neighbor $2 as 64512; ${3-} }"
}
conf()
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol bfd bfd1 {
		debug { events };
		${BFD1-}
		interface "nothere" { interval 7 s; };
		interface "la*" { min rx interval 50 ms; min tx interval 60 ms; };
		multihop { interval 80 ms; multiplier 6; };
		neighbor 10.99.0.12;
	}
	template bgp clients {
		local as 64512;
		direct;
		bfd on;
		rr client; rr cluster id 192.0.2.1;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	$(session 2 10.99.0.2 "${BFD2-bfd { $OPTIONS2 \};}")
	$(session 3 fd99::3)
	$(session 4 10.99.0.4 "multihop; local 10.99.0.1 as 64512;")
	$(session 6 fd99::6 "multihop; local fd99::1 as 64512;")
	$(session 7 "$LINK_LOCAL" 'interface "lan";')
	$(session 9 10.99.0.9 "bfd graceful; graceful restart on;")
	$(session 10 10.99.0.10 "bfd { passive; };")
	protocol static st {
		ipv4;
		route 198.51.100.0/24 via 10.99.0.11 bfd;
		route 203.0.113.0/24 via 10.99.0.11 bfd via 10.99.0.12 bfd;
	}
	END
	! is_mynah || for n in "${!AUTH[@]}"; do
		session "$n" "10.99.0.$n" "bfd { ${AUTH[$n]} };"
	done
}
# client N REFLECTOR OPTIONS BFD LOCAL: announces 198.18.N.0/24
client()
{
	local n=$1 to=$2 options=${3-} bfd=${4-}
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	router id 10.99.0.$n;
	protocol device { }
	protocol bfd bfd1 {
		interface "eth*" { interval 40 ms; $bfd };
		multihop { interval 40 ms; $bfd };
		neighbor 10.99.0.1;
	}
	protocol static { ipv4; route 198.18.$n.0/24 unreachable; }
	protocol bgp up {
		local ${5-} as 64512;
		neighbor $to as 64512;
		bfd on;
		$options
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; next hop address 10.99.0.$n; };
		ipv6 { import all; export none; };
	}
	END
	bird_start "c$n" "$T/c$n.conf" ip netns exec "n$n"
}

# the row of `show bfd sessions`: rows WHO, row WHO ADDRESS
rows() { birdc "$1" show bfd sessions | sed -n '/^ *[0-9a-f.:]* .*  *[0-9.]*  *[0-9.]*$/p'; }
row() { rows "$1" | awk -v a="$2" '$1 == a'; }
# state_is WHO ADDRESS STATE [INTERVAL TIMEOUT]
state_is()
{
	row "$1" "$2" | awk -v s="$3" -v i="${4-}" -v t="${5-}" '
		{ n++ } $3 != s || (i && $(NF - 1) != i) || (t && $NF != t) { bad = 1 }
		END { exit bad || n != 1 }'
}
# since when, of all sessions
sinces() { rows dut | awk '{ print $1, $4 }'; }
bgp_is() { birdc "$1" show protocols "$2" | grep -q -e "$3"; }
has() { birdc dut show route "$1" | grep -q -e "${2-$1}"; }
reload() { conf >dut.conf; birdc dut configure | grep -q "Reconfigured"; }
# the way of what neighbour N sends, and is sent
cut() { bridge link set dev "lan-$1" state 0; }
mend() { bridge link set dev "lan-$1" state 3; }
# last LOG TEXT: when it said that, in milliseconds of the day
last() { grep -e "$2" "$1" | tail -1 | awk '{ split($2, t, /[:.]/); print ((t[1] * 60 + t[2]) * 60 + t[3]) * 1000 + t[4] }'; }
now() { date +%H:%M:%S.%3N | awk -F '[:.]' '{ print (($1 * 60 + $2) * 60 + $3) * 1000 + $4 }'; }

for n in 2 3 4 6 7 9 10 11 12 13 14 15 16 17 18; do lan_join "n$n" $n; done
LINK_LOCAL=$(ip -n n7 -6 -o addr show dev eth0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
OUR_LL=$(ip -6 -o addr show dev lan scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
conf >dut.conf
dut_start "$T/dut.conf" || { cat dut.out; exit 1; }
client 2 10.99.0.1 direct\;
client 3 fd99::1 direct\;
client 4 10.99.0.1 multihop\; '' 10.99.0.4
client 6 fd99::1 multihop\; '' fd99::6
client 7 "$OUR_LL" 'direct; interface "eth0";'
client 9 10.99.0.1 'direct; graceful restart on;'
client 10 10.99.0.1 direct\;
client 12 10.99.0.1 direct\;
! is_mynah || for n in "${!AUTH[@]}"; do
	[ "$n" = 18 ] && AUTH[18]=$WRONG
	client "$n" 10.99.0.1 direct\; "${AUTH[$n]}"
done

# --- up

check "a neighbour of IPv4, with options of its own" wait_for 20 state_is dut 10.99.0.2 Up 0.050 0.250
check "as the neighbour sees it" wait_for 5 state_is c2 10.99.0.1 Up 0.050 0.200
check "of IPv6, with those of the interface" wait_for 20 state_is dut fd99::3 Up 0.060 0.250
check "by its link-local address" wait_for 20 state_is dut "$LINK_LOCAL" Up 0.060 0.250
check "over several hops" wait_for 20 state_is dut 10.99.0.4 Up 0.080 0.400
check "of IPv6" wait_for 20 state_is dut fd99::6 Up 0.080 0.400
check "a passive session" wait_for 20 state_is dut 10.99.0.10 Up 0.060 0.250
check "a neighbour of the protocol" wait_for 20 state_is dut 10.99.0.12 Up 0.060 0.250
check "one that is not there" state_is dut 10.99.0.11 Down 1.000 0.000
for n in 2 3 4 6 7 9 10; do
	check "BGP with neighbour $n is up" wait_for 20 is_up dut c$n
done
check "a route whose only next hop is down is not there" not has 198.51.100.0/24
check "one of two hops leads over the other" wait_for 10 has 203.0.113.0/24 "10.99.0.12"
check "and not over the first" not has 203.0.113.0/24 "10.99.0.11"
if is_mynah; then
	for n in 13 14 15 16 17; do
		check "authentication of neighbour $n" wait_for 20 state_is dut 10.99.0.$n Up
	done
	sleep 3
	check "another password: neighbour 18 stays down" state_is dut 10.99.0.18 Down
	check "there, too" state_is c18 10.99.0.1 Down
	check "BGP does not wait for it" wait_for 20 is_up dut c18
	dutc show bfd sessions bfd1 address 10.99.0.15 all >auth.txt
	check "what authentication it is" grep -q "Type: *Meticulous keyed MD5" auth.txt
	check_eq "by kind and family" "$(dutc show bfd sessions multihop ipv6 | grep -c ' --- ')" 1
	check_eq "by network" "$(dutc show bfd sessions address 10.99.0.0/29 | grep -c ' lan ')" 1
	check_eq "by interface" "$(dutc show bfd sessions dev '"lo"' | grep -c ' Up ')" 0
	check "as JSON" sh -c '"$0" --json -s "$1" show bfd sessions all | grep -q "\"address\": *\"fd99::3\""' "$DUTC" "$T/dut.ctl"
	check "a session in full" sh -c '"$0" -s "$1" show bfd sessions address 10.99.0.2 all | grep -q "Local diagnostic:  *None"' "$DUTC" "$T/dut.ctl"
fi
for what in "show bfd sessions c2" "show bfd sessions nothing" "show protocols all bfd1"; do
	mask() { sed -E 's/[0-9]+:[0-9:.]+/TIME/; s/CF_SYM_(KNOWN|UNDEFINED)/SYM/g; s/up|c2/X/'; }
	# shellcheck disable=SC2086
	check_eq "$what: BIRD's answer" "$(birdc dut $what | mask)" "$(birdc c2 ${what/c2/up} | mask)"
done
check_eq "the table: BIRD's form" \
	"$(birdc dut show bfd sessions | grep -e '^bfd1' -e IP -e '^ 10.99.0.2 ' |
		sed -E 's/^ [0-9.]+ +lan /ROW eth0/; s/ [0-9]+:[0-9:.]+/ TIME/; s/0\.[0-9]+/N/g')" \
	"$(birdc c2 show bfd sessions | grep -e '^bfd1' -e IP -e '^ 10' |
		sed -E 's/^ [0-9.]+ +eth0 /ROW eth0/; s/ [0-9]+:[0-9:.]+/ TIME/; s/0\.[0-9]+/N/g; s/eth0      /eth0       /')"

# --- live changes: nothing goes down

before=$(sinces)
bgp_before=$(birdc dut show protocols | awk '/Established/ { print $1, $5 }')
OPTIONS2='min rx interval 200 ms; min tx interval 30 ms; multiplier 3;'
check "other intervals at a reload" reload
check "which both keep to" wait_for 10 state_is dut 10.99.0.2 Up 0.040 1.000
check "the neighbour, too" wait_for 10 state_is c2 10.99.0.1 Up 0.200 0.120
OPTIONS2='interval 300 ms; multiplier 3;'
reload
check "slower, after the neighbour has agreed" wait_for 10 state_is dut 10.99.0.2 Up 0.300 1.500
check "and the neighbour" wait_for 10 state_is c2 10.99.0.1 Up 0.300 0.900
if is_mynah; then
	BFD1="strict bind on;"
	check "strict bind at a reload" reload
	sleep 2
	BFD1="zero udp6 checksum rx on;"
	check "and back" reload
	sleep 2
	AUTH[18]='authentication keyed sha1; password "wrong";'
	check "the right password at a reload" reload
	check "lets the session come up" wait_for 10 state_is dut 10.99.0.18 Up
fi
check_eq "no session went down for it" "$(sinces | grep -v "\.18 ")" "$(grep -v "\.18 " <<<"$before")"
check_eq "BGP neither" "$(birdc dut show protocols | awk '/Established/ { print $1, $5 }')" "$bgp_before"
OPTIONS2='interval 50 ms; multiplier 4;'
reload
wait_for 10 state_is dut 10.99.0.2 Up 0.050 0.250

# --- the way is lost

check "routes of the neighbours" wait_for 10 has 198.18.2.0/24
wait_for 10 has 198.18.9.0/24
cut 2
at=$(now)
check "BGP ends with the session" wait_for 5 bgp_is dut c2 "BFD session down"
if is_mynah; then
	took=$(($(last dut.log "10.99.0.2 changed state from Up") - at))
	check "within the detection time and a little: $took ms of 250" test $took -lt $((450 * SLOW))
fi
check "its routes go" wait_for 5 not has 198.18.2.0/24
mend 2
check "and comes back" wait_for 20 is_up dut c2
check "the BFD session, too" wait_for 20 state_is dut 10.99.0.2 Up 0.050 0.250
cut 9
check "bfd graceful: BGP ends" wait_for 5 bgp_is dut c9 "BFD session down"
check "its routes stay" has 198.18.9.0/24
check "as stale ones" wait_for 5 sh -c '"$0" -s "$1" show route 198.18.9.0/24 | grep -q "s)\|\[c9.*10\]\|c9"' "$BIRDC" "$T/dut.ctl"
mend 9
check "and comes back" wait_for 30 is_up dut c9
check "with its routes" wait_for 10 has 198.18.9.0/24
cut 12
check "a route over two hops, the last one lost: goes" wait_for 10 not has 203.0.113.0/24
mend 12
check "and comes back" wait_for 20 has 203.0.113.0/24
client 11 10.99.0.1 direct\;
check "the other hop comes up" wait_for 20 has 198.51.100.0/24
check "the route has both" wait_for 10 has 203.0.113.0/24 "10.99.0.11"
ip link set lan-3 down
check "a link that is down" wait_for 5 bgp_is dut c3 "BFD session down"
ip link set lan-3 up
check "comes back" wait_for 30 is_up dut c3

# --- by the operator

birdc c4 disable bfd1 >/dev/null
check "a neighbour's BFD taken down" wait_for 10 state_is dut 10.99.0.4 Down
birdc c4 enable bfd1 >/dev/null
check "and up again" wait_for 10 state_is dut 10.99.0.4 Up
wait_for 20 is_up dut c4
birdc dut disable bfd1 >/dev/null
check_eq "ours taken down: nothing is shown" "$(birdc dut show bfd sessions bfd1 | grep -c ' Up ')" 0
check "routes with bfd go" wait_for 10 not has 198.51.100.0/24
if is_mynah; then
	check "the neighbour knows at once" wait_for 5 state_is c2 10.99.0.1 Down
	check_eq "show says that it is down" "$(birdc dut show bfd sessions bfd1 | tail -1)" "bfd1: is not up"
	check_eq "or that there is none" "$(birdc dut show bfd sessions | tail -1)" "There is no BFD protocol running"
fi
birdc dut enable bfd1 >/dev/null
check "enabled: up again" wait_for 20 state_is dut 10.99.0.2 Up
check "and routes are back" wait_for 10 has 198.51.100.0/24

# --- no protocol, no sessions

sed -n '/^protocol bfd/,/^}/!p' dut.conf >none.conf
mv none.conf dut.conf
birdc dut configure >/dev/null
check "without protocol bfd there are none" wait_for 10 sh -c '"$0" -s "$1" show bfd sessions | grep -q "no BFD protocol"' "$BIRDC" "$T/dut.ctl"
check "BGP stays" wait_for 20 is_up dut c2
check "a route with bfd does not" wait_for 10 not has 198.51.100.0/24
reload
check "and with it again" wait_for 20 state_is dut 10.99.0.2 Up

dut_stop
check_eq "the daemon ends with 0" $? 0
finish
