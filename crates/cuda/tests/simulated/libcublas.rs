//! A cuBLAS for the simulated driver. `SIM_BLAS=row` leaves out the last row, `SIM_BLAS=half` half of the
//! sum, `SIM_BLAS=refuse` fails.

#![allow(non_snake_case, dead_code)]
use std::ffi::*;

include!("numbers.rs");
include!("launch.rs");
include!("gemm.rs");

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

type P = *mut c_void;

static WORKSPACE: AtomicU64 = AtomicU64::new(0);

/// Of even and of odd pages of 4 KiB.
static PRODUCTS_BY_PAGE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Which kernel it runs: by the alignment of the rows, as on an H100. `--cfg upgraded` has another tile for Hopper.
fn call(rows: [u32; 3], [m, n, batch]: [u32; 3]) -> Call {
    let align = rows.iter().map(|row| row.trailing_zeros()).min().unwrap();
    let grid = |tile_m: u32, tile_n: u32| [m.div_ceil(tile_m), n.div_ceil(tile_n), batch];
    let launch = match align {
        0 => Launch {
            name: c"_ZN7cutlass7Kernel2I55cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1EEvNT_6ParamsE".as_ptr(),
            grid: grid(256, 128),
            block: [256, 1, 1],
            cluster: [0; 3],
            shared: 49_152,
            registers: 229,
        },
        1 | 2 => Launch {
            name: c"_ZN7cutlass7Kernel2I61cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2EEvNT_6ParamsE".as_ptr(),
            grid: grid(256, 128),
            block: [256, 1, 1],
            cluster: [0; 3],
            shared: 73_728,
            registers: 213,
        },
        // Persistent: a block for each SM.
        _ => Launch {
            name: match cfg!(upgraded) {
                true => c"nvjet_sm90_hsh_256x128_64x4_2x1_v_bz_coopA_NNN",
                false => c"nvjet_sm90_hsh_192x192_64x3_2x1_v_bz_coopB_NNN",
            }
            .as_ptr(),
            grid: [4, 1, 1],
            block: [384, 1, 1],
            cluster: [2, 1, 1],
            shared: 200_000,
            registers: 168,
        },
    };
    Call { launch, memset: align > 2, reduction: NO_LAUNCH }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasCreate_v2(handle: *mut P) -> c_int {
    unsafe { *handle = 5 as P };
    0
}
#[unsafe(no_mangle)]
extern "C" fn cublasDestroy_v2(_: P) -> c_int {
    println!("CUBLAS destroyed");
    let [even, odd] = PRODUCTS_BY_PAGE.each_ref().map(|products| products.load(Relaxed));
    println!("PRODUCTS by the page of their workspace: {even} {odd}");
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGetVersion_v2(_: P, version: *mut c_int) -> c_int {
    unsafe { *version = if cfg!(upgraded) { 120_500 } else { 120_403 } };
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGetProperty(which: c_int, value: *mut c_int) -> c_int {
    let version = if cfg!(upgraded) { [12, 5, 0] } else { [12, 4, 3] };
    unsafe { *value = version[which as usize] };
    0
}
#[unsafe(no_mangle)]
extern "C" fn cublasSetStream_v2(_: P, _: P) -> c_int {
    0
}
#[unsafe(no_mangle)]
extern "C" fn cublasSetMathMode(_: P, mode: c_int) -> c_int {
    assert_eq!(mode, 0);
    0
}
#[unsafe(no_mangle)]
extern "C" fn cublasSetWorkspace_v2(_: P, address: u64, bytes: usize) -> c_int {
    assert!(address % 256 == 0 && bytes == 32 << 20);
    WORKSPACE.store(address, Relaxed);
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGemmStridedBatchedEx(
    _: P,
    opa: c_int,
    opb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: *const u32,
    a: u64,
    ta: c_int,
    lda: c_int,
    sa: c_longlong,
    b: u64,
    tb: c_int,
    ldb: c_int,
    sb: c_longlong,
    beta: *const u32,
    c: u64,
    tc: c_int,
    ldc: c_int,
    sc: c_longlong,
    batch: c_int,
    compute: c_int,
    algo: c_int,
) -> c_int {
    let mode = std::env::var("SIM_BLAS").unwrap_or_default();
    let legal = lda >= if opa == 0 { m } else { k } && ldb >= if opb == 0 { k } else { n } && ldc >= m;
    if !legal || mode == "refuse" {
        return 7;
    }
    // CUDA_R_16F, _16BF, _32F with CUBLAS_COMPUTE_32F or _32F_FAST_TF32; CUDA_R_8I and _32I with _32I.
    let integer = compute == 72;
    match (ta, tc, compute) {
        (2, 2, 68) | (14, 14, 68) | (0, 0, 68 | 77) => {}
        (3, 10, 72) if opa == 1 && opb == 0 && lda % 4 == 0 && ldb % 4 == 0 => {}
        _ => return 15,
    }
    // CUBLAS_GEMM_DEFAULT_TENSOR_OP.
    assert!(ta == tb && algo == 99);
    assert_eq!(unsafe { (*alpha, *beta) }, (if integer { 1 } else { 1f32.to_bits() }, 0));
    let operand = |at, op, leading: c_int, stride| Operand {
        at,
        transposed: op == 1,
        leading: leading.into(),
        stride,
    };
    let product = Product {
        sizes: [m, n, k].map(|size| size as usize),
        batch: batch.into(),
        a: operand(a, opa, lda, sa),
        b: operand(b, opb, ldb, sb),
        c: operand(c, 0, ldc, sc),
        operand: element(ta),
        result: element(tc),
        tf32: compute == 77,
        mistake: match mode.as_str() {
            "row" => Mistake::Row,
            "half" => Mistake::Half,
            _ => Mistake::None,
        },
    };
    let page = WORKSPACE.load(Relaxed) / 4096 % 2;
    PRODUCTS_BY_PAGE[page as usize].fetch_add(1, Relaxed);
    product.queue(call([&lda, &ldb, &ldc].map(|leading| *leading as u32), [m, n, batch].map(|size| size as u32)))
}

/// One product has no strides.
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGemmEx(
    handle: P,
    opa: c_int,
    opb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: *const u32,
    a: u64,
    ta: c_int,
    lda: c_int,
    b: u64,
    tb: c_int,
    ldb: c_int,
    beta: *const u32,
    c: u64,
    tc: c_int,
    ldc: c_int,
    compute: c_int,
    algo: c_int,
) -> c_int {
    unsafe {
        cublasGemmStridedBatchedEx(
            handle, opa, opb, m, n, k, alpha, a, ta, lda, 0, b, tb, ldb, 0, beta, c, tc, ldc, 0, 1, compute, algo,
        )
    }
}
