#!/usr/bin/env python3
"""Times torch's products by the rule that hovera times cuBLAS by: the independent judge of its numbers.

Reads a CSV with the columns op,gemm_batch,m,n,k,layout,dtype (more are ignored, lines that start
with # too, so that a hovera results file will do) and writes those columns with time_median_us,
time_min_us, tflops and samples. Several products in a batch are torch.bmm's; one is torch.mm's, which is what
F.linear without a bias and its two gradients run. Each product is timed once.

    torch_bmm.py shapes.csv > torch.csv
    torch_bmm.py --samples 7 --idle 10 shapes.csv -o torch.csv

Before each shape the GPU idles for `--idle` times as long as it was busy with the one before. One
launch is discarded and `--samples` are timed, each by a pair of CUDA events, behind a kernel that holds
the device back until all of them are queued.

Shapes whose operands and result take at most 300 MB are timed by CUDA graphs, as hovera times them: at each of twelve
allocations one graph of some launches and one of more, each behind a kernel that rewrites more than the L2, replayed
twice with a rest of five times its busy time before. A launch is the difference of the two over that of their launches,
so that what the events and the start of a graph take is in neither.
"""

import argparse
import csv
import statistics
import sys
import time

import torch

COLUMNS = ["op", "gemm_batch", "m", "n", "k", "layout", "dtype"]
DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16}
CYCLES_PER_US = 2000  # torch.cuda._sleep counts cycles; about 2 GHz
ATTEMPTS = 5
COMPACT_BYTES = 300_000_000


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


def timed(a, b, out, samples, hold_us):
    """Times in us, or None when the device caught up with the host."""
    events = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(samples)
    ]
    torch.cuda._sleep(int(hold_us * CYCLES_PER_US))
    product(a, b, out)  # discarded
    for start, end in events:
        start.record()
        product(a, b, out)
        end.record()
    ahead = not events[0][0].query()
    torch.cuda.synchronize()
    return [start.elapsed_time(end) * 1e3 for start, end in events] if ahead else None


def measure(a, b, out, samples):
    hold_us = 100 + 40 * samples
    for _ in range(ATTEMPTS):
        times = timed(a, b, out, samples, hold_us)
        if times:
            return times
        hold_us *= 4
    sys.exit("the host could not keep the queue ahead of the device: is its CPU busy?")


def graph_of(a, b, out, launches, other_data):
    """Launches behind a kernel that rewrites more than the L2."""
    graph = torch.cuda.CUDAGraph()
    stream = torch.cuda.Stream()
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        graph.capture_begin()
        other_data.add_(1)
        for _ in range(launches):
            product(a, b, out)
        graph.capture_end()
    return graph


def replayed(graph, rest):
    """The time of a graph in us, after a rest."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    time.sleep(rest)
    torch.cuda._sleep(200 * CYCLES_PER_US)
    start.record()
    graph.replay()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) * 1e3


def measure_by_graphs(row, generator, about_us, other_data):
    untimed_us, timed_us, places = (80, 250, 12) if about_us < 100 else (300, 700, 6)
    few = max(2, round(untimed_us / about_us))
    more = few + max(3, round(timed_us / about_us))
    rest = max(0.002, 5 * more * about_us * 1e-6)
    times = []
    sets = []
    for _ in range(places):
        a, b, _ = operands(row, generator)
        sets.append((a, b, empty_result(a, b)))
    for place in sets:
        graphs = [graph_of(*place, launches, other_data) for launches in (few, more)]
        for _ in range(2):
            short, long = (replayed(graph, rest) for graph in graphs)
            times.append((long - short) / (more - few))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes")
    parser.add_argument("-o", "--output", default="-")
    parser.add_argument("--samples", type=int, default=7)
    parser.add_argument("--idle", type=float, default=2.0, help="idle time over the busy time before it")
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

    seen = set()
    for row in rows:
        key = tuple(row[column] for column in COLUMNS[-6:])
        if key in seen or row.get("status", "ok") not in ("ok", "noisy"):
            continue
        seen.add(key)
        a, b, flop = operands(row, generator)
        out = empty_result(a, b)
        # Loads the kernel, and is the heat that is idled away.
        torch.cuda.synchronize()
        begin = time.perf_counter()
        product(a, b, out)
        torch.cuda.synchronize()
        busy = time.perf_counter() - begin
        time.sleep(arguments.idle * busy + 0.02)
        begin = time.perf_counter()
        times = measure(a, b, out, arguments.samples)
        busy = time.perf_counter() - begin
        if sum(x.numel() * x.element_size() for x in (a, b, out)) <= COMPACT_BYTES:
            del a, b, out
            # A pair of events takes some us of its own.
            about_us = max(1.0, statistics.median(times) - 2.5)
            times, busy = measure_by_graphs(row, generator, about_us, other_data), 0.0
        median = statistics.median(times)
        figures = [f"{median:.3f}", f"{min(times):.3f}", f"{flop / median / 1e6:.3f}", len(times)]
        writer.writerow([*(row[column] for column in COLUMNS), *figures])
        output.flush()
        a = b = out = None
        time.sleep(arguments.idle * busy)


if __name__ == "__main__":
    main()
