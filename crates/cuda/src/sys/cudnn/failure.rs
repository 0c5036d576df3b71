//! What the library says of a call that failed.

use crate::sys::functions::CudnnFunctions;
use hovera_bench::BackendError;
use std::ffi::{CStr, c_char, c_int};

/// Bytes of the longest reason that the library is asked for.
const LONGEST_REASON: usize = 4096;

/// # Errors
/// [`BackendError::Unsupported`] for what the library does not take, [`BackendError::Device`] for any other failure.
pub(super) fn check(functions: &CudnnFunctions, call: &str, status: c_int) -> Result<(), BackendError> {
    let failure = || failure(functions, call, status);
    match status {
        0 => Ok(()),
        // CUDNN_STATUS_BAD_PARAM and CUDNN_STATUS_NOT_SUPPORTED with all that are told apart of them: it is the point
        // that the library does not take, and the next one may do.
        2000..4000 => Err(BackendError::Unsupported(failure())),
        _ => Err(BackendError::Device(failure())),
    }
}

/// What the library says of the calling thread's last error; an empty text where it says nothing.
pub(super) fn reason(functions: &CudnnFunctions) -> String {
    let mut text = [0 as c_char; LONGEST_REASON];
    // SAFETY: it writes at most so many bytes, a NUL at the end.
    unsafe { (functions.last_error)(text.as_mut_ptr(), text.len()) };
    text[LONGEST_REASON - 1] = 0;
    // SAFETY: a NUL is within it.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) };
    text.to_string_lossy().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn failure(functions: &CudnnFunctions, call: &str, status: c_int) -> String {
    let reason = reason(functions);
    let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
    format!("{call} failed with cuDNN's status {status}{reason}")
}
