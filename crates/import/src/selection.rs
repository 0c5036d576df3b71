//! Which measurements of a file are wanted.

use hovera_core::Op;

/// Which measurements of a file are wanted; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of these ops; none is any.
    pub ops: Vec<Op>,
    /// Of so many tensor-parallel ranks.
    pub tensor_parallel: Option<u32>,
}

impl Selection {
    /// Whether it takes an op of a layer that so many ranks share; products of no layer have none.
    pub(crate) fn takes(&self, op: Op, ranks: Option<u32>) -> bool {
        (self.ops.is_empty() || self.ops.contains(&op))
            && self.tensor_parallel.is_none_or(|wanted| ranks == Some(wanted))
    }
}
