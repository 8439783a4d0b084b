#!/bin/bash
# Every capability that mynahd and another daemon both know, over sessions with a password and TTL
# security: what was agreed on is read from both sides, and each is used - routes come and go,
# both sides ask for a refresh, send several paths and messages of more than 4096 bytes; both
# sides restart, and stay away until the long-lived time.
#
#   bird2, frr, gobgp, openbgpd, mynah  10.99.0.N, AS 6500N: customers; N is 2, 3, 4, 5, 8
#   raw                                 bytes, 10.99.0.21 and .22: a route for each of them
. "$(dirname "$0")/lib.sh"
need python3
lan_make
for n in 21 22; do ip addr add 10.99.0.$n/24 dev lan; done
RESTART=6 # restart time of all
declare -A NUMBER=([bird2]=2 [frr]=3 [gobgp]=4 [openbgpd]=5 [mynah]=8)
names=()

# --- the daemon under test

conf() # ROUTES...
{
	local name net
	cat <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	hostname "reflector";
	graceful restart wait 6;
	protocol device { }
	protocol static s4 { ipv4; $(printf 'route %s unreachable; ' "$@") }
	template bgp peers {
		local 10.99.0.1 as 64512;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		graceful restart on; graceful restart time $RESTART;
		long lived graceful restart on; long lived stale time 60;
		enable extended messages; advertise hostname;
	}
	template bgp customers from peers {
		password "secret"; ttl security; multihop 1;
		local role provider;
		ipv4 { import all; export all; extended next hop; add paths on; };
		ipv6 { import all; export all; extended next hop; add paths on; };
	}
	END
	for name in "${!NUMBER[@]}"; do
		cat <<-END
		protocol bgp $name from customers {
			neighbor 10.99.0.${NUMBER[$name]} as 6500${NUMBER[$name]};
			$([ "$name" = gobgp ] || echo "require roles;")
		}
		END
	done
	for net in 21 22; do
		echo "protocol bgp raw$net from peers { neighbor 10.99.0.$net as 64512; passive;" \
			"ipv4 { import all; export none; }; }"
	done
}

# --- the others

bird_like() # NAME
{
	local n=${NUMBER[$1]} net
	cat <<-END
	log "$T/$1.log" all;
	debug protocols { states, events, packets };
	router id 10.99.0.$n;
	hostname "$1";
	graceful restart wait 20;
	protocol device { }
	protocol static s4 { ipv4; route 198.18.$n.0/24 unreachable; }
	template bgp peers {
		local 10.99.0.$n as 6500$n;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		enable extended messages;
	}
	protocol bgp up from peers {
		neighbor 10.99.0.1 as 64512;
		graceful restart on; graceful restart time $RESTART;
		long lived graceful restart on; long lived stale time 60;
		advertise hostname;
		password "secret"; ttl security; multihop 1;
		local role customer; require roles;
		ipv4 { import all; export where proto != "up"; extended next hop; add paths on; };
		ipv6 { import all; export none; extended next hop; add paths on; };
	}
	END
	for net in 21 22; do
		echo "protocol bgp raw$net from peers { neighbor 10.99.0.$net as 6500$n; passive;" \
			"ipv4 { import all; export none; }; }"
	done
}
bird2_there() { [ -x "$BIRD2" ]; }
bird2_run()
{
	bird_like bird2 >bird2.conf
	rm -f "$T/bird2.ctl"
	start bird2 ip netns exec bird2 "$BIRD2" -f -c "$T/bird2.conf" -s "$T/bird2.ctl" ${1:+-R}
	wait_for 20 answers "$T/bird2.ctl"
}
bird2_knows() { birdc bird2 show protocols all up | sed -n '/Neighbor cap/,/Session:/p' | grep -q -e "$1"; }
bird2_paths() { birdc bird2 show route "$1" protocol up | grep -c '\[up '; }
bird2_marked() { birdc bird2 show route all "$1" | grep -q '(65535, *6)'; }
bird2_ask() { birdc bird2 reload in up; }
bird2_asked() { grep -c 'up: Got ROUTE-REFRESH' bird2.log; }

