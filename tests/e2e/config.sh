#!/bin/bash
# The command line and the configuration file: reflector configurations of both styles run
# with clients, wrong files are refused with their place, and the flags do what BIRD's do.
. "$(dirname "$0")/lib.sh"
GLOBALS='' # the file is named in answers
need "$BIRD2" "$BIRDC"

PROGRAM=$(basename "$DUT")

# A file that names no router id takes the lowest address of an interface.
lan_make
lan_join neighbour 9

client() # n port-of-the-reflector: 127.0.1.n announces 10.n.0.0/24
{
	cat >"c$1.conf" <<-END
	router id 127.0.1.$1;
	protocol device { }
	protocol static { ipv4; route 10.$1.0.0/24 unreachable; }
	protocol static { ipv6; route 2001:db8:$1::/48 unreachable; }
	protocol bgp up {
		local 127.0.1.$1 port 1179 as 64512; strict bind;
		neighbor 127.0.0.1 port $2 as 64512;
		multihop;
		connect delay time 1; connect retry time 1; error wait time 1, 1;
		ipv4 { import all; export where source = RTS_STATIC; };
		ipv6 { import all; export where source = RTS_STATIC;
			next hop address fd99::$1; };
	}
	END
	bird_start "c$1" "$T/c$1.conf"
}
session() { real show protocols "$1" | grep -q Established; }
in_force() { [ "$(grep -c "^protocol bgp" "$T/dut.conf")" = "$1" ] && real_says Reconfigur configure; }

# --- one block for each client, in the style of BIRD 1.6 (BIRD 2 refuses it at `import`)

client 1 179
client 2 179
node() # n
{
	cat <<-END
	protocol bgp node$1 {
	  description "127.0.1.$1";
	  local as 64512;
	  neighbor 127.0.1.$1 as 64512;
	  multihop;
	  rr client;
	  graceful restart;
	  import all;
	  export all;
	}
	END
}
if is_mynah; then
	{
		echo "# BIRD 1.6 style: one block for each client"
		echo "router id 192.0.2.1;"
		node 1
	} >dut.conf
	check "1.6 style: parses" "$DUT" -p -c dut.conf
	check "1.6 style: starts" dut_start "$T/dut.conf"
	check "1.6 style: the session comes up" wait_for 20 session node1
	check "1.6 style: its route arrives" wait_for 10 has_route dut 10.1.0.0/24
	node 2 >>dut.conf
	check "1.6 style: a second block" in_force 2
	check "1.6 style: both sessions are up" wait_for 20 session node2
	check "1.6 style: reflected" wait_for 10 has_route c2 10.1.0.0/24
	check "1.6 style: reflected back" wait_for 10 has_route c1 10.2.0.0/24
	check_eq "1.6 style: cluster id is the router id" "$(bird_route c2 10.1.0.0/24)" \
		"127.0.1.1 127.0.1.1 192.0.2.1"
	dut_stop
	check_eq "1.6 style: ends with 0" $? 0
else
	skip "1.6 style (mynah only)"
fi
stop c1 KILL
stop c2 KILL

# --- templates and channels, in the style of BIRD 2

cat >dut.conf <<'END'
# BIRD 2 style
template bgp clients { local 127.0.0.1 port 1790 as 64512; rr client; rr cluster id 192.0.2.1; passive;
  ipv4 { import all; export all; add paths off; }; ipv6 { import all; export all; }; }
protocol bgp pe1 from clients { neighbor 127.0.1.1 as 64512; }
END
# BIRD finds no router id by itself without a device protocol.
is_mynah || echo "router id 192.0.2.1; protocol device { }" >>dut.conf
client 1 1790
client 2 1790
check "2 style: parses" "$DUT" -p -c dut.conf
check "2 style: starts" dut_start "$T/dut.conf"
[ $failed = 0 ] || finish
check "2 style: the session comes up" wait_for 20 session pe1
check "2 style: its route arrives" wait_for 10 has_route dut 10.1.0.0/24
check "2 style: its IPv6 route arrives" wait_for 10 has_route dut 2001:db8:1::/48
echo "protocol bgp pe2 from clients { neighbor 127.0.1.2 as 64512; }" >>dut.conf
check "2 style: a second client" in_force 2
check "2 style: reflected" wait_for 20 has_route c2 10.1.0.0/24
check "2 style: reflected, IPv6" wait_for 10 has_route c2 2001:db8:1::/48
check_eq "2 style: stamped" "$(bird_route c2 2001:db8:1::/48)" "fd99::1 127.0.1.1 192.0.2.1"

