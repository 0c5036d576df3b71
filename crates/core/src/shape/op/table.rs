//! One table of all that is to be known of each op. What adds an op adds an entry here, and what computes it.

use super::{Needs, Pass, Products, Side, Work};
use crate::shape::vocabulary::Layout;
use crate::words::text_enum::text_enum;

/// All that is to be known of an op beside its word.
pub(super) struct Facts {
    pub(super) definition: &'static str,
    pub(super) title: &'static str,
    pub(super) products: Products,
    /// m, n and k, forward.
    pub(super) sides: [Side; 3],
    /// What it is computed in, in the order in which they are told: forward first.
    pub(super) passes: &'static [Pass],
    pub(super) work: Work,
    /// How PyTorch stores the operands, in each of the passes. `score` is, forward, as the original benchmark has it.
    pub(super) layouts: &'static [Layout],
    /// Whether B is stored n×k and so its gradient, as keys and the weights of `torch.nn.Linear` are.
    pub(super) b_is_transposed: bool,
    /// Whether some benchmarks run it the other way round, n as k and k as n.
    pub(super) turned_as_well: bool,
    /// Whether its charts are as the published ones: over hidden size, a line for each series.
    pub(super) is_published: bool,
    /// How often a layer has it.
    pub(super) in_layer: u32,
}

/// The passes of a product of matrices.
const OF_A_PRODUCT: &[Pass] = &[Pass::Forward, Pass::DataGradient, Pass::WeightGradient];

impl Facts {
    /// A product with weights of `torch.nn.Linear`.
    const fn linear(definition: &'static str, title: &'static str, sides: [Side; 3]) -> Facts {
        Facts {
            definition,
            title,
            products: Products::One,
            sides,
            passes: OF_A_PRODUCT,
            work: Work::Product,
            layouts: &[Layout::Nt, Layout::Nn, Layout::Tn],
            b_is_transposed: true,
            turned_as_well: false,
            is_published: false,
            in_layer: 1,
        }
    }

    /// Products of no layer.
    const fn free(definition: &'static str, title: &'static str, products: Products) -> Facts {
        Facts {
            products,
            passes: &[Pass::Forward],
            layouts: &[Layout::Nn],
            b_is_transposed: false,
            in_layer: 0,
            ..Facts::linear(definition, title, [Side::Free; 3])
        }
    }

    pub(super) const fn needs(&self) -> Needs {
        let of_products = match self.products {
            Products::PerHead => Needs::HEADS.and(Needs::BATCH).and(Needs::KV_HEADS).and(Needs::RANKS),
            Products::PerQueryHead => Needs::HEADS.and(Needs::BATCH).and(Needs::RANKS),
            Products::One => Needs::NOTHING,
            Products::Any => Needs::GEMM_BATCH,
        };
        let of_values = match self.work {
            Work::Fused => Needs::HEAD_DIM_V,
            Work::Product | Work::Rows => Needs::NOTHING,
        };
        let [m, n, k] = self.sides;
        let all = of_products.and(of_values).and(m.needs()).and(n.needs()).and(k.needs());
        match self.products {
            // The queries of a head are its own.
            Products::PerQueryHead => all.without(Needs::KV_HEADS),
            _ => all,
        }
    }
}

