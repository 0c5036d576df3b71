//! Device memory.

use super::context::{Context, OUT_OF_MEMORY};
use cudarc::driver::sys::CUdeviceptr;
use hovera_bench::BackendError;
use std::marker::PhantomData;
use std::ops::Range;
use std::rc::Rc;

/// One allocation on the device, aligned to at least 256 bytes.
pub(crate) struct Memory {
    context: Rc<Context>,
    address: CUdeviceptr,
    bytes: u64,
}

impl Memory {
    /// # Errors
    /// [`BackendError::OutOfMemory`], or what the device says.
    pub(crate) fn allocate(context: &Rc<Context>, bytes: u64) -> Result<Memory, BackendError> {
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
        Ok(Memory { context: Rc::clone(context), address, bytes })
    }

    /// Its size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A part of it.
    ///
    /// # Errors
    /// [`BackendError::Device`] when it has no such part.
    pub(crate) fn region(&self, range: Range<u64>) -> Result<Region<'_>, BackendError> {
        if range.start > range.end || range.end > self.bytes {
            return Err(BackendError::Device(format!(
                "bytes {} to {} asked for of an allocation of {}",
                range.start, range.end, self.bytes
            )));
        }
        let bytes = range.end - range.start;
        Ok(Region { address: self.address + range.start, bytes, memory: PhantomData })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.context.release(|driver| {
            // SAFETY: allocated by cuMemAlloc and freed once, here; regions borrow `self`, and
            // cuMemFree waits for the work that uses it.
            unsafe { (driver.functions.cuMemFree_v2)(self.address) }
        });
    }
}

/// A part of an allocation.
#[derive(Clone, Copy)]
pub(crate) struct Region<'m> {
    pub(super) address: CUdeviceptr,
    pub(super) bytes: u64,
    memory: PhantomData<&'m Memory>,
}

impl Region<'_> {
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
}

/// Types that any bytes are a value of and that have no padding, so that they can be copied from and to
/// the device.
///
/// # Safety
/// Only for such types.
pub(crate) unsafe trait Plain: Copy {}
// SAFETY: integers without padding, every bit pattern a value.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
