#!/usr/bin/env python3
"""Measures what `recorded/` has of a card: each sweep on one GPU, on all GPUs of the machine at once.

    record.py HOVERA OUT [--gpus 0,1,2,3] [--seconds 600] [--only attention-a12,llama-3-8b] [-- FLAG...]

A file OUT/<sweep>.csv that is whole is left as it is, and one that is not is continued, so that the command can be stopped and given again.
After so many seconds a sweep that runs is interrupted as by Ctrl-C, and no other begins. What follows `--` goes to hovera.
Those of an H100 took 26 minutes, one after the other; of these `tuned-a12` took 10. Exit code 1 when a sweep is missing or not whole.
"""

import argparse
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).parents[1]
MODELS = sorted(f"model:{path.stem}" for path in (ROOT / "models").glob("*.toml"))
# The longest first. Most are of a spec beside this file; the others are the products of all built-in models.
SWEEPS = [
    "tuned-a12",
    "attention-a12-full",
    "mlp-hidden",
    "pacing-a12",
    "attention-heads",
    "attention-fused-a12",
    "attention-fused-gqa",
    "attention-a128",
    "models-8192-tokens",
    "attention-a12",
    "layer-hidden",
    "logits-vocab",
    "gemm-mnk",
    "qkv-projection-hidden",
    "llama-3-8b",
    "models-1024-tokens",
    "models-decode",
    "heads-by-head-dim",
]
OF_MODELS = {
    "models-8192-tokens": ["--batch", "4", "--seq", "2048", "--training"],
    "models-1024-tokens": ["--batch", "1", "--seq", "1024"],
    "models-decode": ["--batch", "8", "--decode", "8192"],
}


def command(hovera, sweep, file, gpu, flags):
    what = ["model", *MODELS, *OF_MODELS[sweep]] if sweep in OF_MODELS else ["run", ROOT / "sweeps" / f"{sweep}.toml"]
    return [hovera, *what, "-o", file, "--device", gpu, "--quiet", *flags]


def split(arguments):
    """What is ours, and what follows `--`."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def gpus_there():
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"nvidia-smi does not say which GPUs there are ({error}); name them by --gpus")
    return [str(index) for index in range(len(listed.splitlines()))]


def measure(todo, missing, gpu, args, flags, end):
    """The sweeps of one GPU, one after the other."""
    while True:
        try:
            sweep = todo.get_nowait()
        except queue.Empty:
            return
        began = time.monotonic()
        if began < end:
            running = subprocess.Popen(command(args.hovera, sweep, args.out / f"{sweep}.csv", gpu, flags))
            try:
                code = running.wait(end - began)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGINT)
                code = f"{running.wait()}, interrupted"
            print(f"GPU {gpu}: {sweep} ended with {code} after {time.monotonic() - began:.0f} s", flush=True)
            if code in (0, 1):  # 1 where points failed, which are rows, too
                continue
        missing.append(sweep)


def wait(workers):
    """Not by join, which an interrupt can leave early for good."""
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.1)


def stop(todo, missing):
    """No other sweep begins. Ctrl-C has reached those that run."""
    while not todo.empty():
        missing.append(todo.get())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--gpus", type=lambda text: text.split(","))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--only", type=lambda text: text.split(","), default=SWEEPS)
    ours, flags = split(sys.argv[1:])
    args = parser.parse_args(ours)
    unknown = set(args.only) - set(SWEEPS)
    if unknown:
        parser.error(f"no sweep is called {', '.join(sorted(unknown))}; there are {', '.join(SWEEPS)}")
    if not args.hovera.is_file():
        parser.error(f"{args.hovera} is no file")
    if args.out.exists() and not args.out.is_dir():
        parser.error(f"{args.out} is no folder")
    gpus = args.gpus or gpus_there()
    args.out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + args.seconds
    todo, missing = queue.Queue(), []
    for sweep in SWEEPS:
        if sweep in args.only:
            todo.put(sweep)
    of_gpu = lambda gpu: threading.Thread(target=measure, args=(todo, missing, gpu, args, flags, end))
    workers = [of_gpu(gpu) for gpu in gpus]
    for worker in workers:
        worker.start()
    try:
        wait(workers)
    except KeyboardInterrupt:
        stop(todo, missing)
        wait(workers)
    if missing:
        sys.exit(f"missing or not whole: {', '.join(missing)}")


if __name__ == "__main__":
    main()
