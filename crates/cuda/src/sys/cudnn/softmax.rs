//! The softmax of each row of a matrix, by the library's own kernel.

use super::Cudnn;
use super::graph::{ALIGNMENT, DataType};
use crate::sys::context::Context;
use crate::sys::element::Element;
use crate::sys::functions::Opaque;
use crate::sys::kept::InContext;
use crate::sys::memory::Region;
use crate::sys::stream::Stream;
use hovera_bench::BackendError;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// `CUDNN_TENSOR_NCHW`.
const NCHW: c_int = 0;

/// `CUDNN_SOFTMAX_ACCURATE`: the largest of a row is subtracted first. `CUDNN_SOFTMAX_FAST` leaves that out, and an H100's
/// rows of f16 were infinite.
const ACCURATE: c_int = 1;

/// `CUDNN_SOFTMAX_MODE_INSTANCE`: over all that belongs to one index of the first dimension, which is a row here.
const INSTANCE: c_int = 0;

/// Rows of a softmax, one below the other without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Softmax {
    pub(crate) rows: u64,
    pub(crate) columns: u32,
    pub(crate) is_bf16: bool,
}

impl Softmax {
    /// The type of its matrices; sums are fp32.
    pub(crate) fn element(self) -> Element {
        if self.is_bf16 { Element::Bf16 } else { Element::F16 }
    }

    /// Elements of the scores, and of the probabilities.
    pub(crate) fn elements(self) -> u128 {
        u128::from(self.rows) * u128::from(self.columns)
    }
}

/// How cuDNN computes one softmax, and no other.
pub(crate) struct SoftmaxPlan {
    softmax: Softmax,
    /// A matrix of the library's, of scores and probabilities alike.
    matrix: Opaque,
    cudnn: Rc<Cudnn>,
}

impl SoftmaxPlan {
    /// # Errors
    /// [`BackendError::Unsupported`] for more rows than the library counts, and for what it refuses, with its reason;
    /// [`BackendError::Device`] when a call fails.
    pub(crate) fn new(cudnn: &Rc<Cudnn>, softmax: Softmax) -> Result<SoftmaxPlan, BackendError> {
        let Softmax { rows, columns, is_bf16 } = softmax;
        let countable = |what, count: u64| {
            c_int::try_from(count).map_err(|_| {
                BackendError::Unsupported(format!(
                    "{count} {what} of a softmax: cuDNN counts {} at most",
                    i32::MAX
                ))
            })
        };
        let (rows, columns) = (countable("rows", rows)?, countable("columns", columns.into())?);
        let mut matrix = std::ptr::null_mut();
        // SAFETY: it writes one pointer.
        let status = unsafe { (cudnn.functions.cudnnCreateTensorDescriptor)(&mut matrix) };
        cudnn.check("cudnnCreateTensorDescriptor", status)?;
        let plan = SoftmaxPlan { softmax, matrix, cudnn: Rc::clone(cudnn) };
        let data = if is_bf16 { DataType::Bfloat16 } else { DataType::Half };
        // SAFETY: the descriptor is live.
        let status = unsafe {
            (cudnn.functions.cudnnSetTensor4dDescriptor)(matrix, NCHW, data as c_int, rows, columns, 1, 1)
        };
        cudnn.check("cudnnSetTensor4dDescriptor", status)?;
        Ok(plan)
    }

    /// What is chosen of the library's ways.
    pub(crate) fn algorithm(&self) -> &'static str {
        "accurate"
    }

    /// Queues one launch.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for what the library refuses only now, and [`BackendError::Device`], what it says of
    /// anything else, or for matrices that do not fit their regions, are less aligned than the others of this library
    /// must be, or overlap.
    pub(crate) fn launch(
        self: &Rc<SoftmaxPlan>,
        stream: &Stream,
        scores: Region<'_>,
        probabilities: Region<'_>,
    ) -> Result<(), BackendError> {
        // What does not fit in 64 bits does not fit in a region.
        let elements = u64::try_from(self.softmax.elements()).unwrap_or(u64::MAX);
        for (what, region) in
            [("the matrix of scores", scores), ("the matrix of probabilities", probabilities)]
        {
            region.holds(what, elements, self.softmax.element().size() as usize)?;
            region.is_aligned_to(what, ALIGNMENT.unsigned_abs())?;
            stream.uses(region.memory())?;
        }
        probabilities.is_apart_from("scores and probabilities", &scores)?;
        // It owns the library's handle, and the code that the library has loaded for it.
        stream.uses(self)?;
        let Cudnn { functions, handle, .. } = &*self.cudnn;
        if !std::ptr::eq(stream, &*self.cudnn.stream) {
            return Err(BackendError::Device("cuDNN works in another stream".to_owned()));
        }
        let (one, zero) = (1f32, 0f32);
        let number = |number: &f32| std::ptr::from_ref(number).cast::<c_void>();
        // SAFETY: handle and descriptor live; the regions were just found to hold a matrix of the descriptor's sizes each,
        // at aligned addresses; the two numbers are read before the call returns; memory and plan wait for the work before
        // they go, or are owned by the graph that it is captured into.
        let status = unsafe {
            (functions.cudnnSoftmaxForward)(
                *handle,
                ACCURATE,
                INSTANCE,
                number(&one),
                self.matrix,
                scores.address as *const c_void,
                number(&zero),
                self.matrix,
                probabilities.address as *mut c_void,
            )
        };
        self.cudnn.check("cudnnSoftmaxForward", status)
    }
}

impl InContext for SoftmaxPlan {
    fn context(&self) -> &Rc<Context> {
        self.cudnn.context()
    }
}

impl Drop for SoftmaxPlan {
    fn drop(&mut self) {
        // What runs its code has ended before the library may unload it.
        self.context().release_when_idle(|_| {
            // SAFETY: created once and destroyed once, here.
            unsafe { (self.cudnn.functions.cudnnDestroyTensorDescriptor)(self.matrix) };
            0
        });
    }
}
