#!/usr/bin/env python3
"""Times `hovera compare --fleet` on made-up cards, and checks that it finds the slow ones and no other.

    cargo build --release && python3 crates/report/benches/fleet.py target/release/hovera [--cards 10000]

Cards differ by 1 % as a whole and by 0.3 % more in each row (standard deviations). Every thousandth is made
8 % slower, on all points and on `values` of series 64 in turn. Exit code 1 when it takes more than 60 s or
2 GiB, or finds others. The files are written to a temporary folder first: about 175 kB each.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

import made_up


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hovera")
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=600)
    arguments = parser.parse_args()
    generator = random.Random(1)
    header, shapes = made_up.header(), list(made_up.shapes(arguments.rows))
    with tempfile.TemporaryDirectory() as folder:
        slow = set()
        for card in range(arguments.cards):
            whole = 1 + 0.01 * max(-3, min(3, generator.gauss(0, 1)))
            everywhere, partly = card % 2000 == 500, card % 2000 == 1500
            if everywhere or partly:
                slow.add(f"card{card:05}.csv")
                # Slow ones start from the middle, so that each is as far off as is said.
                whole = 1
            lines = [header]
            for shape in shapes:
                hit = everywhere or partly and shape[0] == "values" and shape[4] % 64 == 0
                lines.append(made_up.row(shape, whole * (0.92 if hit else 1) * (1 + 0.003 * generator.gauss(0, 1))))
            pathlib.Path(folder, f"card{card:05}.csv").write_text("".join(lines))
        names = sorted(os.listdir(folder))
        size = sum(os.path.getsize(os.path.join(folder, name)) for name in names)
        begin = time.monotonic()
        command = [os.path.abspath(arguments.hovera), "compare", "--fleet", "--quiet", "-o", "out.json", *names]
        subprocess.run(command, cwd=folder, check=True)
        seconds = time.monotonic() - begin
        gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        cards = json.loads(pathlib.Path(folder, "out.json").read_text())["cards"]
    outlying = lambda card: card["outlier"] or any(group["outlier"] for group in card["groups"])
    found = {card["card"] for card in cards if outlying(card)}
    print(f"{len(cards)} files of {len(shapes)} rows ({size / 1e9:.2f} GB), {os.cpu_count()} cores: ", end="")
    print(f"{seconds:.1f} s, {gib:.2f} GiB at most; {len(found & slow)} of {len(slow)} slow cards found, ", end="")
    print(f"{len(found - slow)} others")
    return seconds <= 60 and gib <= 2 and slow <= found and len(found - slow) <= 0.05 * len(found)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
