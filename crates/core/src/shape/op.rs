//! The products: one table of all that is to be known of each. What adds an op adds an entry here, and what
//! computes it.

use crate::shape::vocabulary::Layout;
use crate::words::text_enum::text_enum;

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

/// A set of the sizes that a product can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs(u16);

impl Needs {
    const NOTHING: Needs = Needs(0);
    pub(crate) const HEADS: Needs = Needs(1);
    const BATCH: Needs = Needs(1 << 1);
    const SEQ: Needs = Needs(1 << 2);
    pub(crate) const HIDDEN: Needs = Needs(1 << 3);
    pub(crate) const HEAD_DIM: Needs = Needs(1 << 4);
    pub(crate) const KV_HEADS: Needs = Needs(1 << 5);
    pub(crate) const SEQ_KEY: Needs = Needs(1 << 6);
    pub(crate) const FFN: Needs = Needs(1 << 7);
    pub(crate) const VOCAB: Needs = Needs(1 << 8);
    const RANKS: Needs = Needs(1 << 9);
    const GEMM_BATCH: Needs = Needs(1 << 10);
    /// m, n and k.
    const OF_ITS_OWN: Needs = Needs(1 << 11);
    pub(crate) const HEAD_DIM_V: Needs = Needs(1 << 12);

    /// What a key of a spec says.
    fn of_key(key: &str) -> Needs {
        match key {
            "heads" => Needs::HEADS,
            "batch" => Needs::BATCH,
            "seq" => Needs::SEQ,
            "hidden" => Needs::HIDDEN,
            "head_dim" => Needs::HEAD_DIM,
            "head_dim_v" => Needs::HEAD_DIM_V,
            "kv_heads" => Needs::KV_HEADS,
            "seq_key" => Needs::SEQ_KEY,
            "ffn" => Needs::FFN,
            "vocab" => Needs::VOCAB,
            "tensor_parallel" => Needs::RANKS,
            "gemm_batch" => Needs::GEMM_BATCH,
            "m" | "n" | "k" => Needs::OF_ITS_OWN,
            _ => Needs::NOTHING,
        }
    }

    const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    const fn without(self, other: Needs) -> Needs {
        Needs(self.0 & !other.0)
    }

    /// Whether any of the others is in it.
    pub(crate) const fn has(self, any: Needs) -> bool {
        self.0 & any.0 != 0
    }
}

/// What a size of an op's GEMM is, as the layer has it. In the order in which messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Side {
    /// The tokens of the batch, b·s.
    Tokens,
    /// The queries that share a head of keys: the sequence length s, times the heads over the heads of keys.
    Seq,
    /// The length of the keys.
    SeqKey,
    /// The head dim d.
    HeadDim,
    /// The hidden size h.
    Hidden,
    /// What the heads of one rank are wide together, a·d over the ranks.
    HeadsWidth,
    /// What the heads of keys, or of values, of one rank are wide together, kv·d over the ranks.
    KeysWidth,
    /// What the queries, keys and values of one rank are wide together, (a + 2·kv)·d over the ranks.
    QkvWidth,
    /// The width of one rank's part of the MLP.
    MlpWidth,
    /// One rank's part of the vocabulary.
    Vocabulary,
    /// Any size: the product is of no layer.
    Free,
    /// 1: what is computed of rows alone has no reduction over a third size.
    One,
}

impl Side {
    /// In a sentence, `k being the …`; none for a size that has no name of its own.
    #[must_use]
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Side::Tokens => Some("tokens of the batch"),
            Side::Seq => Some("sequence length"),
            Side::SeqKey => Some("length of the keys"),
            Side::HeadDim => Some("head dim"),
            Side::Hidden => Some("hidden size"),
            Side::HeadsWidth => Some("width of the heads"),
            Side::KeysWidth => Some("width of the heads of keys"),
            Side::QkvWidth => Some("width of queries, keys and values"),
            Side::MlpWidth => Some("width of the MLP"),
            Side::Vocabulary => Some("vocabulary"),
            Side::Free | Side::One => None,
        }
    }

    /// The key of specs and results files that sets it, where one key does.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Side::Seq => Some("seq"),
            Side::SeqKey => Some("seq_key"),
            Side::HeadDim => Some("head_dim"),
            Side::Hidden => Some("hidden"),
            _ => None,
        }
    }

    /// What it depends on.
    const fn needs(self) -> Needs {
        match self {
            Side::Tokens => Needs::BATCH.and(Needs::SEQ),
            Side::Seq => Needs::HEADS.and(Needs::KV_HEADS).and(Needs::SEQ),
            Side::SeqKey => Needs::SEQ.and(Needs::SEQ_KEY),
            Side::HeadDim => Needs::HEAD_DIM,
            Side::Hidden => Needs::HIDDEN,
            Side::HeadsWidth => Needs::HEADS.and(Needs::HEAD_DIM).and(Needs::RANKS),
            Side::KeysWidth | Side::QkvWidth => Side::HeadsWidth.needs().and(Needs::KV_HEADS),
            Side::MlpWidth => Needs::FFN.and(Needs::RANKS),
            Side::Vocabulary => Needs::VOCAB.and(Needs::RANKS),
            Side::Free => Needs::OF_ITS_OWN,
            Side::One => Needs::NOTHING,
        }
    }

    /// Whether ranks share it.
    pub(super) fn is_shared(self) -> bool {
        self.needs().has(Needs::RANKS)
    }

    /// Whether it is in proportion to the head dim, where heads, batch and sequence length stay.
    fn grows_with_head_dim(self) -> bool {
        match self {
            Side::HeadDim
            | Side::Hidden
            | Side::HeadsWidth
            | Side::KeysWidth
            | Side::QkvWidth
            | Side::MlpWidth => true,
            Side::Tokens | Side::Seq | Side::SeqKey | Side::Vocabulary | Side::Free | Side::One => false,
        }
    }
}

