#!/bin/bash
# What runs out: file descriptors, threads, memory, addresses and ports that others have.
# Each is said where it is looked for, costs no session that is up, and all goes on by itself
# when there is enough again.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" prlimit setpriv
is_mynah || skip_all "mynah only"
grep -q __tsan_init "$DUT" && skip_all "the thread sanitizer needs what is scarce here"
asan() { grep -q __asan_init "$DUT"; }
chmod 1777 "$T"
nobody=(setpriv --reuid=65534 --clear-groups)
limit() { "${nobody[@]}" prlimit --pid "$(pid_of dut)" "$@"; } # its own user may
logged() { grep -q -e "$1" dut.log; }
said() { grep -c -e "$1" dut.log; }
ticks() { awk '{ print $14 + $15 }' "/proc/$(pid_of dut)/stat"; }
# fails OUT COMMAND...: within a few seconds, with status 1, and no file of it is left.
fails()
{
	local out=$1
	shift
	rm -f dut.log
	timeout -k 1 $((5 * SLOW)) "$@" >"$out" 2>&1
	[ $? = 1 ] && [ ! -e x.ctl ] && [ ! -e x.pid ]
}

# --- a start without descriptors or threads says so and ends

cat >small.conf <<END
log "$T/dut.log" all;
router id 192.0.2.1;
threads 2;
protocol device { }
END
small=("$DUT" -f -c small.conf -s "$T/x.ctl" -P "$T/x.pid")
for n in 4 8 16; do
	check "a start with $n descriptors ends" fails out.txt prlimit --nofile=$n "${small[@]}"
	check "and says what it needs" grep -q 'Cannot start.*descriptors (ulimit -n)' out.txt
done
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
for n in 2 3; do
	check "a start with $n threads ends" fails out.txt "${nobody[@]}" prlimit --nproc=$n "${small[@]}"
	check "and the log says why" logged '<FATAL> Cannot start 3 threads: '
done

# --- many neighbours, few descriptors

conf() # more
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	template bgp clients {
		rr client; rr cluster id 192.0.2.1; passive; hold time 30;
		ipv4 { import all; export all; };
	}
	include "more*.conf";
	$1
	END
	for n in $(seq 1 100); do
		echo "protocol bgp c$n from clients {
			local 127.0.2.$n port 1790 as 64512; neighbor 127.0.1.$n as 64512; }"
	done
}
{
	cat <<-END
	log "$T/c.log" all;
	router id 127.0.1.1;
	protocol device { }
	protocol static st { ipv4; route 198.18.0.0/24 unreachable; }
	template bgp up {
		strict bind; hold time 30;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import none; export where source = RTS_STATIC; };
	}
	END
	for n in $(seq 1 100); do
		echo "protocol bgp u$n from up {
			local 127.0.1.$n as 64512; neighbor 127.0.2.$n port 1790 as 64512; }"
	done
} >c.conf
up() { birdc c show protocols | grep -c Established; }
up_is() { [ "$(up)" = "$1" ]; }
up_over() { [ "$(up)" -gt "$1" ]; }
# Of those that are up: name and since when.
times() { birdc c show protocols | awk '/Established/ { print $1, $5 }' | sort; }

conf "" >dut.conf
rm -f dut.log
start dut "${nobody[@]}" prlimit --nofile=512:1024 "$DUT" \
	-f -c dut.conf -s "$T/dut.ctl" -P "$T/dut.pid"
check "the reflector starts" wait_for 20 answers "$T/dut.ctl"
check "it has taken all descriptors that it may have" grep -q 'open files *1024 *1024' \
	"/proc/$(pid_of dut)/limits"
limit --nofile=64:
bird_start c "$T/c.conf" || fail "the clients start"

check "some sessions come up" wait_for 20 up_over 15
check "others are told why they do not" wait_for 20 grep -q 'Out of Resources' c.log
check "and so is the log" wait_for 20 logged 'No file descriptors left for a session with 127'
begin=$(ticks) lines=$(wc -l <dut.log)
was=$(times)
sleep 3
check "it does not spin" [ $(($(ticks) - begin)) -lt $((200 * SLOW)) ]
check "nor flood the log" [ $(($(wc -l <dut.log) - lines)) -lt 50 ]
check "control clients get in" real_says "up and running" show status
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	exec {fd}> >(exec "$BIRDC" -s "$T/dut.ctl" >>crowd.out 2>&1)
	fds[n]=$fd
done
check "of too many clients the last are told" wait_for 10 grep -q 'Too many clients' crowd.out
echo "protocol static more { ipv4; route 198.18.9.0/24 unreachable; }" >more1.conf
conf "# another" >dut.conf
kill -HUP "$(pid_of dut)"
check "a reload reads its files and opens its logs" wait_for 10 logged '<INFO> Reconfigured'
check "more sessions than descriptors are warned of" logged \
	'<WARN> 100 BGP sessions, but file descriptors for no more than 48'
