//! The products: what is known of each, asked by name. The table of it is in [`table`].

mod needs;
mod side;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use needs::Needs;
pub use side::Side;
pub use table::Op;

use crate::shape::vocabulary::Layout;
use crate::words::text_enum::text_enum;
use table::Facts;

/// What one launch of an op is: what decides who computes it, and what is counted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// A product of matrices, or a batch of them: a GEMM, which any engine but [`Engine::Cudnn`] computes, in any dtype
    /// and layout that it has.
    ///
    /// [`Engine::Cudnn`]: crate::Engine::Cudnn
    Product,
    /// Several products and what is between them in one kernel. It has a [`Mask`], is computed by [`Engine::Cudnn`]
    /// alone, in 16 bits, and its matrices are stored in one way.
    ///
    /// [`Engine::Cudnn`]: crate::Engine::Cudnn
    /// [`Mask`]: crate::Mask
    Fused,
    /// Something of each row of a matrix, which is read once and written once: next to no arithmetic, so that GB/s tell
    /// more of it than TFLOP/s. It is computed by [`Engine::Cudnn`] alone, in 16 bits.
    ///
    /// [`Engine::Cudnn`]: crate::Engine::Cudnn
    Rows,
}

/// How many products one launch of an op has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// One for each head of keys of each sequence of the batch, which is b·a where no heads share keys.
    /// Tensor-parallel ranks share the heads.
    PerHead,
    /// One for each head of queries of each sequence of the batch, b·a, whoever shares keys. Tensor-parallel ranks share
    /// the heads.
    PerQueryHead,
    /// One.
    One,
    /// As many as are asked for.
    Any,
}

text_enum! {
    /// Which part of a training step. The three products of a matrix product have as many FLOP each; what is
    /// [fused](Op::is_fused) has one backward pass.
    Pass, "pass" {
        /// C = A·B.
        Forward = "forward",
        /// The gradient of A, which is that of C times B transposed.
        DataGradient = "data_gradient",
        /// The gradient of B, of weights mostly: A transposed times that of C, or the transpose of it where B is
        /// stored n×k.
        WeightGradient = "weight_gradient",
        /// The gradients of all operands at once.
        Backward = "backward",
    }
}

impl Op {
    /// What it computes, in a sentence.
    #[must_use]
    pub fn definition(self) -> &'static str {
        self.facts().definition.trim()
    }

    /// What charts are called, in the style of the two that were published.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// How many products one launch has.
    #[must_use]
    pub fn products(self) -> Products {
        self.facts().products
    }

    /// What m, n and k of its GEMM are. The gradient of A is m×k, that of B k×n; as it is stored, if B is
    /// transposed, n×k. Of what is fused, those of the forward pass.
    pub(crate) fn sides(self, pass: Pass) -> [Side; 3] {
        let [m, n, k] = self.facts().sides;
        match pass {
            Pass::Forward | Pass::Backward => [m, n, k],
            Pass::DataGradient => [m, k, n],
            Pass::WeightGradient if self.facts().b_is_transposed => [n, k, m],
            Pass::WeightGradient => [k, n, m],
        }
    }

    /// How its operands are stored where nobody says: as PyTorch stores them, and those of `score` and `values`,
    /// forward, as the original benchmark does.
    ///
    /// # Panics
    /// For a pass that is none of [its own](Op::passes).
    #[must_use]
    pub fn usual_layout(self, pass: Pass) -> Layout {
        let Facts { passes, layouts, .. } = self.facts();
        let place = passes.iter().position(|of_op| *of_op == pass);
        layouts[place.expect("a pass of the op")]
    }

    /// The passes that it is computed in.
    #[must_use]
    pub fn passes(self) -> &'static [Pass] {
        self.facts().passes
    }

    /// What one launch of it is.
    #[must_use]
    pub fn work(self) -> Work {
        self.facts().work
    }

    /// Whether it is a product of matrices, or a batch of them, and nothing else: its GEMM is all of it.
    #[must_use]
    pub fn is_product(self) -> bool {
        self.work() == Work::Product
    }

    /// Whether one kernel computes several products and what is between them: [`Work::Fused`].
    #[must_use]
    pub fn is_fused(self) -> bool {
        self.work() == Work::Fused
    }

    /// Whether it is computed row by row, with next to no arithmetic: [`Work::Rows`].
    #[must_use]
    pub fn is_of_rows(self) -> bool {
        self.work() == Work::Rows
    }

    /// Whether its GEMM may be the other way round, n as k and k as n.
    pub(crate) fn may_be_turned(self) -> bool {
        self.facts().turned_as_well
    }

    /// Whether it is a product of a layer, whose sizes then are known, or any product.
    #[must_use]
    pub fn is_of_layer(self) -> bool {
        !self.facts().sides.contains(&Side::Free)
    }

    /// Whether it is of attention alone, and has a GEMM for each head: one of its two products, or both fused.
    #[must_use]
    pub fn is_of_attention(self) -> bool {
        self.products() == Products::PerHead
    }

    /// The two products of attention.
    pub fn all_of_attention() -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(|op| op.is_of_attention() && op.is_product())
    }

    /// Whether its GEMM depends on what this key of a spec says. A hidden size that is not said is heads times head
    /// dim, and a head dim hidden size over heads: that is not counted.
    #[must_use]
    pub fn depends_on(self, key: &str) -> bool {
        self.needs().has(Needs::of_key(key))
    }

    /// All that its GEMM depends on.
    pub(crate) fn needs(self) -> Needs {
        const OF_EACH: [Needs; Op::ALL.len()] = {
            let mut all = [Needs::NOTHING; Op::ALL.len()];
            let mut at = 0;
            while at < all.len() {
                all[at] = Op::ALL[at].facts().needs();
                at += 1;
            }
            all
        };
        OF_EACH[self as usize]
    }

    /// Whether its charts are as the published ones: over hidden size, a line for each series.
    #[must_use]
    pub fn is_published(self) -> bool {
        self.facts().is_published
    }

    /// Every op whose charts are as the published ones.
    pub fn all_published() -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(|op| op.is_published())
    }

    /// How often a layer of a transformer has it: 0 of what is around the layers, or of no model.
    #[must_use]
    pub fn in_layer(self) -> u32 {
        self.facts().in_layer
    }

    /// The power of the head dim that its FLOP grow with, where heads, batch and sequence length stay: time
    /// grows by no more along a line of its chart.
    #[must_use]
    pub fn growth(self) -> i32 {
        self.facts().sides.into_iter().map(|side| i32::from(side.grows_with_head_dim())).sum()
    }
}
