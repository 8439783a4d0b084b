#!/usr/bin/env python3
"""Time and memory to read and check large configurations, beside BIRD's.

Usage: parse.py [MYNAHD [BIRD]]: the median of five runs of each with -p."""
import os
import random
import statistics
import sys
import tempfile
import time


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


FILES = [("300,000 prefixes", write_sets), ("5,000 protocols", write_protocols),
         ("2,000 members", write_members)]


def generate(path, write):
    """In a process of its own: what is measured starts as a copy of this one."""
    pid = os.fork()
    if pid == 0:
        with open(path, "w") as f:
            f.write("router id 192.0.2.1;\n")
            write(f, random.Random(1))
        os._exit(0)
    os.waitpid(pid, 0)


def run(program, path):
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        os.execvp(program, [program, "-p", "-c", path])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit("%s refuses %s" % (program, path))
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    programs = [sys.argv[1] if len(sys.argv) > 1 else "./mynahd",
                sys.argv[2] if len(sys.argv) > 2 else "bird"]
    print("| file | size | mynahd | bird | time | mynahd | bird | memory |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as tmp:
        for name, write in FILES:
            path = os.path.join(tmp, "bench.conf")
            generate(path, write)
            cpu, mem = [], []
            for program in programs:
                runs = [run(program, path) for _ in range(5)]
                cpu.append(statistics.median(r[1] for r in runs))
                mem.append(statistics.median(r[2] for r in runs) / 1024)
            print("| %s | %.1f MB | %.3f s | %.3f s | %.2f | %.0f MB | %.0f MB | %.2f |" %
                  (name, os.path.getsize(path) / 1e6, cpu[0], cpu[1], cpu[0] / cpu[1],
                   mem[0], mem[1], mem[0] / mem[1]), flush=True)


if __name__ == "__main__":
    main()
