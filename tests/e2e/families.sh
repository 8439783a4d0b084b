#!/bin/bash
# Families beyond IPv4 and IPv6 unicast, reflected between BIRD 2, FRR and GoBGP: multicast,
# labelled unicast, VPNs of both kinds.  Client N has the addresses 10.99.0.N and fd99::N; what
# each announces the others must hold with next hop, labels, route targets, MED and communities
# as they were, ORIGINATOR_ID 10.99.0.N and CLUSTER_LIST 10.99.0.1.  Then two GoBGP ask for route
# targets (RFC 4684), and are sent what they ask for.
. "$(dirname "$0")/lib.sh"

is_mynah || skip_all "is about mynah's own families, too"
lan_make

# --- BIRD 2: static routes, their labels those of the way they lead

bird2_conf()
{
	cat <<-END
	log "$T/bird2.log" all;
	router id 10.99.0.2;
	protocol device { }
	ipv4 table mc4; ipv6 table mc6; ipv4 table l4; ipv6 table l6;
	vpn4 table v4; vpn6 table v6; vpn4 table m4; vpn6 table m6;
	filter marked {
		bgp_community.add((64512, 2));
		bgp_large_community.add((64512, 2, 2));
		bgp_med = 22;
		accept;
	}
	filter targeted { bgp_ext_community.add((rt, 64512, 2)); accept; }
	protocol static { ipv4 { table mc4; import filter marked; };
		route 198.18.2.0/24 via 10.99.0.200; }
	protocol static { ipv6 { table mc6; import filter marked; };
		route 2001:db8:2::/48 via fd99::200; }
	protocol static { ipv4 { table l4; import filter marked; };
		route 198.19.2.0/24 via 10.99.0.200 mpls 102;
		route 198.19.20.0/24 via 10.99.0.200 mpls 102/202/302; }
	protocol static { ipv6 { table l6; import filter marked; };
		route 2001:db8:12::/48 via fd99::200 mpls 112; }
	protocol static { vpn4 { table v4; import filter targeted; };
		route 10:2 198.20.2.0/24 via 10.99.0.200 mpls 122;
		route 10.0.0.2:2 0.0.0.0/0 via 10.99.0.200 mpls 123; }
	protocol static { vpn6 { table v6; import filter targeted; };
		route 10:2 2001:db8:22::/48 via fd99::200 mpls 132; }
	protocol static { vpn4 { table m4; }; route 10:2 198.21.2.0/24 via 10.99.0.200; }
	protocol static { vpn6 { table m6; }; route 10:2 2001:db8:32::/48 via fd99::200; }
	protocol bgp up {
		local 10.99.0.2 as 64512;
		neighbor 10.99.0.1 as 64512;
		direct;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		ipv4 multicast { table mc4; import all; export where source = RTS_STATIC; };
		ipv6 multicast { table mc6; import all; export where source = RTS_STATIC; };
		ipv4 mpls { table l4; import all; export where source = RTS_STATIC; };
		ipv6 mpls { table l6; import all; export where source = RTS_STATIC; };
		vpn4 mpls { table v4; import all; export where source = RTS_STATIC; };
		vpn6 mpls { table v6; import all; export where source = RTS_STATIC; };
		vpn4 multicast { table m4; import all; export where source = RTS_STATIC; };
		vpn6 multicast { table m6; import all; export where source = RTS_STATIC; };
	}
	END
}

# --- FRR

frr_run()
{
	local f
	frr_files
	{
		frr_bgp 64512 10.99.0.3
		echo " no bgp default ipv4-unicast"
		frr_neighbor 10.99.0.1 64512
		frr_family "ipv4 multicast" 10.99.0.1 "network 198.18.3.0/24"
		frr_family "ipv6 multicast" 10.99.0.1 "network 2001:db8:3::/48"
		for f in ipv4 ipv6; do frr_family "$f labeled-unicast" 10.99.0.1; done
		frr_family "ipv4 vpn" 10.99.0.1 "network 198.20.3.0/24 rd 10:3 label 123"
		frr_family "ipv6 vpn" 10.99.0.1 "network 2001:db8:23::/48 rd 10:3 label 133"
	} >frr/bgpd.conf
	frr_start
}

