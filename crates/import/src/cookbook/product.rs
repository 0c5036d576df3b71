//! A component of a log as the GEMM that it is.

use super::component;
use super::line::{Configuration, Label};
use hovera_core::{
    AttentionShape, Batch, Cache, Dtype, Engine, Ffn, Gemm, Heads, Hidden, Layout, Mask, ModelSizes, Op,
    Pacing, Pass, Point, Products, Seq, ShapeError, TensorParallel, Vocab,
};

/// A GEMM, and the ranks that share its layer.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) point: Point,
    pub(super) ranks: Option<u32>,
    pub(super) notes: Vec<String>,
}

/// Why a component is none.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its label does not say what it is.
    Unreadable(String),
    /// It is not what its configuration makes it.
    Misfit(String),
}

/// What the script calls for an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// `torch.mm`.
    Mm,
    /// `torch.bmm`.
    Bmm,
    /// `torch.nn.functional.linear`, whose weights are stored transposed.
    Linear,
}

impl Call {
    fn of_op(op: Op) -> Call {
        match op.products() {
            Products::PerHead | Products::PerQueryHead | Products::Any => Call::Bmm,
            Products::One if op.is_of_layer() => Call::Linear,
            Products::One => Call::Mm,
        }
    }

    fn sizes_in_words(self) -> &'static str {
        match self {
            Call::Mm => "three sizes",
            Call::Bmm => "four sizes",
            Call::Linear => "three sizes and b=",
        }
    }
}

/// The GEMM of a component under the configuration above it. The script's n, the reduction, is BLAS's k, and
/// its k BLAS's n.
pub(super) fn product(
    op: Op,
    label: &Label,
    configuration: Option<&Configuration>,
) -> Result<Product, Fault> {
    let unreadable = |why: String| Fault::Unreadable(format!("{}: {why}", label.spelt));
    // The mm script of 2024 runs a linear layer of no model.
    let call = if op == Op::Gemm && label.b.is_some() { Call::Linear } else { Call::of_op(op) };
    let (gemm, layout) = match (call, label.sizes.as_slice(), label.b) {
        (Call::Mm, &[m, n, k], None) => (Gemm::new(1, m, k, n), Layout::Nn),
        (Call::Bmm, &[b, m, n, k], None) => (Gemm::new(b, m, k, n), Layout::Nn),
        // A is b x m x n, B is k x n: one product of all of A's rows.
        (Call::Linear, &[m, n, k], Some(b)) => (Gemm::new(1, b.saturating_mul(m), k, n), Layout::Nt),
        _ => return Err(unreadable(format!("want {}", call.sizes_in_words()))),
    };
    let gemm = gemm.map_err(|error| unreadable(error.to_string()))?;
    let point = |model| Point {
        op,
        pass: Pass::Forward,
        mask: Mask::None,
        dtype: Dtype::F16,
        layout,
        engine: Engine::Cublas,
        pacing: Pacing::None,
        cache: Cache::Hot,
        model,
        gemm,
    };
    if !op.is_of_layer() {
        return Ok(Product { point: point(ModelSizes::default()), ranks: None, notes: Vec::new() });
    }
    let configuration = configuration
        .ok_or_else(|| unreadable("no line above says num_attention_heads, hidden_size, …".to_owned()))?;
    let misfit = |why: String| Fault::Misfit(format!("{}: {why}", label.spelt));
    // Older configurations do not tell the sequence length: the component does.
    let seq = configuration.seq.or(label.b).unwrap_or(label.sizes[1]);
    let want = component::sizes(op, configuration, seq);
    if want.as_ref().is_none_or(|want| label.sizes != *want) || label.b.is_some_and(|b| b != seq) {
        let want = want.map(|sizes| sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x"));
        return Err(misfit(format!("want {} and s = {seq}", want.as_deref().unwrap_or("smaller sizes"))));
    }
    let layer = layer(configuration, seq).map_err(|error| misfit(error.to_string()))?;
    let point = point(model(op, configuration, layer, gemm));
    point.check().map_err(|error| misfit(error.to_string()))?;
    let ranks = u32::try_from(configuration.ranks).ok();
    Ok(Product { point, ranks, notes: notes(op, configuration.ranks) })
}

fn notes(op: Op, ranks: u64) -> Vec<String> {
    let mut notes = Vec::new();
    if op == Op::Logits {
        notes.push(
            "as the original runs it: the reduction is over the vocabulary, not shared by ranks".to_owned(),
        );
    } else if ranks > 1 {
        notes.push(format!("one of {ranks} tensor-parallel ranks"));
    }
    notes
}

/// The sizes of the model as a sweep of one's own has them, where these make the GEMM. The scripts' MLP is four times as
/// wide as the hidden size.
fn model(op: Op, configuration: &Configuration, layer: AttentionShape, gemm: Gemm) -> ModelSizes {
    let of_layer = ModelSizes::from(layer);
    let told = ModelSizes {
        ffn: Ffn::new(configuration.hidden.saturating_mul(4)).ok(),
        vocab: configuration.vocabulary.and_then(|vocab| Vocab::new(vocab).ok()),
        tensor_parallel: TensorParallel::new(configuration.ranks).ok(),
        ..of_layer
    };
    match hovera_core::Product::of_model(op, Pass::Forward, &told) {
        Ok(product) if product.gemm == gemm => product.model,
        _ => of_layer,
    }
}

fn layer(configuration: &Configuration, seq: u64) -> Result<AttentionShape, ShapeError> {
    AttentionShape::from_hidden_floored(
        Heads::new(configuration.heads)?,
        Batch::new(configuration.batch)?,
        Seq::new(seq)?,
        Hidden::new(configuration.hidden)?,
    )
}
