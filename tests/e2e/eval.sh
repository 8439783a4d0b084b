#!/bin/bash
# The language of expressions against the real BIRD 2: what is written in
# tests/data/eval-expressions.txt, and generated expressions over all types and operators,
# must come out as the same text or both as an error.  What differs knowingly is listed with
# its reason in tests/data/eval-differences.txt and doc/compatibility.md.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3

data=$TOP/tests/data
echo 'log stderr all; router id 192.0.2.1; protocol device { }
filter f1 { if net.len > 24 then reject; accept; }
function fsum(bgppath p) int k; { k = 0; for int i in p do k = k + i; return k; }
function fcase(int a) { case a { 0..3: return 1; 4, 7, 9..100: return 2; 65000: return 3; else: return 4; } }
function fif(bool c; int a; int b) { if c then return a; else { int k = b + 1; return k; } }
function fnet(prefix p) { if p.type = NET_IP4 then return p.len; if p ~ [2001:db8::/32+] then return 200; return 300; }
function fcount(clist l) int k; { k = 0; for pair c in l do if c ~ [(1..1000,*)] then k = k + 1; return k; }
roa4 table origins;
protocol static { roa4; route 10.0.0.0/8 max 16 as 5; route 10.1.0.0/16 max 24 as 1;
	route 192.0.0.0/8 max 8 as 2; route 1.0.0.0/8 max 32 as 0; }' >eval.conf
"$E2E/evaldiff" --seed 1 --functions 40 >>eval.conf
check "the daemon under test starts" dut_start eval.conf
check "BIRD 2 starts" bird_start ref eval.conf

# compare NAME ARGUMENTS...
compare()
{
	local name=$1
	shift
	if "$E2E/evaldiff" --known "$data/eval-differences.txt" "$@" >eval.txt; then
		ok "$name: $(tail -n 1 eval.txt)"
	else
		fail "$name"
		cat eval.txt
	fi
	sed -n '/^known/s/^/# /p' eval.txt
}

compare "written expressions" "$T/dut.ctl" "$T/ref.ctl" "$data/eval-expressions.txt"
for seed in 1 2 3; do
	compare "generated expressions, seed $seed" --count 3000 --seed $seed --functions 40 \
		"$T/dut.ctl" "$T/ref.ctl"
done
shows_filter() { dutc show filter f1 | grep -q "REJECT"; }
mynah_only "show filter prints the compiled form" shows_filter
check "the daemon under test ends" dut_stop
finish