# --- GoBGP

gobgp_run() # NAME N FAMILY...
{
	local name=$1 n=$2 family
	shift 2
	{
		gobgp_global 64512 "10.99.0.$n"
		gobgp_neighbor 10.99.0.1 64512 '[neighbors.graceful-restart.config]' \
			'enabled = true' 'restart-time = 20'
		for family; do
			gobgp_family "$family" '[neighbors.afi-safis.mp-graceful-restart.config]' \
				'enabled = true'
		done
	} >"$name.conf"
	gobgp_start "$name"
}

# --- the reflector

client_conf() # NAME N CHANNELS
{
	cat <<-END
	protocol bgp $1 {
		local 10.99.0.1 as 64512; neighbor 10.99.0.$2 as 64512;
		direct; rr client;
		connect delay time 1; connect retry time 2; error wait time 1, 2;
		$3
	}
	END
}
reflector_conf()
{
	local policy="import all; export all;" vpn all
	vpn="vpn4 mpls { table v4; $policy };"
	all="$vpn vpn6 mpls { table v6; $policy };
		ipv4 multicast { table mc4; $policy }; ipv6 multicast { table mc6; $policy };
		ipv4 mpls { table l4; $policy }; ipv6 mpls { table l6; $policy };
		vpn4 multicast { table m4; $policy }; vpn6 multicast { table m6; $policy };"
	cat <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	protocol device { }
	ipv4 table mc4; ipv6 table mc6; ipv4 table l4; ipv6 table l6;
	vpn4 table v4; vpn6 table v6; vpn4 table m4; vpn6 table m6; rtc table targets;
	END
	client_conf bird2 2 "$all"
	client_conf frr 3 "$all"
	client_conf gobgp 4 "$all"
	client_conf pe5 5 "$vpn rtc { $policy };"
	client_conf pe6 6 "$vpn rtc { $policy };"
}

# --- what a client holds: next hop, labels, MED, community, route target, originator, cluster

# held CLIENT FAMILY NET
held()
{
	case $1 in
	bird2) bird_held "$2" "$3" ;;
	frr) frr_held "$2" "$3" ;;
	*) gobgp_held "$1" "$2" "$3" ;;
	esac
}
bird_held()
{
	birdc bird2 show route all table "$1" protocol up | awk -v net="$2" '
		function put() { if (nh) print nh, label, med, comm, rt, id, cl }
		/^[0-9]/ { put(); nh = ""; label = med = comm = rt = "-"; here = index($0, net " ") == 1 }
		!here { next }
		/BGP.next_hop:/ { nh = $2 }
		/BGP.mpls_label_stack:/ { label = $2 }
		/BGP.med:/ { med = $2 }
		/BGP.community:/ { comm = $2; gsub(/[()]/, "", comm); sub(",", ":", comm) }
		/BGP.ext_community:/ { rt = $3 $4; gsub(/[,)]/, ":", rt); sub(/:$/, "", rt) }
		/BGP.originator_id:/ { id = $2 }
		/BGP.cluster_list:/ { cl = $2 }
		END { put() }'
}
frr_held()
{
	local family
	case $1 in
	mc?) family="ipv${1#mc} multicast" ;;
	l?) family="ipv${1#l} labeled-unicast" ;;
	v?) family="ipv${1#v} vpn rd ${2% *}" ;;
	esac
	frr_sh "show bgp $family ${2#* }" | awk '
		BEGIN { label = med = comm = rt = "-" }
		/^ +[0-9a-f.:]+ .*from 10.99.0.1/ { nh = $1 }
		/metric/ { for (i = 1; i < NF; i++) if ($i == "metric") { med = $(i + 1); sub(",", "", med) } }
		/^ +Community:/ { comm = $2 }
		/Extended Community:/ { rt = $3; sub("RT:", "", rt) }
		/Remote label:/ { label = $3 }
		/Originator:/ { sub(",", "", $2); id = $2; cl = $5 }
		END { if (nh) print nh, label, med, comm, rt, id, cl }'
}
gobgp_held()
{
	local family
	case $2 in
	l?) family="ipv${2#l}-mpls" ;;
	v?) family="vpnv${2#v}" ;;
	esac
	gobgp_sh "$1" global rib -a "$family" 2>/dev/null | awk -v net="${3/ /:}" '
		function part(name) {
			if (!match($0, "{" name ": [^}]*}")) return "-"
			v = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
			gsub(/[][]/, "", v)
			return v
		}
		$2 != net { next }
		{
			match($0, /\[[0-9, ]+\]/)
			label = substr($0, RSTART + 1, RLENGTH - 2)
			rest = substr($0, RSTART + RLENGTH)
			gsub(", ", "/", label)
			split(rest, f, " ")
			if (part("Originator") != "-")
				print f[1], label, part("Med"), part("Communities"),
					part("Extcomms"), part("Originator"), part("ClusterList")
		}'
}
holds() { [ "$(held "$1" "$2" "$3")" = "$4" ]; }
holds_not() { [ -z "$(held "$1" "$2" "$3")" ]; }

