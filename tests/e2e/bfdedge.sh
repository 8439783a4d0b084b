#!/bin/bash
# BFD at its edges: authentication said in two places, for the interface and for the BGP
# session, where what a session does not say is the interface's (BIRD 2 as neighbours); strict
# bind with many addresses; and on an interface that goes and comes back as another.
. "$(dirname "$0")/lib.sh"
is_mynah || skip_all "BIRD 2.0.12 has no passwords in BGP's bfd"
need "$BIRD2" "$BIRDC" bridge
lan_make

conf() # options of the sessions with 2, 3, ...
{
	local n=2
	cat <<-END
	log "$T/dut.log" all;
	router id 192.0.2.1;
	protocol device { }
	protocol bfd bfd1 {
		interface "lan" { interval 50 ms; authentication keyed sha1; password "link"; };
	}
	END
	for options in "$@"; do
		echo "protocol bgp c$n { local as 64512; neighbor 10.99.0.$n as 64512; direct; ipv4;
			bfd { $options }; }"
		n=$((n + 1))
	done
}
client() # n authentication
{
	lan_join "n$1" "$1"
	cat >"c$1.conf" <<-END
	router id 10.99.0.$1;
	protocol device { }
	protocol bfd { interface "eth*" { interval 50 ms; $2 }; neighbor 10.99.0.1; }
	END
	bird_start "c$1" "$T/c$1.conf" ip netns exec "n$1"
}
state_is() # address state
{
	birdc dut show bfd sessions | awk -v a="$1" -v s="$2" '$1 == a { n += $3 == s } END { exit n != 1 }'
}

conf 'password "own";' 'authentication keyed md5;' 'authentication none;' 'password "own";' \
	'multiplier 3;' >dut.conf
dut_start "$T/dut.conf" || { cat dut.out; exit 1; }
client 2 'authentication keyed sha1; password "own";'
client 3 'authentication keyed md5; password "link";'
client 4 'authentication keyed sha1; password "link";'
client 5 ''
client 6 'authentication keyed sha1; password "link";'
check "nothing said: as on the link" wait_for 20 state_is 10.99.0.6 Up
check "a password, the link's authentication" wait_for 20 state_is 10.99.0.2 Up
check "an authentication, the link's password" wait_for 20 state_is 10.99.0.3 Up
check "none: as the link" wait_for 20 state_is 10.99.0.4 Up
check "who has no authentication does not come up" state_is 10.99.0.5 Down
dut_stop
check_eq "it ends with 0" $? 0

# --- strict bind

many=80
pair() # as the other end sees it
{
	ip link add pair type veth peer name eth0 netns pair
	ip addr add 10.98.0.1/24 dev pair
	ip link set pair up
	ip -n pair addr add 10.98.0.2/24 dev eth0
	ip -n pair link set eth0 up
}
strict() # router id, lines
{
	cat <<-END
	log "$T/strict.log" all;
	router id $1;
	protocol device { scan time 1; }
	protocol bfd bfd1 { strict bind on; interface "*" { interval 100 ms; }; $2 }
	END
}
here="" there=""
lan_join n7 7
ip netns add pair
for i in $(seq $many); do
	ip addr add "10.99.1.$i/16" dev lan
	ip -n n7 addr add "10.99.2.$i/16" dev eth0
	here+="neighbor 10.99.2.$i dev \"lan\" local 10.99.1.$i; "
	there+="neighbor 10.99.1.$i dev \"eth0\" local 10.99.2.$i; "
done
pair
strict 192.0.2.1 "$here neighbor 10.98.0.2 dev \"pair\";" >dut.conf
strict 192.0.2.2 "$there" >seven.conf
strict 192.0.2.3 'neighbor 10.98.0.1 dev "eth0";' >pair.conf
dut_start "$T/dut.conf" || { cat dut.out; exit 1; }
start seven ip netns exec n7 "$DUT" -f -c "$T/seven.conf" -s "$T/seven.ctl" -P "$T/seven.pid"
start pair ip netns exec pair "$DUT" -f -c "$T/pair.conf" -s "$T/pair.ctl" -P "$T/pair.pid"
all_up() { [ "$(birdc dut show bfd sessions | grep -c "^10.99.2.* Up ")" = "$many" ]; }
check "strict bind, $many addresses: all up" wait_for 30 all_up
check "and one on another link" wait_for 20 state_is 10.98.0.2 Up
ip link del pair
gone() { ! birdc dut show bfd sessions | grep -q "^10.98.0.2"; }
check "the link goes, and the session" wait_for 10 gone
pair
check "another link of the name: it is heard" wait_for 20 state_is 10.98.0.2 Up

# --- who asks and reads slowly, while sessions come

cat >slow.py <<-'END'
import socket, subprocess, sys
	s = socket.socket(socket.AF_UNIX)
	s.connect(sys.argv[1])
	s.setblocking(False)
	sent = 0
	try: # so much that the answers do not go into the socket
	    while sent < 3000:
	        s.send(b"show bfd sessions all\n")
	        sent += 1
	except BlockingIOError:
	    pass
	subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
	s.settimeout(60)
	s.shutdown(socket.SHUT_WR)
	got = b""
	while data := s.recv(1 << 20):
	    got += data
	print("new" if b"10.99.3.9" in got else "old", "whole" if got.endswith(b"\n") else "part")
	END
more=""
for i in $(seq $((2 * many))); do more+="neighbor 10.99.3.$i dev \"lan\" local 10.99.0.1; "; done
strict 192.0.2.1 "$here $more" | sed 's/strict bind on; //' >dut.conf
check_eq "sessions come and go while they are shown" \
	"$(python3 slow.py "$T/dut.ctl" "$BIRDC" -s "$T/dut.ctl" configure)" "new whole"
dut_stop
check_eq "it ends with 0" $? 0
finish
