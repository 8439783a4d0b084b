#!/bin/bash
# Networks longer than a key: flow specifications, EVPN, VPLS and link state between daemons
# that know them, through the reflector.
#
#   bird2  10.99.0.2  flow4, flow6
#   frr    10.99.0.3  flow4, flow6, evpn (sends what its kernel has)
#   g1, g2 10.99.0.4, .5  GoBGP: flow4, flow6, vpnflow4, vpnflow6, evpn
#   raw    10.99.0.6, .7  bytes: vpls, link state
#   exabgp 10.99.0.8  flow4, flow6, vpls; link state, which it reads alone
. "$(dirname "$0")/lib.sh"

need "$BIRD2" gobgpd gobgp vtysh python3
is_mynah || skip_all "BIRD 2.0 has no such families but flow4 and flow6"

lan_make
N=2
for ns in bird2 frr g1 g2 raw1 raw2 exabgp; do
	lan_join $ns $N
	N=$((N + 1))
done

# --- the reflector

FAMILIES="flow4 flow6 vpnflow4 vpnflow6 evpn vpls linkstate vpnlinkstate"
{
	echo "log \"$T/dut.log\" all;"
	echo "router id 10.99.0.1;"
	echo "protocol device { }"
	for f in $FAMILIES; do echo "$f table t_$f;"; done
	echo "template bgp reflected { local 10.99.0.1 as 64512; rr client; rr cluster id 192.0.2.1;"
	for f in $FAMILIES; do echo "	$f { import all; export all; };"; done
	echo "}"
	N=2
	for ns in bird2 frr g1 g2 raw1 raw2 exabgp; do
		echo "protocol bgp $ns from reflected { neighbor 10.99.0.$N as 64512; passive; }"
		N=$((N + 1))
	done
} >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"

# --- its clients

cat >bird2.conf <<END
log "$T/bird2.log" all;
router id 10.99.0.2;
flow4 table f4;
flow6 table f6;
protocol device { }
protocol static { flow4;
	route flow4 { dst 198.51.100.0/24; proto 6; dport 80,443; }
		{ bgp_ext_community.add((generic, 0x80060000, 0x0)); };
	route flow4 { dst 203.0.113.0/24; port 1..1024; fragment is_fragment; tcp flags 0x2/0x12; };
}
protocol static { flow6;
	route flow6 { dst 2001:db8:1::/48; next header 17; label 1000; };
}
protocol bgp up {
	local 10.99.0.2 as 64512;
	neighbor 10.99.0.1 as 64512;
	connect delay time 1; connect retry time 2; error wait time 1, 2;
	flow4 { import all; export where source = RTS_STATIC; };
	flow6 { import all; export where source = RTS_STATIC; };
}
END

frr_make()
{
	local frr=(ip netns exec frr)
	frr_files
	# its VNI, for routes of its own
	"${frr[@]}" ip link add vx100 type vxlan id 100 dstport 4789 local 10.99.0.3 nolearning &&
	"${frr[@]}" ip link add br100 type bridge &&
	"${frr[@]}" ip link set vx100 master br100 up && "${frr[@]}" ip link set br100 up &&
	"${frr[@]}" bridge fdb add 02:00:00:00:03:01 dev br100 self 2>/dev/null
	{
		frr_bgp 64512 10.99.0.3
		echo " no bgp default ipv4-unicast"
		frr_neighbor 10.99.0.1 64512
		frr_family "ipv4 flowspec" 10.99.0.1
		frr_family "ipv6 flowspec" 10.99.0.1
		frr_family "l2vpn evpn" 10.99.0.1 advertise-all-vni
	} >frr/bgpd.conf
	frr_start
}

GO_FAMILIES="ipv4-flowspec ipv6-flowspec l3vpn-ipv4-flowspec l3vpn-ipv6-flowspec l2vpn-evpn"
go_make() # NAME N
{
	{
		gobgp_global 64512 "10.99.0.$2"
		gobgp_neighbor 10.99.0.1 64512
		for f in $GO_FAMILIES; do gobgp_family "$f"; done
	} >"$1.conf"
	gobgp_start "$1"
}
go() { gobgp_sh "$@"; }
rib() { local ns=$1; shift; go g1 global rib "$@"; }

