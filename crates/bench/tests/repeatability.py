#!/usr/bin/env python3
"""How far the same shapes differ from pass to pass, each pass in another shuffled order.

    repeatability.py run target/release/hovera crates/bench/tests/repeatability*.toml [--passes 4] [--keep DIR]
    repeatability.py read pass1.csv pass2.csv ...

For each shape (max - min) / median over the passes, of throughput as it happened and of the row's
invariant: cycles where the SMs bound it, time where memory does, their geometric mean where both do. `run` measures each spec so many times
by `hovera run --order-seed`, its passes one after the other; what follows `--` goes to hovera. `read`
takes files that are there, of one card or of two. Exit code 1 when a burst spec misses one of TARGETS.
"""

import argparse
import csv
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

KEY = ["op", "dtype", "layout", "engine", "pacing", "cache", "heads", "batch", "seq", "hidden"]
GROUPS = {"series 1, 2, 4": {1, 2, 4}, "series 8 to 64": {8, 16, 32, 64}, "all": {1, 2, 4, 8, 16, 32, 64}}
# p50, p90 and worst in percent, over all shapes, in burst.
TARGETS = {"throughput": (0.5, 1.2, 2.0), "invariant": (0.2, 0.5, 1.0)}


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def sessions(path):
    """How many groups of launches were disturbed, and the wall time: what the file ends with."""
    with open(path) as file:
        pairs = [line[2:].strip().split(" = ") for line in file if line.startswith("# ") and " = " in line]
    total = lambda key: sum(float(pair[1]) for pair in pairs if pair[0] == key)
    return int(total("disturbed_groups")), total("wall_seconds")


def spread(values):
    return 100 * (max(values) - min(values)) / statistics.median(values)


def clock(row):
    return float(row["cycles_median"] or 1) / float(row["time_median_us"])


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent * len(ordered) / 100) - 1)]


def spreads(paths):
    """Of each shape that all files have: its series, what bounds it, the spread of each quantity, its key."""
    shapes = {}
    for path in paths:
        for row in rows(path):
            if row["status"] in ("ok", "noisy"):
                shapes.setdefault(tuple(row[k] for k in KEY), []).append(row)
    found = []
    for key, passes in shapes.items():
        if len(passes) != len(paths):
            continue
        bounds = [row["bound"] for row in passes]
        bound = max(sorted(set(bounds)), key=bounds.count)
        if not all(row["cycles_median"] for row in passes):
            bound = "bound unknown"
        exponent = {"compute": 1.0, "both": 0.5}.get(bound, 0.0)
        invariant = lambda row: float(row["time_median_us"]) * clock(row) ** exponent
        of = lambda column: spread([float(row[column]) for row in passes])
        figures = {"throughput": of("tflops"), "invariant": spread([invariant(row) for row in passes])}
        found.append((int(passes[0]["series"]), bound or "bound unknown", figures, key))
    return found


def report(name, paths):
    found = spreads(paths)
    if not found:
        sys.exit(f"{name}: no shape is in all {len(paths)} files")
    noisy = sum(row["status"] == "noisy" for path in paths for row in rows(path))
    disturbed, wall = (sum(column) for column in zip(*map(sessions, paths)))
    print(f"{name}: {len(found)} shapes in {len(paths)} passes of {wall / len(paths):.1f} s; {noisy} noisy rows, ", end="")
    print(f"{disturbed} disturbed groups measured again")
    print(f"  {'(max - min) / median':32} {'shapes':>6} {'p50':>8} {'p90':>8} {'worst':>8}")
    burst = all(key[KEY.index("pacing")] == "burst" for _, _, _, key in found)
    met = True
    for group, members in GROUPS.items():
        for quantity, targets in TARGETS.items():
            values = [figures[quantity] for series, _, figures, _ in found if series in members]
            if not values:
                continue
            got = (percentile(values, 50), percentile(values, 90), max(values))
            verdict = ""
            if burst and group == "all":
                missed = any(value > target for value, target in zip(got, targets))
                met = met and not missed
                verdict = ("  MISSED " if missed else "  within ") + " / ".join(f"{target} %" for target in targets)
            print(f"  {group:20} {quantity:11} {len(values):6} " + " ".join(f"{v:7.2f}%" for v in got) + verdict)
    for quantity in TARGETS:
        worst = sorted(found, key=lambda shape: -shape[2][quantity])[:5]
        named = [f"{key[0]} hidden {key[9]} ({bound}) {figures[quantity]:.2f} %" for _, bound, figures, key in worst]
        print(f"  farthest in {quantity}: " + "; ".join(named))
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("hovera")
    run.add_argument("specs", nargs="+")
    run.add_argument("--passes", type=int, default=4)
    run.add_argument("--keep", metavar="DIR", help="leave the results files here")
    read = commands.add_parser("read")
    read.add_argument("results", nargs="+")
    own, for_hovera = split_arguments()
    arguments = parser.parse_args(own)
    if arguments.command == "read":
        return report("read", arguments.results)
    met = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for spec in arguments.specs:
            name = pathlib.Path(spec).stem
            paths = [folder / f"{name}-{seed}.csv" for seed in range(1, arguments.passes + 1)]
            begin = time.monotonic()
            for seed, path in enumerate(paths, 1):
                path.unlink(missing_ok=True)
                command = [arguments.hovera, "run", spec, "-o", path, "--order-seed", str(seed), "--quiet"]
                subprocess.run([*command, *for_hovera], check=True)
            met = report(name, paths) and met
            print(f"  {time.monotonic() - begin:.1f} s in all\n", flush=True)
    return met


def split_arguments():
    """What is ours, and what follows `--`."""
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    return given[:cut], given[cut + 1 :]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
