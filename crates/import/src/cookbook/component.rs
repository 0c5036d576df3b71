//! The components of a log that are GEMMs: what the scripts call them, and the sizes that they give them.

use super::line::{Configuration, Label};
use hovera_core::Op;

/// A GEMM of the scripts.
struct Component {
    op: Op,
    /// Its label in 2023, where the scripts had it then. Products of no layer had none.
    label_2023: Option<&'static str>,
    /// Its label since January 2024.
    label_2024: &'static str,
    /// Its sizes under a configuration, in the script's order; none for a product of no layer.
    sizes: fn(&Given) -> Option<Vec<u64>>,
}

const COMPONENTS: [Component; 9] = [
    Component { op: Op::Gemm, label_2023: Some(""), label_2024: "", sizes: |_| None },
    Component { op: Op::Bmm, label_2023: Some(""), label_2024: "bmm", sizes: |_| None },
    Component {
        op: Op::Score,
        label_2023: Some("attention_key_query_prob"),
        label_2024: "attention_score",
        sizes: |given| Some(vec![given.products, given.seq, given.head_dim, given.seq]),
    },
    Component {
        op: Op::Values,
        label_2023: Some("attention_prob_times_values"),
        label_2024: "attention_over_value",
        sizes: |given| Some(vec![given.products, given.seq, given.seq, given.head_dim]),
    },
    Component {
        op: Op::Qkv,
        label_2023: Some("attention_key_value_query_transform"),
        label_2024: "qkv_transform",
        sizes: |given| Some(vec![given.batch, given.hidden, given.share(3)?]),
    },
    Component {
        op: Op::Projection,
        label_2023: Some("attention_linear_projection"),
        label_2024: "attention_linear_projection",
        sizes: |given| Some(vec![given.batch, given.share(1)?, given.hidden]),
    },
    Component {
        op: Op::MlpUp,
        label_2023: Some("mlp_h_to_4h"),
        label_2024: "mlp_h_to_4h",
        sizes: |given| Some(vec![given.batch, given.hidden, given.share(4)?]),
    },
    Component {
        op: Op::MlpDown,
        label_2023: Some("mlp_4h_to_h"),
        label_2024: "mlp_4h_to_h",
        sizes: |given| Some(vec![given.batch, given.share(4)?, given.hidden]),
    },
    Component {
        op: Op::Logits,
        label_2023: None,
        label_2024: "logit_block",
        sizes: |given| Some(vec![given.batch, given.vocabulary?, given.hidden]),
    },
];

impl Component {
    fn of_op(op: Op) -> Option<&'static Component> {
        COMPONENTS.iter().find(|component| component.op == op)
    }
}

/// What a configuration tells of its components' sizes.
struct Given {
    batch: u64,
    seq: u64,
    hidden: u64,
    head_dim: u64,
    vocabulary: Option<u64>,
    ranks: u64,
    /// Products of attention that one rank computes.
    products: u64,
}

impl Given {
    /// One rank's share of so many times the hidden size.
    fn share(&self, times: u64) -> Option<u64> {
        Some(self.hidden.checked_mul(times)? / self.ranks)
    }
}

/// The op of a label. None for a component that is no GEMM, or that no script of the benchmark is known to
/// print.
pub(super) fn op(label: &Label) -> Option<Op> {
    if label.name.is_empty() {
        return Some(if label.sizes.len() == 3 { Op::Gemm } else { Op::Bmm });
    }
    let is_called = |component: &&Component| {
        component.label_2024 == label.name || component.label_2023 == Some(label.name.as_str())
    };
    COMPONENTS.iter().find(is_called).map(|component| component.op)
}

/// The year whose scripts print a label; none where it has not changed.
pub(super) fn year(op: Op, label: &str) -> Option<u32> {
    let component = Component::of_op(op)?;
    match (component.label_2023 == Some(label), component.label_2024 == label) {
        (true, false) => Some(2023),
        (false, true) => Some(2024),
        _ => None,
    }
}

/// What the script makes of a configuration, in its own order.
pub(super) fn sizes(op: Op, configuration: &Configuration, seq: u64) -> Option<Vec<u64>> {
    let Configuration { heads, hidden, batch, vocabulary, ranks, .. } = *configuration;
    let products = batch.checked_mul(heads)? / ranks;
    let head_dim = hidden.checked_div(heads)?;
    let given = Given { batch, seq, hidden, head_dim, vocabulary, ranks, products };
    (Component::of_op(op)?.sizes)(&given)
}
