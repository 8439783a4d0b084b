"""The figures that are asked for, computed from the results of the scenarios.

`best` is the best of the other daemons that came to the right result in the same run; `floor`
is the null reflector.
"""

SCALE = {"wall_s": " s", "cpu_s": " s", "gap_ms": " ms", "p99_ms": " ms"}


def phase_of(data, dut, name):
    for phase in data["results"].get(dut, []) if data else []:
        if phase["phase"] == name:
            return phase
    return None


def derived(data, dut, phase, key):
    """A value of a phase, or one computed from it."""
    if phase is None:
        return None
    if key == "cpu_per_100k":
        if "rate" not in data:
            return None
        return phase["cpu_s"] / (data["rate"] * data["seconds"]) * 1e5
    if key == "rss_mb":
        return phase["rss_kb"] / 1024
    if key == "bytes_per_path":
        empty = phase_of(data, dut, "establish")
        return (phase["rss_kb"] - empty["rss_kb"]) * 1024 / (data["senders"] * data["routes"])
    if key == "grown_mb":
        return phase["grown_kb"] / 1024 if "grown_kb" in phase else None
    return phase.get(key)


def value(data, dut, phase, key):
    found = phase_of(data, dut, phase)
    return derived(data, dut, found, key)


def best_other(data, phase, key):
    """(value, name) of the best other daemon that was right; None: there is none."""
    found = []
    for dut in data["results"] if data else ():
        other = phase_of(data, dut, phase)
        if dut not in ("mynahd", "null") and other and other["ok"]:
            found.append((derived(data, dut, other, key), dut))
    found = [(x, dut) for x, dut in found if x is not None]
    return min(found, default=None)


def number(x):
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}" if x >= 0.1 \
        else f"{x:.3f}"


def ratio(x):
    return f"1/{1 / x:.1f}".removesuffix(".0") if 0 < x < 0.35 else f"{x:.2f}"


class Figure:
    """One row: how it is called, what it must and shall be, what it is."""

    def __init__(self, scenario, phase, key, what, must, aim):
        self.scenario, self.phase, self.key, self.what = scenario, phase, key, what
        self.must, self.aim = must, aim
        self.text, self.reached = "not measured", None

    def bounds(self):
        return [x and self.bound(x) for x in (self.must, self.aim)]

    def judge(self, x):
        self.reached = "aim" if self.aim is not None and x <= self.aim else \
            "not the aim" if self.must is None else "must" if x <= self.must else "missed"


class Ratio(Figure):
    """Of mynahd's value to that of the best other."""

    def bound(self, x):
        return f"{ratio(x)} of best"

    def measure(self, all_data):
        data = all_data.get(self.scenario)
        own, best = value(data, "mynahd", self.phase, self.key), \
            best_other(data, self.phase, self.key)
        if own is None or not best or not best[0]:
            return
        unit = SCALE.get(self.key, " MB" if self.key == "rss_mb" else "")
        self.text = f"{ratio(own / best[0])} of {best[1]}: {number(own)}{unit} to " \
            f"{number(best[0])}{unit}"
        floor = value(data, "null", self.phase, self.key)
        if floor and self.key in ("wall_s", "cpu_s"):
            self.text += f"; {number(own / floor)} x floor"
        self.judge(own / best[0])


class Floor(Figure):
    def bound(self, x):
        return f"{x} x floor"

    def measure(self, all_data):
        data = all_data.get(self.scenario)
        own, floor = (value(data, dut, self.phase, self.key) for dut in ("mynahd", "null"))
        if own is None or not floor:
            return
        self.text = f"{number(own / floor)} x floor: {number(own)} s to {number(floor)} s"
        self.judge(own / floor)


class Slope(Figure):
    """CPU time for each more receiver, of the whole table, between two scenarios."""

    def bound(self, x):
        return f"{x} x floor"

    def per_receiver(self, all_data, dut):
        low, high = (all_data.get(s) for s in self.scenario)
        a, b = (value(d, dut, "initial", "cpu_s") for d in (low, high))
        more = high["receivers"] - low["receivers"] if a is not None and b is not None else 0
        return (b - a) / more if more else None

    def measure(self, all_data):
        slopes = [(dut, self.per_receiver(all_data, dut))
                  for dut in ("mynahd", "null", "bird", "frr", "bird3")]
        slopes = [(dut, s) for dut, s in slopes if s is not None]
        if len(slopes) < 2 or slopes[1][0] != "null" or slopes[1][1] <= 0:
            return
        self.text = f"{number(slopes[0][1] / slopes[1][1])} x floor: " + \
            ", ".join(f"{dut} {s * 1000:.2f}" for dut, s in slopes) + " ms for each"
        self.judge(slopes[0][1] / slopes[1][1])


