#!/bin/bash
# To the letter of the RFCs: what one neighbour of bytes says, message by message, and what it
# hears and others hold afterwards.  The rows are in tests/data/conform-rows.txt, each a session
# of its own, all at once.
#
#     ROWS=FILE tests/e2e/conform.sh                   other rows
#     WRITE=FILE tests/e2e/conform.sh                  what they come to, as rows
#     DUT=/usr/sbin/bird WRITE=FILE ROWS=FILE ...      what BIRD makes of them
. "$(dirname "$0")/lib.sh"
need python3
rows=${ROWS:-$TOP/tests/data/conform-rows.txt}
is_mynah || [ -n "${WRITE-}" ] || skip_all "mynah only, without WRITE"
export T

ip -6 addr add 2001:db8:ffff::1/64 dev lo nodad
"$E2E/conform" "$rows" config >dut.conf || exit 1
check "the daemon starts" dut_start "$T/dut.conf"
if [ -n "${WRITE-}" ]; then
	"$E2E/conform" "$rows" write >"$WRITE"
	cp dut.log "$WRITE.log"
	finish
fi
"$E2E/conform" "$rows" run >result || fail "the rows are played"
relay result || fail "the rows are played to their end"
dut_stop
check_eq "it ends with 0" $? 0
finish
