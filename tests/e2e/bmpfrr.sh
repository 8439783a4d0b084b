#!/bin/bash
# Protocol bmp beside FRR's: one BIRD 2 tells both the same routes, and a station for each (bmpstation) must know the
# same of it in the end.  And two neighbours with one address, on two links.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" python3
is_mynah || skip_all "BIRD 2.0.12 has no BMP"
if ! frr_installed bgpd || ! ls /usr/lib/*/frr/modules/bgpd_bmp.so >/dev/null 2>&1; then
	skip_all "FRR with BMP is not here"
fi
station() { start "$1" python3 "$E2E/bmpstation" 10.99.0.1 "$2" "$T/$1.state" "${@:3}"; }

lan_make
lan_join frr 5
lan_join cl 2
for n in 1 2; do # two links on which the neighbour is fe80::2
	ip netns add n$n
	ip link add l$n type veth peer name eth0 netns n$n
	for where in "ip" "ip -n n$n"; do $where link set lo up; done
	ip link set l$n addrgenmode none up
	ip -n n$n link set eth0 addrgenmode none up
	ip -6 addr add fe80::1/64 dev l$n nodad
	ip -n n$n -6 addr add fe80::2/64 dev eth0 nodad
	cat >n$n.conf <<-END
	router id 192.0.2.1$n;
	protocol device { }
	protocol static { ipv6; route 2001:db8:$n::/48 unreachable; route 2001:db8:9::/48 unreachable; }
	protocol bgp r { local fe80::2 as 6500$n; neighbor fe80::1%eth0 as 65000; connect delay time 1; connect retry time 1;
		ipv6 { import all; export all; }; }
	END
done
cat >dut.conf <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol bgp c { local 10.99.0.1 as 65000; neighbor 10.99.0.2 as 65000; rr client; passive;
		ipv4 { import table on; import all; export none; }; ipv6 { import table on; import all; export none; }; }
	template bgp links { local fe80::1 as 65000; passive; ipv6 { import table on; import all; export none; }; }
	protocol bgp l1 from links { neighbor fe80::2%l1 as 65001; }
	protocol bgp l2 from links { neighbor fe80::2%l2 as 65002; }
	protocol bmp m { station address ip 10.99.0.1 port 1799; monitoring rib in pre_policy; monitoring rib in post_policy; }
END
frr_files
cat >frr/bgpd.conf <<-END
	hostname frr
	router bgp 65000
	 bgp router-id 192.0.2.5
	 no bgp ebgp-requires-policy
	 no bgp default ipv4-unicast
	 neighbor 10.99.0.2 remote-as 65000
	 neighbor 10.99.0.2 timers connect 2
	 bmp targets t
	  bmp connect 10.99.0.1 port 1800 min-retry 200 max-retry 1000
	  bmp monitor ipv4 unicast pre-policy
	  bmp monitor ipv4 unicast post-policy
	  bmp monitor ipv6 unicast pre-policy
	  bmp monitor ipv6 unicast post-policy
	 exit
	 address-family ipv4 unicast
	  neighbor 10.99.0.2 activate
	  neighbor 10.99.0.2 soft-reconfiguration inbound
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor 10.99.0.2 activate
	  neighbor 10.99.0.2 soft-reconfiguration inbound
	 exit-address-family
END
# client ROUTES...: with what varies
client()
{
	cat >cl.conf <<-END
	router id 192.0.2.2;
	protocol device { }
	protocol static { ipv4; $1
		route 198.18.2.0/24 unreachable { bgp_med = 7; bgp_local_pref = 300; bgp_origin = ORIGIN_EGP; };
		route 198.18.3.0/24 unreachable { bgp_path.prepend(400000); bgp_path.prepend(65100); bgp_community.add((1,2)); }; }
	protocol static { ipv6; route 2001:db8:77::/48 unreachable { bgp_large_community.add((1,2,3)); };
		route 2001:db8:78::/48 unreachable { bgp_ext_community.add((rt,1,2)); }; }
	template bgp both { local 10.99.0.2 as 65000; connect delay time 1; connect retry time 1;
		ipv4 { import all; export all; }; ipv6 { import all; export all; next hop address fd99::2; }; }
	protocol bgp mynah from both { neighbor 10.99.0.1 as 65000; }
	protocol bgp frr from both { neighbor 10.99.0.5 as 65000; }
	END
}
client 'route 198.18.1.0/24 unreachable;'
station ours 1799
station frrs 1800 loose
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
zebra_start
frr_daemon frr bgpd -M bmp
bird_start cl cl.conf ip netns exec cl
for n in 1 2; do bird_start n$n n$n.conf ip netns exec n$n; done
up() { is_up cl mynah && is_up cl frr && is_up n1 r && is_up n2 r; }
check "sessions are up" wait_for 60 up

# FRR tells both RIBs with the attributes of reflection, which it has not received.
view() { grep -E '^(pre|post) .* 10\.99\.0\.2 ' "$1.state" | sed -E 's/ (9|10):[0-9a-f]*//g' | sort; }
six() { [ "$(view frrs | grep -c "^$1 ")" = "$2" ] && [ "$(view ours | grep -c "^$1 ")" = "$2" ]; }
same() { [ "$(view ours)" = "$(view frrs)" ]; }
both() { six pre "$1" && six post "$1" && same; }
wait_for 30 both 5
check_eq "both stations know the same" "$(view ours)" "$(view frrs)"
check "there is something to compare" six pre 5
check_eq "of one session" "$(grep '^up.* 10.99.0.2 ' ours.state | sed 's/ from .*//')" "$(grep '^up.* 10.99.0.2 ' frrs.state | sed 's/ from .*//')"
client 'route 198.18.4.0/22 unreachable; route 198.18.5.0/24 unreachable;'
birdc cl configure >/dev/null
wait_for 30 both 6
check_eq "and after a change" "$(view ours)" "$(view frrs)"
check "that all have heard of" six post 6
down() { grep -q '^down.* 10.99.0.2 .*: reason' "$1.state"; }
for i in mynah frr; do birdc cl disable $i >/dev/null; done
gone() { down ours && down frrs; }
wait_for 10 gone
check_eq "the reason why it ends" "$(grep '^down.* 10.99.0.2 ' ours.state)" "$(grep '^down.* 10.99.0.2 ' frrs.state)"

# fe80::2 twice: told apart as local instances (RFC 7854, 4.2).
links() { [ "$(grep -c '^up 192.0.2.1[12] fe80::2 AS6500[12] type 2 ' ours.state)" = 2 ]; }
check "one address on two links is two peers" links
check_eq "each with its routes" "$(sed -nE 's/^post (.*) from .* fe80::2 AS(.*): .*/\1 \2/p' ours.state | sort)" \
	"$(printf '2001:db8:1::/48 65001\n2001:db8:2::/48 65002\n2001:db8:9::/48 65001\n2001:db8:9::/48 65002\n')"
check_eq "nothing was wrong with any message" "$(grep -h ^bad ./*.state)" ""
check "it ends" dut_stop
finish
