#!/bin/bash
# VRFs: a provider's edge (BIRD 2, VPN routes) and two customers (BIRD 2, plain ones).  What the
# edge tells with a target of a VRF reaches that customer and no other; what a customer tells
# reaches the edge with the VRF's distinguisher, targets and a label, and another VRF that
# imports the target.  Targets, filters and label policies changed by reloads.  BIRD has the
# protocol since 2.14, so there is none beside.
. "$(dirname "$0")/lib.sh"
need ip "$BIRD2"
is_mynah || skip_all "BIRD has no l3vpn before 2.14"

lan_make
for i in edge:2 red:3 blue:4; do lan_join ${i%:*} ${i#*:}; done

red_targets='import target [(rt, 65000, 1), (rt, 65000, 9)]; export target (rt, 65000, 1);'
red_policy='vrf' red_export='export all;' blue_import='import all;'
conf()
{
	cat >dut.conf <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	mpls domain plain; mpls domain apart { label range mine { start 50000; length 2; };
		label range dynamic { start 1001; length 9; }; };
	vpn4 table vpn4t; vpn6 table vpn6t; ipv4 table red; ipv6 table red6; ipv4 table blue;
	protocol device { }
	protocol l3vpn vrf_red {
		vpn4 { table vpn4t; }; ipv4 { table red; $red_export };
		vpn6 { table vpn6t; }; ipv6 { table red6; };
		mpls { label policy $red_policy; };
		rd 65000:1; $red_targets
	}
	protocol l3vpn vrf_blue {
		vpn4 { table vpn4t; }; ipv4 { table blue; $blue_import };
		mpls; route distinguisher 65000:2;
		import target [(rt, 65000, 2), (rt, 65000, 1)]; export target [(rt, 65000, 2), (rt, 65000, 3)];
	}
	protocol bgp edge { local 10.99.0.1 as 65000; neighbor 10.99.0.2 as 65000; rr client; passive;
		vpn4 mpls { table vpn4t; import all; export all; };
		vpn6 mpls { table vpn6t; import all; export all; }; }
	protocol bgp c_red { local 10.99.0.1 as 65000; neighbor 10.99.0.3 as 65003; passive;
		ipv4 { table red; import all; export all; };
		ipv6 { table red6; import all; export all; }; }
	protocol bgp c_blue { local 10.99.0.1 as 65000; neighbor 10.99.0.4 as 65000; passive;
		ipv4 { table blue; import all; export all; }; }
	END
}
cat >edge.conf <<END
log "$T/edge.log" all;
router id 10.99.0.2;
vpn4 table v4; vpn6 table v6;
protocol device { }
filter t1 { bgp_ext_community.add((rt, 65000, 1)); bgp_ext_community.add((ro, 1, 1)); accept; }
filter t2 { bgp_ext_community.add((rt, 65000, 2)); bgp_med = 22; accept; }
filter t7 { bgp_ext_community.add((rt, 65000, 7)); accept; }
protocol static { vpn4 { table v4; import filter t1; }; route 65000:11 10.11.0.0/16 via 10.99.0.2 mpls 111;
	route 65000:12 10.11.0.0/16 via 10.99.0.200 mpls 112; }
protocol static { vpn4 { table v4; import filter t2; }; route 65000:11 10.12.0.0/16 via 10.99.0.2 mpls 113; }
protocol static { vpn4 { table v4; import filter t7; }; route 65000:11 10.13.0.0/16 via 10.99.0.2 mpls 114; }
protocol static { vpn6 { table v6; import filter t1; }; route 65000:11 2001:db8:11::/48 via fd99::2 mpls 116; }
protocol bgp r { local 10.99.0.2 as 65000; neighbor 10.99.0.1 as 65000;
	connect delay time 1; connect retry time 1; error wait time 1, 2;
	vpn4 mpls { table v4; import all; export where source = RTS_STATIC; };
	vpn6 mpls { table v6; import all; export where source = RTS_STATIC; }; }
END
# customer NAME N AS CHANNELS ROUTES
customer()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.$2;
	protocol device { }
	protocol static { ipv4; $5 }
	protocol static { ipv6; $6 }
	protocol bgp r { local 10.99.0.$2 as $3; neighbor 10.99.0.1 as 65000;
		connect delay time 1; connect retry time 1; error wait time 1, 2; $4 }
	END
}
customer red 3 65003 'ipv4 { import all; export where source = RTS_STATIC; }; ipv6 { import all; export where source = RTS_STATIC; };' \
	'route 172.16.1.0/24 unreachable { bgp_ext_community.add((rt, 9, 9)); bgp_community.add((3,3)); };
	route 172.16.2.0/24 unreachable;' 'route 2001:db8:3::/48 unreachable;'
