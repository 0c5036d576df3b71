#!/usr/bin/env python3
"""Times torch's products by the rule that hovera times cuBLAS by: the independent judge of its numbers.

Reads a CSV with the columns op,gemm_batch,m,n,k,layout,dtype (more are ignored, lines that start
with # too, so that a hovera results file will do) and writes those columns with time_median_us,
time_min_us, tflops and samples. Several products in a batch are torch.bmm's; one is torch.mm's, which is what
F.linear without a bias and its two gradients run. Each product is timed once.

    torch_bmm.py shapes.csv > torch.csv
    torch_bmm.py --launches 16 shapes.csv -o torch.csv

What a launch takes depends on what ran before and on where its operands are. So all of that is as hovera has it:

- The GPU idles `--idle` times as long as it is busy, times the square of the product's share of `--peak`, and `--idle-least`
  times as long at the least.
- The order is that of shapes of more than 300 MB that cannot drive the GPU hard, then the others of that size, then smaller
  ones. Light ones run for 1.2 s before those that count.
- Launches are timed by CUDA graphs: one of some launches and one of more, uploaded to the device first. A launch is the
  difference of the two over that of their launches, so that what the events and the start of a graph take is in neither. No
  kernel holds the device back before.
- Shapes of at most 300 MB are at thirty places in memory, or as many as fit 10 GB, behind a kernel that rewrites more than
  the L2. Each graph is replayed once. The card rests for 4.5 times the busy time, or nine times where they come near
  the peak. Places are at multiples of 256 bytes: torch allocates large tensors at multiples of 2 MB, where some products take
  up to 2 % longer.
- Each place has another workspace of cuBLAS's, too. torch keeps one, which by chance is where some products take 2 % longer on an
  H100 and 7 % on an H200, or where they do not (workspace.py).
- Everything is on one stream: others that a process has used make its launches longer.
"""

import argparse
import csv
import ctypes
import math
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
PLACES = 30
PLACES_BYTES = 10_000_000_000
APART = 12 << 20  # from one place of an operand to the next at the least, and what is left between them
BETWEEN = (1 << 20) + 256


def sizes(row):
    return [int(row[size]) for size in ("gemm_batch", "m", "n", "k")]


def matrix_bytes(row):
    """Of A, B and the result."""
    products, m, n, k = sizes(row)
    return [2 * products * elements for elements in (m * k, k * n, m * n)]


def is_compact(row):
    return sum(matrix_bytes(row)) <= COMPACT_BYTES


def flop(row):
    return 2 * math.prod(sizes(row))


def stretch(row):
    """Large shapes come first, then compact ones; of each the light ones, then the dense ones."""
    aligned = all(size % 8 == 0 for size in sizes(row)[1:])
    dense = aligned and flop(row) >= DENSE_INTENSITY * sum(matrix_bytes(row))
    return is_compact(row), dense


