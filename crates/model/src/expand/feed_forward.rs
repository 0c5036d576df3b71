//! The products of MLPs and experts.

use super::{Shares, linear};
use crate::error::ModelError;
use crate::product::Forward;
use crate::transformer::{Experts, Layer, Mlp, MlpKind};

/// What the products of an MLP are called.
struct Names {
    gate_up: &'static str,
    gate: &'static str,
    up: &'static str,
    down: &'static str,
}

const MLP: Names = Names { gate_up: "mlp_gate_up", gate: "mlp_gate", up: "mlp_up", down: "mlp_down" };
const EXPERT: Names =
    Names { gate_up: "expert_gate_up", gate: "expert_gate", up: "expert_up", down: "expert_down" };
const SHARED: Names =
    Names { gate_up: "shared_gate_up", gate: "shared_gate", up: "shared_up", down: "shared_down" };

pub(super) fn add(
    products: &mut Vec<Forward>,
    shares: &mut Shares<'_>,
    layer: &Layer,
) -> Result<(), ModelError> {
    let tokens = shares.tokens;
    if let Some(mlp) = layer.mlp {
        products.extend(of_mlp(shares, &MLP, "ffn", mlp, tokens)?);
    }
    if let Some(experts) = layer.experts {
        of_experts(products, shares, experts)?;
    }
    Ok(())
}

fn of_mlp(
    shares: &Shares<'_>,
    names: &Names,
    what: &str,
    Mlp { width, kind }: Mlp,
    tokens: u64,
) -> Result<Vec<Forward>, ModelError> {
    let (width, hidden) = (shares.part(what, width)?, u64::from(shares.model.hidden));
    let line = |name, outputs, inputs| linear(shares, name, tokens, outputs, inputs);
    let mut products = match shares.workload.fuse.mlp(kind) {
        MlpKind::Plain => vec![line(names.up, width, hidden)?],
        MlpKind::Gated => vec![line(names.gate, width, hidden)?, line(names.up, width, hidden)?],
        MlpKind::GatedFused => vec![line(names.gate_up, 2 * width, hidden)?],
    };
    products.push(line(names.down, hidden, width)?);
    Ok(products)
}

fn of_experts(
    products: &mut Vec<Forward>,
    shares: &mut Shares<'_>,
    experts: Experts,
) -> Result<(), ModelError> {
    let (tokens, hidden) = (shares.tokens, u64::from(shares.model.hidden));
    products.push(linear(shares, "router", tokens, experts.count.into(), hidden)?);
    let groups = shares.workload.balance.spread(experts.count, experts.per_token, tokens);
    for (count, tokens) in &groups {
        let mut of_one = of_mlp(shares, &EXPERT, "expert_ffn", experts.mlp, *tokens)?;
        of_one.iter_mut().for_each(|product| product.times = *count);
        products.append(&mut of_one);
    }
    shares.say(spread_in_words(&experts, tokens, &groups));
    if let Some(shared) = experts.shared {
        products.extend(of_mlp(shares, &SHARED, "shared_ffn", shared, tokens)?);
        if experts.shared_is_weighed {
            products.push(linear(shares, "shared_weight", tokens, 1, hidden)?);
        }
    }
    Ok(())
}

/// `8192 tokens run through 2 of 8 experts each: 8 experts have 2048 tokens`.
fn spread_in_words(experts: &Experts, tokens: u64, groups: &[(u64, u64)]) -> String {
    let group = |(count, tokens): &(u64, u64)| {
        let (s, have) = if *count == 1 { ("", "has") } else { ("s", "have") };
        format!("{count} expert{s} {have} {tokens} token{}", if *tokens == 1 { "" } else { "s" })
    };
    let groups: Vec<String> = groups.iter().map(group).collect();
    let (per_token, count) = (experts.per_token, experts.count);
    let runs = if tokens == 1 { "1 token runs" } else { &format!("{tokens} tokens run") };
    format!("{runs} through {per_token} of {count} experts: {}", groups.join(", "))
}
