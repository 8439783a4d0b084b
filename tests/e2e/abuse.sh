#!/bin/bash
# Bad manners: neighbours that send damaged messages, never end their OPEN, never read, send
# a byte at a time or knock all day; clients of the control socket of the same kind; no file
# descriptors left, a full disk under the log.  Meanwhile two good clients must keep their
# sessions and go on exchanging routes, and in the end the daemon is as it was before.  With
# --all 104,000 damaged messages instead of 20,800; SEED=N in the environment for other ones.
. "$(dirname "$0")/lib.sh"
abuse=$BUILD/tests/tools/abuse badclient=$BUILD/tests/tools/badclient
need "$BIRD2" "$BIRDC" "$abuse" "$badclient" prlimit
is_mynah || skip_all "mynah only"
export ASAN_OPTIONS=quarantine_size_mb=4:${ASAN_OPTIONS-}

# --- the reflector: its log on a disk of a few kilobytes, two good clients, bad ones

mkdir /run/small
mount -t tmpfs -o size=32k tmpfs /run/small
protocol() # name address options
{
	echo "protocol bgp $1 from clients { neighbor $2 as 64512; ${3-} }"
}
# Families that only those who send damaged messages speak.
OTHERS="vpn4 vpn6 rtc flow4 flow6 vpnflow4 vpnflow6 evpn vpls linkstate vpnlinkstate"
others()
{
	local f t
	for f in "ipv4 multicast" "ipv6 multicast" "ipv4 mpls" "ipv6 mpls" "vpn4 mpls" "vpn6 mpls" \
		"vpn4 multicast" "vpn6 multicast" rtc flow4 flow6 vpnflow4 vpnflow6 evpn vpls \
		linkstate vpnlinkstate; do
		t=t_${f%% *}
		[[ $t != t_ipv* ]] || t=master${t#t_ipv}
		echo "$f { table $t; import all; export all; };"
	done
}
conf()
{
	local n
	cat <<-END
	log "$T/dut.log" { info, warning, error, fatal, bug };
	log "/run/small/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client; rr cluster id 192.0.2.1; passive;
		hold time 12;
		error wait time 1, 1;
		ipv4 { import all; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n in $OTHERS; do echo "$n table t_$n;"; done
	for n in 1 2; do protocol "c$n" 127.0.1.$n; done
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do protocol "m$n" 127.9.0.$n "$(others)"; done
	for n in 1 2 3; do protocol "deaf$n" 127.8.1.$n; done
	protocol big 127.8.0.1
	protocol again 127.8.5.1
	protocol tiny 127.8.2.1
	protocol loris 127.8.3.1
	protocol active 127.8.4.1 "passive off; connect delay time 1; connect retry time 1;"
}
client() # n
{
	cat >"c$1.conf" <<-END
	log "$T/c$1.log" all;
	router id 127.0.1.$1;
	protocol device { }
	protocol static st { ipv4; route 198.18.$1.0/24 unreachable; }
	protocol bgp up {
		local 127.0.1.$1 as 64512; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		hold time 12;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
		ipv6 { import all; export none; };
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}
run() # name seconds abuse's arguments: in the background
{
	local name=$1 seconds=$2
	shift 2
	start "$name" "$abuse" "$@" --to 127.0.0.1:1790 --as 64512 --for "$seconds"
}
ended() { local n; for n; do wait "$(pid_of "$n")"; done; }
paths() { dutc show route count | awk '/routes for/ { print $1; exit }'; }
arrive() { dutc show route table "$1" count | grep -q '[1-9][0-9]* of .* routes'; }
paths_are() { [ "$(paths)" = "$1" ]; }
times()
{
	local n
	for n in 1 2; do
		birdc "c$n" show protocols up | awk -v n="$n" '/Established/ { print "c" n, $5 }'
	done
}
# A route of c1 goes and comes back while c2 looks on.
exchange()
{
	birdc c1 disable st >/dev/null
	wait_for 5 not has_route c2 198.18.1.0/24 || return 1
	birdc c1 enable st >/dev/null
	wait_for 5 has_route c2 198.18.1.0/24
}
descriptors() { find "/proc/$(pid_of dut)/fd" -mindepth 1 | wc -l; }
few_descriptors() { [ "$(descriptors)" -le "$1" ]; }
ticks() { awk '{ print $14 + $15 }' "/proc/$(pid_of dut)/stat"; }
attribute_bytes() { dutc show memory | awk '/[Aa]ttribute/ { print $3 $4; exit }'; }
session_is_up() { real show protocols "$1" | grep -q Established; }
good() # what happened
{
	check "$1: c1 and c2 still exchange routes" exchange
	check "$1: no session of theirs was lost" same_times "$since" "$(times)"
	check "$1: the daemon runs" is_running dut
}

conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
cat /dev/zero >/run/small/rest 2>/dev/null # the log finds no room from now on
client 1
client 2
check "two good clients are up" wait_for 10 has_route c2 198.18.1.0/24
since=$(times)
fds=$(descriptors)
memory=$(attribute_bytes)

# --- damaged messages on sixteen sessions, with all else that knocks on the door

each=1300 for=30 # for each session
[ "${1-}" != --all ] || each=6500 for=200
run mutate $((for * SLOW)) mutate --local 127.9.0.1 --sessions 16 --count $each --seed "${SEED:-1}"
run knock 8 knock --local 127.66.0.1 --sessions 4 --count 400
run mute 8 mute --local 127.66.1.1 --sessions 2 --count 300
run loris 8 loris --local 127.8.3.1
run collide 8 knock --local 127.8.4.1 --count 100000
run again 8 knock --local 127.0.1.1 --count 100
run tiny $(((for + 30) * SLOW)) tiny --local 127.8.2.1 --count 500 # outlives the others
for n in evpn vpls flow6 linkstate; do
	check "damaged messages: networks of $n arrive" wait_for 8 arrive "t_$n"
done
sleep 3
good "abuse"
ended mutate
check "damaged messages: at least $((each * 16 - 800)) read" \
	[ "$(awk '/messages/ { print $1 }' mutate.out)" -ge $((each * 16 - 800)) ]
cat mutate.out
ended knock mute loris collide again
good "after the abuse"
check "segments of one byte: all routes arrive" wait_for 10 paths_are 502
stop tiny
check "the routes of all that left are gone" wait_for 10 paths_are 2

# --- neighbours that never read, with much to tell them

run deaf 12 deaf --local 127.8.1.1 --sessions 3 --count 300
sleep 0.5
run big $((120 * SLOW)) routes --local 127.8.0.1 --count 100000
check "100,000 routes arrive" wait_for 15 paths_are 100002
check "deaf neighbours are held up" session_is_up deaf1
good "deaf neighbours"
check "everything asked for 200 times at once" "$abuse" again --to 127.0.0.1:1790 --as 64512 \
	--local 127.8.5.1 --count 200

# --- the control socket

"$badclient" crowd "$T/dut.ctl" 300 1 >crowd.out
check "300 clients at once: 200 are answered" [ "$(cut -d ' ' -f 1 crowd.out)" -ge 200 ]
start unread "$badclient" deaf "$T/dut.ctl" 50 5
sleep 0.5
check "listings nobody reads: others are answered" timeout 5 "$BIRDC" -s "$T/dut.ctl" show status >/dev/null
good "listings nobody reads"
check "a command byte by byte" "$badclient" drip "$T/dut.ctl" 1 0
check "1,000 commands in one go" "$badclient" pipe "$T/dut.ctl" 1000 0
check "listings cut short" "$badclient" cut "$T/dut.ctl" 50 0
check "noise" "$badclient" noise "$T/dut.ctl" 500 0
ended unread
good "control socket"

# --- no descriptors left

limit=$(($(descriptors) + 2))
prlimit --pid "$(pid_of dut)" --nofile=$limit:
start crowd "$badclient" deaf "$T/dut.ctl" 30 4
run mute 4 mute --local 127.66.1.1 --count 100
run knock 4 mutate --local 127.9.0.1 --sessions 8 --count 100000
sleep 1
begin=$(ticks) lines=$(wc -l <dut.log)
sleep 2
check "no descriptors left: it does not spin" [ $(($(ticks) - begin)) -lt $((150 * SLOW)) ]
check "no descriptors left: nor flood the log" [ $(($(wc -l <dut.log) - lines)) -lt 200 ]
ended crowd mute knock
prlimit --pid "$(pid_of dut)" --nofile=1024:
good "no descriptors left"
check "descriptors again: clients are answered" wait_for 5 real_says "up and running" show status

# --- as it was, then the end

check "the small disk was full" [ "$(df --output=avail /run/small | tail -n 1)" -lt 8 ]
stop big
check "the routes are gone" wait_for 10 paths_are 2
check "no connection was forgotten" wait_for 10 few_descriptors $((fds + 4))
check_eq "no attributes were forgotten" "$(attribute_bytes)" "$memory"
run deaf 60 deaf --local 127.8.1.1 --sessions 3 --count 3
run big $((60 * SLOW)) routes --local 127.8.0.1 --count 100000
wait_for 15 paths_are 100002
begin=$(date +%s%N)
dut_stop
check_eq "it ends with 0, stalled neighbours or not" $? 0
took=$((($(date +%s%N) - begin) / 1000000))
check "in a few seconds ($took ms)" [ $took -lt $((4000 * SLOW)) ]
finish
