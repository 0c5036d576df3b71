#!/usr/bin/env python3
"""Holds `hovera kernels` against what PyTorch runs, on a GPU: no Rust needed, only the built binary.

    kernels.py HOVERA SPEC.toml [-o DIR]

1. `hovera kernels SPEC` with the very cuBLAS that PyTorch has loaded: seconds, and a table.
2. torch.bmm on every row of that table, captured into a CUDA graph: the driver's name of each kernel, its grid, block,
   cluster and registers, asked here through ctypes. Everything must be the same.
3. torch's profiler (CUPTI) on some rows, one of each kernel: the kernels that really ran, by their names.

Prints agreement and seconds; exits with 1 when a kernel differs. Points of op score and values, f16 and bf16, layouts
nn and nt are compared; others are left out and counted.
"""

import argparse
import csv
import ctypes as c
import os
import re
import subprocess
import sys
import time

import torch

DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16}
KERNEL, MEMSET, CLUSTER, NUM_REGS = 0, 2, 4, 4
cuda = c.CDLL("libcuda.so.1")


class KernelNode(c.Structure):
    """CUDA_KERNEL_NODE_PARAMS_v2."""

    _fields_ = [
        ("function", c.c_void_p),
        ("grid", c.c_uint * 3),
        ("block", c.c_uint * 3),
        ("shared", c.c_uint),
        ("params", c.c_void_p),
        ("extra", c.c_void_p),
        ("kernel", c.c_void_p),
        ("context", c.c_void_p),
    ]


def checked(status, call):
    if status != 0:
        sys.exit(f"{call} failed with {status}")


def captured(work):
    """Kernels and number of memsets of what `work` queues: [(symbol, grid, block, cluster, registers)], memsets."""
    graph = torch.cuda.CUDAGraph(keep_graph=True)
    with torch.cuda.graph(graph):
        work()
    handle, count = c.c_void_p(graph.raw_cuda_graph()), c.c_size_t()
    checked(cuda.cuGraphGetNodes(handle, None, c.byref(count)), "cuGraphGetNodes")
    nodes = (c.c_void_p * count.value)()
    checked(cuda.cuGraphGetNodes(handle, nodes, c.byref(count)), "cuGraphGetNodes")
    kernels, memsets = [], 0
    for node in nodes:
        node, kind = c.c_void_p(node), c.c_int()
        checked(cuda.cuGraphNodeGetType(node, c.byref(kind)), "cuGraphNodeGetType")
        memsets += kind.value == MEMSET
        if kind.value != KERNEL:
            continue
        told = KernelNode()
        checked(cuda.cuGraphKernelNodeGetParams_v2(node, c.byref(told)), "cuGraphKernelNodeGetParams")
        function = c.c_void_p(told.function)
        if not told.function:
            checked(cuda.cuKernelGetFunction(c.byref(function), c.c_void_p(told.kernel)), "cuKernelGetFunction")
        symbol, registers, cluster = c.c_char_p(), c.c_int(), (c.c_uint * 16)()
        checked(cuda.cuFuncGetName(c.byref(symbol), function), "cuFuncGetName")
        checked(cuda.cuFuncGetAttribute(c.byref(registers), NUM_REGS, function), "cuFuncGetAttribute")
        checked(cuda.cuGraphKernelNodeGetAttribute(node, CLUSTER, cluster), "cuGraphKernelNodeGetAttribute")
        extent = lambda three: "x".join(str(n) for n in three)
        blocks = extent(max(n, 1) for n in list(cluster)[:3])
        kernels.append((symbol.value.decode(), extent(told.grid), extent(told.block), blocks, registers.value))
    return kernels, memsets


def cublas_of_torch():
    """The file that PyTorch has loaded."""
    a = torch.ones(1, 8, 8, device="cuda", dtype=torch.float16)
    torch.bmm(a, a)
    torch.cuda.synchronize()
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.rstrip("\n").split(None, 5)[-1]
            if re.match(r"libcublas\.so", os.path.basename(path)):
                return path
    sys.exit("PyTorch has loaded no libcublas")


