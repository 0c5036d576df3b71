#!/usr/bin/env python3
"""How far the same shapes differ from pass to pass, each pass in another shuffled order and another process.

    repeatability.py run target/release/hovera crates/bench/tests/repeatability*.toml [--passes 4] [--keep DIR]
    repeatability.py read pass1.csv pass2.csv ...
    repeatability.py clocks pass1.csv pass2.csv ...
    repeatability.py drift pass1.csv pass2.csv ...

For each shape (max - min) / median over the passes, of throughput as it happened and of the row's
invariant: cycles where the SMs bound it, time where memory does, their geometric mean where both do. A shape that a
pass told two speeds of is held at the speed that most launches have in most passes: each pass counts with that of its speeds that
is nearest, and with its invariant only where most of its own launches have that speed, because the clock of the others is not in
the file. `run` measures each spec so many times
by `hovera run --order-seed`, its passes one after the other; what follows `--` goes to hovera. `read`
takes files that are there, of one card or of two. Exit code 1 when a burst spec misses one of TARGETS. `clocks` says of
products of more than LARGE bytes that the SMs bound how far the clock of a pass is from the shape's mean over the
passes, and whether those that were measured after one another are off alike: then the clock is the card's at the time, and
not the shape's. `drift` says how far the clocks of each tenth of a pass are from the shapes' own, all shapes together.
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
import typing

KEY = ["op", "pass", "mask", "dtype", "layout", "engine", "pacing", "cache", "heads", "kv_heads", "batch", "seq", "seq_key", "hidden",
       "head_dim", "head_dim_v", "gemm_batch", "m", "n", "k"]
GROUPS = {
    "series 1, 2, 4": lambda shape: shape.series < 8,
    "series 8 to 64": lambda shape: shape.series >= 8,
    "launches < 10 us": lambda shape: shape.us < 10,
    "10 to 60 us": lambda shape: 10 <= shape.us < 60,
    "60 to 150 us": lambda shape: 60 <= shape.us < 150,
    "150 to 400 us": lambda shape: 150 <= shape.us < 400,
    "> 400 us": lambda shape: 400 <= shape.us,
    "all": lambda shape: True,
}
# p50, p90 and worst in percent, over all shapes, in burst.
LARGE = 300e6
LATER = (1, 2, 4, 8, 16)  # places in the order of measuring
PARTS = 10  # of a pass
TARGETS = {"throughput": (0.4, 1.0, 2.0), "invariant": (0.2, 0.5, 1.0)}


def rows(path):
    try:
        with open(path, newline="") as file:
            return list(csv.DictReader(line for line in file if not line.startswith("#")))
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")


def sessions(path):
    """How many groups of launches were disturbed, and the wall time: what the file ends with."""
    with open(path) as file:
        pairs = [line[2:].strip().split(" = ") for line in file if line.startswith("# ") and " = " in line]
    total = lambda key: sum(float(pair[1]) for pair in pairs if pair[0] == key)
    return int(total("disturbed_groups")), total("wall_seconds")


def key_of(row):
    return tuple(row.get(k) or "" for k in KEY)


def spread(values):
    return 100 * (max(values) - min(values)) / statistics.median(values)


def clock(row):
    return float(row["cycles_median"] or 1) / float(row["time_median_us"])


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent * len(ordered) / 100) - 1)]


class Shape(typing.NamedTuple):
    series: int
    us: float
    bound: str
    figures: dict
    key: tuple


def speeds(row):
    """The times of a row, in us: one, or two where the row tells of two speeds."""
    second = row.get("second_time_us")
    return [float(row["time_median_us"])] + ([float(second)] if second else [])


def nearest(row, us):
    return min(speeds(row), key=lambda speed: abs(speed - us))


def reference(passes):
    """The speed that is that of the larger group in most passes, in us; of several the first pass's."""
    medians = [float(row["time_median_us"]) for row in passes]
    return max(medians, key=lambda us: sum(nearest(row, us) == own for row, own in zip(passes, medians)))


def spreads(paths):
    """Of each shape that all files have, the spread of each quantity."""
    shapes = {}
    for path in paths:
        for row in rows(path):
            if row["status"] in ("ok", "noisy"):
                shapes.setdefault(key_of(row), []).append(row)
    found = []
    for key, passes in shapes.items():
        if len(passes) != len(paths):
            continue
        bounds = [row["bound"] for row in passes]
        bound = max(sorted(set(bounds)), key=bounds.count)
        if not all(row["cycles_median"] for row in passes):
            bound = "bound unknown"
        exponent = {"compute": 1.0, "both": 0.5}.get(bound, 0.0)
        us = reference(passes)
        times = [nearest(row, us) for row in passes]
        # Of the smaller group only the time is known, and no clock.
        own = [row for row, speed in zip(passes, times) if speed == float(row["time_median_us"])]
        figures = {
            "throughput": spread([1 / us for us in times]),
            "invariant": spread([float(row["time_median_us"]) * clock(row) ** exponent for row in own] if len(own) > 1 else times),
        }
        found.append(Shape(int(passes[0]["series"] or 0), us, bound or "bound unknown", figures, key))
    return found


