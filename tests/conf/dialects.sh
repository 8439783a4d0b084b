#!/bin/sh
# The dialect of a file: by what it says, by a flag, by the name of the program.
mynahd=$(pwd)/mynahd
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
status=0

head='router id 10.0.0.1;
protocol device { }'
printf '%s\nprotocol static { route 2001:db8::/32 reject; }\n' "$head" >six.conf
printf '%s\nprotocol static { route 10.0.0.0/8 reject; }\n' "$head" >four.conf
printf '%s\nprotocol static { ipv4; route 10.0.0.0/8 reject; }\n' "$head" >two.conf
printf '%s\ntable t;\nprotocol static { table t; }\n' "$head" >open.conf
printf '%s\nprotocol bgp { local as 1; neighbor 10.0.0.2 as 1; import all; }\n' \
	"$head" >bgp.conf

# says FILE VERDICT FLAGS...: 0 or 1, as by `mynahd FLAGS -p`
says()
{
	file=$1 want=$2
	shift 2
	"${program:-$mynahd}" "$@" -p -c "$file" >out 2>&1
	got=$?
	[ "$got" = "$want" ] && return
	echo "not ok - ${program:-mynahd} $* $file: $got: $(cat out)"
	status=1
}

# holds FILE WORD FLAGS...: the dump has the word
holds()
{
	file=$1 word=$2
	shift 2
	"${program:-$mynahd}" "$@" -p --dump -c "$file" 2>/dev/null | grep -q "$word" && return
	echo "not ok - ${program:-mynahd} $* $file: no $word in the dump"
	status=1
}

for file in six four two open bgp; do
	says $file.conf 0
done
says six.conf 1 --dialect 1.6
says six.conf 0 --dialect 1.6-ipv6
says six.conf 1 --dialect calico
says six.conf 0 --dialect calico-ipv6
says four.conf 1 --dialect 1.6-ipv6
says four.conf 0 --dialect=1.6
says four.conf 1 --dialect 2
says four.conf 1 --dialect 3
says two.conf 0 --dialect 2
says two.conf 0 --dialect 3
says open.conf 1 --dialect 2
says bgp.conf 1 --dialect 2
says bgp.conf 0 --dialect calico
says two.conf 1 --dialect 4
holds open.conf '^	ipv4 {' -4
holds open.conf '^	ipv6 {' -6
holds two.conf '^	ipv4 {' -6
holds four.conf '^	ipv4 {'
ln -s "$mynahd" bird6
ln -s "$mynahd" mynahd6
for program in ./bird6 ./mynahd6; do
	holds open.conf '^	ipv6 {'
	holds open.conf '^	ipv4 {' -4
done
exit $status