mynah_there() { is_mynah; }
mynah_run()
{
	bird_like mynah >mynah.conf
	rm -f "$T/mynah.ctl"
	start mynah ip netns exec mynah "$DUT" -f -c "$T/mynah.conf" -s "$T/mynah.ctl" \
		-P "$T/mynah.pid" ${1:+-R}
	wait_for 20 answers "$T/mynah.ctl"
}
mynah_knows() { birdc mynah show protocols all up | sed -n '/Neighbor cap/,/Session:/p' | grep -q -e "$1"; }
mynah_paths() { birdc mynah show route "$1" protocol up | grep -c '\[up '; }
mynah_marked() { birdc mynah show route all "$1" | grep -q '(65535, *6)'; }
mynah_ask() { birdc mynah reload in up; }
mynah_asked() { birdc mynah show protocols all up | awk '/Export updates/ { n += $3 } END { print n + 0 }'; }

frr_there() { frr_installed bgpd; }
frr_run() # AGAIN
{
	if [ -n "${1-}" ]; then frr_daemon frr bgpd; return; fi
	frr_files
	{
		frr_bgp 65003 10.99.0.3
		printf ' %s\n' "bgp graceful-restart" "bgp graceful-restart restart-time $RESTART" \
			"bgp graceful-restart notification" "bgp graceful-restart preserve-fw-state" \
			"bgp long-lived-graceful-restart stale-time 60"
		frr_neighbor 10.99.0.1 64512 "local-role customer strict-mode" "password secret" \
			"ttl-security hops 1"
		frr_neighbor 10.99.0.21 65003 passive
		frr_neighbor 10.99.0.22 65003 passive
		frr_family "ipv4 unicast" 10.99.0.1 "network 198.18.3.0/24" \
			"neighbor 10.99.0.1 addpath-tx-all-paths"
		frr_family "ipv6 unicast" 10.99.0.1 "neighbor 10.99.0.1 addpath-tx-all-paths"
	} >frr/bgpd.conf
	frr_start
}
frr_knows()
{
	{ frr_sh "show bgp neighbors 10.99.0.1"; frr_sh "show bgp neighbors 10.99.0.1 json"; } |
		grep -q -e "$1"
}
frr_paths() { frr_sh "show bgp ipv4 unicast $1" | grep -c 'from 10.99.0.1'; }
frr_marked() { frr_sh "show bgp ipv4 unicast $1" | grep -q 'llgr-stale'; }
frr_ask() { frr_sh "clear bgp 10.99.0.1 soft in"; }
frr_asked() { frr_sh "show bgp neighbors 10.99.0.1" | awk '/Route Refresh: +[0-9]/ { print $4 }'; }

gobgp_run() # AGAIN
{
	local f n
	{
		gobgp_global 65004 10.99.0.4
		gobgp_neighbor 10.99.0.1 64512 'auth-password = "secret"' \
			'[neighbors.ttl-security.config]' 'enabled = true' 'ttl-min = 255' \
			'[neighbors.graceful-restart.config]' 'enabled = true' \
			"restart-time = $RESTART" 'notification-enabled = true' \
			'long-lived-enabled = true'
		for f in ipv4 ipv6; do
			gobgp_family "$f-unicast" '[neighbors.afi-safis.mp-graceful-restart.config]' \
				'enabled = true' \
				'[neighbors.afi-safis.long-lived-graceful-restart.config]' \
				'enabled = true' 'restart-time = 60' \
				'[neighbors.afi-safis.add-paths.config]' 'send-max = 4' \
				'receive = true'
		done
		for n in 21 22; do
			gobgp_neighbor "10.99.0.$n" 65004 '[neighbors.transport.config]' \
				'passive-mode = true'
			gobgp_family ipv4-unicast
		done
	} >gobgp.conf
	gobgp_start gobgp ${1:+-r} && gobgp_sh gobgp global rib add 198.18.4.0/24 nexthop 10.99.0.4
}
gobgp_knows() { gobgp_sh gobgp neighbor 10.99.0.1 | grep -q -e "$1"; }
gobgp_paths() { gobgp_sh gobgp global rib "$1" | grep -c ' 64512'; }
gobgp_marked() { gobgp_sh gobgp global rib "$1" | grep -q 'llgr-stale\|65535:6'; }
gobgp_asked() { gobgp_sh gobgp neighbor 10.99.0.1 | awk '/Route Refresh: +[0-9]/ { print $4 }'; }

