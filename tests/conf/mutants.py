#!/usr/bin/env python3
"""Real configurations with one fault each, made at random from a seed: a token left out, said
twice, swapped, put in from elsewhere; a line lost or doubled; a number too large, a letter too
many, a byte gone.  What the BIRDs that take the whole file say of the wrong one, mynahd says as
well: taken or refused, and refused at a line that they name, or at the fault's own line.

Usage: mutants.py [MYNAHD [COUNT [SEED [strict]]]].  Seeds are tests/data/configs and, where it
is, the corpus beside the repository.  `strict`: the line must be one that BIRD names."""
import csv
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

BIRDS = [os.environ.get("BIRD2") or shutil.which("bird") or "bird",
         "bird1/usr/sbin/bird", "bird1/usr/sbin/bird6"]
TOKEN = re.compile(r'"[^"\n]*"|#[^\n]*|/\*.*?\*/|\'[\w.:-]*\'|[A-Za-z_]\w*|[\d.:a-fA-F/]+'
                   r'|\s+|[!<>]=|&&|\|\||!~|\[=|=\]|\.\.|.', re.S)
ODD = ['{', '}', ';', ',', '(', ')', '[', ']', '"', '=', '~', '..', '300.1.1.1', '10.0.0.1/8',
       '10.0.0.0/33', '70000', '4294967296', '0', '1.1', '2001:db8::/129', 'on', 'off', 'all',
       'accept', 'then', 'x', '"x"', "'", '@', '/*', '*/', '#']
# What mynah takes or refuses on purpose: doc/compatibility.md.
EXCUSED = [
    "overrides existing keyword",  # a name since BIRD 2.14, as mynah warns
    "unexpected (ADD|DELETE|FILTER|PREPEND)",  # methods in expressions, since 2.14
]


def run(program, folder, name):
    """The exit status, the places that errors (not warnings) are at, and the text."""
    r = subprocess.run([program, "-p", "-c", name], cwd=folder, capture_output=True, text=True,
                       timeout=60, errors="replace", stdin=subprocess.DEVNULL)
    errors = "\n".join(re.findall(r"^\S+: [^\s:]+:\d+:\d+ .*", r.stderr, re.M))
    found = re.findall(r"([^\s:(]+):(\d+):\d+", errors)
    return r.returncode, {(os.path.basename(f), int(n)) for f, n in found}, r.stderr


def seeds(here, shared):
    for path in sorted(glob.glob(os.path.join(here, "tests/data/configs/*.conf"))):
        if not re.search(r"-(bad|new)\.conf$", path):
            yield os.path.dirname(path), os.path.basename(path), False
    manifest = os.path.join(shared, "corpus/manifest.tsv")
    if os.path.exists(manifest):
        with open(manifest) as f:
            for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["expect"] == "accept":
                    yield (os.path.join(shared, "corpus/cases", row["id"]), row["main"], True)


def typo(rand, word):
    if len(word) < 2:
        return word + word
    i = rand.randrange(len(word) - 1)
    return rand.choice([word[:i] + word[i + 1:], word[:i] + word[i] + word[i:],
                        word[:i] + word[i + 1] + word[i] + word[i + 2:]])


def mutate(rand, text):
    """(kind, text with a fault, its line), or None."""
    tokens = TOKEN.findall(text)
    real = [i for i, t in enumerate(tokens)
            if not t.isspace() and not t.startswith(("#", "/*"))]
    if len(real) < 10:
        return None
    kind = rand.choice(["drop", "drop", "twice", "swap", "odd", "odd", "move", "typo",
                        "number", "line", "line2", "byte"])
    j = rand.randrange(len(real) - 1)
    i, after = real[j], real[j + 1]
    if kind == "number":
        numbers = [n for n in real if tokens[n].isdigit()]
        i = rand.choice(numbers) if numbers else i
    new = list(tokens)
    if kind == "drop":
        new[i] = ""
    elif kind == "twice":
        new[i] += " " + new[i]
    elif kind == "swap":
        new[i], new[after] = new[after], new[i]
    elif kind == "odd":
        new[i] = rand.choice([new[i] + " ", ""]) + rand.choice(ODD)
    elif kind == "move":
        new[i] += " " + tokens[rand.choice(real)]
    elif kind == "typo":
        new[i] = typo(rand, new[i])
    elif kind == "number":
        new[i] = rand.choice(["0", "1", "256", "65536", "4294967295", "4294967296", "-1"])
    line = "".join(tokens[:i]).count("\n") + 1
    if kind in ("line", "line2"):
        lines = text.split("\n")
        lines[line - 1:line] = [] if kind == "line" else [lines[line - 1]] * 2
        return kind, "\n".join(lines), line + (kind == "line2")  # the second one is too many
    if kind == "byte":
        at = rand.randrange(len(text))
        line = text[:at].count("\n") + 1
        return kind, text[:at] + rand.choice(["", "", "$", "\"", "}"]) + text[at + 1:], line
    return kind, "".join(new), line


