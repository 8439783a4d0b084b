#!/bin/bash
# Words of the file itself: control sockets of their own (`cli`), the log over UDP, and what
# watches the threads.
. "$(dirname "$0")/lib.sh"
need "$BIRDC" python3
is_mynah || skip_all "mynah only"

conf() # WORDS: in front of the rest
{
	cat <<-END
	log "$T/dut.log" all;
	$1
	router id 192.0.2.1; hostname "rr.example";
	protocol device { }
	protocol static st { ipv4; route 10.1.0.0/16 unreachable; }
	END
}
at() { "$BIRDC" -s "$T/$1" "${@:2}"; } # SOCKET COMMAND...
at_says() { at "$1" "${@:3}" | grep -q -e "$2"; }
load() # WORDS
{
	conf "$1" >dut.conf
	real configure | tail -1
}
mode() { stat -c %a "$1"; }

# --- control sockets

conf "cli \"$T/looking.ctl\" { restrict; }; cli \"$T/other.ctl\";" >dut.conf
check "the daemon starts" dut_start "$T/dut.conf"
check "a restricted socket shows" at_says looking.ctl "10.1.0.0/16" show route
check "and changes nothing" at_says looking.ctl "Access denied" disable st
check "another socket does" at_says other.ctl "st: disabled" disable st
check "so does the own one" real_says "st: enabled" enable st
check_eq "its mode is that of the own one" "$(mode looking.ctl)" "$(mode dut.ctl)"
check_eq "a session goes on when its socket goes" \
	"$( (echo "show status"; sleep 1; load "" >/dev/null; echo "show protocols") |
		timeout 20 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(15)
def answer(end):
    data = b""
    while end not in data: data += s.recv(4096)
    return data
answer(b"ready.\n")
for line in sys.stdin:
    s.sendall(line.encode())
    said = answer(b"0013" if "status" in line else b"0000")
print("st" if b"st  " in said else said)' "$T/other.ctl")" "st"
check "one that is named no more is gone" test ! -e "$T/looking.ctl"
check_eq "a reload opens one" "$(load "cli \"$T/looking.ctl\";")" "Reconfigured"
check "that is not restricted" at_says looking.ctl "st: disabled" disable st
check_eq "a reload restricts it" "$(load "cli \"$T/looking.ctl\" { restrict; };")" "Reconfigured"
check "it is" at_says looking.ctl "Access denied" enable st
echo keep >plain
check_eq "what is no socket is not removed" "$(load "cli \"$T/plain\";")" \
	"Cannot create control socket $T/plain: File exists"
check_eq "nor touched" "$(cat plain)" keep
check "the one before is still there" at_says looking.ctl "Access denied" enable st
check_eq "nor the own one twice" "$(load "cli \"$T/dut.ctl\";")" \
	"Cannot create control socket $T/dut.ctl: Address already in use"
check_eq "nor without its folder" "$(load "cli \"$T/none/x.ctl\";")" \
	"Cannot create control socket $T/none/x.ctl: No such file or directory"
check_eq "none at all" "$(load "")" "Reconfigured"
check "is none" test ! -e "$T/looking.ctl"

# --- the log over UDP

cat >listen.py <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 5140))
out = open(sys.argv[1], "w", buffering=1)
while True:
    out.write(s.recv(4096).decode() + "\n")
END
start listener python3 listen.py "$T/heard.txt"
wait_for 10 test -e heard.txt
check_eq "a host by its address" "$(load "log udp 127.0.0.1 port 5140 all;")" "Reconfigured"
heard() { grep -qE "$1" heard.txt; }
real disable st >/dev/null
real enable st >/dev/null
check "it is told, in the form of RFC 3164" wait_for 10 heard \
	'^<30>[A-Z][a-z]{2} [0-9]{2} [0-9:]{8}\.[0-9]{6} rr\.example mynahd: Enabling protocol st$'
check_eq "a host by its name, and not all" "$(load "log udp \"localhost\" port 5140 { warning };")" \
	"Reconfigured"
wc -l <heard.txt >before
real disable st >/dev/null
check_eq "a host without an address" "$(load "log udp \"no.such.host.invalid\" all;")" "Reconfigured"
check "is named" grep -q "Cannot log to host 'no.such.host.invalid'" dut.log
check "other classes were not sent" not grep -q "Disabling protocol st.*" <(tail -n "+$(($(cat before) + 1))" heard.txt)
stop listener
load "log udp 127.0.0.1 port 5140 all;" >/dev/null
check "nobody listens: nothing stops" real_says "st: " enable st
dut_stop
check_eq "the daemon ends with 0" $? 0
check "without its sockets" test ! -e "$T/dut.ctl"
# --- what watches the threads

