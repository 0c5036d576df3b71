//! A component of a log as the GEMM that it is.

use super::line::{Configuration, Label};
use hovera_core::{
    AttentionShape, Batch, Cache, Dtype, Engine, Gemm, Heads, Hidden, Layout, Op, Pacing, Point, Seq,
    ShapeError,
};

/// A component that is a GEMM, by what the script runs for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `torch.mm` of a product of no layer.
    Mm,
    /// `torch.bmm` of products of no layer.
    Bmm,
    /// `torch.bmm` of an attention product.
    Attention(Op),
    /// `torch.nn.functional.linear`, whose weights are stored transposed.
    Linear(Op),
}

impl Kind {
    /// None for a component that is no GEMM, or that no script of the benchmark is known to print.
    pub(super) fn of(label: &Label) -> Option<Kind> {
        Some(match label.name.as_str() {
            "" if label.sizes.len() == 3 => Kind::Mm,
            "" => Kind::Bmm,
            "bmm" => Kind::Bmm,
            "attention_key_query_prob" | "attention_score" => Kind::Attention(Op::Score),
            "attention_prob_times_values" | "attention_over_value" => Kind::Attention(Op::Values),
            "attention_key_value_query_transform" | "qkv_transform" => Kind::Linear(Op::Qkv),
            "attention_linear_projection" => Kind::Linear(Op::Projection),
            "mlp_h_to_4h" => Kind::Linear(Op::MlpUp),
            "mlp_4h_to_h" => Kind::Linear(Op::MlpDown),
            "logit_block" => Kind::Linear(Op::Logits),
            _ => return None,
        })
    }
}

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

/// The GEMM of a component under the configuration above it. The script's n, the reduction, is BLAS's k, and
/// its k BLAS's n.
pub(super) fn product(
    kind: Kind,
    label: &Label,
    configuration: Option<&Configuration>,
) -> Result<Product, Fault> {
    let unreadable = |why: String| Fault::Unreadable(format!("{}: {why}", label.spelt));
    let (gemm, layout) = match (kind, label.sizes.as_slice(), label.b) {
        (Kind::Mm, &[m, n, k], None) => (Gemm::new(1, m, k, n), Layout::Nn),
        (Kind::Bmm | Kind::Attention(_), &[b, m, n, k], None) => (Gemm::new(b, m, k, n), Layout::Nn),
        // A is b x m x n, B is k x n: one product of all of A's rows.
        (Kind::Linear(_), &[m, n, k], Some(b)) => (Gemm::new(1, b.saturating_mul(m), k, n), Layout::Nt),
        _ => {
            let want = match kind {
                Kind::Mm => "three sizes",
                Kind::Bmm | Kind::Attention(_) => "four sizes",
                Kind::Linear(_) => "three sizes and b=",
            };
            return Err(unreadable(format!("want {want}")));
        }
    };
    let gemm = gemm.map_err(|error| unreadable(error.to_string()))?;
    let point = |op, layer| Point {
        op,
        dtype: Dtype::F16,
        layout,
        engine: Engine::Cublas,
        pacing: Pacing::None,
        cache: Cache::Hot,
        layer,
        gemm,
    };
    let op = match kind {
        Kind::Mm => return Ok(Product { point: point(Op::Gemm, None), ranks: None, notes: Vec::new() }),
        Kind::Bmm => return Ok(Product { point: point(Op::Bmm, None), ranks: None, notes: Vec::new() }),
        Kind::Attention(op) | Kind::Linear(op) => op,
    };
    let configuration = configuration
        .ok_or_else(|| unreadable("no line above says num_attention_heads, hidden_size, …".to_owned()))?;
    let misfit = |why: String| Fault::Misfit(format!("{}: {why}", label.spelt));
    // Older configurations do not tell the sequence length: the component does.
    let seq = configuration.seq.or(label.b).unwrap_or(label.sizes[1]);
    let want = sizes(op, configuration, seq);
    if want.as_ref().is_none_or(|want| label.sizes != *want) || label.b.is_some_and(|b| b != seq) {
        let want = want.map(|sizes| sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x"));
        return Err(misfit(format!("want {} and s = {seq}", want.as_deref().unwrap_or("smaller sizes"))));
    }
    let layer = layer(configuration, seq).map_err(|error| misfit(error.to_string()))?;
    let point = point(op, Some(layer));
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

/// What the script makes of a configuration, in its own order.
fn sizes(op: Op, configuration: &Configuration, seq: u64) -> Option<Vec<u64>> {
    let Configuration { heads, hidden, batch, vocabulary, ranks, .. } = *configuration;
    let share = |times: u64| Some(hidden.checked_mul(times)? / ranks);
    let products = batch.checked_mul(heads)? / ranks;
    let head_dim = hidden.checked_div(heads)?;
    Some(match op {
        Op::Score => vec![products, seq, head_dim, seq],
        Op::Values => vec![products, seq, seq, head_dim],
        Op::Qkv => vec![batch, hidden, share(3)?],
        Op::Projection => vec![batch, share(1)?, hidden],
        Op::MlpUp => vec![batch, hidden, share(4)?],
        Op::MlpDown => vec![batch, share(4)?, hidden],
        Op::Logits => vec![batch, vocabulary?, hidden],
        Op::Gemm | Op::Bmm => return None,
    })
}

fn layer(configuration: &Configuration, seq: u64) -> Result<AttentionShape, ShapeError> {
    AttentionShape::from_hidden_floored(
        Heads::new(configuration.heads)?,
        Batch::new(configuration.batch)?,
        Seq::new(seq)?,
        Hidden::new(configuration.hidden)?,
    )
}
