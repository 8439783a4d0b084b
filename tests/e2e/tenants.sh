#!/bin/bash
# 500 tenants with the same networks, each with a table of its own, four clients and a pipe
# to a shared table: while routes change, sessions fall and the configuration is reloaded, no
# client hears what is another tenant's, and then each holds what it must, route by route
# (tests/tools/tenants.c).
#     tests/e2e/tenants.sh --minutes 10      the long run
#     TENANTS=20 SEED=7 tests/e2e/tenants.sh
. "$(dirname "$0")/lib.sh"
need "$BIRDC" "$BUILD/tests/tools/tenants"
is_mynah || skip_all "mynah only"
ulimit -n 16384

minutes=0
[ "${1-}" != --minutes ] || minutes=$2
play=("$BUILD/tests/tools/tenants" --to 127.0.0.1:1790 --conf "$T/dut.conf"
	--globals "${GLOBALS-}" --tenants "${TENANTS-500}" --seed "${SEED-1}"
	--rounds 8 --minutes "$minutes" --timeout $((60 * SLOW)))
globals=${GLOBALS-}
"${play[@]}" --only-conf
GLOBALS='' # they stand in the file
check "the reflector starts" dut_start "$T/dut.conf"
GLOBALS=$globals
check "as many shards run" shards_run
rss() { awk '/VmRSS/ { print $2 }' "/proc/$(pid_of dut)/status"; }
"${play[@]}" --reload "$BIRDC -s $T/dut.ctl configure | grep -q Reconf" >play.txt 2>play.out
check_eq "no leak, and each client holds what it must" $? 0
cat play.txt
echo "  the daemon: $(rss) KiB, $(ps -o time= -p "$(pid_of dut)") of processor time"
check "the reflector still answers" real_says "up and running" show status
check "its log has no errors" not grep -E "<(ERROR|ERR|BUG|FATAL)>" dut.conf.log
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
