//! What a card can do, and how hard a point drives it.

pub(crate) mod datasheet;
pub(crate) mod stretch;
