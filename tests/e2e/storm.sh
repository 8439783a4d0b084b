#!/bin/bash
# A storm of reloads: a hundred in about ten seconds, by signal and by command, every other
# one of a wrong file, while 200 clients, two of them senders, exchange changes.  No session is
# lost, every receiver ends with the table it must have, and the last good file is in force.
# RECEIVERS: another number of them (sanitizers: a dozen).
. "$(dirname "$0")/lib.sh"
loadgen=$BUILD/tests/bench/loadgen
need "$BIRDC" "$loadgen"
is_mynah || skip_all "mynah only"

RECEIVERS=${RECEIVERS:-$((SLOW > 1 ? 12 : 198))}
load=("$loadgen" --to 127.0.0.1:1790 --as 64512 --senders 2 --receivers "$RECEIVERS" --routes 3000
	--hold 30 --rate 200 --seconds 12 --timeout $((60 * SLOW)))

# --- the files: what changes between them touches every kind of reload

conf() # import export words [name]
{
	cat <<-END
	log "$T/dut.log" { info, warning, error, fatal, bug };
	router id 192.0.2.1;
	protocol device { }
	filter pick { if net.len > 32 then reject; accept; }
	$3
	template bgp clients {
		local 127.0.0.1 port 1790 as 64512;
		rr client;
		rr cluster id 192.0.2.1;
		passive;
		multihop;
		ipv4 { import $1; export $2; };
	}
	END
	"${load[@]}" --list | awk '{ print "protocol bgp '"${4-c}"'" NR-1 " from clients { neighbor " $2 " as 64512; }" }'
}
conf all all '' >good0.conf
conf all 'filter pick' '# a comment' >good1.conf
conf 'where net.len > 0' all 'protocol static st { ipv4; route 192.0.2.128/25 unreachable; }' >good2.conf
conf all 'where net.len > 1' 'protocol bgp extra { local as 64512; neighbor 127.9.9.9 as 64512; passive; ipv4; }' renamed >good3.conf
conf 'filter pick' all 'protocol static st { ipv4; route 192.0.2.0/25 unreachable; }' >good4.conf
{ cat good1.conf; echo 'protocol bgp {'; } >bad0.conf
sed 's/neighbor \(.*\) as 64512/neighbor \1 as nobody/' good2.conf >bad1.conf
: >bad2.conf
sed 's/filter pick {/filter pick { if/' good3.conf >bad3.conf
printf 'include "nothing-here.conf\n' >bad4.conf
for n in 0 1 2 3 4; do
	check "file $n is right" "$DUT" -p -c good$n.conf
	check "file $n is wrong" not "$DUT" -p -c bad$n.conf 2>/dev/null
done

cp good0.conf dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
cat >storm <<END
for i in \$(seq 0 99); do
	case \$((i % 2)) in
	0) cp good\$((i / 2 % 5)).conf new ;;
	1) cp bad\$((i / 2 % 5)).conf new ;;
	esac
	mv new dut.conf
	case \$((i / 2 % 2)) in
	0) kill -HUP $(pid_of dut) ;;
	1) timeout 20 $BIRDC -s $T/dut.ctl configure ;;
	esac
	sleep 0.1
done >>storm.out 2>&1
sleep 1
cp good1.conf dut.conf
timeout 20 $BIRDC -s $T/dut.ctl configure >>storm.out
END
"${load[@]}" --pid "$(pid_of dut)" --phases establish,initial,execchurn --exec "sh $T/storm" \
	>result.json 2>loadgen.out
check_eq "the load ends with 0" $? 0
tr '\n' ' ' <result.json | sed 's/}/}\n/g' >result.txt
value() { sed -n "s/.*\"phase\": *\"$1\"[^}]*\"$2\": *\(-\{0,1\}[0-9.]*\).*/\1/p" result.txt; }
right() { grep "\"phase\": *\"$1\"" result.txt | grep -q '"ok": *true'; }
for phase in establish initial execchurn; do
	check_eq "$phase: no session lost" "$(value $phase lost)" 0
	check "$phase: every table is right in the end" right $phase
done
late=$(value execchurn late_ms)
check "no keepalive late by more than 2 s (${late:-?} ms)" [ "${late:-9999}" -le $((2000 * SLOW)) ]
check "good files were taken ($(grep -c ' Reconfigured' dut.log))" \
	[ "$(grep -c ' Reconfigured' dut.log)" -ge 20 ]
check "wrong files were refused ($(grep -c 'ERR.*conf' dut.log))" \
	[ "$(grep -c 'ERR.*conf' dut.log)" -ge 20 ]
check "the last file is in force" real_says Reconfigured configure
check "all that came and went is gone" not real_says '^\(st\|extra\) ' show protocols
check_eq "as many protocols as at first" "$(real show protocols | grep -c '^c[0-9]')" $((RECEIVERS + 2))
dut_stop
check_eq "it ends with 0" $? 0
finish
