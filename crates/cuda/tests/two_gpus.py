#!/usr/bin/env python3
"""Two GPUs of one machine against one: how much sooner a sweep is done, and whether they disturb each other.

    python3 two_gpus.py HOVERA SPEC [--repeat REPEAT.toml] [--devices 0,1] [--passes 3] [--keep DIR]
    python3 two_gpus.py --read DIR

SPEC is measured once by the first GPU and once by both. REPEAT, by default the 70 points of
repeatability.py, is measured so many times by the first GPU while the other rests, and as many times by each
of both at once. With sweeps/attention-a12.toml that is about 35 + 20 s of an H100, and 3 x 5 s twice.

The repeatability of a point is (max - min) / median over the passes; what is printed of it is the median, the
90th percentile and the worst of all points.
"""

import argparse
import collections
import csv
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import tomllib

REPEAT = pathlib.Path(__file__).parents[2] / "bench/tests/repeatability.toml"
KEYS = "op dtype layout engine pacing cache heads batch seq hidden".split()


def start(hovera, spec, out, devices, seed=None):
    """A sweep; none without a program, when its file is there."""
    if hovera is None:
        return None
    order = [] if seed is None else ["--order-seed", str(seed)]
    return subprocess.Popen([hovera, "run", "-q", spec, "-o", out, "--device", devices, *order])


def finish(*sweeps):
    codes = [sweep.wait() for sweep in sweeps if sweep]
    if any(code not in (0, 1) for code in codes):
        sys.exit(f"hovera ended with {codes}")


def read(path):
    """Measured rows by point, and the sessions of the last run."""
    lines = path.read_text().splitlines(keepends=True)
    table = [line for line in lines if not line.startswith("#")]
    rows = {}
    for row in csv.DictReader(table):
        if row["status"] in ("ok", "noisy"):
            rows[tuple(row[name] for name in KEYS)] = row
    end = max(i for i, line in enumerate(lines) if not line.startswith("#")) + 1
    trailer = "".join(line.removeprefix("# ").removeprefix("#") for line in lines[end:])
    return rows, tomllib.loads(trailer).get("session", [])


def time_us(row):
    return float(row["time_median_us"])


def invariant(row):
    """Cycles where the SMs bound it, time where memory does, their geometric mean where both do."""
    time, cycles = time_us(row), float(row["cycles_median"] or "nan")
    by_bound = {"compute": cycles, "both": math.sqrt(time * cycles)}.get(row["bound"], time)
    return time if math.isnan(by_bound) else by_bound


def spread(passes, value):
    """Of each point that all passes have."""
    keys = set.intersection(*(set(rows) for rows in passes))
    spreads = []
    for key in keys:
        # One quantity for all passes: the first one's bound.
        first = passes[0][key]["bound"]
        values = [value({**rows[key], "bound": first}) for rows in passes]
        spreads.append((max(values) - min(values)) / statistics.median(values))
    return sorted(spreads)


def percentiles(spreads):
    at = lambda share: spreads[min(len(spreads) - 1, int(share * len(spreads)))]
    return " / ".join(f"{100 * value:.2f}" for value in (at(0.5), at(0.9), spreads[-1])) + " %"


def speed_up(arguments, folder, devices):
    alone, both = folder / "alone.csv", folder / "both.csv"
    finish(start(arguments.hovera, arguments.spec, alone, devices[0]))
    finish(start(arguments.hovera, arguments.spec, both, ",".join(devices)))
    (one, [session]), (two, sessions) = read(alone), read(both)
    wall_alone, wall_both = session["wall_seconds"], max(s["wall_seconds"] for s in sessions)
    shares = collections.Counter(row["device"] for row in two.values())
    ends = ", ".join(f"{s['wall_seconds']:.1f} s" for s in sessions)
    print(f"{'points measured':34}{len(one)} alone, {len(two)} by both ({dict(sorted(shares.items()))})")
    print(f"{'one GPU':34}{wall_alone:.1f} s")
    print(f"{'two GPUs':34}{wall_both:.1f} s (they end after {ends})")
    print(f"{'speed-up':34}{wall_alone / wall_both:.2f}")
    shared = [key for key in one if key in two and two[key]["device"] == "0"]
    for name, value in (("time", time_us), ("invariant", invariant)):
        ratios = [value({**two[key], "bound": one[key]["bound"]}) / value(one[key]) for key in shared]
        if ratios:
            centre = statistics.median(ratios)
            print(f"{f'same card, both over alone, {name}':34}median {centre:.4f} of {len(ratios)} points")


def repeatability(arguments, folder, devices):
    alone, at_once = [], {device: [] for device in devices}
    for seed in range(1, arguments.passes + 1):
        out = folder / f"repeat-{seed}.csv"
        finish(start(arguments.hovera, arguments.repeat, out, devices[0], seed))
        alone.append(read(out)[0])
    for seed in range(1, arguments.passes + 1):
        outs = {device: folder / f"repeat-{device}-{seed}.csv" for device in devices}
        finish(*(start(arguments.hovera, arguments.repeat, out, device, seed) for device, out in outs.items()))
        for device, out in outs.items():
            at_once[device].append(read(out)[0])
    print(f"\n{'(max - min) / median':34}{'time':26}invariant   (p50 / p90 / worst)")
    for name, passes in [(f"GPU {devices[0]} alone", alone)] + [(f"GPU {d}, both at once", at_once[d]) for d in devices]:
        print(f"{name:34}{percentiles(spread(passes, time_us)):26}{percentiles(spread(passes, invariant))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hovera", nargs="?")
    parser.add_argument("spec", nargs="?")
    parser.add_argument("--repeat", default=REPEAT)
    parser.add_argument("--devices", default="0,1")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the results files")
    parser.add_argument("--read", type=pathlib.Path, help="a folder that has them")
    arguments = parser.parse_args()
    if (arguments.spec is None) == (arguments.read is None):
        parser.error("want HOVERA and SPEC, or --read DIR")
    arguments.hovera = arguments.hovera and str(pathlib.Path(arguments.hovera).resolve())
    devices = arguments.devices.split(",")
    with tempfile.TemporaryDirectory() as folder:
        folder = arguments.read or arguments.keep or pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        speed_up(arguments, folder, devices)
        repeatability(arguments, folder, devices)


if __name__ == "__main__":
    main()
