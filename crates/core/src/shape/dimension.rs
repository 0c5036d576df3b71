//! The sizes a shape is made of, each its own type: a head dim is not a hidden size.

use std::fmt;
use std::num::NonZeroU32;

/// The largest size of any one dimension: BLAS takes them as 32-bit signed integers.
pub const MAX_DIMENSION: u64 = i32::MAX as u64;

/// A size of zero, or one that BLAS cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value}: want 1 to {MAX_DIMENSION}")]
#[non_exhaustive]
pub struct DimensionError {
    /// Which dimension, as the results file names it.
    pub name: &'static str,
    /// The value that was refused.
    pub value: u128,
}

pub(crate) fn checked(name: &'static str, value: u128) -> Result<NonZeroU32, DimensionError> {
    u32::try_from(value)
        .ok()
        .filter(|v| u64::from(*v) <= MAX_DIMENSION)
        .and_then(NonZeroU32::new)
        .ok_or(DimensionError { name, value })
}

macro_rules! dimension {
    ($(#[$doc:meta])* $type:ident, $name:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(NonZeroU32);

        impl $type {
            /// The column that holds it.
            pub const NAME: &'static str = $name;

            /// # Errors
            /// [`DimensionError`] unless `value` is in 1 to [`MAX_DIMENSION`].
            pub fn new(value: u64) -> Result<Self, DimensionError> {
                checked($name, value.into()).map(Self)
            }

            /// The size.
            #[must_use]
            pub fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

dimension!(
    /// Attention heads, `a`.
    Heads, "heads"
);
dimension!(
    /// Micro-batch, `b`.
    Batch, "batch"
);
dimension!(
    /// Sequence length, `s`.
    Seq, "seq"
);
dimension!(
    /// Hidden size, `h`.
    Hidden, "hidden"
);
dimension!(
    /// Head dim, `d = h / a`.
    HeadDim, "head_dim"
);

dimension!(
    /// Head dim of the values, where that is not the one of queries and keys.
    HeadDimV, "head_dim_v"
);
dimension!(
    /// Heads of keys and of values: fewer than the heads with grouped-query attention.
    KvHeads, "kv_heads"
);
dimension!(
    /// Length of the keys, where that is not the sequence length of the queries: in decoding, or with a cache.
    SeqKey, "seq_key"
);
dimension!(
    /// Width of the MLP.
    Ffn, "ffn"
);
dimension!(
    /// Vocabulary.
    Vocab, "vocab"
);
dimension!(
    /// Tensor-parallel ranks that share a product.
    TensorParallel, "tensor_parallel"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_1_to_what_blas_takes() {
        assert_eq!(Heads::new(1).unwrap().get(), 1);
        assert_eq!(HeadDim::new(MAX_DIMENSION).unwrap().get(), 2_147_483_647);
        let error = Seq::new(0).unwrap_err();
        assert_eq!(error.to_string(), "seq = 0: want 1 to 2147483647");
        assert!(Hidden::new(MAX_DIMENSION + 1).is_err());
        assert!(Batch::new(u64::MAX).is_err());
    }
}
