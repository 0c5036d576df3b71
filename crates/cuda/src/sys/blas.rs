//! cuBLAS.

use super::context::Context;
use super::functions::BlasFunctions;
use super::kernels::Matrices;
use super::library::{Library, cublas_candidates};
use super::memory::Region;
use super::stream::Stream;
use cudarc::cublas::sys::{cublasGemmAlgo_t, cublasHandle_t, cublasMath_t, cublasOperation_t};
use hovera_bench::BackendError;
use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A cuBLAS handle bound to one stream.
pub(crate) struct Blas {
    functions: BlasFunctions,
    handle: cublasHandle_t,
    stream: Rc<Stream>,
    version: String,
    path: PathBuf,
}

/// Whether cuBLAS reads an operand transposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    N,
    T,
}

impl Operation {
    pub(super) fn raw(self) -> c_int {
        match self {
            Operation::N => cublasOperation_t::CUBLAS_OP_N as c_int,
            Operation::T => cublasOperation_t::CUBLAS_OP_T as c_int,
        }
    }
}

/// The shape arguments of `cublasGemmStridedBatchedEx`: a product of column-major matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BmmCall {
    /// Whether the second operand goes first, since Cᵀ = Bᵀ·Aᵀ.
    pub(crate) swapped: bool,
    pub(crate) operations: (Operation, Operation),
    pub(crate) m: u32,
    pub(crate) n: u32,
    pub(crate) k: u32,
    /// Leading dimensions of the first operand, the second, and the result.
    pub(crate) leading: (u32, u32, u32),
}

impl Blas {
    pub(crate) fn new(context: &Rc<Context>, stream: &Rc<Stream>) -> Result<Blas, BackendError> {
        let cuda = context.driver.version();
        let major = if cuda >= 13_000 { 13 } else { 12 };
        let wheel = if major == 13 { "nvidia-cublas" } else { "nvidia-cublas-cu12" };
        let folder = if major == 13 { "cu13" } else { "cublas" };
        let advice = format!(
            "cuBLAS {major} comes with the CUDA toolkit, or: pip install {wheel}, and add its folder \
             (site-packages/nvidia/{folder}/lib) to LD_LIBRARY_PATH"
        );
        // SAFETY: cuBLAS's initialisers are made for being loaded at run time.
        let library = unsafe { Library::open("cuBLAS", &cublas_candidates(cuda), &advice) }?;
        // SAFETY: the signatures are those of cublas_api.h of CUDA 12 and 13.
        let functions = unsafe { BlasFunctions::bind(&library) }?;
        let (file, path) = (library.file(), library.path().to_owned());
        library.keep();
        let mut handle = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current.
        let status = unsafe { (functions.cublasCreate_v2)(&mut handle) };
        check("cublasCreate", status).map_err(|error| {
            BackendError::Unavailable(format!(
                "{file}: {error}. The driver is for CUDA {}: is its cuBLAS {major} broken, or the GPU's memory full?",
                context.driver.cuda()
            ))
        })?;
        let mut blas = Blas { functions, handle, stream: Rc::clone(stream), version: String::new(), path };
        blas.version = format!("cuBLAS {} ({file})", blas.read_version()?);
        // SAFETY: the handle is live; the stream lives as long as `blas`, which holds it.
        let status = unsafe { (functions.cublasSetStream_v2)(handle, stream.raw.cast()) };
        check("cublasSetStream", status)?;
        let math = cublasMath_t::CUBLAS_DEFAULT_MATH as c_int;
        // SAFETY: the handle is live.
        let status = unsafe { (functions.cublasSetMathMode)(handle, math) };
        check("cublasSetMathMode", status)?;
        Ok(blas)
    }

    fn read_version(&self) -> Result<String, BackendError> {
        let mut version = 0;
        // SAFETY: it writes one int; the handle is live.
        let status = unsafe { (self.functions.cublasGetVersion_v2)(self.handle, &mut version) };
        check("cublasGetVersion", status)?;
        Ok(format!("{}.{}.{}", version / 10_000, version / 100 % 100, version % 100))
    }

