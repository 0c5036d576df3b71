//! hovera's own kernels: `kernels/kernels.cu`, compiled to PTX ahead of time.

use super::context::Context;
use super::element::Element;
use super::kept::InContext;
use super::matrices::Matrices;
use super::memory::Region;
use super::stream::Stream;
use bytemuck::{Pod, Zeroable};
use cudarc::driver::sys::{
    CUfunction, CUlaunchAttribute, CUlaunchAttributeID, CUlaunchAttributeValue, CUlaunchConfig, CUmodule,
};
use hovera_bench::BackendError;
use std::ffi::{CStr, c_void};
use std::rc::Rc;

const PTX: &CStr =
    match CStr::from_bytes_with_nul(concat!(include_str!("../../kernels/kernels.ptx"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("kernels.ptx has a NUL in it"),
    };

const THREADS: u32 = 256;

/// Blocks of a cluster. All of them run on one GPC.
const CLUSTER: u32 = 4;

/// So many clusters go ahead of launches, in turn, to vary their first GPC ([`Kernels::vary_first_gpc`]), and for so many ns they
/// run. The launches behind them begin at three to five of eight GPCs on four H200s, most often, and at five on an H100 where the L2 is
/// not filled ahead (`crates/cuda/tests/gpcs`). One to five clusters reached three there.
const AHEAD: [u32; 5] = [1, 2, 4, 6, 8];
const AHEAD_NS: u64 = 1000;

/// A result entry to check.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
pub(crate) struct Reference {
    pub(crate) got: f64,
    pub(crate) dot: f64,
    /// Sum of squares of the dot product's terms.
    pub(crate) sum_sq: f64,
}

/// One SM's cycle counter and the device's timer, read together.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Stamp {
    pub(crate) sm: u64,
    pub(crate) clock: u64,
    pub(crate) ns: u64,
}

/// Entries of a result that are NaN or still poison.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Missing {
    pub(crate) count: u64,
    pub(crate) first: u64,
}

/// Code that was loaded onto the device. It stays there until its last owner goes, and no work is left.
struct Module {
    context: Rc<Context>,
    raw: CUmodule,
}

impl Module {
    fn load(context: &Rc<Context>) -> Result<Rc<Module>, BackendError> {
        context.make_current()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the PTX ends with NUL; the context is current.
        let status = unsafe { (context.driver.functions.cuModuleLoadData)(&mut raw, PTX.as_ptr().cast()) };
        context.check("cuModuleLoadData (hovera's kernels)", status)?;
        Ok(Rc::new(Module { context: Rc::clone(context), raw }))
    }

    fn function(&self, name: &CStr) -> Result<CUfunction, BackendError> {
        let mut function = std::ptr::null_mut();
        let get = self.context.driver.functions.cuModuleGetFunction;
        // SAFETY: it writes one pointer; module and name live.
        let status = unsafe { get(&mut function, self.raw, name.as_ptr()) };
        self.context.check("cuModuleGetFunction", status)?;
        Ok(function)
    }
}

impl InContext for Module {
    fn context(&self) -> &Rc<Context> {
        &self.context
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.context.release_when_idle(|driver| {
            // SAFETY: loaded once and unloaded once, here; graphs with its functions own it, and no other launch is
            // left.
            unsafe { (driver.functions.cuModuleUnload)(self.raw) }
        });
    }
}

/// The loaded kernels.
pub(crate) struct Kernels {
    module: Rc<Module>,
    fill_normal: CUfunction,
    reference_dots: CUfunction,
    count_missing: CUfunction,
    hold: CUfunction,
    stamp: CUfunction,
    sm_count: u32,
    has_clusters: bool,
}

impl Kernels {
    pub(crate) fn load(
        context: &Rc<Context>,
        sm_count: u32,
        has_clusters: bool,
    ) -> Result<Kernels, BackendError> {
        let module = Module::load(context)?;
        Ok(Kernels {
            fill_normal: module.function(c"fill_normal")?,
            reference_dots: module.function(c"reference_dots")?,
            count_missing: module.function(c"count_missing")?,
            hold: module.function(c"hold")?,
            stamp: module.function(c"stamp")?,
            module,
            sm_count,
            has_clusters,
        })
    }

    /// Finds out whether clusters can be launched, and does without where they cannot. A device that broke says so at the next call.
    pub(crate) fn try_clusters(&mut self, stream: &Stream) {
        self.has_clusters = self.vary_first_gpc(stream, 0).is_ok();
    }

