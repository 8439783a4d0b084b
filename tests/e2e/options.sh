#!/bin/bash
# Every row of the option table, changed on running sessions: its class says whether the
# session goes on over the same connection, and what the peers are sent is exactly what
# differs afterwards.  The changes stand in tests/data/reload-rows.txt; a row without one
# fails.  Two clients and an external peer, all BIRD 2, watch.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3 ss
[ -x "$BUILD/tests/tools/optrows" ] || skip_all "optrows is not built"
is_mynah || skip_all "mynah only"

peer_start() # name last-octet as
{
	cat >"$1.conf" <<-END
	log "$T/$1.log" all;
	router id 127.0.1.$2;
	protocol device { }
	protocol static { ipv4; route 10.$2.0.0/24 unreachable;
		route 10.$2.1.0/24 unreachable { bgp_community.add((65535, 65281)); }; }
	protocol bgp up {
		local 127.0.1.$2 as $3;
		strict bind; multihop 2;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		# all that a row may require
		enable extended messages on; advertise hostname on;
		graceful restart aware; long lived graceful restart aware;
		ipv4 { extended next hop on; import all; export where source = RTS_STATIC; };
		ipv6 { import all; export none; };
	}
	END
	bird_start "$1" "$T/$1.conf"
}
export T
"$BUILD/tests/tools/optrows" >rows.txt
peer_start c1 1 64512
peer_start c2 2 64512
peer_start e1 3 64513
python3 "$E2E/optionrows" conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
python3 "$E2E/optionrows" run "$TOP/tests/data/reload-rows.txt" rows.txt "${ROWS-}" >found.txt
check "all rows were looked at" relay found.txt
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
