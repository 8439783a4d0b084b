#!/bin/bash
# Protocols without a session whose table changes in a reload: static, direct, pipe, kernel, a
# table of ROAs.  Their routes go over without a gap: clients are sent nothing of what is the
# same, the kernel loses no route, and afterwards all tables are as after a fresh start.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"
is_mynah || skip_all "mynah only"
need ip
lan_make || skip_all "no bridge"

TABLES="t1 t2 t3 behind"
client() # N
{
	cat >"c$1.conf" <<-END
	log "$T/c$1.log" all;
	router id 127.0.1.$1;
	protocol device { }
	protocol static { ipv4; route 10.1.0.0/24 unreachable; }
	protocol bgp up {
		local 127.0.1.$1 as 64512; strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export none; };
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}

# conf LOG CLIENT STATIC DIRECT ROAS WORDS [KERNEL [PIPE]]: the tables of each, and words for
# the static's channel
conf()
{
	cat <<-END
	log "$T/$1" all;
	router id 192.0.2.1;
	ipv4 table t1; ipv4 table t2; ipv4 table t3; ipv4 table behind;
	roa4 table r1; roa4 table r2;
	protocol device { }
	protocol direct d { ipv4 { table $4; }; interface "lan"; }
	protocol static st { ipv4 { table $3; $6 };
	$(seq -f 'route 10.100.%.0f.0/24 unreachable;' 0 200)
	$(seq -f 'route 10.101.%.0f.0/24 via 10.99.0.9 { bgp_community.add((64512, 1)); };' 0 200)
	}
	protocol kernel k { ipv4 { table ${7-t1}; export all; }; kernel table ${KT-77}; }
	protocol static more { ipv4 { table behind; }; route 10.102.0.0/24 unreachable; }
	protocol pipe p { table ${8-t1}; peer table behind; import all; export all; }
	protocol bgp c2 { local 127.0.0.1 port 1790 as 64512;
		neighbor 127.0.1.2 as 64512; rr client; passive;
		ipv4 { table behind; import all; next hop self on; export all; }; }
	protocol static roas { roa4 { table $5; }; route 10.1.0.0/24 max 24 as 64512; }
	protocol bgp c1 { local 127.0.0.1 port 1790 as 64512;
		neighbor 127.0.1.1 as 64512; rr client; passive;
		ipv4 { table $2; import all; next hop self on;
			export filter {
				if roa_check(r2, 10.1.0.0/24, 64512) = ROA_VALID then
					bgp_med = 2;
				accept; }; }; }
	END
}
tables() # SOCKET
{
	local t
	for t in $TABLES; do
		echo "== $t"
		birdc "$1" show route table "$t" all | grep -v '^BIRD\|^Access' |
			sed 's/ [0-9:.-]* from/ from/; s/\[\([a-z0-9]*\) [0-9:.-]*/[\1/' |
			sort
	done
	birdc "$1" show route table r1 | grep -c 64512
	birdc "$1" show route table r2 | grep -c 64512
}
# What the client was sent so far: updates and withdrawals that came.
sent() { birdc "$1" show protocols all up | awk '/Import (updates|withdraws)/ { print $1, $2, $3 }'; }
client_has() { [ "$(birdc "$1" show route count | awk '/routes for/ { print $1; exit }')" = "$2" ]; }
kernel_has() { [ "$(ip route show table 77 | wc -l)" = "$1" ]; }
reload() # what the log says of it
{
	local n
	n=$(grep -c ' Reconfigured' dut.log)
	real configure >reply.txt
	again() { [ "$(grep -c ' Reconfigured' dut.log)" -gt "$n" ]; }
	wait_for 20 again
}
# Two looks in a row give the same, with the route that comes last.
fresh_rests()
{
	tables fresh >want.txt
	sleep 0.3
	tables fresh | cmp -s - want.txt && grep -q "10.101.200.0/24" want.txt
}
as_fresh() # WORDS...: as conf takes them
{
	KT=78 conf fresh.log "$@" | sed "s/rr client; passive;/rr client; passive; disabled;/" >fresh.conf
	start fresh "$DUT" -f -c "$T/fresh.conf" -s "$T/fresh.ctl" -P "$T/fresh.pid"
	wait_for 20 answers "$T/fresh.ctl"
	wait_for 20 fresh_rests
	stop fresh
}
equal()
{
	tables dut >have.txt
	cmp -s have.txt want.txt
}

conf dut.log t1 t1 t1 r1 "" >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
client 1
client 2
# 402 static ones and a direct one, the client's own, and behind the pipe one more; the kernel
# is not given direct ones.
check "the client has all" wait_for 20 client_has c1 405
check "so has the one behind the pipe" wait_for 20 client_has c2 405
check "and the kernel" wait_for 20 kernel_has 403
before=$(sent c1)
behind=$(sent c2)
ip monitor route >monitor.txt 2>/dev/null &
monitor=$!
asked=$(birdc c1 show protocols up | awk '/^up/ { print $5 }')

# step NAME WORDS...
step()
{
	local name=$1
	shift
	conf dut.log "$@" >dut.conf
	check "$name" reload
	as_fresh "$@"
	check "$name: as after a fresh start" wait_for 10 equal ||
		diff want.txt have.txt | head -20
}
step "all move together" t2 t2 t2 r1 "" t2 t2
check "the log says why" grep -q "Changing protocol st (table t1 -> t2)" dut.log
check "of pipes, too" grep -q "Changing protocol p (table t1 -> t2)" dut.log
check_eq "the client was sent nothing" "$(sent c1)" "$before"
check_eq "nor the one behind the pipe" "$(sent c2)" "$behind"
ip route add 10.200.0.0/24 dev lan table 77
marked() { grep -q 10.200.0.0 monitor.txt; }
wait_for 10 marked
check "the kernel has all" kernel_has 404
check_eq "and lost nothing" "$(grep -c "Deleted.*table 77" monitor.txt)" 0
ip route del 10.200.0.0/24 dev lan table 77
kill "$monitor"
step "the pipe and the kernel alone" t2 t2 t2 r1 "" t1 t1
check "what they left is gone there" wait_for 10 client_has c2 2
check "and in the kernel" wait_for 10 kernel_has 1
check "and for the client" wait_for 10 client_has c1 404
step "and come back" t2 t2 t2 r1 "" t2 t2
check "all is there again" wait_for 10 client_has c2 405
check "in the kernel" wait_for 10 kernel_has 403
check "and with the client" wait_for 10 client_has c1 405
step "a part of it moves" t2 t3 t2 r1 "" t2 t2
check "what moved away is gone" wait_for 10 client_has c1 3
step "the rest follows" t3 t3 t3 r1 "" t3 t3
check "all is there" wait_for 10 client_has c1 405
check "behind the pipe" wait_for 10 client_has c2 405
check "and in the kernel" wait_for 10 kernel_has 403
before=$(sent c1)
step "one that nobody is told of" t3 t3 t2 r1 "" t3 t3
check "the client has the rest" wait_for 10 client_has c1 404
step "with another import filter" t3 t2 t3 r1 "import filter { preference = 7; accept; };" t2 t2
check "the filter's work is there" real_says "(7" show route 10.100.3.0/24 table t2
step "ROAs" t2 t2 t2 r2 "" t2 t2
med() { birdc c1 show route all 10.100.3.0/24 | grep -q "BGP.med: 2"; }
check "filters see them" wait_for 20 med
check_eq "the session never ended" "$(birdc c1 show protocols up | awk '/^up/ { print $5 }')" "$asked"
check "no protocol was restarted" not grep -q "Restarting protocol" dut.log
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
