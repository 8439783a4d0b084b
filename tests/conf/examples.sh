#!/bin/sh
# Every example configuration is taken by the daemon. Run by `make check` in the build folder.
status=0
for file in "${srcdir:-.}"/examples/*.conf; do
	if ./mynahd -p -c "$file"; then
		echo "ok - $file"
	else
		echo "not ok - $file"
		status=1
	fi
done
exit $status
