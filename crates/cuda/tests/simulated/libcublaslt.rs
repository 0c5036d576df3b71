//! A cublasLt for the simulated driver. What its heuristic offers depends on the workspace limit, overlaps
//! from limit to limit, and holds one entry that is not usable. `SIM_LT=none` offers nothing, `SIM_LT=row`
//! makes the last candidate leave out the last row.

#![allow(non_snake_case, dead_code)]
use std::collections::BTreeMap;
use std::ffi::*;

include!("numbers.rs");
include!("launch.rs");
include!("gemm.rs");

type P = *mut c_void;

/// Any descriptor: what it was created with, and what was set since.
#[derive(Default)]
struct Descriptor {
    created: Vec<i64>,
    set: BTreeMap<c_int, u64>,
}

unsafe fn of<'a>(raw: P) -> &'a mut Descriptor {
    unsafe { &mut *(raw as *mut Descriptor) }
}

unsafe fn create(to: *mut P, created: Vec<i64>) -> c_int {
    unsafe { *to = Box::into_raw(Box::new(Descriptor { created, ..Descriptor::default() })).cast() };
    LIVE.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    0
}

static LIVE: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

unsafe fn destroy(raw: P) -> c_int {
    drop(unsafe { Box::from_raw(raw as *mut Descriptor) });
    LIVE.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    0
}