openbgpd_run()
{
	cat >openbgpd.conf <<-END
	AS 65005
	router-id 10.99.0.5
	fib-update no
	nexthop qualify via default
	network 198.18.5.0/24
	neighbor 10.99.0.1 {
		remote-as 64512
		tcp md5sig password secret
		ttl-security yes
		announce IPv4 unicast
		announce IPv6 unicast
		announce enhanced refresh yes
		announce add-path recv yes
		announce add-path send all
		announce policy customer enforce
	}
	neighbor 10.99.0.21 { remote-as 65005; passive }
	neighbor 10.99.0.22 { remote-as 65005; passive }
	allow from any
	allow to any
	END
	sed -i 's/\(remote-as 65005\); passive }/\n\1\npassive\n}/' openbgpd.conf
	openbgpd_start
}
openbgpd_knows() { bgpctl show neighbor 10.99.0.1 | sed -n '/Neighbor cap/,/Negotiated/p' | grep -q -e "$1"; }
openbgpd_paths() { bgpctl show rib "$1" | grep -c " 64512"; }
openbgpd_ask() { bgpctl neighbor 10.99.0.1 refresh; }
openbgpd_asked() { bgpctl show neighbor 10.99.0.1 | awk '$1 == "Request" { print $3 }'; }

# --- what each side shows of the other