tid() { grep -lx "$1" /proc/"$(pid_of dut)"/task/*/comm | head -1 | cut -d/ -f5; }
said() { grep -qE "$1" dut.log; }
seen() { grep -cE "$1" dut.log; }
conf "watchdog warning 200 ms; debug latency on; debug latency limit 300 ms;" >dut.conf
check "a daemon with a watchdog starts" dut_start "$T/dut.conf"
check "it has a thread for it" test -n "$(tid watchdog)"
# A file that is slow to read keeps main for a while.
mkfifo slow
load "watchdog warning 200 ms; debug latency on; debug latency limit 300 ms;
 include \"$T/slow\";" >/dev/null &
loading=$!
(sleep 1; echo "" >slow) &
wait_for 10 said "Thread main has been at one thing for"
check "a thread that stands is named" said "<WARN> Thread main has been at one thing for 0\.[2-9]"
check "and when it goes on" wait_for 10 said "Thread main goes on after"
check "and how long it took" wait_for 10 said "Thread mynahd: a socket's event took [0-9]+"
n=$(seen "Thread main has been")
wait $loading
load "" >/dev/null
load "include \"$T/slow\";" >/dev/null &
loading=$!
(sleep 1; echo "" >slow) &
wait $loading
check_eq "with 5 s of old nobody is" "$(seen "Thread main has been")" "$n"
kill -STOP "$(pid_of dut)"
sleep 1
kill -CONT "$(pid_of dut)"
load "watchdog timeout 1 s;" >/dev/null
kill -STOP "$(pid_of dut)"
sleep 2
kill -CONT "$(pid_of dut)"
check "time in which all stood is not counted" real_says "up and running" show status
load "watchdog timeout 1 s;
 include \"$T/slow\";" >/dev/null &
gone() { not is_running dut; }
check "watchdog timeout ends the daemon" wait_for 20 gone
is_running dut && kill -9 "$(pid_of dut)"
wait "$(pid_of dut)"
check_eq "by SIGABRT" $? 134
check "and the log says why" said "<FATAL> Watchdog: thread main is stuck for 1 s, aborting"
rm -f dut.ctl core*

# Nobody reads its stderr any more, and main waits for that.
conf "watchdog timeout 1 s;" >dut.conf
mkfifo stalled
exec 7<>stalled
python3 -c 'import fcntl; fcntl.fcntl(7, 1031, 4096)' # F_SETPIPE_SZ
"$DUT" -d -c "$T/dut.conf" -s "$T/dut.ctl" >stalled 2>&1 </dev/null &
pid_dut=$!
check "a daemon that writes into a pipe starts" wait_for 20 answers dut.ctl
for _ in $(seq 500); do timeout 2 "$BIRDC" -s "$T/dut.ctl" restart st >/dev/null 2>&1 || break; done
check "watchdog timeout ends one that nobody listens to, too" wait_for 20 gone
is_running dut && kill -KILL "$pid_dut"
wait "$pid_dut"
check_eq "by SIGABRT as well" $? 134
exec 7<&-
rm -f dut.ctl core*

# --- the start and what belongs to it

conf "" >dut.conf
"$DUT" -c "$T/dut.conf" -s "$T/dut.ctl" -P "$T/dut.pid" -D "$T/debug.log" <&- >&- 2>&-
check "it starts with all streams closed" wait_for 20 answers dut.ctl
pid_dut=$(cat dut.pid)
check_eq "and its process id is told" "$(cat "/proc/$pid_dut/comm")" "$(basename "$DUT")"
load "" >/dev/null
said_twice() { grep -q "Reconfigured" dut.log && grep -q "Reconfigured" debug.log; }
check "the file of -D hears of what follows a reload" wait_for 10 said_twice
real down >/dev/null
check "it ends" wait_for 20 gone
mkdir own.pid
start bad "$DUT" -f -c "$T/dut.conf" -s "$T/dut.ctl" -P "$T/own.pid"
wait "$(pid_of bad)"
check_eq "a start without its pid file fails" $? 1
ln -sf none/pid own.lnk
start bad "$DUT" -f -c "$T/dut.conf" -s "$T/dut.ctl" -P "$T/own.lnk"
wait "$(pid_of bad)"
check "and what it could not open is left" test -L own.lnk

conf "cli \"$T/none/x.ctl\";" >dut.conf
start bad "$DUT" -f -c "$T/dut.conf" -s "$T/dut.ctl"
wait "$(pid_of bad)"
check_eq "a start without the folder fails" $? 1
check "and says so" grep -q "Cannot create control socket $T/none/x.ctl" bad.out
finish
