//! A driver with GPUs that are this process: device memory is host memory, and work is done when it is
//! queued. It is compiled by the tests of `simulated.rs`, and obeys the environment:
//!
//! - `SIM_MEMORY`: bytes of device memory.
//! - `SIM_LARGEST`: bytes that an allocation gets at most, whatever is said to be free.
//! - `SIM_L2`: bytes of L2 cache.
//! - `SIM_LATE=n`: in the first n holds, the device overtakes the host.
//! - `SIM_NO_CLUSTERS`: launches in clusters are refused.
//! - `SIM_OVERTAKE=n`: the n-th time that the host asks, the device has overtaken it.
//! - `SIM_FAIL=call:n`: from the n-th call of that function on, every call fails as after an illegal
//!   address.
//! - `SIM_HANG=call:n`, `SIM_DIE=call:n`: the n-th call of that function never returns, or ends the process.
//! - `SIM_ONCE=file`: that happens in one process only, the one that makes the file.
//! - `SIM_ON=card`: that happens on this card only.
//! - `SIM_CARDS=n`: so many cards; `SIM_MODELS=a,b,...`: their names.
//! - `SIM_REAL`: the host waits for launches as long as they take.
//! - `SIM_LAUNCH_NS`: how long a library's launch takes; in a graph 10 µs less.
//! - `SIM_DISTURB_NS`: how much longer the launch right after a stamp takes.
//! - `SIM_CAPTURE=refuse`: what the libraries queue cannot be captured.
//! - `SIM_NODES=call`: that function, one of those that tell a graph's kernels, fails.
//!
//! With `--cfg no_nodes` it has no functions that tell a graph's kernels, as drivers before that of CUDA 12.3.

#![allow(non_snake_case, non_upper_case_globals, dead_code)]
use std::alloc::{Layout, alloc, dealloc};
use std::collections::BTreeMap;
use std::ffi::*;
use std::sync::Mutex;

include!("numbers.rs");
include!("launch.rs");

#[derive(Default)]
struct State {
    ns: u64,
    /// Up to when the host has waited.
    waited_ns: u64,
    /// Which card is in use.
    card: c_int,
    allocations: BTreeMap<u64, usize>,
    holds: u64,
    calls: BTreeMap<&'static str, u64>,
    broken: bool,
    live: i64,
    /// Whether the last thing queued was a stamp.
    disturbed: bool,
    capture: Option<Capture>,
    /// Graphs launched since the host last waited.
    graphs: u64,
}

// SAFETY: the tests use one thread.
unsafe impl Send for State {}

#[derive(Clone)]
enum Work {
    /// A library's: a function, and what it is called with; and its kernel.
    Library(extern "C" fn(P), usize, Launch),
    /// Another kernel of a library's call, which does nothing and takes no time; or a memset.
    Beside(Option<Launch>),
    /// A kernel of one argument, and its blocks.
    Kernel(usize, u32, u64),
    /// So many clusters that decide where the next launch begins.
    Turn(u32),
    /// Bytes from an address on that are set.
    Fill(u64, u8, usize),
}

