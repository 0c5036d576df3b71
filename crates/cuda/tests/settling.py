#!/usr/bin/env python3
"""How launches settle behind what fills the L2, and what two stamps add to the launches between them.

    settling.py > OUTPUT.txt
    settling.py stamps > OUTPUT.txt     the second only, a minute

Needs what places.py needs, which stands beside it. Products are launched in CUDA graphs as hovera's replays have them.

1. The time of a launch, the mean over twelve places and four launches, after so many launches that do not count, by what fills the L2
   before: twice its bytes written, read, written and then read, or nothing.
2. What stamps add: between them are so many launches, or four times as many with the same middle one. Four times the time of the few less
   that of the many, over three, is what is in both once. Of products, and of the driver's kernel that sets bytes.
"""

import ctypes as c
import statistics
import sys

from places import Device, call, checked, ends, places

SETTLING = [  # products, m, n, k, layout, dtype
    (20, 1024, 72, 1024, "nt", "bf16"),
    (40, 1024, 72, 1024, "nt", "f16"),
    (40, 1024, 72, 1024, "nn", "f16"),
    (40, 1024, 128, 1024, "nt", "f16"),
    (40, 1024, 1024, 72, "nt", "bf16"),
    (20, 1024, 1024, 81, "nn", "bf16"),
    (48, 1536, 1536, 128, "nt", "f16"),
    (12, 1024, 1024, 64, "nt", "f16"),
    (1, 512, 512, 64, "nt", "f16"),
    (1, 16, 4096, 4096, "nt", "f16"),
    (1, 64, 11008, 4096, "nt", "bf16"),
    (1, 2048, 1024, 4096, "nt", "f16"),
]
STAMPED = [  # and how many launches are few
    ((1, 512, 512, 64, "nt", "f16"), 40),
    ((32, 16, 16, 100, "nn", "bf16"), 32),
    ((24, 256, 256, 64, "nn", "f16"), 32),
    ((1, 16, 2240, 1536, "nt", "f16"), 24),
    ((54, 256, 96, 256, "nn", "bf16"), 26),
    ((1, 1024, 640, 960, "nn", "f16"), 20),
    ((1, 64, 6912, 1152, "nt", "bf16"), 18),
    ((28, 256, 256, 27, "nn", "bf16"), 18),
    ((64, 256, 256, 136, "nn", "f16"), 16),
    ((18, 640, 640, 48, "nn", "f16"), 11),
    ((72, 248, 248, 64, "nn", "f16"), 11),
    ((28, 768, 96, 768, "nn", "f16"), 12),
    ((24, 256, 59, 256, "nn", "f16"), 13),
    ((1, 16, 4096, 4096, "nt", "f16"), 11),
    ((12, 1024, 1024, 64, "nt", "f16"), 9),
    ((16, 200, 193, 200, "nn", "f16"), 9),
    ((20, 512, 44, 512, "nn", "f16"), 10),
    ((1, 624, 4480, 1472, "nt", "f16"), 8),
    ((28, 896, 64, 896, "nn", "f16"), 7),
    ((20, 1024, 72, 1024, "nt", "f16"), 7),
    ((96, 384, 88, 384, "nn", "f16"), 6),
    ((1, 64, 16488, 1792, "nt", "f16"), 5),
    ((72, 512, 512, 96, "nn", "f16"), 5),
    ((20, 1024, 1024, 128, "nn", "f16"), 5),
    ((1, 2048, 1024, 4096, "nt", "f16"), 4),
    ((60, 256, 217, 256, "nn", "bf16"), 5),
    ((48, 896, 128, 896, "nn", "bf16"), 4),
    ((40, 1024, 72, 1024, "nt", "f16"), 4),
    ((40, 1024, 1024, 64, "nt", "f16"), 4),
    ((20, 1024, 1024, 81, "nn", "bf16"), 3),
]
SET = ((1 << 18, 32), (1 << 20, 32), (1 << 22, 16), (1 << 24, 8), (1 << 26, 4))  # bytes, and how many launches are few
UNTIMED = (0, 1, 2, 4, 8, 16, 32, 64)
TIMED = 4
PLACES = 12
PAIRS = 150
REST_S = 0.002


