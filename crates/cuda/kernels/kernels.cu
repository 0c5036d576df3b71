// Everything hovera runs on the device beside the GEMMs. No headers, so that NVRTC compiles it
// without any include path. kernels.ptx is this file compiled by build_ptx.py.
//
// Conversions are integer operations where an instruction for them came after compute capability 7.0,
// which this has to run on: cvt.bf16 needs 8.0, cvt.e4m3 8.9.
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

// Element types, numbered as in sys/element.rs.
enum { F16, BF16, F32, E4M3, I8, I32 };

__device__ __forceinline__ u16 narrow_f16(float x) {
    u16 h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}

__device__ __forceinline__ u16 narrow_bf16(float x) {
    u32 bits = __float_as_uint(x);  // finite: no NaN to keep
    return (u16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);  // nearest, ties to even
}

// OCP E4M3: bias 7, subnormals are multiples of 2^-9, the largest is 448, no infinity.
__device__ __forceinline__ u8 narrow_e4m3(float x) {
    u32 bits = __float_as_uint(x);
    u32 sign = bits >> 24 & 0x80u, size = bits & 0x7fffffffu;
    if (size >= 0x43e80000u) return (u8)(sign | 0x7eu);  // 464, half way to what would be 480
    // 2^14 has a last place of 2^-9: adding it rounds there, to nearest, ties to even.
    if (size < 0x3c800000u)  // 2^-6, the smallest normal
        return (u8)(sign | (__float_as_uint(__uint_as_float(size) + 16384.0f) - 0x46800000u));
    return (u8)(sign | (((size + 0x7ffffu + ((size >> 20) & 1u)) >> 20) - (120u << 3)));
}

__device__ __forceinline__ float widen_e4m3(u8 bits) {
    u32 size = bits & 0x7fu;
    float x = size < 8 ? (float)size * 0x1p-9f : __uint_as_float((size + (120u << 3)) << 20);
    if (size == 0x7f) x = __uint_as_float(0x7fffffffu);
    return bits & 0x80u ? -x : x;
}

// Writes x to element `i`. Integers hold 32 x, rounded and clipped to -127..127.
__device__ __forceinline__ void store(void* to, u64 i, float x, int type) {
    switch (type) {
        case F16: ((u16*)to)[i] = narrow_f16(x); break;
        case BF16: ((u16*)to)[i] = narrow_bf16(x); break;
        case F32: ((float*)to)[i] = x; break;
        case E4M3: ((u8*)to)[i] = narrow_e4m3(x); break;
        case I8: ((signed char*)to)[i] = (signed char)fminf(fmaxf(rintf(32.0f * x), -127.0f), 127.0f); break;
    }
}

__device__ __forceinline__ double load(const void* from, u64 i, int type) {
    switch (type) {
        case F16: {
            float x;
            asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(((const u16*)from)[i]));
            return x;
        }
        case BF16: return __uint_as_float((u32)((const u16*)from)[i] << 16);
        case F32: return ((const float*)from)[i];
        case E4M3: return widen_e4m3(((const u8*)from)[i]);
        case I8: return ((const signed char*)from)[i];
        default: return ((const int*)from)[i];
    }
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

// out[i] ~ N(0, 1) as `type` holds it, the same numbers for the same (seed, stream) on every device (Box-Muller).
extern "C" __global__ void fill_normal(void* out, u64 n, u64 seed, u32 stream, int type) {
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
            if (i < n) store(out, i, radius * c, type);
            if (i + 1 < n) store(out, i + 1, radius * s, type);
        }
    }
}

struct Entry { u32 batch, i, j, pad; };
struct Reference { double got, dot, sum_sq; };

// For each entry: what C holds, the dot product in f64, and the sum of squares of its terms.
// A is row-major m x k, or k x m with bit 1 of `transposed`; B is row-major k x n, or n x k with bit 0; both of type
// `in`. C is of type `result`.
// One block of 256 per entry.
extern "C" __global__ void reference_dots(const void* a, const void* b, const void* c, const Entry* entries,
                                          Reference* out, u32 m, u32 n, u32 k, int transposed, int in,
                                          int result) {
    __shared__ double dots[256], squares[256];
    Entry e = entries[blockIdx.x];
    u64 of_a = (u64)e.batch * m * k;
    u64 of_b = (u64)e.batch * k * n;
    double dot = 0.0, sq = 0.0;
    for (u32 l = threadIdx.x; l < k; l += 256) {
        u64 in_a = transposed & 2 ? (u64)l * m + e.i : (u64)e.i * k + l;
        u64 in_b = transposed & 1 ? (u64)e.j * k + l : (u64)l * n + e.j;
        double p = load(a, of_a + in_a, in) * load(b, of_b + in_b, in);
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
        out[blockIdx.x].got = load(c, at, result);
        out[blockIdx.x].dot = dots[0];
        out[blockIdx.x].sum_sq = squares[0];
    }
}

// NaN, or the poison of an integer result: every byte 0x80.
__device__ __forceinline__ int is_missing(u32 bits, int type) {
    switch (type) {
        case F16: return (bits & 0x7fffu) > 0x7c00u;
        case BF16: return (bits & 0x7fffu) > 0x7f80u;
        case F32: return (bits & 0x7fffffffu) > 0x7f800000u;
        default: return bits == 0x80808080u;
    }
}

// found[0] += how many of c[0..n] are missing; found[1] = min(found[1], index of the first of them).
extern "C" __global__ void count_missing(const void* c, u64 n, u64* found, int type) {
    const u32* words = (const u32*)c;  // c is aligned to 256 bytes
    u64 per_word = type == F16 || type == BF16 ? 2 : 1;
    u64 step = (u64)gridDim.x * blockDim.x;
    u64 count = 0, first = ~0ull;
    for (u64 w = (u64)blockIdx.x * blockDim.x + threadIdx.x; w * per_word < n; w += step) {
        // The last of an odd number of 16-bit elements must not be read with the next.
        u32 word = per_word == 2 && w * 2 + 1 == n ? ((const u16*)c)[w * 2] : words[w];
        for (u64 part = 0; part < per_word; ++part) {
            u32 bits = per_word == 2 ? (word >> (part * 16)) & 0xffffu : word;
            u64 i = w * per_word + part;
            if (i < n && is_missing(bits, type)) {
                ++count;
                if (i < first) first = i;
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
