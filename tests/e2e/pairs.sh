#!/bin/bash
# Random pairs of configurations A and B: after a reload from A to B the reflector's table and
# what its peers hold are those of a fresh start with B, and no session of both has ended.
# SEED says where the row of pairs begins, PAIRS how many there are.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3 ss
is_mynah || skip_all "mynah only"

for peer in "c1 1 64512" "c2 2 64512" "e1 3 64513"; do
	read -r name n as <<<"$peer"
	cat >"$name.conf" <<-END
	log "$T/$name.log" all;
	router id 127.0.1.$n;
	protocol device { }
	protocol static { ipv4; route 10.$n.0.0/24 unreachable;
		route 10.$n.1.0/24 unreachable { bgp_community.add((65535, 65281)); };
		route 10.$n.2.0/28 unreachable { bgp_med = $n; };
		route 10.50.0.0/24 unreachable { bgp_med = 1$n; };
		route 10.50.1.0/24 unreachable { bgp_path.prepend(6500$n); }; }
	protocol bgp up {
		local 127.0.1.$n as $as; strict bind; multihop 2;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		graceful restart off;
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	END
	bird_start "$name" "$T/$name.conf"
done
export T
python3 "$E2E/pairs" "${SEED:-1}" "${PAIRS:-6}" >found.txt
check "all pairs were looked at" relay found.txt
finish
