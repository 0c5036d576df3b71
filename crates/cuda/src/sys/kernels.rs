//! hovera's own kernels: `kernels/kernels.cu`, compiled to PTX ahead of time.

use super::context::Context;
use super::element::{Arithmetic, Element};
use super::memory::{Plain, Region};
use super::stream::Stream;
use cudarc::driver::sys::{CUfunction, CUmodule};
use hovera_bench::BackendError;
use hovera_core::Gemm;
use std::ffi::{CStr, c_void};
use std::rc::Rc;

const PTX: &CStr =
    match CStr::from_bytes_with_nul(concat!(include_str!("../../kernels/kernels.ptx"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("kernels.ptx has a NUL in it"),
    };

const THREADS: u32 = 256;

/// A result entry to check.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) batch: u32,
    pub(crate) i: u32,
    pub(crate) j: u32,
    pad: u32,
}

impl Entry {
    pub(crate) fn new(batch: u32, i: u32, j: u32) -> Entry {
        Entry { batch, i, j, pad: 0 }
    }
}

/// What C holds at an entry, and what it should.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Reference {
    pub(crate) got: f64,
    pub(crate) dot: f64,
    /// Sum of squares of the dot product's terms.
    pub(crate) sum_sq: f64,
}

/// One SM's cycle counter and the device's timer, read together.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) sm: u64,
    pub(crate) clock: u64,
    pub(crate) ns: u64,
}

/// Entries of a result that are NaN or still poison.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) count: u64,
    pub(crate) first: u64,
}

// SAFETY: four u32: no padding, every bit pattern a value.
unsafe impl Plain for Entry {}
// SAFETY: three f64: no padding, every bit pattern a value.
unsafe impl Plain for Reference {}
// SAFETY: three u64: no padding, every bit pattern a value.
unsafe impl Plain for Stamp {}
// SAFETY: two u64: no padding, every bit pattern a value.
unsafe impl Plain for Missing {}

/// The operands and the result of a batched GEMM.
#[derive(Clone, Copy)]
pub(crate) struct Matrices<'m> {
    pub(crate) gemm: Gemm,
    pub(crate) arithmetic: Arithmetic,
    /// Whether B is stored n×k.
    pub(crate) b_transposed: bool,
    pub(crate) a: Region<'m>,
    pub(crate) b: Region<'m>,
    pub(crate) c: Region<'m>,
}

impl Matrices<'_> {
    /// # Errors
    /// [`BackendError::Device`] when a region is too small for the shape.
    pub(super) fn fit(&self) -> Result<(), BackendError> {
        let len = |elements: u128| u64::try_from(elements).unwrap_or(u64::MAX);
        let (operand, result) = (self.arithmetic.operand.size(), self.arithmetic.result.size());
        self.a.holds("A", len(self.gemm.a_len()), operand as usize)?;
        self.b.holds("B", len(self.gemm.b_len()), operand as usize)?;
        self.c.holds("C", len(self.gemm.c_len()), result as usize)
    }
}

/// The loaded kernels.
pub(crate) struct Kernels {
    context: Rc<Context>,
    module: CUmodule,
    fill_normal: CUfunction,
    reference_dots: CUfunction,
    count_missing: CUfunction,
    hold: CUfunction,
    stamp: CUfunction,
    sm_count: u32,
}

impl Kernels {
    pub(crate) fn load(context: &Rc<Context>, sm_count: u32) -> Result<Kernels, BackendError> {
        let functions = &context.driver.functions;
        let mut module = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the PTX ends with NUL; the context is current.
        let status = unsafe { (functions.cuModuleLoadData)(&mut module, PTX.as_ptr().cast()) };
        context.check("cuModuleLoadData (hovera's kernels)", status)?;
        let mut kernels = Kernels {
            context: Rc::clone(context),
            module,
            fill_normal: std::ptr::null_mut(),
            reference_dots: std::ptr::null_mut(),
            count_missing: std::ptr::null_mut(),
            hold: std::ptr::null_mut(),
            stamp: std::ptr::null_mut(),
            sm_count,
        };
        kernels.fill_normal = kernels.function(c"fill_normal")?;
        kernels.reference_dots = kernels.function(c"reference_dots")?;
        kernels.count_missing = kernels.function(c"count_missing")?;
        kernels.hold = kernels.function(c"hold")?;
        kernels.stamp = kernels.function(c"stamp")?;
        Ok(kernels)
    }

    fn function(&self, name: &CStr) -> Result<CUfunction, BackendError> {
        let mut function = std::ptr::null_mut();
        let get = self.context.driver.functions.cuModuleGetFunction;
        // SAFETY: it writes one pointer; module and name live.
        let status = unsafe { get(&mut function, self.module, name.as_ptr()) };
        self.context.check("cuModuleGetFunction", status)?;
        Ok(function)
    }

    /// # Safety
    /// `arguments` must point to one value of the right type for each parameter of the kernel, and the
    /// kernel must stay within the memory they name.
    unsafe fn launch(
        &self,
        stream: &Stream,
        function: CUfunction,
        (blocks, threads): (u32, u32),
        arguments: &mut [*mut c_void],
    ) -> Result<(), BackendError> {
        let launch = self.context.driver.functions.cuLaunchKernel;
        let (arguments, none) = (arguments.as_mut_ptr(), std::ptr::null_mut());
        // SAFETY: the caller vouches for the arguments; the driver copies them before it returns.
        let status = unsafe { launch(function, blocks, 1, 1, threads, 1, 1, 0, stream.raw, arguments, none) };
        self.context.check("cuLaunchKernel", status)
    }

    fn grid(&self) -> (u32, u32) {
        (self.sm_count * 8, THREADS)
    }

