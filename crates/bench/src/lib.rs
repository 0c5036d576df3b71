//! How hovera measures: the [`Backend`] trait that every device implements, and the runner that takes
//! a plan through one.

#![forbid(unsafe_code)]

mod backend;

pub use backend::{Backend, BackendError, Launch};
