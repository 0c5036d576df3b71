//! Work captured once and replayed.

use super::context::Context;
use super::stream::Stream;
use cudarc::driver::sys::CUgraphExec;
use hovera_bench::BackendError;
use std::rc::Rc;

/// `CU_STREAM_CAPTURE_MODE_RELAXED`: a library may load a kernel while its launch is captured.
const RELAXED: i32 = 2;

/// Launches that the device runs one after the other without the host.
pub(crate) struct Graph {
    context: Rc<Context>,
    raw: CUgraphExec,
}

impl Graph {
    /// What `work` queues on the stream becomes a graph instead of being run.
    pub(crate) fn capture(
        stream: &Stream,
        work: impl FnOnce() -> Result<(), BackendError>,
    ) -> Result<Graph, BackendError> {
        let context = &stream.context;
        let functions = &context.driver.functions;
        // SAFETY: the stream lives, and is not being captured: every capture ends below.
        let status = unsafe { (functions.cuStreamBeginCapture_v2)(stream.raw, RELAXED) };
        context.check("cuStreamBeginCapture", status)?;
        let worked = work();
        let mut captured = std::ptr::null_mut();
        // SAFETY: it writes one pointer, and ends the capture whether it went well or not.
        let status = unsafe { (functions.cuStreamEndCapture)(stream.raw, &mut captured) };
        let ended = context.check("cuStreamEndCapture", status);
        if captured.is_null() {
            worked.and(ended)?;
            return Err(BackendError::Device("cuStreamEndCapture left no graph".to_owned()));
        }
        let mut raw = std::ptr::null_mut();
        let instantiated = worked.and(ended).and_then(|()| {
            // SAFETY: it writes one pointer; the graph is live, and no flags are needed.
            let status = unsafe { (functions.cuGraphInstantiateWithFlags)(&mut raw, captured, 0) };
            context.check("cuGraphInstantiate", status)
        });
        context.release(|driver| {
            // SAFETY: captured once and destroyed once, here; what was instantiated from it stays.
            unsafe { (driver.functions.cuGraphDestroy)(captured) }
        });
        instantiated.map(|()| Graph { context: Rc::clone(context), raw })
    }

    /// Queues all of it.
    pub(crate) fn launch(&self, stream: &Stream) -> Result<(), BackendError> {
        // SAFETY: both live as long as their owners, of one context.
        let status = unsafe { (self.context.driver.functions.cuGraphLaunch)(self.raw, stream.raw) };
        self.context.check("cuGraphLaunch", status)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: instantiated once and destroyed once, here; CUDA finishes what is still queued.
            unsafe { (driver.functions.cuGraphExecDestroy)(self.raw) }
        });
    }
}
