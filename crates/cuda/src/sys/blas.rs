//! cuBLAS.

use super::context::Context;
use super::functions::BlasFunctions;
use super::kept::InContext;
use super::library::{Library, cublas_candidates, named_cublas};
use super::matrices::Matrices;
use super::memory::{Memory, Region};
use super::stream::Stream;
use cudarc::cublas::sys::{cublasGemmAlgo_t, cublasHandle_t, cublasMath_t};
use hovera_bench::BackendError;
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A cuBLAS handle, which works in one stream. It owns that, and the memory that it works in.
struct BlasHandle {
    functions: BlasFunctions,
    raw: cublasHandle_t,
    stream: Rc<Stream>,
    workspace: RefCell<Option<Rc<Memory>>>,
}

impl InContext for BlasHandle {
    fn context(&self) -> &Rc<Context> {
        &self.stream.context
    }
}

impl Drop for BlasHandle {
    fn drop(&mut self) {
        self.stream.context.release_when_idle(|_| {
            // SAFETY: created once and destroyed once, here, before its stream and its workspace; graphs own it, and
            // no other work is left.
            unsafe { (self.functions.cublasDestroy_v2)(self.raw) };
            0
        });
    }
}

impl BlasHandle {
    fn version(&self) -> Result<String, BackendError> {
        let mut version = 0;
        // SAFETY: it writes one int; the handle is live.
        let status = unsafe { (self.functions.cublasGetVersion_v2)(self.raw, &mut version) };
        check("cublasGetVersion", status)?;
        Ok(format!("{}.{}.{}", version / 10_000, version / 100 % 100, version % 100))
    }

    /// Sets the stream, and with it "unconditionally resets the cuBLAS library workspace back to the default
    /// workspace pool" (cuBLAS's documentation of `cublasSetStream`).
    fn work_in_its_stream(&self) -> Result<(), BackendError> {
        // SAFETY: the handle is live; it owns the stream.
        let status = unsafe { (self.functions.cublasSetStream_v2)(self.raw, self.stream.raw.cast()) };
        check("cublasSetStream", status)
    }
}

/// What opening cuBLAS needs to know of the driver.
struct Wanted {
    /// Of CUDA.
    major: i32,
    advice: String,
}

impl Wanted {
    fn of(cuda: i32) -> Wanted {
        let major = if cuda >= 13_000 { 13 } else { 12 };
        let wheel = if major == 13 { "nvidia-cublas" } else { "nvidia-cublas-cu12" };
        let folder = if major == 13 { "cu13" } else { "cublas" };
        let advice = format!(
            "cuBLAS {major} comes with the CUDA toolkit, or: pip install {wheel}, and add its folder \
             (site-packages/nvidia/{folder}/lib) to LD_LIBRARY_PATH"
        );
        Wanted { major, advice }
    }
}

/// The cuBLAS that would be used, `cuBLAS 13.1.0 (libcublas.so.13)`, for a driver of this version of CUDA. It is loaded, and
/// nothing of it started.
///
/// # Errors
/// [`BackendError::Unavailable`], naming what was tried.
pub(crate) fn find_cublas(cuda: i32) -> Result<String, BackendError> {
    // SAFETY: cuBLAS's initialisers are made for being loaded at run time.
    let library = unsafe { Library::open("cuBLAS", &cublas_candidates(cuda), &Wanted::of(cuda).advice) }?;
    // SAFETY: the signature is that of cublas_api.h of CUDA 12 and 13, with its enumeration as an int.
    let property: unsafe extern "C" fn(c_int, *mut c_int) -> c_int =
        unsafe { library.function("cublasGetProperty") }?;
    // Major, minor and patch level: libraryPropertyType of library_types.h.
    let mut version = [0; 3];
    for (which, value) in (0..).zip(&mut version) {
        // SAFETY: it writes one int, and needs no handle.
        check("cublasGetProperty", unsafe { property(which, value) })?;
    }
    let [major, minor, patch] = version;
    let file = library.file();
    // Its end would run the library's own clean-up, which a process that goes on must not.
    library.keep();
    Ok(format!("cuBLAS {major}.{minor}.{patch} ({file})"))
}

/// cuBLAS, working in one stream.
pub(crate) struct Blas {
    handle: Rc<BlasHandle>,
    version: String,
    path: PathBuf,
}

