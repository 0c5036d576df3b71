//! Products and FLOP that were worked out with pencil and paper.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_model::{Balance, Fuse, Logits, ModelProducts, Transformer, Workload};
use std::path::Path;

fn public(name: &str) -> Transformer {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    Transformer::read(name, name, &text, &[]).unwrap()
}

/// `layer: 2 x qkv forward nt 1x8192x2304x768`.
fn lines(products: &ModelProducts) -> Vec<String> {
    let sections = products.sections.iter();
    sections
        .flat_map(|section| {
            section.products.iter().map(move |it| {
                let (name, pass, gemm, layout) = (&it.name, it.pass, it.product.gemm, it.product.layout);
                format!("{} {}: {} x {name} {pass} {layout} {gemm}", section.repeats, section.name, it.times)
            })
        })
        .collect()
}

#[test]
fn the_flop_of_llama_3_8b() {
    let products = public("llama-3-8b").products(Workload::forward(1, 8192)).unwrap();
    // A layer, FLOP over 2·8192: q and projection 2·4096², k and v 2·4096·1024, three of 4096·14336; attention
    // 2·32·8192·128.
    let layer: u128 =
        2 * 8192 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14_336 + 2 * 32 * 8192 * 128);
    assert_eq!(products.sections[0].flop(), layer);
    assert_eq!(products.flop(), 32 * layer + 2 * 8192 * 4096 * 128_256);
    assert_eq!(products.flop(), 158_140_695_838_720);
    // 8.03·10⁹ parameters, of which the embedding's 4096·128256 are not multiplied.
    assert_eq!(public("llama-3-8b").linear_parameters(), 7_504_658_432);
}

/// The counts that the models' authors give, in 10⁹: all of it, without one embedding of the two that some have.
#[test]
fn the_public_models_are_as_large_as_their_authors_say() {
    for (name, billions, embeddings) in [
        ("gpt2", 0.124, 0),
        ("pythia-1.4b", 1.415, 1),
        ("opt-1.3b", 1.316, 0),
        ("llama-3-8b", 8.03, 1),
        ("llama-3-70b", 70.55, 1),
        ("qwen2.5-7b", 7.61, 1),
        ("qwen3-8b", 8.19, 1),
        ("mistral-7b-v0.3", 7.25, 1),
        ("mixtral-8x7b", 46.7, 1),
        ("gemma-2-9b", 9.24, 0),
        ("phi-3-mini", 3.82, 1),
        ("deepseek-v3", 671.0, 1),
    ] {
        let model = public(name);
        let embedding = u128::from(model.hidden) * u128::from(model.vocab) * embeddings;
        let ours = (model.linear_parameters() + embedding) as f64 / 1e9;
        assert!((ours / billions - 1.0).abs() < 0.01, "{name}: {ours} and {billions}");
    }
    // "671B total parameters with 37B activated", its embedding among them.
    let active = public("deepseek-v3").active_linear_parameters() as f64 / 1e9;
    assert!((active + 0.93 - 37.0).abs() < 0.7, "{active}");
}

#[test]
fn grouped_heads_are_one_product() {
    let products = public("llama-3-8b").products(Workload::forward(4, 2048)).unwrap();
    assert_eq!(
        lines(&products),
        [
            "32 layer: 1 x query forward nt 1x8192x4096x4096",
            "32 layer: 1 x key forward nt 1x8192x1024x4096",
            "32 layer: 1 x value forward nt 1x8192x1024x4096",
            "32 layer: 1 x score forward nt 32x8192x2048x128",
            "32 layer: 1 x values forward nn 32x8192x128x2048",
            "32 layer: 1 x projection forward nt 1x8192x4096x4096",
            "32 layer: 1 x mlp_gate forward nt 1x8192x14336x4096",
            "32 layer: 1 x mlp_up forward nt 1x8192x14336x4096",
            "32 layer: 1 x mlp_down forward nt 1x8192x4096x14336",
            "1 around the layers: 1 x logits forward nt 1x8192x128256x4096",
        ]
    );
    assert_eq!(products.distinct().len(), 7);
}

