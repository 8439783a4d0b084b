#!/bin/bash
# What most machines' kernels have not, seen all the same: VRFs, MPLS, TCP-AO.  User Mode
# Linux is a kernel that runs as a program, without any rights and without KVM; in it these
# tests run as they do outside.
#
# The kernel is $UML, or what tests/uml/kernel has built, or Debian's of the package
# user-mode-linux, which is Linux 6.1 and has no TCP-AO.
[ -z "${UML-}" ] || UML=$(realpath "$UML")
export UML
. "$(dirname "$0")/lib.sh"
is_mynah || skip_all "mynah only"
need "$BIRD2" "$BIRDC" perl
! grep -qa '__[at]san_init' "$DUT" || skip_all "no room for the shadow memory of a sanitizer"

LINUX=${UML-}
for path in "$BUILD/uml/linux" "$TOP/build/uml/linux" /usr/bin/linux.uml; do
	[ -n "$LINUX" ] || [ ! -x "$path" ] || LINUX=$path
done
[ -n "$LINUX" ] || skip_all "no User Mode Linux (package user-mode-linux, or tests/uml/kernel)"
tests="vrf bfdvrf mpls tcpao aopeers"
if [ "$LINUX" = /usr/bin/linux.uml ]; then
	need modprobe
	tests="vrf bfdvrf mpls"
fi

# The memory of the kernel is a file, which is much slower on a disk.
mkdir -p "$T/uml" "$T/mem"
mount -t tmpfs tmpfs "$T/mem"
boot() # the plan of $T/uml
{
	start uml timeout $((220 * SLOW)) env HOME="$T/uml" TMPDIR="$T/mem" "$LINUX" mem=512M \
		root=/dev/root rootfstype=hostfs rootflags=/ ro init="$TOP/tests/uml/init" \
		uml_test="$T/uml" uml_dir="$T/uml/" con=null con0=null,fd:1 ssl=null \
		selinux=0 quiet
	wait "$(pid_of uml)"
}
said() # NAME: the results of a test, as ours
{
	local status
	status=$(cat "$T/uml/$1.status" 2>/dev/null)
	[ -e "$T/uml/$1.said" ] || { fail "$1 has run"; return; }
	relay <(sed -E "s/^((not )?ok|skip) - (.*)/\1 - $1: \3/" "$T/uml/$1.said")
	case $status in
	0|1|77) ;;
	*) fail "$1: ended with status ${status:-none}" ;;
	esac
}

declare -p BUILD DUT DUTC BIRD2 BIRDC BIRD1 SHARED SLOW | sed 's/^declare -[^ ]*/export/' >"$T/uml/env"
echo "here uname -r" >"$T/uml/plan"
for test in $tests; do
	echo "$test $E2E/$test.sh"
done >>"$T/uml/plan"
boot
umount "$T/mem"
[ -s "$T/uml/here.said" ] || {
	tail -n 3 "$T/uml.out"
	skip_all "User Mode Linux does not run on this machine"
}
echo "Linux $(cat "$T/uml/here.said") of $LINUX"
for test in $tests; do said "$test"; done
[ "$LINUX" != /usr/bin/linux.uml ] || skip "TCP-AO, signed (Linux 6.7 or newer: tests/uml/kernel builds one)"
finish
