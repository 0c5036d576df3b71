//! The words of the files: text out of bytes, enums that are written as one word, and what somebody meant by
//! another.

pub(crate) mod excerpt;
pub(crate) mod nearest_word;
pub(crate) mod percent;
pub(crate) mod shared;
pub(crate) mod text;
pub(crate) mod text_enum;
