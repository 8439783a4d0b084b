#!/bin/bash
# Interoperation: six daemons are clients of the reflector, each in a network namespace of
# its own on one bridge.  Client N has the addresses 10.99.0.N and fd99::N and announces
# 198.18.N.0/24 and 2001:db8:N::/48.  Every one must receive the others' routes with the
# next hop untouched, ORIGINATOR_ID 10.99.0.N and CLUSTER_LIST 192.0.2.1 (RFC 4456); then
# one client is reloaded away and one is killed.
. "$(dirname "$0")/lib.sh"

CLUSTER=192.0.2.1
declare -A NUMBER=([bird2]=2 [frr]=3 [gobgp]=4 [openbgpd]=5 [exabgp]=6 [bird1]=7)
clients=()

lan_make

# --- BIRD 2: one session for both families

bird2_there() { [ -x "$BIRD2" ]; }
bird2_run()
{
	cat >bird2.conf <<-END
	log "$T/bird2.log" all;
	router id 10.99.0.2;
	protocol device { }
	protocol static { ipv4; route 198.18.2.0/24 unreachable; }
	protocol static { ipv6; route 2001:db8:2::/48 unreachable; }
	protocol bgp up {
		local 10.99.0.2 as 64512;
		neighbor 10.99.0.1 as 64512;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		ipv4 { import all; export where source = RTS_STATIC; };
		ipv6 { import all; export where source = RTS_STATIC; };
	}
	END
	bird_start bird2 "$T/bird2.conf" ip netns exec bird2
}
bird2_route() { bird_route bird2 "$1"; }

# --- BIRD 1.6: a daemon for each family, bird and bird6

bird1_there() { [ -x "$BIRD1/usr/sbin/bird" ] && [ -x "$BIRD1/usr/sbin/bird6" ]; }
bird1_conf() # family addresses: own, reflector's, route
{
	cat >"bird1-$1.conf" <<-END
	log "$T/bird1-$1.log" all;
	router id 10.99.0.7;
	protocol device { }
	protocol static { route $4 unreachable; }
	protocol bgp up {
		local $2 as 64512;
		neighbor $3 as 64512;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		import all;
		export where source = RTS_STATIC;
	}
	END
}
bird1_run()
{
	bird1_conf 4 10.99.0.7 10.99.0.1 198.18.7.0/24
	bird1_conf 6 fd99::7 fd99::1 2001:db8:7::/48
	start bird1 ip netns exec bird1 "$BIRD1/usr/sbin/bird" -f -c "$T/bird1-4.conf" \
		-s "$T/bird1-4.ctl"
	start bird1_6 ip netns exec bird1 "$BIRD1/usr/sbin/bird6" -f -c "$T/bird1-6.conf" \
		-s "$T/bird1-6.ctl"
	wait_for 20 answers "$T/bird1-4.ctl" && wait_for 20 answers "$T/bird1-6.ctl"
}
bird1_route()
{
	case $1 in
	*:*) bird_route bird1-6 "$1" ;;
	*) bird_route bird1-4 "$1" ;;
	esac
}

# --- FRR bgpd with zebra, without a kernel table of its own

frr_there() { frr_installed bgpd; }
frr_run()
{
	frr_files
	{
		frr_bgp 64512 10.99.0.3
		frr_neighbor 10.99.0.1 64512
		frr_family "ipv4 unicast" 10.99.0.1 "network 198.18.3.0/24"
		frr_family "ipv6 unicast" 10.99.0.1 "network 2001:db8:3::/48"
	} >frr/bgpd.conf
	frr_start
}
frr_route()
{
	local family=ipv4
	case $1 in *:*) family=ipv6 ;; esac
	frr_sh "show bgp $family unicast $1" | awk '
		/^ +[0-9a-f.:]+ .*from 10.99.0.1/ { nh = $1 }
		/Originator:/ { sub(",", "", $2); id = $2; sub(/.*Cluster list: */, ""); cl = $0 }
		END { if (nh) print nh, id, cl }'
}

