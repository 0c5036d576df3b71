//! Device memory.

use super::context::{Context, OUT_OF_MEMORY};
use super::kept::InContext;
use cudarc::driver::sys::CUdeviceptr;
use hovera_bench::BackendError;
use std::ops::Range;
use std::rc::Rc;

/// One allocation on the device, aligned to at least 256 bytes. It is freed when its last owner goes, which may
/// be a graph, and after all work of the device: nothing that is queued loses its memory.
pub(crate) struct Memory {
    context: Rc<Context>,
    address: CUdeviceptr,
    bytes: u64,
}

impl Memory {
    /// # Errors
    /// [`BackendError::OutOfMemory`], or what the device says.
    pub(crate) fn allocate(context: &Rc<Context>, bytes: u64) -> Result<Rc<Memory>, BackendError> {
        context.make_current()?;
        let mut address = 0;
        // SAFETY: it writes one address; the context is current.
        let status = unsafe { (context.driver.functions.cuMemAlloc_v2)(&mut address, bytes.max(1) as usize) };
        if status == OUT_OF_MEMORY {
            return Err(BackendError::OutOfMemory {
                needed: bytes.into(),
                available: context.free_memory()?,
            });
        }
        context.check("cuMemAlloc", status)?;
        Ok(Rc::new(Memory { context: Rc::clone(context), address, bytes }))
    }

    /// Its size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A part of it.
    ///
    /// # Errors
    /// [`BackendError::Device`] when it has no such part.
    pub(crate) fn region<'m>(self: &'m Rc<Memory>, range: Range<u64>) -> Result<Region<'m>, BackendError> {
        if range.start > range.end || range.end > self.bytes {
            return Err(BackendError::Device(format!(
                "bytes {} to {} asked for of an allocation of {}",
                range.start, range.end, self.bytes
            )));
        }
        let bytes = range.end - range.start;
        Ok(Region { memory: self, address: self.address + range.start, bytes })
    }
}

impl InContext for Memory {
    fn context(&self) -> &Rc<Context> {
        &self.context
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.context.release_when_idle(|driver| {
            // SAFETY: allocated by cuMemAlloc and freed once, here; regions borrow `self`, graphs own it, and
            // no other work is left.
            unsafe { (driver.functions.cuMemFree_v2)(self.address) }
        });
    }
}

/// A part of an allocation: what the arena of a sweep is cut into.
///
/// It is an address and a length that the host never reads or writes through, so that Rust's rules of aliasing
/// say nothing of it: any number of regions may overlap. What keeps their use sound:
///
/// - **Bounds.** A region lies within its allocation. Whoever queues work in `sys` checks that what the work touches
///   lies within the region, and is aligned as the work needs it.
/// - **Lifetime.** A region borrows the owner of its allocation. Work that is queued on it ends before the allocation
///   is freed ([`Memory`]); a graph that it is captured into becomes an owner ([`Stream::uses`](super::Stream::uses)).
/// - **Order.** Work of one stream runs in the order in which it was queued. The arena is used by one stream, which
///   is why a launch may overwrite what the one before it has left. Where two streams use one region (stamps are copied
///   on a queue of their own), the second waits for an event behind the work of the first. If it did not, it would read
///   other bytes, not other memory: all types that are copied take any bytes as a value.
/// - **Overlap.** A product's C overlaps neither its A nor its B ([`Matrices`](super::Matrices)), and entries to be
///   checked do not overlap what is written of them.
#[derive(Clone, Copy)]
pub(crate) struct Region<'m> {
    memory: &'m Rc<Memory>,
    pub(super) address: CUdeviceptr,
    pub(super) bytes: u64,
}

impl<'m> Region<'m> {
    /// Its size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whose part it is.
    pub(super) fn memory(&self) -> &'m Rc<Memory> {
        self.memory
    }

    /// # Errors
    /// [`BackendError::Device`] when the region is shorter than that.
    pub(super) fn holds(&self, what: &str, count: u64, size: usize) -> Result<(), BackendError> {
        match count.checked_mul(size as u64) {
            Some(bytes) if bytes <= self.bytes => Ok(()),
            _ => Err(BackendError::Device(format!(
                "{what}: {count} elements of {size} bytes do not fit in {} bytes",
                self.bytes
            ))),
        }
    }

    /// # Errors
    /// [`BackendError::Device`] when its address is not a multiple of that.
    pub(super) fn is_aligned_to(&self, what: &str, bytes: u64) -> Result<(), BackendError> {
        match self.address.is_multiple_of(bytes) {
            true => Ok(()),
            false => Err(BackendError::Device(format!("{what} is not aligned to {bytes} bytes"))),
        }
    }

    /// Room for so many values, laid out as the host lays them out.
    ///
    /// # Errors
    /// [`BackendError::Device`] when it is too small or not aligned.
    pub(super) fn has_room_for<T>(&self, what: &str, count: u64) -> Result<(), BackendError> {
        self.holds(what, count, size_of::<T>())?;
        self.is_aligned_to(what, align_of::<T>() as u64)
    }

    /// # Errors
    /// [`BackendError::Device`] when both have bytes in common.
    pub(super) fn is_apart_from(&self, what: &str, other: &Region<'_>) -> Result<(), BackendError> {
        let apart = self.address + self.bytes <= other.address || other.address + other.bytes <= self.address;
        match apart || self.bytes == 0 || other.bytes == 0 {
            true => Ok(()),
            false => Err(BackendError::Device(format!("{what} overlap"))),
        }
    }
}
