#!/bin/sh
# doc/options.md is what the option table says.
tmp=$(mktemp) || exit 99
trap 'rm -f "$tmp"' EXIT
./mynahd --options >"$tmp" || exit 1
cmp -s "$tmp" "${srcdir:-.}/doc/options.md" && exit 0
diff "${srcdir:-.}/doc/options.md" "$tmp" | head -20
echo "not ok - doc/options.md is old: mynahd --options >doc/options.md"
exit 1
