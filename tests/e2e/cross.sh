#!/bin/bash
# Every family that mynahd and another daemon both know, with attributes of all kinds, in both
# directions: a peer of bytes on either end (tests/e2e/crosspeer), the reflector and the other
# daemon, which reflects as well, between them.
#
#     a -- mynahd 10.99.0.1 -- the other one 10.99.0.N -- b
#
# What comes out must be what went in, but for ORIGINATOR_ID and CLUSTER_LIST; what is withdrawn
# must go, and End-of-RIB of each family is counted on the four ways.
. "$(dirname "$0")/lib.sh"
need python3
is_mynah || skip_all "is about mynah's own families, too"
lan_make
for n in 21 22; do ip addr add 10.99.0.$n/24 dev lan; done

# Families as crosspeer names them, as mynahd and BIRD write their channels, as GoBGP does.
declare -A CHANNEL=([ipv4]=ipv4 [ipv6]=ipv6 [ipv4-mc]="ipv4 multicast" [ipv6-mc]="ipv6 multicast"
	[ipv4-mpls]="ipv4 mpls" [ipv6-mpls]="ipv6 mpls" [vpn4]="vpn4 mpls" [vpn6]="vpn6 mpls"
	[vpn4-mc]="vpn4 multicast" [vpn6-mc]="vpn6 multicast" [flow4]=flow4 [flow6]=flow6
	[vpnflow4]=vpnflow4 [vpnflow6]=vpnflow6 [evpn]=evpn [vpls]=vpls [ls]=linkstate)
declare -A GOBGP=([ipv4]=ipv4-unicast [ipv6]=ipv6-unicast [ipv4-mc]=ipv4-multicast
	[ipv6-mc]=ipv6-multicast [ipv4-mpls]=ipv4-labelled-unicast
	[ipv6-mpls]=ipv6-labelled-unicast [vpn4]=l3vpn-ipv4-unicast [vpn6]=l3vpn-ipv6-unicast
	[flow4]=ipv4-flowspec [flow6]=ipv6-flowspec [vpnflow4]=l3vpn-ipv4-flowspec
	[vpnflow6]=l3vpn-ipv6-flowspec [evpn]=l2vpn-evpn [vpls]=l2vpn-vpls [ls]=ls)
declare -A FRR_FAMILY=([ipv4]="ipv4 unicast" [ipv6]="ipv6 unicast" [ipv4-mc]="ipv4 multicast"
	[ipv6-mc]="ipv6 multicast" [ipv4-mpls]="ipv4 labeled-unicast"
	[ipv6-mpls]="ipv6 labeled-unicast" [vpn4]="ipv4 vpn" [vpn6]="ipv6 vpn"
	[flow4]="ipv4 flowspec" [flow6]="ipv6 flowspec" [evpn]="l2vpn evpn")
# FRR has labelled unicast in the table of unicast, and not both with one neighbour.  GoBGP knows
# nothing of RFC 9072: with 14 families its OPEN ends up with a length of 256 in one octet.
IP="ipv4 ipv6 ipv4-mc ipv6-mc vpn4 vpn6" LABELS="ipv4-mpls ipv6-mpls"
declare -A KNOWN=([bird2]="$IP $LABELS vpn4-mc vpn6-mc flow4 flow6"
	[frr]="$IP flow4 flow6 evpn" [frrlabels]="$LABELS"
	[gobgp]="$IP $LABELS" [gobgp2]="flow4 flow6 vpnflow4 vpnflow6 evpn vpls ls"
	[openbgpd]="ipv4 ipv6 vpn4 vpn6" [mynah]="${!CHANNEL[*]}")
# Where they do not do what is expected: words of crosspeer.  FRR sets a bit beside labels, loses
# the label of an Ethernet auto-discovery route and EVPN types above 5, and its zebra ends when
# it is given a flow's action; OpenBGPD 7.7 looks for what is withdrawn from a VPN in vain.
declare -A KNACK=(
	[frr]="masked skip=flow4/drop lax=evpn/smet lax=evpn/igmp_join lax=evpn/auto-discovery
		lax=evpn/auto-discovery_label"
	[frrlabels]="masked"
	[gobgp]="noeor=ipv4-mc noeor=ipv6-mc lax=ipv4-mc/net lax=ipv6-mc/net"
	[gobgp2]="skip=evpn/smet skip=evpn/igmp_join"
	[openbgpd]="stuck=vpn4 stuck=vpn6")
