#!/bin/bash
# Protocol bmp: stations that check each message (bmpstation), one that is there from the start and one that comes
# late; what they know of the sessions' routes against the import tables and the table. The sessions are with BIRD 2.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" python3
is_mynah || skip_all "BIRD 2.0.12 has no BMP"
mrtread() { python3 "$E2E/mrtread" "$1"; }
station() { local name=$1; shift; start "$name" python3 "$E2E/bmpstation" "$1" 1799 "$T/$name.state" "${@:2}"; }

accept_b='filter { if net = 10.20.0.0/16 then reject; bgp_community.add((9,9)); accept; }'
limit=1024 name2=late more=
node()
{
	cat >dut.conf <<-END
	${GLOBALS-} log "$T/dut.log" all;
	router id 10.99.0.1;
	protocol device { }
	protocol static { ipv4; route 10.1.0.0/16 unreachable; }
	protocol bgp a { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.1 port 1792 as 65000; passive; multihop;
		rr client; ipv4 { import table on; import all; export none; add paths rx; };
		ipv6 { import table on; import all; export none; }; }
	protocol bgp b { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.2 port 1794 as 65002; passive; multihop;
		ipv4 { import table on; import $accept_b; export none; }; }
	protocol bgp c { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.3 port 1796 as 65003; passive; multihop;
		enable as4 off; graceful restart on; graceful restart time 20;
		ipv4 { import table on; import all; export none; }; }
	protocol bgp nobody { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.9 port 1799 as 65009; passive; multihop;
		ipv4 { import table on; import all; export none; }; }
	protocol bmp early { description "x=y"; station address ip 127.0.2.1 port 1799; local address 127.0.0.9;
		system name "early"; system description "a reflector"; monitoring rib in pre_policy;
		monitoring rib in post_policy on; tx buffer limit $limit; }
	protocol bmp late { station address ip 127.0.2.2; station port 1799; system name "$name2";
		monitoring rib in pre_policy; monitoring rib in post_policy; }
	$more
	END
}
# client NAME N AS PORT ROUTES4 ROUTES6 CHANNELS
client()
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 10.99.0.1$2;
	protocol device { }
	protocol static { ipv4; $5 }
	protocol static { ipv6; $6 }
	protocol bgp r { local 127.0.1.$2 port $4 as $3; neighbor 127.0.0.1 port 1790 as 65000; multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 2; graceful restart on; $7 }
	END
}
routes_a='route 10.10.0.0/16 unreachable { bgp_community.add((1,1)); bgp_large_community.add((1,2,3));
		bgp_med = 5; bgp_local_pref = 200; bgp_path.prepend(65100); };
	route 10.11.0.0/24 unreachable { bgp_origin = ORIGIN_EGP; bgp_ext_community.add((rt,1,2)); };
	route 10.12.0.0/17 unreachable; route 0.0.0.0/0 unreachable; route 10.13.1.1/32 unreachable;'
routes_b='route 10.11.0.0/24 unreachable { bgp_path.prepend(400000); }; route 10.20.0.0/16 unreachable;
	route 10.21.0.0/16 unreachable;'
routes_c='route 10.30.0.0/16 unreachable; route 10.31.0.0/16 unreachable { bgp_path.prepend(400000); };'
routes_6='route 2001:db8:10::/48 unreachable { bgp_community.add((6,6)); }; route ::/0 unreachable;'
four='ipv4 { import all; export where source = RTS_STATIC; next hop self; };'
six='ipv6 { import all; export where source = RTS_STATIC; next hop address 2001:db8::99; };'
client a 1 65000 1792 "$routes_a" "$routes_6" "${four/self;/self; add paths tx;} $six"
client b 2 65002 1794 "$routes_b" "" "$four"
client c 3 65003 1796 "$routes_c" "" "enable as4 off; $four"
node
station early 127.0.2.1
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
for i in a b c; do bird_start $i $i.conf || { cat $i.out; fail "bird starts"; finish; }; done
up() { is_up dut a && is_up dut b && is_up dut c; }
wait_for 20 up || { fail "sessions are up"; finish; }
established() { dutc show protocols "$1" | grep -q "^ *$1 .*Established"; }
check "a station is connected" wait_for 10 established early

