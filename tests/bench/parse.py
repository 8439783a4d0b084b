#!/usr/bin/env python3
"""Time and memory to read and check large configurations, beside BIRD's.

Usage: parse.py [MYNAHD [BIRD [BIRD1]]]: the median of five runs of each with -p, in turn, and
of 41 where one takes less than 0.1 s.  What is
written for BIRD 1.6 is read by BIRD1, and left out without one.  tests/bench/rusage, which
is built beside MYNAHD, does the measuring."""
import os
import random
import statistics
import subprocess
import sys
import tempfile


def prefixes(n, rand):
    seen = set()
    while len(seen) < n:
        plen = rand.randint(16, 24)
        seen.add((rand.getrandbits(plen) << (32 - plen), plen))
    for addr, plen in seen:
        text = ".".join(str(addr >> s & 255) for s in (24, 16, 8, 0))
        yield "%s/%d%s" % (text, plen, rand.choice(["", "+", "{%d,24}" % plen]))


def write_sets(f, rand):
    f.write("define IRR = [\n")
    f.write(",\n".join("  " + p for p in prefixes(300000, rand)))
    f.write("\n];\nfilter irr { if net ~ IRR then accept; reject; }\nprotocol device {}\n")


def write_protocols(f, rand):
    f.write("template bgp clients {\n local as 64512;\n multihop;\n rr client;\n hold time 90;\n"
            " ipv4 { import all; export all; };\n ipv6 { import all; export all; };\n}\n")
    for i in range(5000):
        f.write("protocol bgp client%d from clients {\n description \"client %d\";\n"
                " neighbor 10.%d.%d.1 as 64512;\n password \"secret%d\";\n}\n" %
                (i, i, i // 256, i % 256, i))


def write_members(f, rand):
    """As route server builders write them: sets, a filter and a session for each member."""
    f.write("protocol device {}\nfunction bogon() { return net ~ [10.0.0.0/8+, 192.168.0.0/16+]; }\n")
    for i in range(2000):
        f.write("define AS%d_NETS = [\n" % i)
        f.write(",\n".join("  " + p for p in prefixes(200, rand)))
        f.write("\n];\nfilter from_%d\nint set asns;\n{\n" % i)
        f.write("  asns = [ %s ];\n" % ", ".join(str(rand.randint(1, 400000)) for _ in range(20)))
        f.write("  if bogon() then reject;\n  if bgp_path.len > 64 then reject;\n"
                "  if !(bgp_path.last ~ asns) then reject;\n"
                "  if !(net ~ AS%d_NETS) then reject \"not theirs: \", net;\n"
                "  bgp_community.add((64500, %d));\n"
                "  bgp_large_community.add((64500, 1, %d));\n  accept;\n}\n" % (i, i, i))
        f.write("protocol bgp m%d {\n local as 64500;\n neighbor 172.16.%d.%d as %d;\n rs client;\n"
                " ipv4 { import filter from_%d; export where !((0, %d) ~ bgp_community); };\n}\n" %
                (i, i // 256, i % 256, 100000 + i, i, i))


def write_chain(f, rand):
    """Templates that inherit, the last of five for all sessions."""
    f.write("template bgp t0 { local as 64512; hold time 90; ipv4 { import all; export all; }; }\n")
    for i in range(1, 5):
        f.write("template bgp t%d from t%d {\n ipv4 { import limit %d; preference %d; };\n}\n" %
                (i, i - 1, 1000 * i, 100 + i))
    for i in range(5000):
        f.write("protocol bgp s%d from t4 {\n neighbor 10.%d.%d.1 as %d;\n"
                " ipv4 { export limit %d; };\n}\n" %
                (i, i // 256, i % 256, 65000 + i % 500, rand.randint(10, 1000)))


def write_plain(f, rand):
    """As BIRD 1.6 has them, each with all it needs."""
    for i in range(5000):
        f.write("protocol bgp r%d {\n description \"router %d\";\n local as 64512;\n"
                " neighbor 10.%d.%d.1 as %d;\n hold time %d;\n multihop;\n"
                " import where net ~ [ 10.0.0.0/8{9,24} ];\n export all;\n}\n" %
                (i, i, i // 256, i % 256, 64600 + i % 300, rand.randint(30, 240)))


def write_numbers(f, rand):
    f.write("define AS = [\n")
    f.write(",\n".join("  %d" % n for n in rand.sample(range(1, 4000000), 300000)))
    f.write("\n];\ndefine C = [\n")
    f.write(",\n".join("  (%d, %d)" % divmod(n, 65536)
                       for n in rand.sample(range(65536, 4000000000), 100000)))
    f.write("\n];\nfilter f { if bgp_path.last ~ AS || bgp_community ~ C then accept; reject; }\n"
            "protocol device {}\n")


def write_large(f, rand):
    """50 MB, as an exchange with IRR filters for each member has it."""
    f.write("protocol device {}\n")
    for i in range(1000):
        f.write("define M%d = [\n" % i)
        f.write(",\n".join("  " + p for p in prefixes(2400, rand)))
        f.write("\n];\nfilter in_%d { if net ~ M%d then accept; reject; }\n"
                "protocol bgp m%d {\n local as 64500;\n neighbor 172.16.%d.%d as %d;\n rs client;\n"
                " ipv4 { import filter in_%d; export all; };\n}\n" %
                (i, i, i, i // 256, i % 256, 100000 + i, i))


def write_includes(f, rand):
    """1,750 small files, each named by one that stands below another."""
    folder = f.name + ".d"
    os.makedirs(folder, exist_ok=True)
    for i in range(250):
        for depth in range(7):
            with open(os.path.join(folder, "f%d-%d.inc" % (i, depth)), "w") as inc:
                inc.write("filter f%d_%d { if bgp_path.len > %d then reject; accept; }\n" %
                          (i, depth, rand.randint(5, 60)))
                if depth < 6:
                    inc.write("include \"f%d-%d.inc\";\n" % (i, depth + 1))
        f.write("include \"%s/f%d-0.inc\";\n" % (folder, i))
    f.write("protocol device {}\n")


FILES = [("300,000 prefixes", write_sets), ("5,000 protocols", write_protocols),
         ("2,000 members", write_members), ("5 templates deep", write_chain),
         ("5,000 as in 1.6", write_plain), ("400,000 numbers and pairs", write_numbers),
         ("1,000 filters of IRR", write_large), ("1,750 includes", write_includes)]


def generate(path, write):
    with open(path, "w") as f:
        f.write("router id 192.0.2.1;\n")
        write(f, random.Random(1))


def run(launcher, program, path):
    """CPU seconds and the highest resident kilobytes, None if the file is refused."""
    out = subprocess.run([launcher, program, "-p", "-c", path], stdout=subprocess.PIPE,
                         check=True, text=True).stdout
    cpu, resident, status = out.split()
    return (float(cpu), int(resident)) if status == "0" else None


def main():
    programs = [sys.argv[1] if len(sys.argv) > 1 else "./mynahd",
                sys.argv[2] if len(sys.argv) > 2 else "bird"]
    launcher = os.path.join(os.path.dirname(programs[0]), "tests/bench/rusage")
    print("| file | size | mynahd | bird | time | mynahd | bird | memory |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as tmp:
        for name, write in FILES:
            path = os.path.join(tmp, "bench.conf")
            generate(path, write)
            cpu, mem = [], []
            if write == write_plain and len(sys.argv) < 4:
                continue
            pair = (programs[0], sys.argv[3] if write == write_plain else programs[1])
            one = run(launcher, pair[0], path)
            n = 5 if one is None or one[0] > 0.1 else 41
            turns = [[run(launcher, program, path) for program in pair] for _ in range(n)]
            for runs in zip(*turns):
                if None in runs:
                    sys.exit("one of %s refuses the file of %s" % (pair, name))
                cpu.append(statistics.median(r[0] for r in runs))
                mem.append(statistics.median(r[1] for r in runs) / 1024)
            print("| %s | %.1f MB | %.3f s | %.3f s | %.2f | %.0f MB | %.0f MB | %.2f |" %
                  (name, os.path.getsize(path) / 1e6, cpu[0], cpu[1], cpu[0] / cpu[1],
                   mem[0], mem[1], mem[0] / mem[1]), flush=True)


if __name__ == "__main__":
    main()