declare -A NUMBER=([bird2]=2 [frr]=3 [gobgp]=4 [openbgpd]=5 [mynah]=8 [frrlabels]=9
	[gobgp2]=10)

# --- configurations

channels() # FAMILY...
{
	local f
	for f; do echo "	${CHANNEL[$f]} { table t_${f/-/_}; import all; export all; };"; done
}
tables() # FAMILY...
{
	local f
	for f; do
		[ "$f" = ipv4 ] || [ "$f" = ipv6 ] || echo "${CHANNEL[$f]%% *} table t_${f/-/_};"
	done
}
bird_like() # NAME ADDRESS CLUSTER FAMILY...: and the protocols that are piped in
{
	local name=$1 address=$2 cluster=$3
	shift 3
	cat <<-END
	log "$T/$name.log" all;
	debug protocols { states, events };
	router id $address;
	protocol device { }
	ipv4 table t_ipv4; ipv6 table t_ipv6;
	END
	tables "$@"
	cat <<-END
	template bgp peers {
		local $address as 64512; direct;
		rr cluster id $cluster;
		graceful restart on;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
	END
	channels "$@"
	echo "}"
	cat
}
reflector_conf()
{
	local name more
	{
		echo "protocol bgp a from peers { neighbor 10.99.0.21 as 64512; passive; rr client; }"
		for name in "${!NUMBER[@]}"; do
			more=
			case $name in # the OPEN is longer than 255 bytes with it: RFC 9072
			bird2|frr|openbgpd|mynah) more="long lived graceful restart on; long lived stale time 60;" ;;
			esac
			echo "protocol bgp $name from peers { neighbor 10.99.0.${NUMBER[$name]} as 64512;" \
				"rr client; password \"secret\"; disabled; $more }"
		done
	} | bird_like dut 10.99.0.1 192.0.2.1 "${!CHANNEL[@]}"
}

there_conf()
{
	cat <<-END
	protocol bgp up from peers { neighbor 10.99.0.1 as 64512; password "secret"; }
	protocol bgp b from peers { neighbor 10.99.0.22 as 64512; passive; rr client; }
	END
}
bird2_there() { [ -x "$BIRD2" ]; }
bird2_run()
{
	# shellcheck disable=SC2086
	there_conf | bird_like bird2 10.99.0.2 192.0.2.2 ${KNOWN[bird2]} >bird2.conf
	bird_start bird2 "$T/bird2.conf" ip netns exec bird2
}
mynah_there() { true; }
mynah_run()
{
	# shellcheck disable=SC2086
	there_conf | bird_like mynah 10.99.0.8 192.0.2.2 ${KNOWN[mynah]} >mynah.conf
	start mynah ip netns exec mynah "$DUT" -f -c "$T/mynah.conf" -s "$T/mynah.ctl" -P "$T/mynah.pid"
	wait_for 20 answers "$T/mynah.ctl"
}
frr_there() { frr_installed bgpd; }
frrlabels_there() { frr_there; }
frr_run() # NAME
{
	local f FRR=${1-frr}
	frr_files
	{
		frr_bgp 64512 "10.99.0.${NUMBER[$FRR]}"
		printf ' %s\n' "bgp cluster-id 192.0.2.2" "no bgp default ipv4-unicast"
		frr_neighbor 10.99.0.1 64512 "password secret"
		frr_neighbor 10.99.0.22 64512 passive
		for f in ${KNOWN[$FRR]}; do
			frr_family "${FRR_FAMILY[$f]}" 10.99.0.1 "neighbor 10.99.0.22 activate" \
				"neighbor 10.99.0.22 route-reflector-client"
		done
	} >"$FRR/bgpd.conf"
	frr_start
}
frrlabels_run() { frr_run frrlabels; }
gobgp2_there() { gobgp_there; }
gobgp_families() # FAMILY...
{
	local f
	for f; do
		gobgp_family "${GOBGP[$f]}" '[neighbors.afi-safis.mp-graceful-restart.config]' \
			'enabled = true'
	done
}
# It says whose a route is to clients alone, so mynahd is one, too.
# shellcheck disable=SC2086
gobgp_run() # NAME
{
	local rr=('[neighbors.graceful-restart.config]' 'enabled = true' 'restart-time = 30'
		'[neighbors.route-reflector.config]' 'route-reflector-client = true'
		'route-reflector-cluster-id = "192.0.2.2"')
	local name=${1-gobgp}
	{
		gobgp_global 64512 "10.99.0.${NUMBER[$name]}"
		gobgp_neighbor 10.99.0.1 64512 'auth-password = "secret"' "${rr[@]}"
		gobgp_families ${KNOWN[$name]}
		gobgp_neighbor 10.99.0.22 64512 "${rr[@]}" '[neighbors.transport.config]' \
			'passive-mode = true'
		gobgp_families ${KNOWN[$name]}
	} >"$name.conf"
	gobgp_start "$name"
}
gobgp2_run() { gobgp_run gobgp2; }
openbgpd_run()
{
	cat >openbgpd.conf <<-END
	AS 64512
	router-id 10.99.0.5
	fib-update no
	nexthop qualify via default
	group all {
		remote-as 64512
		announce IPv4 unicast
		announce IPv6 unicast
		announce IPv4 vpn
		announce IPv6 vpn
		neighbor 10.99.0.1 { tcp md5sig password secret }
		neighbor 10.99.0.22 {
			passive
			route-reflector 192.0.2.2
		}
	}
	allow from any
	allow to any
	END
	openbgpd_start
}

