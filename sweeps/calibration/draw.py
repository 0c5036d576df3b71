#!/usr/bin/env python3
"""Draws matrix products at random, of the kinds that transformers have, as a sweep spec.

    python3 draw.py NAME SEED PRODUCTS DTYPE > NAME.toml

Three in five are batched products of attention: heads times batch of them, score (s, s, d) or values (s, d, s). The others
are single products of tokens by weights. Sizes are of every alignment. None takes more than about 2 ms on an H100.
"""
import random
import sys


def size(draw, least, most, shares):
    """A size between least and most, log-uniform, that is a multiple of a step drawn by its share; 1 is any odd number."""
    steps, weights = zip(*shares.items())
    step = draw.choices(steps, weights)[0]
    raw = least * (most / least) ** draw.random()
    if step == 1:
        return int(raw) | 1
    return max(step, round(raw / step) * step)


def attention(draw):
    heads = draw.choice([8, 9, 12, 14, 16, 20, 24, 25, 28, 32, 33, 40, 48, 64])
    batch = draw.choice([1, 1, 2, 2, 3, 4, 6, 8])
    length = size(draw, 192, 4096, {128: 70, 8: 10, 2: 10, 1: 10})
    dim = size(draw, 24, 384, {32: 20, 8: 25, 4: 10, 2: 20, 1: 25})
    if draw.random() < 0.5:
        return "bmm", heads * batch, (length, length, dim), draw.choice(["nn", "nt"])
    return "bmm", heads * batch, (length, dim, length), "nn"


def weights(draw):
    tokens = size(draw, 1, 16384, {64: 40, 16: 20, 8: 10, 1: 30})
    shares = {64: 50, 8: 20, 2: 15, 1: 15}
    n, k = size(draw, 512, 32768, shares), size(draw, 512, 16384, shares)
    return "gemm", None, (tokens, n, k), draw.choices(["nt", "nn", "tn"], [6, 3, 1])[0]


def about_us(batch, m, n, k):
    worst = m | n | k
    speed = 450e6 if worst % 8 == 0 else 250e6 if worst % 2 == 0 else 80e6
    return 2 * batch * m * n * k / speed + 2 * batch * (m * n + n * k + m * k) / 2.2e6


def main():
    name, seed, count, dtype = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    draw = random.Random(seed)
    print(f'name = "{name}"\ndtype = "{dtype}"')
    drawn = set()
    while len(drawn) < count:
        product = attention(draw) if draw.random() < 0.6 else weights(draw)
        op, batch, (m, n, k), layout = product
        if about_us(batch or 1, m, n, k) > 2000 or product in drawn:
            continue
        drawn.add(product)
        of_batch = f"gemm_batch = {batch}\n" if batch else ""
        print(f'\n[[part]]\nop = "{op}"\nlayout = "{layout}"\n{of_batch}m = {m}\nn = {n}\nk = {k}')


main()
