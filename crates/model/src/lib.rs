//! A transformer's configuration as the matrix products of its passes.
//!
//! A [`Transformer`] is read from a file ([`Transformer::read`]), a [`Workload`] says what it is asked to do, and
//! [`Transformer::products`] lists what is multiplied. Plain data: nothing is measured here.

#![forbid(unsafe_code)]

mod architecture;
mod error;
mod expand;
mod fields;
mod own;
mod parameters;
mod product;
mod read;
mod transformer;
mod workload;

pub use error::ModelError;
pub use product::{Counted, ModelProducts, Pass, Product, Section};
pub use read::Override;
pub use transformer::{Attention, Experts, Layer, MAX_LAYERS, Mlp, MlpKind, Qkv, Transformer};
pub use workload::{Balance, Fuse, Groups, Logits, Workload};
