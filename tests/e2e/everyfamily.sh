#!/bin/bash
# Every family: add-path both ways, a late joiner, what is shown, filters and limits changed by a
# reload, graceful and long-lived graceful restart, a peer that does not read, route targets, all
# gone in the end.  The peers are made of bytes (tests/e2e/everypeer), so that each family has the
# same ones.  FAMILIES="evpn,vpls" for some of them.
. "$(dirname "$0")/lib.sh"
need python3
is_mynah || skip_all "mynah only"
export T
python3 "$E2E/everypeer" conf >dut.conf
check "the reflector starts" dut_start "$T/dut.conf"
python3 "$E2E/everypeer" run "${FAMILIES-}" >found.txt 2>&1
check "all families were looked at" relay found.txt
dut_stop
check_eq "the reflector ends with 0" $? 0
finish
