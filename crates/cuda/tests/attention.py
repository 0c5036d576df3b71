"""Holds fused attention against PyTorch's cuDNN backend on the same card: outputs bit for bit, times shape by shape.

usage: attention.py FOLDER. The folder has either or both of
  dump/      HOVERA_DUMP=FOLDER/dump gpu attention::dump_for_pytorch --ignored   (the test binary gpu of hovera-cuda)
  round.csv  hovera run SPEC -o FOLDER/round.csv   (points of op attention)
It writes compare.csv there. LIMIT is the seconds that the times may take, 40 if not set. The cuDNN of hovera must be
PyTorch's own: the folders of its wheels first in LD_LIBRARY_PATH.
"""
import csv, os, sys, time
import numpy as np, torch, torch.nn.functional as F
from torch.nn.attention import sdpa_kernel, SDPBackend as B
R = sys.argv[1]; dev = torch.device("cuda"); T0 = time.time()
print("torch", torch.__version__, "cudnn", torch.backends.cudnn.version(), torch.cuda.get_device_name(0), flush=True)
DT = {"f16": torch.float16, "bf16": torch.bfloat16}
def sdpa(q, k, v, causal):
    with sdpa_kernel(B.CUDNN_ATTENTION): return F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=q.shape[1] != k.shape[1])
same = total = 0; worst = []
if os.path.exists(f"{R}/dump/list"):
    for line in open(f"{R}/dump/list"):
        name, dt, mask, b, h, hk, s, t, d = line.split(); b, h, hk, s, t, d = map(int, (b, h, hk, s, t, d))
        load = lambda x, *sh: torch.from_numpy(np.fromfile(f"{R}/dump/{name}.{x}", dtype=np.int16).copy()).view(DT[dt]).view(*sh).to(dev)
        q, k, v, o = load("q", b, h, s, d), load("k", b, hk, t, d), load("v", b, hk, t, d), load("o", b, h, s, d)
        try: ot = sdpa(q, k, v, mask == "causal")
        except Exception as e: print(line.strip(), "torch:", str(e).splitlines()[0][:80]); continue
        total += 1; eq = torch.equal(ot.contiguous().view(torch.int16), o.view(torch.int16)); same += eq
        if not eq: worst.append((line.strip(), (ot.float() - o.float()).abs().max().item()))
    print(f"BITS identical {same} of {total}"); [print("  differs", w) for w in worst[:12]]
flush = torch.empty(96 << 20, dtype=torch.uint8, device=dev)
SIDE = torch.cuda.Stream(); torch.cuda.set_stream(SIDE)
def timed(fn, places=4, reps=3):
    """As hovera: one graph of a fill of the L2, launches that do not count, and n launches between two events of the graph"""
    fn(0); torch.cuda.synchronize(); a = torch.cuda.Event(enable_timing=True); z = torch.cuda.Event(enable_timing=True)
    fn(0); a.record(); fn(0); z.record(); torch.cuda.synchronize(); t = a.elapsed_time(z) * 1e3
    w, n = (max(2, int(300 / t)), max(3, int(700 / t))) if t < 1000 else (1, 1)
    ts = []
    for p in range(places):
        e0, e1 = (torch.cuda.Event(enable_timing=True, external=True) for _ in range(2)); g = torch.cuda.CUDAGraph()
        with torch.cuda.graph(g, stream=SIDE):
            torch.cuda._sleep(100_000); flush.fill_(0)
            for _ in range(w): fn(p)
            e0.record()
            for _ in range(n): fn(p)
            e1.record()
        for _ in range(reps): time.sleep(max(0.004, 10e-6 * (w + n) * t)); g.replay(); torch.cuda.synchronize(); ts.append(e0.elapsed_time(e1) * 1e3 / n)
    return sorted(ts)[len(ts) // 2]
out = csv.writer(open(f"{R}/compare.csv", "w")); out.writerow("mask,pass,h,hk,s,t,d,us,torch_us,ratio,status".split(",")); ratios = {"forward": [], "backward": []}
path = f"{R}/round.csv"
if os.path.exists(path):
    rows = list(csv.DictReader(l for l in open(path) if not l.startswith("#")))
    rows.sort(key=lambda r: r["pass"] != "forward")
    for r in rows:
        if r["status"] not in ("ok", "noisy"): print(f"{r['status']} {r['mask']} {r['pass']} d={r['head_dim']}: {r['note'][:300]}"); continue
        if time.time() - T0 > float(os.environ.get("LIMIT", "40")): break
        b, h, s, d = (int(r[x]) for x in ("batch", "heads", "seq", "head_dim")); hk = int(r["kv_heads"] or h); t = int(r["seq_key"] or s); causal = r["mask"] == "causal"; dt = DT[r["dtype"]]
        mk = lambda n, l: [torch.randn(b, n, l, d, device=dev).to(dt) for _ in range(4)]
        try:
            Q, K, V = mk(h, s), mk(hk, t), mk(hk, t)
            if r["pass"] == "forward": fn = lambda p: sdpa(Q[p], K[p], V[p], causal)
            else:
                O = []
                for p in range(4):
                    q, k, v = (x[p].requires_grad_() for x in (Q, K, V)); O.append(sdpa(q, k, v, causal))
                D = [torch.randn_like(o) for o in O]; fn = lambda p: torch.autograd.grad(O[p], (Q[p], K[p], V[p]), D[p], retain_graph=True)
            tt = timed(fn)
        except Exception as e: print(r["mask"], r["pass"], d, "torch:", str(e).splitlines()[0][:120]); torch.cuda.synchronize(); continue
        us = float(r["time_median_us"]); ratios[r["pass"]].append(us / tt); out.writerow([r["mask"], r["pass"], h, hk, s, t, d, us, tt, us / tt, r["status"]])
        print(f"{r['mask']} {r['pass']} h{h}/{hk} s{s} t{t} d{d}: {us:.2f} torch {tt:.2f} ratio {us/tt:.4f} {r['status']} ci {r['time_ci_us'][:6]} clock {r['sm_clock_mhz'][:7]} {r['tflops'][:6]} TFLOP/s {r['kernel'][:90]} {r['note'][:100]}", flush=True)
for p, x in ratios.items():
    x.sort()
    if x: print(f"RATIO {p}: n {len(x)} p5 {x[int(.05*len(x))]:.4f} median {x[len(x)//2]:.4f} p95 {x[min(len(x)-1,int(.95*len(x)))]:.4f}")
print(f"{time.time()-T0:.0f} s")
