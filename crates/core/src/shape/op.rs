//! The products: one table of all that is to be known of each. What adds an op adds an entry here, and what
//! computes it.

use crate::words::text_enum::text_enum;

/// How many products one launch of an op has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// One for each head of each sequence of the batch, b·a. Tensor-parallel ranks share the heads.
    PerHead,
    /// One.
    One,
    /// As many as are asked for.
    Any,
}

/// What a size of an op's GEMM is, as the layer has it. In the order in which messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Side {
    /// The tokens of the batch, b·s.
    Tokens,
    /// The sequence length s.
    Seq,
    /// The head dim d.
    HeadDim,
    /// The hidden size h.
    Hidden,
    /// What the heads of one rank are wide together: a·d over the ranks, three times that for queries, keys
    /// and values.
    HeadsWidth,
    /// The width of one rank's part of the MLP.
    MlpWidth,
    /// The vocabulary.
    Vocabulary,
    /// Any size: the product is of no layer.
    Free,
}

impl Side {
    /// Whether the sizes of the layer are all that it takes.
    fn is_known_of_layer(self) -> bool {
        matches!(self, Side::Tokens | Side::Seq | Side::HeadDim | Side::Hidden)
    }

    /// In a sentence, `k being the …`; none for a size that has no name of its own.
    #[must_use]
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Side::Tokens => Some("tokens of the batch"),
            Side::Seq => Some("sequence length"),
            Side::HeadDim => Some("head dim"),
            Side::Hidden => Some("hidden size"),
            Side::HeadsWidth => Some("width of the heads"),
            Side::MlpWidth => Some("width of the MLP"),
            Side::Vocabulary => Some("vocabulary"),
            Side::Free => None,
        }
    }

    /// The key of specs and results files that sets it, where one key does.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Side::Seq => Some("seq"),
            Side::HeadDim => Some("head_dim"),
            Side::Hidden => Some("hidden"),
            Side::Tokens | Side::HeadsWidth | Side::MlpWidth | Side::Vocabulary | Side::Free => None,
        }
    }

    /// Whether it is in proportion to the head dim, where heads, batch and sequence length stay.
    fn grows_with_head_dim(self) -> bool {
        match self {
            Side::HeadDim | Side::Hidden | Side::HeadsWidth | Side::MlpWidth => true,
            Side::Tokens | Side::Seq | Side::Vocabulary | Side::Free => false,
        }
    }
}

/// All that is to be known of an op beside its word.
struct Facts {
    definition: &'static str,
    title: &'static str,
    products: Products,
    /// m, n and k.
    sides: [Side; 3],
    /// Whether some benchmarks run it the other way round, n as k and k as n.
    turned_as_well: bool,
    /// Whether there are charts of it, over hidden size, over two sizes and under the roofline.
    has_chart: bool,
}

