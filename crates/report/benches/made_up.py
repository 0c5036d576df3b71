"""Results files of made-up cards: valid, but no number in them was measured."""

import pathlib

SWEEP = pathlib.Path(__file__).parents[3] / "sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12.csv"


def header():
    """The front matter and the line of columns of a recorded sweep."""
    lines = []
    with open(SWEEP) as file:
        for line in file:
            lines.append(line)
            if not line.startswith("#"):
                return "".join(lines)


def shapes(count):
    """So many points: op, dtype, layout, batch and head dim at a = 12, s = 2048."""
    for layout in ["nn", "nt"]:
        for dtype in ["f16", "bf16"]:
            for batch in [4, 1, 2, 8, 16]:
                for head_dim in range(8, 2731):
                    for op in ["score", "values"]:
                        if count == 0:
                            return
                        count -= 1
                        yield op, dtype, layout, batch, head_dim


def row(shape, factor):
    """The line of a point at 400 TFLOP/s times a factor."""
    op, dtype, layout, batch, d = shape
    a, s, products = 12, 2048, 12 * batch
    n, k = (s, d) if op == "score" else (d, s)
    flop = 2 * products * s * n * k
    size = 2 * products * (s * k + k * n + s * n)
    us = flop / 400e6 / factor
    series = min(64, d & -d)
    return (
        f"{op},{dtype},{layout},cublas,burst,hot,0,{a},{batch},{s},{a * d},{d},{series},{products},{s},{n},{k},"
        f"{flop},{size},8,{us * 0.998!r},{us!r},{us!r},{us * 1.002!r},{us * 0.002!r},{us * 1500!r},"
        f"{flop / us / 1e6!r},1500,1980,650,,50,none,,,,,,,,ok,,compute\n"
    )
