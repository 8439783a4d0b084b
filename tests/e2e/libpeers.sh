# shellcheck shell=bash
# The daemons of other projects that tests speak with, each in a network namespace of its own:
# which are here, heads of their configurations, how they are started and asked.  BIRD 2 is in
# lib.sh, which sources this file.

# --- FRR, in the namespace $FRR, its files in the folder of that name

FRR=frr
# frr_installed DAEMON: is it installed?
frr_installed() { [ -x "/usr/lib/frr/$1" ] && command -v vtysh >/dev/null; }

# frr_files: its folder; then what is piped into $FRR/bgpd.conf, then frr_start, or zebra_start
# and frr_daemon NAME DAEMON [FLAGS...].
frr_files()
{
	mkdir -p "$T/$FRR"
	chown frr:frr "$T/$FRR"
	echo "hostname frr" >"$T/$FRR/zebra.conf"
}
frr_daemon()
{
	local name=$1 daemon=$2
	shift 2
	start "$name" ip netns exec "$FRR" "/usr/lib/frr/$daemon" -f "$T/$FRR/$daemon.conf" \
		-i "$T/$FRR/$daemon.pid" -z "$T/$FRR/zserv.api" --vty_socket "$T/$FRR" \
		-A 127.0.0.1 --log "file:$T/$FRR/$daemon.log" "$@"
}
zebra_start()
{
	frr_daemon "${FRR}_zebra" zebra
	wait_for 10 test -S "$T/$FRR/zserv.api"
}
# frr_sh COMMAND [DAEMON]: asks bgpd, or another one.
frr_sh() { vtysh --vty_socket "$T/$FRR" -d "${2-bgpd}" -c "$1" 2>/dev/null; }

# frr_start: zebra and bgpd, whose process is called as the namespace.
frr_start()
{
	zebra_start
	frr_daemon "$FRR" bgpd
	wait_for 20 frr_sh "show version"
}

# frr_bgp AS ROUTER-ID: the head of bgpd.conf, without policies that are asked for.
frr_bgp()
{
	cat <<-END
	hostname frr
	router bgp $1
	 bgp router-id $2
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	END
}
# frr_neighbor ADDRESS AS [LINE...]: one that is called often.
frr_neighbor()
{
	local to=$1
	printf ' neighbor %s remote-as %s\n neighbor %s timers connect 2\n' "$to" "$2" "$to"
	shift 2
	[ $# = 0 ] || printf " neighbor $to %s\n" "$@"
}
# frr_family FAMILY NEIGHBOR [LINE...]: the neighbour has the family, with these lines.
frr_family()
{
	local to=$2
	printf ' address-family %s\n  neighbor %s activate\n' "$1" "$to"
	shift 2
	[ $# = 0 ] || printf '  %s\n' "$@"
	echo " exit-address-family"
}

# --- GoBGP, in namespaces of any name

gobgp_there() { command -v gobgpd >/dev/null && command -v gobgp >/dev/null; }

# gobgp_global AS ROUTER-ID, then gobgp_neighbor and its gobgp_family: a configuration.
gobgp_global() { printf '[global.config]\n  as = %s\n  router-id = "%s"\n' "$1" "$2"; }
# gobgp_neighbor ADDRESS|INTERFACE AS [LINE...]: lines of its config, or of [neighbors.X]
gobgp_neighbor()
{
	local word=neighbor-interface
	case $1 in *[.:]*) word=neighbor-address ;; esac
	cat <<-END
	[[neighbors]]
	  [neighbors.timers.config]
	    connect-retry = 2
	    idle-hold-time-after-reset = 1
	  [neighbors.config]
	    $word = "$1"
	    peer-as = $2
	END
	shift 2
	[ $# = 0 ] || printf '    %s\n' "$@"
}
# gobgp_family NAME [LINE...]: lines of [neighbors.afi-safis.X] and what is in it.
gobgp_family()
{
	printf '  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n'
	printf '      afi-safi-name = "%s"\n' "$1"
	shift
	[ $# = 0 ] || printf '    %s\n' "$@"
}
# gobgp_start NAME [FLAGS...]: in the namespace NAME, with NAME.conf.
gobgp_start()
{
	local name=$1
	shift
	start "$name" ip netns exec "$name" gobgpd -f "$T/$name.conf" -l info \
		--api-hosts 127.0.0.1:50051 "$@"
	wait_for 20 gobgp_sh "$name" global
}
# gobgp_sh NAME COMMAND...
gobgp_sh() { local ns=$1; shift; inside "$ns" gobgp -u 127.0.0.1 "$@" 2>&1; }

# --- OpenBGPD, in the namespace openbgpd, with openbgpd.conf

openbgpd_there() { [ -x /usr/sbin/bgpctl ] && id _openbgpd >/dev/null 2>&1; }
openbgpd_start()
{
	mkdir -p /run/openbgpd
	chmod 600 "$T/openbgpd.conf"
	start openbgpd ip netns exec openbgpd bgpd -d -f "$T/openbgpd.conf"
	wait_for 20 bgpctl show
}

# --- ExaBGP, in the namespace exabgp, with exabgp.conf: what it receives is in exabgp.json

exabgp_there() { command -v exabgp >/dev/null && command -v python3 >/dev/null; }
# exabgp_sink: the part of exabgp.conf in front of the neighbour, which has
# "api { processes [ sink ]; receive { parsed; update; } }".
exabgp_sink()
{
	# stdout stays open: ExaBGP takes its end for the end of the process
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nwhile read -r x; do echo "$x" >>%s/exabgp.json; done\n' "$T" \
		>"$T/exabgp.sh"
	chmod 755 "$T/exabgp.sh"
	: >"$T/exabgp.json"
	printf 'process sink {\n\trun %s/exabgp.sh;\n\tencoder json;\n}\n' "$T"
}
exabgp_start()
{
	start exabgp ip netns exec exabgp env exabgp.daemon.user=root \
		exabgp.daemon.drop=false exabgp.api.cli=false exabgp "$T/exabgp.conf"
}