#[test]
fn gradients_have_the_layouts_that_pytorch_gives_them() {
    let training = Workload { training: true, ..Workload::forward(2, 512) };
    let products = public("gpt2").products(training).unwrap();
    let backward: Vec<String> = lines(&products).into_iter().skip(6).take(12).collect();
    assert_eq!(
        backward,
        [
            "12 layer: 1 x mlp_down data_gradient nn 1x1024x3072x768",
            "12 layer: 1 x mlp_down weight_gradient tn 1x768x3072x1024",
            "12 layer: 1 x mlp_up data_gradient nn 1x1024x768x3072",
            "12 layer: 1 x mlp_up weight_gradient tn 1x3072x768x1024",
            "12 layer: 1 x projection data_gradient nn 1x1024x768x768",
            "12 layer: 1 x projection weight_gradient tn 1x768x768x1024",
            "12 layer: 1 x values data_gradient nt 24x512x512x64",
            "12 layer: 1 x values weight_gradient tn 24x512x64x512",
            "12 layer: 1 x score data_gradient nn 24x512x64x512",
            "12 layer: 1 x score weight_gradient tn 24x512x64x512",
            "12 layer: 1 x qkv data_gradient nn 1x1024x768x2304",
            "12 layer: 1 x qkv weight_gradient tn 1x2304x768x1024",
        ]
    );
}

#[test]
fn a_decoding_step_has_one_token_and_the_keys_of_the_cache() {
    let products = public("gemma-2-9b").products(Workload::decode(8, 10_000)).unwrap();
    let lines = lines(&products);
    assert!(
        lines.contains(&"21 layer, sliding window of 4096: 1 x score forward nt 64x2x4096x256".to_owned())
    );
    assert!(lines.contains(&"21 layer, all keys: 1 x values forward nn 64x2x256x10000".to_owned()));
    assert!(lines.contains(&"1 around the layers: 1 x logits forward nt 1x8x256000x3584".to_owned()));
    // Without a cache that is longer than the window, the layers are alike.
    let short = public("gemma-2-9b").products(Workload::decode(8, 4096)).unwrap();
    assert_eq!((short.sections[0].name.as_str(), short.sections[0].repeats), ("layer", 42));
    let prefill = Workload { keys: Some(3000), logits: Logits::Last, ..Workload::forward(2, 1000) };
    let products = public("qwen3-8b").products(prefill).unwrap();
    let lines = self::lines(&products);
    assert!(lines.contains(&"36 layer: 1 x score forward nt 16x4000x3000x128".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"1 around the layers: 1 x logits forward nt 1x2x151936x4096".to_owned()));
}

#[test]
fn latent_attention_and_experts_of_deepseek_v3() {
    let products = public("deepseek-v3").products(Workload::forward(1, 4096)).unwrap();
    let lines = lines(&products);
    let expected = [
        "3 layer, without experts: 1 x query_down forward nt 1x4096x1536x7168",
        "3 layer, without experts: 1 x query_up forward nt 1x4096x24576x1536",
        "3 layer, without experts: 1 x kv_down forward nt 1x4096x576x7168",
        "3 layer, without experts: 1 x kv_up forward nt 1x4096x32768x512",
        "3 layer, without experts: 1 x score forward nt 128x4096x4096x192",
        "3 layer, without experts: 1 x values forward nn 128x4096x128x4096",
        "3 layer, without experts: 1 x projection forward nt 1x4096x7168x16384",
        "3 layer, without experts: 1 x mlp_gate forward nt 1x4096x18432x7168",
    ];
    assert_eq!(lines[..8], expected);
    // 4096 tokens through 8 of 256 experts: 128 tokens each.
    assert_eq!(
        lines[17..],
        [
            "58 layer, with experts: 1 x router forward nt 1x4096x256x7168",
            "58 layer, with experts: 256 x expert_gate_up forward nt 1x128x4096x7168",
            "58 layer, with experts: 256 x expert_down forward nt 1x128x7168x2048",
            "58 layer, with experts: 1 x shared_gate forward nt 1x4096x2048x7168",
            "58 layer, with experts: 1 x shared_up forward nt 1x4096x2048x7168",
            "58 layer, with experts: 1 x shared_down forward nt 1x4096x7168x2048",
            "1 around the layers: 1 x logits forward nt 1x4096x129280x7168",
        ]
    );
    assert_eq!(products.remarks, ["4096 tokens run through 8 of 256 experts: 256 experts have 128 tokens"]);
}

