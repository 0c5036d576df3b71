#!/usr/bin/env python3
"""What a dense burst leaves behind: how often light ones run at a lower clock, by how many points came since.

    aftermath.py RESULTS.csv

For a results file whose rows are in the order they were measured, light and dense points mixed. sweeps/README.md says
what the H100's full sweep of commit b32ab20 said:

    git show b32ab20:sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv > full.csv
"""

import collections
import csv
import sys

DENSE_TFLOPS = 400
LOWER = 0.9955  # of the usual clock: below it lie the two lower levels, 1 and 2 % down
FARTHEST = 8


def main():
    with open(sys.argv[1], newline="") as file:
        lines = file.readlines()
    rows = [row for row in csv.DictReader(line for line in lines if not line.startswith("#")) if row["tflops"]]
    wall = sum(float(line.split("=")[1]) for line in lines if line.startswith("# wall_seconds"))
    since, clocks = FARTHEST, collections.defaultdict(list)
    for row in rows:
        if int(row["series"]) <= 4 and int(row["head_dim"]) > 100:
            clocks[since].append(float(row["sm_clock_mhz"]))
        since = 1 if float(row["tflops"]) > DENSE_TFLOPS else min(since + 1, FARTHEST)
    everything = sorted(clock for of_since in clocks.values() for clock in of_since)
    usual = everything[len(everything) // 2]
    print(f"{1e3 * wall / len(rows):.0f} ms a point; usual clock of series 1, 2, 4: {usual:.0f} MHz")
    print("points since a dense one  light points  below the usual clock")
    for since in sorted(clocks):
        low = sum(clock < LOWER * usual for clock in clocks[since]) / len(clocks[since])
        name = f"{since} or more" if since == FARTHEST else str(since)
        print(f"{name:24}  {len(clocks[since]):12}  {100 * low:.0f} %")


if __name__ == "__main__":
    main()