check "bird2 starts" bird_start bird2 "$T/bird2.conf" ip netns exec bird2
check "frr starts" frr_make
check "g1 starts" go_make g1 4
check "g2 starts" go_make g2 5

dut_up() { dutc show protocols "$1" | grep -q Established; }
for p in bird2 frr g1 g2; do check "$p comes up" wait_for 30 dut_up $p; done

# --- flow specifications

add()
{
	go g1 global rib add "$@" >"$T/add.out"
	[ ! -s "$T/add.out" ] || { cat "$T/add.out"; return 1; }
}

check "g1 takes its flows" add -a ipv4-flowspec match destination 10.1.0.0/16 \
	protocol tcp destination-port "==80" "then" rate-limit 0
check "g1 takes its IPv6 flows" add -a ipv6-flowspec match destination 2001:db8:4::/48 \
	protocol udp "then" discard
check "g1 takes its VPN flows" add -a ipv4-l3vpn-flowspec rd 65001:100 match \
	destination 10.2.0.0/16 "then" redirect 65001:100 rt 65001:100
check "g1 takes its IPv6 VPN flows" add -a ipv6-l3vpn-flowspec rd 65001:100 match \
	source 2001:db8:5::/48 "then" discard rt 65001:100

bird_flows() { birdc bird2 show route table "$1" | grep -o 'flow[46] {.*}' | sort; }
bird_has() { bird_flows "$1" | grep -qF "$2"; }
go_has() { go "$1" global rib -a "$2" | grep -qF -- "$3"; }
frr_has() { frr_sh "show bgp $1 flowspec" | grep -qF -- "$2"; }

GO_FLOW='flow4 { dst 10.1.0.0/16; proto 6; dport 80; }'
check "bird2 has g1's flow" wait_for 20 bird_has f4 "$GO_FLOW"
check "bird2 has g1's IPv6 flow" wait_for 20 bird_has f6 \
	'flow6 { dst 2001:db8:4::/48; next header 17; }'
check "g2 has bird2's flow" wait_for 20 go_has g2 ipv4-flowspec \
	'[destination: 198.51.100.0/24][protocol: ==tcp][destination-port: ==80 ==443]'
check "with its action" go_has g2 ipv4-flowspec discard
check "g2 has bird2's IPv6 flow" wait_for 20 go_has g2 ipv6-flowspec 2001:db8:1::/48
check "g2 has g1's VPN flow" wait_for 20 go_has g2 ipv4-l3vpn-flowspec 10.2.0.0/16
check "with its redirection" go_has g2 ipv4-l3vpn-flowspec 'redirect: 65001:100'
check "g2 has g1's IPv6 VPN flow" wait_for 20 go_has g2 ipv6-l3vpn-flowspec 2001:db8:5::/48
check "frr has bird2's flow" wait_for 20 frr_has ipv4 198.51.100.0/24
check "frr has g1's IPv6 flow" wait_for 20 frr_has ipv6 2001:db8:4::/48

# The reflector and BIRD write them the same, and so does the reflector what GoBGP sent.
dut_flows() { dutc show route table "t_$1" | grep -o 'flow[46] {.*}' | sort; }
check_eq "flow4 as bird2 shows them" "$(dut_flows flow4)" "$(bird_flows f4)"
check_eq "flow6 as bird2 shows them" "$(dut_flows flow6)" "$(bird_flows f6)"