#[derive(Default)]
struct Capture {
    work: Vec<Work>,
    /// After something that cannot be captured.
    invalid: bool,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

const ILLEGAL_ADDRESS: c_int = 700;
const CAPTURE_UNSUPPORTED: c_int = 900;
const CAPTURE_INVALIDATED: c_int = 901;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn call(name: &'static str, work: impl FnOnce(&mut State) -> c_int) -> c_int {
    let mut guard = STATE.lock().unwrap();
    let state = guard.get_or_insert_default();
    let count = state.calls.entry(name).or_default();
    *count += 1;
    let (count, card) = (*count, state.card);
    let due = |fault: &str| {
        let Ok(fault) = std::env::var(fault) else { return false };
        let (function, at) = fault.split_once(':').unwrap();
        let here = number("SIM_ON", card as u64) == card as u64;
        function == name && count >= at.parse().unwrap() && here && first_to_claim()
    };
    state.broken = state.broken || due("SIM_FAIL");
    if due("SIM_DIE") {
        eprintln!("simulated: a driver's last words");
        std::process::abort();
    }
    while due("SIM_HANG") {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    if state.broken {
        return ILLEGAL_ADDRESS;
    }
    work(state)
}

/// Whether this process may fail.
fn first_to_claim() -> bool {
    static CLAIMED: Mutex<Option<bool>> = Mutex::new(None);
    let Ok(path) = std::env::var("SIM_ONCE") else { return true };
    *CLAIMED.lock().unwrap().get_or_insert_with(|| std::fs::File::create_new(path).is_ok())
}

/// The host waits for what it has queued.
fn wait(state: &mut State) {
    if std::env::var_os("SIM_REAL").is_some() {
        std::thread::sleep(std::time::Duration::from_nanos(state.ns - state.waited_ns));
    }
    state.waited_ns = state.ns;
}

macro_rules! functions {
    ($( fn $name:ident($state:ident $(, $arg:ident : $type:ty)*) $body:block )*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($arg: $type),*) -> c_int {
            call(stringify!($name), |$state| { _ = &$state; #[allow(unused_unsafe)] unsafe { $body } })
        }
    )* };
}

type P = *mut c_void;

functions! {
    fn cuDriverGetVersion(s, v: *mut c_int) { *v = 12_040; 0 }
    fn cuInit(s, _f: c_uint) { 0 }
    fn cuDeviceGetCount(s, n: *mut c_int) { *n = number("SIM_CARDS", 1) as c_int; 0 }
    fn cuDeviceGet(s, d: *mut c_int, i: c_int) { *d = i; 0 }
    fn cuDeviceGetName(s, t: *mut c_char, _n: c_int, d: c_int) {
        let models = std::env::var("SIM_MODELS").unwrap_or_default();
        let model = models.split(',').nth(d as usize).filter(|model| !model.is_empty()).unwrap_or("Simulated GPU");
        let model = CString::new(model).unwrap();
        std::ptr::copy(model.as_ptr(), t, model.as_bytes_with_nul().len()); 0
    }
    fn cuDeviceGetAttribute(s, v: *mut c_int, a: c_int, _d: c_int) {
        *v = match a { 75 => 9, 76 => 0, 16 => 4, 38 => number("SIM_L2", 50 << 20) as c_int, 13 => 1_980_000, 36 => 2_619_000, _ => return 1 };
        0
    }
    fn cuDeviceGetUuid_v2(s, u: *mut [u8; 16], d: c_int) { *u = [7 + d as u8; 16]; 0 }
    fn cuDeviceTotalMem_v2(s, b: *mut usize, _d: c_int) { *b = number("SIM_MEMORY", 2 << 30) as usize; 0 }
    fn cuDevicePrimaryCtxRetain(s, c: *mut P, d: c_int) { s.live += 1; s.card = d; *c = 1 as P; 0 }
    fn cuDevicePrimaryCtxRelease_v2(s, _d: c_int) { s.live -= 1; println!("HOLDS {}\nLIVE {}", s.holds, s.live); 0 }
    fn cuCtxSetCurrent(s, _c: P) { 0 }
    fn cuCtxSynchronize(s) { wait(s); if s.capture.is_some() { CAPTURE_UNSUPPORTED } else { 0 } }
    fn cuMemGetInfo_v2(s, f: *mut usize, t: *mut usize) {
        let used: usize = s.allocations.values().sum();
        *t = number("SIM_MEMORY", 2 << 30) as usize;
        *f = *t - used;
        0
    }
    fn cuMemAlloc_v2(s, p: *mut u64, bytes: usize) {
        let used: usize = s.allocations.values().sum();
        let largest = number("SIM_LARGEST", u64::MAX) as usize;
        if used + bytes > number("SIM_MEMORY", 2 << 30) as usize || bytes > largest { return 2; }
        *p = alloc(Layout::from_size_align(bytes, 256).unwrap()) as u64;
        s.allocations.insert(*p, bytes);
        0
    }
    fn cuMemFree_v2(s, p: u64) {
        let bytes = s.allocations.remove(&p).unwrap();
        dealloc(p as *mut u8, Layout::from_size_align(bytes, 256).unwrap());
        0
    }
    fn cuMemcpyDtoHAsync_v2(s, to: P, from: u64, n: usize, _q: P) { within(s, from, n); std::ptr::copy(from as P, to, n); 0 }
    fn cuMemcpyHtoDAsync_v2(s, to: u64, from: P, n: usize, _q: P) { within(s, to, n); std::ptr::copy(from, to as P, n); 0 }
    fn cuMemsetD8Async(s, p: u64, byte: c_uchar, n: usize, _q: P) {
        within(s, p, n);
        match &mut s.capture {
            Some(capture) => capture.work.push(Work::Fill(p, byte, n)),
            None => std::ptr::write_bytes(p as *mut u8, byte, n),
        }
        0
    }
    fn cuStreamCreate(s, q: *mut P, _f: c_uint) { s.live += 1; *q = 2 as P; 0 }
    fn cuStreamDestroy_v2(s, _q: P) { s.live -= 1; 0 }
    fn cuStreamSynchronize(s, _q: P) {
        s.graphs = 0;
        wait(s);
        match &mut s.capture { Some(capture) => { capture.invalid = true; CAPTURE_UNSUPPORTED } None => 0 }
    }
    fn cuStreamBeginCapture_v2(s, _q: P, mode: c_int) {
        assert!(mode == 2 && s.capture.is_none());
        s.capture = Some(Capture::default());
        0
    }
    fn cuStreamEndCapture(s, _q: P, graph: *mut P) {
        let capture = s.capture.take().unwrap();
        if capture.invalid { *graph = std::ptr::null_mut(); return CAPTURE_INVALIDATED; }
        s.live += 1;
        *graph = Box::into_raw(Box::new(capture.work)).cast();
        0
    }
    fn cuGraphInstantiateWithFlags(s, executable: *mut P, graph: P, flags: c_ulonglong) {
        assert_eq!(flags, 0);
        s.live += 1;
        let work = &*(graph as *const Vec<Work>);
        println!("GRAPH of {}", work.iter().filter(|work| matches!(work, Work::Library(..))).count());
        *executable = Box::into_raw(Box::new(work.clone())).cast();
        0
    }
    fn cuGraphDestroy(s, graph: P) { s.live -= 1; drop(Box::from_raw(graph as *mut Vec<Work>)); 0 }
    fn cuGraphExecDestroy(s, graph: P) { s.live -= 1; println!("GONE"); drop(Box::from_raw(graph as *mut Vec<Work>)); 0 }
    fn cuGraphUpload(s, graph: P, _q: P) { assert!(!graph.is_null()); let _ = s.live; 0 }
    fn cuGraphLaunch(s, graph: P, _q: P) {
        s.graphs += 1;
        // The device waits for the host.
        s.ns += 7_000;
        for work in &*(graph as *const Vec<Work>) {
            match work {
                Work::Beside(_) => {}
                Work::Library(work, with, _) => {
                    s.ns += number("SIM_LAUNCH_NS", 50_048) - 10_000;
                    work(*with as P);
                }
                Work::Kernel(f, blocks, argument) => {
                    launch(s, *f, *blocks, [std::ptr::from_ref(argument).cast_mut().cast()].as_mut_ptr());
                }
                Work::Turn(clusters) => println!("TURN {clusters}"),
                Work::Fill(p, byte, n) => std::ptr::write_bytes(*p as *mut u8, *byte, *n),
            }
        }
        s.disturbed = false;
        0
    }
    fn sim_queue(s, work: extern "C" fn(P), with: P, call: *const Call) {
        if let Some(capture) = &mut s.capture {
            if std::env::var("SIM_CAPTURE").is_ok() {
                capture.invalid = true;
                return CAPTURE_UNSUPPORTED;
            }
            let Call { launch, memset, reduction } = *call;
            capture.work.extend(memset.then_some(Work::Beside(None)));
            capture.work.push(Work::Library(work, with as usize, launch));
            capture.work.extend((!reduction.name.is_null()).then_some(Work::Beside(Some(reduction))));
            return 0;
        }
        s.ns += number("SIM_LAUNCH_NS", 50_048) + if s.disturbed { number("SIM_DISTURB_NS", 0) } else { 0 };
        s.disturbed = false;
        work(with);
        0
    }
    fn cuEventCreate(s, e: *mut *mut u64, _f: c_uint) { s.live += 1; *e = Box::into_raw(Box::new(0)); 0 }
    fn cuEventDestroy_v2(s, e: *mut u64) { s.live -= 1; drop(Box::from_raw(e)); 0 }
    fn cuEventRecord(s, e: *mut u64, _q: P) { *e = s.ns; 0 }
    // A second graph cannot be queued before the first has begun.
    fn cuEventQuery(s, _e: P) {
        let overtaken = s.calls["cuEventQuery"] == number("SIM_OVERTAKE", 0);
        if overtaken || s.holds <= 1 + number("SIM_LATE", 0) || s.graphs > 1 { 0 } else { 600 }
    }
    fn cuEventSynchronize(s, _e: P) { wait(s); 0 }
    fn cuEventElapsedTime(s, ms: *mut f32, a: *mut u64, b: *mut u64) { *ms = (*b - *a) as f32 / 1e6; 0 }
    fn cuModuleLoadData(s, m: *mut P, _ptx: P) { s.live += 1; *m = 3 as P; 0 }
    fn cuModuleUnload(s, _m: P) { s.live -= 1; 0 }
    fn cuModuleGetFunction(s, f: *mut P, _m: P, name: *const c_char) {
        let name = CStr::from_ptr(name).to_str().unwrap();
        let kernels = ["fill_normal", "reference_dots", "count_missing", "hold", "stamp"];
        match kernels.iter().position(|kernel| *kernel == name) { Some(i) => { *f = (10 + i) as P; 0 } None => 500 }
    }
    fn cuLaunchKernel(
        s, f: usize, gx: c_uint, gy: c_uint, gz: c_uint, bx: c_uint, by: c_uint, bz: c_uint, shared: c_uint,
        _q: P, args: *mut P, extra: P
    ) {
        assert!((gy, gz, by, bz, shared) == (1, 1, 1, 1, 0) && gx > 0 && bx > 0 && extra.is_null());
        if let Some(capture) = &mut s.capture {
            assert!(f == 13 || f == 14, "neither hold nor stamp");
            capture.work.push(Work::Kernel(f, gx, *(*args as *const u64)));
            return 0;
        }
        launch(s, f, gx, args);
        0
    }
    fn cuLaunchKernelEx(s, config: *const Config, f: usize, args: *mut P, extra: P) {
        if std::env::var_os("SIM_NO_CLUSTERS").is_some() { return 912; }
        let config = &*config;
        let [gx, ..] = config.grid;
        let attribute = &*config.attributes;
        assert_eq!((config.grid, config.block, config.shared, config.count), ([gx, 1, 1], [1; 3], 0, 1));
        assert_eq!((attribute.id, &attribute.value[..3]), (4, [4, 1, 1].as_slice()), "not in clusters of four");
        assert!(gx % 4 == 0 && gx > 0 && extra.is_null() && f == 13, "not a hold in clusters");
        assert_eq!(*(*args as *const u64), 1000);
        match &mut s.capture {
            Some(capture) => capture.work.push(Work::Turn(gx / 4)),
            None => println!("TURN {}", gx / 4),
        }
        0
    }
}

/// `CUlaunchConfig`.
#[repr(C)]
struct Config {
    grid: [u32; 3],
    block: [u32; 3],
    shared: u32,
    queue: P,
    attributes: *const Attribute,
    count: u32,
}

/// `CUlaunchAttribute`.
#[repr(C)]
struct Attribute {
    id: c_int,
    pad: u32,
    value: [u32; 16],
}

#[cfg(not(no_nodes))]
functions! {
    fn cuGraphGetNodes(s, graph: P, nodes: *mut *const Work, count: *mut usize) {
        let work = &*(graph as *const Vec<Work>);
        if nodes.is_null() { *count = work.len(); return 0; }
        assert_eq!(*count, work.len());
        for (place, node) in work.iter().enumerate() { *nodes.add(place) = node; }
        i32::from(silent("cuGraphGetNodes"))
    }
    fn cuGraphNodeGetType(s, node: *const Work, kind: *mut c_int) {
        *kind = match &*node { Work::Beside(None) | Work::Fill(..) => 2, _ => 0 };
        i32::from(silent("cuGraphNodeGetType"))
    }
    fn cuGraphKernelNodeGetParams_v2(s, node: *const Work, params: *mut NodeParams) {
        // Functions and kernels are the launches themselves: every other is told as a kernel only.
        let Some(launch) = library_kernel(node) else { return 1 };
        let as_kernel = launch.grid[2] % 2 == 1;
        let at: *const Launch = launch;
        (*params).function = if as_kernel { std::ptr::null() } else { at };
        (*params).kernel = if as_kernel { at } else { std::ptr::null() };
        ((*params).grid, (*params).block, (*params).shared) = (launch.grid, launch.block, launch.shared);
        i32::from(silent("cuGraphKernelNodeGetParams_v2"))
    }
    fn cuGraphKernelNodeGetAttribute(s, node: *const Work, attribute: c_int, value: *mut [u32; 16]) {
        assert_eq!(attribute, 4);
        let Some(launch) = library_kernel(node) else { return 1 };
        (&mut *value)[..3].copy_from_slice(&launch.cluster);
        i32::from(silent("cuGraphKernelNodeGetAttribute"))
    }
    fn cuKernelGetFunction(s, function: *mut *const Launch, kernel: *const Launch) {
        *function = kernel;
        i32::from(silent("cuKernelGetFunction"))
    }
    fn cuFuncGetName(s, name: *mut *const c_char, function: *const Launch) {
        *name = (*function).name;
        i32::from(silent("cuFuncGetName"))
    }
    fn cuFuncGetAttribute(s, value: *mut c_int, attribute: c_int, function: *const Launch) {
        *value = match attribute { 4 => (*function).registers as c_int, 1 => 16, _ => return 1 };
        i32::from(silent("cuFuncGetAttribute"))
    }
}

/// `CUDA_KERNEL_NODE_PARAMS_v2`.
#[repr(C)]
struct NodeParams {
    function: *const Launch,
    grid: [c_uint; 3],
    block: [c_uint; 3],
    shared: c_uint,
    params: P,
    extra: P,
    kernel: *const Launch,
    context: P,
}

fn silent(call: &str) -> bool {
    std::env::var("SIM_NODES").is_ok_and(|silent| silent == call)
}

unsafe fn library_kernel<'w>(node: *const Work) -> Option<&'w Launch> {
    match unsafe { &*node } {
        Work::Library(_, _, launch) | Work::Beside(Some(launch)) => Some(launch),
        _ => None,
    }
}

// These two answer after an error too.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(status: c_int, text: *mut *const c_char) -> c_int {
    unsafe {
        *text = if status == 2 { c"CUDA_ERROR_OUT_OF_MEMORY" } else { c"CUDA_ERROR_SIMULATED" }.as_ptr()
    };
    0
}
#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(_status: c_int, text: *mut *const c_char) -> c_int {
    unsafe { *text = c"simulated".as_ptr() };
    0
}

