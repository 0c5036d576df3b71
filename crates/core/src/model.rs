//! What a card can do, how hard a point drives it, and what measuring it takes.

pub(crate) mod cost;
pub(crate) mod curve;
pub(crate) mod datasheet;
pub(crate) mod pacing;
pub mod procedure;
pub(crate) mod sentinel;
