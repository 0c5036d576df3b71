#!/usr/bin/env python3
"""hovera's throughput over torch's on the same products and the same card, both paced alike.

    agreement.py target/release/hovera crates/cuda/tests/agreement.toml [DIR]
    agreement.py read DIR
    agreement.py read HOVERA.csv TORCH.csv

Runs hovera, then torch_bmm.py on the points that hovera measured, twice each in turn, and prints the
ratio of the medians over both passes. DIR keeps the files; `read` prints what those there say, or what two files say.
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


OTHER_OPS = ("attention", "softmax")
GEMM = ["gemm_batch", "m", "n", "k", "layout", "dtype"]
# What torch_bmm.py wrote before it knew products of no layer.
LAYER = ["op", "heads", "batch", "seq", "head_dim", "layout", "dtype"]


# hovera's median is of the speed that more launches have, torch's of all.
TWO_SPEEDS = "of two speeds"


def kind(row):
    """What a row of hovera's counts as in the table of README.md."""
    if row["second_share"]:
        return TWO_SPEEDS
    if float(row["bytes"]) > 300e6:
        aligned = all(int(row[size]) % 8 == 0 for size in ("m", "n", "k"))
        return "more than 300 MB, " + ("aligned" if aligned else "misaligned")
    return "up to 300 MB, " + ("60 us and more" if float(row["time_median_us"]) >= 60 else "less than 60 us")


def measured(paths):
    """Pairs of files: hovera's and torch's."""
    spec, *keep = paths[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path((keep or [folder])[0])
        folder.mkdir(parents=True, exist_ok=True)
        for turn in range(2):
            results, judged = folder / f"hovera{turn}.csv", folder / f"torch{turn}.csv"
            subprocess.run([paths[0], "run", spec, "-o", results, "--quiet"], check=True)
            judge = [sys.executable, HERE / "torch_bmm.py", results, "-o", judged]
            subprocess.run(judge, check=True)
            yield results, judged


def pairs(arguments):
    match arguments:
        case ["read", folder]:
            return [(pathlib.Path(folder) / f"hovera{turn}.csv", pathlib.Path(folder) / f"torch{turn}.csv") for turn in (0, 1)]
        case ["read", ours, theirs]:
            return [(ours, theirs)]
        case [_, _] | [_, _, _]:
            return measured(arguments)
        case _:
            sys.exit(__doc__)


def main():
    ours, theirs, kinds = {}, {}, {}
    for results, judged in pairs(sys.argv[1:]):
        columns = GEMM if set(GEMM) <= set(rows(judged)[0]) else LAYER
        for table, path in ((ours, results), (theirs, judged)):
            for row in rows(path):
                if row.get("status", "ok") in ("ok", "noisy") and row["op"] not in OTHER_OPS:
                    key = tuple(row[column] for column in columns)
                    table.setdefault(key, []).append(float(row["tflops"]))
                    if "second_share" in row and kinds.get(key) != TWO_SPEEDS:
                        kinds[key] = kind(row)
    # What both measured: a run may have been stopped.
    ours = {k: times for k, times in ours.items() if k in theirs}
    ratio = {k: statistics.mean(ours[k]) / statistics.mean(theirs[k]) for k in ours}

    def say(words, keys):
        ordered = sorted(ratio[k] for k in keys)
        if not ordered:
            return
        at = lambda share: ordered[round(share * (len(ordered) - 1))]
        print(f"{len(ordered)} {words}: p5 {at(0.05):.4f}  median {at(0.5):.4f}  p95 {at(0.95):.4f}")

    say("products, hovera over torch", ratio)
    for word in sorted(set(kinds.values())):
        say(word, [k for k in ratio if kinds.get(k) == word])
    print("product, hovera TFLOP/s, torch TFLOP/s, ratio; farthest first")
    for k in sorted(ratio, key=lambda k: -abs(ratio[k] - 1))[:8]:
        means = statistics.mean(ours[k]), statistics.mean(theirs[k])
        print(f"{' '.join(k):40}{means[0]:9.2f}{means[1]:9.2f}{ratio[k]:9.4f}")


if __name__ == "__main__":
    main()
