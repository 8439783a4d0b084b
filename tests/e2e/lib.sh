# shellcheck shell=bash
# The end-to-end tests' common ground; every test sources this file first.
#
# A test runs as process 1 of namespaces of its own (mount, network, pid), so whatever it
# starts ends with it and no address, port or socket of the machine is touched.  The daemon
# under test is $DUT with the client $DUTC.  Both take BIRD's flags and language, so
#     DUT=/usr/sbin/bird DUTC=/usr/sbin/birdc tests/e2e/reload.sh
# checks the test itself against BIRD 2; what only mynah promises is then skipped by name.
#
# A test prints "ok - name", "not ok - name" or "skip - name" for each thing it checks and
# ends with 0, with 1 when one failed, with 77 when nothing could be checked.
set -u
export LC_ALL=C

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$E2E/../.." && pwd)
BUILD=${BUILD:-$TOP/build}
DUT=${DUT:-$BUILD/mynahd}
DUTC=${DUTC:-$BUILD/mynahc}
BIRD2=${BIRD2:-/usr/sbin/bird}
BIRDC=${BIRDC:-/usr/sbin/birdc}
BIRD1=${BIRD1:-$BUILD/bird1}
SHARED=${SHARED:-$TOP/../shared}
SLOW=${SLOW:-1} # all deadlines times this; sanitizers and valgrind raise it
NAME=$(basename "$0" .sh)
export BUILD DUT DUTC BIRD2 BIRDC BIRD1 SHARED SLOW
passed=0 failed=0 skipped=0

# The whole test cannot run here: say why, once, by name.
skip_all()
{
	echo "skip - $NAME: $1"
	exit 77
}

need()
{
	local what
	for what in "$@"; do
		[ -n "$(command -v "$what")" ] || skip_all "$what is not here"
	done
}

if [ -z "${IN_NAMESPACE-}" ]; then
	[ "$(id -u)" = 0 ] || skip_all "not root"
	unshare -mnpf true 2>/dev/null || skip_all "no namespaces"
	IN_NAMESPACE=1 exec unshare -mnpf --kill-child --mount-proc "$0" "$@"
fi
unset IN_NAMESPACE
[ -x "$(command -v "$DUT")" ] || { echo "not ok - $NAME: no daemon at $DUT"; exit 1; }

T=$(mktemp -d "${TMPDIR:-/tmp}/$NAME.XXXXXX")
chmod 755 "$T"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns
ip link set lo up
cd "$T" || exit 1

leave()
{
	local status=$?
	if grep -hE -m 5 '(ERROR|WARNING): [A-Za-z]+Sanitizer|runtime error:' \
		"$T"/*.out 2>/dev/null; then
		echo "not ok - no sanitizer has something to say"
		status=1
	fi
	if [ $status != 0 ] && [ $status != 77 ]; then
		tail -n 25 "$T"/*.log "$T"/*.out 2>/dev/null
	fi
	if [ -n "${KEEP-}" ]; then echo "kept: $T"; else rm -rf "$T"; fi
	exit $status
}
trap leave EXIT

# --- saying what was found

ok() { passed=$((passed + 1)); echo "ok - $1"; }
fail() { failed=$((failed + 1)); echo "not ok - $1"; }
skip() { skipped=$((skipped + 1)); echo "skip - $1"; }

# check NAME COMMAND...: the command's status decides.
check()
{
	local name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name"; fi
}

# check_eq NAME GOT WANT: texts, with a diff when they are not the same.
check_eq()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1"
		diff <(echo "$3") <(echo "$2") | sed -n '1,20{s/^</  want/;s/^>/  got/;p}'
	fi
}

# relay FILE: the results that a program has written, as ours.  False: it did not say
# `ok - done`.
relay()
{
	local line
	while read -r line; do
		case $line in
		"ok - "*) ok "${line#ok - }" ;;
		"not ok - "*) fail "${line#not ok - }" ;;
		"skip - "*) skip "${line#skip - }" ;;
		*) echo "  $line" ;;
		esac
	done <"$1"
	grep -qx "ok - done" "$1"
}

finish()
{
	[ $failed = 0 ] || exit 1
	[ $passed != 0 ] || exit 77
	exit 0
}

not() { ! "$@"; }

# On BIRD itself only what BIRD promises is checked.
is_mynah() { [ "$(basename "$DUT")" != bird ]; }

mynah_only()
{
	if is_mynah; then check "$@"; else skip "$1 (mynah only)"; fi
}

# --- time: poll with a deadline

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local end=$((SECONDS + $1 * SLOW))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# --- processes, by their id

# start NAME COMMAND...: in the background, id in pid_NAME, output in NAME.out.
start()
{
	local name=$1
	shift
	"$@" >>"$T/$name.out" 2>&1 </dev/null &
	eval "pid_$name=$!"
}

pid_of() { eval "echo \$pid_$1"; }
is_running() { kill -0 "$(pid_of "$1")" 2>/dev/null; }

# stop NAME [SIGNAL]: ends it and gives its exit status.
stop()
{
	kill -"${2:-TERM}" "$(pid_of "$1")" 2>/dev/null
	wait "$(pid_of "$1")" 2>/dev/null
}

# --- the daemon under test

dutc() { "$DUTC" -s "$T/dut.ctl" "$@"; }
real() { "$BIRDC" -s "$T/dut.ctl" "$@"; } # the real birdc on the same socket
# real_says TEXT COMMAND...: birdc on the socket answers with the text.
real_says() { local text=$1; shift; real "$@" | grep -q -e "$text"; }
answers() { "$BIRDC" -s "$1" show status >/dev/null 2>&1; }

# dut_start CONF [FLAGS...]: in the foreground, log expected in $T/dut.log by the file.
# With GLOBALS="threads 2; shards 2;" in the environment these stand before the file, also
# when it is written anew and reloaded.
dut_start()
{
	local conf=$1
	shift
	if [ -n "${GLOBALS-}" ] && is_mynah; then
		printf '%s\ninclude "%s";\n' "$GLOBALS" "$(realpath "$conf")" >"$T/globals.conf"
		conf=$T/globals.conf
	fi
	start dut "$DUT" -f -c "$conf" -s "$T/dut.ctl" -P "$T/dut.pid" "$@"
	wait_for 20 answers "$T/dut.ctl" && shards_run
}

# Are there as many shards as GLOBALS says?
shards_run()
{
	local n
	n=$(expr "${GLOBALS-}" : '.*shards \([0-9]*\)') || return 0
	! is_mynah || [ "$(cat /proc/"$(pid_of dut)"/task/*/comm | grep -c '^shard$')" = "$n" ]
}

