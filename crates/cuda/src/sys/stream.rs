//! The queue of work and the events in it.

use super::context::{Context, NOT_READY};
use super::memory::{Plain, Region};
use cudarc::driver::sys::{CUevent, CUstream};
use hovera_bench::BackendError;
use std::rc::Rc;

/// `CU_STREAM_NON_BLOCKING`: does not wait for work on the default stream.
const NON_BLOCKING: u32 = 1;

/// `CU_EVENT_RECORD_EXTERNAL`: a node of the graph that is being captured.
const EXTERNAL: u32 = 1;

/// A queue of work; each piece starts when the one before has finished.
pub(crate) struct Stream {
    pub(super) context: Rc<Context>,
    pub(super) raw: CUstream,
}

impl Stream {
    pub(crate) fn new(context: &Rc<Context>) -> Result<Stream, BackendError> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current.
        let status = unsafe { (context.driver.functions.cuStreamCreate)(&mut raw, NON_BLOCKING) };
        context.check("cuStreamCreate", status)?;
        Ok(Stream { context: Rc::clone(context), raw })
    }

    /// Waits until the queue is empty.
    pub(crate) fn synchronize(&self) -> Result<(), BackendError> {
        // SAFETY: the stream lives as long as `self`.
        let status = unsafe { (self.context.driver.functions.cuStreamSynchronize)(self.raw) };
        self.context.check("cuStreamSynchronize", status)
    }

    /// Queues an event.
    pub(crate) fn record(&self, event: &Event) -> Result<(), BackendError> {
        // SAFETY: both live as long as their owners, of one context.
        let status = unsafe { (self.context.driver.functions.cuEventRecord)(event.raw, self.raw) };
        self.context.check("cuEventRecord", status)
    }

    /// Makes an event a part of the graph that is being captured: each launch of the graph records it
    /// anew.
    pub(crate) fn record_in_graph(&self, event: &Event) -> Result<(), BackendError> {
        let record = self.context.driver.functions.cuEventRecordWithFlags;
        // SAFETY: both live as long as their owners, of one context.
        let status = unsafe { record(event.raw, self.raw, EXTERNAL) };
        self.context.check("cuEventRecordWithFlags", status)
    }

    /// Queues setting every byte.
    pub(crate) fn fill_bytes(&self, region: Region<'_>, byte: u8) -> Result<(), BackendError> {
        let fill = self.context.driver.functions.cuMemsetD8Async;
        // SAFETY: the region lies within a live allocation.
        let status = unsafe { fill(region.address, byte, region.bytes as usize, self.raw) };
        self.context.check("cuMemsetD8Async", status)
    }

    /// Copies from the device, and waits for it.
    pub(crate) fn read<T: Plain>(&self, from: Region<'_>, to: &mut [T]) -> Result<(), BackendError> {
        from.holds("read", to.len() as u64, size_of::<T>())?;
        let copy = self.context.driver.functions.cuMemcpyDtoHAsync_v2;
        // SAFETY: the region has at least the bytes of `to`, any bytes are good `T`s, and `to` outlives
        // the copy, which is waited for.
        let status = unsafe { copy(to.as_mut_ptr().cast(), from.address, size_of_val(to), self.raw) };
        let queued = self.context.check("cuMemcpyDtoHAsync", status);
        let waited = self.synchronize();
        queued.and(waited)
    }

    /// Copies to the device, and waits for it.
    pub(crate) fn write<T: Plain>(&self, to: Region<'_>, from: &[T]) -> Result<(), BackendError> {
        to.holds("write", from.len() as u64, size_of::<T>())?;
        let copy = self.context.driver.functions.cuMemcpyHtoDAsync_v2;
        // SAFETY: the region has at least the bytes of `from`, which has no padding and outlives the copy,
        // which is waited for.
        let status = unsafe { copy(to.address, from.as_ptr().cast(), size_of_val(from), self.raw) };
        let queued = self.context.check("cuMemcpyHtoDAsync", status);
        let waited = self.synchronize();
        queued.and(waited)
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
    pub(crate) fn new(context: &Rc<Context>) -> Result<Event, BackendError> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the context is current; 0 asks for an event with a time.
        let status = unsafe { (context.driver.functions.cuEventCreate)(&mut raw, 0) };
        context.check("cuEventCreate", status)?;
        Ok(Event { context: Rc::clone(context), raw })
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

impl Drop for Event {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: created once and destroyed once, here.
            unsafe { (driver.functions.cuEventDestroy_v2)(self.raw) }
        });
    }
}
