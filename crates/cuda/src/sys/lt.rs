//! cublasLt: what it would run, and running that.

use super::blas::check;
use super::context::Context;
use super::element::Element;
use super::functions::{Algorithm, HeuristicResult, LtFunctions, Opaque};
use super::kept::InContext;
use super::library::{Library, cublaslt_candidates};
use super::matrices::{Matrices, ProductKind};
use super::memory::{Memory, Region};
use super::stream::Stream;
use super::torch_bmm::Operation;
use bytemuck::NoUninit;
use cudarc::cublaslt::sys::{
    cublasLtMatmulAlgoConfigAttributes_t as Config, cublasLtMatmulDescAttributes_t as Desc,
    cublasLtMatmulPreferenceAttributes_t as Preference, cublasLtMatrixLayoutAttribute_t as Layout,
};
use hovera_bench::BackendError;
use std::ffi::{c_int, c_void};
use std::path::Path;
use std::rc::Rc;

/// `CUBLAS_STATUS_NOT_SUPPORTED`: what the heuristic says when it knows nothing for a product.
const NOT_SUPPORTED: c_int = 15;

/// The strictest alignment that cublasLt asks for, and the one that it takes for granted if not told.
const ALIGNMENT: u32 = 256;

/// A cublasLt handle.
pub(crate) struct Lt {
    functions: LtFunctions,
    context: Rc<Context>,
    handle: Opaque,
}

impl Lt {
    /// Opens the cublasLt that cuBLAS works with.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], naming what was tried or what is missing.
    pub(crate) fn open(context: &Rc<Context>, cublas: &Path) -> Result<Rc<Lt>, BackendError> {
        let advice = "cublasLt comes with cuBLAS, in a file of its own beside it";
        // SAFETY: cublasLt's initialisers are made for being loaded at run time.
        let library = unsafe { Library::open("cublasLt", &cublaslt_candidates(cublas), advice) }?;
        // SAFETY: the signatures are those of cublasLt.h of CUDA 12 and 13.
        let functions = unsafe { LtFunctions::bind(&library) }?;
        library.keep();
        context.make_current()?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current.
        let status = unsafe { (functions.cublasLtCreate)(&mut handle) };
        check("cublasLtCreate", status)?;
        Ok(Rc::new(Lt { functions, context: Rc::clone(context), handle }))
    }
}

impl InContext for Lt {
    fn context(&self) -> &Rc<Context> {
        &self.context
    }
}

impl Drop for Lt {
    fn drop(&mut self) {
        self.context.release_when_idle(|_| {
            // SAFETY: created once and destroyed once, here; products and graphs own it, and no other work is left.
            unsafe { (self.functions.cublasLtDestroy)(self.handle) };
            0
        });
    }
}

/// One of cublasLt's descriptors: the product, a matrix, or a preference.
struct Descriptor {
    raw: Opaque,
    destroy: unsafe extern "C" fn(Opaque) -> c_int,
    set: unsafe extern "C" fn(Opaque, c_int, *const c_void, usize) -> c_int,
}

impl Descriptor {
    fn product(lt: &Lt, matrices: &Matrices<'_>) -> Result<Descriptor, BackendError> {
        let (functions, compute) = (&lt.functions, matrices.arithmetic().compute);
        let (destroy, set) = (functions.cublasLtMatmulDescDestroy, functions.cublasLtMatmulDescSetAttribute);
        let mut raw = std::ptr::null_mut();
        let scale = compute.scale().cuda();
        // SAFETY: it writes one pointer.
        let status = unsafe { (functions.cublasLtMatmulDescCreate)(&mut raw, compute.raw(), scale) };
        check("cublasLtMatmulDescCreate", status)?;
        Ok(Descriptor { raw, destroy, set })
    }