/// Attributes and their sizes; anything else is refused, as the library does.
unsafe fn set(raw: P, attribute: c_int, value: *const u8, size: usize, known: &[(c_int, usize)]) -> c_int {
    if !known.contains(&(attribute, size)) {
        return 7;
    }
    let mut bytes = [0; 8];
    unsafe { std::ptr::copy(value, bytes.as_mut_ptr(), size) };
    unsafe { of(raw) }.set.insert(attribute, u64::from_le_bytes(bytes));
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtCreate(handle: *mut P) -> c_int {
    unsafe { create(handle, vec![]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtDestroy(handle: P) -> c_int {
    unsafe { destroy(handle) };
    println!("CUBLASLT destroyed, LIVE {}", LIVE.load(std::sync::atomic::Ordering::SeqCst));
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulDescCreate(to: *mut P, compute: c_int, scale: c_int) -> c_int {
    unsafe { create(to, vec![compute.into(), scale.into()]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulDescDestroy(raw: P) -> c_int {
    unsafe { destroy(raw) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulDescSetAttribute(raw: P, at: c_int, value: *const u8, size: usize) -> c_int {
    unsafe { set(raw, at, value, size, &[(3, 4), (4, 4), (17, 8), (18, 8)]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatrixLayoutCreate(to: *mut P, t: c_int, rows: u64, cols: u64, ld: i64) -> c_int {
    unsafe { create(to, vec![t.into(), rows as i64, cols as i64, ld]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatrixLayoutDestroy(raw: P) -> c_int {
    unsafe { destroy(raw) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatrixLayoutSetAttribute(raw: P, at: c_int, value: *const u8, size: usize) -> c_int {
    unsafe { set(raw, at, value, size, &[(5, 4), (6, 8)]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulPreferenceCreate(to: *mut P) -> c_int {
    unsafe { create(to, vec![]) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulPreferenceDestroy(raw: P) -> c_int {
    unsafe { destroy(raw) }
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulPreferenceSetAttribute(raw: P, at: c_int, value: *const u8, size: usize) -> c_int {
    unsafe { set(raw, at, value, size, &[(1, 8), (5, 4), (6, 4), (7, 4), (8, 4)]) }
}

#[repr(C)]
struct HeuristicResult {
    algo: [u64; 8],
    workspace: usize,
    state: c_int,
    waves: f32,
    reserved: [c_int; 4],
}

/// Settings in the order of their attributes: id, tile, split-K, reduction, swizzle, custom option, stages,
/// inner shape, cluster; and the workspace in bytes.
const ALGORITHMS: [([u64; 9], usize); 6] = [
    ([66, 23, 1, 0, 0, 0, 36, 0, 3], 0),
    ([66, 23, 1, 0, 0, 5, 36, 0, 3], 0),
    ([66, 20, 2, 2, 1, 0, 36, 0, 2], 1 << 20),
    ([21, 15, 1, 0, 0, 0, 14, 4, 0], 0),
    ([66, 24, 8, 2, 0, 0, 36, 0, 5], 30 << 20),
    ([99, 60_000, 1, 0, 0, 0, 0, 0, 1], 0),
];

/// Which the heuristic offers below a limit, best first. 3 is offered every time.
fn offered(limit: u64) -> &'static [usize] {
    match limit {
        0..1_048_576 => &[3, 0, 5],
        1_048_576..31_457_280 => &[2, 3, 1, 0],
        _ => &[0, 4, 3, 2],
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulAlgoGetHeuristic(
    _: P,
    product: P,
    a: P,
    b: P,
    c: P,
    d: P,
    preference: P,
    asked: c_int,
    results: *mut HeuristicResult,
    found: *mut c_int,
) -> c_int {
    let (product, a, b, c, d, preference) =
        unsafe { (of(product), of(a), of(b), of(c), of(d), of(preference)) };
    assert!([5, 6, 7, 8].iter().all(|alignment| preference.set[alignment] == 256));
    assert!(c.created == d.created && [&a, &b, &c].iter().all(|matrix| matrix.set[&5] == a.set[&5]));
    let (t, k_major) = (a.created[0], product.set[&3] == 1 && product.set[&4] == 0);
    let rows = [a, b].map(|matrix| matrix.created[3]);
    let multiple_of = |multiple| rows.iter().all(|row| row % multiple == 0);
    // e4m3 and int8.
    if (t == 28 && !(k_major && multiple_of(16))) || (t == 3 && !(k_major && multiple_of(4))) {
        return 15;
    }
    if std::env::var("SIM_LT").is_ok_and(|mode| mode == "none") {
        unsafe { *found = 0 };
        return 15;
    }
    // The second result cannot be used.
    let mut offers: Vec<(usize, c_int)> =
        offered(preference.set[&1]).iter().map(|index| (*index, 0)).collect();
    offers.insert(1, (5, 15));
    offers.truncate(asked as usize);
    for (place, (index, state)) in offers.iter().enumerate() {
        let (_, workspace) = ALGORITHMS[*index];
        let algo = std::array::from_fn(|word| if word == 0 { *index as u64 } else { 7 });
        let result = HeuristicResult { algo, workspace, state: *state, waves: 1.5, reserved: [0; 4] };
        unsafe { results.add(place).write(result) };
    }
    unsafe { *found = offers.len() as c_int };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmulAlgoConfigGetAttribute(
    algo: *const [u64; 8],
    attribute: c_int,
    value: *mut u8,
    size: usize,
    written: *mut usize,
) -> c_int {
    let Some(setting) = ALGORITHMS[unsafe { (*algo)[0] } as usize].0.get(attribute as usize) else { return 7 };
    let full = if attribute >= 7 { 2 } else { 4 };
    unsafe { *written = full };
    if size == 0 {
        return 0;
    }
    if size < full {
        return 7;
    }
    unsafe { std::ptr::copy(setting.to_le_bytes().as_ptr(), value, full) };
    0
}

/// Every algorithm has a kernel of its own, and one more where it cuts the reduction into parts. The last has a name
/// that nobody knows.
fn call(index: usize) -> Call {
    const NAMES: [&CStr; 6] = [
        c"nvjet_sm90_hsh_128x256_64x4_2x1_v_bz_coopA_NNN",
        c"nvjet_sm90_hsh_128x256_64x4_2x1_v_bz_coopB_NNN",
        c"sm80_xmma_gemm_f16f16_f16f32_f32_nn_n_tilesize128x128x32_stage4_warpsize2x2x1_tensor16x8x16_kernel",
        c"ampere_fp16_s16816gemm_fp16_64x64_ldg8_f2f_stages_64x5_nn",
        c"nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_splitK_NNN",
        c"gemm_of_tomorrow",
    ];
    let launch = Launch {
        name: NAMES[index].as_ptr(),
        grid: [4, 1, 1],
        block: [384, 1, 1],
        cluster: if index == 4 { [1, 2, 1] } else { [0; 3] },
        shared: 200_000,
        registers: 128 + index as u32,
    };
    let sum = c"_ZN8cublasLt19splitKreduce_kernelILi32ELi16EffffEEvT_";
    let cuts = ALGORITHMS[index].0[2] > 1;
    let reduction = if cuts { Launch { name: sum.as_ptr(), registers: 32, ..launch } } else { NO_LAUNCH };
    Call { launch, memset: index == 0, reduction }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cublasLtMatmul(
    _: P,
    product: P,
    alpha: *const u32,
    a: u64,
    at: P,
    b: u64,
    bt: P,
    beta: *const u32,
    c: u64,
    ct: P,
    d: u64,
    _: P,
    algo: *const [u64; 8],
    workspace: u64,
    workspace_bytes: usize,
    _: P,
) -> c_int {
    let (product, at, bt, ct) = unsafe { (of(product), of(at), of(bt), of(ct)) };
    let index = unsafe { (*algo)[0] } as usize;
    assert!(workspace % 256 == 0 && (ALGORITHMS[index].1..=32 << 20).contains(&workspace_bytes) && c == d);
    let (compute, scale) = (product.created[0], product.created[1]);
    let (t, result) = (at.created[0] as c_int, ct.created[0] as c_int);
    match (t, result, compute, scale) {
        (2, 2, 68, 0) | (14, 14, 68, 0) | (0, 0, 68 | 77, 0) | (3, 10, 72, 10) => {}
        (28, 14, 68, 0) => {
            let scales = [17, 18].map(|pointer| unsafe { *(product.set[&pointer] as *const f32) });
            assert_eq!(scales, [1.0, 1.0]);
        }
        _ => return 15,
    }
    assert_eq!(unsafe { (*alpha, *beta) }, (if scale == 10 { 1 } else { 1f32.to_bits() }, 0));
    let operand = |start, layout: &Descriptor, transposed| Operand {
        at: start,
        transposed,
        leading: layout.created[3],
        stride: layout.set[&6] as i64,
    };
    let depth = if product.set[&3] == 1 { at.created[1] } else { at.created[2] };
    let broken = std::env::var("SIM_LT").is_ok_and(|mode| mode == "row") && index == 5;
    Product {
        sizes: [ct.created[1], ct.created[2], depth].map(|size| size as usize),
        batch: ct.set[&5] as i64,
        a: operand(a, at, product.set[&3] == 1),
        b: operand(b, bt, product.set[&4] == 1),
        c: operand(d, ct, false),
        operand: element(t),
        result: element(result),
        tf32: compute == 77,
        mistake: if broken { Mistake::Row } else { Mistake::None },
    }
    .queue(call(index))
}
