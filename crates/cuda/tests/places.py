#!/usr/bin/env python3
"""What a launch's time depends on beside the product: where its operands are, how often a graph ran, what else the process has.

    places.py > OUTPUT.txt

Needs a GPU, numpy, cuBLAS (libcublas.so.13 or .12 in LD_LIBRARY_PATH or the loader's folders) and nothing of PyTorch or
hovera but kernels/kernels.ptx. Products of fp16 or bf16 are launched in CUDA graphs as hovera's replays have them: other data fills
the L2, launches that do not count, a stamp of each SM, those that do, another stamp. A time is the median over thirty graphs.

1. Short products: places as hovera has them, each 1 MiB and 256 bytes behind the end of the last; places at multiples of 2 MiB, as a
   process's own allocations are; each graph replayed a second time, which is the one that counts; and after the process has
   used forty streams.
2. One large product that memory bounds, launch by launch, at twelve places.
3. The same at one place, by a graph of six launches that is captured again for each of twelve bursts: each time where the one
   before was, because that is destroyed first, or each elsewhere in memory, because all stay until the end.
"""

import ctypes as c
import pathlib
import statistics
import time

import numpy as np

SHORT = [  # products, m, n, k, layout, dtype
    (20, 1024, 72, 1024, "nn", "f16"),
    (20, 1024, 128, 1024, "nt", "bf16"),
    (20, 1024, 100, 1024, "nt", "bf16"),
    (40, 1024, 72, 1024, "nn", "f16"),
    (40, 1024, 72, 1024, "nt", "bf16"),
    (40, 1024, 1024, 72, "nt", "bf16"),
    (40, 1024, 128, 1024, "nt", "f16"),
    (20, 1024, 1024, 81, "nn", "bf16"),
    (40, 1024, 100, 1024, "nt", "bf16"),
]
LARGE = (20, 4096, 72, 4096, "nt", "bf16")
GRAPHS = 30
HELD_NS = 50_000
PAGE = 2 << 20
R_16F, R_16BF, COMPUTE_32F, DEFAULT_ALGORITHM = 2, 14, 68, 99
STAMP_BYTES = 24
MOST_STAMPS = 64
KERNELS = pathlib.Path(__file__).parents[1] / "kernels" / "kernels.ptx"

cuda = c.CDLL("libcuda.so.1")


def checked(status, call):
    if status != 0:
        raise SystemExit(f"{call} failed with {status}")


def call(name, *arguments):
    checked(getattr(cuda, name)(*arguments), name)


def library():
    for major in (13, 12):
        try:
            return c.CDLL(f"libcublas.so.{major}")
        except OSError:
            pass
    raise SystemExit("libcublas.so.13 and libcublas.so.12 are not in LD_LIBRARY_PATH or the loader's folders")


def up(count, to):
    return (count + to - 1) // to * to