# --- families agreed on, as each side shows them

up_channels() { awk '/^  Channel/ { name = $2 } /State: *UP/ { print name }' | sort; }
bird2_agreed() { birdc bird2 show protocols all up | up_channels; }
mynah_agreed() { birdc mynah show protocols all up | up_channels; }
frr_agreed() # NAME
{
	local FRR=${1-frr} f
	frr_sh "show bgp neighbors 10.99.0.1" |
		sed -n 's/ *Address Family \(.*\): advertised and received/\1/p' |
		sed 's/Labeled /Labeled-/' | while read -r f; do
		agreed_name "${f,,}" FRR_FAMILY
	done
}
frrlabels_agreed() { frr_agreed frrlabels; }
gobgp_agreed() # NAME
{
	local f
	gobgp_sh "${1-gobgp}" neighbor 10.99.0.1 |
		awk '/multiprotocol:/ { here = 1; next } /route-refresh:/ { here = 0 }
			here && /advertised and received/ { sub(":", "", $1); print $1 }' |
		while read -r f; do agreed_name "$f" GOBGP; done
}
gobgp2_agreed() { gobgp_agreed gobgp2; }
openbgpd_agreed()
{
	bgpctl show neighbor 10.99.0.1 | awk '/Negotiated capabilities/ { here = 1 }
		here && /Multiprotocol extensions/ { sub(".*: ", ""); gsub(", ", "\n"); print }' |
		sed 's/^IPv\([46]\) vpn/vpn\1-mpls/; s/^IPv\([46]\) unicast/ipv\1/'
}
# agreed_name WORD TABLE: the channel whose family is called so in the table
agreed_name()
{
	local -n table=$2
	local f
	for f in "${!table[@]}"; do
		[ "${table[$f]}" != "$1" ] || channel_name "$f"
	done
}
channel_name() # FAMILY
{
	local c=${CHANNEL[$1]}
	c=${c/ multicast/-mc}
	echo "${c/ mpls/-mpls}"
}
agree() # NAME: both sides show the families that both know
{
	local want f
	want=$(for f in ${KNOWN[$1]}; do channel_name "$f"; done | sort)
	check_eq "$1: its families, as the reflector shows them" \
		"$(real show protocols all "$1" | up_channels)" "$want"
	check_eq "$1: its families, as it shows them" "$("$1_agreed" | sort)" "$want"
}

# --- the play

names=()
for name in ${DAEMONS-bird2 frr frrlabels gobgp gobgp2 openbgpd mynah}; do
	if "${name}_there"; then names+=("$name"); else skip "$name: not installed"; fi
done
reflector_conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
for name in "${names[@]}"; do
	lan_join "$name" "${NUMBER[$name]}"
	check "$name starts" "${name}_run"
done
dut_up() { real show protocols "$1" | grep -q Established; }
for name in "${names[@]}"; do # one at a time: what is told is for it alone
	real enable "$name" >/dev/null
	check "$name: session up, with a password" wait_for 30 dut_up "$name"
	agree "$name"
	# shellcheck disable=SC2086
	python3 "$E2E/crosspeer" 10.99.0.1 "10.99.0.${NUMBER[$name]}" "${KNOWN[$name]// /,}" \
		${KNACK[$name]-} >"$name.found" 2>&1
	sed -i "s/^ok - \([^d]\)/ok - $name: \1/; s/^not ok - /&$name: /" "$name.found"
	check "$name: all was looked at" relay "$name.found"
	real disable "$name" >/dev/null
done
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