    /// A batch of column-major matrices.
    fn matrix(
        lt: &Lt,
        element: Element,
        (rows, columns): (u32, u32),
        leading: u32,
        stride: i64,
        batch: u32,
    ) -> Result<Descriptor, BackendError> {
        let functions = &lt.functions;
        let (destroy, set) =
            (functions.cublasLtMatrixLayoutDestroy, functions.cublasLtMatrixLayoutSetAttribute);
        let mut raw = std::ptr::null_mut();
        let create = functions.cublasLtMatrixLayoutCreate;
        // SAFETY: it writes one pointer.
        let status = unsafe { create(&mut raw, element.cuda(), rows.into(), columns.into(), leading.into()) };
        check("cublasLtMatrixLayoutCreate", status)?;
        let descriptor = Descriptor { raw, destroy, set };
        // Every size is at most i32::MAX (hovera_core::MAX_DIMENSION), so that the cast keeps it.
        descriptor.set(Layout::CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT as c_int, &(batch as c_int))?;
        descriptor.set(Layout::CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET as c_int, &stride)?;
        Ok(descriptor)
    }

    fn preference(lt: &Lt) -> Result<Descriptor, BackendError> {
        let functions = &lt.functions;
        let (destroy, set) =
            (functions.cublasLtMatmulPreferenceDestroy, functions.cublasLtMatmulPreferenceSetAttribute);
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer.
        let status = unsafe { (functions.cublasLtMatmulPreferenceCreate)(&mut raw) };
        check("cublasLtMatmulPreferenceCreate", status)?;
        Ok(Descriptor { raw, destroy, set })
    }

    fn set<T: NoUninit>(&self, attribute: c_int, value: &T) -> Result<(), BackendError> {
        let at = std::ptr::from_ref(value).cast();
        // SAFETY: the descriptor lives; the value is copied before it returns, and a size that is not the
        // attribute's is refused.
        let status = unsafe { (self.set)(self.raw, attribute, at, size_of::<T>()) };
        check(&format!("cublasLt: setting attribute {attribute}"), status)
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: created once and destroyed once, here. It is host memory: a broken device does not matter.
        unsafe { (self.destroy)(self.raw) };
    }
}

/// What there is to set about an algorithm, as the library numbers it; `None` where this library does
/// not have the setting. Equal settings are the same kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlgorithmConfig {
    pub(crate) id: Option<u64>,
    pub(crate) tile: Option<u64>,
    pub(crate) stages: Option<u64>,
    pub(crate) split_k: Option<u64>,
    pub(crate) reduction: Option<u64>,
    pub(crate) swizzle: Option<u64>,
    pub(crate) custom: Option<u64>,
    pub(crate) inner_shape: Option<u64>,
    pub(crate) cluster: Option<u64>,
}

impl AlgorithmConfig {
    fn read(lt: &Lt, algorithm: &Algorithm) -> AlgorithmConfig {
        let read = |attribute: Config| {
            let get = lt.functions.cublasLtMatmulAlgoConfigGetAttribute;
            let (attribute, mut size) = (attribute as c_int, 0);
            // SAFETY: with no room for a value, it writes the size of one.
            let status = unsafe { get(algorithm, attribute, std::ptr::null_mut(), 0, &mut size) };
            let mut value = 0u64;
            if status != 0 || size == 0 || size > size_of_val(&value) {
                return None;
            }
            // SAFETY: it writes at most `size` bytes, which the value has. They are its low ones: all
            // machines with CUDA are little-endian.
            let status = unsafe { get(algorithm, attribute, (&raw mut value).cast(), size, &mut size) };
            (status == 0).then_some(value)
        };
        AlgorithmConfig {
            id: read(Config::CUBLASLT_ALGO_CONFIG_ID),
            tile: read(Config::CUBLASLT_ALGO_CONFIG_TILE_ID),
            stages: read(Config::CUBLASLT_ALGO_CONFIG_STAGES_ID),
            split_k: read(Config::CUBLASLT_ALGO_CONFIG_SPLITK_NUM),
            reduction: read(Config::CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME),
            swizzle: read(Config::CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING),
            custom: read(Config::CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION),
            inner_shape: read(Config::CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID),
            cluster: read(Config::CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID),
        }
    }
}

