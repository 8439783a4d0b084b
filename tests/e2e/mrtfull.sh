#!/bin/bash
# MRT files on a full disk: it is said, in a file there are whole records only, and writing goes
# on when there is room.  A file that could not be opened, or was moved away, is opened at the
# next configure, as BIRD does; nobody waits for the reader of a FIFO.
. "$(dirname "$0")/lib.sh"
is_mynah || skip_all "mynah only"
need "$BIRD2" "$BIRDC" python3
mrtread() { python3 "$E2E/mrtread" "$1"; }
is_whole() { mrtread "$1" >/dev/null; }

mkdir small
mount -t tmpfs -o size=64k tmpfs small
conf() # the file
{
	cat <<-END
	log "$T/dut.log" all;
	router id 10.99.0.1;
	mrtdump "$1";
	mrtdump protocols all;
	protocol device { }
	protocol static { ipv4; $(for i in $(seq 0 2999); do
		echo "route 10.$((i / 250)).$((i % 250)).0/24 unreachable;"; done) }
	protocol bgp b { local 127.0.0.1 port 1790 as 65000; neighbor 127.0.1.2 port 1795 as 65002;
		passive; multihop; ipv4 { import all; export none; }; }
	END
}
cat >bd.conf <<-END
	router id 10.99.0.12;
	protocol device { }
	protocol static { ipv4; route 10.20.0.0/16 unreachable; }
	protocol bgp r { local 127.0.1.2 port 1795 as 65002; neighbor 127.0.0.1 port 1790 as 65000; multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 2;
		ipv4 { import all; export all; }; }
END
said() { [ "$(grep -c "$1" dut.log)" = "$2" ]; }
full='Unable to write to the MRTDump file.*No space left on device'
again() # the session, once more; what it does is recorded
{
	birdc dut restart b >/dev/null
	wait_for 20 not is_up dut b
	wait_for 30 is_up dut b
}

conf "$T/there/log" >dut.conf
dut_start dut.conf || { cat dut.out; exit 1; }
bird_start bd bd.conf || { cat bd.out; exit 1; }
check "a session without the file" wait_for 30 is_up dut b
check "that is said" said 'Unable to open MRTDump file' 1
mkdir there
birdc dut configure >/dev/null
check "the next configure opens it" test -e there/log
again
check "records come" [ "$(mrtread there/log | grep -c "^message")" -ge 2 ]
mv there/log there/old
birdc dut configure >/dev/null
check "moved away: another one" test -e there/log
conf "$T/small/log" >dut.conf
birdc dut configure >/dev/null
again
before=$(mrtread small/log | wc -l)
check "records on the small disk" [ "$before" -gt 2 ]
says() { grep -q "$1" <<<"$2"; }
check "a dump that does not fit says so" says "No space left" \
	"$(birdc dut "mrt dump table master4 to \"$T/small/dump\"")"
check "has whole records" is_whole small/dump
check "some of the routes" [ "$(wc -c <small/dump)" -gt 4096 ]
dd if=/dev/zero of=small/rest bs=1k 2>/dev/null
again
fill() { again; said "$full" 1; }
check "sessions go on, the log says why no records come" wait_for 60 fill
again
check "once" said "$full" 1
check "whole records" is_whole small/log
rm small/rest small/dump
before=$(mrtread small/log | wc -l)
again
after=$(mrtread small/log | wc -l)
check "room again: they come again" [ "$after" -gt "$before" ]
mkfifo fifo
check "nobody waits for the reader of a FIFO" says "No such device" \
	"$(timeout 20 "$BIRDC" -s "$T/dut.ctl" "mrt dump table master4 to \"$T/fifo\"")"
dut_stop
stopped=$?
umount small
check_eq "it ends with 0" $stopped 0
# more than a process may write to a file
conf "$T/limit" | sed 's/dut.log/lim.log/' >dut.conf
(ulimit -f 4; exec "$DUT" -f -c "$T/dut.conf" -s "$T/lim.ctl" -P "$T/lim.pid" >lim.out 2>&1) &
wait_for 20 answers "$T/lim.ctl"
check "a limit for files is told as a full disk is" says "File too large" \
	"$(birdc lim "mrt dump table master4 to \"$T/limited\"")"
check "and ends nobody" answers "$T/lim.ctl"
finish
