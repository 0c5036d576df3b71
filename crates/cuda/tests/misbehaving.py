#!/usr/bin/env python3
"""A real GPU's sweep, mistreated: killed three times, out of memory, its worker killed, its worker stopped, a launch broken.

    python3 misbehaving.py HOVERA [SPEC] [--device N] [--broken-cublas FILE]

FILE is broken/libcublas.rs, compiled by `rustc --edition 2024 -O --crate-type cdylib`; without it no launch is
broken. The real cuBLAS is then looked for in LD_LIBRARY_PATH.

Takes half a minute of an H100 with the spec of repeatability.py (70 points). Prints what came of it, and
exits with 1 when it is not what should have.
"""

import argparse
import csv
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SPEC = pathlib.Path(__file__).parents[2] / "bench/tests/repeatability.toml"
KEYS = "op dtype layout engine pacing cache device heads batch seq hidden".split()
ALLOWED_S = 5

TOO_LARGE = """name = "too-large"
heads = 12
head_dim = [64, 128]
batch = [4, 100000]
"""


def rows(path):
    """Whole rows of a results file, as far as it has got."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    table = [line for line in lines if not line.startswith("#") and line.endswith("\n")]
    return list(csv.DictReader(table))


def key(row):
    return tuple(row[name] for name in KEYS)


def workers_of(pid):
    """Worker processes of a sweep."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid and b"worker" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def is_alive(pid):
    try:
        return "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


class Sweep:
    def __init__(self, arguments, spec, out, *more, environment=None):
        self.out = out
        self.log = tempfile.TemporaryFile("w+")
        command = [arguments.hovera, "run", spec, "-o", out, "--device", arguments.device, *more]
        self.process = subprocess.Popen(command, stderr=self.log, env={**os.environ, **(environment or {})})

    def wait_for_rows(self, count):
        """False when the sweep ended before."""
        while len(rows(self.out)) < count:
            if self.process.poll() is not None:
                return len(rows(self.out)) >= count
            time.sleep(0.002)
        return True

    def end(self):
        code = self.process.wait()
        self.log.seek(0)
        return code, self.log.read()


def killed_three_times(arguments, folder):
    whole = folder / "whole.csv"
    began = time.monotonic()
    code, said = Sweep(arguments, arguments.spec, whole).end()
    assert code in (0, 1), said
    took = time.monotonic() - began
    wanted = [key(row) for row in rows(whole)]
    out = folder / "killed.csv"
    left_alive = []
    for share in (0.2, 0.5, 0.8):
        sweep = Sweep(arguments, arguments.spec, out)
        assert sweep.wait_for_rows(int(share * len(wanted))), "the sweep was over before it could be killed"
        workers = workers_of(sweep.process.pid)
        sweep.process.kill()
        sweep.end()
        time.sleep(2)
        left_alive += [pid for pid in workers if is_alive(pid)]
    code, said = Sweep(arguments, arguments.spec, out, "--resume").end()
    got = [key(row) for row in rows(out)]
    yield f"killed at 20, 50 and 80 % of {len(wanted)} points, then resumed", code in (0, 1), f"exit {code}"
    yield "the same points in the same order as an uninterrupted run", got == wanted, f"{len(got)} rows"
    yield "no worker outlived its sweep by 2 s", not left_alive, f"{len(left_alive)} did"
    yield "(the uninterrupted run)", True, f"{took:.1f} s"


def out_of_memory(arguments, folder):
    spec, out = folder / "too-large.toml", folder / "too-large.csv"
    spec.write_text(TOO_LARGE)
    code, said = Sweep(arguments, spec, out).end()
    small = [row["status"] for row in rows(out) if row["batch"] == "4"]
    large = [row for row in rows(out) if row["batch"] != "4"]
    skipped = all(row["status"] == "skipped" and "out of memory" in row["note"] for row in large)
    yield "points too large are skipped with the reason", len(large) == 4 and skipped, large[0]["note"] if large else said
    yield "the others are measured", len(small) == 4 and set(small) <= {"ok", "noisy"}, f"exit {code}, {small}"


def mistreated(arguments, folder, name, sign, reason):
    """Sends a signal to the worker in the middle of the sweep."""
    out = folder / f"{name}.csv"
    sweep = Sweep(arguments, arguments.spec, out, "--max-point-time", str(ALLOWED_S))
    sweep.wait_for_rows(20)
    began = time.monotonic()
    for pid in workers_of(sweep.process.pid):
        os.kill(pid, sign)
    sweep.wait_for_rows(len(rows(out)) + 2)
    waited = time.monotonic() - began
    code, said = sweep.end()
    failed = [row for row in rows(out) if row["status"] == "failed"]
    measured = [row for row in rows(out) if row["status"] in ("ok", "noisy")]
    whole = len({key(row) for row in rows(out)})
    told = len(failed) == 1 and reason in failed[0]["note"]
    yield f"{name}: one point failed, and says why", told, failed[0]["note"] if failed else said
    yield f"{name}: all others are measured", len(measured) == whole - 1, f"{len(measured)} of {whole}, exit {code}"
    yield f"{name}: two more rows after", True, f"{waited:.1f} s"


def without_run_in(spec):
    table, before = "[method]\n", spec if "[method]\n" in spec else f"{spec}\n[method]\n"
    return before.replace(table, f"{table}run_in_seconds = 0.0\n", 1)


def broken(arguments, folder):
    """One launch in the middle writes to where the device has no memory."""
    paths = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    found = [path for folder_ in paths for path in sorted(pathlib.Path(folder_ or "/-").glob("libcublas.so.1[23]"))]
    if not found:
        yield "a broken launch", False, "no libcublas.so.12 or 13 in LD_LIBRARY_PATH"
        return
    shutil.copy(arguments.broken_cublas, folder / found[-1].name)
    environment = {
        "LD_LIBRARY_PATH": ":".join([str(folder), *paths]),
        "BROKEN_CUBLAS_REAL": str(found[-1]),
        "BROKEN_CUBLAS_AT": "200",
        "BROKEN_CUBLAS_ONCE": str(folder / "broken"),
    }
    out = folder / "broken.csv"
    # What runs a card in would meet the launch, and be over.
    spec = folder / "broken.toml"
    spec.write_text(without_run_in(pathlib.Path(arguments.spec).read_text()))
    code, said = Sweep(arguments, spec, out, environment=environment).end()
    failed = [row for row in rows(out) if row["status"] == "failed"]
    measured = [row for row in rows(out) if row["status"] in ("ok", "noisy")]
    told = len(failed) == 1 and "700" in failed[0]["note"]
    yield "launch broken: one point failed, and says why", told, failed[0]["note"] if failed else said
    yield "launch broken: all others are measured", len(measured) == len(rows(out)) - 1, f"{len(measured)} of {len(rows(out))}, exit {code}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hovera")
    parser.add_argument("spec", nargs="?", default=SPEC)
    parser.add_argument("--device", default="0")
    parser.add_argument("--broken-cublas", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.hovera = str(pathlib.Path(arguments.hovera).resolve())
    good = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        findings = [
            killed_three_times(arguments, folder),
            out_of_memory(arguments, folder),
            mistreated(arguments, folder, "worker killed", signal.SIGKILL, "its worker died (signal 9)"),
            mistreated(arguments, folder, "worker stopped", signal.SIGSTOP, f"did not answer within {ALLOWED_S} s"),
        ]
        if arguments.broken_cublas:
            findings.append(broken(arguments, folder))
        for finding in findings:
            for what, holds, detail in finding:
                good &= holds
                print(f"{'ok ' if holds else 'NOT'}  {what}: {detail}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
