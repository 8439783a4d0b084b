"""Results as tables on the terminal, as plots, and as doc/benchmarks.md.

The document is the table of figures, then what stands in doc/benchmarks-data as results
(*.json) and as text (*.md: about, differences, filter, kernel, parse,
profile), which is nobody's but its author's.
"""

import json
import os

import figures
import plot

COLUMNS = [("wall_s", "wall s", "{:.3f}"), ("cpu_s", "CPU s", "{:.2f}"),
           ("rss_kb", "MB", "{:.0f}"), ("prefixes_per_update", "pfx/UPD", "{:.2f}"),
           ("max_gap_ms", "silence ms", "{:.0f}"), ("late_ms", "late ms", "{:.0f}"),
           ("p50_ms", "p50 ms", "{:.2f}"), ("p99_ms", "p99 ms", "{:.2f}"),
           ("gap_ms", "gap ms", "{:.0f}"), ("grown_kb", "grown MB", "{:.1f}"),
           ("lost", "lost", "{:.0f}"), ("wrong", "wrong", "{:.0f}")]
ORDER = ["small", "medium", "full", "fanout200", "fanout500", "fanout1000", "churn", "slow",
         "slow400", "reload", "clients200", "many-paths"]
VERIFY = "verify"


def read(directory):
    """All results, in order."""
    out = {}
    for file in os.listdir(directory) if os.path.isdir(directory) else ():
        if file.endswith(".json"):
            with open(os.path.join(directory, file), encoding="ascii") as source:
                out[file[:-5]] = json.load(source)
    rank = {name: i for i, name in enumerate(ORDER)}
    return dict(sorted(out.items(), key=lambda x: (rank.get(x[0].split("+")[0], 99), x[0])))


def write(directory, name, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name + ".json"), "w", encoding="ascii") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


def title(name, data):
    paths = f" x {data['paths']} paths" if data.get("paths", 1) > 1 else ""
    return f"{name}: {data['senders']} x {data['routes']}{paths} -> {data['receivers']}"


def cell(phase, key, form, spread=True):
    if key not in phase:
        return "-"
    unit = 1024 if key in ("rss_kb", "grown_kb") else 1
    text = form.format(phase[key] / unit)
    low, high = phase.get("spread", {}).get(key, (0, 0))
    if spread and low != high and key in ("wall_s", "cpu_s", "p99_ms", "gap_ms"):
        text += f" ({form.format(low / unit)}-{form.format(high / unit)})"
    return text


def phase_names(data):
    names = []
    for result in data["results"].values():
        names += [p["phase"] for p in result if p["phase"] not in names]
    return names


def each_phase(data):
    for want in phase_names(data):
        for dut, result in data["results"].items():
            for phase in result:
                if phase["phase"] == want:
                    yield want, dut, phase


def times(data, want, dut, key):
    """How many times mynahd's value that is."""
    own, other = (figures.phase_of(data, d, want) for d in ("mynahd", dut))
    return f"{other[key] / own[key]:.1f}" if own and own[key] else "-"


def print_table(name, data):
    print(f"\n{title(name, data)}")
    print(f"{'phase':11}{'reflector':10}" + "".join(f"{t:>11}" for _, t, _ in COLUMNS) +
          "   x wall x CPU")
    for want, dut, phase in each_phase(data):
        print(f"{want:11}{dut:10}" + "".join(f" {cell(phase, k, f, False):>10}" for k, _, f in COLUMNS) +
              f" {times(data, want, dut, 'wall_s'):>8}{times(data, want, dut, 'cpu_s'):>6}" +
              ("" if phase["ok"] else "  WRONG"), flush=True)


def print_figures(all_data):
    print("\nfigures asked for")
    for what, must, aim, text, reached in figures.measured(all_data):
        print(f"{what:46} {must:>14} {aim:>14}  {reached:11} {text}")


def save_plots(directory, name, data):
    for key, unit in (("cpu_s", "s"), ("wall_s", "s")):
        rows = {}
        for want, dut, phase in each_phase(data):
            rows.setdefault(want, []).append((dut, phase[key]))
        what = "CPU seconds of the reflector" if key == "cpu_s" else "wall seconds"
        with open(os.path.join(directory, f"{name}-{key[:-2]}.svg"), "w",
                  encoding="ascii") as file:
            file.write(plot.chart(f"{title(name, data)}, {what}", unit, list(rows.items())))


# -- the document ----------------------------------------------------------------------------

def markdown(head, rows, right=()):
    text = "| " + " | ".join(head) + " |\n"
    text += "|" + "|".join("---:" if i in right else "---" for i in range(len(head))) + "|\n"
    return text + "".join("| " + " | ".join(row) + " |\n" for row in rows) + "\n"


def figures_section(all_data):
    rows = [row[:4] + (row[4].replace("missed", "**missed**"),)
            for row in figures.measured(all_data)]
    return markdown(("figure", "must", "aim", "measured", "reached"), rows)


def scenario_section(name, data):
    machine = data["machine"]
    runs = data.get("runs", 1)
    text = f"## {title(name, data)}\n\n{machine['cpus']} CPUs, Linux {machine['kernel']}, "
    text += "one run" if runs == 1 else f"medians of {runs} runs (least-most)"
    text += f"; {data['rate']} UPDATEs a second in churn" if data.get("rate") else ""
    rows = [[want, dut] + [cell(phase, k, f) for k, _, f in COLUMNS] +
            [times(data, want, dut, "wall_s"), times(data, want, dut, "cpu_s"),
             "yes" if phase["ok"] else "no"] for want, dut, phase in each_phase(data)]
    head = ["phase", "reflector"] + [t for _, t, _ in COLUMNS] + ["x wall", "x CPU", "right"]
    text += ".\n\n" + markdown(head, rows, range(2, len(head) - 1))
    return text + f"![CPU seconds](benchmarks-data/{name}-cpu.svg)\n\n"


def verify_section(data):
    duts = list(dict.fromkeys(d for row in data["results"].values() for d in row))
    rows = [[name] + [row.get(d, "-") for d in duts] for name, row in data["results"].items()]
    return "## Verification\n\nEvery scenario at a small size, exports unfiltered and " \
        "filtered, add-path off and on: is every\nreceiver's table after every phase that of " \
        "the reference model? `tiny` has all phases.\n\n" + markdown(["scenario"] + duts, rows)


def hand_written(directory, name):
    path = os.path.join(directory, name + ".md")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        return file.read().rstrip() + "\n\n"


def document(directory):
    """doc/benchmarks.md, from all that is there."""
    all_data = read(directory)
    verify = all_data.pop(VERIFY, None)
    text = "# Benchmarks\n\n" + hand_written(directory, "about") + figures_section(all_data)
    text += hand_written(directory, "profile")
    text += hand_written(directory, "kernel")
    for name, data in all_data.items():
        text += scenario_section(name, data)
    text += hand_written(directory, "filter")
    text += hand_written(directory, "parse")
    if verify:
        text += verify_section(verify)
    text += hand_written(directory, "differences")
    with open(os.path.join(directory, "../benchmarks.md"), "w", encoding="ascii") as file:
        file.write(text.rstrip() + "\n")