/// All that is to be known of an op beside its word.
struct Facts {
    definition: &'static str,
    title: &'static str,
    products: Products,
    /// m, n and k, forward.
    sides: [Side; 3],
    /// What it is computed in, in the order in which they are told: forward first.
    passes: &'static [Pass],
    work: Work,
    /// How PyTorch stores the operands, in each of the passes. `score` is, forward, as the original benchmark has it.
    layouts: &'static [Layout],
    /// Whether B is stored n×k and so its gradient, as keys and the weights of `torch.nn.Linear` are.
    b_is_transposed: bool,
    /// Whether some benchmarks run it the other way round, n as k and k as n.
    turned_as_well: bool,
    /// Whether its charts are as the published ones: over hidden size, a line for each series.
    is_published: bool,
    /// How often a layer has it.
    in_layer: u32,
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

    const fn needs(&self) -> Needs {
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
            const fn facts(self) -> &'static Facts {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_titles() {
        assert_eq!(Op::Score.title(), "Attention Key Query Score");
        assert_eq!(Op::Values.title(), "Attention over Values");
    }

    #[test]
    fn a_definition_is_a_sentence_and_no_two_ops_share_a_title() {
        for op in Op::ALL {
            let definition = op.definition();
            assert!(definition.ends_with('.') && definition.trim() == definition, "{op}: {definition:?}");
            assert_eq!(Op::ALL.iter().filter(|other| other.title() == op.title()).count(), 1, "{op}");
        }
    }

    #[test]
    fn two_products_are_of_attention_and_two_of_no_layer() {
        assert_eq!(Op::all_of_attention().collect::<Vec<_>>(), [Op::Score, Op::Values]);
        let with_heads: Vec<_> = Op::ALL.iter().filter(|op| op.is_of_attention()).collect();
        assert_eq!(with_heads, [&Op::Score, &Op::Values, &Op::Attention]);
        let of_none: Vec<_> = Op::ALL.iter().filter(|op| !op.is_of_layer()).collect();
        assert_eq!(of_none, [&Op::Gemm, &Op::Bmm]);
    }

    #[test]
    fn the_published_charts_are_over_sizes_of_a_layer() {
        assert_eq!(Op::all_published().collect::<Vec<_>>(), [Op::Score, Op::Values, Op::Attention]);
        assert!(Op::all_published().all(Op::is_of_layer));
    }

    #[test]
    fn a_layer_has_keys_and_values_and_no_logits() {
        let counts = [Op::Query, Op::Key, Op::MlpDown, Op::Logits, Op::Gemm, Op::Attention, Op::Softmax]
            .map(Op::in_layer);
        assert_eq!(counts, [1, 2, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn each_pass_of_an_op_has_a_layout_and_only_what_is_fused_has_one_backward_pass() {
        for op in Op::ALL {
            assert_eq!(op.passes().len(), op.facts().layouts.len(), "{op}");
            assert_eq!(op.passes()[0], Pass::Forward, "{op}");
            assert_eq!(op.passes().contains(&Pass::Backward), op.is_fused(), "{op}");
        }
    }

    #[test]
    fn every_op_is_a_product_but_attention_in_one_kernel_and_the_softmax() {
        let of = |work| Op::ALL.iter().copied().filter(|op| op.work() == work).collect::<Vec<_>>();
        assert_eq!((of(Work::Fused), of(Work::Rows)), (vec![Op::Attention], vec![Op::Softmax]));
        for op in Op::ALL.iter().copied() {
            assert_eq!([op.is_product(), op.is_fused(), op.is_of_rows()].iter().filter(|is| **is).count(), 1);
        }
    }

    #[test]
    fn an_op_depends_on_the_sizes_of_its_sides_and_no_others() {
        let keys = [
            "heads",
            "batch",
            "seq",
            "hidden",
            "head_dim",
            "head_dim_v",
            "kv_heads",
            "seq_key",
            "ffn",
            "vocab",
            "tensor_parallel",
            "gemm_batch",
            "m",
            "n",
            "k",
        ];
        let of = |op: Op| keys.into_iter().filter(|key| op.depends_on(key)).collect::<Vec<_>>().join(" ");
        assert_eq!(of(Op::Score), "heads batch seq head_dim kv_heads seq_key tensor_parallel");
        assert_eq!(of(Op::Attention), "heads batch seq head_dim head_dim_v kv_heads seq_key tensor_parallel");
        // Neither how wide the heads are, nor who shares their keys.
        assert_eq!(of(Op::Softmax), "heads batch seq seq_key tensor_parallel");
        assert_eq!(of(Op::Qkv), "heads batch seq hidden head_dim kv_heads tensor_parallel");
        assert_eq!(of(Op::Projection), "heads batch seq hidden head_dim tensor_parallel");
        assert_eq!(of(Op::MlpGate), "batch seq hidden ffn tensor_parallel");
        assert_eq!(of(Op::Logits), "batch seq hidden vocab tensor_parallel");
        assert_eq!((of(Op::Gemm), of(Op::Bmm)), ("m n k".to_owned(), "gemm_batch m n k".to_owned()));
    }

    #[test]
    fn work_grows_with_the_head_dim_as_the_sides_do() {
        let grows = |op: Op| op.growth();
        assert_eq!([Op::Score, Op::Values].map(grows), [1, 1]);
        assert_eq!([Op::Qkv, Op::Projection, Op::MlpUp, Op::MlpDown].map(grows), [2, 2, 2, 2]);
        assert_eq!([Op::Logits, Op::Gemm, Op::Bmm, Op::Softmax].map(grows), [1, 0, 0, 0]);
    }
}
