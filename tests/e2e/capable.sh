#!/bin/bash
# Capabilities with FRR and GoBGP: each is a neighbour with everything that both sides know
# switched on - roles, graceful restart and its long-lived sister, extended messages, extended
# next hops, both kinds of route refresh, host name, add-path - behind a password and TTL security.  What
# was agreed on is read from both, routes go both ways, and a killed neighbour's are kept.
. "$(dirname "$0")/lib.sh"
lan_make

gobgp_there() { command -v gobgpd >/dev/null && command -v gobgp >/dev/null; }
frr_installed bgpd || gobgp_there || skip_all "neither FRR nor GoBGP is here"

cat >dut.conf <<-END
log "$T/dut.log" all;
router id 10.99.0.1;
hostname "reflector";
protocol device { }
protocol static s4 { ipv4; route 198.18.1.0/24 unreachable; }
template bgp peers {
	local 10.99.0.1 as 64512;
	connect delay time 1; connect retry time 2; error wait time 1, 2;
	graceful restart on; graceful restart time 30;
	long lived graceful restart on; long lived stale time 60;
	enable extended messages; advertise hostname;
	password "secret"; ttl security; multihop 1;
}
protocol bgp frr from peers {
	neighbor 10.99.0.3 as 65003;
	local role provider; require roles;
	ipv4 { import all; export all; extended next hop; add paths rx; };
	ipv6 { import all; export all; };
}
protocol bgp gobgp from peers {
	neighbor 10.99.0.4 as 65004;
	ipv4 { import all; export all; add paths rx; };
	ipv6 { import all; export all; };
}
END
check "the daemon starts" dut_start "$T/dut.conf"
session_is_up() { real show protocols "$1" | grep -q Established; }
# What the neighbour has said.
said() { real show protocols all "$1" | sed -n '/Neighbor capabilities/,/Session:/p'; }
has() { said "$1" | grep -q -e "$2"; }
route_here() { real show route "$1" | grep -q "$1 .*\[$2 "; }

# --- FRR

frr_knows() { frr_sh "show bgp neighbors 10.99.0.1" | grep -q -e "$1"; }
frr_has() { frr_sh "show bgp ipv4 unicast $1" | grep -q "from 10.99.0.1"; }
frr_bgpd()
{
	frr_daemon frr bgpd
}
frr_start()
{
	frr_files
	cat >frr/bgpd.conf <<-END
	hostname frr
	router bgp 65003
	 bgp router-id 10.99.0.3
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 bgp graceful-restart
	 bgp graceful-restart restart-time 30
	 bgp graceful-restart preserve-fw-state
	 bgp long-lived-graceful-restart stale-time 60
	 neighbor 10.99.0.1 remote-as 64512
	 neighbor 10.99.0.1 timers connect 2
	 neighbor 10.99.0.1 local-role customer
	 neighbor 10.99.0.1 password secret
	 neighbor 10.99.0.1 ttl-security hops 1
	 address-family ipv4 unicast
	  network 198.18.3.0/24
	  neighbor 10.99.0.1 activate
	  neighbor 10.99.0.1 addpath-tx-all-paths
	 exit-address-family
	 address-family ipv6 unicast
	  network 2001:db8:3::/48
	  neighbor 10.99.0.1 activate
	 exit-address-family
	END
	zebra_start
	frr_bgpd
	wait_for 20 frr_sh "show version"
}
if frr_installed bgpd; then
	lan_join frr 3
	check "FRR starts" frr_start
	check "FRR: session with a password and TTL security" wait_for 40 session_is_up frr
	check "FRR: its routes" wait_for 20 route_here 198.18.3.0/24 frr
	check "FRR: ours" wait_for 20 frr_has 198.18.1.0/24
	check "FRR: role" has frr 'Role: customer'
	check "FRR: route refresh" has frr '^ *Route refresh'
	check "FRR: 4-octet AS numbers" has frr '4-octet AS numbers'
	check "FRR: extended messages" has frr 'Extended message'
	check "FRR: graceful restart" has frr 'Restart time: 30'
	check "FRR: preserves IPv4" has frr 'AF preserved: .*ipv4'
	check "FRR: long-lived graceful restart" has frr 'LL stale time: 60'
	check "FRR: host name" has frr 'Hostname: frr'
	check "FRR: add-path" has frr 'ADD-PATH'
	check "FRR knows our role" frr_knows 'Remote Role: provider'
	check "FRR knows our host name" frr_knows 'reflector'
	check "FRR knows our graceful restart" frr_knows 'Graceful Restart Capability: advertised and received'
	check "FRR knows our long-lived graceful restart" \
		frr_knows 'Long-lived Graceful Restart: advertised and received'
	check "FRR knows our extended messages" \
		frr_knows 'Extended Message: advertised and received'
	check "FRR knows our enhanced refresh" \
		frr_knows 'Enhanced Route Refresh: advertised and received'
	check "FRR knows our extended next hop" frr_knows 'Extended nexthop: received'
	only_down() { frr_sh "show bgp ipv4 unicast 198.18.1.0/24" | grep -q 'otc 64512'; }
	check "FRR: our route is for its customers only" only_down
	stop frr KILL
	check "FRR killed: its routes are kept, stale" wait_for 20 real_says '(100s)' show route 198.18.3.0/24
	frr_bgpd
	check "FRR is back" wait_for 40 session_is_up frr
	fresh() { real show route 198.18.3.0/24 | grep -q '(100) '; }
	check "FRR: its routes are not stale any more" wait_for 30 fresh
