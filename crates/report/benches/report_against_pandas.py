#!/usr/bin/env python3
"""One report of a full sweep, made by hovera and by pandas with matplotlib, in one run.

    cargo build --release && python3 crates/report/benches/report_against_pandas.py target/release/hovera

Both read the same 5460 rows, work out each line's level and plateau and the cost of an odd head dim, draw the two
charts as SVG, and write one HTML file with the charts and every row. Needs pandas and matplotlib.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWEEP = Path(__file__).parents[3] / "sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv"
TIMES = 7


def by_pandas(out):
    """The same report, as short as pandas and matplotlib allow."""
    import io

    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    rows = pd.read_csv(SWEEP, comment="#")
    page = ["<!DOCTYPE html><title>report</title>"]
    for op, of_op in rows.groupby("op"):
        figure, axes = plt.subplots(figsize=(8, 5))
        lines = {}
        for series, line in of_op.sort_values("hidden").groupby("series"):
            axes.plot(line.hidden, line.tflops, label=f"h/a = {series}")
            late = line[line.hidden >= 0.75 * line.hidden.max()]
            level = late.tflops.median()
            off = line[(line.tflops - level).abs() > 0.1 * level]
            start = line[line.hidden > off.hidden.max()].hidden.min() if len(off) else line.hidden.min()
            lines[series] = (line, late)
            page.append(f"<p>h/a = {series}: within 10 % of {level:.0f} TFLOP/s from {start}")
        odd, aligned = lines[1][1], lines[64][0]
        factor = np.median(np.interp(odd.hidden, aligned.hidden, aligned.tflops) / odd.tflops)
        page.append(f"<p>An odd head dim is {factor:.2f} times slower")
        axes.set(title=op, xlabel="Hidden Size", ylabel="Throughput (TFLOPs/s)", xlim=(0, 32768), ylim=(0, None))
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        svg = io.StringIO()
        figure.savefig(svg, format="svg")
        plt.close(figure)
        page.append(svg.getvalue())
    columns = ["op", "hidden", "head_dim", "series", "tflops", "time_median_us", "sm_clock_mhz", "bound", "status"]
    page.append(rows[columns].to_html(index=False))
    Path(out).write_text("\n".join(page))


def seconds(command):
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken), min(taken), max(taken)


def main(hovera):
    import matplotlib
    import pandas

    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "hovera report": ([hovera, "report", str(SWEEP), "-o", f"{folder}/a.html"], "a.html"),
            f"pandas {pandas.__version__}, matplotlib {matplotlib.__version__}": (
                [sys.executable, __file__, "--by-pandas", f"{folder}/b.html"],
                "b.html",
            ),
        }
        print(f"{TIMES} reports of 5460 rows each, as processes: median (fastest to slowest), size")
        for name, (command, file) in ways.items():
            median, fastest, slowest = seconds(command)
            size = Path(folder, file).stat().st_size / 1e6
            print(f"{name}: {median:.3f} s ({fastest:.3f} to {slowest:.3f} s), {size:.1f} MB")


if __name__ == "__main__":
    if sys.argv[1] == "--by-pandas":
        by_pandas(sys.argv[2])
    else:
        main(sys.argv[1])
