#!/bin/bash
# Tables of origins: roa_check beside the real BIRD on random ROAs and routes, filters that
# run again when ROAs change, and protocol rpki with Debian's stayrtr as the cache.
. "$(dirname "$0")/lib.sh"
need python3 "$BIRD2" "$BIRDC"

cli() { "$DUTC" -s "$T/$1.ctl" "${@:2}" 2>&1 | grep -v ' ready\.$'; }

# --- roa_check, beside BIRD

cat >make.py <<'END'
import random, ipaddress
random.seed(7)
def net(six):
    if six:
        p = random.choice([19, 29, 32, 32, 36, 44, 48])
        a = (0x2001 << 112) | random.getrandbits(3) << 100 | random.getrandbits(4) << 90 | \
            random.getrandbits(6) << 80
        return ipaddress.ip_network((a, p), strict=False)
    p = random.choice([14, 16, 16, 20, 22, 24, 24])
    a = 10 << 24 | random.getrandbits(6) << 18 | random.getrandbits(3) << 14 | \
        random.getrandbits(4) << 8
    return ipaddress.ip_network((a, p), strict=False)
with open('roas.conf', 'w') as f:
    f.write('roa4 table r4;\nroa6 table r6;\n')
    for six in (False, True):
        f.write('protocol static o%d { roa%d { table r%d; };\n' % ((6 if six else 4,) * 3))
        for n in {(net(six), random.randrange(3), random.randrange(4)) for _ in range(300)}:
            f.write(' route %s max %d as %d;\n' %
                (n[0], min(n[0].prefixlen + n[1] * 4, 128 if six else 32), n[2]))
        f.write('}\n')
with open('exprs', 'w') as f:
    for i in range(3000):
        six = i % 3 == 0
        n = net(six)
        if random.random() < .3 and n.prefixlen < 28:
            n = next(n.subnets(4))
        f.write('eval roa_check(r%d, %s, %d)\n' % (6 if six else 4, n, random.randrange(5)))
END
python3 make.py
cat >eval.conf <<'END'
router id 192.0.2.1;
log stderr all;
protocol device { }
include "roas.conf";
END
start bird "$BIRD2" -f -c eval.conf -s "$T/bird.ctl"
start mine "$DUT" -f -c eval.conf -s "$T/mine.ctl"
wait_for 20 answers "$T/bird.ctl"
wait_for 20 answers "$T/mine.ctl"
counts() { cli mine show route table r4 count | grep -q '[1-9][0-9]* of [1-9]'; }
wait_for 20 counts
"$BIRDC" -s "$T/bird.ctl" <exprs | grep -o "(enum 35)." >bird.eval
"$DUTC" -s "$T/mine.ctl" <exprs | grep -o "(enum 35)." >mine.eval
check "3,000 answers" [ "$(grep -c enum mine.eval)" = 3000 ]
check "all three answers are there" [ "$(sort -u mine.eval | wc -l)" = 3 ]
check "show memory counts them" [ "$("$DUTC" -s "$T/mine.ctl" --json show memory |
	grep -o '"origins":[0-9]*' | cut -d: -f2)" -gt 10000 ]
check "roa_check says what BIRD says" cmp -s bird.eval mine.eval
check_eq "show route lists the same ROAs" \
	"$(cli mine show route table all | sed 's/ *\[.*//' | sort)" \
	"$("$BIRDC" -s "$T/bird.ctl" show route table all | grep -v ready | sed 's/ *\[.*//' | sort)"
stop bird
stop mine

# --- filters run again when ROAs change

