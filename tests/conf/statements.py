#!/usr/bin/env python3
"""Every statement of the language, from tests/data/statements.txt: mynahd says what the table
says, and so do the BIRDs that are here and that the row names.

Usage: statements.py [MYNAHD [ROWS]]: ROWS for rows with these words only."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TABLES = """ipv4 table t4; ipv6 table t6; ipv4 table ts4 sorted; flow4 table tf; flow6 table tf6;
roa4 table tr4; roa6 table tr6; vpn4 table tv4; ipv6 sadr table ts; mpls table tm;
filter F { accept; }
"""
IBGP = "protocol bgp b { local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65000; @ }"
EBGP = "protocol bgp b { local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65001; @ }"
STATIC_ASPA = "aspa table ta;\n"
HEAD = "router id 10.9.9.9;\n"
CONTEXTS = {
    "top": HEAD + "template bgp T1 { }\n@\nprotocol device { }\n",
    "threads": HEAD + "@\nprotocol device { }\n",
    "whole": HEAD + "@\nprotocol device { }\n",
    "proto": HEAD + IBGP,
    "ibgp": HEAD + IBGP,
    "ebgp": HEAD + EBGP,
    "ebgpchan": HEAD + EBGP,
    "range": HEAD + "protocol bgp b { local 10.0.0.1 as 65000; @ }",
    "bgp1": HEAD + "table t1;\nfilter F { accept; }\n" + IBGP,
    "bgp1e": HEAD + "table t1;\n" + EBGP,
    "chan": HEAD + TABLES + IBGP.replace("@", "ipv4 { @ };"),
    "sorted": HEAD + TABLES + EBGP.replace("@", "ipv4 { import all; export all; table ts4; @ };"),
    "flow": HEAD + TABLES.replace("table t4;", "table t4 { trie; };") +
            IBGP.replace("@", "ipv4 { table t4; }; flow4 { @ };"),
    "device": HEAD + "protocol device { @ }",
    "direct": HEAD + "@TABLES@protocol direct { @ }",
    "kernel": HEAD + "protocol kernel { ipv4; @ }",
    "kernel1": HEAD + "table t1;\nprotocol kernel { @ }",
    "kernelwhole": HEAD + TABLES + "protocol kernel { @ }",
    "static": HEAD + TABLES + "protocol static { ipv4; @ }",
    "statics": HEAD + TABLES + "@ASPA@protocol static { @ }",
    "static1": HEAD + "table t1;\nprotocol static { @ }",
}
BIRDS = {
    "2": os.environ.get("BIRD2") or shutil.which("bird"),
    "1": os.environ.get("BIRD1_4") or "bird1/usr/sbin/bird",
    "6": os.environ.get("BIRD1_6") or "bird1/usr/sbin/bird6",
}


def rows(path):
    context = None
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("["):
                context = line.strip("[]")
            elif line[:2] in ("+ ", "- "):
                text, _, why = line.partition(" -- ")
                sign, birds, text = (text.split(" ", 2) + [""])[:3]
                yield number, context, sign, birds, text.replace("\\n", "\n"), why


def whole(context, text):
    conf = CONTEXTS[context]
    conf = conf.replace("@TABLES@", TABLES if re.search(r"\bt[46s]\b", text) else "")
    conf = conf.replace("@ASPA@", STATIC_ASPA if "aspa" in text else "")
    return conf.replace("@", text) + "\n"


def verdict(program, conf, tmp):
    path = os.path.join(tmp, "t.conf")
    with open(path, "w") as f:
        f.write(conf)
    r = subprocess.run([program, "-p", "-c", path], cwd=tmp, capture_output=True, text=True,
                       timeout=60, errors="replace")
    sign = {0: "+", 1: "-"}.get(r.returncode, "status %d" % r.returncode)
    return sign, r.stderr.replace(tmp + "/", "").strip()


def main():
    mynahd = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "mynahd")
    data = os.path.join(os.environ.get("srcdir", "."), "tests/data/statements.txt")
    birds = {k: os.path.abspath(p) for k, p in BIRDS.items() if p and os.path.exists(p)}
    count = bad = compared = 0
    with tempfile.TemporaryDirectory() as tmp:
        six = os.path.join(tmp, "bird6")
        os.symlink(mynahd, six)
        for number, context, sign, who, text, why in rows(data):
            if len(sys.argv) > 2 and not all(w in text for w in sys.argv[2:]):
                continue
            conf = whole(context, text)
            program = six if "6" in who and not set("12") & set(who) else mynahd
            got, out = verdict(program, conf, tmp)
            count += 1
            if got != sign:
                bad += 1
                print("not ok - %d: [%s] %s %s: %s" % (number, context, sign, text, out[:300]))
            opposite = "-" if sign == "+" else "+"
            for which in who.strip("!."):
                if which not in birds:
                    continue
                compared += 1
                want = opposite if who.startswith("!") else sign
                got, out = verdict(birds[which], conf, tmp)
                if got != want:
                    bad += 1
                    print("not ok - %d: BIRD %s: [%s] %s %s: %s" %
                          (number, which, context, want, text, out[:300]))
    print("%d statements, %d compared with %s, %d wrong" %
          (count, compared, ", ".join(sorted(birds)) or "no BIRD", bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
