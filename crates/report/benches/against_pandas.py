#!/usr/bin/env python3
"""Times `hovera compare` on two files of 100,000 rows against pandas and scipy doing the same.

    pip install pandas==3.1.1 scipy==1.17.1
    cargo build --release && python3 crates/report/benches/against_pandas.py target/release/hovera

Both read the files, match the points, judge each ratio with the false discoveries controlled, sum up by op
and series, and write everything. Each runs in a process of its own, five times in turn; the fastest and the
median are told. They must agree on every ratio and verdict: exit code 1 otherwise.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROWS = 100_000
KEY = ["op", "dtype", "layout", "engine", "pacing", "cache", "heads", "batch", "seq", "hidden"]


def by_pandas():
    """What a process of its own does, in the folder of the files."""
    import numpy
    import pandas
    from scipy import stats

    base, other = (pandas.read_csv(name, comment="#") for name in ["base.csv", "other.csv"])
    both = base.merge(other, on=KEY, suffixes=("_base", ""), validate="one_to_one")
    both["ratio"] = both.tflops / both.tflops_base
    both["ln"] = numpy.log(both.ratio)
    within = lambda end: (both["time_ci_us" + end] / both["time_median_us" + end] / stats.norm.ppf(0.975)) ** 2
    run = numpy.where(both.series >= 8, 0.002, 0.009)
    error = numpy.sqrt(within("_base") + within("") + 2 * run**2)
    margin = numpy.log(1.01)
    tail = stats.norm.sf
    p = tail((both.ln.abs() - margin) / error) + tail((both.ln.abs() + margin) / error)
    both["q"] = stats.false_discovery_control(numpy.minimum(p, 1))
    half = stats.norm.ppf(0.975) * error
    same = (both.ln - half >= -margin) & (both.ln + half <= margin)
    different = numpy.where(both.ln > 0, "faster", "slower")
    both["verdict"] = numpy.where(both.q <= 0.05, different, numpy.where(same, "same", "unsure"))
    summary = both.groupby(["op", "series"]).agg(n=("ln", "size"), ln=("ln", "mean"), worst=("ratio", "min"), best=("ratio", "max"))
    summary["ratio"] = numpy.exp(summary.ln)
    summary.to_csv("pandas-summary.csv")
    both[[*KEY, "ratio", "q", "verdict"]].to_csv("pandas.csv", index=False)


def disagreements(folder):
    """Points on which the two do not agree, and how far the summaries' means are apart."""
    import pandas

    ours = pandas.read_csv(os.path.join(folder, "hovera.csv"), low_memory=False)
    theirs = pandas.read_csv(os.path.join(folder, "pandas.csv"))
    points = ours[ours.level == "point"].astype({"heads": int, "batch": int, "seq": int, "hidden": int})
    both = points.merge(theirs, on=KEY, suffixes=("", "_pandas"), validate="one_to_one")
    apart = ((both.ratio - both.ratio_pandas).abs() > 1e-9) | ((both.q - both.q_pandas).abs() > 1e-6)
    apart |= both.verdict != both.verdict_pandas
    series = ours[ours.level == "series"].astype({"series": int})
    summary = series.merge(pandas.read_csv(os.path.join(folder, "pandas-summary.csv")), on=["op", "series"], suffixes=("", "_pandas"))
    return len(both), int(apart.sum()), len(summary), float((summary.ratio - summary.ratio_pandas).abs().max())


def main():
    import made_up

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera")
    arguments = parser.parse_args()
    generator = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        for name in ["base.csv", "other.csv"]:
            with open(os.path.join(folder, name), "w") as file:
                file.write(made_up.header())
                for shape in made_up.shapes(ROWS):
                    # A tenth of the other's points are 4 % slower.
                    slow = name == "other.csv" and shape[4] % 10 == 0
                    file.write(made_up.row(shape, (0.96 if slow else 1) * (1 + 0.002 * generator.gauss(0, 1))))
        commands = {
            "hovera": [os.path.abspath(arguments.hovera), "compare", "base.csv", "other.csv", "--quiet", "-o", "hovera.csv"],
            "pandas": [sys.executable, os.path.abspath(__file__), "--by-pandas"],
        }
        times = {name: [] for name in commands}
        for _ in range(5):
            for name, command in commands.items():
                begin = time.monotonic()
                subprocess.run(command, cwd=folder, check=True)
                times[name].append(time.monotonic() - begin)
        points, apart, series, farthest = disagreements(folder)
    for name, seconds in times.items():
        print(f"{name}: {min(seconds):.2f} s at best, {statistics.median(seconds):.2f} s in the median of {len(seconds)}")
    print(f"{points} points, {apart} of them judged differently; {series} means, at most {farthest:.1e} apart; {os.cpu_count()} cores")
    return points == ROWS and apart == 0 and farthest < 1e-9


if __name__ == "__main__":
    if sys.argv[1:] == ["--by-pandas"]:
        by_pandas()
    else:
        sys.exit(0 if main() else 1)
