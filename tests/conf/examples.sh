#!/bin/sh
# Every example configuration is taken by the daemon without a word, and by the BIRD whose
# language it is written in, if that is here. Run by `make check` in the build folder.
status=0

# taken PROGRAM FILE
taken()
{
	said=$("$1" -p -c "$2" 2>&1) && [ -z "$said" ] && echo "ok - $1 $2" && return
	echo "not ok - $1 $2: $said"
	status=1
}

for file in "${srcdir:-.}"/examples/*.conf; do
	case $file in
	*/bird16.conf) bird=bird1/usr/sbin/bird ;;
	*/quickstart.conf | */reflector.conf) bird=$(PATH=$PATH:/usr/sbin command -v bird) ;;
	*) bird='' ;; # words of later versions, or our own
	esac
	taken ./mynahd "$file"
	[ ! -x "$bird" ] || taken "$bird" "$file"
done
exit $status