class Device:
    def __init__(self):
        device, context, module, name = c.c_int(), c.c_void_p(), c.c_void_p(), c.create_string_buffer(100)
        call("cuInit", 0)
        call("cuDeviceGet", c.byref(device), 0)
        call("cuDeviceGetName", name, 100, device)
        self.name = name.value.decode()
        sms, l2 = c.c_int(), c.c_int()
        call("cuDeviceGetAttribute", c.byref(sms), 16, device)
        call("cuDeviceGetAttribute", c.byref(l2), 38, device)
        self.sms, self.other_bytes = sms.value, 2 * l2.value
        call("cuDevicePrimaryCtxRetain", c.byref(context), device)
        call("cuCtxSetCurrent", context)
        call("cuModuleLoadData", c.byref(module), KERNELS.read_bytes() + b"\0")
        self.functions = {}
        for function in (b"stamp", b"hold", b"fill_normal"):
            self.functions[function] = c.c_void_p()
            call("cuModuleGetFunction", c.byref(self.functions[function]), module, function)
        self.stream = self.new_stream()
        self.blas = library()
        self.handle = c.c_void_p()
        checked(self.blas.cublasCreate_v2(c.byref(self.handle)), "cublasCreate")
        checked(self.blas.cublasSetStream_v2(self.handle, self.stream), "cublasSetStream")
        workspace = 32 << 20
        status = self.blas.cublasSetWorkspace_v2(self.handle, c.c_void_p(self.memory(workspace)), c.c_size_t(workspace))
        checked(status, "cublasSetWorkspace")
        self.stamps, self.other = self.memory(MOST_STAMPS * self.sms * STAMP_BYTES), self.memory(self.other_bytes)
        self.arena_bytes = 24 << 30
        self.arena = self.memory(self.arena_bytes)

    def new_stream(self):
        stream = c.c_void_p()
        call("cuStreamCreate", c.byref(stream), 1)
        return stream

    def memory(self, count):
        address = c.c_uint64()
        call("cuMemAlloc_v2", c.byref(address), c.c_size_t(count))
        return address.value

    def launch(self, function, grid, block, *arguments, stream=None):
        pointers = (c.c_void_p * len(arguments))(*[c.cast(c.pointer(it), c.c_void_p) for it in arguments])
        where = stream or self.stream
        call("cuLaunchKernel", self.functions[function], grid, 1, 1, block, 1, 1, 0, where, pointers, None)

    def hold(self, stream=None):
        self.launch(b"hold", 1, 1, c.c_uint64(HELD_NS), stream=stream)

    def stamp(self, index):
        self.launch(b"stamp", self.sms, 1, c.c_uint64(self.stamps + index * self.sms * STAMP_BYTES))

    def fill_l2(self):
        call("cuMemsetD8Async", c.c_uint64(self.other), 0, c.c_size_t(self.other_bytes), self.stream)

    def fill(self, address, count, bf16):
        arguments = c.c_uint64(address), c.c_uint64(count), c.c_uint64(1), c.c_uint32(0), c.c_int(bf16)
        self.launch(b"fill_normal", 8 * self.sms, 256, *arguments)

    def product(self, shape, place):
        """Row-major C = A.B, which the column-major library computes as C' = B'.A'."""
        products, m, n, k, layout, dtype = shape
        a, b, result = (c.c_void_p(address) for address in place)
        kind = R_16F if dtype == "f16" else R_16BF
        one, zero = c.c_float(1), c.c_float(0)
        transposed_a, transposed_b = (int(letter == "t") for letter in layout)
        status = self.blas.cublasGemmStridedBatchedEx(
            *(self.handle, transposed_b, transposed_a, n, m, k, c.byref(one)),
            *(b, kind, k if transposed_b else n, c.c_longlong(k * n)),
            *(a, kind, m if transposed_a else k, c.c_longlong(m * k)),
            *(c.byref(zero), result, kind, n, c.c_longlong(m * n)),
            *(products, COMPUTE_32F, DEFAULT_ALGORITHM),
        )
        checked(status, "cublasGemmStridedBatchedEx")

    def graph(self, work):
        graph, ready = c.c_void_p(), c.c_void_p()
        call("cuStreamBeginCapture_v2", self.stream, 2)
        work()
        call("cuStreamEndCapture", self.stream, c.byref(graph))
        call("cuGraphInstantiateWithFlags", c.byref(ready), graph, c.c_ulonglong(0))
        call("cuGraphUpload", ready, self.stream)
        call("cuGraphDestroy", graph)
        self.wait()
        return ready

    def wait(self):
        call("cuStreamSynchronize", self.stream)

    def replay(self, ready, rest):
        time.sleep(rest)
        call("cuGraphLaunch", ready, self.stream)
        self.wait()

    def between(self, count):
        """Of each two stamps of so many in a row: us, the middle one over the SMs, and the mean clock in MHz."""
        host = np.zeros((count, self.sms, 3), dtype=np.uint64)
        pointer = host.ctypes.data_as(c.c_void_p)
        call("cuMemcpyDtoH_v2", pointer, c.c_uint64(self.stamps), c.c_size_t(host.nbytes))
        by_sm = np.stack([stamps[np.argsort(stamps[:, 0])] for stamps in host]).astype(np.float64)
        assert (by_sm[:, :, 0] == by_sm[0, :, 0]).all(), "an SM left no stamp"
        cycles, ns = np.diff(by_sm[:, :, 1], axis=0), np.diff(by_sm[:, :, 2], axis=0)
        return np.median(ns, axis=1) * 1e-3, (cycles / ns).mean(axis=1) * 1e3


