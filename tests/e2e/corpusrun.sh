#!/bin/bash
# Real configurations of route reflectors (../shared/corpus), run one by one in worlds that
# have the interfaces and addresses they name: mynahd starts and opens the sessions the file
# describes, and `show protocols` and the neighbours' tables agree with the real BIRD of the
# dialect.  Nothing of the corpus is in the repository: without it there is nothing to run.
#     CASES=WORD tests/e2e/corpusrun.sh      only those with the word in their name
. "$(dirname "$0")/lib.sh"
need "$BIRD2" "$BIRDC" python3 ip
is_mynah || skip_all "mynah only"
[ -r "$SHARED/corpus/manifest.tsv" ] || skip_all "no corpus in $SHARED"
[ -x "$BIRD1/usr/sbin/bird" ] || skip "BIRD 1.6 is not here to compare with"

export T
python3 "$E2E/corpusrun" "$SHARED/corpus" "${CASES-}" >found.txt 2>&1
check "all cases were looked at" relay found.txt
finish
