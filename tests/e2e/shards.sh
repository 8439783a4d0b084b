#!/bin/bash
# What other tests promise holds with several shards and io threads, too: they run again
# with the statements in front of their configurations.
here=$(dirname "$0")
status=77
for globals in "threads 2; shards 2;" "threads 3; shards 4;"; do
	echo "# $globals"
	for name in addpath control graceful recover reload scale; do
		[ "$name" != control ] || [ "$globals" = "threads 2; shards 2;" ] || continue
		GLOBALS=$globals "$here/$name.sh" "$@"
		case $? in
		0) [ $status != 77 ] || status=0 ;;
		77) ;;
		*) status=1; echo "not ok - $name with $globals" ;;
		esac
	done
done
exit $status
