//! The card's primary context, which PyTorch and cuBLAS use too.

use super::driver::Driver;
use cudarc::driver::sys::{CUcontext, CUdevice};
use hovera_bench::BackendError;
use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;

/// `CUDA_ERROR_OUT_OF_MEMORY`.
pub(super) const OUT_OF_MEMORY: c_int = 2;
/// `CUDA_ERROR_NOT_READY`.
pub(super) const NOT_READY: c_int = 600;

/// The card's context, kept while anything in it is.
///
/// After an error that CUDA cannot recover from, every later call fails too: nothing is freed then,
/// because the process's end frees it anyway.
pub(crate) struct Context {
    pub(super) driver: Driver,
    device: CUdevice,
    raw: CUcontext,
    broken: Cell<bool>,
}

impl Context {
    pub(crate) fn retain(driver: Driver, device: CUdevice) -> Result<Rc<Context>, BackendError> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer; the device came from cuDeviceGet.
        let status = unsafe { (driver.functions.cuDevicePrimaryCtxRetain)(&mut raw, device) };
        driver.check("cuDevicePrimaryCtxRetain", status)?;
        let context = Rc::new(Context { driver, device, raw, broken: Cell::new(false) });
        context.make_current()?;
        Ok(context)
    }

    /// Makes this card the one that the calling thread talks to. Every entry into the backend does it,
    /// since another backend may have been used in between.
    pub(crate) fn make_current(&self) -> Result<(), BackendError> {
        // SAFETY: the context is retained as long as `self` lives.
        let status = unsafe { (self.driver.functions.cuCtxSetCurrent)(self.raw) };
        self.check("cuCtxSetCurrent", status)
    }

    /// Turns a status into an error, and remembers one that leaves the context unusable: the device is
    /// then [lost](BackendError::Lost) to this process.
    pub(super) fn check(&self, call: &str, status: c_int) -> Result<(), BackendError> {
        if is_sticky(status) {
            self.broken.set(true);
        }
        self.driver.check(call, status).map_err(|error| match error {
            BackendError::Device(text) if self.broken.get() => BackendError::Lost(text),
            error => error,
        })
    }

    /// Runs `free` unless the context is beyond use. Drop code calls this: it cannot fail.
    pub(super) fn release(&self, free: impl FnOnce(&Driver) -> c_int) {
        if !self.broken.get() && self.make_current().is_ok() && is_sticky(free(&self.driver)) {
            self.broken.set(true);
        }
    }

    /// The same once the device has done all that was queued in this context.
    pub(super) fn release_when_idle(&self, free: impl FnOnce(&Driver) -> c_int) {
        self.release(|driver| {
            // SAFETY: it waits for the current context, which is this one.
            match unsafe { (driver.functions.cuCtxSynchronize)() } {
                0 => free(driver),
                // A stream that is being captured, for one: what cannot be waited for is not freed.
                error => error,
            }
        });
    }

    /// Bytes of device memory that are free now.
    pub(crate) fn free_memory(&self) -> Result<u64, BackendError> {
        self.make_current()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: it writes two sizes; the context is current.
        let status = unsafe { (self.driver.functions.cuMemGetInfo_v2)(&mut free, &mut total) };
        self.check("cuMemGetInfo", status)?;
        Ok(free as u64)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.release(|driver| {
            // SAFETY: retained once, and released once, here; what was made in it holds an `Rc` to it.
            unsafe { (driver.functions.cuDevicePrimaryCtxRelease_v2)(self.device) }
        });
    }
}

/// Whether CUDA documents the error as one after which "the process must be terminated and
/// relaunched", or it is unknown what state the card is in.
fn is_sticky(status: c_int) -> bool {
    // 4 deinitialised, 214 ECC, 220 NVLink, 226 contained, 700 illegal address, 702 launch timeout,
    // 709 context destroyed, 710 assert, 714 hardware stack, 715 illegal instruction,
    // 716 misaligned address, 717 address space, 718 program counter, 719 launch failure, 999 unknown.
    matches!(status, 4 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719 | 999)
}