/// A batched product as cublasLt sees it. It owns what its descriptors point at.
pub(crate) struct LtProduct {
    kind: ProductKind,
    product: Descriptor,
    first: Descriptor,
    second: Descriptor,
    result: Descriptor,
    /// That the product's descriptor points into, if it is one of fp8.
    scale: Option<Rc<Memory>>,
    lt: Rc<Lt>,
}

/// One way to compute a product, and no other than that product.
#[derive(Clone)]
pub(crate) struct Candidate {
    product: Rc<LtProduct>,
    algorithm: Algorithm,
    /// What the addresses of A, B and C are multiples of at the least.
    alignments: [u32; 3],
    pub(crate) config: AlgorithmConfig,
    pub(crate) workspace_bytes: u64,
    pub(crate) waves: f32,
}

impl LtProduct {
    /// `unit_scale` holds the f32 by which fp8 operands are multiplied: 1.
    pub(crate) fn new(
        lt: &Rc<Lt>,
        matrices: &Matrices<'_>,
        unit_scale: Region<'_>,
    ) -> Result<Rc<LtProduct>, BackendError> {
        let (call, arithmetic) = (matrices.call(), matrices.arithmetic());
        let product = Descriptor::product(lt, matrices)?;
        product.set(Desc::CUBLASLT_MATMUL_DESC_TRANSA as c_int, &call.operations.0.raw())?;
        product.set(Desc::CUBLASLT_MATMUL_DESC_TRANSB as c_int, &call.operations.1.raw())?;
        let is_scaled = arithmetic.operand == Element::E4m3;
        if is_scaled {
            unit_scale.has_room_for::<f32>("scale", 1)?;
            product.set(Desc::CUBLASLT_MATMUL_DESC_A_SCALE_POINTER as c_int, &unit_scale.address)?;
            product.set(Desc::CUBLASLT_MATMUL_DESC_B_SCALE_POINTER as c_int, &unit_scale.address)?;
        }
        let stored = |rows: u32, columns: u32, operation| match operation {
            Operation::N => (rows, columns),
            Operation::T => (columns, rows),
        };
        let matrix = |element, shape, leading, stride| {
            Descriptor::matrix(lt, element, shape, leading, stride, call.batch)
        };
        let (operand, leading, strides) = (arithmetic.operand, call.leading, call.strides);
        let (first, second) =
            (stored(call.m, call.k, call.operations.0), stored(call.k, call.n, call.operations.1));
        Ok(Rc::new(LtProduct {
            kind: matrices.kind(),
            product,
            first: matrix(operand, first, leading.0, strides.0)?,
            second: matrix(operand, second, leading.1, strides.1)?,
            result: matrix(arithmetic.result, (call.m, call.n), leading.2, strides.2)?,
            scale: is_scaled.then(|| Rc::clone(unit_scale.memory())),
            lt: Rc::clone(lt),
        }))
    }

