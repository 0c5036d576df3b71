//! cuDNN: fused attention, as its backend API builds it.

mod attention;
mod descriptor;
mod failure;
mod graph;
mod install;
mod several;

pub(crate) use attention::{
    Attention, AttentionLengths, AttentionPass, AttentionPlan, AttentionRegions, AttentionShape, Gradients,
};
pub(crate) use install::find;

use super::context::Context;
use super::functions::CudnnFunctions;
use super::kept::InContext;
use super::stream::Stream;
use descriptor::Maker;
use failure::{check, failure};
use hovera_bench::BackendError;
use std::path::Path;
use std::rc::Rc;

/// A cuDNN handle, which works in one stream.
pub(crate) struct Cudnn {
    maker: Maker,
    stream: Rc<Stream>,
}

impl Cudnn {
    /// Opens the first cuDNN that is found, with what it needs beside it.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], naming what was tried, or why this one will not do.
    pub(crate) fn open(stream: &Rc<Stream>, cublas: &Path) -> Result<Rc<Cudnn>, BackendError> {
        let functions = install::open(stream.context.driver.version(), cublas)?;
        Cudnn::with(functions, stream)
    }

    /// Another handle, of the same library in the same stream.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] when there is no room for one more.
    pub(crate) fn another(&self) -> Result<Rc<Cudnn>, BackendError> {
        Cudnn::with(self.maker.functions, &self.stream)
    }

    fn with(functions: CudnnFunctions, stream: &Rc<Stream>) -> Result<Rc<Cudnn>, BackendError> {
        stream.context.make_current()?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current; what the library loads as it goes was found before.
        let status = unsafe { (functions.cudnnCreate)(&mut handle) };
        if status != 0 {
            return Err(BackendError::Unavailable(failure(&functions, "cudnnCreate", status)));
        }
        let cudnn = Cudnn { maker: Maker { functions, handle }, stream: Rc::clone(stream) };
        // SAFETY: the handle is live; it owns the stream.
        let status = unsafe { (functions.cudnnSetStream)(handle, stream.raw.cast()) };
        check(&functions, "cudnnSetStream", status)?;
        Ok(Rc::new(cudnn))
    }
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
            unsafe { (self.maker.functions.cudnnDestroy)(self.maker.handle) };
            0
        });
    }
}