class Memory:
    """One allocation for the operands and results of all products, as hovera has it."""

    def __init__(self, rows, generator):
        most = max(sum(self.strides(row, 1)) for row in rows)
        self.bytes = torch.empty(max(PLACES_BYTES, most), dtype=torch.uint8, device="cuda")
        self.generator = generator

    @staticmethod
    def strides(row, places):
        whole = lambda count: (count + 255) // 256 * 256
        apart = lambda count: whole(max(count, APART) + BETWEEN) if places > 1 else whole(count)
        return [apart(count) for count in matrix_bytes(row)]

    def places(self, row):
        """A, B and the result at each place. The letter t says that A is stored k x m, or B n x k."""
        places = min(PLACES, PLACES_BYTES // sum(self.strides(row, 2))) if is_compact(row) else 1
        strides = self.strides(row, places)
        starts = [places * sum(strides[:index]) for index in range(3)]
        products, m, n, k = sizes(row)
        # One product is what F.linear and its gradients run, which is mm.
        several = () if products == 1 else (products,)

        def matrix(index, place, rows, columns, letter):
            start = starts[index] + place * strides[index]
            flat = self.bytes[start : start + matrix_bytes(row)[index]].view(DTYPES[row["dtype"]])
            if index < 2:
                flat.normal_(generator=self.generator)
            if letter == "t":
                return flat.view(*several, columns, rows).transpose(-2, -1)
            return flat.view(*several, rows, columns)

        a, b = row["layout"]
        return [
            (matrix(0, place, m, k, a), matrix(1, place, k, n, b), matrix(2, place, m, n, "n"))
            for place in range(places)
        ]


class Workspaces:
    """Has torch allocate another workspace for cuBLAS, and keeps those before it so long that it does."""

    def __init__(self, any_product):
        any_product()
        held = torch.cuda.memory_allocated()
        torch._C._cuda_clearCublasWorkspaces()
        self.bytes = held - torch.cuda.memory_allocated()
        self.earlier = []

    def another(self):
        torch._C._cuda_clearCublasWorkspaces()
        self.earlier.append(torch.empty(self.bytes, dtype=torch.uint8, device="cuda"))
        if len(self.earlier) == PLACES:
            del self.earlier[0]


def product(a, b, out):
    (torch.mm if a.dim() == 2 else torch.bmm)(a, b, out=out)


class Graph:
    """Launches, behind a kernel that rewrites more than the L2 where there is other data."""

    RUNTIME = ctypes.CDLL(f"libcudart.so.{(torch.version.cuda or '0').split('.')[0]}")

    def __init__(self, matrices, launches, other_data):
        # Keeps what was captured, so that it can be instantiated and uploaded here: torch's replay uploads it while it is timed.
        self.captured = torch.cuda.CUDAGraph(keep_graph=True)
        torch.cuda.synchronize()
        self.captured.capture_begin()
        if other_data is not None:
            other_data.add_(1)
        for _ in range(launches):
            product(*matrices)
        self.captured.capture_end()
        self.stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        self.ready = ctypes.c_void_p()
        captured = ctypes.c_void_p(self.captured.raw_cuda_graph())
        self.call("cudaGraphInstantiate", ctypes.byref(self.ready), captured, ctypes.c_ulonglong(0))
        self.call("cudaGraphUpload", self.ready, self.stream)
        torch.cuda.synchronize()

    def call(self, name, *arguments):
        status = getattr(self.RUNTIME, name)(*arguments)
        if status:
            sys.exit(f"{name}: CUDA error {status}")

    def replayed(self, rest):
        """Its time in us, after a rest."""
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        time.sleep(rest)
        start.record()
        self.call("cudaGraphLaunch", self.ready, self.stream)
        end.record()
        torch.cuda.synchronize()
        return start.elapsed_time(end) * 1e3

    def close(self):
        self.call("cudaGraphExecDestroy", self.ready)


def measure(places, launches, rest, workspaces, other_data=None, rounds=1):
    """Times of a launch in us, each by a graph of so few and one of so many launches at one place."""
    few, more = launches
    times = []
    for matrices in places:
        workspaces.another()
        product(*matrices)  # allocates it: a graph would have one of its own
        graphs = [Graph(matrices, count, other_data) for count in launches]
        for _ in range(rounds):
            short, long = (graph.replayed(rest) for graph in graphs)
            times.append((long - short) / (more - few))
        for graph in graphs:
            graph.close()
    return times


def measure_compact(places, about_us, workspaces, other_data, idle):
    untimed_us, timed_us = (80, 250) if about_us < 100 else (300, 700)
    few = max(2, round(untimed_us / about_us))
    more = few + max(3, round(timed_us / about_us))
    return measure(places, (few, more), max(0.002, idle * more * about_us * 1e-6), workspaces, other_data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes")
    parser.add_argument("-o", "--output", default="-")
    parser.add_argument("--launches", type=int, default=8, help="launches that are timed together of a large shape")
    parser.add_argument("--idle", type=float, default=10.0, help="idle time over busy time at the peak")
    parser.add_argument("--idle-least", type=float, default=2.0, help="the same at any rate, at the least; of large shapes")
    parser.add_argument("--peak", type=float, default=989.4, help="TFLOP/s of the card, as its datasheet has it")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.cuda.set_stream(torch.cuda.Stream())  # the default one cannot be captured
    with open(arguments.shapes, newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    other_data = torch.zeros(100 << 20, dtype=torch.uint8, device="cuda")  # twice an H100's L2
    output = sys.stdout if arguments.output == "-" else open(arguments.output, "w", newline="")
    writer = csv.writer(output)
    writer.writerow([*COLUMNS, "time_median_us", "time_min_us", "tflops", "samples"])
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}", file=sys.stderr)

    rows = [row for row in rows if row.get("status", "ok") in ("ok", "noisy") and row["op"] not in OTHER_OPS]
    rows = list({tuple(row[column] for column in COLUMNS[-6:]): row for row in reversed(rows)}.values())[::-1]
    rows.sort(key=stretch)
    memory = Memory(rows, torch.Generator(device="cuda").manual_seed(arguments.seed))
    workspaces = Workspaces(lambda: product(*memory.places(rows[0])[0]))

    def judged(row):
        """Times in us."""
        places = memory.places(row)
        product(*places[0])  # loads the kernel
        torch.cuda.synchronize()
        about_us = max(1.0, measure(places[:1], (1, 3), 0.002, workspaces, rounds=2)[-1])
        share = flop(row) / (about_us * 1e-6) / (arguments.peak * 1e12)
        if is_compact(row):
            idle = arguments.idle * (0.9 if share > DENSE_SHARE else 0.45)
            return measure_compact(places, about_us, workspaces, other_data, idle)
        idle = max(arguments.idle_least, arguments.idle * min(share, 1) ** 2)
        rest = max(0.002, idle * (1 + arguments.launches) * about_us * 1e-6)
        return measure(places, (1, 1 + arguments.launches), rest, workspaces, rounds=2)

    light = [row for row in rows if stretch(row) == (False, False)]
    for row in rows:
        if light and row is light[0]:
            begin, turn = time.perf_counter(), 0
            while time.perf_counter() - begin < RUN_IN_S:
                judged(light[turn % len(light)])
                turn += 1
        times = judged(row)
        median = statistics.median(times)
        figures = [f"{median:.3f}", f"{min(times):.3f}", f"{flop(row) / median / 1e6:.3f}", len(times)]
        writer.writerow([*(row[column] for column in COLUMNS), *figures])
        output.flush()


if __name__ == "__main__":
    main()