class Fills:
    """What may be ahead of a visit."""

    def __init__(self, device):
        self.device = device
        self.read_from, self.sum_to = device.memory(device.other_bytes), device.memory(256)
        call("cuMemsetD8_v2", c.c_uint64(self.read_from), 0, c.c_size_t(device.other_bytes))
        self.read()  # loads its kernels
        device.wait()

    def read(self):
        """The sum of floats, which reads them and writes one."""
        blas, handle = self.device.blas, self.device.handle
        on_device, on_host = 1, 0
        checked(blas.cublasSetPointerMode_v2(handle, on_device), "cublasSetPointerMode")
        floats, to = self.device.other_bytes // 4, c.c_void_p(self.sum_to)
        checked(blas.cublasSasum_v2(handle, floats, c.c_void_p(self.read_from), 1, to), "cublasSasum")
        checked(blas.cublasSetPointerMode_v2(handle, on_host), "cublasSetPointerMode")

    def by_name(self):
        write = self.device.fill_l2
        both = lambda: (write(), self.read())
        return {"written": write, "read": self.read, "both": both, "nothing": lambda: None}


def visit_us(device, launch, fill, untimed, timed):
    """From one stamp to the other."""

    def work():
        device.hold()
        fill()
        for _ in range(untimed):
            launch()
        device.stamp(0)
        for _ in range(timed):
            launch()
        device.stamp(1)

    ready = device.graph(work)
    device.replay(ready, REST_S)
    (us,), _ = device.between(2)
    call("cuGraphExecDestroy", ready)
    return us


def in_words(shape):
    products, m, n, k, *how = shape
    return f"{products} x {m}x{n}x{k} {' '.join(how)}"


def settling(device, fills, ends_us):
    print("us of a launch after so many" + "".join(f"{count:9}" for count in UNTIMED))
    for shape in SETTLING:
        found = places(device, shape, PLACES, 256)
        print(in_words(shape))
        for name, fill in fills.by_name().items():
            means = []
            for untimed in UNTIMED:
                at = lambda place: visit_us(device, lambda: device.product(shape, place), fill, untimed, TIMED)
                visits = [at(place) for place in found]
                means.append((statistics.mean(visits) - ends_us) / TIMED)
            print(f"  {name:26}" + "".join(f"{us:9.2f}" for us in means), flush=True)


def stamped(device, name, launch, few):
    adds, launches = [], []
    for pair in range(PAIRS):
        some = lambda: visit_us(device, launch, device.fill_l2, 4 * few + 3 * few // 2, few)
        many = lambda: visit_us(device, launch, device.fill_l2, 4 * few, 4 * few)
        if pair % 2:
            few_us, many_us = some(), many()
        else:
            many_us, few_us = many(), some()
        adds.append((4 * few_us - many_us) / 3)
        launches.append((many_us - few_us) / (3 * few))
    error = 1.25 * statistics.stdev(adds) / PAIRS**0.5
    print(f"{name:34}{statistics.median(adds):6.2f} +- {error:.2f}{statistics.median(launches):9.2f}", flush=True)


def main():
    device = Device()
    ends_us = ends(device)
    print(f"{device.name}, {device.sms} SMs; two stamps with nothing between them are {ends_us:.3f} us apart\n")
    if "stamps" not in sys.argv[1:]:
        settling(device, Fills(device), ends_us)
    print("\nus that two stamps add to the launches between them, and us of a launch")
    for count, few in SET:
        set_bytes = lambda: call("cuMemsetD8Async", c.c_uint64(device.other), 0, c.c_size_t(count), device.stream)
        stamped(device, f"{count >> 10} KiB set", set_bytes, few)
    for shape, few in STAMPED:
        (place,) = places(device, shape, 1, 256)
        stamped(device, in_words(shape), lambda: device.product(shape, place), few)


if __name__ == "__main__":
    main()