for fd in "${fds[@]}"; do exec {fd}>&-; done
check "control clients get in again" wait_for 10 real_says "up and running" show status
check "no session was lost" same_times "$(times)" "$was"
check_eq "no descriptor is lost: as many sessions as before" \
	"$([ "$(up)" -ge "$(wc -l <<<"$was")" ] && echo yes)" yes
limit --nofile=1024:
check "descriptors again: all sessions come up" wait_for 30 up_is 100

# --- no thread for BFD at a reload

limit --nproc=1:
conf 'protocol bfd { neighbor 127.0.4.1 local 127.0.0.1 multihop on; accept multihop; }' >dut.conf
was=$(times)
check "a reload that adds protocol bfd succeeds" real_says Reconfigured configure
check "the thread that there is not is said" wait_for 10 logged '<ERR> BFD: Cannot start the thread'
check "show bfd sessions answers" real_says 'bfd1:' show bfd sessions
sleep 2
check_eq "once" "$(said 'Cannot start the thread')" 1
limit --nproc=1000:
check "threads again: the session is there" wait_for 10 real_says 127.0.4.1 show bfd sessions
check "sessions of BGP are as old as they were" same_times "$(times)" "$was"

# --- an address that comes later, a port that becomes free

conf 'protocol bgp late { local 192.0.2.77 port 1791 as 64512; strict bind; passive;
	neighbor 192.0.2.77 port 1799 as 64513; multihop; ipv4 { import none; export none; }; }' >dut.conf
check "a listening socket for an address that is not here: the reload succeeds" \
	real_says Reconfigured configure
check "it is said" wait_for 10 logged 'Cannot listen on 192.0.2.77 port 1791'
check "where one looks for it" wait_for 10 real_says 'No listening socket' show protocols late
ip addr add 192.0.2.77/32 dev lo
listens() { ss -ltn | grep -q "$1"; }
check "the address comes: it listens" wait_for 10 listens 192.0.2.77:1791
check "and nothing is wrong any more" wait_for 10 not real_says 'No listening socket' show protocols late
check_eq "it was said once" "$(said 'Cannot listen on 192.0.2.77')" 1
start other python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 1792))
time.sleep(60)'
wait_for 10 listens 127.0.0.1:1792
conf 'protocol bgp port { local 127.0.0.1 port 1792 as 64512; strict bind; passive;
	neighbor 127.0.0.9 as 64512; multihop; ipv4; }' >dut.conf
check "a port that another process has: the reload succeeds" real_says Reconfigured configure
check "it is said, too" wait_for 10 logged 'Cannot listen on 127.0.0.1 port 1792'
stop other
calls() { timeout 1 bash -c ': </dev/tcp/127.0.0.1/1792'; }
check "the port is free: it listens" wait_for 10 calls
check "and nothing is wrong any more" wait_for 10 not real_says 'No listening socket' show protocols port
conf 'protocol bgp apart { vrf "nowhere"; local 127.0.0.1 port 1793 as 64512; strict bind; passive;
	neighbor 127.0.0.9 as 64512; multihop; ipv4; }' >dut.conf
check "a VRF that is not there: the reload succeeds" real_says Reconfigured configure
check "it is said as well" wait_for 10 logged 'Cannot listen on .*nowhere port 1793'
sees() { real show interfaces | grep -q "^$1 "; }
for i in 1 2 3 4; do
	ip link add "link$i" type bridge
	wait_for 10 sees "link$i"
done
check_eq "not again for each link that comes" "$(said 'Cannot listen on .*nowhere')" 1
ip link add nowhere type bridge
check "the VRF comes: it listens" wait_for 10 listens 127.0.0.1%nowhere:1793
check "sessions are as old as they were" same_times "$(times)" "$was"
dut_stop
check_eq "the reflector ends with 0" $? 0
stop c

# --- no memory: the end, but it says so

if asan; then
	skip "memory (a sanitizer needs all addresses)"
	finish
fi
load=("$BUILD/tests/bench/loadgen" --to 127.0.0.1:1790 --as 64512 --senders 1 --receivers 1
	--routes 400000 --timeout 20)
{
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	END
	"${load[@]}" --list | awk '{ print "protocol bgp c" NR " { local 127.0.0.1 port 1790 as 64512;" \
		"neighbor " $2 " as 64512; passive; multihop; rr client;" \
		"ipv4 { import all; export all; }; }" }'
} >dut.conf
rm -f dut.log dut.ctl
dut_start "$T/dut.conf" || fail "the reflector starts"
room=$(awk '/^VmSize:/ { print $2 * 1024 }' "/proc/$(pid_of dut)/status")
prlimit --pid "$(pid_of dut)" --as=$((room + (24 << 20))):
"${load[@]}" >load.out 2>&1
check "without memory it ends" wait_for 20 not is_running dut
stop dut
check_eq "by abort" $? 134
check "the log says why" logged '<FATAL> Out of memory ([0-9]* bytes)'
check "the socket it left is no hindrance" dut_start "$T/dut.conf"
finish
