#!/bin/bash
# What a reload would do: `plan` and `configure check` tell it, the exit status says whether a
# session would drop, and what they say is what `configure` then does.
. "$(dirname "$0")/lib.sh"
GLOBALS='' # the file is named in answers
need "$BIRD2" "$BIRDC"
is_mynah || skip_all "mynah only"

for n in 1 2; do
	cat >"c$n.conf" <<-END
	log "$T/c$n.log" all;
	router id 127.0.1.$n;
	protocol device { }
	protocol static { ipv4; route 10.$n.0.0/24 unreachable; route 10.$n.1.0/24 unreachable; }
	protocol bgp up {
		local 127.0.1.$n as 64512;
		strict bind;
		neighbor 127.0.0.1 port 1790 as 64512;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	END
done

client() # name n options channel
{
	echo "protocol bgp $1 { local 127.0.0.1 port 1790 as 64512; neighbor 127.0.1.$2 as 64512;"
	echo "	rr client; passive; ${3-} ipv4 { import all; export all; ${4-} }; }"
}
head="log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { }"
conf() { echo "$head"; cat; }

{ client c1 1; client c2 2; } | conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
bird_start c1 "$T/c1.conf"
bird_start c2 "$T/c2.conf"
up() { is_up c1 up && is_up c2 up; }
check "the clients come up" wait_for 20 up
has() { birdc "c$1" show route "$2" | grep -q "^$2 "; }
check "routes are reflected" wait_for 10 has 1 10.2.1.0/24
has_both() { dutc show route count | grep -q "4 of 4"; }
wait_for 10 has_both

# plan TEXT...: the exit status in $?, the answer in plan.txt
plan()
{
	local status
	dutc plan "$@" >plan.out 2>&1
	status=$?
	tail -n +2 plan.out >plan.txt # the greeting
	return $status
}

plan
check_eq "the same file: status" $? 0
check "the same file: nothing" grep -qx "Nothing changes" plan.txt
real configure check >check.txt
check_eq "the same file: configure check answers as BIRD" "$(tail -n +2 check.txt)" \
	"$(printf 'Reading configuration from %s\nConfiguration OK' "$T/dut.conf")"

{ client c1 1 "hold time 90;" "import none;"; client c2 2 "description \"x\";"; } | conf >new.conf
plan new.conf
check_eq "kept sessions: status" $? 0
check_eq "kept sessions: plan" "$(cat plan.txt)" "Reading configuration from $T/new.conf
Plan: 2 change; sessions: 0 dropped, 2 kept
change c1 (BGP): session stays, 2 routes imported anew
  ipv4 import: ACCEPT -> REJECT (re-import)
  hold time: 240 -> 90 (next session)
change c2 (BGP): session stays
  description: none -> x (live)
Configuration OK"
real configure check "\"$T/new.conf\"" >check.txt
check_eq "birdc shows the same" "$(tail -n +2 check.txt)" "$(cat plan.txt)"
check_eq "nothing was done" "$(dutc show protocols all c1 | grep -c 'Import limit')" 0
check "c1's routes are there" has_both

{ client c1 1 "hold time 90;"; client c9 9 "" "table t;"; } | { echo "$head"
	echo "ipv4 table t;"; cat; } >new.conf
plan new.conf
check_eq "dropped: status" $? 2
check_eq "dropped: plan" "$(cat plan.txt)" "Reading configuration from $T/new.conf
Plan: 1 add, 1 remove, 1 change, global options; sessions: 1 dropped, 1 kept
remove c2 (BGP): session drops, 2 routes withdrawn
change c1 (BGP): session stays
  hold time: 240 -> 90 (next session)
add c9 (BGP)
Configuration OK, 1 session drops"
dutc --json plan new.conf >plan.json
check_eq "JSON: status" $? 2
check_eq "JSON: what python reads" "$(python3 - <<-'END'
	import json
	a = json.load(open("plan.json"))
	for s in a:
	    if "protocol" in s:
	        print(s["action"], s["protocol"], s["session"], s["withdraw"],
	            [(c["channel"], c["option"], c["old"], c["new"], c["class"])
	             for c in s["changes"]])
	    if "plan" in s:
	        print(sorted(s["plan"].items()))
END
)" "remove c2 dropped 2 []
change c1 kept 0 [(None, 'hold time', '240', '90', ['next session'])]
add c9 None 0 []
[('add', 1), ('change', 1), ('globals', True), ('remove', 1), ('restart', 0), ('sessions_dropped', 1), ('sessions_kept', 1)]"

echo "protocol bgp {" >>new.conf
plan new.conf
check_eq "wrong file: status" $? 1
check "wrong file: says where" grep -q "new.conf:.* syntax error" plan.txt
dutc plan nowhere.conf 2>/dev/null
check_eq "no such file: status" $? 1
check "still two up" up