def products(rows):
    """The rows that torch.bmm is asked for, with what asks: views of one set of buffers."""
    sizes, ours = [], []
    for row in rows:
        wanted = row["op"] in ("score", "values") and row["dtype"] in DTYPES and row["layout"] in ("nn", "nt")
        if wanted and not row["note"]:
            ours.append(row)
            batch, m, n, k = (int(row[size]) for size in ("gemm_batch", "m", "n", "k"))
            sizes.append((batch * m * k, batch * k * n, batch * m * n))
    buffers = {
        dtype: [torch.empty(max(of_all), device="cuda", dtype=DTYPES[dtype]) for of_all in zip(*sizes)]
        for dtype in {row["dtype"] for row in ours}
    }
    for row in ours:
        batch, m, n, k = (int(row[size]) for size in ("gemm_batch", "m", "n", "k"))
        a, b, out = buffers[row["dtype"]]
        a, out = a[: batch * m * k].view(batch, m, k), out[: batch * m * n].view(batch, m, n)
        b = b[: batch * k * n]
        b = b.view(batch, n, k).transpose(1, 2) if row["layout"] == "nt" else b.view(batch, k, n)
        yield row, lambda a=a, b=b, out=out: torch.bmm(a, b, out=out)


def profiled(work):
    """Names of the kernels that ran."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        work()
        torch.cuda.synchronize()
    device = torch.autograd.DeviceType.CUDA
    return [event.name for event in seen.events() if event.device_type == device and "Mem" not in event.name]


def where(row):
    return f"{row['op']} {row['dtype']} {row['layout']} head dim {row['head_dim']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera")
    parser.add_argument("spec")
    parser.add_argument("-o", "--output", default=".")
    args = parser.parse_args()
    os.makedirs(args.output, exist_ok=True)
    library, table = cublas_of_torch(), os.path.join(args.output, "kernels.csv")
    began = time.time()
    command = [args.hovera, "kernels", args.spec, "--library", library, "-o", table]
    status = subprocess.run(command).returncode
    seconds = time.time() - began
    if status not in (0, 1):
        sys.exit(f"{command} ended with {status}")
    with open(table) as file:
        rows = list(csv.DictReader(file))
    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, {rows[0]['library']}")
    print(f"hovera kernels: {len(rows)} points in {seconds:.1f} s, the start of the driver included")

    differ, compared, first_of, began = [], 0, {}, time.time()
    for row, work in products(rows):
        kernels, memsets = captured(work)
        compared += 1
        # The name that hovera tells is a part of the driver's, which may be mangled.
        same = [k for k in kernels if row["kernel"].split("::")[-1] in k[0]]
        theirs = (*(same[0][1:4] if same else ("", "", "")), str(same[0][4] if same else ""), str(len(kernels)), str(memsets))
        columns = ("grid", "block", "cluster", "registers", "kernels_per_call", "memsets_per_call")
        if not same or theirs != tuple(row[column] for column in columns):
            differ.append(f"{where(row)}: hovera {row['kernel']} {[row[x] for x in columns]}, torch {kernels} {memsets}")
        first_of.setdefault(row["kernel"], (row, work))
    print(f"captured torch.bmm: {compared - len(differ)} of {compared} points agree, {time.time() - began:.1f} s")
    ran_otherwise = []
    for kernel, (row, work) in first_of.items():
        names = profiled(work)
        if not any(kernel.split("::")[-1] in name for name in names):
            ran_otherwise.append(f"{where(row)}: hovera {kernel}, the profiler saw {names}")
    print(f"profiled torch.bmm: {len(first_of) - len(ran_otherwise)} of {len(first_of)} kernels ran as told")
    print(f"left out: {len(rows) - compared} points of {len(rows)}")
    for line in (differ + ran_otherwise)[:20]:
        print("DIFFERS", line)
    sys.exit(1 if differ or ran_otherwise or compared == 0 else 0)


if __name__ == "__main__":
    main()
