"""The made-up chart of benches/render.rs by matplotlib: SVG, PNG at 200 dpi, PDF; medians in ms.

    python3 crates/plot/benches/matplotlib_lines.py [POINTS ...]

The same points, lines, axes, legend and text. matplotlib's own thinning of paths is on, as it is when
nobody says otherwise. Text stays text in the SVG, as in hovera's; the PDF embeds the font.
"""

import io
import statistics
import sys
import time

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "0"})
import matplotlib.pyplot as plt

COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2"]
REPEATS = 9


def series(points):
    """The lines of `made_up` in render.rs."""
    for i in range(len(COLOURS)):
        count = points // len(COLOURS) + (i < points % len(COLOURS))
        parts = [(j + 1) / count for j in range(count)]
        level = [(32.0 + 34.0 * i) * p / (p + 0.1) * (1.0 - 0.05 * (24.0 * p % 1.0)) for p in parts]
        noise = [1.0 + 0.03 * (j * 0.618033988749 % 1.0) for j in range(count)]
        yield [32768.0 * p for p in parts], [y * n for y, n in zip(level, noise)]


def draw(lines, kind):
    figure, axes = plt.subplots(figsize=(8, 5), dpi=200)
    for i, (x, y) in enumerate(lines):
        axes.plot(x, y, color=COLOURS[i], label=f"h/a = {1 << i}")
    axes.set(
        title="Attention Key Query Score, a=12",
        xlabel="Hidden Size",
        ylabel="Throughput (TFLOPs/s)",
        xlim=(0, 32768),
        ylim=(0, 250),
        xticks=range(0, 32769, 4096),
    )
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    figure.subplots_adjust(left=0.09, right=0.82, bottom=0.12, top=0.9)
    file = io.BytesIO()
    figure.savefig(file, format=kind)
    plt.close(figure)
    return len(file.getvalue())


def main():
    print(f"matplotlib {matplotlib.__version__}, Python {sys.version.split()[0]}, median of {REPEATS}")
    for points in map(int, sys.argv[1:] or ["100000"]):
        lines = list(series(points))
        for kind in ["svg", "png", "pdf"]:
            size = draw(lines, kind)
            times = []
            for _ in range(REPEATS):
                start = time.perf_counter()
                draw(lines, kind)
                times.append((time.perf_counter() - start) * 1e3)
            print(f"{points} points {kind}: {statistics.median(times):.1f} ms, {size} bytes")


main()