# One flow, by its name, and what is none.
same_words() { sed '/^BIRD .* ready\.$/d; s/ *\[.*//; s/^Table t_flow/Table f/'; }
same()
{
	check_eq "as bird2: $*" "$(dutc "$@" | same_words)" "$(birdc bird2 "$@" | same_words)"
}
same show route flow4 '{ dst 198.51.100.0/24; proto 6; dport 80,443; }'
same show route flow4 '{ dport 80..80, 443; proto 6; dst 198.51.100.0/24; }'
same show route flow6 '{ dst 2001:db8:1::/48; next header 17; label 1000; }'
same show route flow4 '{ dst 198.51.100.0/24; }'
same show route flow4 '{ }'
same show route flow4
same show route flow4 '{ dst 198.51.100.0/24; } 10.0.0.0/8'
same show route for flow4 '{ dst 198.51.100.0/24; }'
same show route in flow4 '{ dst 198.51.100.0/24; }'
flow_from() { dutc show route all table t_flow4 "$1" table t_flow6 | grep -q "$2"; }
check "a flow with its attributes" flow_from \
	'flow4 { dst 203.0.113.0/24; port 1..1024; fragment is_fragment; tcp flags 0x2/0x12; }' \
	'BGP.local_pref: 100'

# --- EVPN

ESI="00 00 00 00 00 00 00 00 00 07"
check "g1 takes its MAC" add -a evpn macadv 02:00:00:00:00:01 192.0.2.1 etag 0 label 1000 \
	rd 65001:100 rt 65001:100 encap vxlan
check "g1 takes its MAC without an address" add -a evpn macadv 02:00:00:00:00:02 0.0.0.0 \
	etag 0 label 1000 rd 65001:100 rt 65001:100
check "g1 takes its multicast route" add -a evpn multicast 10.99.0.4 etag 0 rd 65001:100 \
	rt 65001:100 encap vxlan pmsi ingress-repl 100 10.99.0.4
# shellcheck disable=SC2086
check "g1 takes its auto-discovery" add -a evpn a-d esi ARBITRARY $ESI etag 0 label 50 \
	rd 65001:100 rt 65001:100
# shellcheck disable=SC2086
check "g1 takes its segment" add -a evpn esi 10.99.0.4 esi ARBITRARY $ESI rd 65001:100 \
	rt 65001:100
check "g1 takes its prefix" add -a evpn prefix 198.51.100.0/24 gw 192.0.2.254 etag 0 \
	label 1001 rd 65001:100 rt 65001:100
check "g1 takes its IPv6 prefix" add -a evpn prefix 2001:db8:7::/48 etag 0 label 1001 \
	rd 65001:100 rt 65001:100

evpn() { go "$1" global rib -a evpn | awk '/\[type:/ { sub(/^[^[]*/, ""); print }' |
	sed -E 's/ +[0-9.:a-f]+ +[0-9]{2}:.*//; s/ +$//' | sort; }
same_evpn() { evpn g1 >want; evpn g2 >got; grep -q prefix want && [ "$(grep -c . want)" -ge 7 ] &&
	[ -z "$(comm -23 want got)" ]; }
check "g2 has all routes of g1" wait_for 20 same_evpn || diff want got
frr_evpn() { frr_sh "show bgp l2vpn evpn" | grep -qF -- "$1"; }
check "frr has g1's MAC" wait_for 20 frr_evpn '[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[192.0.2.1]'
check "frr has g1's prefix" wait_for 20 frr_evpn '[5]:[0]:[24]:[198.51.100.0]'
check "g2 has frr's multicast route" wait_for 20 go_has g2 evpn '10.99.0.3]'

