//! A cuBLAS in front of the real one, `BROKEN_CUBLAS_REAL`, that breaks a launch: product number
//! `BROKEN_CUBLAS_AT` of the process, from 1, writes to where the device has no memory. Only one process does it,
//! the one that creates the file `BROKEN_CUBLAS_ONCE`.

#![allow(non_snake_case)]
use std::env::var;
use std::ffi::*;
use std::fs::File;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

type P = *mut c_void;
const RTLD_NOW: c_int = 2;
const NOWHERE: u64 = 0x1000;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> P;
    fn dlsym(library: P, name: *const c_char) -> P;
}

/// The address of a function of the real library.
fn real(name: &CStr) -> P {
    static LIBRARY: OnceLock<usize> = OnceLock::new();
    let library = *LIBRARY.get_or_init(|| {
        let file = CString::new(var("BROKEN_CUBLAS_REAL").expect("BROKEN_CUBLAS_REAL")).unwrap();
        unsafe { dlopen(file.as_ptr(), RTLD_NOW) as usize }
    });
    assert!(library != 0, "BROKEN_CUBLAS_REAL does not load");
    let function = unsafe { dlsym(library as P, name.as_ptr()) };
    assert!(!function.is_null(), "{name:?} is not in BROKEN_CUBLAS_REAL");
    function
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> c_int {
            let name = CString::new(stringify!($name)).unwrap();
            type Function = unsafe extern "C" fn($($type),*) -> c_int;
            unsafe { std::mem::transmute::<P, Function>(real(&name))($($argument),*) }
        }
    )*};
}

forward! {
    cublasCreate_v2(handle: *mut P);
    cublasDestroy_v2(handle: P);
    cublasGetVersion_v2(handle: P, version: *mut c_int);
    cublasSetStream_v2(handle: P, stream: P);
    cublasSetMathMode(handle: P, mode: c_int);
    cublasSetWorkspace_v2(handle: P, address: u64, bytes: usize);
}

/// Whether this product is the one.
fn is_to_break() -> bool {
    static PRODUCTS: AtomicU64 = AtomicU64::new(0);
    let product = 1 + PRODUCTS.fetch_add(1, Ordering::Relaxed);
    let at = var("BROKEN_CUBLAS_AT").expect("BROKEN_CUBLAS_AT");
    let once = || File::create_new(var("BROKEN_CUBLAS_ONCE").expect("BROKEN_CUBLAS_ONCE")).is_ok();
    at.parse() == Ok(product) && once()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGemmStridedBatchedEx(
    handle: P,
    opa: c_int,
    opb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: P,
    a: u64,
    ta: c_int,
    lda: c_int,
    sa: c_longlong,
    b: u64,
    tb: c_int,
    ldb: c_int,
    sb: c_longlong,
    beta: P,
    c: u64,
    tc: c_int,
    ldc: c_int,
    sc: c_longlong,
    count: c_int,
    compute: c_int,
    algo: c_int,
) -> c_int {
    type Function = unsafe extern "C" fn(
        P,
        c_int,
        c_int,
        c_int,
        c_int,
        c_int,
        P,
        u64,
        c_int,
        c_int,
        c_longlong,
        u64,
        c_int,
        c_int,
        c_longlong,
        P,
        u64,
        c_int,
        c_int,
        c_longlong,
        c_int,
        c_int,
        c_int,
    ) -> c_int;
    let c = if is_to_break() { NOWHERE } else { c };
    let product = real(c"cublasGemmStridedBatchedEx");
    unsafe {
        std::mem::transmute::<P, Function>(product)(
            handle, opa, opb, m, n, k, alpha, a, ta, lda, sa, b, tb, ldb, sb, beta, c, tc, ldc, sc, count,
            compute, algo,
        )
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasGemmEx(
    handle: P,
    opa: c_int,
    opb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: P,
    a: u64,
    ta: c_int,
    lda: c_int,
    b: u64,
    tb: c_int,
    ldb: c_int,
    beta: P,
    c: u64,
    tc: c_int,
    ldc: c_int,
    compute: c_int,
    algo: c_int,
) -> c_int {
    type Function = unsafe extern "C" fn(
        P,
        c_int,
        c_int,
        c_int,
        c_int,
        c_int,
        P,
        u64,
        c_int,
        c_int,
        u64,
        c_int,
        c_int,
        P,
        u64,
        c_int,
        c_int,
        c_int,
        c_int,
    ) -> c_int;
    let c = if is_to_break() { NOWHERE } else { c };
    let product = real(c"cublasGemmEx");
    unsafe {
        std::mem::transmute::<P, Function>(product)(
            handle, opa, opb, m, n, k, alpha, a, ta, lda, b, tb, ldb, beta, c, tc, ldc, compute, algo,
        )
    }
}
