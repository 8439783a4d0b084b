#!/bin/bash
# Validation of flow specifications (RFC 8955, 6; RFC 9117): random routes and flows of
# clients, other internal peers and external peers go to the daemon under test and to the
# real BIRD 2 with the same configuration, then other routes and other flows.  Which flows
# are valid, which path is the best, and what every peer is told must be the same.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3

# conf OPTIONS: of the channels of flows; $confed, $external: of all, and of external peers
confed="" external=""
conf()
{
	cat <<-END
	log stderr all;
	router id 192.0.2.1;
	protocol device { }
	ipv4 table master4 { trie; };
	ipv6 table master6 { trie; };
	ipv4 table other4 { trie; };
	flow4 table f4;
	flow6 table f6;
	protocol static s4 { ipv4; route 10.1.0.0/17 unreachable; route 10.2.64.7/32 unreachable; }
	protocol static s6 { ipv6; route 2001:db8:1::/49 unreachable; }
	template bgp peers {
		local 127.0.0.1 as 64512;
		passive;
		multihop;
		ipv4 { import all; export none; };
		ipv6 { import all; export none; };
		flow4 { table f4; import all; export all; $1 };
		flow6 { table f6; import all; export all; $1 };
		$confed
	}
	protocol bgp c1 from peers { neighbor 127.0.1.1 as 64512; rr client; }
	protocol bgp c2 from peers { neighbor 127.0.1.2 as 64512; rr client; }
	protocol bgp n1 from peers { neighbor 127.0.2.1 as 64512; }
	protocol bgp e1 from peers { neighbor 127.0.3.1 as 65001; $external }
	protocol bgp e2 from peers { neighbor 127.0.3.2 as 65001; }
	protocol bgp e3 from peers { neighbor 127.0.3.3 as 65002; $external }
	END
}

# Each path: its flow, whose it is, whether it is unreachable, whether the best.  At the end
# the networks of protocol static go.
cat >looked <<-'END'
	#!/bin/bash
	"$BIRDC" -s "$T/$1.ctl" show route table f4 table f6 | awk '
		/^flow/ { net = $0; sub(/ *(unreachable)? *\[.*/, "", net) }
		/\[/ { who = $0; sub(/^[^[]*\[/, "", who); sub(/ .*/, "", who)
			print net, who, /unreachable/ ? "invalid" : "valid", / \* / ? "best" : "" }' |
		sort >"$T/$1/$2/verdicts"
	[ "$2" != flows ] || "$BIRDC" -s "$T/$1.ctl" disable s4 >/dev/null
	[ -z "${KEEP-}" ] || "$BIRDC" -s "$T/$1.ctl" show route all >"$T/$1/$2/all"
END
chmod 755 looked
export T

plays="" # options of flowplay
# play SIDE DAEMON SEED
play()
{
	local side=$1 status
	ip netns add "$side"
	ip -n "$side" link set lo up
	rm -rf "$side"
	mkdir -p "$side"
	printf '#!/bin/bash\nexec "$T/looked" %s "$1"\n' "$side" >"looked-$side"
	chmod 755 "looked-$side"
	cp play.conf "$side.conf"
	if [ "$side" = dut ] && is_mynah; then sed -i "1s/^/${GLOBALS-} /" dut.conf; fi
	start "$side" ip netns exec "$side" "$2" -f -c "$T/$side.conf" -s "$T/$side.ctl"
	wait_for 20 answers "$T/$side.ctl" || return 1
	# shellcheck disable=SC2086
	inside "$side" "$E2E/flowplay" "$T/$side" "$3" "$T/looked-$side" $plays >>"$side.out" 2>&1
	status=$?
	stop "$side" || echo "the daemon of $side did not end with 0"
	ip netns del "$side"
	return "$status"
}

same() # NAME FILE
{
	local lines
	lines=$(wc -l <"ref/$2")
	if [ "$lines" -gt 0 ] && diff "ref/$2" "dut/$2" >diff.txt; then
		ok "$1: $2 is the same, $lines lines"
	else
		fail "$1: $2 differs in $(grep -c '^[<>]' diff.txt) of $lines lines"
		head -n 20 diff.txt
	fi
}

# duel NAME SEED OPTIONS
duel()
{
	local stage peer pid valid
	conf "$3" >play.conf
	play dut "$DUT" "$2" &
	pid=$!
	check "$1: played into BIRD 2" play ref "$BIRD2" "$2"
	check "$1: played into the daemon under test" wait $pid
	for stage in flows moved again; do
		same "$1" "$stage/verdicts"
		for peer in 127.0.1.1 127.0.1.2 127.0.2.1 127.0.3.1 127.0.3.2 127.0.3.3; do
			same "$1" "$stage/$peer"
		done
	done
	[ -n "${4-}" ] || return
	valid=$(grep -c ' valid' ref/again/verdicts)
	check "$1: there are both, $valid are valid" \
		test "$valid" -gt 50 -a "$(grep -c ' invalid' ref/again/verdicts)" -gt 50
	check "$1: others than before" not cmp -s ref/flows/verdicts ref/moved/verdicts
}

duel "validated" 1 "validate;" both
plays=offsets duel "not validated" 2 ""
confed="confederation 64500; confederation member;" external="confederation member off;"
plays=confed duel "of a confederation" 3 "validate;" both
confed="" external=""
[ -z "${LONG-}" ] || for seed in $(seq 4 $((3 + LONG))); do duel "seed $seed" "$seed" "validate;" both; done
finish
