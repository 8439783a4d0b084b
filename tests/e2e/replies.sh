#!/bin/bash
# What `configure` in all its forms answers, and what the log says of it: the daemon under
# test and BIRD 2 go through the same changes of the same file, codes and words are compared.
# Lines of the plan, and what is done about a protocol, are mynah's own.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC"

mkdir -p dut.d ref.d
file() # side words: the file both read
{
	cat >"$1.d/x.conf" <<-END
	log "$T/$1.d/log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol static st { ipv4; route 10.1.0.0/24 unreachable; $2 }
	$3
	END
}
both_files() { file dut "$@"; file ref "$@"; }
both_broken() { for side in dut ref; do echo "$1" >$side.d/x.conf; done; }
# The codes and words.  Whether it is done at once (0003) or not yet (0004) depends on what
# BIRD has to remove.
ask() # side words...
{
	local side=$1
	shift
	timeout 20 "$BIRDC" -v -s "$T/$side.d/ctl" "$@" | sed -E "
		/ ready\.$/d
		s|$T/$side.d|DIR|g
		s/undo in [0-9.]+ s/undo in N s/
		s/^8002[- ].*/8002 error/
		/^(0002-| )?(Plan:|  .*)/d
		s/^([0-9]{4})[- ]/\\1 /
		s/^0004 .*/0003 Reconfigured/"
}
same()
{
	local got want
	got=$(ask dut configure "$@") want=$(ask ref configure "$@")
	check_eq "configure $*" "$got" "$want"
	[ -n "$want" ] || fail "configure $*: BIRD answers"
}
logged() { sed -E 's/^[^<]*//; s|'"$T/$1.d"'|DIR|g' "$1.d/log" | grep -E \
	'Reconfigur|Config timeout|Removing protocol|Adding protocol|Shut'; }
loaded() { logged "$1" | grep -c Reconfigured; }

both_files '' ''
start dut "$DUT" -f -c "$T/dut.d/x.conf" -s "$T/dut.d/ctl"
start ref "$BIRD2" -f -c "$T/ref.d/x.conf" -s "$T/ref.d/ctl"
check "the daemon under test starts" wait_for 20 answers "$T/dut.d/ctl"
check "BIRD 2 starts" wait_for 20 answers "$T/ref.d/ctl"

same status
same check
same
same soft
same undo
same undo
same confirm
both_files 'route 10.2.0.0/24 unreachable;' ''
same
same undo
both_files '' 'protocol static more { ipv4; route 10.3.0.0/24 unreachable; }'
same
both_files '' ''
same
# what is wrong
both_broken 'protocol static {'
same check
same
same undo
both_broken 'router id 192.0.2.1; protocol bgp b { local as 1; neighbor 10.0.0.1 as nobody; }'
same
both_broken ''
same '"/nonexistent"'
both_files '' ''
# a deadline
same timeout 100
same status
same confirm
same status
same confirm
both_files 'route 10.4.0.0/24 unreachable;' ''
same timeout 1
check "the deadline passes" wait_for 10 grep -q 'Config timeout expired' dut.d/log
check "and with BIRD 2" wait_for 10 grep -q 'Config timeout expired' ref.d/log
check "what it undid is undone" wait_for 10 not sh -c "$BIRDC -s $T/dut.d/ctl show route 10.4.0.0/24 | grep -q 10.4.0.0"
same status
same undo
# by signal
both_files '' ''
n=$(loaded ref)
for side in dut ref; do kill -HUP "$(pid_of $side)"; done
check "SIGHUP" wait_for 10 sh -c "[ \$(grep -c Reconfigured dut.d/log) -gt $n ]"
check "SIGHUP, BIRD 2" wait_for 10 sh -c "[ \$(grep -c Reconfigured ref.d/log) -gt $n ]"
both_broken 'protocol static {'
for side in dut ref; do
	kill -HUP "$(pid_of $side)"
	check "SIGHUP on a wrong file, $side" wait_for 10 sh -c \
		"tail -n 1 $side.d/log | grep -q 'ERR.*x.conf'"
done
check_eq "the log" "$(logged dut)" "$(logged ref)"
stop dut
check_eq "the daemon ends with 0" $? 0
finish