def difference(mine, theirs, place, strict):
    status, named, _ = mine
    taken = any(v[0] == 0 for v in theirs)
    if status not in (0, 1):
        return "status %d" % status
    if taken != (status == 0):
        return "is taken" if taken is False else "is refused"
    said = set().union(*(v[1] for v in theirs))
    if not taken and said and not named & said and (strict or place not in named):
        return "another line"
    return None


class Mutants:
    def __init__(self, mynahd, seed, strict):
        here = os.environ.get("srcdir", ".")
        shared = os.environ.get("SHARED") or os.path.join(here, "../shared")
        self.birds = [os.path.abspath(b) for b in BIRDS if os.path.exists(b)]
        self.mynahd, self.strict = mynahd, strict
        self.rand = random.Random(seed)
        self.seeds = list(seeds(here, shared))
        self.takers = {}
        self.count = self.taken = self.bad = 0

    def who(self, folder, main):
        if (folder, main) not in self.takers:
            self.takers[folder, main] = [b for b in self.birds
                                         if run(b, folder, main)[0] == 0]
        return self.takers[folder, main]

    def one(self, tmp):
        folder, main, whole = self.rand.choice(self.seeds)
        with open(os.path.join(folder, main), errors="surrogateescape") as f:
            text = f.read()
        made = mutate(self.rand, text)
        if not made or len(text) > 60000 or not self.who(folder, main):
            return
        kind, wrong, line = made
        work = os.path.join(tmp, "c")
        shutil.rmtree(work, ignore_errors=True)
        if whole:
            shutil.copytree(folder, work)
        else:
            os.mkdir(work)
        with open(os.path.join(work, main), "w", errors="surrogateescape") as f:
            f.write(wrong)
        theirs = [run(b, work, main) for b in self.who(folder, main)]
        mine = run(self.mynahd, work, main)
        why = difference(mine, theirs, (os.path.basename(main), line), self.strict)
        self.count += 1
        self.taken += mine[0] == 0
        if why and not any(re.search(x, mine[2] + theirs[0][2]) for x in EXCUSED):
            self.bad += 1
            self.say(why, folder, kind, line, wrong, theirs, mine)

    def say(self, why, folder, kind, line, wrong, theirs, mine):
        lines = wrong.split("\n")
        print("not ok - %s: %s at line %d of %s" % (why, kind, line, os.path.basename(folder)))
        print("    text: " + " | ".join(x.strip()[:80] for x in lines[line - 1:line + 1]))
        for said in theirs:
            print("    BIRD %d %s" % (said[0], said[2].strip()[:200]))
        print("    mynah %d %s" % (mine[0], mine[2].strip()[:300]))
        sys.stdout.flush()
        keep = os.environ.get("KEEP")
        if keep:
            with open(os.path.join(keep, "%d.conf" % self.bad), "w",
                      errors="surrogateescape") as f:
                f.write(wrong)


def main():
    arg = sys.argv[1:] + [None] * 4
    mutants = Mutants(os.path.abspath(arg[0] or "mynahd"), int(arg[2] or 1), bool(arg[3]))
    if len(mutants.birds) < len(BIRDS):
        print("not all BIRDs are here")
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        while mutants.count < int(arg[1] or 300):
            mutants.one(tmp)
    print("%d mutants, %d taken, %d differ" % (mutants.count, mutants.taken, mutants.bad))
    return 1 if mutants.bad else 0


if __name__ == "__main__":
    sys.exit(main())
