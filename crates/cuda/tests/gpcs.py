#!/usr/bin/env python3
"""How long products take by which GPC (graphics processing cluster) their first thread block cluster goes to.

    gpcs.py > OUTPUT.txt

Needs a GPU of compute capability 9.0 or more, and what places.py needs, which stands beside it.

1. Which GPC comes first in a launch of 28 clusters of four blocks that fill an SM each, after so many clusters that do nothing: six
   launches each, with the L2 filled between them and without.
2. Times of products by the GPC that comes first, which random clusters ahead of them decide: of bursts of six launches in a graph, as
   hovera has them for products of more than 300 MB, and of visits with the L2 filled ahead. A launch behind them tells the GPC.
"""

import collections
import ctypes as c
import random

import numpy as np

from places import Device, call, places

WHERE = b"""
.version 8.0
.target sm_90
.address_size 64
.visible .entry where(.param .u64 to, .param .u64 ns)
{
    .reg .pred %p<3>;
    .reg .u32 %r<7>;
    .reg .u64 %rd<7>;
    ld.param.u64 %rd1, [to];
    ld.param.u64 %rd2, [ns];
    cvta.to.global.u64 %rd1, %rd1;
    mov.u64 %rd3, %globaltimer;
    add.u64 %rd2, %rd2, %rd3;
    mov.u32 %r1, %smid;
    mov.u32 %r2, %ctaid.x;
    mov.u32 %r3, %tid.x;
    mul.wide.u32 %rd4, %r2, 4;
    add.u64 %rd4, %rd1, %rd4;
    setp.ne.u32 %p1, %r3, 0;
    @!%p1 st.global.u32 [%rd4], %r1;
AGAIN:
    mov.u64 %rd5, %globaltimer;
    setp.lt.u64 %p2, %rd5, %rd2;
    @%p2 bra AGAIN;
    ret;
}
"""
CLUSTER_DIMENSION, MOST_SHARED, NOT_PORTABLE = 4, 8, 14
WHOLE_SM, NOTHING = 200 << 10, 0
CLUSTERS = 28
BURSTS = [  # products, m, n, k, layout, dtype
    (1, 64, 27712, 8128, "nn", "bf16"),
    (1, 48, 24576, 8192, "nn", "bf16"),
    (1, 64, 28672, 8192, "tn", "bf16"),
    (48, 2048, 2048, 64, "nt", "f16"),
]
VISITS = [
    (1, 3, 20672, 2624, "nt", "bf16"),
    (1, 807, 4352, 4224, "nt", "bf16"),
    (1, 143, 6784, 14976, "nn", "f16"),
    (1, 64, 11008, 4096, "nt", "f16"),
    (40, 1024, 72, 1024, "nt", "bf16"),
]
TURNS = 1, 2, 4, 6, 8  # as in src/sys/kernels.rs
ROUNDS = 60
STAMPS_ADD_US = 1.25


class Config(c.Structure):
    """CUlaunchConfig."""

    _fields_ = [
        ("grid", c.c_uint * 3),
        ("block", c.c_uint * 3),
        ("shared", c.c_uint),
        ("stream", c.c_void_p),
        ("attributes", c.c_void_p),
        ("count", c.c_uint),
    ]


class Attribute(c.Structure):
    _fields_ = [("id", c.c_int), ("pad", c.c_int), ("value", c.c_uint * 16)]