# dut ROAS: `peer` tells routes, `sink` is told those that are not invalid.
dut()
{
	cat >dut.conf <<-END
	router id 192.0.2.1;
	log stderr all;
	roa4 table r4 { min settle time 200 ms; max settle time 2 s; };
	roa6 table r6 { min settle time 200 ms; max settle time 2 s; };
	protocol device { }
	protocol static o { roa4 { table r4; }; $1 }
	$2
	filter valid { if roa_check(r4) = ROA_INVALID then reject; accept; }
	filter named { if roa_check(r4, net, bgp_path.last) = ROA_INVALID then reject; accept; }
	ipv4 table behind; ipv4 table off; ipv4 table own;
	filter mine { if roa_check(r4, net, 65001) = ROA_INVALID then reject; accept; }
	protocol pipe pp { table master4; peer table behind; import none; export filter named; }
	protocol static st { ipv4 { table own; import filter mine; }; route 10.9.0.0/16 unreachable; }
	protocol static so { ipv4 { table off; import filter mine; rpki reload off; };
		route 10.9.0.0/16 unreachable; }
	template bgp t { local 127.0.0.1 port 1790 as 64512; multihop; passive; rr client; }
	protocol bgp peer from t { neighbor 127.0.0.2 as 64512;
		ipv4 { import all; export none; }; }
	protocol bgp judged from t { neighbor 127.0.0.3 as 64512;
		ipv4 { import filter named; export none; }; }
	protocol bgp sink from t { neighbor 127.0.0.4 as 64512;
		ipv4 { import none; export filter valid; }; }
	END
}
bird_peer() # NAME ADDRESS NETS...
{
	local name=$1 address=$2 n
	{
		echo "router id $address; log stderr all; protocol device { }"
		echo "protocol static { ipv4;"
		for n in "${@:3}"; do echo "route $n blackhole { bgp_path.prepend(65001); };"; done
		echo "}"
		echo "protocol bgp home { local $address as 64512; strict bind;" \
			"neighbor 127.0.0.1 port 1790 as 64512; multihop; connect delay time 1;" \
			"ipv4 { import all; export all; }; }"
	} >"$name.conf"
	start "$name" "$BIRD2" -f -c "$name.conf" -s "$T/$name.ctl"
}
has() { "$BIRDC" -s "$T/$1.ctl" show route "$2" | grep -q "$2"; }
in_table() { cli dut show route "$2" table "$1" | grep -q "$2"; }
mine_has() { cli dut show route "$1" protocol judged | grep -q "$1"; }
reload() { dut "$@"; cli dut configure >/dev/null; }

dut "route 10.0.0.0/8 max 24 as 65001;" ""
start dut "$DUT" -f -c dut.conf -s "$T/dut.ctl"
wait_for 20 answers "$T/dut.ctl"
bird_peer peer 127.0.0.2 10.1.0.0/16 192.0.2.0/24
bird_peer judged 127.0.0.3 10.3.0.0/16 198.51.100.0/24
bird_peer sink 127.0.0.4
check "a valid route is told" wait_for 30 has sink 10.1.0.0/16
check "an unknown one too" wait_for 20 has sink 192.0.2.0/24
check "a valid route is taken" wait_for 20 mine_has 10.3.0.0/16
check "it goes through a pipe" wait_for 20 in_table behind 10.1.0.0/16
check "a static route is taken" wait_for 20 in_table own 10.9.0.0/16
reload "route 10.0.0.0/8 max 24 as 5; route 192.0.2.0/24 max 24 as 5;" ""
check "what is invalid now is taken back" wait_for 20 not has sink 10.1.0.0/16
check "also what was unknown" wait_for 20 not has sink 192.0.2.0/24
check "other routes stay" has sink 198.51.100.0/24
mynah_only "the import filter has run again" wait_for 20 not mine_has 10.3.0.0/16
check "a pipe takes it back" wait_for 20 not in_table behind 10.1.0.0/16
mynah_only "so does a static protocol" wait_for 20 not in_table own 10.9.0.0/16
check "not with \`rpki reload off\`" in_table off 10.9.0.0/16
reload "route 192.0.2.0/24 max 24 as 65001;" ""
mynah_only "a pipe brings it again" wait_for 20 in_table behind 10.1.0.0/16
mynah_only "and a static protocol" wait_for 20 in_table own 10.9.0.0/16
check "what is unknown again is told" wait_for 20 has sink 10.1.0.0/16
check "and what is valid" wait_for 20 has sink 192.0.2.0/24
mynah_only "and taken" wait_for 20 mine_has 10.3.0.0/16