# While it runs: a second one on the socket is refused, -p is not disturbed.
"$DUT" -f -c dut.conf -s "$T/dut.ctl" >second.txt 2>&1 </dev/null
check_eq "second one on the socket ends with 1" $? 1
check "second one says why" grep -q "I found another .* running" second.txt
check "-p works beside it" "$DUT" -p -c dut.conf
check "it still answers" answers "$T/dut.ctl"

# Killed: the socket file stays, the next one takes it over.
stop dut KILL
check "a stale socket is there" test -S dut.ctl
check "a stale socket is taken over" dut_start "$T/dut.conf"
check "the pid file names the process" [ "$(cat dut.pid)" = "$(pid_of dut)" ]
kill -USR1 "$(pid_of dut)"
check "SIGUSR1 does not end it" answers "$T/dut.ctl"
kill -PIPE "$(pid_of dut)"
check "SIGPIPE does not end it" answers "$T/dut.ctl"
dut_stop
check_eq "SIGTERM ends it with 0" $? 0
check "SIGTERM removes the socket" [ ! -e dut.ctl ]
check "SIGTERM removes the pid file" [ ! -e dut.pid ]
stop c1 KILL
stop c2 KILL

# --- -p: places in wrong files, as BIRD has them

wrong() # name line:column text
{
	printf '%s\n' "$3" >wrong.conf
	"$DUT" -p -c wrong.conf >out.txt 2>err.txt </dev/null
	check_eq "$1: -p ends with 1" $? 1
	check "$1: place" grep -qE "^$PROGRAM: wrong.conf:$2 ." err.txt
	check "$1: nothing on standard output" [ ! -s out.txt ]
}
head='router id 1.1.1.1;'
wrong "unknown word" 2:1 "$head"$'\n''bogus;'
wrong "end is missing" '[0-9]+:[0-9]+' "$head"$'\n''protocol device {'
wrong "semicolon is missing" 3:1 "router id 1.1.1.1"$'\n\n''protocol device { }'
bgp="$head"$'\n''protocol bgp a { local as 1; neighbor 127.0.1.1 as'
wrong "unknown filter" 2:76 "$bgp 1; ipv4 { import filter b; }; }"
wrong "client that is external" '2:[0-9]+' "$bgp 2; rr client; }"
wrong "external without policy" '2:[0-9]+' "$bgp 2; ipv4; }"
wrong "hold time out of range" '2:[0-9]+' "$bgp 1; hold time 2; }"
wrong "number too big" '2:[0-9]+' "$head"$'\n''protocol bgp a { local as 99999999999; }'
wrong "address that is none" '2:[0-9]+' \
	"$head"$'\n''protocol bgp a { local as 1; neighbor 999.0.1.1 as 1; }'
wrong "string without end" '2:[0-9]+' "$head"$'\n''protocol device { description "abc'

printf '%s\n' "$head" 'include "inner.conf";' >outer.conf
printf '%s\n' '# one' 'bogus;' >inner.conf
"$DUT" -p -c outer.conf >out.txt 2>err.txt
check_eq "included file: -p ends with 1" $? 1
check "included file: place" grep -qE "^$PROGRAM: .*inner.conf:2:1 ." err.txt

printf '%s\n' "$head" 'protocol device { }' >good.conf
"$DUT" -p -c good.conf >out.txt 2>&1
check_eq "-p with a good file ends with 0" $? 0
check_eq "-p with a good file says nothing" "$(cat out.txt)" ""
"$DUT" -p -c nowhere.conf >out.txt 2>&1
check_eq "-p without a file ends with 1" $? 1
check_eq "-p without a file says so" "$(cat out.txt)" \
	"$PROGRAM: Unable to open configuration file nowhere.conf: No such file or directory"