# What a station should know: of the table, as an MRT dump has it, and of the import tables.
want_post()
{
	local t
	rm -f dump.*
	for t in master4 master6; do
		dutc "mrt dump table $t to \"$T/dump.$t\"" >/dev/null
		mrtread "dump.$t"
	done | sed -n '/^view/d; / from [0-9]* 0\.0\.0\.0 /d; s/ from [0-9]* / from /p' | sed 's/^/post /' | sort
}
want_pre()
{
	local t
	for t in a.ipv4 a.ipv6 b.ipv4 c.ipv4; do
		dutc show route import table $t | awk -v t=$t '/^[^ ]*\/[0-9]/ { net = $1 } /unicast|unreachable|\[/ { if (net) print "pre", net, substr(t, 1, 1); net = "" }'
	done | sort
}
got() { grep "^$2 " "$1.state" | sort; }
got_pre()
{
	awk '$1 == "pre" { i = $3 == "from" ? 5 : 6; print "pre", $2, substr("abc", substr($i, 9), 1) }' "$1.state" | sort
}
knows() { [ "$(got "$1" post)" = "$(want_post)" ] && [ "$(got_pre "$1")" = "$(want_pre)" ]; }
same_view() # NAME STATION
{
	wait_for 10 knows "$2"
	check_eq "$1: behind the filter" "$(got "$2" post)" "$(want_post)"
	check_eq "$1: before it" "$(got_pre "$2")" "$(want_pre)"
}
all_there() { [ "$(got early post | wc -l)" -ge 9 ]; }
check "there is something to compare" wait_for 20 all_there
same_view "from the start" early
check "what the filter refuses is before it alone" [ "$(grep -c '10\.20\.0\.0/16' early.state)" = 1 ]
check "what it adds is behind it alone" [ "$(grep -c '^post .*65002: .* 8:00090009' early.state)" = 2 ]
none_added() { ! grep -q '^pre .*00090009' early.state; }
check "and not before it" none_added
check_eq "who we are" "$(grep ^init early.state)" "init a reflector | early"
check_eq "sessions" "$(grep ^up early.state)" "up 10.99.0.11 127.0.1.1 AS65000 type 0 from 127.0.0.1 AS65000
up 10.99.0.12 127.0.1.2 AS65002 type 0 from 127.0.0.1 AS65000
up 10.99.0.13 127.0.1.3 AS65003 type 0 from 127.0.0.1 AS65000"
eors() { grep "^eor $2" "$1.state" | sort; }
check "neighbours' End-of-RIB" [ "$(eors early pre | wc -l)" = 4 ]

# A station that comes late is told what is there, and then it knows the same.
info() { dutc show protocols "$1" | awk -v n="$1" '$1 == n { for (i = 6; i <= NF; i++) printf "%s ", $i }'; }
refused() { info late | grep -q "Error: Connection refused"; }
check "a station that is not there" wait_for 10 refused
check_eq "is tried" "$(dutc show protocols late | awk '$1 == "late" { print $2, $3, $4 }')" "BMP --- start"
station late 127.0.2.2
check "it is connected when it comes" wait_for 30 established late
same_view "late" late
views() { sed -n '/^pre\|^post\|^up/p' "$1.state" | sort; }
check_eq "both know the same, attribute by attribute" "$(views late)" "$(views early)"
check_eq "End-of-RIB of each family, twice" "$(eors late p | wc -l)" 8
check_eq "it is up" "$(dutc show protocols all late | sed -n '/^late/,$s/  *[0-9:.]*  *Established$/ Established/p; /^  /p')" \
	"$(printf 'late       BMP        ---        up Established\n  Station address:    127.0.2.2\n  Station port:       1799\n')"
no_description() { ! dutc show protocols all early | grep -q Description; }
check "without a description, which would end an exporter" no_description

# News.
steps()
{
	client a 1 65000 1792 "${routes_a/10.12.0.0\/17/10.12.0.0\/18}" "$routes_6" "${four/self;/self; add paths tx;} $six"
	client b 2 65002 1794 "${routes_b/400000/400001}" "" "$four"
	client c 3 65003 1796 "$routes_c route 10.32.0.0/16 unreachable;" "" "enable as4 off; $four"
	for i in a b c; do birdc $i configure >/dev/null; done
}
steps
changed() { [ "$(grep -c '^post.*00061a81' "$1.state")" = 1 ] && grep -q '^post 10.32.0.0/16' "$1.state" && grep -q '10.12.0.0/18' "$1.state"; }
for i in early late; do
	check "news ($i)" wait_for 10 changed $i
	same_view "routes that come, change and go" $i
done
before=$(dutc show protocols | awk '$2 == "BGP" { print $1, $5 }')
accept_b='filter { if net = 10.21.0.0/16 then reject; bgp_community.add((8,8)); accept; }'
node
dutc configure >/dev/null
refiltered() { grep -q '^post 10.20.0.0/16.*8:00080008' "$1.state" && ! grep -q '^post 10.21.0.0/16' "$1.state"; }
for i in early late; do
	check "another import filter ($i)" wait_for 10 refiltered $i
	same_view "filtered anew" $i