def places(device, shape, count, step):
    """Of A, B and the result at so many places; `step` is 256 bytes, or a page."""
    products, m, n, k, _, dtype = shape
    lengths = [2 * products * elements for elements in (m * k, k * n, m * n)]
    if step == PAGE:
        strides = [up(length, PAGE) for length in lengths]
    else:
        strides = [up(max(length, 12 << 20) + (1 << 20) + step, step) for length in lengths]
    count = min(count, device.arena_bytes // sum(strides))
    starts = [device.arena + count * sum(strides[:index]) for index in range(3)]
    found = [tuple(start + place * stride for start, stride in zip(starts, strides)) for place in range(count)]
    for a, b, _ in found:
        device.fill(a, products * m * k, int(dtype == "bf16"))
        device.fill(b, products * k * n, int(dtype == "bf16"))
    device.product(shape, found[0])  # loads the kernel
    device.wait()
    return found


def short(device, shape, ends_us, step=256, replays=1):
    """Time of a launch in us, and the clock in MHz."""
    all_places = places(device, shape, GRAPHS, step)

    def work(place, untimed, timed):
        device.hold()
        device.fill_l2()
        for index in range(untimed + timed):
            if index == untimed:
                device.stamp(0)
            device.product(shape, place)
        device.stamp(1)

    def measured(place, untimed, timed):
        ready = device.graph(lambda: work(place, untimed, timed))
        for _ in range(replays):
            device.replay(ready, 0.002)
        (us,), (mhz,) = device.between(2)
        call("cuGraphExecDestroy", ready)
        return (us - ends_us) / timed, mhz

    about_us = measured(all_places[0], 2, 3)[0]
    untimed, timed = max(2, round(80 / about_us)), max(3, round(250 / about_us))
    times = [measured(all_places[index % len(all_places)], untimed, timed) for index in range(GRAPHS)]
    return tuple(statistics.median(column) for column in zip(*times))


def ends(device):
    """What two stamps are apart with nothing between them, in us."""

    def work():
        device.hold()
        device.fill_l2()
        device.stamp(0)
        device.stamp(1)

    ready = device.graph(work)
    times = []
    for _ in range(15):
        device.replay(ready, 0.002)
        times.append(device.between(2)[0][0])
    return statistics.median(times)


def burst_graph(device, shape, place, launches):
    def work():
        device.hold()
        device.product(shape, place)
        device.stamp(0)
        for index in range(launches):
            device.product(shape, place)
            device.stamp(index + 1)

    return device.graph(work)


def large(device, shape, launches=6, bursts=4):
    every = []
    for place in places(device, shape, 12, 256):
        times = []
        for _ in range(bursts):
            ready = burst_graph(device, shape, place, launches)
            device.replay(ready, 0.006)
            call("cuGraphExecDestroy", ready)
            times.extend(device.between(launches + 1)[0])
        quantiles = np.quantile(times, [0, 0.25, 0.5, 0.75, 1])
        print("  " + "".join(f"{us:8.1f}" for us in quantiles) + "   " + "".join(f"{us:7.1f}" for us in times[:launches]))
        every.extend(times)
    print("  all" + "".join(f"{us:8.1f}" for us in np.quantile(every, [0, 0.25, 0.5, 0.75, 1])))


def by_launch_of_the_burst(device, shape, kept, launches=6, bursts=12):
    (place,) = places(device, shape, 1, 256)
    times, graphs = [], []
    for _ in range(bursts):
        ready = burst_graph(device, shape, place, launches)
        graphs.append(ready)
        device.replay(ready, 0.006)
        times.append(device.between(launches + 1)[0])
        if not kept:
            call("cuGraphExecDestroy", graphs.pop())
    for ready in graphs:
        call("cuGraphExecDestroy", ready)
    for burst in times:
        print("  " + "".join(f"{us:8.1f}" for us in burst))
    print("  medians" + "".join(f"{us:8.1f}" for us in np.median(times, axis=0)))
    print("  within a launch's column they differ by", end=" ")
    print(f"{np.std(times, axis=0).mean():.2f} us (standard deviation), between the columns' means by {np.std(np.mean(times, axis=0)):.2f}")


def main():
    device = Device()
    ends_us = ends(device)
    print(f"{device.name}, {device.sms} SMs; two stamps are {ends_us:.3f} us apart\n")
    print("us and MHz of a launch      " + "".join(f"{' '.join(map(str, shape[:4])):>18}" for shape in SHORT))
    print(" " * 28 + "".join(f"{' '.join(shape[4:]):>18}" for shape in SHORT))

    def line(words, **how):
        cells = (short(device, shape, ends_us, **how) for shape in SHORT)
        print(f"{words:28}" + "".join(f"{us:11.2f} @{mhz:5.0f}" for us, mhz in cells), flush=True)

    line("to warm up")
    for _ in range(2):
        line("as hovera")
        line("multiples of 2 MiB", step=PAGE)
        line("the second replay", replays=2)
        line("both", step=PAGE, replays=2)
    for stream in [device.new_stream() for _ in range(40)]:
        device.hold(stream)
        call("cuStreamSynchronize", stream)
    line("as hovera, 40 more streams")
    line("as hovera, 40 more streams")

    products, m, n, k, *how = LARGE
    print(f"\nus of a launch of {products} x {m}x{n}x{k} {' '.join(how)}, at each of twelve places: least, quartiles, most; the first burst")
    large(device, LARGE)
    for kept, words in (False, "destroyed before the next"), (True, "all of them kept"):
        print(f"\nthe same at one place, burst by burst, the graphs {words}")
        by_launch_of_the_burst(device, LARGE, kept)


if __name__ == "__main__":
    main()
