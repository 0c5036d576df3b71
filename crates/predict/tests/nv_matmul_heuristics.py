"""What NVIDIA's nvMatmulHeuristics says that measured products take, beside what hovera predicts of them.

    pip install nvidia-matmul-heuristics pandas
    python nv_matmul_heuristics.py MEASURED.csv --gpu H100_SXM [--predicted PREDICTED.csv]

MEASURED.csv is what `hovera run` wrote, PREDICTED.csv what `hovera predict` wrote for the same spec. Of each row of the
library's own choice (engine cublas) the time that is predicted is held against the measured one; the table has the errors by
the alignment of the operands' rows. Both are held against the same rows.

No GPU is needed: the package has descriptions of NVIDIA's cards. Its licence lets one run it; none of it is copied here.
"""
import argparse

import nvMatmulHeuristics as nv
import pandas as pd

PRECISION = {"f16": "HSH", "bf16": "TST"}
POINT = ["op", "pass", "dtype", "layout", "gemm_batch", "m", "n", "k", "heads", "batch", "seq", "hidden", "head_dim"]


def rows(path):
    """The rows that the library chose for by itself, with times."""
    table = pd.read_csv(path, comment="#", low_memory=False)
    for column in set(POINT) - set(table.columns):
        table[column] = ""
    timed = table.status.isin(["ok", "noisy", "predicted"]) & (table.engine == "cublas")
    known = table.dtype.isin(list(PRECISION)) & table.layout.isin(["nn", "nt", "tn", "tt"])
    return table[timed & known & (table.op != "attention")]


def alignment(row):
    """The loads in bytes that all rows of A, B and C allow, at most 16."""
    a = row.m if row.layout[0] == "t" else row.k
    b = row.k if row.layout[1] == "t" else row.n
    return min(2 * (size & -size) for size in (a, b, row.n, 8))


class Heuristics:
    def __init__(self, gpu, target):
        self.library = nv.NvMatmulHeuristicsInterfaceEx(
            backend=nv.NvMatmulHeuristicsTarget[target],
            flags=nv.NvMatmulHeuristicsFlags.PERF_MODEL_BASED_AUTO_TUNING,
            gpu=nv.NvMatmulHeuristicsNvidiaGpu[gpu],
        )
        self.loaded = set()

    def microseconds(self, row, count):
        """The fastest of the first candidates by the package's own estimate; none where it has no candidate."""
        layout = nv.NvMatmulHeuristicsMatmulLayout[f"{row.layout.upper()}_ROW_MAJOR"]
        precision = PRECISION[row.dtype]
        if (layout, precision) not in self.loaded:
            self.library.loadInternalDiscoverySet(layout, precision=precision)
            self.loaded.add((layout, precision))
        problem = self.library.makeNvMatmulHeuristicsProblem(row.m, row.n, row.k, layout, row.gemm_batch)
        candidates = self.library.get(problem, count, precision=precision)
        return min((it["runtime"] * 1e6 for it in candidates), default=None)


def errors(said, measured):
    error = (said / measured - 1).abs() * 100
    return [error.median(), error.quantile(0.9), error.max()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured")
    parser.add_argument("--gpu", default="H100_SXM", choices=[it.name for it in nv.NvMatmulHeuristicsNvidiaGpu])
    parser.add_argument("--target", default="GENERIC", choices=[it.name for it in nv.NvMatmulHeuristicsTarget])
    parser.add_argument("--predicted")
    parser.add_argument("--candidates", type=int, default=4)
    given = parser.parse_args()

    table = rows(given.measured).copy()
    heuristics = Heuristics(given.gpu, given.target)
    table["nvidia"] = [heuristics.microseconds(row, given.candidates) for row in table.itertuples()]
    said = ["nvidia"]
    if given.predicted:
        ours = rows(given.predicted)[POINT + ["time_median_us"]].rename(columns={"time_median_us": "hovera"})
        table = table.merge(ours.fillna(""), on=POINT, how="inner") if len(ours) else table
        said.append("hovera")
    table["align"] = [alignment(row) for row in table.itertuples()]
    unknown = table.nvidia.isna().sum()
    table = table.dropna(subset=["nvidia"])
    print(f"{given.measured}: {len(table)} rows, {unknown} more without a candidate; {given.gpu}, {given.target}")
    print(f"{'rows':28}{'n':>6}" + "".join(f"{name + ': median':>18}{'p90':>8}{'worst':>8}" for name in said))
    whole = table[["m", "n", "k"]].mod(64).eq(0).all(axis=1)
    groups = [("all", table), ("m, n, k multiples of 64", table[whole])]
    groups += [(f"loads of {size} B", part) for size, part in table.groupby("align")]
    for name, part in groups:
        if len(part):
            cells = [errors(part[it].astype(float), part.time_median_us) for it in said]
            print(f"{name:28}{len(part):6}" + "".join(f"{a:17.1f}%{b:7.1f}%{c:7.1f}%" for a, b, c in cells))


if __name__ == "__main__":
    main()