session_is_up() { real show protocols "$1" | grep -q Established; }
said() { real show protocols all "$1" | sed -n '/Neighbor capabilities/,/Session:/p'; }
has() { said "$1" | grep -q -e "$2"; }
# Names, what is known, what we show, what they show
both_know()
{
	cat <<-END
	bird2 mynah|families|AF announced: ipv4 ipv6|AF announced: ipv4 ipv6
	bird2 mynah|route refresh|^ *Route refresh|^ *Route refresh
	bird2 mynah|enhanced refresh|Enhanced refresh|Enhanced refresh
	bird2 mynah|4-octet AS numbers|4-octet AS|4-octet AS
	bird2 mynah|extended messages|Extended message|Extended message
	bird2 mynah|extended next hop|IPv6 nexthop: ipv4|IPv6 nexthop: ipv4
	bird2 mynah|graceful restart|Restart time: $RESTART|Restart time: $RESTART
	bird2 mynah|long-lived|LL stale time: 60|LL stale time: 60
	bird2 mynah|add-path, receiving|RX: ipv4 ipv6|RX: ipv4 ipv6
	bird2 mynah|add-path, sending|TX: ipv4 ipv6|TX: ipv4 ipv6
	bird2|host name|Hostname: bird2|Hostname: reflector
	mynah|host name|Hostname: mynah|Hostname: reflector
	bird2 mynah|role|Role: customer|Role: provider
	frr|IPv4|AF announced: ipv4 ipv6|Address Family IPv4 Unicast: advertised and received
	frr|IPv6|AF announced: ipv4 ipv6|Address Family IPv6 Unicast: advertised and received
	frr|route refresh|^ *Route refresh|Route refresh: advertised and received
	frr|enhanced refresh|Enhanced refresh|Enhanced Route Refresh: advertised and received
	frr|4-octet AS numbers|4-octet AS|4 Byte AS: advertised and received
	frr|extended messages|Extended message|Extended Message: advertised and received
	frr|graceful restart|Restart time: $RESTART|Graceful Restart Capability: advertised and received
	frr|N bit|Graceful restart|"nBit":true
	frr|our restart time|AF preserved: .*ipv4|Received Restart Time(sec): $RESTART
	frr|long-lived|LL stale time: 60|Long-lived Graceful Restart: advertised and received
	frr|add-path, receiving|RX: ipv4|IPv4 Unicast: TX advertised and received
	frr|add-path, sending|TX: ipv4|IPv4 Unicast: RX advertised and received
	frr|host name|Hostname: frr|received (name: reflector
	frr|role|Role: customer|Remote Role: provider
	gobgp|IPv4|AF announced: ipv4 ipv6|ipv4-unicast:.*advertised and received
	gobgp|IPv6|AF announced: ipv4 ipv6|ipv6-unicast:.*advertised and received
	gobgp|route refresh|^ *Route refresh|route-refresh:.*advertised and received
	gobgp|4-octet AS numbers|4-octet AS|4-octet-as:.*advertised and received
	gobgp|extended next hop|IPv6 nexthop: ipv4|Remote: nlri: ipv4-unicast, nexthop: ipv6
	gobgp|graceful restart|Restart time: $RESTART|Remote: restart time $RESTART sec, notification flag set
	gobgp|long-lived|LL stale time: 60|ipv4-unicast, restart time 60 sec
	gobgp|add-path|RX: ipv4 ipv6|ipv4-unicast:.*receive/send
	gobgp|host name|Hostname: [a-z]|name: reflector
	openbgpd|families|AF announced: ipv4 ipv6|IPv4 unicast, IPv6 unicast
	openbgpd|route refresh|^ *Route refresh|^ *Route Refresh
	openbgpd|enhanced refresh|Enhanced refresh|Enhanced Route Refresh
	openbgpd|4-octet AS numbers|4-octet AS|4-byte AS numbers
	openbgpd|graceful restart|Graceful restart|Graceful Restart: Timeout: $RESTART, IPv4 unicast
	openbgpd|add-path|TX: ipv4 ipv6|Add-path: IPv4 unicast bidir, IPv6 unicast bidir
	openbgpd|role|Role: customer|Open Policy role provider
	END
}
same_view() # NAME
{
	local who what ours theirs
	while IFS='|' read -r who what ours theirs; do
		[[ " $who " = *" $1 "* ]] || continue
		check "$1, $what: shown here" has "$1" "$ours"
		check "$1, $what: shown there" "$1_knows" "$theirs"
	done < <(both_know)
}

# --- routes

route_here() { real show route "$1" protocol "$2" | grep -q "\[$2 "; }
paths_here() { real show route "$1" protocol "$2" | grep -c "\[$2 "; }
has_paths() { [ "$("$1_paths" "$2")" = "$3" ]; }
sends_paths() { [ "$(paths_here "$2" "$1")" = "$3" ]; }
received() { real show protocols all "$1" | awk '/Import updates/ { n += $3 } END { print n + 0 }'; }
sent() { real show protocols all "$1" | awk '/Export updates/ { n += $3 } END { print n + 0 }'; }
more() { [ "$($1 "$2")" -gt "$3" ]; }
refresh() # NAME: both sides ask the other one
{
	local before
	before=$("$1_asked")
	real reload in "$1" >/dev/null
	check "$1 is asked for its routes" wait_for 10 more "$1_asked" "" "$before"
	[ "$1" != gobgp ] || return # it keeps all routes as they came, and asks nobody
	before=$(sent "$1")
	"$1_ask" >/dev/null 2>&1
	check "$1 asks for ours" wait_for 10 more sent "$1" "$before"
}

raw_start() # NAME ADDRESS AS N: it tells NETWORK, which is more than 4096 bytes long if LONG
{
	mkfifo "$1_$4.in"
	IN="$T/$1_$4.in" start "$1_$4" bash -c 'exec "$0" "$@" <"$IN"' "$E2E/rawpeer" \
		"10.99.0.$4" "$2" "$3" 1/1
	exec {fd}>"$T/$1_$4.in"
	echo "+ 1/1 0a6300$(printf %02x "$4") 18c61263" >&"$fd"
	[ $LONG = no ] || echo "+ 1/1 0a6300$(printf %02x "$4") 18c61261 $MANY" >&"$fd"
}
# 1100 communities, 65000:1 and on
MANY=d008$(printf %04x 4400)$(for i in $(seq 1100); do printf fde8%04x "$i"; done)
long_here() { real show route all 198.18.97.0/24 protocol "$1" | grep -q '(65000,1100)'; }
has_long() { "$1_paths" 198.18.97.0/24 | grep -qx "$2"; }

# --- the play

for name in bird2 frr gobgp openbgpd mynah; do
	if "${name}_there"; then names+=("$name"); else skip "$name is not here"; fi
done
is_among() { local word=$1; shift; [[ " $* " = *" $word "* ]]; }
conf 198.18.1.0/24 198.18.11.0/24 >dut.conf
check "the daemon starts" dut_start "$T/dut.conf"
for name in "${names[@]}"; do
	n=${NUMBER[$name]}
	lan_join "$name" "$n"
	check "$name starts" "${name}_run"
	LONG=no
	! is_among "$name" bird2 frr mynah || LONG=yes
	for i in 21 22; do raw_start "$name" "10.99.0.$n" "6500$n" $i; done
done
LONG=yes
for i in 21 22; do raw_start dut 10.99.0.1 64512 $i; done
for name in "${names[@]}"; do
	n=${NUMBER[$name]}
	check "$name: a session with a password and TTL security" wait_for 40 session_is_up "$name"
	same_view "$name"
	check "$name: its routes" wait_for 20 route_here "198.18.$n.0/24" "$name"
	check "$name: ours" wait_for 20 has_paths "$name" 198.18.1.0/24 1
	check "$name: its two paths" wait_for 20 sends_paths "$name" 198.18.99.0/24 2
	check "$name: our two paths, and those of others" wait_for 20 more "${name}_paths" 198.18.99.0/24 1
	case $name in
	gobgp|openbgpd) ;;
	*)
		check "$name: a long message of its own" wait_for 20 long_here "$name"
		check "$name: our long messages" wait_for 20 more "${name}_paths" 198.18.97.0/24 1
		;;
	esac
	refresh "$name"