else
	skip "FRR is not here"
fi

# --- GoBGP

gobgp_sh() { inside gobgp gobgp -u 127.0.0.1 "$@"; }
gobgp_knows() { gobgp_sh neighbor 10.99.0.1 | grep -q -e "$1"; }
gobgp_has() { gobgp_sh global rib "$1" | grep -q 64512; }
gobgp_start()
{
	cat >gobgp.conf <<-END
	[global.config]
	  as = 65004
	  router-id = "10.99.0.4"
	[[neighbors]]
	  [neighbors.config]
	    neighbor-address = "10.99.0.1"
	    peer-as = 64512
	    auth-password = "secret"
	  [neighbors.ttl-security.config]
	    enabled = true
	    ttl-min = 255
	  [neighbors.timers.config]
	    connect-retry = 2
	    idle-hold-time-after-reset = 1
	  [neighbors.graceful-restart.config]
	    enabled = true
	    restart-time = 30
	    notification-enabled = true
	    long-lived-enabled = true
	  [[neighbors.afi-safis]]
	    [neighbors.afi-safis.config]
	      afi-safi-name = "ipv4-unicast"
	    [neighbors.afi-safis.mp-graceful-restart.config]
	      enabled = true
	    [neighbors.afi-safis.long-lived-graceful-restart.config]
	      enabled = true
	      restart-time = 60
	    [neighbors.afi-safis.add-paths.config]
	      send-max = 4
	  [[neighbors.afi-safis]]
	    [neighbors.afi-safis.config]
	      afi-safi-name = "ipv6-unicast"
	END
	start gobgp ip netns exec gobgp gobgpd -f "$T/gobgp.conf" -l info \
		--api-hosts 127.0.0.1:50051
	wait_for 20 gobgp_sh global || return 1
	gobgp_sh global rib add 198.18.4.0/24 nexthop 10.99.0.4
}
if gobgp_there; then
	lan_join gobgp 4
	check "GoBGP starts" gobgp_start
	check "GoBGP: session with a password and TTL security" wait_for 40 session_is_up gobgp
	check "GoBGP: its routes" wait_for 20 route_here 198.18.4.0/24 gobgp
	check "GoBGP: ours" wait_for 20 gobgp_has 198.18.1.0/24
	check "GoBGP: graceful restart" has gobgp 'Restart time: 30'
	check "GoBGP: long-lived graceful restart" has gobgp 'LL stale time: 60'
	check "GoBGP: add-path" has gobgp 'ADD-PATH'
	check "GoBGP: route refresh" has gobgp '^ *Route refresh'
	check "GoBGP knows our graceful restart" gobgp_knows 'graceful-restart:.*advertised and received'
	check "GoBGP knows our long-lived graceful restart" \
		gobgp_knows 'long-lived-graceful-restart:.*advertised and received'
	stop gobgp KILL
	check "GoBGP killed: its routes are kept, stale" wait_for 20 real_says '(100s)' show route 198.18.4.0/24
else
	skip "GoBGP is not here"
fi
dut_stop
check_eq "the daemon ends with 0" $? 0
finish
