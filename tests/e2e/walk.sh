#!/bin/bash
# `show route` that is under way while the configuration changes: a table goes, its protocols
# go, other things change.  The client reads a little, there is a reload, then it reads on.
. "$(dirname "$0")/lib.sh"
need python3 "$BIRDC"
is_mynah || skip_all "mynah only"

N=${N:-30000}
conf() # tables
{
	echo "log \"$T/dut.log\" all; router id 192.0.2.1; protocol device { }"
	for t in $1; do
		echo "ipv4 table $t; protocol static s$t { ipv4 { table $t; };"
		seq -f '%.0f' "$N" | awk '{ printf "route 10.%d.%d.%d/32 unreachable;\n",
			$1 / 65536, $1 / 256 % 256, $1 % 256 }'
		echo "}"
	done
}
cat >ask.py <<'END'
# ask.py SOCKET COMMAND RELOAD: prints how many routes came and how the answer ended.
import socket, sys, time
def ask(s, line):
    s.sendall(line.encode() + b"\n")
def answer(s, end=(b"0", b"8", b"9")):
    data = b""
    while True:
        lines = data.split(b"\n")
        for l in lines[:-1]:
            if len(l) > 4 and l[:4].isdigit() and l[4:5] == b" " and l[:1] in end:
                return lines, l
        more = s.recv(65536)
        if not more:
            return lines, b"closed"
        data += more
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(sys.argv[1])
    answer(s)
    return s
slow, other = connect(), connect()
ask(slow, sys.argv[2])
time.sleep(0.3)
ask(other, sys.argv[3])
answer(other)
time.sleep(0.3)
lines, end = answer(slow)
n = sum(b"unreachable" in l for l in lines)
print("all" if n == int(sys.argv[4]) else "some" if n else "none", end.decode().strip())
END
show() { python3 ask.py dut.ctl "$1" "configure \"$T/$2.conf\"" "$N"; }

conf "t0 t1" >both.conf
conf "t0" >one.conf
cp both.conf dut.conf
dut_start "$T/dut.conf"
full() { real show route table t1 count | grep -q "^$N of $N"; }
check "routes are there" wait_for 20 full
check_eq "the table goes" "$(show 'show route table t1' one)" "some 8004 Stopped due to reconfiguration"
check_eq "it comes" "$(show 'show route table t0' both)" "all 0000"
wait_for 20 full
check_eq "another table goes" "$(show 'show route table t0' one)" "all 0000"
show 'show status' both >/dev/null
wait_for 20 full
check_eq "what is asked of a protocol that goes" \
	"$(show 'show route protocol st1 table t1' one)" "some 8004 Stopped due to reconfiguration"
check "the daemon goes on" real_says "is up and running\|BIRD" show status
dut_stop
check_eq "and ends" $? 0
finish