customer blue 4 65000 'ipv4 { import all; export where source = RTS_STATIC; };' \
	'route 172.17.1.0/24 unreachable;' ''

conf
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
for i in edge red blue; do
	bird_start $i $i.conf ip netns exec $i || { cat $i.out; fail "bird starts"; finish; }
done
up() { is_up edge r && is_up red r && is_up blue r; }
wait_for 20 up || { dutc show protocols; fail "sessions are up"; finish; }

# nets NAME TABLE...: what came from us.
nets() { birdc "$1" show route protocol r table "$2" | awk '/^[0-9]/ { print $1, ($2 ~ /\//) ? $2 : "" }' | sed 's/ $//' | sort | tr '\n' ','; }
has_nets() { [ "$(nets "$1" "$2")" = "$3" ]; }
check_nets() { wait_for 10 has_nets "$2" "$3" "$4"; check_eq "$1" "$(nets "$2" "$3")" "$4"; }
check_nets "a customer has its VRF's routes" red master4 "10.11.0.0/16,"
check_nets "of IPv6, too" red master6 "2001:db8:11::/48,"
check_nets "the other one those it imports" blue master4 "10.11.0.0/16,10.12.0.0/16,172.16.1.0/24,172.16.2.0/24,"
check_nets "the edge has the customers'" edge v4 "65000:1 172.16.1.0/24,65000:1 172.16.2.0/24,65000:2 172.17.1.0/24,"
check_nets "and these of IPv6" edge v6 "65000:1 2001:db8:3::/48,"
check "one path for each distinguisher" [ "$(dutc show route table red 10.11.0.0/16 | grep -c vrf_red)" = 2 ]
check "of its type" grep -q "Type: L3VPN univ" <(dutc show route table red 10.11.0.0/16 all)
check "it leads with the label" grep -q "via 10.99.0.2.* mpls 111" <(dutc show route table red 10.11.0.0/16)
# attribute NAME TABLE NET WORD
attribute() { birdc "$1" show route all protocol r table "$2" "$3" | sed -n "s/^.*BGP.$4: *//p" | sort | tr '\n' ';'; }
check_eq "targets are the VRF's" "$(attribute edge v4 '65000:1 172.16.1.0/24' ext_community)" "(rt, 65000, 1);"
check_eq "several of them" "$(attribute edge v4 '65000:2 172.17.1.0/24' ext_community)" "(rt, 65000, 2) (rt, 65000, 3);"
check_eq "other attributes stay" "$(attribute edge v4 '65000:1 172.16.1.0/24' community)$(attribute edge v4 '65000:1 172.16.1.0/24' as_path)" "(3,3);65003;"
check_eq "the next hop is ours" "$(attribute edge v4 '65000:1 172.16.1.0/24' next_hop)" "10.99.0.1;"
check_eq "to customers as well" "$(attribute blue master4 10.12.0.0/16 next_hop)" "10.99.0.1;"
check_eq "a path goes on as it was" "$(attribute blue master4 10.12.0.0/16 med)" "22;"
labels() { birdc edge show route all protocol r table v4 | sed -n 's/^.*BGP.mpls_label_stack: *//p' | tr '\n' ' '; }
label_of() { birdc edge show route all protocol r table v4 "$1" | sed -n 's/^.*BGP.mpls_label_stack: *//p'; }
red1() { label_of '65000:1 172.16.1.0/24'; }
red2() { label_of '65000:1 172.16.2.0/24'; }
one_label() { [ -n "$(red1)" ] && [ "$(red1)" = "$(red2)" ] && [ "$(red1)" -ge 1000 ]; }
check "a VRF has one label" one_label
other_label() { [ "$(label_of '65000:2 172.17.1.0/24')" -ge 1000 ] && [ "$(label_of '65000:2 172.17.1.0/24')" != "$(red1)" ]; }
check "another one has another" other_label