macro_rules! ops {
    ($( #[doc = $definition:literal] $op:ident = $word:literal { $($fact:ident: $value:expr),+ $(,)? } )+) => {
        text_enum! {
            /// Which product. All but `gemm` and `bmm` are products of a transformer layer.
            #[non_exhaustive]
            Op, "op" { $( #[doc = $definition] $op = $word, )+ }
        }

        impl Op {
            fn facts(self) -> Facts {
                match self {
                    $( Op::$op => Facts { definition: $definition, $($fact: $value),+ }, )+
                }
            }
        }
    };
}

// The titles of the first two are those of the published charts (arXiv 2401.14489).
ops! {
    /// Query times key transposed.
    Score = "score" {
        title: "Attention Key Query Score",
        products: Products::PerHead,
        sides: [Side::Seq, Side::Seq, Side::HeadDim],
        turned_as_well: false,
        has_chart: true,
    }
    /// Attention probabilities times values.
    Values = "values" {
        title: "Attention over Values",
        products: Products::PerHead,
        sides: [Side::Seq, Side::HeadDim, Side::Seq],
        turned_as_well: false,
        has_chart: true,
    }
    /// Hidden states to queries, keys and values.
    Qkv = "qkv" {
        title: "Attention Query Key Value Transform",
        products: Products::One,
        sides: [Side::Tokens, Side::HeadsWidth, Side::Hidden],
        turned_as_well: false,
        has_chart: false,
    }
    /// The heads' outputs back to hidden states.
    Projection = "projection" {
        title: "Attention Output Projection",
        products: Products::One,
        sides: [Side::Tokens, Side::Hidden, Side::HeadsWidth],
        turned_as_well: false,
        has_chart: false,
    }
    /// Hidden states to the MLP's wider ones.
    MlpUp = "mlp_up" {
        title: "MLP Up Projection",
        products: Products::One,
        sides: [Side::Tokens, Side::MlpWidth, Side::Hidden],
        turned_as_well: false,
        has_chart: false,
    }
    /// The MLP's wider states back to hidden ones.
    MlpDown = "mlp_down" {
        title: "MLP Down Projection",
        products: Products::One,
        sides: [Side::Tokens, Side::Hidden, Side::MlpWidth],
        turned_as_well: false,
        has_chart: false,
    }
    /// Hidden states to scores over the vocabulary.
    Logits = "logits" {
        title: "Logits over Vocabulary",
        products: Products::One,
        sides: [Side::Tokens, Side::Vocabulary, Side::Hidden],
        // EleutherAI/cookbook multiplies by the transposed embedding.
        turned_as_well: true,
        has_chart: false,
    }
    /// One product of no layer.
    Gemm = "gemm" {
        title: "Matrix Product",
        products: Products::One,
        sides: [Side::Free; 3],
        turned_as_well: false,
        has_chart: false,
    }
    /// A batch of products of no layer.
    Bmm = "bmm" {
        title: "Batched Matrix Products",
        products: Products::Any,
        sides: [Side::Free; 3],
        turned_as_well: false,
        has_chart: false,
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

    /// What m, n and k of its GEMM are: the way that weights are applied.
    pub(crate) fn sides(self) -> [Side; 3] {
        self.facts().sides
    }

    /// Whether its GEMM may be the other way round, n as k and k as n.
    pub(crate) fn may_be_turned(self) -> bool {
        self.facts().turned_as_well
    }

    /// Whether it is a product of a layer, whose sizes then are known, or any product.
    #[must_use]
    pub fn is_of_layer(self) -> bool {
        !self.sides().contains(&Side::Free)
    }

    /// Whether the sizes of the layer are all that its GEMM takes: a sweep over them can measure it.
    #[must_use]
    pub fn is_determined_by_layer(self) -> bool {
        self.sides().into_iter().all(Side::is_known_of_layer)
    }

    /// Every op that a sweep over the sizes of a layer can measure.
    pub fn all_determined_by_layer() -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(|op| op.is_determined_by_layer())
    }

    /// Whether there are charts of it.
    #[must_use]
    pub fn has_chart(self) -> bool {
        self.facts().has_chart
    }

    /// Every op that there are charts of.
    pub fn all_with_chart() -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(|op| op.has_chart())
    }

    /// The power of the head dim that its FLOP grow with, where heads, batch and sequence length stay: time
    /// grows by no more along a line of its chart.
    #[must_use]
    pub fn growth(self) -> i32 {
        self.sides().into_iter().map(|side| i32::from(side.grows_with_head_dim())).sum()
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
    fn a_layer_of_heads_determines_the_two_products_of_attention() {
        assert_eq!(Op::all_determined_by_layer().collect::<Vec<_>>(), [Op::Score, Op::Values]);
        let of_none: Vec<_> = Op::ALL.iter().filter(|op| !op.is_of_layer()).collect();
        assert_eq!(of_none, [&Op::Gemm, &Op::Bmm]);
    }

    #[test]
    fn charts_are_over_sizes_of_a_layer() {
        assert!(Op::all_with_chart().all(Op::is_of_layer));
    }

    #[test]
    fn work_grows_with_the_head_dim_as_the_sides_do() {
        let grows = |op: Op| op.growth();
        assert_eq!([Op::Score, Op::Values].map(grows), [1, 1]);
        assert_eq!([Op::Qkv, Op::Projection, Op::MlpUp, Op::MlpDown].map(grows), [2, 2, 2, 2]);
        assert_eq!([Op::Logits, Op::Gemm, Op::Bmm].map(grows), [1, 0, 0]);
    }
}