# --- rpki

cache() # ROAS...
{
	local roa sep="" text='{"metadata":{"buildtime":"2020-01-01T00:00:00Z"},"roas":['
	for roa; do
		read -r net max as <<<"${roa//,/ }"
		text+="$sep{\"prefix\":\"$net\",\"maxLength\":$max,\"asn\":\"AS$as\",\"ta\":\"x\"}"
		sep=,
	done
	echo "$text]}" >cache.new
	mv cache.new cache.json
}
stayrtr_start()
{
	start cache stayrtr -bind 127.0.0.1:3323 -cache "$T/cache.json" -checktime=false \
		-refresh 1 -metrics.addr "" -loglevel warning
}
known() { [ "$(cli dut show route table "$1" | grep -c "$2")" = "$3" ]; }
status() { cli dut show protocols all cache | grep -q "$1"; }

if [ -n "$(command -v stayrtr)" ] && is_mynah; then
	rpki='protocol rpki cache { roa4 { table r4; }; roa6 { table r6; };
		remote 127.0.0.1 port 3323; retry keep 1; refresh keep 1; expire keep 600; }'
	cache 10.1.0.0/16,16,5 2001:db8::/32,48,7 10.3.0.0/16,16,5
	stayrtr_start
	reload "" "$rpki"
	check "ROAs come from the cache" wait_for 30 known r4 'AS5 .*cache' 2
	check "of IPv6 too" wait_for 10 known r6 '2001:db8::/32-48 AS7' 1
	check "the status says so" status 'Status: *Established'
	check "what they make invalid is taken back" wait_for 20 not has sink 10.1.0.0/16
	check "and not taken" wait_for 20 not mine_has 10.3.0.0/16
	cache 10.3.0.0/16,16,65001 2001:db8::/32,48,7
	kill -HUP "$(pid_of cache 2>/dev/null || cat cache.pid 2>/dev/null)" 2>/dev/null
	check "a new serial brings the changes" wait_for 40 known r4 'AS65001 .*cache' 1
	check "and takes what went" wait_for 10 known r4 'AS5 .*cache' 0
	check "routes that are fine again come back" wait_for 20 has sink 10.1.0.0/16
	check "by route refresh too" wait_for 20 mine_has 10.3.0.0/16
	stop cache
	check "the session's end is seen" wait_for 20 status 'Status: *Transport-Error'
	check "what is known stays" known r4 'AS65001 .*cache' 1
	cache 172.16.0.0/12,12,9
	stayrtr_start
	check "a cache with another session is asked for all" wait_for 40 known r4 'AS9 .*cache' 1
	check "what it does not say goes" wait_for 10 known r4 'AS65001 .*cache' 0
	cli dut disable cache >/dev/null
	check "without the protocol nothing is known" wait_for 10 known r4 'cache' 0
	cli dut enable cache >/dev/null
	check "with it again" wait_for 30 known r4 'AS9 .*cache' 1
	stop cache
	# a cache that answers nonsense
	start liar python3 -c '
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 3323)); s.listen()
while True:
    c, _ = s.accept(); c.recv(64)
    c.sendall(b"\1\3\0\7\0\0\0\10" + b"\1\4\0\0\0\0\0\24\1\44\20\0" + bytes(8)); c.recv(64)
'
	check "wrong bytes end the session" wait_for 20 status 'Status: *Cache-Error'
	check "and change nothing" known r4 'AS9 .*cache' 1
	check "the daemon lives" cli dut show status
	stop liar
	# and one that never comes to the end of its data
	start endless python3 -c '
import socket, struct
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 3323)); s.listen()
while True:
    c, _ = s.accept(); c.recv(64)
    c.sendall(b"\1\3\0\7\0\0\0\10")
    try:
        for n in range(1 << 12):
            c.sendall(b"".join(b"\1\4\0\0\0\0\0\24\1\40\40\0" +
                struct.pack(">II", n << 12 | i, 1) for i in range(1 << 12)))
    except OSError:
        pass