# comes FROM N TO FAMILY NET WANT
comes()
{
	wait_for 20 holds "$3" "$4" "$5" "$6 10.99.0.$2 10.99.0.1"
	check_eq "$3 holds $5 of $1 ($4)" "$(held "$3" "$4" "$5")" "$6 10.99.0.$2 10.99.0.1"
}

# --- the play

have=(pe5 pe6)
for i in bird2:2 frr:3 gobgp:4 pe5:5 pe6:6; do lan_join "${i%:*}" "${i#*:}"; done
reflector_conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
if [ -x "$BIRD2" ]; then
	bird2_conf >bird2.conf
	bird_start bird2 "$T/bird2.conf" ip netns exec bird2 && have+=(bird2)
fi
if frr_installed bgpd; then
	frr_run && have+=(frr)
fi
if gobgp_there; then
	gobgp_run gobgp 4 ipv4-labelled-unicast ipv6-labelled-unicast l3vpn-ipv4-unicast \
		l3vpn-ipv6-unicast && have+=(gobgp)
	gobgp_run pe5 5 l3vpn-ipv4-unicast rtc
	gobgp_run pe6 6 l3vpn-ipv4-unicast rtc
	gobgp_sh gobgp global rib add -a ipv4-mpls 198.19.4.0/24 104 nexthop 10.99.0.4
	gobgp_sh gobgp global rib add -a ipv6-mpls 2001:db8:14::/48 114 nexthop fd99::4
	gobgp_sh gobgp global rib add -a vpnv4 198.20.4.0/24 label 124 rd 10:4 rt 64512:4 \
		nexthop 10.99.0.4
	gobgp_sh gobgp global rib add -a vpnv6 2001:db8:24::/48 label 134 rd 10:4 rt 64512:4 \
		nexthop fd99::4
	gobgp_sh pe5 vrf add red rd 10:5 rt both 64512:4
	gobgp_sh pe6 vrf add blue rd 10:6 rt both 64512:2
fi
has() { [[ " ${have[*]} " == *" $1 "* ]]; }

if has frr && has bird2; then
	comes bird2 2 frr mc4 198.18.2.0/24 "10.99.0.200 - 22 64512:2 -"
	comes bird2 2 frr mc6 2001:db8:2::/48 "fd99::200 - 22 64512:2 -"
	comes bird2 2 frr l4 198.19.2.0/24 "10.99.0.200 102 22 64512:2 -"
	comes bird2 2 frr l6 2001:db8:12::/48 "fd99::200 112 22 64512:2 -"
	comes bird2 2 frr v4 "10:2 198.20.2.0/24" "10.99.0.200 122 - - 64512:2"
	comes bird2 2 frr v4 "10.0.0.2:2 0.0.0.0/0" "10.99.0.200 123 - - 64512:2"
	comes bird2 2 frr v6 "10:2 2001:db8:22::/48" "fd99::200 132 - - 64512:2"
	comes frr 3 bird2 mc4 198.18.3.0/24 "10.99.0.3 - 0 - -"
	comes frr 3 bird2 mc6 2001:db8:3::/48 "fd99::3 - 0 - -"
	comes frr 3 bird2 v4 "10:3 198.20.3.0/24" "10.99.0.3 123 0 - -"
	comes frr 3 bird2 v6 "10:3 2001:db8:23::/48" "fd99::3 133 0 - -"