class Clusters:
    def __init__(self, device):
        module, self.function = c.c_void_p(), c.c_void_p()
        call("cuModuleLoadData", c.byref(module), WHERE + b"\0")
        call("cuModuleGetFunction", c.byref(self.function), module, b"where")
        call("cuFuncSetAttribute", self.function, MOST_SHARED, WHOLE_SM)
        call("cuFuncSetAttribute", self.function, NOT_PORTABLE, 1)
        self.device, self.ran, self.others = device, device.memory(1 << 20), device.memory(1 << 20)
        self.gpc = self.gpcs()

    def launch(self, clusters, size=4, shared=WHOLE_SM, to=None, ns=1000):
        attribute = Attribute(CLUSTER_DIMENSION)
        attribute.value[:3] = size, 1, 1
        config = Config(shared=shared, stream=self.device.stream, attributes=c.addressof(attribute), count=1)
        config.grid[:], config.block[:] = (size * clusters, 1, 1), (384 if shared else 1, 1, 1)
        arguments = c.c_uint64(to or self.ran), c.c_uint64(ns)
        pointers = (c.c_void_p * 2)(*[c.addressof(argument) for argument in arguments])
        call("cuLaunchKernelEx", c.byref(config), self.function, pointers, None)

    def turn(self, clusters):
        if clusters:
            self.launch(clusters, shared=NOTHING, to=self.others)

    def sms(self, blocks, start=0):
        """Where the blocks of the last launch ran."""
        host = np.zeros(blocks, dtype=np.uint32)
        at = c.c_uint64(self.ran + 4 * start)
        call("cuMemcpyDtoH_v2", host.ctypes.data_as(c.c_void_p), at, c.c_size_t(host.nbytes))
        return [int(sm) for sm in host]

    def gpcs(self):
        """The GPC of an SM: blocks of a cluster share one. SMs that no cluster of eight got to have none."""
        together = {}
        for size, clusters in (16, 7), (8, 14), (16, 6), (8, 13):
            for _ in range(3):
                self.launch(clusters, size, ns=20_000)
                self.device.wait()
                ran = self.sms(size * clusters)
                for start in range(0, len(ran), size):
                    sms = set(ran[start : start + size])
                    for sm in list(sms):
                        sms |= together.get(sm, set())
                    together.update({sm: sms for sm in sms})
        groups = sorted({min(sms): sms for sms in together.values()}.items())
        return {sm: number for number, (_, sms) in enumerate(groups) for sm in sms}

    def first(self, start=0):
        return self.gpc.get(self.sms(1, start)[0], "?")


def firsts(device, clusters, turn, filled, launches=6):
    def work():
        device.hold()
        for index in range(launches):
            if filled:
                device.fill_l2()
            clusters.turn(turn)
            clusters.launch(CLUSTERS, to=clusters.ran + 4096 * index)

    ready = device.graph(work)
    device.replay(ready, 0.002)
    call("cuGraphExecDestroy", ready)
    return "".join(str(clusters.first(1024 * index)) for index in range(launches))


def by_gpc(device, clusters, shape, place, filled):
    """Times in us by the GPC that came first."""
    draw, found, graphs = random.Random(1), collections.defaultdict(list), []
    untimed, timed = (2, 4) if filled else (1, 6)
    for index in range(ROUNDS):

        def work():
            device.hold()
            if filled:
                device.fill_l2()
            if index % 6:
                clusters.launch(draw.randint(1, 40), draw.choice([2, 4, 8]), draw.choice([NOTHING, WHOLE_SM]), clusters.others)
            for _ in range(untimed):
                device.product(shape, place)
            device.stamp(0)
            for _ in range(timed):
                device.product(shape, place)
            device.stamp(1)
            clusters.launch(CLUSTERS)

        graphs.append(device.graph(work))
        device.replay(graphs[-1], 0.003)
        (us,), _ = device.between(2)
        found[clusters.first()].append((us - STAMPS_ADD_US) / timed)
    for ready in graphs:
        call("cuGraphExecDestroy", ready)
    return found


def main():
    device = Device()
    clusters = Clusters(device)
    sizes = collections.Counter(clusters.gpc.values())
    print(f"{device.name}; SMs seen of each GPC: {' '.join(str(sizes[gpc]) for gpc in sorted(sizes))}")
    print("\nclusters ahead; the first GPC of six launches: one after the other, and with the L2 filled ahead of each")
    moved = set(), set()
    for turn in range(10):
        both = [firsts(device, clusters, turn, filled) for filled in (False, True)]
        print(f"  {turn}  {'  '.join(both)}")
        if turn in TURNS:
            for found, launches in zip(moved, both):
                found.add(collections.Counter(launches).most_common(1)[0][0])
    print(f"  GPCs that come first most often behind {TURNS}: {len(moved[0])}, and with the L2 filled {len(moved[1])}")
    for title, shapes, filled in ("bursts", BURSTS, False), ("visits", VISITS, True):
        print(f"\n{title}: us of a launch by the first GPC, how many, the middle half; a line for each of two places")
        for shape in shapes:
            print(f"{shape[0]} x {shape[1]}x{shape[2]}x{shape[3]} {shape[4]} {shape[5]}")
            for place in places(device, shape, 2, 256):
                found = by_gpc(device, clusters, shape, place, filled)
                cells = []
                for gpc in sorted(found, key=str):
                    low, middle, high = np.quantile(found[gpc], [0.25, 0.5, 0.75])
                    cells.append(f"{gpc}: {middle:.1f} ({len(found[gpc])}; {low:.1f} to {high:.1f})")
                print("  " + ", ".join(cells), flush=True)
    if min(len(found) for found in moved) < 3:
        raise SystemExit("hovera's turns begin at fewer than three GPCs")


if __name__ == "__main__":
    main()