'
	reload "" "${rpki/retry keep 1/retry keep 100}"
	sleep 2 # an attempt of before may run for a second
	cli dut reload cache >/dev/null
	check "too many records end the session" wait_for 60 \
		grep -q "More than 4000000 records in one answer" dut.out
	check "what was known stays" known r4 'AS9 .*cache' 1
	stop endless
else
	skip "rpki (stayrtr is not here, or not mynah)"
fi

# --- a cache with 200,000 ROAs, half of which it takes back at once

if is_mynah; then
	start large python3 -c '
import socket, struct
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 3324)); s.listen()
def records(add, step):
    for n in range(0, 200000, step):
        yield b"\1\4\0\0\0\0\0\24" + bytes([add]) + b"\40\40\0" + struct.pack(">II", n << 6, 1)
def answer(c, serial, add, step):
    c.sendall(b"\1\3\0\7\0\0\0\10" + b"".join(records(add, step)) +
        b"\1\7\0\7\0\0\0\30" + struct.pack(">IIII", serial, 3600, 600, 7200))
c, _ = s.accept(); c.recv(64)
answer(c, 1, 1, 1)
c.sendall(b"\1\0\0\7\0\0\0\14" + struct.pack(">I", 2))
c.recv(64)
answer(c, 2, 0, 2)
c.recv(64)
'
	cat >large.conf <<'END'
router id 192.0.2.1;
log stderr all;
roa4 table r4;
protocol device { }
protocol rpki cache { roa4 { table r4; }; remote 127.0.0.1 port 3324; retry keep 1; }
END
	start loaded "$DUT" -f -c large.conf -s "$T/loaded.ctl"
	half() { cli loaded show route table r4 count | grep -q '^100000 of 100000'; }
	check "a change behind a load that is still being told" wait_for 60 half
	check_eq "and the filters know the same" \
		"$(cli loaded eval 'roa_check(r4, 0.0.0.64/32, 1)'
		cli loaded eval 'roa_check(r4, 0.0.0.0/32, 1)')" "(enum 35)1
(enum 35)0"
	stop loaded
	stop large
fi

# --- ASPA: its providers are an attribute

if is_mynah; then
	cat >aspa.conf <<'END'
router id 192.0.2.1;
log stderr all;
aspa table at;
protocol device { }
protocol static a { aspa; route aspa 65000 providers 65001, 65002; route aspa 65003 transit; }
END
	start aspa "$DUT" -f -c aspa.conf -s "$T/aspa.ctl"
	wait_for 20 answers "$T/aspa.ctl"
	wait_for 20 eval "cli aspa show route table at count | grep -q '2 of 2'"
	check_eq "an ASPA's providers are shown" \
		"$(cli aspa show route all table at | grep -o 'aspa_providers.*65.*')" \
		"aspa_providers: (0,65001) (0,65002)"
	check_eq "and a filter can ask for them" \
		"$(cli aspa show route table at where '(0,65002) ~ aspa_providers' | grep -c '^65000 ')" 1
fi

# --- 1.6: what an operator adds, beside the real BIRD 1.6

if [ -x "$BIRD1/usr/sbin/bird" ] && is_mynah; then
	cat >old.conf <<'END'
router id 192.0.2.1;
log stderr all;
roa table r1 { roa 192.0.2.0/24 max 24 as 64999; roa 10.0.0.0/8 max 24 as 1;
	roa 10.0.0.0/8 max 16 as 2; roa 10.1.0.0/16 max 24 as 1; }
roa table r2 { roa 192.0.2.0/24 max 24 as 5; }
protocol device { }
END
	cat >asked <<'END'
