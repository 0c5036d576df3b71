//! The products of a pass, with what each is for.

use crate::fused::FusedAttention;
use hovera_core::{Gemm, Layout, Op, Pass};

/// One matrix product, or a batch of them, as a library is called for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaidOutGemm {
    /// The sizes: C\[m×n\] = A\[m×k\]·B\[k×n\], so many times.
    pub gemm: Gemm,
    /// How A and B are stored.
    pub layout: Layout,
}

/// A product of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What it is for, such as `qkv` or `mlp_down`.
    pub name: String,
    /// Of which pass.
    pub pass: Pass,
    /// The product.
    pub product: LaidOutGemm,
    /// How often a layer, or what stands around the layers, has it.
    pub times: u64,
}

impl Counted {
    /// Floating-point operations of all of them in a layer. This sum and those below stop at what fits, which no model
    /// comes near.
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.product.gemm.flop().saturating_mul(self.times.into())
    }

    /// Whether fused attention stands for it.
    #[must_use]
    pub fn is_of_attention(&self) -> bool {
        Op::all_of_attention().any(|op| op.as_str() == self.name)
    }
}

/// A kind of layer, or what stands around the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is called, `layer` where all are alike.
    pub name: String,
    /// How many of it the model has.
    pub repeats: u32,
    /// What it computes, in its order; the backward products after all forward ones.
    pub products: Vec<Counted>,
    /// Its attention in one kernel, forward and, in a training step, backward: in the place of the products that
    /// [are of attention](Counted::is_of_attention), never beside them. None where a section has no attention, or sizes
    /// that no library takes.
    pub fused: Vec<FusedAttention>,
}

impl Section {
    /// Floating-point operations of one of its kind with attention in one kernel; none where it has none.
    #[must_use]
    pub fn fused_flop(&self) -> Option<u128> {
        let others = self.products.iter().filter(|counted| !counted.is_of_attention()).map(Counted::flop);
        let fused = self.fused.iter().map(FusedAttention::flop);
        (!self.fused.is_empty()).then(|| others.chain(fused).fold(0, u128::saturating_add))
    }

    /// Floating-point operations of one of its kind.
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.products.iter().map(Counted::flop).fold(0, u128::saturating_add)
    }
}

/// Everything that one rank multiplies in a pass of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProducts {
    /// The kinds of layer, and last what stands around them.
    pub sections: Vec<Section>,
    /// What is otherwise than one might expect, a sentence each.
    pub remarks: Vec<String>,
}

impl ModelProducts {
    /// Floating-point operations of the whole pass, on this rank.
    #[must_use]
    pub fn flop(&self) -> u128 {
        let flop = |section: &Section| section.flop().saturating_mul(section.repeats.into());
        self.sections.iter().map(flop).fold(0, u128::saturating_add)
    }

    /// Each fused attention once, in the order in which it first comes.
    #[must_use]
    pub fn distinct_fused(&self) -> Vec<FusedAttention> {
        let mut distinct = Vec::new();
        for fused in self.sections.iter().flat_map(|section| &section.fused) {
            if !distinct.contains(fused) {
                distinct.push(*fused);
            }
        }
        distinct
    }

    /// Each product once, in the order in which it first comes.
    #[must_use]
    pub fn distinct(&self) -> Vec<LaidOutGemm> {
        let mut distinct = Vec::new();
        for counted in self.sections.iter().flat_map(|section| &section.products) {
            if !distinct.contains(&counted.product) {
                distinct.push(counted.product);
            }
        }
        distinct
    }
}

/// A product before the passes: its name, how often it comes, and both operands.
#[derive(Debug, Clone)]
pub(crate) struct Forward {
    pub(crate) name: &'static str,
    pub(crate) product: LaidOutGemm,
    pub(crate) times: u64,
}

impl Forward {
    pub(crate) fn pass(&self, pass: Pass) -> Counted {
        Counted { name: self.name.to_owned(), pass, product: of_pass(self.product, pass), times: self.times }
    }
}

/// Of C\[m×n\] = A\[m×k\]·B\[k×n\] the gradients are dA\[m×k\] = dC·Bᵀ and dB\[k×n\] = Aᵀ·dC. Where B is stored n×k its
/// gradient is too: dBᵀ\[n×k\] = dCᵀ·A. All are stored by rows, as PyTorch has them.
fn of_pass(LaidOutGemm { gemm, layout }: LaidOutGemm, pass: Pass) -> LaidOutGemm {
    let sizes = |m: u32, n: u32, k: u32| {
        let [batch, m, n, k] = [gemm.gemm_batch(), m, n, k].map(u64::from);
        Gemm::new(batch, m, n, k).expect("the same sizes in other places")
    };
    let (m, n, k) = (gemm.m(), gemm.n(), gemm.k());
    let b_is_transposed = layout.transposes_b();
    match pass {
        // No product of matrices has one backward pass: it has two gradients.
        Pass::Forward | Pass::Backward => LaidOutGemm { gemm, layout },
        // B is now an operand whose rows are n of the product, or k of it.
        Pass::DataGradient => LaidOutGemm {
            gemm: sizes(m, k, n),
            layout: if b_is_transposed { Layout::Nn } else { Layout::Nt },
        },
        Pass::WeightGradient if b_is_transposed => LaidOutGemm { gemm: sizes(n, k, m), layout: Layout::Tn },
        Pass::WeightGradient => LaidOutGemm { gemm: sizes(k, n, m), layout: Layout::Tn },
    }
}
