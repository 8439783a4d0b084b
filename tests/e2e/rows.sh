#!/bin/bash
# The filter language row by row (tests/data/filter-rows.txt), put to the real BIRD 2 and 1.6,
# which say whether the table is right, and to the daemon under test in both dialects.
. "$(dirname "$0")/lib.sh"
need "$BIRD2" python3

table=$TOP/tests/data/filter-rows.txt

# rows NAME KINDS DAEMON: its rows hold, one check for the daemon and each that does not
rows()
{
	local name=$1 kinds=$2 pid
	shift 2
	{
		echo "log \"$T/$name.rows.log\" all;"
		"$E2E/rowsdiff" --conf -- "$kinds" "$table"
	} >"$name.conf"
	: >"$name.rows.log"
	"$@" -f -c "$name.conf" -s "$T/$name.ctl" -P "$T/$name.pid" >"$name.out" 2>&1 &
	pid=$!
	check "$name: starts" wait_for 20 test -S "$T/$name.ctl"
	check "$name: has the route" wait_for 20 grep -q Started "$name.rows.log"
	if "$E2E/rowsdiff" --log "$name.rows.log" -- "$kinds" "$table" "$T/$name.ctl" >rows.txt
	then
		ok "$name: $(tail -n 1 rows.txt)"
	else
		fail "$name"
		cat rows.txt
	fi
	kill "$pid"
	wait "$pid" 2>/dev/null
}

rows "BIRD-2" -2 "$BIRD2"
if [ -x "$BIRD1/usr/sbin/bird" ]; then
	rows "BIRD-1.6" 1 "$BIRD1/usr/sbin/bird"
else
	skip "BIRD 1.6 is not here"
fi
if is_mynah; then
	rows "ours" -023 "$DUT"
	rows "ours-as-1.6" 1 "$DUT"
fi
finish
