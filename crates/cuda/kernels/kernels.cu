// Everything hovera runs on the device beside the GEMMs. No headers, so that NVRTC compiles it
// without any include path. kernels.ptx is this file compiled by build_ptx.py.
//
// `bf16` is 0 for IEEE half, 1 for bfloat16. Conversions to bfloat16 are integer operations:
// cvt.bf16 needs compute capability 8.0, and this has to run from 7.0 on.
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;

__device__ __forceinline__ u16 narrow(float x, int bf16) {
    if (bf16) {
        u32 bits = __float_as_uint(x);  // finite: no NaN to keep
        return (u16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);  // nearest, ties to even
    }
    u16 h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}

__device__ __forceinline__ float widen(u16 h, int bf16) {
    if (bf16) return __uint_as_float((u32)h << 16);
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
    return x;
}

__device__ __forceinline__ u64 globaltimer() {
    u64 ns;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
    return ns;
}

// Philox4x32-10 (Salmon et al., SC11) of counter {index, stream} under key `seed`.
__device__ __forceinline__ void philox(u64 index, u32 stream, u64 seed, u32 r[4]) {
    u32 c0 = (u32)index, c1 = (u32)(index >> 32), c2 = stream, c3 = 0;
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
#pragma unroll
    for (int i = 0; i < 10; ++i) {
        u32 h0 = __umulhi(0xD2511F53u, c0), l0 = 0xD2511F53u * c0;
        u32 h1 = __umulhi(0xCD9E8D57u, c2), l1 = 0xCD9E8D57u * c2;
        c0 = h1 ^ c1 ^ k0; c1 = l1; c2 = h0 ^ c3 ^ k1; c3 = l0;
        k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
    }
    r[0] = c0; r[1] = c1; r[2] = c2; r[3] = c3;
}

// out[i] ~ N(0, 1), the same numbers for the same (seed, stream) on every device (Box-Muller).
extern "C" __global__ void fill_normal(u16* out, u64 n, u64 seed, u32 stream, int bf16) {
    u64 step = (u64)gridDim.x * blockDim.x;
    for (u64 q = (u64)blockIdx.x * blockDim.x + threadIdx.x; q * 4 < n; q += step) {
        u32 r[4];
        philox(q, stream, seed, r);
#pragma unroll
        for (int p = 0; p < 2; ++p) {
            float u = fminf(((float)r[2 * p] + 1.0f) * 2.3283064e-10f, 1.0f);  // (0, 1]
            float turn = (float)r[2 * p + 1] * 2.3283064e-10f;
            float radius = sqrtf(-2.0f * logf(u));
            float s, c;
            sincospif(2.0f * turn, &s, &c);
            u64 i = q * 4 + 2 * p;
            if (i < n) out[i] = narrow(radius * c, bf16);
            if (i + 1 < n) out[i + 1] = narrow(radius * s, bf16);
        }
    }
}

struct Entry { u32 batch, i, j, pad; };
struct Reference { double got, dot, sum_sq; };

// For each entry: what C holds, the dot product in f64, and the sum of squares of its terms.
// A is row-major m x k; B is row-major k x n, or n x k when nt. One block of 256 per entry.
extern "C" __global__ void reference_dots(const u16* a, const u16* b, const u16* c, const Entry* entries,
                                          Reference* out, u32 m, u32 n, u32 k, int nt, int bf16) {
    __shared__ double dots[256], squares[256];
    Entry e = entries[blockIdx.x];
    const u16* row = a + ((u64)e.batch * m + e.i) * k;
    const u16* mat = b + (u64)e.batch * k * n;
    double dot = 0.0, sq = 0.0;
    for (u32 l = threadIdx.x; l < k; l += 256) {
        u64 at = nt ? (u64)e.j * k + l : (u64)l * n + e.j;
        double p = (double)widen(row[l], bf16) * (double)widen(mat[at], bf16);
        dot += p;
        sq += p * p;
    }
    dots[threadIdx.x] = dot;
    squares[threadIdx.x] = sq;
    __syncthreads();
    for (u32 half = 128; half > 0; half >>= 1) {
        if (threadIdx.x < half) {
            dots[threadIdx.x] += dots[threadIdx.x + half];
            squares[threadIdx.x] += squares[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        u64 at = ((u64)e.batch * m + e.i) * n + e.j;
        out[blockIdx.x].got = (double)widen(c[at], bf16);
        out[blockIdx.x].dot = dots[0];
        out[blockIdx.x].sum_sq = squares[0];
    }
}

// found[0] += how many of c[0..n] are NaN; found[1] = min(found[1], index of the first of them).
extern "C" __global__ void count_nan(const u16* c, u64 n, u64* found, int bf16) {
    u16 infinity = bf16 ? 0x7f80 : 0x7c00;
    u64 step = (u64)gridDim.x * blockDim.x;
    u64 count = 0, first = ~0ull;
    const uint4* wide = (const uint4*)c;  // c is aligned to 256 bytes
    for (u64 q = (u64)blockIdx.x * blockDim.x + threadIdx.x; q * 8 < n; q += step) {
        u32 words[4] = {0, 0, 0, 0};
        if (q * 8 + 8 <= n) {
            uint4 v = wide[q];
            words[0] = v.x; words[1] = v.y; words[2] = v.z; words[3] = v.w;
        } else {
            for (u64 i = q * 8; i < n; ++i) words[(i & 7) >> 1] |= (u32)c[i] << ((i & 1) * 16);
        }
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            u16 bits = (u16)(words[i >> 1] >> ((i & 1) * 16)) & 0x7fff;
            if (bits > infinity) {
                ++count;
                if (q * 8 + i < first) first = q * 8 + i;
            }
        }
    }
    if (count) {
        atomicAdd(&found[0], count);
        atomicMin(&found[1], first);
    }
}

// Keeps the stream busy for `ns`, so that the host can queue launches ahead of the device.
extern "C" __global__ void hold(u64 ns) {
    u64 start = globaltimer();
    while (globaltimer() - start < ns) {}
}

struct Stamp { u64 sm, clock, ns; };

// Each block leaves its SM's cycle counter and the device's timer, read together.
extern "C" __global__ void stamp(Stamp* out) {
    u32 sm;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
    u64 clock = (u64)clock64();
    u64 ns = globaltimer();
    out[blockIdx.x].sm = sm;
    out[blockIdx.x].clock = clock;
    out[blockIdx.x].ns = ns;
}
