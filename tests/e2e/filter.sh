#!/bin/bash
# Filters on real routes, against the real BIRD 2: both run the same filters of
# tests/data/filters.conf, each as the export filter of one listener, and one as an import
# filter; updates of varied attributes are played into both.  Every listener must end with the same
# table, prefix by prefix and attribute by attribute.
. "$(dirname "$0")/lib.sh"
need python3 "$BIRD2" "$BIRDC" "$BUILD/tests/tools/replay"

count=$(grep -c '^filter f' "$TOP/tests/data/filters.conf")

conf()
{
	local n
	cat <<-END
	log stderr { info, warning, error, fatal };
	router id 192.0.2.1;
	protocol device { }
	include "$TOP/tests/data/filters.conf";
	filter incoming {
		if bgp_path.len > 7 then reject;
		bgp_ext_community.add((rt, 1, bgp_path.len));
		bgp_ext_community.add((rt, 64512, net.len));
		if net.len = 24 then bgp_large_community.add((64512, net.len, bgp_path.last));
		if bgp_path ~ [= * 701 * =] then preference = 200;
		if net.len < 16 then bgp_med = net.len;
		accept;
	}
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
	}
	protocol bgp c1 from clients { neighbor 127.0.1.1 as 64512; ipv4 { import all; export none; }; }
	protocol bgp c2 from clients {
		neighbor 127.0.1.2 as 64512;
		ipv4 { import filter incoming; export none; };
	}
	END
	for ((n = 1; n <= count; n++)); do
		echo "protocol bgp l$n from clients { neighbor 127.0.2.$n as 64512;" \
			"ipv4 { import all; export filter f$n; }; }"
	done
}

# play SIDE DAEMON: two clients play, the others listen; tables in SIDE/.
play()
{
	local side=$1 daemon=$2 n status clients=()
	for ((n = 1; n <= count; n++)); do clients+=(--client "127.0.2.$n"); done
	ip netns add "$side"
	ip -n "$side" link set lo up
	mkdir -p "$side"
	start "$side" ip netns exec "$side" "$daemon" -f -c "$T/filter.conf" -s "$T/$side.ctl"
	wait_for 20 answers "$T/$side.ctl" || return 1
	ip netns exec "$side" "$BUILD/tests/tools/replay" --to 127.0.0.1:1790 --as 64512 \
		--client 127.0.1.1=a.mrt --client 127.0.1.2=b.mrt "${clients[@]}" \
		--quiet 3 --timeout $((120 * SLOW)) --output "$side" >>"$side-replay.out" 2>&1
	status=$?
	stop "$side" || echo "the daemon of $side did not end with 0"
	ip netns del "$side"
	return "$status"
}

# The order in a list of communities carries no meaning; BIRD 2 sorts them on the way out.
canon()
{
	awk '
	function sorted(text, width, n, i, j, item, x)
	{
		if (width) {
			n = length(text) / width
			for (i = 1; i <= n; i++) item[i] = substr(text, (i - 1) * width + 1, width)
		} else
			n = split(text, item, ",")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && item[j] < item[j - 1]; j--) {
				x = item[j]; item[j] = item[j - 1]; item[j - 1] = x
			}
		text = item[1]
		for (i = 2; i <= n; i++) text = text "," item[i]
		return text
	}
	{
		for (i = 1; i < NF; i++) {
			if ($i == "community" || $i == "large") $(i + 1) = sorted($(i + 1), 0)
			if ($i == "ext") $(i + 1) = sorted($(i + 1), 16)
		}
		print
	}' "$1"
}

conf >filter.conf
"$E2E/varied-mrt" 1 500 >a.mrt
"$E2E/varied-mrt" 2 500 >b.mrt
check "played into the daemon under test" play dut "$DUT"
check "played into BIRD 2" play ref "$BIRD2"
[ "$failed" = 0 ] || finish
routes=0
for ((n = 1; n <= count; n++)); do
	lines=$(wc -l <"ref/127.0.2.$n")
	routes=$((routes + lines))
	if diff <(canon "ref/127.0.2.$n") <(canon "dut/127.0.2.$n") >diff.txt; then
		ok "f$n gives the same table, $lines routes"
	else
		fail "f$n differs in $(grep -c '^[<>]' diff.txt) of $lines routes"
		grep "^filter f$n\b" "$TOP/tests/data/filters.conf"
		head -n 6 diff.txt
	fi