dut_stop() { stop dut TERM; }

# bird_start NAME CONF [COMMAND...]: a real BIRD 2 beside, socket NAME.ctl.
bird_start()
{
	local name=$1 conf=$2
	shift 2
	start "$name" "$@" "$BIRD2" -f -c "$conf" -s "$T/$name.ctl" -P "$T/$name.pid"
	wait_for 20 answers "$T/$name.ctl"
}

# client_start N [AS [BGP [PROTOCOLS]]]: a real BIRD 2 as cN at 127.0.1.N, whose session `up` with
# 127.0.0.1 port 1790, AS 64512, brings 10.N.0.0/24.  BGP is added to the session (options, other
# channels), PROTOCOLS to the file.
client_start()
{
	cat >"c$1.conf" <<-END
	log "$T/c$1.log" all;
	router id 127.0.1.$1;
	protocol device { }
	protocol static { ipv4; route 10.$1.0.0/24 unreachable; }
	${4-}
	protocol bgp up {
		local 127.0.1.$1 as ${2-64512}; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
		${3-}
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}

birdc() { local name=$1; shift; "$BIRDC" -s "$T/$name.ctl" "$@"; }

# is_up SOCKETNAME PROTOCOL: an established session.
is_up() { birdc "$1" show protocols "$2" | grep -q "Established"; }
# route SOCKETNAME PREFIX: its next hop, originator and clusters in one line.
bird_route()
{
	birdc "$1" show route all "$2" | awk '
		/BGP.next_hop:/ { nh = $2 }
		/BGP.originator_id:/ { id = $2 }
		/BGP.cluster_list:/ { $1 = ""; cl = $0; sub(/^ +/, "", cl); sub(/ +$/, "", cl) }
		END { if (nh) print nh, id, cl }'
}
has_route() { birdc "$1" show route "$2" | grep -q "^ *$2 "; }

# same_times BEFORE AFTER: lines "NAME HH:MM:SS.mmm", the same names, each as old as it was
# (BIRD tells one moment by two clocks that it reads one after the other).
same_times()
{
	{ echo "$1"; echo "-- 0:0:0"; echo "$2"; } | awk -F '[ :]' '
		$1 == "--" { after = 1; next }
		{ ms = int(($2 * 3600 + $3 * 60 + $4) * 1000 + 0.5) }
		!after { was[$1] = ms; next }
		{ d = ms - was[$1] }
		!($1 in was) || d > 50 || d < -50 { print "changed: " $0; bad = 1 }
		{ delete was[$1] }
		END { for (name in was) { print "gone: " name; bad = 1 }; exit bad }'
}

# --- networks

# lan_make: a bridge with the reflector's addresses on it, .1 of both families.
lan_make()
{
	ip link add lan type bridge forward_delay 0
	sysctl -qw net.ipv6.conf.lan.accept_dad=0
	ip addr add 10.99.0.1/24 dev lan
	ip -6 addr add fd99::1/64 dev lan nodad
	ip link set lan up
}

# lan_join NAME N: a network namespace with the address .N on the bridge.
lan_join()
{
	ip netns add "$1"
	ip link add "lan-$2" type veth peer name eth0 netns "$1"
	ip link set "lan-$2" master lan up
	ip netns exec "$1" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
	ip -n "$1" link set lo up
	ip -n "$1" addr add "10.99.0.$2/24" dev eth0
	ip -n "$1" -6 addr add "fd99::$2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
}

inside() { local ns=$1; shift; ip netns exec "$ns" "$@"; }

. "$E2E/libpeers.sh"