# --- GoBGP: routes are put in by its client

gobgp_run()
{
	{
		gobgp_global 64512 10.99.0.4
		gobgp_neighbor 10.99.0.1 64512
		gobgp_family ipv4-unicast
		gobgp_family ipv6-unicast
	} >gobgp.conf
	gobgp_start gobgp &&
	gobgp_sh gobgp global rib add 198.18.4.0/24 nexthop 10.99.0.4 &&
	gobgp_sh gobgp global rib add -a ipv6 2001:db8:4::/48 nexthop fd99::4
}
gobgp_route()
{
	local family=ipv4
	case $1 in *:*) family=ipv6 ;; esac
	gobgp_sh gobgp global rib -a "$family" "$1" | sed -n '
		/Originator/{
		s/^[*>]* *[^ ]* *\([^ ]*\) .*{Originator: \([^}]*\)} {ClusterList: \[\([^]]*\)\]}.*/\1 \2 \3/p
		}'
}

# --- OpenBGPD

openbgpd_run()
{
	cat >openbgpd.conf <<-END
	AS 64512
	router-id 10.99.0.5
	fib-update no
	network 198.18.5.0/24
	network 2001:db8:5::/48 set nexthop fd99::5
	neighbor 10.99.0.1 {
		remote-as 64512
		announce IPv4 unicast
		announce IPv6 unicast
	}
	allow from any
	allow to any
	END
	openbgpd_start
}
openbgpd_route()
{
	bgpctl show rib detail "$1" | awk '
		/Nexthop/ { nh = $2 }
		/Originator Id:/ { id = $3 }
		/Cluster ID List:/ { cl = $4 }
		/ClusterList:|Cluster Id List:/ { cl = $NF }
		END { if (nh) print nh, id, cl }'
}

# --- ExaBGP: what it receives is written down by a process of its own

exabgp_run()
{
	{
	exabgp_sink
	cat <<-END
	neighbor 10.99.0.1 {
		router-id 10.99.0.6;
		local-address 10.99.0.6;
		local-as 64512;
		peer-as 64512;
		family { ipv4 unicast; ipv6 unicast; }
		api { processes [ sink ]; receive { parsed; update; } }
		static {
			route 198.18.6.0/24 next-hop 10.99.0.6;
			route 2001:db8:6::/48 next-hop fd99::6;
		}
	}
	END
	} >exabgp.conf
	exabgp_start
}
exabgp_route()
{
	python3 - "$T/exabgp.json" "$1" <<-'END'
	import json, sys
	have = ""
	for line in open(sys.argv[1]):
	    message = json.loads(line)["neighbor"]["message"].get("update", {})
	    for hops in message.get("announce", {}).values():
	        for hop, routes in hops.items():
	            if hop.startswith("fe80:"):
	                continue  # FRR's second next hop
	            if any(r.get("nlri") == sys.argv[2] for r in routes if isinstance(r, dict)):
	                attr = message["attribute"]
	                have = " ".join([hop, attr.get("originator-id", "")]
	                                + attr.get("cluster-list", []))
	    for routes in message.get("withdraw", {}).values():
	        if any(r.get("nlri") == sys.argv[2] for r in routes):
	            have = ""
	print(have)
	END
}

# --- the reflector

