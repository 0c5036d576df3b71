#!/usr/bin/env python3
"""hovera's throughput over torch.bmm's on the same shapes and the same card, both paced alike.

    agreement.py target/release/hovera crates/cuda/tests/agreement.toml [DIR]
    agreement.py read DIR

Runs hovera, then torch_bmm.py on the points that hovera measured, twice each in turn, and prints the
ratio of the medians over both passes. DIR keeps the files; `read` prints what those there say.
"""

import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def key(row):
    return tuple(row[column] for column in ("op", "heads", "batch", "seq", "head_dim", "layout", "dtype"))


def main():
    binary, spec, *keep = sys.argv[1:4] if sys.argv[1] != "read" else [None, None, sys.argv[2]]
    ours, theirs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = (keep or [folder])[0]
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        for turn in range(2):
            results, judged = f"{folder}/hovera{turn}.csv", f"{folder}/torch{turn}.csv"
            if binary:
                subprocess.run([binary, "run", spec, "-o", results, "--quiet"], check=True)
                judge = [sys.executable, str(HERE / "torch_bmm.py"), "--samples", "8", "--idle", "5", results, "-o", judged]
                subprocess.run(judge, check=True)
            for table, path in ((ours, results), (theirs, judged)):
                for row in rows(path):
                    table.setdefault(key(row), []).append(float(row["tflops"]))
    ratio = {k: statistics.mean(ours[k]) / statistics.mean(theirs[k]) for k in ours}
    ordered = sorted(ratio.values())
    at = lambda share: ordered[round(share * (len(ordered) - 1))]
    print(f"{len(ratio)} shapes, hovera over torch.bmm: p5 {at(0.05):.4f}  median {at(0.5):.4f}  p95 {at(0.95):.4f}")
    print("shape, hovera TFLOP/s, torch TFLOP/s, ratio; farthest first")
    for k in sorted(ratio, key=lambda k: -abs(ratio[k] - 1))[:8]:
        means = statistics.mean(ours[k]), statistics.mean(theirs[k])
        print(f"{' '.join(k):40}{means[0]:9.2f}{means[1]:9.2f}{ratio[k]:9.4f}")


if __name__ == "__main__":
    main()
