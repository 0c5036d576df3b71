//! What a card can do.

pub(crate) mod datasheet;
