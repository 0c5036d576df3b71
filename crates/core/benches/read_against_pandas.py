#!/usr/bin/env python3
"""Reading a results file of 1,000,000 rows, by hovera and by pandas, in one run.

    cargo build --release && python3 crates/core/benches/read_against_pandas.py target/release/hovera

The rows are those of the H100's full sweep, again and again at other batch sizes. hovera reads the file,
computes again what follows from other fields, looks for points that are there twice, and explains one point of it;
pandas reads the same file and looks the same point up. Needs pandas. What it last printed is in the README beside it.
"""

import csv
import io
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWEEP = Path(__file__).parents[3] / "sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv"
ROWS = 1_000_000
TIMES = 5

BY_PANDAS = """
import pandas, sys
rows = pandas.read_csv(sys.argv[1], comment="#")
found = rows[(rows.op == "score") & (rows.hidden == 768) & (rows.batch == 4)]
print(len(rows), found.tflops.iloc[0])
"""


def at_batch(row, batch):
    """The row as it would be at another batch, with the same times."""
    factor = batch / int(row["batch"])
    scaled = {name: str(round(int(row[name]) * factor)) for name in ("gemm_batch", "flop", "bytes")}
    tflops = repr(float(row["tflops"]) * factor) if row["tflops"] else ""
    return row | scaled | {"batch": str(batch), "tflops": tflops}


def write(path):
    text = SWEEP.read_text()
    head = [line for line in text.splitlines() if line.startswith("#")]
    head = head[: head.index("# [[session]]")]
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    with open(path, "w", newline="") as file:
        file.writelines(f"{line}\n" for line in head)
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        copies = (at_batch(row, batch) for batch in itertools.count(4) for row in rows)
        writer.writerows(itertools.islice(copies, ROWS))


def seconds(command):
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main():
    import pandas

    hovera = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.csv"
        write(path)
        explain = [hovera, "explain", path, "--hidden", "768", "--op", "score", "--batch", "4"]
        ours = seconds(explain)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        theirs = seconds([sys.executable, "-c", BY_PANDAS, path])
        print(f"{ROWS} rows, {path.stat().st_size / 1e6:.0f} MB; medians of {TIMES} runs of the whole process")
        print(f"hovera             {ours:6.2f} s, {peak:.2f} GiB at most")
        print(f"pandas {pandas.__version__:11} {theirs:6.2f} s")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