    /// Fills the region with standard normal numbers, rounded to nearest: `stream_id` picks one of the
    /// seed's streams. int8 gets them times 32, rounded and clipped to -127..127.
    pub(crate) fn fill_normal(
        &self,
        stream: &Stream,
        out: Region<'_>,
        element: Element,
        seed: u64,
        stream_id: u32,
    ) -> Result<(), BackendError> {
        let count = out.bytes / u64::from(element.size());
        let code = element.code();
        let mut arguments =
            [pointer(&out.address), pointer(&count), pointer(&seed), pointer(&stream_id), pointer(&code)];
        // SAFETY: (void*, u64, u64, u32, int), and `count` elements fit in the region.
        unsafe { self.launch(stream, self.fill_normal, self.grid(), &mut arguments) }
    }

    /// Computes what the entries should be. Entries beyond the shape are refused.
    pub(crate) fn reference_dots(
        &self,
        stream: &Stream,
        matrices: &Matrices<'_>,
        entries: &[Entry],
        entries_at: Region<'_>,
        out: Region<'_>,
    ) -> Result<(), BackendError> {
        matrices.fit()?;
        let gemm = matrices.gemm;
        let inside =
            |entry: &Entry| entry.batch < gemm.gemm_batch() && entry.i < gemm.m() && entry.j < gemm.n();
        if let Some(entry) = entries.iter().find(|entry| !inside(entry)) {
            return Err(BackendError::Device(format!("{entry:?} is not in a result of {gemm:?}")));
        }
        out.holds("reference values", entries.len() as u64, size_of::<Reference>())?;
        stream.write(entries_at, entries)?;
        let (m, n, k) = (gemm.m(), gemm.n(), gemm.k());
        let nt = i32::from(matrices.b_transposed);
        let (operand, result) = (matrices.arithmetic.operand.code(), matrices.arithmetic.result.code());
        let mut arguments = [
            pointer(&matrices.a.address),
            pointer(&matrices.b.address),
            pointer(&matrices.c.address),
            pointer(&entries_at.address),
            pointer(&out.address),
            pointer(&m),
            pointer(&n),
            pointer(&k),
            pointer(&nt),
            pointer(&operand),
            pointer(&result),
        ];
        let grid = (entries.len() as u32, THREADS);
        // SAFETY: (void*, void*, void*, Entry*, Reference*, u32, u32, u32, int, int, int); the matrices fit, the
        // entries lie inside them, and there is room for one Reference each.
        unsafe { self.launch(stream, self.reference_dots, grid, &mut arguments) }
    }

    /// Adds what is missing of `c` to the [`Missing`] at `found`. `c` starts at a multiple of 4 bytes.
    pub(crate) fn count_missing(
        &self,
        stream: &Stream,
        c: Region<'_>,
        element: Element,
        found: Region<'_>,
    ) -> Result<(), BackendError> {
        found.holds("missing entries", 1, size_of::<Missing>())?;
        if !c.address.is_multiple_of(4) || element.size() == 1 {
            return Err(BackendError::Device(format!("the result, {element:?}, is not aligned to 4 bytes")));
        }
        let count = c.bytes / u64::from(element.size());
        let code = element.code();
        let mut arguments = [pointer(&c.address), pointer(&count), pointer(&found.address), pointer(&code)];
        // SAFETY: (void*, u64, u64*, int); `count` elements fit in the region, two u64 in `found`.
        unsafe { self.launch(stream, self.count_missing, self.grid(), &mut arguments) }
    }

    /// Keeps the stream busy for so many nanoseconds.
    pub(crate) fn hold(&self, stream: &Stream, ns: u64) -> Result<(), BackendError> {
        let mut arguments = [pointer(&ns)];
        // SAFETY: (u64); it touches no memory.
        unsafe { self.launch(stream, self.hold, (1, 1), &mut arguments) }
    }

    /// How many [`Stamp`]s one call of [`Kernels::stamp`] leaves: a block for each SM.
    pub(crate) fn stamps(&self) -> u32 {
        self.sm_count
    }

    /// Leaves a [`Stamp`] from each block.
    pub(crate) fn stamp(&self, stream: &Stream, out: Region<'_>) -> Result<(), BackendError> {
        out.holds("stamps", self.stamps().into(), size_of::<Stamp>())?;
        let mut arguments = [pointer(&out.address)];
        // SAFETY: (Stamp*); each block writes one Stamp, and there is room for all.
        unsafe { self.launch(stream, self.stamp, (self.stamps(), 1), &mut arguments) }
    }
}

impl Drop for Kernels {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: loaded once and unloaded once, here; no launch can follow.
            unsafe { (driver.functions.cuModuleUnload)(self.module) }
        });
    }
}

fn pointer<T>(value: &T) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}

#[cfg(test)]
mod tests {
    use super::PTX;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_ptx_was_built_from_the_source_beside_it() {
        let source = Sha256::digest(include_bytes!("../../kernels/kernels.cu"));
        let hex: String = source.iter().map(|byte| format!("{byte:02x}")).collect();
        let ptx = PTX.to_str().unwrap();
        assert!(
            ptx.starts_with(&format!("// kernels.cu sha256 {hex}\n")),
            "kernels.cu changed: run crates/cuda/kernels/build_ptx.py"
        );
    }

    #[test]
    fn the_ptx_runs_on_every_driver_and_card_that_is_supported() {
        let ptx = PTX.to_str().unwrap();
        assert!(ptx.contains("\n.version 8.0\n"), "PTX ISA 8.0 is what CUDA 12.0 drivers know");
        assert!(ptx.contains("\n.target sm_70\n"));
    }
}