reflector_conf() # clients that stay
{
	local name n
	cat <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	protocol device { }
	template bgp clients {
		local 10.99.0.1 as 64512;
		rr client;
		rr cluster id $CLUSTER;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	for name; do
		n=${NUMBER[$name]}
		if [ "$name" = bird1 ]; then
			cat <<-END
			protocol bgp bird1 {
				local 10.99.0.1 as 64512; neighbor 10.99.0.7 as 64512;
				rr client; rr cluster id $CLUSTER;
				connect delay time 1; connect retry time 2; error wait time 1, 2;
				ipv4 { import all; export all; };
			}
			protocol bgp bird1_6 {
				local fd99::1 as 64512; neighbor fd99::7 as 64512;
				rr client; rr cluster id $CLUSTER;
				connect delay time 1; connect retry time 2; error wait time 1, 2;
				ipv6 { import all; export all; };
			}
			END
		else
			echo "protocol bgp $name from clients { neighbor 10.99.0.$n as 64512; }"
		fi
	done
}

sessions_since() # name and time of every session that is up
{
	real show protocols | awk '$2 == "BGP" && /Established/ { print $1, $5 }' | sort
}
same_sessions()
{
	same_times "$before" "$(sessions_since)"
}
all_up()
{
	local name
	for name; do
		real show protocols "$name" | grep -q Established || return 1
	done
}

# route_is CLIENT PREFIX WANT: what the client holds for the prefix.
route_is() { [ "$("$1_route" "$2")" = "$3" ]; }

# routes_right CLIENT FROM: both routes of another client, stamped as they must be.
routes_right()
{
	local n=${NUMBER[$2]} name="$1 holds the routes of $2"
	local v4="10.99.0.$n 10.99.0.$n $CLUSTER" v6="fd99::$n 10.99.0.$n $CLUSTER"
	wait_for 20 route_is "$1" "198.18.$n.0/24" "$v4"
	check_eq "$name, IPv4" "$("$1_route" "198.18.$n.0/24")" "$v4"
	wait_for 20 route_is "$1" "2001:db8:$n::/48" "$v6"
	check_eq "$name, IPv6" "$("$1_route" "2001:db8:$n::/48")" "$v6"
}

routes_gone()
{
	local n=${NUMBER[$2]}
	check "$1 lost the routes of $2, IPv4" wait_for 20 route_is "$1" "198.18.$n.0/24" ""
	check "$1 lost the routes of $2, IPv6" wait_for 20 route_is "$1" "2001:db8:$n::/48" ""
}

# everyone_but NAME: the clients without one.
everyone_but()
{
	local name
	for name in "${clients[@]}"; do
		[ "$name" = "$1" ] || echo "$name"
	done
}

for name in bird2 frr gobgp openbgpd exabgp bird1; do
	if "${name}_there"; then clients+=("$name"); else skip "$name: not installed"; fi
done
[ ${#clients[@]} -ge 2 ] || skip_all "fewer than two other daemons are here"

reflector_conf "${clients[@]}" >dut.conf
dut_start "$T/dut.conf" || fail "the reflector starts"
for name in "${clients[@]}"; do
	lan_join "$name" "${NUMBER[$name]}"
	check "$name starts" "${name}_run"
done
up=()
for name in "${clients[@]}"; do
	sessions=("$name")
	[ "$name" != bird1 ] || sessions+=(bird1_6)
	if wait_for 30 all_up "${sessions[@]}"; then
		ok "$name: session up"
		up+=("$name")
	else
		fail "$name: session up"
	fi
done
clients=("${up[@]}") # what has no session is not waited for again
[ ${#clients[@]} -ge 3 ] || { real show protocols all; finish; }
for name in "${clients[@]}"; do
	for from in $(everyone_but "$name"); do
		routes_right "$name" "$from"
	done
done

# One is reloaded away: its routes go, no other session does.
gone=frr
[[ " ${clients[*]} " = *" $gone "* ]] || gone=${clients[0]}
before=$(sessions_since | grep -v "^$gone ")
mapfile -t stay < <(everyone_but "$gone")
reflector_conf "${stay[@]}" >dut.conf
check "configure without $gone" real_says Reconfigur configure
for name in "${stay[@]}"; do
	routes_gone "$name" "$gone"
done
check "no session dropped when $gone was reloaded away" same_sessions

# One is killed: its routes go too.
clients=("${stay[@]}")
gone=gobgp
[[ " ${clients[*]} " = *" $gone "* ]] || gone=${clients[0]}
before=$(sessions_since | grep -v "^$gone ")
stop "$gone" KILL
for name in $(everyone_but "$gone"); do
	routes_gone "$name" "$gone"
done
check "no other session dropped when $gone was killed" same_sessions
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
