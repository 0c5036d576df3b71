"""hovera's CPU throughput over numpy's float32 matmul, on the same shapes, in one run.

    python3 -m pip install numpy pandas
    python3 crates/cpu/tests/numpy_ratio.py target/release/hovera sweeps/quick-cpu.toml

Each shape is timed by both in the same way: one launch that does not count, then the median of eight.
numpy runs right after hovera, on standard normal operands stored in the same layout.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd


def numpy_us(batch, m, n, k, random):
    a = random.standard_normal((batch, m, k), dtype=np.float32)
    b = random.standard_normal((batch, k, n), dtype=np.float32)
    c = np.empty((batch, m, n), dtype=np.float32)
    np.matmul(a, b, out=c)
    times = []
    for _ in range(8):
        start = time.perf_counter()
        np.matmul(a, b, out=c)
        times.append(time.perf_counter() - start)
    return np.median(times) * 1e6


def main():
    binary, spec = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder) / "cpu.csv"
        subprocess.run([binary, "run", spec, "--backend", "cpu", "-o", str(results)], check=True)
        rows = pd.read_csv(results, comment="#")
    random = np.random.default_rng(1)
    rows["numpy_us"] = [numpy_us(r.gemm_batch, r.m, r.n, r.k, random) for r in rows.itertuples()]
    rows["ratio"] = rows.numpy_us / rows.time_median_us
    print(rows.groupby(["op", "series"]).ratio.median().unstack().round(2).to_string())
    print(f"numpy {np.__version__}, {len(rows)} shapes; hovera's throughput over numpy's:")
    print("p5 {:.2f}  median {:.2f}  p95 {:.2f}".format(*rows.ratio.quantile([0.05, 0.5, 0.95])))
    total = rows.flop.sum() / 1e3
    print(f"all shapes: hovera {total / rows.time_median_us.sum():.1f} GFLOP/s, numpy {total / rows.numpy_us.sum():.1f}")
    print(rows.nsmallest(5, "ratio")[["op", "head_dim", "time_median_us", "numpy_us", "ratio"]].to_string(index=False))


if __name__ == "__main__":
    main()
