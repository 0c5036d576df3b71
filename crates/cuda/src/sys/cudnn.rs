//! cuDNN: fused attention, as its backend API builds it, and its softmax.

mod attention;
mod descriptor;
mod graph;
mod install;
mod softmax;

pub(crate) use attention::{
    Attention, AttentionLengths, AttentionPass, AttentionPlan, AttentionRegions, AttentionShape, Gradients,
};
pub(crate) use install::find;
pub(crate) use softmax::{Softmax, SoftmaxPlan};

use super::context::Context;
use super::functions::{CudnnFunctions, Opaque};
use super::kept::InContext;
use super::stream::Stream;
use hovera_bench::BackendError;
use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::rc::Rc;

/// Bytes of the longest reason that the library is asked for.
const LONGEST_REASON: usize = 4096;

/// A cuDNN handle, which works in one stream.
pub(crate) struct Cudnn {
    functions: CudnnFunctions,
    handle: Opaque,
    stream: Rc<Stream>,
}

impl Cudnn {
    /// Opens the first cuDNN that is found, with what it needs beside it.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], naming what was tried, or why this one will not do.
    pub(crate) fn open(stream: &Rc<Stream>, cublas: &Path) -> Result<Rc<Cudnn>, BackendError> {
        let context = &stream.context;
        let functions = install::open(context.driver.version(), cublas)?;
        context.make_current()?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current; what the library loads as it goes was found before.
        let status = unsafe { (functions.cudnnCreate)(&mut handle) };
        if status != 0 {
            return Err(BackendError::Unavailable(failure(&functions, "cudnnCreate", status)));
        }
        let cudnn = Cudnn { functions, handle, stream: Rc::clone(stream) };
        // SAFETY: the handle is live; it owns the stream.
        let status = unsafe { (functions.cudnnSetStream)(handle, stream.raw.cast()) };
        cudnn.check("cudnnSetStream", status)?;
        Ok(Rc::new(cudnn))
    }

    fn check(&self, call: &str, status: c_int) -> Result<(), BackendError> {
        let failure = || failure(&self.functions, call, status);
        match status {
            0 => Ok(()),
            // CUDNN_STATUS_BAD_PARAM and CUDNN_STATUS_NOT_SUPPORTED with all that are told apart of them: it is the point
            // that the library does not take, and the next one may do.
            2000..4000 => Err(BackendError::Unsupported(failure())),
            _ => Err(BackendError::Device(failure())),
        }
    }

    /// What the library says of its last error; an empty text where it says nothing.
    fn reason(&self) -> String {
        reason(&self.functions)
    }
}

fn reason(functions: &CudnnFunctions) -> String {
    let mut text = [0 as c_char; LONGEST_REASON];
    // SAFETY: it writes at most so many bytes, a NUL at the end.
    unsafe { (functions.last_error)(text.as_mut_ptr(), text.len()) };
    text[LONGEST_REASON - 1] = 0;
    // SAFETY: a NUL is within it.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) };
    text.to_string_lossy().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn failure(functions: &CudnnFunctions, call: &str, status: c_int) -> String {
    let reason = reason(functions);
    let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
    format!("{call} failed with cuDNN's status {status}{reason}")
}

impl InContext for Cudnn {
    fn context(&self) -> &Rc<Context> {
        &self.stream.context
    }
}

impl Drop for Cudnn {
    fn drop(&mut self) {
        self.stream.context.release_when_idle(|_| {
            // SAFETY: created once and destroyed once, here; plans and graphs own it, and no other work is left.
            unsafe { (self.functions.cudnnDestroy)(self.handle) };
            0
        });
    }
}
