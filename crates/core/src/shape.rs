//! What is computed: sizes, the products they make, and the point of a sweep that times one.

pub(crate) mod alignment;
pub(crate) mod attention;
pub(crate) mod dimension;
pub(crate) mod gemm;
mod in_words;
pub(crate) mod model;
pub(crate) mod op;
pub(crate) mod point;
pub(crate) mod product;
pub(crate) mod series;
pub(crate) mod vocabulary;
