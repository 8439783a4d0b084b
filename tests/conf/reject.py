#!/usr/bin/env python3
"""Wrong configurations, where the list of them is: what no BIRD takes is refused at a line
that one of them names or at a truer one, what every BIRD from 2 on takes is taken."""
import json
import os
import re
import subprocess
import sys
import tempfile

BIRDS = ["1.6.8", "2.0.12", "2.19.2", "3.3.2"]
# The fault stands on another line than the one BIRDs stop at.
TRUER = {("reject.json", 5), ("reject.json", 278)}
# Of what the filter language checks only when a filter runs.
KNOWN = {("reject.json", 218), ("reject.json", 224)}


def lines_of(entry):
    found = set()
    for bird in BIRDS:
        out = entry[bird].get("out") or ""
        text = out if isinstance(out, str) else "\n".join(out)
        for m in re.finditer(r"([\w./]*\.conf):(\d+):\d+", text):
            found.add(int(m[2]))
    return found


def judge(mynahd, entry, tmp):
    accepted = [b for b in BIRDS if entry[b]["rc"] == 0]
    with open(os.path.join(tmp, "t.conf"), "w") as f:
        f.write(entry["cfg"])
    with open(os.path.join(tmp, "loop.conf"), "w") as f:
        f.write('include "loop.conf";\n')
    r = subprocess.run([mynahd, "-p", "-c", "t.conf"], cwd=tmp, capture_output=True,
                       text=True, timeout=60)
    if r.returncode not in (0, 1):
        return "status %d" % r.returncode
    if set(BIRDS[1:]) <= set(accepted):
        return "is refused: " + r.stderr[:200] if r.returncode else None
    if accepted:
        return None
    if r.returncode == 0:
        return "is taken"
    named = {int(m[1]) for m in re.finditer(r"\.conf:(\d+)", r.stderr)}
    want = lines_of(entry)
    if want and not want & named:
        return "names %s, BIRD %s: %s" % (sorted(named), sorted(want), r.stderr[:200])
    return None


def main():
    shared = os.environ.get("SHARED") or os.path.join(os.environ.get("srcdir", "."),
                                                      "../shared")
    captures = os.path.join(shared, "bird/captures")
    if not os.path.exists(os.path.join(captures, "reject.json")):
        print("no %s/reject.json" % captures)
        return 77
    count = bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        for name in "reject.json", "reject16.json":
            with open(os.path.join(captures, name)) as f:
                entries = json.load(f)
            for n, entry in enumerate(entries, 1):
                why = judge(os.path.abspath(sys.argv[1] if len(sys.argv) > 1
                                            else "mynahd"), entry, tmp)
                count += 1
                if why and (name, n) not in TRUER | KNOWN:
                    bad += 1
                    print("not ok - %s %d (%s): %s" %
                          (name, n, entry.get("cls") or entry.get("case"), why))
    print("%d snippets, %d wrong" % (count, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