#[test]
fn the_busiest_expert_has_its_multiple_of_the_mean() {
    let spread = |balance, tokens| {
        let workload = Workload { balance, ..Workload::forward(1, tokens) };
        let products = public("mixtral-8x7b").products(workload).unwrap();
        products.remarks[0].split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(spread(Balance::Even, 4096), "8 experts have 1024 tokens");
    assert_eq!(spread(Balance::Even, 5), "2 experts have 2 tokens, 6 experts have 1 token");
    assert_eq!(spread(Balance::Even, 1), "2 experts have 1 token");
    let busiest = spread(Balance::Busiest(2.0), 4096);
    assert_eq!(busiest, "1 expert has 2048 tokens, 5 experts have 878 tokens, 2 experts have 877 tokens");
    // All tokens, at most: each runs through two experts.
    assert_eq!(spread(Balance::Busiest(100.0), 7), "1 expert has 7 tokens, 7 experts have 1 token");
}

#[test]
fn linear_layers_on_one_input_can_be_one() {
    let names = |fuse| {
        let products = public("llama-3-8b").products(Workload { fuse, ..Workload::forward(1, 128) }).unwrap();
        products.sections[0].products.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(Fuse::All), "qkv score values projection mlp_gate_up mlp_down");
    assert_eq!(names(Fuse::None), names(Fuse::AsModel));
    let flop =
        |fuse| public("deepseek-v3").products(Workload { fuse, ..Workload::forward(1, 128) }).unwrap().flop();
    assert_eq!((flop(Fuse::All), flop(Fuse::None)), (flop(Fuse::AsModel), flop(Fuse::AsModel)));
}

/// The public models, by their file names.
fn all_public() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn what_ranks_compute_is_the_whole_together_and_more_only_where_that_is_said() {
    assert_eq!(all_public().len(), 12);
    let mut exact = 0;
    for name in all_public() {
        let model = public(&name);
        for training in [false, true] {
            let workload = Workload { training, ..Workload::forward(2, 512) };
            let whole = model.products(workload).unwrap();
            for tensor_parallel in [2, 4, 8] {
                let share = model.products(Workload { tensor_parallel, ..workload });
                // 12 and 28 heads on 8 ranks.
                let Ok(share) = share else { continue };
                let together = share.flop() * u128::from(tensor_parallel);
                let router = model.layers.iter().any(|layer| layer.experts.is_some());
                match share.remarks == whole.remarks && !router {
                    true => {
                        assert_eq!(together, whole.flop(), "{name} on {tensor_parallel}");
                        exact += 1;
                    }
                    false => assert!(together > whole.flop(), "{name} on {tensor_parallel}"),
                }
            }
        }
    }
    assert!(exact > 40, "{exact}");
}

#[test]
fn ranks_share_heads_widths_and_the_vocabulary() {
    let model = public("llama-3-8b");
    let whole = model.products(Workload::forward(1, 1024)).unwrap().flop();
    for tensor_parallel in [2, 4, 8] {
        let share = model.products(Workload { tensor_parallel, ..Workload::forward(1, 1024) }).unwrap();
        assert_eq!(share.flop() * u128::from(tensor_parallel), whole);
        assert_eq!(share.remarks, Vec::<String>::new());
    }
    let sixteen = model.products(Workload { tensor_parallel: 16, ..Workload::forward(1, 1024) }).unwrap();
    assert_eq!(
        sixteen.remarks,
        ["8 key and value heads on 16 ranks: each rank has one of them, a copy of other ranks'"]
    );
    let odd = public("gpt2").products(Workload { tensor_parallel: 4, ..Workload::forward(1, 1024) }).unwrap();
    assert_eq!(odd.remarks, ["the vocabulary of 50257 is padded to 50260, 12565 on each of 4 ranks"]);
}