def report(name, paths):
    found = spreads(paths)
    if not found:
        sys.exit(f"{name}: no shape is in all {len(paths)} files")
    all_rows = [row for path in paths for row in rows(path)]
    noisy = sum(row["status"] == "noisy" for row in all_rows)
    two = sum(len(speeds(row)) == 2 for row in all_rows if row["time_median_us"])
    disturbed, wall = (sum(column) for column in zip(*map(sessions, paths)))
    print(f"{name}: {len(found)} shapes in {len(paths)} passes of {wall / len(paths):.1f} s; of {len(all_rows)} rows {noisy} noisy, ", end="")
    print(f"{two} with two speeds; {disturbed} disturbed groups measured again")
    print(f"  {'(max - min) / median':32} {'shapes':>6} {'p50':>8} {'p90':>8} {'worst':>8}")
    burst = all(key[KEY.index("pacing")] == "burst" for *_, key in found)
    met = True
    for group, members in GROUPS.items():
        for quantity, targets in TARGETS.items():
            values = [shape.figures[quantity] for shape in found if members(shape)]
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
        worst = sorted(found, key=lambda shape: -shape.figures[quantity])[:5]
        named = [f"{' '.join(filter(None, s.key))} ({s.us:.1f} us, {s.bound}) {s.figures[quantity]:.2f} %" for s in worst]
        print(f"  farthest in {quantity}: " + "; ".join(named))
    return met


def by_key(paths):
    """Of each file the place and the row of every shape."""
    return [{key_of(row): (place, row) for place, row in enumerate(rows(path))} for path in paths]


def drift(paths):
    """How far clocks are from the median of each shape's over the passes, by parts of a pass in the order of measuring."""
    passes = by_key(paths)
    with_clock = lambda key: all(one[key][1]["cycles_median"] for one in passes)
    shapes = [key for key in set.intersection(*(set(one) for one in passes)) if with_clock(key)]
    if len(shapes) < PARTS:
        sys.exit(f"{len(shapes)} shapes have a clock in all of these files: want {PARTS} or more")
    usual = {key: statistics.median(clock(one[key][1]) for one in passes) for key in shapes}
    print(f"clocks over the shapes' own in %, by tenths of a pass: {len(shapes)} shapes")
    for path, one in zip(paths, passes):
        ordered = sorted(shapes, key=lambda key: one[key][0])
        off = [100 * (clock(one[key][1]) / usual[key] - 1) for key in ordered]
        parts = [off[part * len(off) // PARTS : (part + 1) * len(off) // PARTS] for part in range(PARTS)]
        print(f"  {pathlib.Path(path).name:28}" + "".join(f"{statistics.mean(part):7.2f}" for part in parts))
    return True


def clocks(paths):
    """How the clocks of large products go with those of the products measured before them."""
    passes = by_key(paths)
    off = [{} for _ in paths]
    for key in set.intersection(*(set(one) for one in passes)):
        measured = [one[key] for one in passes]
        if all(row["cycles_median"] and row["bound"] == "compute" and float(row["bytes"]) > LARGE for _, row in measured):
            logs = [math.log(clock(row)) for _, row in measured]
            for of_pass, (place, _), log in zip(off, measured, logs):
                of_pass[place] = 100 * (log - statistics.mean(logs))
    if not off[0]:
        sys.exit(f"no product of more than {LARGE / 1e6:.0f} MB that the SMs bound is in all of these files")
    variance = statistics.mean(value**2 for of_pass in off for value in of_pass.values())
    shapes = len(off[0])
    print(f"clocks: {shapes} shapes in {len(paths)} passes; off by {math.sqrt(variance):.2f} % (rms)")
    for later in LATER:
        pairs = [(of_pass[place], of_pass[place + later]) for of_pass in off for place in of_pass if place + later in of_pass]
        if pairs:
            together = statistics.mean(a * b for a, b in pairs) / variance
            print(f"  correlation with the one measured {later:2} later: {together:5.2f}  ({len(pairs)} pairs)")
    return True


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
    for name in ("clocks", "drift"):
        commands.add_parser(name).add_argument("results", nargs="+")
    own, for_hovera = split_arguments()
    arguments = parser.parse_args(own)
    if arguments.command == "read":
        return report("read", arguments.results)
    if arguments.command == "clocks":
        return clocks(arguments.results)
    if arguments.command == "drift":
        return drift(arguments.results)
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
