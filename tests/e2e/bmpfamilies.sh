#!/bin/bash
# Protocol bmp with families of other kinds: what a peer of bytes (rawpeer) tells comes out at a station as it was,
# before the import filter and behind it, at once (UPDATEs as they came) and for a station that comes late (encoded).
. "$(dirname "$0")/lib.sh"
need python3
is_mynah || skip_all "BIRD 2.0.12 has no BMP"
station() { start "$1" python3 "$E2E/bmpstation" "$2" 1799 "$T/$1.state"; }

WORDS="ipv4|ipv4 mpls|vpn4 mpls|evpn|flow4|rtc"
channels() { tr '|' '\n' <<<"$WORDS" | while read -r f; do echo "$f { $1 };"; done; }
cat >dut.conf <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	ipv4 table plain;
	ipv4 table labelled;
	vpn4 table vpn;
	evpn table evpns;
	flow4 table flows;
	rtc table targets;
	protocol device { }
	protocol bgp raw { local 127.0.0.1 as 65000; neighbor 127.0.1.20 as 65000; passive; multihop;
		ipv4 { table plain; import table on; import all; export none; };
		ipv4 mpls { table labelled; import table on; import all; export none; };
		vpn4 mpls { table vpn; import table on; import all; export none; };
		evpn { table evpns; import table on; import all; export none; };
		flow4 { table flows; import table on; import all; export none; };
		rtc { table targets; import table on; import all; export none; };
	}
	template bmp stations { monitoring rib in pre_policy; monitoring rib in post_policy; station port 1799; }
	protocol bmp now from stations { station address ip 127.0.2.1; }
	protocol bmp late from stations { station address ip 127.0.2.2; }
END
ATTRS="c01008 0002fde800000001"
cat >said <<-END
	+ 1/1 0a000001 100a04 $ATTRS
	+ 1/4 0a000001 280006410a06
	+ 1/128 00000000000000000a000001 680006410000fde8000000010a05 $ATTRS
	+ 25/70 0a000001 03110000fde80000000100000000200a000001 $ATTRS
	+ 25/70 0a000001 05220000fde8000000010000000000000000000000000000100a0700000a000001000641 $ATTRS
	+ 1/133 . 0301080a $ATTRS
	+ 1/132 0a000001 600000fde80002fde800000001
END
station now 127.0.2.1
dut_start dut.conf || { cat dut.out; fail "it starts"; finish; }
established() { dutc show protocols "$1" | grep -q "^ *$1 .*Established"; }
check "a station is connected" wait_for 20 established now
mkfifo raw.in
IN=$T/raw.in start raw bash -c 'exec "$0" "$@" <"$IN"' "$E2E/rawpeer" 127.0.1.20 127.0.0.1 65000 1/1,1/4,1/128,25/70,1/133,1/132
exec 7>raw.in
wait_for 20 established raw
cat said >&7
# IPv4's next hop may stand in either place: it comes as with other families, and is encoded in the old way.
view() { grep "^$2 " "$1.state" | sed 's/^[a-z]* //; s/ 3:0a000001//; s/ 14:040a000001//' | sort; }
many() { [ "$(view "$1" "$2" | wc -l)" = 7 ]; }
for rib in pre post; do check "all are told ($rib)" wait_for 10 many now $rib; done
check_eq "before the filter and behind it" "$(view now post)" "$(view now pre)"
check_eq "as they were" "$(view now pre | sed 's/ from.*//')" "$(printf '%s\n' \
	"1/128 0000fde800000001:10.5.0.0/16" "1/132 600000fde80002fde800000001" "1/133 0301080a" "1/4 10.6.0.0/16" "10.4.0.0/16" \
	"25/70 03110000fde80000000100000000200a000001" \
	"$(sed -n 's/.* \(0522[0-9a-f]*\) .*/25\/70 \1/p' said)" | sort)"
station late 127.0.2.2
for rib in pre post; do check "a station that comes late ($rib)" wait_for 60 many late $rib; done
for rib in pre post; do check_eq "has the same ($rib)" "$(view late $rib)" "$(view now $rib)"; done
eors() { [ "$(grep -c "^eor" late.state)" = 12 ]; }
check "and End-of-RIB of each family" wait_for 10 eors
{ echo "- 1/128 680006410000fde8000000010a05"; echo "- 1/133 0301080a"; } >&7
less() { [ "$(view "$1" pre | wc -l)" = 5 ] && [ "$(view "$1" post | wc -l)" = 5 ]; }
for i in now late; do check "withdrawn ($i)" wait_for 10 less $i; done
stop raw KILL
gone() { grep -q "^down .*: reason 4" "$1.state"; }
for i in now late; do check "the end of the session ($i)" wait_for 10 gone $i; done
check_eq "nothing was wrong with any message" "$(grep -h ^bad ./*.state)" ""
check "it ends" dut_stop
finish
