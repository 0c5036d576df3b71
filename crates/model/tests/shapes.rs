//! hovera's products against the models that transformers builds: `shapes.py` wrote what they are.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_core::{Layout, Pass};
use hovera_model::{Counted, Groups, Transformer, Workload};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Fixture {
    batch: u32,
    seq: u32,
    models: Vec<Built>,
}

/// A model as transformers builds it.
#[derive(Deserialize)]
struct Built {
    name: String,
    config: serde_json::Value,
    parameters: u128,
    linear: Vec<[u64; 3]>,
    forward: Vec<[u64; 5]>,
    grouped: Option<Vec<[u64; 4]>>,
}

impl Built {
    fn read(&self) -> Transformer {
        Transformer::read("config.json", &self.name, &self.config.to_string(), &[]).unwrap()
    }
}

fn fixture() -> Fixture {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shapes.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every product of the model, with how often the whole model has it.
fn products(model: &Transformer, workload: Workload) -> Vec<(Counted, u64)> {
    let products = model.products(workload).unwrap();
    let sections = products.sections.into_iter();
    sections
        .flat_map(|section| {
            let repeats = u64::from(section.repeats);
            section.products.into_iter().map(move |it| {
                let times = it.times * repeats;
                (it, times)
            })
        })
        .collect()
}

fn is_of_expert(product: &Counted) -> bool {
    product.name.starts_with("expert_")
}

#[test]
fn the_fixture_has_fifty_configurations_of_fifteen_architectures() {
    let fixture = fixture();
    let architectures: BTreeSet<String> =
        fixture.models.iter().map(|built| built.config["model_type"].to_string()).collect();
    assert!(fixture.models.len() >= 50 && architectures.len() >= 15, "{architectures:?}");
}

#[test]
fn linear_layers_have_the_shapes_that_transformers_gives_them() {
    for built in fixture().models {
        // So many tokens that each expert has some.
        let workload = Workload::forward(1, 100_000);
        let mut ours: BTreeMap<[u64; 2], u64> = BTreeMap::new();
        for (it, times) in products(&built.read(), workload) {
            if it.product.layout == Layout::Nt && it.name != "score" {
                let gemm = it.product.gemm;
                *ours.entry([gemm.n().into(), gemm.k().into()]).or_default() += times;
            }
        }
        let theirs = built.linear.iter().map(|[n, k, count]| ([*n, *k], *count)).collect();
        assert_eq!(ours, theirs, "{}", built.name);
    }
}

#[test]
fn a_forward_pass_multiplies_what_transformers_multiplies() {
    let Fixture { batch, seq, models } = fixture();
    for built in models {
        let workload = Workload { groups: Groups::Copied, ..Workload::forward(batch, seq) };
        let (mut ours, mut grouped) = (BTreeMap::new(), BTreeMap::new());
        for (it, times) in products(&built.read(), workload) {
            let gemm = it.product.gemm;
            let [gemm_batch, m, n, k] = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()].map(u64::from);
            match is_of_expert(&it) {
                true => *grouped.entry([n, k]).or_insert(0) += m * times,
                false => *ours.entry([gemm_batch, m, n, k]).or_insert(0) += times,
            }
        }
        let theirs: BTreeMap<_, _> =
            built.forward.iter().map(|[batch, m, n, k, count]| ([*batch, *m, *n, *k], *count)).collect();
        assert_eq!(ours, theirs, "{}", built.name);
        let Some(of_experts) = &built.grouped else { continue };
        let mut theirs = BTreeMap::new();
        for [rows, n, k, count] in of_experts {
            *theirs.entry([*n, *k]).or_insert(0) += rows * count;
        }
        assert_eq!(grouped, theirs, "{}", built.name);
    }
}

/// What is left are embeddings, biases and norms; where the weights of the logits are those of the embedding, they
/// count once.
#[test]
fn linear_weights_are_all_parameters_but_embeddings_biases_and_norms() {
    for built in fixture().models {
        let model = built.read();
        let from_shapes: u128 = built
            .linear
            .iter()
            .map(|shape| shape.iter().map(|size| u128::from(*size)).product::<u128>())
            .sum();
        assert_eq!(model.linear_parameters(), from_shapes, "{}", built.name);
        let embedding = u128::from(model.embedding.unwrap_or(model.hidden)) * u128::from(model.vocab);
        assert!(built.parameters + embedding >= model.linear_parameters(), "{}", built.name);
    }
}

/// The usual estimate of a training step, 6 FLOP for each token and weight (arXiv 2001.08361), with attention's
/// products beside it: 12·b·s²·(score width + values width)/2 for each layer's heads.
#[test]
fn a_training_step_is_six_flop_a_token_and_weight_and_attention() {
    for built in fixture().models {
        let model = built.read();
        let workload = Workload { training: true, ..Workload::forward(3, 200) };
        let mut attention = 0;
        let mut all = 0;
        for (it, times) in products(&model, workload) {
            let flop = it.product.gemm.flop() * u128::from(times);
            all += flop;
            if ["score", "values"].contains(&it.name.as_str()) {
                attention += flop;
            }
        }
        let by_hand: u128 = model.layers.iter().map(|layer| attention_flop(layer, 3, 200)).sum();
        assert_eq!(attention, by_hand, "{}", built.name);
        assert_eq!(all - attention, 6 * 600 * model.active_linear_parameters(), "{}", built.name);
    }
}

/// Three products of 2·b·a·s²·d for each of score and values.
fn attention_flop(layer: &hovera_model::Layer, batch: u128, seq: u128) -> u128 {
    let (heads, widths) = match layer.attention {
        hovera_model::Attention::Grouped { heads, head_dim, .. } => (heads, 2 * head_dim),
        hovera_model::Attention::Latent { heads, nope_dim, rope_dim, value_dim, .. } => {
            (heads, nope_dim + rope_dim + value_dim)
        }
    };
    3 * 2 * batch * u128::from(heads) * seq * seq * u128::from(widths) * u128::from(layer.count)
}

#[test]
fn backward_products_are_twice_the_forward_ones() {
    for built in fixture().models {
        let workload = Workload { training: true, ..Workload::forward(2, 64) };
        let flop = |pass: &dyn Fn(Pass) -> bool| -> u128 {
            let all = products(&built.read(), workload);
            let of_pass = all.into_iter().filter(|(it, _)| pass(it.pass));
            of_pass.map(|(it, times)| it.product.gemm.flop() * u128::from(times)).sum()
        };
        let (forward, backward) = (flop(&|it| it == Pass::Forward), flop(&|it| it != Pass::Forward));
        assert_eq!(backward, 2 * forward, "{}", built.name);
    }
}
