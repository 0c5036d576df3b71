//! How hovera measures: the [`Backend`] trait that every device implements, the [`Runner`] that takes
//! points through one, and the [`Journal`] that keeps what came of them.

#![forbid(unsafe_code)]

mod backend;
mod energy;
pub mod fake;
mod journal;
mod pacing;
mod runner;
mod samples;
mod sentinel;
mod trend;

pub use backend::{Backend, BackendError, Burst, Launch};
pub use journal::{Journal, JournalError};
pub use runner::Runner;
