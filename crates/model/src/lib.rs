//! A transformer's configuration as the matrix products of its passes.
//!
//! A [`Transformer`] is read from a file ([`Transformer::read`]), a [`Workload`] says what it is asked to do, and
//! [`Transformer::products`] lists what is multiplied. [`spec()`] makes a sweep of them, and a [`ModelCost`] a table of
//! its results. Plain data: nothing is measured here.

#![forbid(unsafe_code)]

mod architecture;
mod cost;
mod costed;
mod error;
mod expand;
mod fields;
mod fused;
mod neighbours;
mod own;
mod parameters;
mod product;
mod read;
mod record;
mod spec;
mod transformer;
mod workload;

pub use cost::{
    Cause, FusedLine, Line, Mark, MeasuredProducts, ModelCost, NearbySize, SectionCost, Setup, SoftmaxLine,
};
pub use costed::CostedModel;
pub use error::ModelError;
pub use fused::FusedAttention;
pub use product::{Counted, LaidOutGemm, ModelProducts, Section};
pub use read::Override;
pub use record::RecordError;
pub use spec::spec;
pub use transformer::{Attention, Experts, Layer, Mlp, MlpKind, Qkv, Transformer};
pub use workload::{Balance, Fuse, Groups, Logits, Workload};
