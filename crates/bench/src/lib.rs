//! How hovera measures: the [`Backend`] trait that every device implements, the [`Runner`] that takes
//! points through one, the [`Journal`] that keeps what came of them, and the [`sweep`](sweep::sweep) that
//! leads the points through both.

#![forbid(unsafe_code)]

mod backend;
mod energy;
#[cfg(feature = "fake")]
pub mod fake;
mod journal;
mod runner;
mod samples;
mod sentinel;
pub mod sweep;
mod trend;
mod two_speeds;

pub use backend::{Backend, BackendError, Burst, EnergyReading, Launch, Replay};
pub use journal::{Differences, Journal, JournalError};
pub use runner::Runner;