"$DUT" -f -c wrong.conf -s "$T/w.ctl" >out.txt 2>&1
check_eq "start with a wrong file ends with 1" $? 1
check "start with a wrong file says where" grep -qE "wrong.conf:[0-9]+:[0-9]+ ." out.txt

# --- flags

status_of() { "$@" >out.txt 2>err.txt </dev/null; echo $?; }
check_eq "--version ends with 0" "$(status_of "$DUT" --version)" 0
check "--version is on standard error" grep -qE "version [0-9]+\.[0-9]+" err.txt
check_eq "--help ends with 0" "$(status_of "$DUT" --help)" 0
check "--help lists the flags" grep -q -e "-P <pid-file>\|-P <file>" err.txt
check_eq "-h ends with 0" "$(status_of "$DUT" -h)" 0
check_eq "unknown flag ends with 1" "$(status_of "$DUT" -Z)" 1
check_eq "extra argument ends with 1" "$(status_of "$DUT" -p extra)" 1
check_eq "unknown user ends with 1" "$(status_of "$DUT" -u nosuchuser -c good.conf -s x.ctl)" 1
check_eq "unknown group ends with 1" "$(status_of "$DUT" -g nosuchgroup -c good.conf -s x.ctl)" 1

# In the background: the parent ends with 0 once the child answers or soon will.
check_eq "background: the parent ends with 0" \
	"$(status_of "$DUT" -c "$T/good.conf" -s "$T/bg.ctl" -P "$T/bg.pid")" 0
check "background: it answers" wait_for 10 answers "$T/bg.ctl"
check "background: the pid file is right" kill -0 "$(cat bg.pid)"
kill "$(cat bg.pid)"
check "background: SIGTERM removes the pid file" wait_for 10 [ ! -e bg.pid ]
check "background: SIGTERM removes the socket" wait_for 10 [ ! -e bg.ctl ]

# User and group.
mkdir -p run && chown nobody:nogroup run
chmod 644 good.conf
start user "$DUT" -f -u nobody -g nogroup -c "$T/good.conf" -s "$T/run/u.ctl"
check "-u -g: it answers" wait_for 10 answers "$T/run/u.ctl"
check_eq "-u: runs as the user" "$(stat -c %U "/proc/$(pid_of user)")" nobody
check_eq "-g: runs as the group" "$(stat -c %G "/proc/$(pid_of user)")" nogroup
check_eq "socket: mode and owner" "$(stat -c '%a %U %G' run/u.ctl)" "660 nobody nogroup"
"$BIRDC" -s run/u.ctl configure >out.txt
check_eq "-u: still configures" $? 0
stop user
check_eq "-u: ends with 0" $? 0

# -l: the file and the socket in the current folder.
mkdir -p here && cp good.conf here/bird.conf
cd here || exit 1
start here "$DUT" -f -l
check "-l: it answers" wait_for 10 answers "$T/here/bird.ctl"
cd ..
stop here

# -d says on standard error what it does, -D writes it down, -R is taken.
cp good.conf change.conf
start debug "$DUT" -d -c "$T/change.conf" -s "$T/d.ctl"
check "-d: it answers" wait_for 10 answers "$T/d.ctl"
check "-d: log on standard error" wait_for 5 grep -q Started debug.out

# A wrong file on reload: one line with the place in the reply, the same text in the log.
printf 'protocol static {\n\troute 10.0.0.0/8 nowhere;\n}\n' >>change.conf
"$BIRDC" -s d.ctl configure >out.txt
line=$(grep -E "change.conf:$(($(wc -l <change.conf) - 1)):[0-9]+ ." out.txt)
check "reload of a wrong file: says where" [ -n "$line" ]
check_eq "reload of a wrong file: in one line" "$(tail -n 1 out.txt)" "$line"
check "reload of a wrong file: no source line" not grep -q '\^' out.txt
check "reload of a wrong file: in the log, too" wait_for 5 grep -qF "$line" debug.out
stop debug
check_eq "-d: ends with 0" $? 0
start debug2 "$DUT" -f -D "$T/debug.txt" -R -c "$T/good.conf" -s "$T/d2.ctl"
check "-D -R: it answers" wait_for 10 answers "$T/d2.ctl"
check "-D: the file is written" wait_for 5 test -s debug.txt
stop debug2
check_eq "-D: ends with 0" $? 0
finish
