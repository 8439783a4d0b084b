#!/bin/bash
# Random walks from one configuration to the next, of all that has no session of BGP and of what
# hangs on it: stations, control sockets, the log over UDP, tables of static, direct, pipe,
# kernel and bgp, VPNs and their labels, BFD.  After each reload tables, protocols, the kernel,
# peers, stations and sockets are as after a fresh start with that configuration, and no session
# has ended but those that the log names.  SEED says where to begin, WALKS and STEPS how many.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3 ip
is_mynah || skip_all "mynah only"
lan_make || skip_all "no bridge"

for peer in "c1 1 64512" "c2 2 64512" "e1 3 64513"; do
	read -r name n as <<<"$peer"
	cat >"$name.conf" <<-END
	log "$T/$name.log" all;
	router id 10.99.0.1$n;
	vpn4 table v4;
	protocol device { }
	protocol bfd { multihop { interval 200 ms; multiplier 20; }; }
	filter target { bgp_ext_community.add((rt, 65000, $n)); accept; }
	protocol static { ipv4; route 10.$n.0.0/24 unreachable;
		route 10.$n.1.0/24 unreachable { bgp_community.add((65535, 65281)); };
		route 10.50.0.0/24 unreachable { bgp_med = 1$n; };
		route 10.50.1.0/24 unreachable { bgp_path.prepend(6500$n); }; }
	protocol static { vpn4 { table v4; import filter target; };
		route 65000:$n 10.6$n.0.0/16 via 10.99.0.1$n mpls 10$n;
		route 65000:9 10.60.0.0/16 via 10.99.0.1$n mpls 11$n; }
	protocol bgp up {
		local 10.99.0.1$n as $as; multihop 2; bfd on;
		neighbor 10.99.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		graceful restart off;
		ipv4 { import all; export where source = RTS_STATIC; };
		vpn4 mpls { table v4; import all; export where source = RTS_STATIC; };
	}
	END
	lan_join "$name" "1$n"
	bird_start "$name" "$T/$name.conf" ip netns exec "$name"
done
for n in 1 2; do
	start "s$n" python3 "$E2E/bmpstation" "127.0.2.$n" 1799 "$T/s$n.state"
done
export T
python3 "$E2E/world" "${SEED:-1}" "${WALKS:-1}" "${STEPS:-5}" >found.txt
check "all walks were gone" relay found.txt
finish
