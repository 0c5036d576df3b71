#!/usr/bin/env python3
"""Times torch's products by the rule that hovera times cuBLAS by: the independent judge of its numbers.

Reads a CSV with the columns op,gemm_batch,m,n,k,layout,dtype (more are ignored, lines that start
with # too, so that a hovera results file will do) and writes those columns with time_median_us,
time_min_us, tflops and samples. Several products in a batch are torch.bmm's; one is torch.mm's, which is what
F.linear without a bias and its two gradients run. Each product is timed once.

    torch_bmm.py shapes.csv > torch.csv
    torch_bmm.py --launches 16 shapes.csv -o torch.csv

The clock of a GPU depends on what ran before. So the GPU idles as it does for hovera: `--idle` times as long as it is busy, times
the square of the product's share of `--peak`. The order is hovera's, too: shapes of at most 300 MB, then those that cannot drive the
GPU hard, then the others. Light ones run for 1.2 s before those that count.

Launches are timed by CUDA graphs, as hovera times them: one graph of some launches and one of more, each replayed twice after a
replay that does not count (the first one of a graph uploads it), with a rest before. A launch is the difference of the two over that
of their launches, so that what the events and the start of a graph take is in neither. No kernel holds the device back before.
Shapes whose operands and result take at most 300 MB are at twelve
allocations, behind a kernel that rewrites more than the L2, with a rest of five times the busy time, or ten times where they
come near the peak.
"""

import argparse
import csv
import statistics
import sys
import time

import torch

COLUMNS = ["op", "gemm_batch", "m", "n", "k", "layout", "dtype"]
DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16}
OTHER_OPS = ("attention", "softmax")
COMPACT_BYTES = 300_000_000
DENSE_INTENSITY = 118  # FLOP/B, from which an aligned product drives a GPU hard
DENSE_SHARE = 0.35  # of the peak
RUN_IN_S = 1.2


def bytes_of(row):
    products, m, n, k = (int(row[size]) for size in ("gemm_batch", "m", "n", "k"))
    return 2 * products * (m * k + k * n + m * n)


def stretch(row):
    """Compact shapes come first, then light ones, then dense ones."""
    products, m, n, k = (int(row[size]) for size in ("gemm_batch", "m", "n", "k"))
    aligned = all(size % 8 == 0 for size in (m, n, k))
    dense = aligned and 2 * products * m * n * k >= DENSE_INTENSITY * bytes_of(row)
    return bytes_of(row) > COMPACT_BYTES, dense


def operands(row, generator):
    """A and B as hovera has them: the letter t says that A is stored k x m, or B n x k."""
    products, m, n, k = (int(row[size]) for size in ("gemm_batch", "m", "n", "k"))
    options = {"dtype": DTYPES[row["dtype"]], "device": "cuda", "generator": generator}

    # One product is what F.linear and its gradients run, which is mm.
    several = () if products == 1 else (products,)

    def operand(rows, columns, letter):
        if letter == "t":
            return torch.randn(*several, columns, rows, **options).transpose(-2, -1)
        return torch.randn(*several, rows, columns, **options)

    a_letter, b_letter = row["layout"]
    return operand(m, k, a_letter), operand(k, n, b_letter), 2 * products * m * n * k


def empty_result(a, b):
    return torch.empty(*a.shape[:-1], b.shape[-1], dtype=a.dtype, device="cuda")


def product(a, b, out):
    (torch.mm if a.dim() == 2 else torch.bmm)(a, b, out=out)


def graph_of(a, b, out, launches, other_data):
    """Launches, behind a kernel that rewrites more than the L2 where there is other data."""
    graph = torch.cuda.CUDAGraph()
    stream = torch.cuda.Stream()
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        graph.capture_begin()
        if other_data is not None:
            other_data.add_(1)
        for _ in range(launches):
            product(a, b, out)
        graph.capture_end()
    return graph


def replayed(graph, rest):
    """The time of a graph in us, after a rest."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    time.sleep(rest)
    start.record()
    graph.replay()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) * 1e3


def measure(sets, launches, rest, other_data):
    """Times of a launch in us, by graphs of so few and so many launches on each set of operands."""
    few, more = launches
    times = []
    for operands in sets:
        graphs = [graph_of(*operands, count, other_data) for count in launches]
        for graph in graphs:
            replayed(graph, rest)
        for _ in range(2):
            short, long = (replayed(graph, rest) for graph in graphs)
            times.append((long - short) / (more - few))
    return times


def measure_large(a, b, out, launches, rest):
    return measure([(a, b, out)], (1, 1 + launches), rest, None)


def measure_compact(row, generator, about_us, other_data, idle):
    untimed_us, timed_us, places = (80, 250, 12) if about_us < 100 else (300, 700, 6)
    few = max(2, round(untimed_us / about_us))
    more = few + max(3, round(timed_us / about_us))
    sets = []
    for _ in range(places):
        a, b, _ = operands(row, generator)
        sets.append((a, b, empty_result(a, b)))
    return measure(sets, (few, more), max(0.002, idle * more * about_us * 1e-6), other_data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes")
    parser.add_argument("-o", "--output", default="-")
    parser.add_argument("--launches", type=int, default=8, help="launches that are timed together of a large shape")
    parser.add_argument("--idle", type=float, default=10.0, help="idle time over busy time at the peak")
    parser.add_argument("--peak", type=float, default=989.4, help="TFLOP/s of the card, as its datasheet has it")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    with open(arguments.shapes, newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    other_data = torch.zeros(100 << 20, dtype=torch.uint8, device="cuda")  # twice an H100's L2
    generator = torch.Generator(device="cuda").manual_seed(arguments.seed)
    output = sys.stdout if arguments.output == "-" else open(arguments.output, "w", newline="")
    writer = csv.writer(output)
    writer.writerow([*COLUMNS, "time_median_us", "time_min_us", "tflops", "samples"])
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}", file=sys.stderr)

    rows = [row for row in rows if row.get("status", "ok") in ("ok", "noisy") and row["op"] not in OTHER_OPS]
    rows = list({tuple(row[column] for column in COLUMNS[-6:]): row for row in reversed(rows)}.values())[::-1]
    rows.sort(key=stretch)

    def judged(row):
        """Times in us, and the work of a launch in FLOP."""
        a, b, flop = operands(row, generator)
        out = empty_result(a, b)
        product(a, b, out)  # loads the kernel
        torch.cuda.synchronize()
        about_us = max(1.0, measure_large(a, b, out, 2, 0.002)[-1])
        seconds = about_us * 1e-6
        if bytes_of(row) <= COMPACT_BYTES:
            del a, b, out
            dense = flop / seconds > DENSE_SHARE * arguments.peak * 1e12
            return measure_compact(row, generator, about_us, other_data, arguments.idle * (1 if dense else 0.5)), flop
        heat = min(flop / seconds / (arguments.peak * 1e12), 1) ** 2
        rest = max(0.002, arguments.idle * (1 + arguments.launches) * seconds * heat)
        return measure_large(a, b, out, arguments.launches, rest), flop

    light = [row for row in rows if stretch(row) == (True, False)]
    for row in rows:
        if light and row is light[0]:
            begin, turn = time.perf_counter(), 0
            while time.perf_counter() - begin < RUN_IN_S:
                judged(light[turn % len(light)])
                turn += 1
        times, flop = judged(row)
        median = statistics.median(times)
        figures = [f"{median:.3f}", f"{min(times):.3f}", f"{flop / median / 1e6:.3f}", len(times)]
        writer.writerow([*(row[column] for column in COLUMNS), *figures])
        output.flush()


if __name__ == "__main__":
    main()