show roa
show roa table r2
show roa in 10.0.0.0/8
show roa for 10.1.2.0/24
show roa for 203.0.113.0/24
show roa 10.0.0.0/8
show roa 10.0.0.0/8 as 2
show roa as 1
show roa as 1 as 2
show roa as 0
show roa as 7
show roa table r1 as 1 in 10.1.0.0/16
show roa for 10.1.2.3
show roa 10.0.0.1/8
show roa 10.0.0.0/8 max 24
show roa 10.0.0.0/8 in 10.0.0.0/8
show roa for
show roa foo
show roa table
show roa table nix
show roa table master
show symbols roa
add roa 10.0.0.0/8 max 24 as 3
add roa 10.0.0.0/8 max 24 as 3
add roa 10.0.0.0/8 max 24 as 1
add roa 10.0.0.0/8 max 24 as 8 table r2
add roa 10.0.0.0/8 as 1
add roa 10.0.0.0/8 max 24
add roa 10.0.0.1/8 max 24 as 1
add roa 10.0.0.0/8 max 24 as 1 table nix
add
add foo
show roa
show roa table r2
eval roa_check(r1, 10.0.0.0/16, 3)
eval roa_check(r1, 10.0.0.0/16, 4)
eval roa_check(r2, 10.0.0.0/16, 8)
delete roa 10.0.0.0/8 max 24 as 77
delete roa 10.0.0.0/8 max 16 as 2
delete roa 10.0.0.0/8 max 24 as 3
eval roa_check(r1, 10.0.0.0/16, 3)
show roa
add roa 11.0.0.0/8 max 24 as 3
configure
show roa
flush roa
show roa
show roa table r2
flush roa table r2
flush roa table nix
flush roa foo
flush
delete
show roa table r2
eval roa_check(r2, 10.0.0.0/16, 8)
restrict
show roa
add roa 10.0.0.0/8 max 24 as 3
delete roa 10.0.0.0/8 max 24 as 3
flush roa
END
	start bird1 "$BIRD1/usr/sbin/bird" -f -c old.conf -s "$T/bird1.ctl"
	start old "$DUT" -f -c old.conf -s "$T/old.ctl"
	wait_for 20 answers "$T/bird1.ctl"
	wait_for 20 answers "$T/old.ctl"
	# each answer with its lines sorted: the order within a table is nobody's promise
	ask_all()
	{
		python3 - "$1" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(20)
f = s.makefile('r')
def answer():
    lines = []
    while True:
        line = f.readline()
        if not line:
            sys.exit('closed')
        if line[:4].isdigit() and line[4] == ' ':
            return sorted(lines) + [line]
        lines.append(line[5:] if line[:4].isdigit() else line[1:])
answer()
for c in open('asked'):
    s.sendall(c.encode())
    print('>>> ' + c + ''.join(answer()), end='')
END
	}
	ask_all "$T/bird1.ctl" >bird1.said
	ask_all "$T/old.ctl" >old.said
	check "BIRD 1.6 has answered all" [ "$(grep -c '>>>' bird1.said)" = "$(wc -l <asked)" ]
	check_eq "ROA commands answer as BIRD 1.6" "$(cat old.said)" "$(cat bird1.said)"
	# there BIRD 1.6 forgets the end of its answer
	check_eq "a network without a ROA" "$(cli old show roa 10.0.0.0/9)" "Network not in table"
	python3 -c '
for i in range(70000):
    print("add roa 12.%d.%d.0/24 max 24 as %d" % (i >> 8 & 255, i & 255, 1 + (i >> 16)))' |
		"$DUTC" -s "$T/old.ctl" >/dev/null
	check_eq "many that a tool adds are there at once" \
		"$(cli old show roa in 12.0.0.0/8 | grep -c '^12\.')" 70000
	check_eq "and filters ask them" "$(cli old eval 'roa_check(r1, 12.0.9.0/24, 1)')" \
		"(enum 35)1"
	stop bird1
	stop old
	start two "$DUT" -f -c eval.conf -s "$T/two.ctl"
	wait_for 20 answers "$T/two.ctl"
	check_eq "BIRD 2 has no such commands" "$(cli two show roa)" \
		"syntax error, unexpected CF_SYM_UNDEFINED"
	stop two
else
	skip "ROA commands of 1.6 (no BIRD 1.6 here)"
fi
finish