done
check "listeners received routes in all, $routes" [ "$routes" -gt $((count * 10)) ]
if is_mynah; then # errors at run time name the filter, the line and the route
	check "a division by zero is logged" grep -q "divide by 0.*filter f43.*filters.conf" dut.out
	check "a filter without a verdict is logged" grep -q "f44 did not return accept nor reject" dut.out
fi

# Dry runs.
echo 'log stderr all; router id 192.0.2.1; protocol device { }
attribute int mine;
filter tries {
	print "sees ", net, " of ", proto;
	if net.len > 24 then
		reject;
	mine = net.len;
	bgp_community.add((64512, 7));
	accept;
}
filter again {
	if bgp_med = 3 then {
		bgp_med = 4;
		unset(bgp_community);
		mine = mine + 1;
		bgp_path.prepend(64512);
		preference = 7;
		accept;
	}
	bgp_local_pref = 10 / (bgp_path.len - 1);
}
protocol static st4 { ipv4 { import filter tries; };
	route 198.51.100.0/24 unreachable; route 203.0.113.0/25 unreachable { bgp_med = 3; };
	route 203.0.112.0/24 unreachable { bgp_med = 3; bgp_path.prepend(7); };
	route 203.0.111.0/24 unreachable { bgp_path.prepend(7); }; }
protocol bgp p1 { local 127.0.0.1 port 1999 as 1; passive; neighbor 127.0.0.7 as 2;
	ipv4 { import all; export none; }; }' >try.conf
try() { dutc test filter tries route "$@" >try.txt && sed -n '2,$p' try.txt; }
tries_described()
{
	check_eq "a described route" \
		"$(try 192.0.2.0/24 protocol p1 bgp_path 65001 65002 "bgp_community (1,2)")" \
		"192.0.2.0/24 [p1]: accepted at $T/try.conf:9
	print: sees 192.0.2.0/24 of p1
	bgp_community: (clist (1,2)) -> (clist (1,2) (64512,7))
	mine: not set -> 24"
	check_eq "a described flow" "$(try flow4 "{ dst 192.0.2.0/24; port > 24 && < 30; }" |
		sed -n 1p)" \
		"flow4 { dst 192.0.2.0/24; port > 24 && < 30; }: accepted at $T/try.conf:9"
	check_eq "a long list is cut and says so" "$(dutc test filter again route 192.0.2.0/24 \
		mine 1 bgp_med 3 bgp_path "$(seq -s " " 70001 70060)" |
		grep -c 'bgp_path: .*[.][.][.] -> .*[.][.][.]$')" 1
	check_eq "a described route refused" "$(try 192.0.2.0/25)" \
		"192.0.2.0/25: rejected at $T/try.conf:6
	print: sees 192.0.2.0/25 of "
}
tries_stored()
{
	check_eq "a stored route" "$(try 198.51.100.0/24 table master4)" \
		"198.51.100.0/24 [st4]: accepted at $T/try.conf:9
	print: sees 198.51.100.0/24 of st4"
	check_eq "a stored route that another filter changes" \
		"$(dutc test filter again route 203.0.112.0/24 table master4 | sed 1d)" \
		"203.0.112.0/24 [st4]: accepted at $T/try.conf:18
	preference: 200 -> 7
	bgp_path: (path 7) -> (path 64512 7)
	bgp_med: 3 -> 4
	bgp_community: (clist (64512,7)) -> not set
	mine: 24 -> 25"
	check_eq "the stored route is as it was" "$(dutc show route all 203.0.112.0/24 |
		grep -o 'med: .*\|community: .*\|mine: .*')" "med: 3
community: (64512,7)
mine: 24"
	check_eq "a stored route with an error" \
		"$(dutc test filter again route 203.0.111.0/24 table master4 | sed 1d)" \
		"203.0.111.0/24 [st4]: rejected, after an error at $T/try.conf:20
	error: Mother told me not to divide by 0"
	check "a filter is shown with the names of its attributes" \
		eval "dutc show filter again | grep -q ' SET_LOCAL mine$'"
	check_eq "JSON" "$(dutc --json test filter tries route 192.0.2.0/25 |
		grep -o '"verdict":"reject","file":"[^"]*","line":6')" \
		"\"verdict\":\"reject\",\"file\":\"$T/try.conf\",\"line\":6"
	check_eq "JSON of routes has our own attributes" \
		"$(dutc --json show route all | grep -o '"mine":24' | sort -u)" '"mine":24'
	check "a network that is not there" not try 192.0.2.0/24 table master4
}
if is_mynah; then
	check "the daemon for dry runs starts" dut_start "$T/try.conf"
	tries_described
	tries_stored
	check "it ends" dut_stop
fi
finish
