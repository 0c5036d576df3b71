//! Files that are named on the command line: what they are, read and written.

pub(crate) mod inputs;
pub(crate) mod kind;
pub(crate) mod output;
pub(crate) mod reading;
