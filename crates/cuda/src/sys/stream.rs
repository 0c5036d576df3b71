//! The queue of work and the events in it.

use super::context::{Context, NOT_READY};
use super::kept::{InContext, Kept};
use super::memory::Region;
use bytemuck::{AnyBitPattern, NoUninit};
use cudarc::driver::sys::{CUevent, CUgraph, CUstream};
use hovera_bench::BackendError;
use std::cell::RefCell;
use std::rc::Rc;

/// `CU_STREAM_NON_BLOCKING`: does not wait for work on the default stream.
const NON_BLOCKING: u32 = 1;

/// `CU_STREAM_CAPTURE_MODE_RELAXED`: a library may load a kernel while its launch is captured.
const RELAXED: i32 = 2;

/// A queue of work; each piece starts when the one before has finished.
pub(crate) struct Stream {
    pub(super) context: Rc<Context>,
    pub(super) raw: CUstream,
    /// What the work that is being captured uses; nothing while none is.
    captured: RefCell<Option<Kept>>,
}

impl Stream {
    pub(crate) fn new(context: &Rc<Context>) -> Result<Rc<Stream>, BackendError> {
        context.make_current()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current.
        let status = unsafe { (context.driver.functions.cuStreamCreate)(&mut raw, NON_BLOCKING) };
        context.check("cuStreamCreate", status)?;
        Ok(Rc::new(Stream { context: Rc::clone(context), raw, captured: RefCell::new(None) }))
    }

    /// To be called with all that a piece of work uses, before it is queued: while the stream is being captured, the
    /// graph that comes of it gets a share.
    ///
    /// # Errors
    /// [`BackendError::Device`] when it is of another context: the device would take its address for one of its own.
    pub(super) fn uses<T: InContext>(&self, owned: &Rc<T>) -> Result<(), BackendError> {
        if !Rc::ptr_eq(owned.context(), &self.context) {
            return Err(BackendError::Device("work with what belongs to another context".to_owned()));
        }
        if let Some(kept) = &mut *self.captured.borrow_mut() {
            kept.keep(owned);
        }
        Ok(())
    }

    /// # Errors
    /// [`BackendError::Device`] while the stream is being captured.
    pub(super) fn is_not_captured(&self, what: &str) -> Result<(), BackendError> {
        match *self.captured.borrow() {
            Some(_) => Err(BackendError::Device(format!("{what} cannot be a part of a graph"))),
            None => Ok(()),
        }
    }

    /// From here to the end of what is returned, work is captured instead of being run.
    pub(super) fn begin_capture(&self) -> Result<Capture<'_>, BackendError> {
        self.is_not_captured("a capture")?;
        let begin = self.context.driver.functions.cuStreamBeginCapture_v2;
        // SAFETY: the stream lives, and is not being captured.
        let status = unsafe { begin(self.raw, RELAXED) };
        self.context.check("cuStreamBeginCapture", status)?;
        *self.captured.borrow_mut() = Some(Kept::default());
        Ok(Capture { stream: self })
    }

    /// Waits until the queue is empty.
    pub(crate) fn synchronize(&self) -> Result<(), BackendError> {
        // SAFETY: the stream lives as long as `self`.
        let status = unsafe { (self.context.driver.functions.cuStreamSynchronize)(self.raw) };
        self.context.check("cuStreamSynchronize", status)
    }

    /// Queues an event.
    pub(crate) fn record(&self, event: &Rc<Event>) -> Result<(), BackendError> {
        self.uses(event)?;
        // SAFETY: both live as long as their owners, of one context.
        let status = unsafe { (self.context.driver.functions.cuEventRecord)(event.raw, self.raw) };
        self.context.check("cuEventRecord", status)
    }

    /// Queues setting every byte.
    pub(crate) fn fill_bytes(&self, region: Region<'_>, byte: u8) -> Result<(), BackendError> {
        self.uses(region.memory())?;
        let fill = self.context.driver.functions.cuMemsetD8Async;
        // SAFETY: the region lies within a live allocation.
        let status = unsafe { fill(region.address, byte, region.bytes as usize, self.raw) };
        self.context.check("cuMemsetD8Async", status)
    }

    /// Copies from the device, and waits for it.
    ///
    /// # Errors
    /// What the device says, or [`BackendError::Device`] when there is less in the region than asked for, or while
    /// the stream is being captured: a graph would copy to where `to` had been.
    pub(crate) fn read<T: NoUninit + AnyBitPattern>(
        &self,
        from: Region<'_>,
        to: &mut [T],
    ) -> Result<(), BackendError> {
        let to: &mut [u8] = bytemuck::cast_slice_mut(to);
        from.holds("read", to.len() as u64, 1)?;
        self.is_not_captured("a copy to the host")?;
        self.uses(from.memory())?;
        let copy = self.context.driver.functions.cuMemcpyDtoHAsync_v2;
        // SAFETY: the region has at least the bytes of `to`, which outlives the copy: it is waited for.
        let status = unsafe { copy(to.as_mut_ptr().cast(), from.address, to.len(), self.raw) };
        let queued = self.context.check("cuMemcpyDtoHAsync", status);
        let waited = self.synchronize();
        queued.and(waited)
    }

    /// Copies to the device, and waits for it.
    ///
    /// # Errors
    /// As [`Stream::read`].
    pub(crate) fn write<T: NoUninit>(&self, to: Region<'_>, from: &[T]) -> Result<(), BackendError> {
        let from: &[u8] = bytemuck::cast_slice(from);
        to.holds("write", from.len() as u64, 1)?;
        self.is_not_captured("a copy from the host")?;
        self.uses(to.memory())?;
        let copy = self.context.driver.functions.cuMemcpyHtoDAsync_v2;
        // SAFETY: the region has at least the bytes of `from`, which outlives the copy: it is waited for.
        let status = unsafe { copy(to.address, from.as_ptr().cast(), from.len(), self.raw) };
        let queued = self.context.check("cuMemcpyHtoDAsync", status);
        let waited = self.synchronize();
        queued.and(waited)
    }
}

