#!/bin/bash
# Sorted tables and channels with `secondary`, as route servers have them, beside the real
# BIRD 2: each client gets the best route that its export filter lets through, also where
# that is not the best of all.  The clients speak with both and hold the same from both,
# through withdrawals, other filters, and the option switched off and on by reloads.
. "$(dirname "$0")/lib.sh"
need ip "$BIRD2" "$BIRDC"

lan_make
lan_join ref 9
for i in 1 2 3 4; do lan_join "c$i" "1$i"; done

# server NAME: filters keep routes of (0, N) from client N, and of (0, 0) from all.
secondary="secondary on;" sorted=sorted also=""
server()
{
	local i
	{
		echo "log \"$T/$1.log\" all; router id 10.99.0.7; debug protocols { states };
		ipv4 table st $sorted; protocol device { scan time 1; }"
		for i in 1 2 3 4; do
			cat <<-END
			protocol bgp c$i { local as 65000; neighbor 10.99.0.1$i as 6500$i; passive;
				rs client;
				ipv4 { table st; gateway direct; import all; $secondary
					export filter {
						if (0,0) ~ bgp_community || (0,$i) ~ bgp_community then reject;
						$also
						if (65000,$i) ~ bgp_community then bgp_path.prepend(65000);
						accept; }; }; }
			END
		done
	} >"$1.conf"
}
# client N ROUTES: with a table for each server.
client()
{
	local p
	{
		echo "log \"$T/c$1.log\" all; router id 10.99.0.1$1; protocol device { scan time 1; }
		protocol static { ipv4; $2 }"
		for p in dut:1 ref:9; do
			cat <<-END
			ipv4 table t${p%:*};
			protocol bgp ${p%:*} { local as 6500$1; neighbor 10.99.0.${p#*:} as 65000;
				connect delay time 1; connect retry time 1; error wait time 1, 2;
				enforce first as off;
				ipv4 { table t${p%:*}; import all; export none; }; }
			protocol pipe p${p%:*} { table t${p%:*}; peer table master4;
				import where source = RTS_STATIC; export none; }
			END
		done | sed 's/export none; }; }/export where source = RTS_STATIC; }; }/'
	} >"c$1.conf"
}
r1='route 10.1.0.0/16 unreachable;
	route 10.2.0.0/16 unreachable { bgp_community.add((0,2)); };
	route 10.3.0.0/16 unreachable { bgp_community.add((0,0)); };
	route 10.4.0.0/16 unreachable;
	route 10.5.0.0/16 unreachable { bgp_community.add((65000,4)); };'
r2='route 10.1.0.0/16 unreachable { bgp_path.prepend(65002); };
	route 10.2.0.0/16 unreachable { bgp_path.prepend(65002); };
	route 10.3.0.0/16 unreachable { bgp_path.prepend(65002); bgp_community.add((0,3)); };
	route 10.5.0.0/16 unreachable;'
r3='route 10.1.0.0/16 unreachable { bgp_path.prepend(65003); bgp_path.prepend(65003); };
	route 10.2.0.0/16 unreachable { bgp_community.add((0,1)); };
	route 10.3.0.0/16 unreachable { bgp_path.prepend(65003); bgp_path.prepend(65003); };
	route 10.6.0.0/16 unreachable { bgp_community.add((0,1)); bgp_community.add((0,4)); };'
clients() { client 1 "$r1"; client 2 "$r2"; client 3 "$r3"; client 4 ''; }

# What client N has of a server: network, path, next hop, communities.
holds()
{
	birdc "c$1" show route all table "t$2" protocol "$2" | awk '
		/^[0-9]/ { net = $1 }
		/via/ { nh = $2 }
		/BGP.as_path:/ { $1 = ""; path = $0 }
		/BGP.next_hop/ { nh = $2 }
		/BGP.local_pref:/ { at[net] = net " by " nh " path" path }
		/BGP.community:/ { $1 = ""; at[net] = at[net] " communities" $0 }
		END { for (n in at) print at[n] }' | sort
}
all_of() { for i in 1 2 3 4; do holds $i "$1" | sed "s/^/c$i /"; done; }
# Paths of each network in the order shown.
order()
{
	birdc "$1" show route table st | sed -nE 's/^([0-9][^ ]*)? .*\[(c[0-9]) .*/\1 \2/p' |
		awk 'NF == 2 { net = $1; at[net] = $2; next } { at[net] = at[net] " " $1 }
		END { for (n in at) print n, at[n] }' | sort
}
same() { [ "$(all_of dut)" = "$(all_of ref)" ]; }
# is WHAT: a line that the clients hold, so that nothing is compared too early.
is() { [ "$(all_of ref | grep -c -e "$1")" != 0 ]; }
is_not() { [ "$(all_of ref | grep -c -e "$1")" = 0 ]; }
compare()
{
	local name=$1
	shift
	wait_for 10 "$@" || fail "$name: BIRD does"
	wait_for 10 same
	check_eq "$name" "$(all_of dut)" "$(all_of ref)"
}
reload()
{
	server dut
	server ref
	birdc dut configure >/dev/null
	birdc ref configure >/dev/null
}
sessions()
{
	local i
	for i in 1 2 3 4; do is_up dut "c$i" && is_up ref "c$i" || return 1; done
}

server dut
server ref
clients
bird_start ref "$T/ref.conf" ip netns exec ref || { cat ref.out; fail "bird starts"; finish; }
dut_start "$T/dut.conf"
for i in 1 2 3 4; do
	bird_start c$i "$T/c$i.conf" ip netns exec c$i || { cat c$i.out; fail "bird starts"; finish; }
done
check "sessions are up" wait_for 20 sessions
compare "each has the best that it may have" is 'c1 10.1.0.0/16 .* path 65002 65002'
check "there is something to compare" [ "$(all_of ref | wc -l)" -ge 14 ]
check_eq "a sorted table is shown in its order" "$(order dut)" "$(order ref)"
check_eq "what would be sent is shown" \
	"$(birdc dut show route export c2 table st | grep -oE '^[0-9./]+|\[c[0-9]' | sort)" \
	"$(birdc ref show route export c2 table st | grep -oE '^[0-9./]+|\[c[0-9]' | sort)"

r1=${r1/route 10.1.0.0\/16 unreachable;/} clients
birdc c1 configure >/dev/null
compare "the best route goes" is_not '10.1.0.0/16 .* path 65001'
r2=${r2/route 10.3.0.0\/16 unreachable/route 10.7.0.0\/16 unreachable} clients
birdc c2 configure >/dev/null
compare "a second one goes, another comes" is 'c1 10.7.0.0/16'
r3="$r3 route 10.7.0.0/16 unreachable { bgp_community.add((0,1)); };" clients
birdc c3 configure >/dev/null
compare "a network has one more" is 'c2 10.7.0.0/16'
r1="$r1 route 10.1.0.0/16 unreachable { bgp_community.add((0,2)); };" clients
birdc c1 configure >/dev/null
compare "the best comes back, not for all" is 'c3 10.1.0.0/16 .* path 65001'

before=$(birdc dut show protocols | awk '/BGP/ { print $1, $5 }')
also='if bgp_path ~ [= * 65001 * =] then reject;'
reload
wait_for 20 sessions
compare "another filter" is_not 'path 65001'
also=''
reload
compare "and back" is 'path 65001'
secondary="" sorted=""
reload
wait_for 20 sessions
compare "only best routes" is_not 'c1 10.2.0.0/16'
secondary="secondary on;" sorted=sorted
reload
wait_for 20 sessions
compare "and the others again" is 'c1 10.2.0.0/16'
mynah_only "no session ended for all that" same_times "$before" \
	"$(birdc dut show protocols | awk '/BGP/ { print $1, $5 }')"
birdc c2 disable dut >/dev/null
birdc c2 disable ref >/dev/null
compare "a neighbour ends" is_not 'path 65002'
check "nothing was refused" not grep -qiE 'invalid|error|warn' dut.log
finish