macro_rules! ops {
    ($( #[doc = $definition:literal] $op:ident = $word:literal => |$name:ident| $facts:expr; )+) => {
        text_enum! {
            /// Which product. All but `gemm` and `bmm` are products of a transformer layer.
            #[non_exhaustive]
            Op, "op" { $( #[doc = $definition] $op = $word, )+ }
        }

        impl Op {
            pub(super) const fn facts(self) -> &'static Facts {
                match self {
                    $( Op::$op => {
                        const $name: &str = $definition;
                        const { &$facts }
                    } )+
                }
            }
        }
    };
}

// The titles of the first two are those of the published charts (arXiv 2401.14489).
ops! {
    /// Query times key transposed.
    Score = "score" => |DEFINITION| Facts {
        definition: DEFINITION,
        title: "Attention Key Query Score",
        products: Products::PerHead,
        sides: [Side::Seq, Side::SeqKey, Side::HeadDim],
        passes: OF_A_PRODUCT,
        work: Work::Product,
        layouts: &[Layout::Nn, Layout::Nn, Layout::Tn],
        b_is_transposed: true,
        turned_as_well: false,
        is_published: true,
        in_layer: 1,
    };
    /// The softmax of each row of the scores: attention probabilities. No scale and no mask.
    Softmax = "softmax" => |DEFINITION| Facts {
        definition: DEFINITION,
        title: "Attention Softmax",
        products: Products::PerQueryHead,
        sides: [Side::Seq, Side::SeqKey, Side::One],
        passes: &[Pass::Forward],
        work: Work::Rows,
        layouts: &[Layout::Nn],
        b_is_transposed: false,
        turned_as_well: false,
        is_published: false,
        // A layer is told by its products of matrices.
        in_layer: 0,
    };
    /// Attention probabilities times values.
    Values = "values" => |DEFINITION| Facts {
        definition: DEFINITION,
        title: "Attention over Values",
        products: Products::PerHead,
        sides: [Side::Seq, Side::HeadDim, Side::SeqKey],
        passes: OF_A_PRODUCT,
        work: Work::Product,
        layouts: &[Layout::Nn, Layout::Nt, Layout::Tn],
        b_is_transposed: false,
        turned_as_well: false,
        is_published: true,
        in_layer: 1,
    };
    /// Scores, softmax and values in one kernel: what most models run. Its GEMM is that of the scores.
    Attention = "attention" => |DEFINITION| Facts {
        definition: DEFINITION,
        title: "Attention, fused",
        products: Products::PerHead,
        sides: [Side::Seq, Side::SeqKey, Side::HeadDim],
        passes: &[Pass::Forward, Pass::Backward],
        work: Work::Fused,
        layouts: &[Layout::Nt, Layout::Nt],
        b_is_transposed: true,
        turned_as_well: false,
        is_published: true,
        // Where a layer is told by its products, these are the two that it stands for.
        in_layer: 0,
    };
    /// Hidden states to queries, keys and values, in one product.
    Qkv = "qkv" => |DEFINITION| Facts::linear(
        DEFINITION,
        "Attention Query Key Value Transform",
        [Side::Tokens, Side::QkvWidth, Side::Hidden],
    );
    /// Hidden states to queries.
    Query = "query" => |DEFINITION| Facts::linear(
        DEFINITION,
        "Attention Query Transform",
        [Side::Tokens, Side::HeadsWidth, Side::Hidden],
    );
    /// Hidden states to keys, or to values: both have the same sizes.
    Key = "key" => |DEFINITION| Facts {
        in_layer: 2,
        ..Facts::linear(
            DEFINITION,
            "Attention Key or Value Transform",
            [Side::Tokens, Side::KeysWidth, Side::Hidden],
        )
    };
    /// The heads' outputs back to hidden states.
    Projection = "projection" => |DEFINITION| Facts::linear(
        DEFINITION,
        "Attention Output Projection",
        [Side::Tokens, Side::Hidden, Side::HeadsWidth],
    );
    /// Hidden states to the MLP's wider states.
    MlpUp = "mlp_up" => |DEFINITION| Facts::linear(
        DEFINITION,
        "MLP Up",
        [Side::Tokens, Side::MlpWidth, Side::Hidden],
    );
    /// Hidden states to the gate, by which a gated MLP multiplies its wider states.
    MlpGate = "mlp_gate" => |DEFINITION| Facts::linear(
        DEFINITION,
        "MLP Gate",
        [Side::Tokens, Side::MlpWidth, Side::Hidden],
    );
    /// The MLP's wider states back to hidden states.
    MlpDown = "mlp_down" => |DEFINITION| Facts::linear(
        DEFINITION,
        "MLP Down",
        [Side::Tokens, Side::Hidden, Side::MlpWidth],
    );
    /// Hidden states to scores over the vocabulary.
    Logits = "logits" => |DEFINITION| Facts {
        // EleutherAI/cookbook multiplies by the transposed embedding.
        turned_as_well: true,
        in_layer: 0,
        ..Facts::linear(
            DEFINITION,
            "Logits",
            [Side::Tokens, Side::Vocabulary, Side::Hidden],
        )
    };
    /// One product of no layer.
    Gemm = "gemm" => |DEFINITION| Facts::free(DEFINITION, "GEMM", Products::One);
    /// A batch of products of no layer.
    Bmm = "bmm" => |DEFINITION| Facts::free(DEFINITION, "Batched GEMM", Products::Any);
}
