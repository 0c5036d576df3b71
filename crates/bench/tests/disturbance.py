#!/usr/bin/env python3
"""Whether hovera notices that another process used the GPU while it measured.

    disturbance.py target/release/hovera [--times 5] [--seed 1] [--keep DIR] [-- flags for hovera]

Measures disturbance.toml twice in the same order: left alone, and while a second hovera computes a
large product for some tenths of a second (disturber.toml) at random moments. Prints what was caught and
how far the rows of the two runs differ. Exit code 1 when nothing more was caught, or when a row of the
disturbed run is slower by more than 5 %. DIR keeps the files.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from repeatability import KEY, rows, sessions, split_arguments

HERE = pathlib.Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    own, for_hovera = split_arguments()
    arguments = parser.parse_args(own)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            folder = arguments.keep

        def sweep(spec, out):
            return [arguments.hovera, "run", HERE / spec, "-o", f"{folder}/{out}.csv", "--quiet", *for_hovera]

        begin = time.monotonic()
        subprocess.run(sweep("disturbance.toml", "alone"), check=True)
        alone = time.monotonic() - begin
        # The same again, with company. Starting takes either process a second or so.
        moments = random.Random(arguments.seed)
        starts = sorted(moments.uniform(1, max(1, alone - 3)) for _ in range(arguments.times))
        begin = time.monotonic()
        processes = [subprocess.Popen(sweep("disturbance.toml", "disturbed"))]
        for number, start in enumerate(starts):
            time.sleep(max(0, begin + start - time.monotonic()))
            processes.append(subprocess.Popen(sweep("disturber.toml", f"other{number}")))
        if any([process.wait() for process in processes]):
            sys.exit("a run failed")
        paths = [f"{folder}/{name}.csv" for name in ("alone", "disturbed")]
        left_alone, disturbed = ({tuple(row[k] for k in KEY): row for row in rows(path)} for path in paths)
        caught = [sessions(path)[0] for path in paths]
    print("disturbed after " + ", ".join(f"{start:.1f}" for start in starts) + f" s of a run of {alone:.1f} s")
    noted = [row for row in disturbed.values() if "measured again" in row["note"]]
    print(f"disturbed groups measured again: {caught[0]} alone, {caught[1]} disturbed, in {len(noted)} rows")
    for row in noted[:5]:
        print(f"  {row['op']} hidden {row['hidden']}: {row['note']}")
    ratio = {k: float(disturbed[k]["time_median_us"]) / float(left_alone[k]["time_median_us"]) for k in left_alone}
    slowest = sorted(ratio, key=lambda k: -ratio[k])[:5]
    print(f"slower by more than 2 %: {sum(value > 1.02 for value in ratio.values())} of {len(ratio)} rows")
    print("slowest against the run left alone: " + "; ".join(f"{k[0]} hidden {k[KEY.index('hidden')]} {ratio[k]:.3f}" for k in slowest))
    return caught[1] > caught[0] and ratio[slowest[0]] <= 1.05


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