/// Reads and writes of device memory stay within one allocation.
fn within(state: &State, start: u64, bytes: usize) {
    let (base, size) = state.allocations.range(..=start).next_back().expect("no allocation there");
    assert!(start + bytes as u64 <= base + *size as u64, "outside the allocation");
}

/// Normal numbers come again after so many, which takes a hundredth of the time of others. A prime: what is repeated at
/// several places of a power of two in bytes has other numbers at each.
const NORMAL_NUMBERS: u64 = 65_521;

unsafe fn launch(s: &mut State, f: usize, blocks: u32, args: *mut P) {
    let u64_at = |i: usize| unsafe { *(*args.add(i) as *const u64) };
    let u32_at = |i: usize| unsafe { *(*args.add(i) as *const u32) };
    match f - 10 {
        0 => {
            let (out, n, seed, stream) = (u64_at(0), u64_at(1), u64_at(2), u32_at(3));
            let element = u32_at(4) as i32;
            within(s, out, (size(element) * n) as usize);
            let mut random = seed ^ u64::from(stream + 1) << 32;
            let first = n.min(NORMAL_NUMBERS);
            for i in 0..first {
                let mut uniform = || {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    ((random >> 40) as f32 + 0.5) / (1 << 24) as f32
                };
                let (u, v) = (uniform(), uniform());
                let x = f64::from((-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos());
                let x = if element == 4 { (32.0 * x).round_ties_even().clamp(-127.0, 127.0) } else { x };
                unsafe { store(out, i, x, element) };
            }
            for done in (first..n).step_by(NORMAL_NUMBERS as usize) {
                let count = (n - done).min(NORMAL_NUMBERS) * size(element);
                let to = out + done * size(element);
                unsafe { std::ptr::copy_nonoverlapping(out as *const u8, to as *mut u8, count as usize) };
            }
        }
        1 => {
            let (a, b, c, entries, out) = (u64_at(0), u64_at(1), u64_at(2), u64_at(3), u64_at(4));
            let (m, n, k) = (u64::from(u32_at(5)), u64::from(u32_at(6)), u64::from(u32_at(7)));
            let (transposed, operand, result) = (u32_at(8), u32_at(9) as i32, u32_at(10) as i32);
            within(s, out, 24 * blocks as usize);
            for block in 0..blocks as usize {
                let [x, i, j, _] = unsafe { *(entries as *const [u32; 4]).add(block) }.map(u64::from);
                let value = |p, at| unsafe { load(p, at, operand) };
                let terms = (0..k).map(|l| {
                    let in_a = if transposed & 2 != 0 { l * m + i } else { i * k + l };
                    let in_b = if transposed & 1 != 0 { j * k + l } else { l * n + j };
                    value(a, x * m * k + in_a) * value(b, x * k * n + in_b)
                });
                let terms: Vec<f64> = terms.collect();
                let got = unsafe { load(c, (x * m + i) * n + j, result) };
                let found = [got, terms.iter().sum(), terms.iter().map(|p| p * p).sum()];
                unsafe { *(out as *mut [f64; 3]).add(block) = found };
            }
        }
        2 => {
            let (c, n, found, element) = (u64_at(0), u64_at(1), u64_at(2), u32_at(3) as i32);
            within(s, c, (size(element) * n) as usize);
            let poison = f64::from(i32::from_ne_bytes([0x80; 4]));
            let is_missing = |x: f64| if element == 5 { x == poison } else { x.is_nan() };
            for i in (0..n).filter(|i| is_missing(unsafe { load(c, *i, element) })) {
                let found = unsafe { &mut *(found as *mut [u64; 2]) };
                *found = [found[0] + 1, found[1].min(i)];
            }
        }
        3 => s.holds += 1,
        4 => {
            s.ns += 5_024;
            s.disturbed = true;
            within(s, u64_at(0), 24 * blocks as usize);
            for block in 0..blocks as usize {
                // Half a cycle more than a nanosecond: 1500 MHz.
                unsafe { *(u64_at(0) as *mut [u64; 3]).add(block) = [block as u64, s.ns * 3 / 2, s.ns] };
            }
        }
        _ => unreachable!(),
    }
}