# The reflector's own words for them, and another label is the same network.
dut_nets() { dutc show route table "t_$1" | sed -n 's/ *\[[a-z0-9]* [0-9][0-9]:.*//p'; }
dut_has() { dut_nets "$1" | grep -qxF -- "$2"; }
check "a MAC is shown" dut_has evpn 'evpn mac 65001:100 0 02:00:00:00:00:01 192.0.2.1'
check "a MAC alone is shown" dut_has evpn 'evpn mac 65001:100 0 02:00:00:00:00:02 *'
check "a multicast route is shown" dut_has evpn 'evpn imet 65001:100 0 10.99.0.4'
check "a prefix is shown" dut_has evpn 'evpn ip 65001:100 0 198.51.100.0/24'
check "a VPN flow is shown" dut_has vpnflow4 'vpn 65001:100 flow4 { dst 10.2.0.0/16; }'
check "labels are shown" eval "dutc show route all table t_evpn | grep -q 'BGP.nlri: esi 00:.* label 62 vni 1000'"
MAC='macadv 02:00:00:00:00:01 192.0.2.1 etag 0'
# shellcheck disable=SC2086
check "g1 takes another label" add -a evpn $MAC label 2000 rd 65001:100 rt 65001:100
one_label()
{
	[ "$(go g2 global rib -a evpn | grep -c '02:00:00:00:00:01.*2000')" = 1 ] &&
		! go g2 global rib -a evpn | grep -q '02:00:00:00:00:01.*1000'
}
check "g2 has the new label alone" wait_for 20 one_label
check "g2 has g1's multicast route" go_has g2 evpn 'type:multicast][rd:65001:100]'
go g1 global rib del -a evpn multicast 10.99.0.4 etag 0 rd 65001:100 >/dev/null
go g1 global rib del -a ipv4-flowspec match destination 10.1.0.0/16 protocol tcp \
	destination-port "==80" >/dev/null
# shellcheck disable=SC2086
go g1 global rib del -a evpn $MAC label 2000 rd 65001:100 >/dev/null
check "g2 loses what g1 withdraws" wait_for 20 not go_has g2 evpn 'type:multicast][rd:65001:100]'
check "the MAC, too" wait_for 20 not go_has g2 evpn '02:00:00:00:00:01'
check "bird2 loses g1's flow" wait_for 20 not bird_has f4 "$GO_FLOW"
check "frr loses it" wait_for 20 not frr_has ipv4 10.1.0.0/16

# --- VPLS and link state, in bytes

raw_make() # NAME N
{
	mkfifo "$1.in"
	start "$1" ip netns exec "$1" bash -c 'exec "$0" "$@" <"$IN"' "$E2E/rawpeer" \
		"10.99.0.$2" 10.99.0.1 64512 25/65,25/70,16388/71,16388/72,1/133
}
IN=$T/raw1.in raw_make raw1 6
exec 7>"$T/raw1.in"
IN=$T/raw2.in raw_make raw2 7
exec 8>"$T/raw2.in"
check "raw1 comes up" wait_for 30 dut_up raw1
check "raw2 comes up" wait_for 30 dut_up raw2
raw() { echo "$*" >&7; }
got() { grep -qF -- "$1" raw2.out; }

RD=0000fde900000064
HOP=0a630006
ORIGINATOR="09:0a630006 0a:c0000201"
VPLS="0011${RD}000300010008" # label base behind it
# of IS-IS level 2, instance 1; a node of an AS
NODE=0200000000000000010100000802000004
NODE="${NODE}0000fde9"
raw + 25/65 $HOP "${VPLS}0c3501"
check "VPLS is reflected" wait_for 20 got "+ 25/65 $HOP ${VPLS}0c3501"
check "with originator and cluster" got "${VPLS}0c3501 01:00 02: 05:00000064 $ORIGINATOR"
check "it is shown" dut_has vpls "vpls 65001:100 3 1"
raw + 25/65 $HOP "${VPLS}0c4501"
check "a new label base replaces the old" wait_for 20 got "+ 25/65 $HOP ${VPLS}0c4501"
check_eq "in one network" "$(dut_nets vpls)" "vpls 65001:100 3 1"
raw - 25/65 "${VPLS}0c4501"
check "VPLS is withdrawn" wait_for 20 got "- 25/65 ${VPLS}0c4501"

