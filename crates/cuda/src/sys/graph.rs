//! Work captured once and replayed.

use super::kept::Kept;
use super::stream::Stream;
use cudarc::driver::sys::{CUgraph, CUgraphExec};
use hovera_bench::BackendError;
use std::rc::Rc;

/// Work that was queued on a stream while it was being captured: nothing of it has run.
pub(crate) struct CapturedWork {
    raw: CUgraph,
    stream: Rc<Stream>,
    kept: Kept,
}

impl CapturedWork {
    /// What `work` queues on the stream is captured instead of being run.
    ///
    /// # Errors
    /// What `work` says, or [`BackendError::Device`] when the stream is being captured already.
    pub(crate) fn record(
        stream: &Rc<Stream>,
        work: impl FnOnce() -> Result<(), BackendError>,
    ) -> Result<CapturedWork, BackendError> {
        let capture = stream.begin_capture()?;
        let worked = work();
        let captured = capture.end().map(|(raw, kept)| CapturedWork { raw, stream: Rc::clone(stream), kept });
        // What ending says of a capture that an error has spoilt is less than the error.
        worked.and(captured)
    }

    pub(super) fn raw(&self) -> CUgraph {
        self.raw
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Makes it ready to be launched.
    pub(crate) fn into_graph(mut self) -> Result<Graph, BackendError> {
        let context = &self.stream.context;
        let mut raw = std::ptr::null_mut();
        let instantiate = context.driver.functions.cuGraphInstantiateWithFlags;
        // SAFETY: it writes one pointer; the graph is live, and no flags are needed.
        let status = unsafe { instantiate(&mut raw, self.raw, 0) };
        context.check("cuGraphInstantiate", status)?;
        let kept = std::mem::take(&mut self.kept);
        let graph = Graph { raw, stream: Rc::clone(&self.stream), _kept: kept };
        // SAFETY: both are live, of one context.
        let status = unsafe { (context.driver.functions.cuGraphUpload)(graph.raw, graph.stream.raw) };
        context.check("cuGraphUpload", status)?;
        Ok(graph)
    }
}

impl Drop for CapturedWork {
    fn drop(&mut self) {
        self.stream.context.release(|driver| {
            // SAFETY: captured once and destroyed once, here; what was instantiated from it stays.
            unsafe { (driver.functions.cuGraphDestroy)(self.raw) }
        });
    }
}

/// Launches that the device runs one after the other without the host. It owns what they use: memory, modules,
/// handles and the stream. Each of these waits for the device before it is freed, so that a graph may be
/// dropped while it runs.
pub(crate) struct Graph {
    raw: CUgraphExec,
    stream: Rc<Stream>,
    _kept: Kept,
}

impl Graph {
    /// Queues all of it, on the stream that it was captured from.
    ///
    /// # Errors
    /// What the device says, or [`BackendError::Device`] while that stream is being captured: the graph would be a
    /// part of the other, which would not own what its nodes use.
    pub(crate) fn launch(&self) -> Result<(), BackendError> {
        self.stream.is_not_captured("a graph")?;
        let context = &self.stream.context;
        // SAFETY: both live as long as their owners, of one context.
        let status = unsafe { (context.driver.functions.cuGraphLaunch)(self.raw, self.stream.raw) };
        context.check("cuGraphLaunch", status)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.stream.context.release(|driver| {
            // SAFETY: instantiated once and destroyed once, here; CUDA finishes what is still queued.
            unsafe { (driver.functions.cuGraphExecDestroy)(self.raw) }
        });
    }
}