ups() { dutc show protocols | awk '$2 == "BGP" { print $1, $5, $6 }'; }
reload()
{
	local n
	n=$(grep -c "Reconfigured" dut.log)
	conf
	dutc configure >/dev/null
	wait_for 10 eval '[ "$(grep -c "Reconfigured" dut.log)" -gt '"$n"' ]'
}
before=$(ups)
red_targets='import target (rt, 65000, 7); export target [(rt, 65000, 5), (rt, 65000, 6)];'
reload
check_nets "an import target changes" red master4 "10.13.0.0/16,"
told() { [ "$(attribute edge v4 '65000:1 172.16.1.0/24' ext_community)" = "(rt, 65000, 5) (rt, 65000, 6);" ]; }
check "so do those told" wait_for 10 told
check_nets "and who imported the old one has it no more" blue master4 "10.11.0.0/16,10.12.0.0/16,"
red_targets='import target all; export target none;'
reload
check_nets "all targets" red master4 "10.11.0.0/16,10.12.0.0/16,10.13.0.0/16,172.17.1.0/24,"
none() { [ -z "$(attribute edge v4 '65000:1 172.16.1.0/24' ext_community)" ] && has_nets edge v4 "65000:1 172.16.1.0/24,65000:1 172.16.2.0/24,65000:2 172.17.1.0/24,"; }
check "no targets" wait_for 10 none
red_targets='route target (rt, 65000, 1);' red_export='export where net != 172.16.2.0/24;'
blue_import='import filter { if net = 10.11.0.0/16 then reject; bgp_community.add((4,4)); accept; };'
reload
check_nets "filters of the channels: out" edge v4 "65000:1 172.16.1.0/24,65000:2 172.17.1.0/24,"
check_nets "and in" blue master4 "10.12.0.0/16,172.16.1.0/24,"
check_eq "and what they write" "$(attribute blue master4 10.12.0.0/16 community)" "(4,4);"
check_eq "no session was touched" "$(ups)" "$before"

red_export='export all;' red_policy='prefix'
reload
two_labels() { [ -n "$(red1)" ] && [ -n "$(red2)" ] && [ "$(red1)" != "$(red2)" ]; }
check "a label for each network" wait_for 10 two_labels
red_export='export filter { if net = 172.16.1.0/24 then mpls_label = 77; accept; };' red_policy='static'
reload
static_label() { [ "$(red1)" = 77 ] && [ -z "$(red2)" ]; }
check "a label that a filter sets; without one nothing is told" wait_for 10 static_label
red_policy='aggregate; domain apart; label range mine'
reload
same_label() { [ -n "$(red1)" ] && [ "$(red1)" = "$(red2)" ] && [ "$(red1)" -ge 50000 ]; }
check "one for all that leads to the same place, of the range" wait_for 10 same_label
check "a change of the range is said" grep -q "label range .* -> 50000+2" dut.log
red_policy='prefix; domain apart; label range mine'
reload
red6() { birdc edge show route all protocol r table v6 '65000:1 2001:db8:3::/48' | sed -n 's/^.*BGP.mpls_label_stack: *//p'; }
two_of_three() { [ "$(printf '%s\n' "$(red1)" "$(red2)" "$(red6)" | grep -v '^$' | sort | tr '\n' ' ')" = "50000 50001 " ]; }
check "a range may run out" wait_for 10 two_of_three
red_policy='vrf; domain apart'
reload
own_domain() { [ "$(red1)" = 1001 ] && [ "$(label_of '65000:2 172.17.1.0/24')" = 1001 ]; }
check "another domain has labels of its own" wait_for 10 own_domain
check_eq "sessions are as old as they were" "$(ups)" "$before"

stop red
check_nets "a customer goes" edge v4 "65000:2 172.17.1.0/24,"
stop edge
check_nets "the edge goes" blue master4 ""
dutc disable vrf_blue >/dev/null
dutc enable vrf_blue >/dev/null
bird_start edge edge.conf ip netns exec edge
check "and comes back" wait_for 20 has_nets blue master4 "10.12.0.0/16,"
check "it ends" dut_stop
finish