# ExaBGP: reads what comes, and sends a site of its own.
exabgp_run()
{
	{
	exabgp_sink
	cat <<-END
	neighbor 10.99.0.1 {
		router-id 10.99.0.8;
		local-address 10.99.0.8;
		local-as 64512;
		peer-as 64512;
		family { l2vpn vpls; bgp-ls bgp-ls; ipv4 flow; ipv6 flow; }
		api { processes [ sink ]; receive { parsed; update; } }
		l2vpn {
			vpls site5 {
				endpoint 5;
				base 10702;
				offset 1;
				size 8;
				rd 65001:100;
				next-hop 10.99.0.8;
				extended-community [ target:65001:100 l2info:19:0:1500:111 ];
			}
		}
		flow {
			route one {
				match { destination 10.8.0.0/24; protocol udp; source-port =123; }
				then { discard; }
			}
		}
	}
	END
	} >exabgp.conf
	exabgp_start
}
exabgp_got() { grep -q "$1" exabgp.json; }
if exabgp_there; then
	check "exabgp starts" exabgp_run
	check "exabgp comes up" wait_for 40 dut_up exabgp
	check "VPLS of exabgp is reflected" wait_for 20 \
		got "+ 25/65 0a630008 0011${RD}0005000100080""29ce1"
	check "VPLS of exabgp is shown" dut_has vpls "vpls 65001:100 5 1"
	check "g2 has exabgp's flow" wait_for 20 go_has g2 ipv4-flowspec 10.8.0.0/24
	check "bird2 has it" wait_for 20 bird_has f4 \
		'flow4 { dst 10.8.0.0/24; proto 17; sport 123; }'
	check "exabgp has bird2's flow" wait_for 20 exabgp_got 198.51.100.0/24
	raw + 25/65 $HOP "${VPLS}0c5501"
	check "exabgp has VPLS of others" wait_for 20 exabgp_got '"announce".*"endpoint": 3,'
	raw - 25/65 "${VPLS}0c5501"
	check "exabgp loses it" wait_for 20 exabgp_got '"withdraw".*"endpoint": 3,'
else
	skip "exabgp"
fi

raw + 16388/71 $HOP "00010015$NODE" 801d06040200026162
check "link state is reflected, with its attribute" wait_for 20 \
	got "+ 16388/71 $HOP 00010015$NODE 01:00 02: 05:00000064 $ORIGINATOR 1d:040200026162"
raw + 16388/72 "0000000000000000$HOP" "0001001d$RD$NODE"
check "link state of VPNs, too" wait_for 20 \
	got "+ 16388/72 0000000000000000$HOP 0001001d$RD$NODE"
check "they are shown" dut_has linkstate "linkstate node isis-l2 1 0100000802000004""0000fde9"
if command -v exabgp >/dev/null; then # which cannot read link state of VPNs
	check "exabgp reads the link state" wait_for 20 exabgp_got \
		'"node-name": "ab".*"bgpls-node".*"autonomous-system": 65001'
	raw - 16388/71 "00010015$NODE"
	check "exabgp reads that it is gone" wait_for 20 exabgp_got '"withdraw".*"bgpls-node"'
	check "and its session has stayed" not grep -q 'exabgp: Received' dut.log
fi
raw + 25/70 $HOP c803010203
check "an EVPN type nobody knows" wait_for 20 got "+ 25/70 $HOP c803010203"
check "it is shown in hexadecimal" dut_has evpn "evpn 200 010203"
# A malformed network among sound ones: these arrive, and the session stays.
raw + 1/133 . 03030106050118c6336403038111
check "malformed flows are left out alone" wait_for 20 got 0118c63364
check "so that others arrive" wait_for 20 got 03038111
check "and named in the log" grep -q 'component overruns.*network left out' dut.log

# --- flows written here are the bytes that BIRD makes of them