    /// # Safety
    /// `arguments` must point to one value of the right type for each parameter of the kernel, and the
    /// kernel must stay within `regions`.
    unsafe fn launch(
        &self,
        stream: &Stream,
        function: CUfunction,
        (blocks, threads): (u32, u32),
        regions: &[Region<'_>],
        arguments: &mut [*mut c_void],
    ) -> Result<(), BackendError> {
        stream.uses(&self.module)?;
        regions.iter().try_for_each(|region| stream.uses(region.memory()))?;
        let context = &self.module.context;
        let launch = context.driver.functions.cuLaunchKernel;
        let (arguments, none) = (arguments.as_mut_ptr(), std::ptr::null_mut());
        // SAFETY: the caller vouches for the arguments; the driver copies them before it returns.
        let status = unsafe { launch(function, blocks, 1, 1, threads, 1, 1, 0, stream.raw, arguments, none) };
        context.check("cuLaunchKernel", status)
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
        out.is_aligned_to("what is filled", element.size().into())?;
        let count = out.bytes / u64::from(element.size());
        let code = element.code();
        let mut arguments =
            [pointer(&out.address), pointer(&count), pointer(&seed), pointer(&stream_id), pointer(&code)];
        // SAFETY: (void*, u64, u64, u32, int); `count` elements fit in the region, which is aligned to them.
        unsafe { self.launch(stream, self.fill_normal, self.grid(), &[out], &mut arguments) }
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
        let gemm = matrices.gemm();
        let inside =
            |entry: &Entry| entry.batch < gemm.gemm_batch() && entry.i < gemm.m() && entry.j < gemm.n();
        if let Some(entry) = entries.iter().find(|entry| !inside(entry)) {
            return Err(BackendError::Device(format!("{entry:?} is not in a result of {gemm:?}")));
        }
        out.has_room_for::<Reference>("reference values", entries.len() as u64)?;
        entries_at.has_room_for::<Entry>("entries to check", entries.len() as u64)?;
        // The kernel reads its entry from the device: it must still be the one that was looked at here.
        entries_at.is_apart_from("entries to check and reference values", &out)?;
        stream.write(entries_at, entries)?;
        let (m, n, k) = (gemm.m(), gemm.n(), gemm.k());
        let layout = matrices.layout();
        let transposed = i32::from(layout.transposes_b()) | i32::from(layout.transposes_a()) << 1;
        let arithmetic = matrices.arithmetic();
        let (operand, result) = (arithmetic.operand.code(), arithmetic.result.code());
        let [a, b, c] = matrices.regions();
        let mut arguments = [
            pointer(&a.address),
            pointer(&b.address),
            pointer(&c.address),
            pointer(&entries_at.address),
            pointer(&out.address),
            pointer(&m),
            pointer(&n),
            pointer(&k),
            pointer(&transposed),
            pointer(&operand),
            pointer(&result),
        ];
        let grid = (entries.len() as u32, THREADS);
        // SAFETY: (void*, void*, void*, Entry*, Reference*, u32, u32, u32, int, int, int); the matrices fit, the
        // entries lie inside them, and there is room for one Reference each.
        unsafe { self.launch(stream, self.reference_dots, grid, &[a, b, c, entries_at, out], &mut arguments) }
    }

    /// Adds what is missing of `c` to the [`Missing`] at `found`. `c` starts at a multiple of 4 bytes.
    pub(crate) fn count_missing(
        &self,
        stream: &Stream,
        c: Region<'_>,
        element: Element,
        found: Region<'_>,
    ) -> Result<(), BackendError> {
        found.has_room_for::<Missing>("missing entries", 1)?;
        c.is_aligned_to("the result", 4)?;
        if element.size() == 1 {
            return Err(BackendError::Device(format!("no {element:?} has a poison")));
        }
        let count = c.bytes / u64::from(element.size());
        let code = element.code();
        let mut arguments = [pointer(&c.address), pointer(&count), pointer(&found.address), pointer(&code)];
        // SAFETY: (void*, u64, u64*, int); `count` elements fit in the region, two u64 in `found`.
        unsafe { self.launch(stream, self.count_missing, self.grid(), &[c, found], &mut arguments) }
    }

    /// Keeps the stream busy for so many nanoseconds.
    pub(crate) fn hold(&self, stream: &Stream, ns: u64) -> Result<(), BackendError> {
        let mut arguments = [pointer(&ns)];
        // SAFETY: (u64); it touches no memory.
        unsafe { self.launch(stream, self.hold, (1, 1), &[], &mut arguments) }
    }

    /// Lets the launches behind it begin at another GPC (graphics processing cluster, of up to 18 SMs) than behind the number
    /// before. Where the first cluster of a launch goes, and with it all others, follows from the launches before; without this the same
    /// GPC can be the first in a whole process. The time of some products depends on it, by up to 27 %. Nothing happens where
    /// clusters cannot be launched.
    pub(crate) fn vary_first_gpc(&self, stream: &Stream, number: u64) -> Result<(), BackendError> {
        if !self.has_clusters {
            return Ok(());
        }
        let clusters = AHEAD[(number % AHEAD.len() as u64) as usize];
        stream.uses(&self.module)?;
        let mut value = CUlaunchAttributeValue { pad: [0; 64] };
        (value.clusterDim.x, value.clusterDim.y, value.clusterDim.z) = (CLUSTER, 1, 1);
        let id = CUlaunchAttributeID::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
        let mut in_clusters = CUlaunchAttribute { id, pad: [0; 4], value };
        let config = CUlaunchConfig {
            gridDimX: CLUSTER * clusters,
            gridDimY: 1,
            gridDimZ: 1,
            blockDimX: 1,
            blockDimY: 1,
            blockDimZ: 1,
            sharedMemBytes: 0,
            hStream: stream.raw,
            attrs: &mut in_clusters,
            numAttrs: 1,
        };
        let mut arguments = [pointer(&AHEAD_NS)];
        let context = &self.module.context;
        let launch = context.driver.functions.cuLaunchKernelEx;
        // SAFETY: (u64); it touches no memory; the driver copies configuration and arguments before it returns.
        let status = unsafe { launch(&config, self.hold, arguments.as_mut_ptr(), std::ptr::null_mut()) };
        context.check("cuLaunchKernelEx", status)
    }

    /// How many [`Stamp`]s one call of [`Kernels::stamp`] leaves: a block for each SM.
    pub(crate) fn stamps(&self) -> u32 {
        self.sm_count
    }

    /// Leaves a [`Stamp`] from each block.
    pub(crate) fn stamp(&self, stream: &Stream, out: Region<'_>) -> Result<(), BackendError> {
        out.has_room_for::<Stamp>("stamps", self.stamps().into())?;
        let mut arguments = [pointer(&out.address)];
        // SAFETY: (Stamp*); each block writes one Stamp, and there is room for all.
        unsafe { self.launch(stream, self.stamp, (self.stamps(), 1), &[out], &mut arguments) }
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