/// A capture that is under way. It ends also when what is captured panics.
pub(super) struct Capture<'s> {
    stream: &'s Stream,
}

impl Capture<'_> {
    /// What was captured, and the owners of what it uses.
    ///
    /// # Errors
    /// What the device says: the work cannot be captured, or failed.
    pub(super) fn end(self) -> Result<(CUgraph, Kept), BackendError> {
        let kept = self.stream.captured.borrow_mut().take().unwrap_or_default();
        let (raw, status) = self.stream.end_capture();
        let ended = self.stream.context.check("cuStreamEndCapture", status);
        match (ended, raw.is_null()) {
            (Ok(()), false) => Ok((raw, kept)),
            (Ok(()), true) => Err(BackendError::Device("cuStreamEndCapture left no graph".to_owned())),
            (Err(error), _) => {
                self.stream.destroy_graph(raw);
                Err(error)
            }
        }
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        if self.stream.captured.borrow_mut().take().is_some() {
            let (raw, _) = self.stream.end_capture();
            self.stream.destroy_graph(raw);
        }
    }
}

impl Stream {
    /// The graph, which may be null, and the status.
    fn end_capture(&self) -> (CUgraph, i32) {
        let mut raw = std::ptr::null_mut();
        let end = self.context.driver.functions.cuStreamEndCapture;
        // SAFETY: it writes one pointer, and ends the capture whether it went well or not.
        let status = unsafe { end(self.raw, &mut raw) };
        (raw, status)
    }

    /// Of a capture that came to nothing.
    fn destroy_graph(&self, raw: CUgraph) {
        if !raw.is_null() {
            self.context.release(|driver| {
                // SAFETY: captured once, owned by nothing else, and destroyed once, here.
                unsafe { (driver.functions.cuGraphDestroy)(raw) }
            });
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: created once and destroyed once, here; CUDA finishes what is still queued.
            unsafe { (driver.functions.cuStreamDestroy_v2)(self.raw) }
        });
    }
}

/// A moment in a stream that the device writes down, to about half a microsecond.
pub(crate) struct Event {
    context: Rc<Context>,
    raw: CUevent,
}

impl Event {
    pub(crate) fn new(context: &Rc<Context>) -> Result<Rc<Event>, BackendError> {
        context.make_current()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current; 0 asks for an event with a time.
        let status = unsafe { (context.driver.functions.cuEventCreate)(&mut raw, 0) };
        context.check("cuEventCreate", status)?;
        Ok(Rc::new(Event { context: Rc::clone(context), raw }))
    }

    /// Whether the device has passed it.
    pub(crate) fn has_happened(&self) -> Result<bool, BackendError> {
        // SAFETY: the event lives as long as `self`.
        let status = unsafe { (self.context.driver.functions.cuEventQuery)(self.raw) };
        if status == NOT_READY {
            return Ok(false);
        }
        self.context.check("cuEventQuery", status).map(|()| true)
    }

    /// Waits until the device has passed it.
    pub(crate) fn synchronize(&self) -> Result<(), BackendError> {
        // SAFETY: the event lives as long as `self`.
        let status = unsafe { (self.context.driver.functions.cuEventSynchronize)(self.raw) };
        self.context.check("cuEventSynchronize", status)
    }

    /// Microseconds from `earlier` to this event, both of which have happened.
    pub(crate) fn us_since(&self, earlier: &Event) -> Result<f64, BackendError> {
        let mut ms = 0.0;
        let elapsed = self.context.driver.functions.cuEventElapsedTime;
        // SAFETY: it writes one float; both events live.
        let status = unsafe { elapsed(&mut ms, earlier.raw, self.raw) };
        self.context.check("cuEventElapsedTime", status)?;
        Ok(f64::from(ms) * 1e3)
    }
}

impl InContext for Event {
    fn context(&self) -> &Rc<Context> {
        &self.context
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: created once and destroyed once, here.
            unsafe { (driver.functions.cuEventDestroy_v2)(self.raw) }
        });
    }
}