cat >statics.conf <<'END'
router id 127.0.0.1;
flow4 table f4;
flow6 table f6;
protocol device { }
protocol static { flow4;
	route flow4 { dst 10.0.1.0/24; proto 6; };
	route flow4 { dst 10.0.2.0/24; proto = 6 || = 17; };
	route flow4 { dst 10.0.3.0/24; proto > 5 && < 9; };
	route flow4 { dst 10.0.4.0/24; port 1..1024, 2000; };
	route flow4 { dst 10.0.5.0/24; sport != 25; };
	route flow4 { dst 10.0.6.0/24; icmp type 3; icmp code 0..5; };
	route flow4 { dst 10.0.7.0/24; tcp flags 0x2/0x12; };
	route flow4 { dst 10.0.8.0/24; tcp flags !0x2/0x2; };
	route flow4 { dst 10.0.9.0/24; tcp flags !0/0x3; };
	route flow4 { dst 10.0.10.0/24; tcp flags 0x3/0x13 && 0x100/0x100, 0x8/0x18; };
	route flow4 { dst 10.0.11.0/24; length >= 2000 && <= 3000 || 5000; dscp 0..63; };
	route flow4 { dst 10.0.12.0/24; fragment dont_fragment; };
	route flow4 { dst 10.0.13.0/24; fragment is_fragment || first_fragment; };
	route flow4 { dst 10.0.14.0/24; fragment !is_fragment && !first_fragment, last_fragment; };
	route flow4 { dst 10.0.15.0/24; src 192.0.2.0/25; };
	route flow4 { src 0.0.0.0/0; port 255..256; };
}
protocol static { flow6;
	route flow6 { dst 2001:db8:1::/48; next header 17; };
	route flow6 { dst 2001:db8:2::/48 offset 16; label 1000; };
	route flow6 { dst 2001:db8:3::/48 offset 16; label 0..65535; };
	route flow6 { src 2001:db8:4::/61 offset 32; fragment !is_fragment; };
	route flow6 { dst 2001:db8:5::/48; fragment is_fragment; tcp flags 0x2/0x12; };
}
protocol bgp {
	local 127.0.0.2 as 64512;
	neighbor 127.0.0.3 as 64512;
	strict bind;
	passive;
	flow4 { import none; export all; };
	flow6 { import none; export all; };
}
END

# What a client receives, a network a line.
flows_split()
{
	python3 -c '
import sys
for line in sys.stdin:
    words = line.split()
    data = bytes.fromhex(words[3]) if words[0] == "+" else b""
    while data:
        print(words[1], data[1:1 + data[0]].hex())
        data = data[1 + data[0]:]' <"$1" | sort -u
}
flows_are() { [ "$(flows_split "$1" | wc -l)" = "$(grep -c 'route flow' statics.conf)" ]; }
statics() # NAME PROGRAM
{
	start "$1" ip netns exec raw2 "$2" -f -c "$T/statics.conf" -s "$T/$1.ctl" -P "$T/$1.pid"
	mkfifo "$1.in"
	IN=$T/$1.in start "$1_peer" ip netns exec raw2 bash -c 'exec "$0" "$@" <"$IN"' \
		"$E2E/rawpeer" 127.0.0.3 127.0.0.2 64512 1/133,2/133
	exec 9>"$T/$1.in"
	wait_for 20 flows_are "$1_peer.out"
	local got=$?
	exec 9>&-
	stop "$1"
	return "$got"
}
check "bird2 sends its flows" statics theirs "$BIRD2"
check "mynahd sends as many" statics ours "$DUT"
check_eq "in the same bytes" "$(flows_split ours_peer.out)" "$(flows_split theirs_peer.out)"

# --- many come and go: nothing stays behind

BEFORE=$(dut_nets flow4 | sort)
churn() # SIGN
{
	local i hop=
	[ "$1" = - ] || hop=.
	for i in $(seq 500); do
		echo "$1 1/133 $hop 060120$(printf %08x $((0xa0000 * i)))"
	done >&7
}
flows() { dut_nets flow4 | wc -l; }
many() { [ "$(flows)" -ge 500 ]; }
as_before() { [ "$(dut_nets flow4 | sort)" = "$BEFORE" ]; }
for i in 1 2 3; do
	churn +
	check "500 flows come, $i" wait_for 20 many
	churn -
	check "500 flows go, $i" wait_for 20 as_before
done
check "the reflector ends with nothing left" dut_stop
finish
