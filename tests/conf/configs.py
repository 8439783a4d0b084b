#!/usr/bin/env python3
"""Whole configurations of tests/data/configs, as people write them: what one of the BIRDs here
takes is taken, what all of them refuse is refused at a line that one of them names.  Of
x-new.conf only newer BIRDs know all words, so it is taken.  Without any one of the BIRDs (bird1
is unpacked by ./runtests) only the verdicts that the names give are checked.

Usage: configs.py [MYNAHD]"""
import glob
import os
import re
import shutil
import subprocess
import sys

BIRDS = [os.environ.get("BIRD2") or shutil.which("bird") or "bird",
         "bird1/usr/sbin/bird", "bird1/usr/sbin/bird6"]


def parse(program, folder, name):
    """The exit status, and the lines that errors (not warnings) are at."""
    r = subprocess.run([program, "-p", "-c", name], cwd=folder, capture_output=True, text=True,
                       timeout=60, errors="replace")
    return r.returncode, set(re.findall(r"\.conf:(\d+):\d+ ", r.stderr)), r.stderr


def main():
    mynahd = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "mynahd")
    folder = os.path.join(os.environ.get("srcdir", "."), "tests/data/configs")
    birds = [os.path.abspath(b) for b in BIRDS if os.path.exists(b)]
    if len(birds) < len(BIRDS):
        birds = []
    count = bad = 0
    for path in sorted(glob.glob(os.path.join(folder, "*.conf"))):
        name = os.path.basename(path)
        status, lines, text = parse(mynahd, folder, name)
        verdicts = [parse(b, folder, name) for b in birds]
        taken = not name.endswith("-bad.conf")
        count += 1
        if status != (0 if taken else 1):
            bad += 1
            print("not ok - %s: status %d: %s" % (name, status, text[:300]))
        if not birds:
            continue
        by_birds = any(v[0] == 0 for v in verdicts)
        named = set().union(*(v[1] for v in verdicts))
        if by_birds != taken and not name.endswith("-new.conf"):
            bad += 1
            print("not ok - %s: BIRD says %s" % (name, verdicts[0][2][:200]))
        if not taken and not lines & named:
            bad += 1
            print("not ok - %s names %s, BIRD %s" % (name, sorted(lines), sorted(named)))
    print("%d configurations beside %d BIRDs, %d wrong" % (count, len(birds), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