class Absolute(Figure):
    def __init__(self, *args, unit, also=()):
        super().__init__(*args)
        self.unit, self.also = unit, also

    def bound(self, x):
        return f"{x} {self.unit}"

    def measure(self, all_data):
        data = all_data.get(self.scenario)
        own = value(data, "mynahd", self.phase, self.key)
        if own is None:
            return
        self.text = f"{number(own)} {self.unit}"
        others = [(d, value(data, d, self.phase, self.key)) for d in data["results"]
                  if d not in ("mynahd", "null")]
        others = [f"{d} {number(v)}" for d, v in others if v is not None]
        if others:
            self.text += f" ({', '.join(others)})"
        for key, what in self.also:
            found = value(data, "mynahd", self.phase, key)
            if found is not None:
                self.text += f"; {number(found) if found else 0} {what}"
        self.judge(own)


class Pending(Figure):
    """What a prefix takes that is to be told, between two tables: the queue is full in both."""

    def bound(self, x):
        return f"{x} bytes"

    def per_prefix(self, all_data, dut):
        low, high = (phase_of(all_data.get(s), dut, "slow") for s in self.scenario)
        more = high.get("behind", 0) - low.get("behind", 0) if low and high else 0
        return (high["grown_kb"] - low["grown_kb"]) * 1024 / more if more > 0 else None

    def measure(self, all_data):
        found = [(dut, self.per_prefix(all_data, dut)) for dut in ("mynahd", "bird")]
        if found[0][1] is None:
            return
        self.text = f"{number(found[0][1])} bytes"
        if found[1][1] is not None:
            self.text += f" (bird {number(found[1][1])})"
        self.judge(found[0][1])


class AtLeast(Absolute):
    def judge(self, x):
        self.reached = "aim" if x >= self.aim else "not the aim"


class Beside(Figure):
    """p99 in one phase to that in another."""

    def bound(self, x):
        return f"{x} x without"

    def measure(self, all_data):
        data = all_data.get(self.scenario)
        without, slow = (value(data, "mynahd", p, self.key) for p in ("churn", self.phase))
        if not without or slow is None:
            return
        self.text = f"{number(slow / without)} x: {number(slow)} ms to {number(without)} ms"
        for dut in ("bird", "bird3", "frr", "openbgpd"):
            a, b = (value(data, dut, p, self.key) for p in ("churn", self.phase))
            if a and b is not None:
                self.text += f"; {dut} {number(b)} ms to {number(a)} ms"
        self.judge(slow / without)


def figures():
    rows = [
        Ratio("small", "initial", "wall_s", "initial, 2 x 100k to 10, wall", 1 / 6, 1 / 12),
        Ratio("small", "initial", "cpu_s", "the same, CPU", 1 / 6, 1 / 12),
        Ratio("medium", "initial", "cpu_s", "initial, 2 x 500k to 50, CPU", 1 / 8, 1 / 16),
        Floor("medium", "initial", "wall_s", "the same, wall", None, 3)]
    rows += [Ratio(f"fanout{n}", "initial", "cpu_s", f"initial, 1 x 200k to {n}, CPU", 1 / 8,
                   1 / 16) for n in (200, 500, 1000)]
    return rows + [
        Slope(("fanout200", "fanout1000"), "initial", "cpu_s",
              "CPU for each more receiver, 200 to 1000", None, 1),
        Ratio("full", "initial", "cpu_s", "initial, 4 x 1M to 8, CPU", 1 / 7, 1 / 12),
        Ratio("full", "initial", "rss_mb", "the same, memory, steady", 0.5, 1 / 3),
        Absolute("full", "initial", "bytes_per_path", "the same, memory of a path", None, 42,
                 unit="bytes"),
        Ratio("medium", "late", "wall_s", "one late joiner into 2 x 500k, wall", 1 / 6, 1 / 15),
        AtLeast("medium", "late", "prefixes_per_update", "the same, prefixes an UPDATE", None, 6,
                unit="prefixes"),
        Ratio("medium", "lateall", "wall_s", "all 50 come back at once, wall", 1 / 10, 1 / 25),
        Absolute("churn", "churn", "p99_ms", "churn, 20,000 UPDATEs/s to 10, p99", 20, 5,
                 unit="ms"),
        Ratio("churn", "churn", "cpu_per_100k", "the same, CPU seconds for 100k changes", 0.4,
              0.2),
        Ratio("medium", "fail", "wall_s", "best sender fails, 2 x 500k to 50, wall", 1 / 8,
              1 / 25),
        Beside("slow", "slow", "p99_ms", "one receiver stops for 20 s, p99 at the others", 1.25,
               1.1),
        Absolute("slow", "slow", "grown_mb", "the same, growth of memory", 32, None, unit="MB",
                 also=[("behind", "prefixes pending")]),
        Pending(("slow", "slow400"), "slow", "grown_kb", "the same, for each more pending prefix",
                None, 16),
        Absolute("reload", "execchurn", "gap_ms", "reload during churn, longest gap", 100, 20,
                 unit="ms", also=[("lost", "sessions lost")]),
        Absolute("fanout200", "establish", "wall_s", "200 sessions at once, all up", 0.1, None,
                 unit="s")]


def measured(all_data):
    """The rows, as (what, must, aim, measured, reached)."""
    out = []
    for row in figures():
        row.measure(all_data)
        must, aim = row.bounds()
        out.append((row.what, must or "-", aim or "-", row.text, row.reached or "-"))
    return out