done
dutc reload in a >/dev/null
dutc reload in c >/dev/null
birdc a reload out r >/dev/null
wait_for 5 false
for i in early late; do same_view "routes once more" $i; done

# Sessions that come and go, and why.
down_of() { grep "^down.* 127.0.1.$2 " "$1.state"; }
went() { down_of "$1" "$2" | grep -q "$3"; }
birdc b disable r >/dev/null
check "a neighbour that says goodbye" wait_for 10 went early 2 "reason 3 6.2"
check "and to the other station" wait_for 10 went late 2 "reason 3 6.2"
gone() { ! grep -q '^p.*AS65002' early.state; }
check "its routes went with it" gone
birdc b enable r >/dev/null
wait_for 20 up
same_view "back again" early
dutc disable b >/dev/null
check "one that we end" wait_for 10 went early 2 "reason 1 6.2"
dutc enable b >/dev/null
wait_for 20 up
stop b KILL
check "one that breaks" wait_for 10 went early 2 "reason 4"
rm -f b.ctl
bird_start b b.conf
wait_for 20 up
same_view "after a crash" early
# Graceful restart: what is kept is no news.
stop c KILL
check "one that restarts" wait_for 10 went early 3 "reason 4"
check "its routes are kept" grep -q "10.30.0.0/16" <(dutc show route)
client c 3 65003 1796 "route 10.30.0.0/16 unreachable; route 10.33.0.0/16 unreachable;" "" "enable as4 off; $four"
rm -f c.ctl
bird_start c c.conf
wait_for 20 up
restarted() { grep -q '^post 10.33' "$1.state" && grep -q '^post 10.30' "$1.state" && ! grep -q '10.31' "$1.state"; }
for i in early late; do
	check "and told again ($i)" wait_for 20 restarted $i
	same_view "after a graceful restart" $i
done

# The protocol's life.
conns() { awk '$1 == "connections" { print $2 }' "$1.state"; }
check_eq "one connection each so far" "$(conns early) $(conns late)" "1 1"
limit=2048 name2=other
node
dutc configure >/dev/null
named() { grep -q "^init .* | other" late.state; }
check "another name: the connection begins anew" wait_for 20 named
check "the limit is changed live" [ "$(conns early)" = 1 ]
same_view "after that" late
dutc disable late >/dev/null
said() { grep -q "^down station: reason 0" late.state; }
check "disabled, it says so" wait_for 10 said
check_eq "down" "$(dutc show protocols late | awk '$1 == "late" { print $2, $3, $4 }')" "BMP --- down"
dutc enable late >/dev/null
check "enabled" wait_for 20 established late
same_view "enabled" late
# The only one, connected before sessions are known again.
dutc disable early >/dev/null
dutc restart late >/dev/null
first() { [ "$(conns late)" = 4 ]; }
check "the only one, restarted" wait_for 20 first
same_view "the only one" late
dutc enable early >/dev/null
check "and the other one again" wait_for 20 established early
dutc restart early >/dev/null
anew() { [ "$(conns early)" = 3 ]; }
check "restarted" wait_for 20 anew
same_view "restarted" early
stop late KILL
check "a station that dies" wait_for 10 refused
station late 127.0.2.2
check "and comes back" wait_for 70 established late
same_view "back" late
stop late
station late 127.0.2.2 close 5
closes() { [ "$(conns late)" -ge 2 ]; }
check "a station that closes each connection" wait_for 40 closes
check "is tried, but not all the time" [ "$(conns late)" -lt 6 ]
same_view "the other one knows nothing of it" early

if command -v prometheus-bird-exporter >/dev/null; then
	start exporter prometheus-bird-exporter -bird.v2 -bird.socket "$T/dut.ctl" -web.listen-address 127.0.0.1:9324
	metrics() { python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:9324/metrics").read().decode())'; }
	metrics_say() { metrics | grep -q 'bird_protocol_up{.*name="a"'; }
	check "the exporter reads it, and lives" wait_for 10 metrics_say
	stop exporter
fi

now=$(dutc show protocols | awk '$2 == "BGP" && $1 == "a" { print $1, $5 }')
check_eq "no session but those it was done to was touched" "$now" "$(grep '^a ' <<<"$before")"
faults() { grep -h ^bad ./*.state; }
check_eq "nothing was wrong with any message" "$(faults)" ""
check "it ends" dut_stop
check "and says so" wait_for 10 grep -q "^down station: reason 0" early.state
finish