    /// Version and file, `cuBLAS 13.1.0 (libcublas.so.13.1.0.3)`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The file that was loaded.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives cuBLAS memory to work in, until the next call of this.
    ///
    /// # Errors
    /// [`BackendError::Device`], what cuBLAS says.
    pub(crate) fn set_workspace(&self, workspace: Region<'_>) -> Result<(), BackendError> {
        let (address, bytes) = (workspace.address as *mut c_void, workspace.bytes as usize);
        // SAFETY: device memory of that size. It can go while the handle still has it: cuBLAS only
        // hands it to kernels, where that is a device error and not undefined behaviour of this process.
        let status = unsafe { (self.functions.cublasSetWorkspace_v2)(self.handle, address, bytes) };
        check("cublasSetWorkspace", status)
    }

    /// Queues C = A·B, as `torch.bmm` does: the library's own choice of algorithm.
    pub(crate) fn bmm(&self, call: &BmmCall, matrices: &Matrices<'_>) -> Result<(), BackendError> {
        matrices.fit()?;
        let gemm = matrices.gemm;
        let compute = matrices.arithmetic.compute;
        let (dtype, result) = (matrices.arithmetic.operand.cuda(), matrices.arithmetic.result.cuda());
        let a = (matrices.a.address as *const c_void, stride(gemm.m(), gemm.k()));
        let b = (matrices.b.address as *const c_void, stride(gemm.k(), gemm.n()));
        let (first, second) = if call.swapped { (b, a) } else { (a, b) };
        let (alpha, beta) = (compute.one(), 0u32);
        // Every size is at most i32::MAX (hovera_core::MAX_DIMENSION), so that the casts keep it.
        // SAFETY: the matrices fit their regions, which are live; alpha and beta are read before it
        // returns, since the handle's pointer mode is host, and are of the type that the compute type scales by;
        // the types are those of the header.
        let status = unsafe {
            (self.functions.cublasGemmStridedBatchedEx)(
                self.handle,
                call.operations.0.raw(),
                call.operations.1.raw(),
                call.m as c_int,
                call.n as c_int,
                call.k as c_int,
                (&raw const alpha).cast(),
                first.0,
                dtype,
                call.leading.0 as c_int,
                first.1,
                second.0,
                dtype,
                call.leading.1 as c_int,
                second.1,
                (&raw const beta).cast(),
                matrices.c.address as *mut c_void,
                result,
                call.leading.2 as c_int,
                stride(gemm.m(), gemm.n()),
                gemm.gemm_batch() as c_int,
                compute.raw(),
                cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT_TENSOR_OP as c_int,
            )
        };
        check("cublasGemmStridedBatchedEx", status)
    }
}

impl Drop for Blas {
    fn drop(&mut self) {
        self.stream.context.release(|_| {
            // SAFETY: created once and destroyed once, here, before its stream.
            unsafe { (self.functions.cublasDestroy_v2)(self.handle) };
            0
        });
    }
}

/// Elements from one product's matrix to the next's.
pub(super) fn stride(rows: u32, columns: u32) -> i64 {
    i64::from(rows) * i64::from(columns)
}

/// The status of a call of cuBLAS or cublasLt.
pub(super) fn check(call: &str, status: c_int) -> Result<(), BackendError> {
    let name = match status {
        0 => return Ok(()),
        1 => "NOT_INITIALIZED",
        3 => "ALLOC_FAILED",
        7 => "INVALID_VALUE",
        8 => "ARCH_MISMATCH",
        11 => "MAPPING_ERROR",
        13 => "EXECUTION_FAILED",
        14 => "INTERNAL_ERROR",
        15 => "NOT_SUPPORTED",
        16 => "LICENSE_ERROR",
        _ => "unknown status",
    };
    Err(BackendError::Device(format!("{call} failed with CUBLAS_STATUS_{name} ({status})")))
}
