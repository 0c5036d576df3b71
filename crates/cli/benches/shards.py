#!/usr/bin/env python3
"""Times planning and merging for a cluster of made-up nodes, by default 10,000.

    cargo build --release && python3 crates/cli/benches/shards.py target/release/hovera [--shards 10000]

Plans two sweeps of 218,400 points once as one node would (`--dry-run --shard`), which tells how even the shards
are: every head dim of the published charts at 40 batches and lengths, by the estimates for a GPU, and the same
head dims at sizes that a CPU has memory for. Then it writes a results file of the second sweep for each node, a
card of its own in each, and merges them; with one file left out the gap must be told, and with all of them there
must be every point. No number in the files is measured, and the rows are dealt out in turn, not as the shards have
them: merging costs the same. Exit code 1 when merging takes more than 60 s or 2 GiB, or the outcome is wrong. The
files go to a temporary folder that is removed: some 200 MB.
"""

import argparse
import itertools
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

BATCH, SEQ, DIMS = [1, 2, 3, 4, 5], [8, 16, 24, 32, 40, 48, 56, 64], 2730
SPEC = f"""name = "fleet"
dtype = "f32"
heads = 12
batch = {BATCH}
seq = {SEQ}
head_dim = {{ from = 1, to = {DIMS} }}
[method]
pacing = "none"
order = "planned"
min_samples = 6
max_samples = 6
"""
GPU_SPEC = f"""name = "fleet-of-gpus"
dtype = "f16"
heads = 12
batch = {{ from = 1, to = 10 }}
seq = [256, 512, 1024, 2048]
head_dim = {{ from = 1, to = {DIMS} }}
"""


def timed(command, folder, expect=0):
    """Standard error of a command, its wall time in s and its peak memory in MiB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        sys.exit(f"{' '.join(command[:6])}: exit code {process.returncode}, want {expect}\n{said}")
    return said, time.monotonic() - begin, usage.ru_maxrss / 2**10


def header(hovera, folder):
    """The front matter and header line that a run of the sweep writes; the run is ended after its first row."""
    results = pathlib.Path(folder, "begun.csv")
    run = [hovera, "run", "fleet.toml", "--backend", "cpu", "-q", "-o", results.name]
    process = subprocess.Popen(run, cwd=folder, stderr=subprocess.DEVNULL)
    while not results.exists() or "\nscore" not in results.read_text():
        time.sleep(0.01)
    process.kill()
    process.wait()
    text = results.read_text()
    results.unlink()
    return text[: text.index("\nscore") + 1]


def rows():
    """A line for each point, in an order that is not the plan's."""
    for d, batch, seq, op in itertools.product(range(1, DIMS + 1), BATCH, SEQ, ["score", "values"]):
        products, (n, k) = 12 * batch, (seq, d) if op == "score" else (d, seq)
        flop, size = 2 * products * seq * n * k, 4 * products * (seq * k + k * n + seq * n)
        us = flop / 1e5
        yield (
            f"{op},f32,nn,cpu,none,hot,0,12,{batch},{seq},{12 * d},{d},{min(64, d & -d)},{products},{seq},{n},{k},"
            f"{flop},{size},6,{us!r},{us!r},{us!r},{us!r},,,{flop / us / 1e6!r},,,,,,,,,,,,,,ok,\n"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera")
    parser.add_argument("--shards", type=int, default=10_000)
    arguments = parser.parse_args()
    hovera, count = os.path.abspath(arguments.hovera), arguments.shards
    with tempfile.TemporaryDirectory() as folder:
        for spec, text, backend in [("gpus.toml", GPU_SPEC, "auto"), ("fleet.toml", SPEC, "cpu")]:
            pathlib.Path(folder, spec).write_text(text)
            plan = [hovera, "run", spec, "--backend", backend, "--dry-run", "--shard", f"1/{count}"]
            said, seconds, mib = timed(plan, folder)
            print(f"plan     {seconds:.2f} s, {mib:.0f} MiB, {spec}: {said.strip()}")
        begun, dealt = header(hovera, folder), [[] for _ in range(count)]
        columns = begun.splitlines()[-1].count(",")
        for i, row in enumerate(rows()):
            dealt[i % count].append(row.rstrip("\n") + "," * (columns - row.count(",")) + "\n")
        points = sum(map(len, dealt))
        os.mkdir(f"{folder}/shards")
        for i, lines in enumerate(dealt):
            front = re.sub(r"(?m)^(# spec_hash = .*\n)", rf'\1# shard = "{i + 1}/{count}"\n', begun)
            front = re.sub(r'(?m)^(# backend = "cpu"\n)', rf'\1# id = "{i:08x}"\n', front)
            pathlib.Path(folder, f"shards/{i:05}.csv").write_text(front + "".join(lines))
        size = sum(entry.stat().st_size for entry in os.scandir(f"{folder}/shards")) / 1e6
        said, seconds, mib = timed([hovera, "merge", "shards", "-o", "merged.csv"], folder)
        print(f"merge    {seconds:.2f} s, {mib:.0f} MiB, {size:.0f} MB of files, {os.cpu_count()} cores: {said.strip()}")
        merged = pathlib.Path(folder, "merged.csv").read_text()
        right = len(re.findall(r"(?m)^(?:score|values),", merged)) == points
        right &= merged.count("# [[device]]") == count
        os.unlink(f"{folder}/shards/{count // 2:05}.csv")
        said, _, _ = timed([hovera, "merge", "shards", "-o", "gap.csv"], folder, expect=2)
        print(f"one less {said.strip()[:200]} …")
        right &= f"{len(dealt[count // 2])} of {points} points are missing" in said
    return right and seconds <= 60 and mib <= 2048


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
