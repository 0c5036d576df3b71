//! What a person sees on the terminal: text, tables, progress, warnings and errors.

pub(crate) mod counted;
pub(crate) mod desktop;
pub(crate) mod grid;
pub(crate) mod progress;
pub(crate) mod streams;
pub(crate) mod table;
pub(crate) mod voice;
