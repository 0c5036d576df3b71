//! Which measurements of a file are wanted.

use hovera_core::{Gemm, Op, Point};
use std::collections::BTreeSet;

/// Which measurements of a file are wanted; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of these ops; none is any.
    pub ops: Vec<Op>,
    /// Of so many tensor-parallel ranks.
    pub tensor_parallel: Option<u32>,
    /// Of products of these sizes.
    pub products: Option<BTreeSet<Gemm>>,
}

impl Selection {
    /// Whether it takes a point of a layer that so many ranks share; products of no layer have none.
    pub(crate) fn takes(&self, point: &Point, ranks: Option<u32>) -> bool {
        (self.ops.is_empty() || self.ops.contains(&point.op))
            && self.tensor_parallel.is_none_or(|wanted| ranks == Some(wanted))
            && self.products.as_ref().is_none_or(|products| products.contains(&point.gemm))
    }
}
