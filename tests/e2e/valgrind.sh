#!/bin/bash
# No leak: the daemon under valgrind takes sessions and routes, is reloaded several times
# with clients, filters and static routes coming and going, answers commands and shuts down.
. "$(dirname "$0")/lib.sh"
need valgrind "$BIRD2" "$BIRDC"
if [ "${SLOW:-1}" != 1 ]; then skip_all "a sanitizer is in the program"; fi
is_mynah || skip_all "mynah only"
SLOW=6

client()
{
	client_start "$1" 64512 "ipv6 { import all; export where source = RTS_STATIC;
			next hop address fd99::$1; };" "
		protocol static { ipv6; route 2001:db8:$1::/48 unreachable; }
		protocol static { ipv4; route 10.$1.1.0/24 unreachable; }"
}

conf() # import static clients...
{
	local import=$1 static=$2 n
	shift 2
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	define MARK = 7;
	protocol device { }
	protocol static { ipv4; $static }
	filter pick { if net ~ [10.1.0.0/16+, 10.2.0.0/16{20,24}] then accept; reject; }
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client; rr cluster id 192.0.2.1; passive;
		ipv4 { import $import; export all; };
		ipv6 { import all; export all; };
	}
	END
	for n; do
		echo "protocol bgp c$n from clients { neighbor 127.0.1.$n as 64512; }"
	done
}
reconfigured() { [ "$(grep -c ' Reconfigured' dut.log)" -gt "$1" ]; }
load()
{
	local before
	before=$(grep -c ' Reconfigured' dut.log)
	conf "$@" >dut.conf
	real configure >/dev/null
	wait_for 10 reconfigured "$before"
}

conf all 'route 10.100.0.0/24 unreachable;' 1 2 >dut.conf
start dut valgrind --leak-check=full --show-leak-kinds=definite,indirect,possible \
	--errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \
	--num-callers=20 --log-file="$T/valgrind.log" \
	"$DUT" -f -c "$T/dut.conf" -s "$T/dut.ctl" -P "$T/dut.pid"
check "starts under valgrind" wait_for 10 answers "$T/dut.ctl"
for n in 1 2 3; do client $n; done
check "routes are reflected" wait_for 10 has_route c2 10.1.0.0/24
check "client added" load all 'route 10.100.0.0/24 unreachable;' 1 2 3
check "its routes are reflected" wait_for 10 has_route c1 10.3.0.0/24
check "import filter" load 'filter { bgp_community.add((64512, MARK)); accept; }' '' 1 2 3
check "named filter, static route" load 'filter pick' 'route 10.101.0.0/24 blackhole;' 1 2 3
check "client removed" load all 'route 10.101.0.0/24 blackhole;' 1 2
echo "bogus;" >>dut.conf
real configure >/dev/null
check "undo" real_says . configure undo
for command in "show status" "show protocols all" "show route all" "show route for 10.1.0.1" \
	"show route nonsense" "configure check" "show memory" "eval 1+1" "restart c1"; do
	# shellcheck disable=SC2086
	real $command >/dev/null 2>&1
done
wait_for 10 is_up c1 up
stop c2 KILL
check "a client is killed" wait_for 10 not has_route c1 10.2.0.0/24
dut_stop
status=$?
check "valgrind finds no error and no leak, shutdown is clean" [ $status = 0 ]
[ $status = 0 ] || cat valgrind.log
finish