    /// What the heuristic offers for matrices that lie as these do, its best guess first: at most
    /// `count`, each with at most so much workspace. Nothing when it has nothing to offer.
    ///
    /// # Errors
    /// [`BackendError::Device`], what cublasLt says, or for matrices of another product.
    pub(crate) fn candidates(
        self: &Rc<LtProduct>,
        matrices: &Matrices<'_>,
        workspace_limit: u64,
        count: u32,
    ) -> Result<Vec<Candidate>, BackendError> {
        self.is_of(matrices)?;
        let preference = Descriptor::preference(&self.lt)?;
        let limit = Preference::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES as c_int;
        preference.set(limit, &(workspace_limit as usize))?;
        let (first, second) = matrices.operands();
        for (attribute, region) in [
            (Preference::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, first),
            (Preference::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, second),
            (Preference::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, matrices.c()),
            (Preference::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, matrices.c()),
        ] {
            preference.set(attribute as c_int, &alignment(region))?;
        }
        let mut results = vec![HeuristicResult::default(); count as usize];
        let mut found = 0;
        let heuristic = self.lt.functions.cublasLtMatmulAlgoGetHeuristic;
        // SAFETY: all descriptors live; it writes at most `count` results, and how many it wrote.
        let status = unsafe {
            heuristic(
                self.lt.handle,
                self.product.raw,
                self.first.raw,
                self.second.raw,
                self.result.raw,
                self.result.raw,
                preference.raw,
                count as c_int,
                results.as_mut_ptr(),
                &mut found,
            )
        };
        if status == NOT_SUPPORTED {
            return Ok(Vec::new());
        }
        check("cublasLtMatmulAlgoGetHeuristic", status)?;
        results.truncate(usize::try_from(found).unwrap_or(0));
        let usable = results.iter().filter(|result| result.status == 0);
        Ok(usable
            .map(|result| Candidate {
                product: Rc::clone(self),
                algorithm: result.algorithm,
                alignments: matrices.regions().map(alignment),
                config: AlgorithmConfig::read(&self.lt, &result.algorithm),
                workspace_bytes: result.workspace_bytes as u64,
                waves: result.waves,
            })
            .collect())
    }

    /// # Errors
    /// [`BackendError::Device`] when they are not of this product's shape, type and layout.
    fn is_of(&self, matrices: &Matrices<'_>) -> Result<(), BackendError> {
        match matrices.kind() == self.kind {
            true => Ok(()),
            false => Err(BackendError::Device(format!(
                "matrices of {:?} for a product of {:?}",
                matrices.kind(),
                self.kind
            ))),
        }
    }
}

impl Candidate {
    /// Queues C = A·B, computed in this way.
    ///
    /// # Errors
    /// [`BackendError::Device`], what cublasLt says, or for matrices of another product or less aligned than those
    /// that the candidate was found for, or too small a workspace.
    pub(crate) fn launch(
        &self,
        stream: &Stream,
        matrices: &Matrices<'_>,
        workspace: Region<'_>,
    ) -> Result<(), BackendError> {
        let LtProduct { product, first: first_layout, second: second_layout, result, scale, lt, .. } =
            &*self.product;
        self.product.is_of(matrices)?;
        for (region, needed) in matrices.regions().iter().zip(self.alignments) {
            region.is_aligned_to("a matrix of cublasLt", needed.into())?;
        }
        workspace.holds("the algorithm's workspace", self.workspace_bytes, 1)?;
        // "Must be 256B aligned": cublasLt's documentation of `cublasLtMatmul`.
        workspace.is_aligned_to("the algorithm's workspace", ALIGNMENT.into())?;
        for region in matrices.regions().iter().chain([&workspace]) {
            stream.uses(region.memory())?;
        }
        if let Some(scale) = scale {
            stream.uses(scale)?;
        }
        stream.uses(lt)?;
        let (first, second) = matrices.operands();
        let (alpha, beta) = (matrices.arithmetic().compute.one(), 0u32);
        let c = matrices.c().address as *mut c_void;
        // SAFETY: the matrices fit their regions, and the descriptors are of their shape; the algorithm was found for
        // these descriptors and matrices that are aligned no better; alpha and beta are read before it returns, since
        // the pointer mode is host, and are of the scale type; the workspace is as large as it says.
        let status = unsafe {
            (lt.functions.cublasLtMatmul)(
                lt.handle,
                product.raw,
                (&raw const alpha).cast(),
                first.address as *const c_void,
                first_layout.raw,
                second.address as *const c_void,
                second_layout.raw,
                (&raw const beta).cast(),
                c,
                result.raw,
                c,
                result.raw,
                &self.algorithm,
                workspace.address as *mut c_void,
                workspace.bytes as usize,
                stream.raw,
            )
        };
        check("cublasLtMatmul", status)
    }
}

/// What a region's address is a multiple of.
fn alignment(region: Region<'_>) -> u32 {
    1 << region.address.trailing_zeros().min(ALIGNMENT.trailing_zeros())
}
