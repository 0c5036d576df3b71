#!/usr/bin/env python3
"""How long products take by where cuBLAS's workspace is.

    workspace.py > OUTPUT.txt

Needs what places.py needs, which stands beside it. Products are launched in CUDA graphs as hovera's replays have them, at the same places
in memory; only the workspace moves.

1. Times with the workspace at one offset of an allocation and at others that differ by one bit: those marked have the other speed.
2. Times with the workspace at a multiple of 8 KiB, 4 KiB further, and with launches that take turns with the two.
3. Times of other products with the two workspaces: which of them mind.
"""

import ctypes as c
import random
import statistics

from places import Device, checked, places

MINDS = (40, 1024, 72, 1024, "nt", "f16")  # products, m, n, k, layout, dtype
OTHERS = [
    (40, 1024, 128, 1024, "nn", "f16"),
    (80, 1024, 72, 1024, "nt", "f16"),
    (12, 1024, 1024, 64, "nt", "f16"),
    (24, 2048, 64, 2048, "nt", "f16"),
    (48, 2048, 128, 2048, "nn", "f16"),
    (1, 8192, 1024, 8192, "nt", "f16"),
    (1, 128, 32000, 8192, "nt", "f16"),
    (1, 64, 11008, 4096, "nt", "f16"),
    (1, 4096, 4096, 4096, "nn", "f16"),
    (1, 2048, 12288, 4096, "nt", "f16"),
    (20, 1024, 1024, 81, "nn", "f16"),
    (40, 4096, 128, 4096, "nt", "f16"),
]
WORKSPACE = 32 << 20
SPAN = 5 << 30  # of the allocation that workspaces are in
BITS = range(8, 32)
PAIRS = 10
APART = 4096
PLACES, GRAPHS, VISITS = 16, 6, 2
UNTIMED, TIMED = 2, 4
STAMPS_ADD_US = 1.0
REST_S = 0.002


class Workspaces:
    def __init__(self, device):
        self.device, self.start = device, device.memory(SPAN)

    def set(self, offset):
        at, blas = c.c_void_p(self.start + offset), self.device.blas
        checked(blas.cublasSetWorkspace_v2(self.device.handle, at, c.c_size_t(WORKSPACE)), "cublasSetWorkspace")

    def time_us(self, shape, at, offsets):
        """The mean time of a launch; launches take turns with the workspaces at these offsets."""
        device, times = self.device, []

        def launches(count, place):
            for index in range(count):
                self.set(offsets[index % len(offsets)])
                device.product(shape, place)

        for graph in range(GRAPHS):

            def work():
                device.hold()
                for visit in range(VISITS):
                    place = at[(graph * VISITS + visit) % len(at)]
                    device.fill_l2()
                    launches(UNTIMED, place)
                    device.stamp(2 * visit)
                    launches(TIMED, place)
                    device.stamp(2 * visit + 1)

            device.replay(device.graph(work), REST_S)
            us, _ = device.between(2 * VISITS)
            times += [(us[2 * visit] - STAMPS_ADD_US) / TIMED for visit in range(VISITS)]
        return statistics.mean(times)


def named(shape):
    products, m, n, k, layout, dtype = shape
    return f"{products} x {m}x{n}x{k} {layout} {dtype}"


def main():
    device = Device()
    workspaces = Workspaces(device)
    print(f"{device.name}, the workspaces' allocation at {workspaces.start:#x}")
    at = places(device, MINDS, PLACES, 256)
    first = workspaces.time_us(MINDS, at, [0])
    by_bit = {bit: workspaces.time_us(MINDS, at, [1 << bit]) for bit in BITS}
    middle = (min(first, *by_bit.values()) + max(first, *by_bit.values())) / 2
    print(f"{named(MINDS)}, us at offset 0: {first:.2f}, and at")
    for bit, us in by_bit.items():
        print(f"  2^{bit:<2} {us:.2f}{' *' if (us > middle) != (first > middle) else ''}")
    print("at a multiple of 8 KiB, 4 KiB further, and by turns at both")
    chosen = random.Random(1)
    for _ in range(PAIRS):
        offset = chosen.randrange((SPAN - 2 * WORKSPACE) // (2 * APART)) * 2 * APART
        first, second = (workspaces.time_us(MINDS, at, [offset + apart]) for apart in (0, APART))
        print(f"  {first:.2f} {second:.2f} {workspaces.time_us(MINDS, at, [offset, offset + APART]):.2f}")
    print("other products, the mean of four rounds at each of two such workspaces")
    for shape in OTHERS:
        at = places(device, shape, PLACES, 256)
        rounds = [[workspaces.time_us(shape, at, [apart]) for apart in (0, APART)] for _ in range(4)]
        first, second = (statistics.mean(column) for column in zip(*rounds))
        print(f"  {named(shape):32} {first:8.2f} {second:8.2f} {100 * (second / first - 1):+.2f} %")


if __name__ == "__main__":
    main()
