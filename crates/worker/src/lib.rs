//! A [`Backend`](hovera_bench::Backend) in a process of its own.
//!
//! A GPU can take the process that talks to it along: an illegal address spoils its context for good, a
//! driver that hangs never returns. So each card has a worker: [`serve`] runs the real backend in it, and
//! [`Worker`] is the same backend as seen from the sweep. What is timed happens within the worker, between
//! two messages. A worker that dies, or does not answer in time, is a
//! [lost](hovera_bench::BackendError::Lost) device, which is opened anew before the next point.

#![forbid(unsafe_code)]

mod process;
mod serve;
mod wire;
mod worker;

pub use serve::{Served, serve};
pub use wire::Remark;
pub use worker::{Limits, Worker};
