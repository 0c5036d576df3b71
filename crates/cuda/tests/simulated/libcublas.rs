//! A cuBLAS for the simulated driver. `SIM_BLAS=row` leaves out the last row, `SIM_BLAS=half` half of the
//! sum, `SIM_BLAS=refuse` fails.

#![allow(non_snake_case)]
use std::ffi::*;

include!("half.rs");

type P = *mut c_void;

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasCreate_v2(handle: *mut P) -> c_int {
    unsafe { *handle = 5 as P };
    0
}
#[unsafe(no_mangle)]
extern "C" fn cublasDestroy_v2(_: P) -> c_int {
    println!("CUBLAS destroyed");
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGetVersion_v2(_: P, version: *mut c_int) -> c_int {
    unsafe { *version = 120_403 };
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
    alpha: *const f32,
    a: *const u16,
    ta: c_int,
    lda: c_int,
    sa: c_longlong,
    b: *const u16,
    tb: c_int,
    ldb: c_int,
    sb: c_longlong,
    beta: *const f32,
    c: *mut u16,
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
    assert_eq!(unsafe { (*alpha, *beta) }, (1.0, 0.0));
    // CUDA_R_16F or CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT_TENSOR_OP.
    assert!(ta == tb && tb == tc && [2, 14].contains(&ta) && compute == 68 && algo == 99);
    let bf16 = ta == 14;
    let [m, n, k, lda, ldb, ldc] = [m, n, k, lda, ldb, ldc].map(|x| x as usize);
    let at = |p: *const u16, op: c_int, ld: usize, row: usize, column: usize| {
        let index = if op == 0 { column * ld + row } else { row * ld + column };
        widen(unsafe { *p.add(index) }, bf16)
    };
    let (columns, depth) = (if mode == "row" { n - 1 } else { n }, if mode == "half" { k / 2 } else { k });
    for x in 0..batch as i64 {
        let (a, b) = unsafe { (a.offset((x * sa) as isize), b.offset((x * sb) as isize)) };
        let c = unsafe { c.offset((x * sc) as isize) };
        for i in 0..m {
            for j in 0..columns {
                let sum: f32 = (0..depth).map(|l| at(a, opa, lda, i, l) * at(b, opb, ldb, l, j)).sum();
                unsafe { *c.add(j * ldc + i) = narrow(sum, bf16) };
            }
        }
    }
    0
}