done
if is_among frr "${names[@]}"; then
	only_down() { frr_sh "show bgp ipv4 unicast 198.18.1.0/24" | grep -q 'otc 64512'; }
	check "FRR: our route is for its customers only" only_down
fi
if is_among openbgpd "${names[@]}"; then
	begun() { bgpctl show neighbor 10.99.0.1 | awk '/Begin-of-RR/ { exit $3 == 0 }'; }
	check "OpenBGPD has seen where a refresh begins" begun
fi

# --- they restart; FRR, GoBGP, BIRD and mynahd come back when the restart time is over

restarters=()
for name in "${names[@]}"; do
	[ "$name" = openbgpd ] || restarters+=("$name")
done
stale() { real show route "$1" protocol "$2" | grep -q '(100s)'; }
fresh() { real show route "$1" protocol "$2" | grep -q '(100) '; }
marked() { real show route all "$1" protocol "$2" | grep -q '(65535,6)'; }
for name in "${restarters[@]}"; do stop "$name" KILL; done
for name in "${restarters[@]}"; do
	check "$name killed: its routes stay" wait_for 5 stale "198.18.${NUMBER[$name]}.0/24" "$name"
done
for name in "${restarters[@]}"; do
	check "$name: its routes are long-lived stale ones" wait_for 20 \
		marked "198.18.${NUMBER[$name]}.0/24" "$name"
done
for name in "${restarters[@]}"; do "${name}_run" again; done
for name in "${restarters[@]}"; do
	check "$name is back, its routes are fresh" wait_for 40 fresh \
		"198.18.${NUMBER[$name]}.0/24" "$name"
done

# --- we do

for name in "${names[@]}"; do
	check "$name: our routes once more" wait_for 20 has_paths "$name" 198.18.11.0/24 1
done
stop dut KILL
for name in "${names[@]}"; do
	check "we are killed: $name keeps our routes" has_paths "$name" 198.18.1.0/24 1
done
for name in "${restarters[@]}"; do
	check "$name: ours are long-lived stale ones" wait_for 20 "${name}_marked" 198.18.1.0/24
done
conf 198.18.1.0/24 >dut.conf
check "we start again" dut_start "$T/dut.conf" -R
for name in "${names[@]}"; do
	check "$name: what we have no more goes" wait_for 40 has_paths "$name" 198.18.11.0/24 0
	check "$name: what we have is there" wait_for 20 has_paths "$name" 198.18.1.0/24 1
done
for name in "${restarters[@]}"; do
	check "$name: it is stale no more" wait_for 20 not "${name}_marked" 198.18.1.0/24
done
dut_stop
check_eq "the daemon ends with 0" $? 0
finish
