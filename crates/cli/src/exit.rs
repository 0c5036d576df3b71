//! The exit codes, which scripts may rely on.

use crate::talk::streams::ReaderGone;
use hovera_bench::BackendError;

/// Done.
pub(crate) const DONE: u8 = 0;
/// Finished, but some points failed, a figure is stale, or a comparison found a slowdown (`--fail-if-slower`).
pub(crate) const INCOMPLETE: u8 = 1;
/// Bad input or usage, files that cannot be read or written included.
pub(crate) const BAD_INPUT: u8 = 2;
/// No usable device, or the last one was lost: the rows measured so far are kept.
pub(crate) const NO_DEVICE: u8 = 3;

/// Standard output was closed before a sweep had put all of its rows there (`run -o - | head`): what shells say of
/// a program that SIGPIPE ended.
pub(crate) const READER_GONE: u8 = 141;

// A sweep that a signal stopped has 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM
// (`Stop::code`).

/// The code that stands for an error.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    if error.is::<ReaderGone>() {
        return READER_GONE;
    }
    match error.chain().find_map(|cause| cause.downcast_ref::<BackendError>()) {
        None | Some(BackendError::Unsupported(_)) => BAD_INPUT,
        Some(_) => NO_DEVICE,
    }
}