else
	skip "BIRD 2 with FRR"
fi
if has gobgp && has bird2; then
	comes bird2 2 gobgp l4 198.19.2.0/24 "10.99.0.200 102 22 64512:2 -"
	# RFC 8277, 2.1: it has not said that it takes several labels
	check "gobgp is not sent a stack of labels" [ -z "$(gobgp_held gobgp l4 198.19.20.0/24)" ]
	comes bird2 2 gobgp l6 2001:db8:12::/48 "fd99::200 112 22 64512:2 -"
	comes bird2 2 gobgp v4 "10:2 198.20.2.0/24" "10.99.0.200 122 - - 64512:2"
	comes bird2 2 gobgp v6 "10:2 2001:db8:22::/48" "fd99::200 132 - - 64512:2"
	comes gobgp 4 bird2 l4 198.19.4.0/24 "10.99.0.4 104 - - -"
	comes gobgp 4 bird2 l6 2001:db8:14::/48 "fd99::4 114 - - -"
	comes gobgp 4 bird2 v4 "10:4 198.20.4.0/24" "10.99.0.4 124 - - 64512:4"
	comes gobgp 4 bird2 v6 "10:4 2001:db8:24::/48" "fd99::4 134 - - 64512:4"
else
	skip "BIRD 2 with GoBGP"
fi
if has gobgp && has frr; then
	comes gobgp 4 frr l4 198.19.4.0/24 "10.99.0.4 104 - - -"
	comes gobgp 4 frr v4 "10:4 198.20.4.0/24" "10.99.0.4 124 - - 64512:4"
	comes frr 3 gobgp v4 "10:3 198.20.3.0/24" "10.99.0.3 123 0 - -"
	comes frr 3 gobgp v6 "10:3 2001:db8:23::/48" "fd99::3 133 0 - -"
else
	skip "FRR with GoBGP"
fi