# `configure` says it, too, before what tools look for.
{ client c1 1; } | conf >dut.conf
real configure >reply.txt
check_eq "configure: the plan's sum before the reply" "$(tail -n +2 reply.txt)" \
	"Reading configuration from $T/dut.conf
Plan: 1 remove; sessions: 1 dropped, 1 kept
Session of c2 drops (removed)
Reconfigured"

# From the standard input, includes beside the running file.
{ client c2 2; } >beside.conf
{ client c1 1; echo 'include "beside.conf";'; } | conf | (cd / && dutc configure -) >reply.txt
check_eq "configure -: status" $? 0
check "configure -: says so" grep -qx "Reading configuration from standard input" reply.txt
check "configure -: done" grep -qx "Reconfigured" reply.txt
check "configure -: the client of the include comes up" wait_for 20 up
{ client c1 1; echo 'bogus words;'; } | conf | dutc configure - >reply.txt
check_eq "configure -, wrong: status" $? 1
check "configure -, wrong: says where" grep -q "standard input):4:1 syntax error" reply.txt
{ client c1 1; } | conf | plan -
check_eq "plan -: status" $? 2
check "plan -: says what" grep -q "^remove c2 (BGP): session drops" plan.txt
head -c 2000000 /dev/zero | tr '\0' '\n' | sed 's/^/# a comment of some length/' |
	head -c 30000000 >long.conf
{ cat long.conf; echo; client c1 1; client c2 2; } | conf | dutc configure - >reply.txt
check_eq "configure -: 30 MB" $? 0
check "configure -: done" grep -qx "Reconfigured" reply.txt
check "configure -: still up" up

# What waits for a session can have one.
since() { dutc show protocols "$1" | awk -v n="$1" '$1 == n { print n, $5 }'; }
{ client c1 1 "hold time 90;"; client c2 2; } | conf >dut.conf
before="$(since c1; since c2)"
dutc configure >reply.txt
check "configure: no session touched" same_times "$before" "$(since c1; since c2)"
check "configure: hold time is the old one" real_says "Hold timer: .*/240" show protocols all c1
{ client c1 1 "hold time 60;"; client c2 2; } | conf >dut.conf
dutc configure restart >reply.txt
check "configure restart: says so" grep -q "^Session of c1 drops (hold time 90 -> 60)" reply.txt
check "configure restart: back" wait_for 20 up
check "configure restart: hold time" wait_for 10 real_says "Hold timer: .*/60" show protocols all c1
check "configure restart: the other is not touched" same_times \
	"$(echo "$before" | grep c2)" "$(since c2)"

# What the running session has not said, and is required now, ends it: the plan knows.
before="$(since c1; since c2)"
{ client c1 1 "hold time 60; require as4 on;"
	client c2 2 "require extended messages on;"; } | conf >new.conf
plan new.conf
check_eq "required and missing: status" $? 2
check "required and there: stays" grep -q "^change c1 (BGP): session stays" plan.txt
check "required and missing: drops" grep -q "^change c2 (BGP): session drops" plan.txt
dutc configure "\"$T/new.conf\"" >reply.txt
c2_ends() { ! is_up c2 up; }
check "required and missing: it does" wait_for 5 c2_ends
check "required and there: it does not" same_times \
	"$(echo "$before" | grep c1)" "$(since c1)"

# `router id from` is looked at again at each configure.
id_is() { dutc show status | grep -q "Router ID is $1\$"; }
ip link add d0 type bridge
ip link set d0 up
ip addr add 198.51.100.1/32 dev d0
{ client c1 1; client c2 2; } | conf | sed 's/router id [^;]*/router id from "d0"/' >dut.conf
dutc configure >reply.txt
check "router id from: the interface's" wait_for 5 id_is 198.51.100.1
check "router id from: back" wait_for 20 up
before="$(since c1; since c2)"
dutc configure >reply.txt
check "router id from: the same, no session touched" same_times "$before" "$(since c1; since c2)"
ip addr add 198.51.100.2/32 dev d0
ip addr del 198.51.100.1/32 dev d0
plan
check "router id from: another, the plan says so" grep -q "router id: 198.51.100.1 -> 198.51.100.2" \
	plan.txt
dutc configure >reply.txt
check "router id from: another" wait_for 5 id_is 198.51.100.2
ip addr flush dev d0
dutc configure >reply.txt
check "router id from: none, the old one" id_is 198.51.100.2
check "router id from: none, says so" grep -q "Cannot determine router ID, using old one" dut.log

dut_stop
check_eq "the reflector ends with 0" $? 0
finish