impl Blas {
    /// Opens `named`, a file or the folder that it lies in, or else the first cuBLAS that is found.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], naming what was tried.
    pub(crate) fn open(stream: &Rc<Stream>, named: Option<&Path>) -> Result<Blas, BackendError> {
        let context = &stream.context;
        let cuda = context.driver.version();
        let Wanted { major, advice } = Wanted::of(cuda);
        let candidates = match named {
            Some(path) => named_cublas(path, cuda),
            None => cublas_candidates(cuda),
        };
        // SAFETY: cuBLAS's initialisers are made for being loaded at run time.
        let library = unsafe { Library::open("cuBLAS", &candidates, &advice) }?;
        // SAFETY: the signatures are those of cublas_api.h of CUDA 12 and 13.
        let functions = unsafe { BlasFunctions::bind(&library) }?;
        let (file, path) = (library.file(), library.path().to_owned());
        library.keep();
        context.make_current()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current.
        let status = unsafe { (functions.cublasCreate_v2)(&mut raw) };
        check("cublasCreate", status).map_err(|error| {
            BackendError::Unavailable(format!(
                "{file}: {error}. The driver is for CUDA {}: is its cuBLAS {major} broken, or the GPU's memory full?",
                context.driver.cuda()
            ))
        })?;
        let workspace = RefCell::new(None);
        let handle = Rc::new(BlasHandle { functions, raw, stream: Rc::clone(stream), workspace });
        let version = format!("cuBLAS {} ({file})", handle.version()?);
        handle.work_in_its_stream()?;
        let math = cublasMath_t::CUBLAS_DEFAULT_MATH as c_int;
        // SAFETY: the handle is live.
        let status = unsafe { (functions.cublasSetMathMode)(raw, math) };
        check("cublasSetMathMode", status)?;
        Ok(Blas { handle, version, path })
    }

    /// Version and file, `cuBLAS 13.1.0 (libcublas.so.13.1.0.3)`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The file that was loaded.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives cuBLAS memory to work in, which it then owns a share of, until the next call of this or of
    /// [`Blas::leave_workspace`].
    ///
    /// # Errors
    /// [`BackendError::Device`], what cuBLAS says.
    pub(crate) fn set_workspace(&self, workspace: Region<'_>) -> Result<(), BackendError> {
        let handle = &self.handle;
        handle.stream.uses(workspace.memory())?;
        let (address, bytes) = (workspace.address as *mut c_void, workspace.bytes as usize);
        // SAFETY: device memory of that size, which the handle owns from here on.
        let status = unsafe { (handle.functions.cublasSetWorkspace_v2)(handle.raw, address, bytes) };
        check("cublasSetWorkspace", status)?;
        *handle.workspace.borrow_mut() = Some(Rc::clone(workspace.memory()));
        Ok(())
    }

    /// Lets go of the memory that cuBLAS was given.
    ///
    /// # Errors
    /// [`BackendError::Device`], what cuBLAS says.
    pub(crate) fn leave_workspace(&self) -> Result<(), BackendError> {
        self.handle.work_in_its_stream()?;
        *self.handle.workspace.borrow_mut() = None;
        Ok(())
    }

    /// Queues C = A·B, as `torch.bmm` does, or, for one product, as `torch.mm` and `torch.nn.functional.linear` do: the
    /// library's own choice of algorithm.
    pub(crate) fn bmm(&self, matrices: &Matrices<'_>) -> Result<(), BackendError> {
        let handle = &self.handle;
        handle.stream.uses(handle)?;
        if let Some(workspace) = &*handle.workspace.borrow() {
            handle.stream.uses(workspace)?;
        }
        matrices.regions().iter().try_for_each(|region| handle.stream.uses(region.memory()))?;
        let (call, arithmetic) = (matrices.call(), matrices.arithmetic());
        let (first, second) = matrices.operands();
        let (dtype, result) = (arithmetic.operand.cuda(), arithmetic.result.cuda());
        let (alpha, beta) = (arithmetic.compute.one(), 0u32);
        // Every size is at most i32::MAX (hovera_core::MAX_DIMENSION), so that the casts keep it.
        let algorithm = cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT_TENSOR_OP as c_int;
        if call.batch == 1 {
            // SAFETY: as below, without strides, which one product does not have.
            let status = unsafe {
                (handle.functions.cublasGemmEx)(
                    handle.raw,
                    call.operations.0.raw(),
                    call.operations.1.raw(),
                    call.m as c_int,
                    call.n as c_int,
                    call.k as c_int,
                    (&raw const alpha).cast(),
                    first.address as *const c_void,
                    dtype,
                    call.leading.0 as c_int,
                    second.address as *const c_void,
                    dtype,
                    call.leading.1 as c_int,
                    (&raw const beta).cast(),
                    matrices.c().address as *mut c_void,
                    result,
                    call.leading.2 as c_int,
                    arithmetic.compute.raw(),
                    algorithm,
                )
            };
            return check("cublasGemmEx", status);
        }
        // SAFETY: the call reads and writes the matrices and nothing else; these fit their regions, which are live,
        // and are aligned; alpha and beta are read before it returns, since the handle's pointer mode is host, and
        // are of the type that the compute type scales by; the types are those of the header.
        let status = unsafe {
            (handle.functions.cublasGemmStridedBatchedEx)(
                handle.raw,
                call.operations.0.raw(),
                call.operations.1.raw(),
                call.m as c_int,
                call.n as c_int,
                call.k as c_int,
                (&raw const alpha).cast(),
                first.address as *const c_void,
                dtype,
                call.leading.0 as c_int,
                call.strides.0,
                second.address as *const c_void,
                dtype,
                call.leading.1 as c_int,
                call.strides.1,
                (&raw const beta).cast(),
                matrices.c().address as *mut c_void,
                result,
                call.leading.2 as c_int,
                call.strides.2,
                call.batch as c_int,
                arithmetic.compute.raw(),
                algorithm,
            )
        };
        check("cublasGemmStridedBatchedEx", status)
    }
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