# show route says what BIRD says, of a route with a stack of labels and of the VPN multicast one
shown() { "$@" | sed 's/ \[[^ ]* [0-9:.]*/ [X/; s/ from [0-9.]*]/]/; s/ on [a-z0-9]*/ on X/; s/^\t/|/
	s/ *$//; 1d'; }
same_route() { diff <(shown real show route all table "$1" protocol bird2) "$2" >/dev/null; }
if has bird2; then
	cat >l4.want <<-END
	Table l4:
	198.19.2.0/24        unicast [X] * (100) [i]
	|via 10.99.0.200 on X mpls 102
	|Type: BGP univ
	|BGP.origin: IGP
	|BGP.as_path:
	|BGP.next_hop: 10.99.0.200
	|BGP.med: 22
	|BGP.local_pref: 100
	|BGP.community: (64512,2)
	|BGP.large_community: (64512, 2, 2)
	|BGP.mpls_label_stack: 102
	198.19.20.0/24       unicast [X] * (100) [i]
	|via 10.99.0.200 on X mpls 102/202/302
	|Type: BGP univ
	|BGP.origin: IGP
	|BGP.as_path:
	|BGP.next_hop: 10.99.0.200
	|BGP.med: 22
	|BGP.local_pref: 100
	|BGP.community: (64512,2)
	|BGP.large_community: (64512, 2, 2)
	|BGP.mpls_label_stack: 102/202/302
	END
	wait_for 10 same_route l4 l4.want
	check_eq "show route shows labels as BIRD does" \
		"$(shown real show route all table l4 protocol bird2)" "$(cat l4.want)"
	check "a channel is named with an underscore" real_says "10:2 198.20.2.0/24" \
		show route export frr.vpn4_mpls
	check "VPN multicast is held" real_says "10:2 198.21.2.0/24" show route table m4
	check "VPN multicast of IPv6 is held" real_says "10:2 2001:db8:32::/48" show route table m6
	check "show protocols names the families" real_says \
		"AF announced: ipv4-mc ipv4-mpls vpn4-mpls vpn4-mc ipv6-mc ipv6-mpls vpn6-mpls vpn6-mc" \
		show protocols all bird2
fi

# route targets
if has gobgp && has bird2; then
	told_target()
	{
		gobgp_sh "$1" global rib -a rtc | grep -q " $2 .* 10.99.0.1 .*Originator: 10.99.0.1"
	}
	comes gobgp 4 pe5 v4 "10:4 198.20.4.0/24" "10.99.0.4 124 - - 64512:4"
	comes bird2 2 pe6 v4 "10:2 198.20.2.0/24" "10.99.0.200 122 - - 64512:2"
	comes bird2 2 pe6 v4 "10.0.0.2:2 0.0.0.0/0" "10.99.0.200 123 - - 64512:2"
	check "a target nobody asked for is not sent" holds_not pe5 v4 "10:2 198.20.2.0/24"
	check "nor is one that another asks for" holds_not pe6 v4 "10:4 198.20.4.0/24"
	check "nor is a route without targets" holds_not pe5 v4 "10:3 198.20.3.0/24"
	for pe in pe5 pe6; do
		check "$pe is told the target of pe6" wait_for 10 told_target $pe 64512:64512:2
		check "$pe is told the target of pe5" wait_for 10 told_target $pe 64512:64512:4
	done
	gobgp_sh pe5 vrf add green rd 10:55 rt both 64512:2
	comes bird2 2 pe5 v4 "10:2 198.20.2.0/24" "10.99.0.200 122 - - 64512:2"
	gobgp_sh pe5 vrf del green
	check "what is no longer asked for is withdrawn" \
		wait_for 20 holds_not pe5 v4 "10:2 198.20.2.0/24"
	check "the rest stays" holds pe5 v4 "10:4 198.20.4.0/24" \
		"10.99.0.4 124 - - 64512:4 10.99.0.4 10.99.0.1"
else
	skip "route targets"
fi

# a withdrawal names no label, and finds what came with one
if has bird2; then
	birdc bird2 disable static5 >/dev/null
	birdc bird2 disable static3 >/dev/null
	for i in frr gobgp; do
		has $i || continue
		check "$i lost a withdrawn VPN route" wait_for 20 holds_not $i v4 "10:2 198.20.2.0/24"
		check "$i lost a withdrawn label" wait_for 20 holds_not $i l4 198.19.2.0/24
	done
	birdc bird2 enable static5 >/dev/null
	birdc bird2 enable static3 >/dev/null
	for i in frr gobgp; do
		has $i || continue
		comes bird2 2 $i v4 "10:2 198.20.2.0/24" "10.99.0.200 122 - - 64512:2"
		comes bird2 2 $i l4 198.19.2.0/24 "10.99.0.200 102 22 64512:2 -"
	done
fi
# graceful restart: routes of a client that is gone stay, marked, and so does what others hold
if has gobgp && has frr; then
	stop gobgp KILL
	check "VPN routes of a client that restarts stay" wait_for 10 \
		real_says "10:4 198.20.4.0/24 .*(100s)" show route table v4
	check "labelled ones, too" wait_for 10 \
		real_says "198.19.4.0/24 .*(100s)" show route table l4
	comes gobgp 4 frr v4 "10:4 198.20.4.0/24" "10.99.0.4 124 - - 64512:4"
	gobgp_run gobgp 4 ipv4-labelled-unicast ipv6-labelled-unicast l3vpn-ipv4-unicast \
		l3vpn-ipv6-unicast
	check "what it no longer has goes at its End-of-RIB" wait_for 20 holds_not frr v4 \
		"10:4 198.20.4.0/24"
fi
check "no session has met an error" not grep -q "Malformed\|Error:" dut.log

dut_stop
finish
