//! Configurations that are refused: with the file, the key, its value and what would be right.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_model::{Balance, Override, Transformer, Workload};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn llama() -> Value {
    json!({
        "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000
    })
}

fn with(mut config: Value, key: &str, value: Value) -> Value {
    config[key] = value;
    config
}

fn without(mut config: Value, key: &str) -> Value {
    config.as_object_mut().unwrap().remove(key);
    config
}

fn read(config: &Value) -> Transformer {
    Transformer::read("config.json", "m", &config.to_string(), &[]).unwrap()
}

fn error(text: impl ToString) -> String {
    Transformer::read("config.json", "m", &text.to_string(), &[]).unwrap_err().to_string()
}

#[test]
fn a_missing_key_is_named_and_never_guessed() {
    read(&llama());
    for (key, says) in [
        ("hidden_size", "hidden_size is missing: want the hidden size, 1 to 2147483647"),
        ("intermediate_size", "intermediate_size is missing: want the width of the MLP"),
        ("num_hidden_layers", "num_hidden_layers is missing: want the number of layers, 1 to 10000"),
        ("num_attention_heads", "num_attention_heads is missing: want the number of attention heads"),
        ("vocab_size", "vocab_size is missing: want the size of the vocabulary"),
        ("model_type", "model_type is missing: want one of apertus, arcee,"),
    ] {
        let said = error(without(llama(), key));
        assert!(said.starts_with(&format!("config.json: {says}")), "{said}");
    }
    // Llama's code takes as many as heads; Mistral's class has a number of its own.
    read(&without(llama(), "num_key_value_heads"));
    let mistral = with(llama(), "model_type", json!("mistral"));
    assert_eq!(
        error(without(mistral.clone(), "num_key_value_heads")),
        "config.json: num_key_value_heads is missing: want the number of key and value heads, 32 or a divisor"
    );
    read(&with(mistral, "num_key_value_heads", Value::Null));
    assert!(error(with(llama(), "model_type", json!("gemma"))).contains("head_dim is missing"));
}

#[test]
fn a_value_that_cannot_be_is_refused_with_what_can() {
    for (key, value, says) in [
        ("vocab_size", json!(0), "vocab_size = 0: want a whole number, 1 to 2147483647"),
        ("vocab_size", json!(-5), "vocab_size = -5: want a whole number, 1 to 2147483647"),
        ("hidden_size", json!(4096.5), "hidden_size = 4096.5: want a whole number, 1 to 2147483647"),
        ("hidden_size", json!("4096"), "hidden_size = \"4096\": want a whole number, 1 to 2147483647"),
        ("hidden_size", json!(1u64 << 40), "hidden_size = 1099511627776: want a whole number"),
        (
            "num_hidden_layers",
            json!(1_000_000),
            "num_hidden_layers = 1000000: want a whole number, 1 to 10000",
        ),
        (
            "num_key_value_heads",
            json!(5),
            "num_key_value_heads = 5: want a divisor of num_attention_heads = 32",
        ),
        (
            "num_attention_heads",
            json!(31),
            "num_key_value_heads = 8: want a divisor of num_attention_heads = 31",
        ),
        (
            "layer_types",
            json!(["full_attention"]),
            "layer_types = a list of 1: want one for each of the 32 layers",
        ),
        ("layer_types", json!({}), "layer_types = {}: want a list"),
    ] {
        let said = error(with(llama(), key, value));
        assert!(said.starts_with(&format!("config.json: {says}")), "{said}");
    }
    let uneven = with(with(llama(), "num_attention_heads", json!(24)), "num_key_value_heads", json!(24));
    assert_eq!(
        error(uneven),
        "config.json: num_attention_heads = 24: want a divisor of hidden_size = 4096, or head_dim where the \
         architecture has it"
    );
    let linear = vec!["linear_attention"; 32];
    assert!(
        error(with(llama(), "layer_types", json!(linear)))
            .contains("layer_types = \"linear_attention\": want full_attention or sliding_attention")
    );
}

#[test]
fn an_unknown_architecture_is_no_llama() {
    let said = error(with(llama(), "model_type", json!("mamba2")));
    assert!(
        said.starts_with(
            "config.json: model_type = \"mamba2\": not an architecture that hovera knows; want one of"
        ),
        "{said}"
    );
    // The class tells as well as the type, and that is said.
    let kimi = with(with(llama(), "model_type", json!("new")), "architectures", json!(["LlamaForCausalLM"]));
    assert_eq!(read(&kimi).remarks, ["read as a llama model: architectures names LlamaForCausalLM"]);
}

#[test]
fn of_a_multimodal_model_the_text_part_is_taken_and_that_is_said() {
    let config =
        json!({ "model_type": "llava", "text_config": llama(), "vision_config": { "hidden_size": 1024 } });
    let model = read(&config);
    assert_eq!((model.hidden, model.layers.clone()), (4096, read(&llama()).layers));
    assert_eq!(
        model.remarks,
        ["the text part of a llava model only (text_config): no encoder of pictures or sound"]
    );
    let flat =
        with(with(llama(), "model_type", json!("qwen2_5_vl")), "vision_config", json!({ "depth": 32 }));
    assert_eq!(
        read(&flat).remarks,
        ["the text part of a qwen2_5_vl model only: no encoder of pictures or sound"]
    );
    let thinker = json!({ "model_type": "omni", "thinker_config": { "text_config": llama() } });
    assert!(read(&thinker).remarks[0].contains("(thinker_config.text_config)"));
    let said = error(json!({ "model_type": "llava", "text_config": without(llama(), "vocab_size") }));
    assert!(said.starts_with("config.json: text_config.vocab_size is missing"), "{said}");
    let said = error(json!({ "model_type": "llava", "text_config": without(llama(), "model_type") }));
    assert!(said.starts_with("config.json: text_config.model_type is missing"), "{said}");
}

#[test]
fn what_is_no_configuration_is_refused_with_its_line() {
    assert!(
        error("{\n\"a\": 1,\n}").starts_with("config.json:3: not JSON: "),
        "{}",
        error("{\n\"a\": 1,\n}")
    );
    assert!(error("a = 1\nb = = 2\n").starts_with("config.json:2: not TOML: "));
    assert!(error("").starts_with("config.json: hidden is missing"));
    assert!(error("{}").starts_with("config.json: model_type is missing"));
    assert!(error("[]").contains(": not TOML: ") || error("[]").contains("hidden is missing"));
    let deep = "[".repeat(100_000);
    assert!(error(format!("{{\"a\": {deep}")).contains("not JSON: recursion limit exceeded"));
}

#[test]
fn the_largest_file_that_is_read_takes_a_moment() {
    let long = with(llama(), "id2label", json!("x".repeat(4 << 20)));
    let began = Instant::now();
    read(&long);
    let types = with(llama(), "layer_types", json!(vec!["full_attention"; 500_000]));
    error(types);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn keys_of_the_own_form_are_checked() {
    let good = "hidden = 64\nvocab = 100\n[[layer]]\ncount = 2\nheads = 4\nhead_dim = 16\nqkv = \"fused\"\nffn = 128\n\
                mlp = \"plain\"\n";
    let model = Transformer::read("m.toml", "m", good, &[]).unwrap();
    assert_eq!((model.layer_count(), model.name.as_str()), (2, "m"));
    for (from, to, says) in [
        ("count = 2", "", "m.toml: layer[0].count is missing: want how many layers of this kind, 1 to 10000"),
        ("count = 2", "count = 20000", "m.toml: layer[0].count = 20000: want a whole number, 1 to 10000"),
        (
            "count = 2",
            "count = 2\nkv_heads = 3",
            "m.toml: layer[0].kv_heads = 3: want a divisor of heads = 4",
        ),
        ("head_dim", "head_dims", "m.toml: layer[0].head_dim is missing: want the size of a head"),
        (
            "mlp = \"plain\"",
            "mlp = \"swiglu\"",
            "m.toml: layer[0].mlp = \"swiglu\": want one of plain, gated, gated_fused",
        ),
        ("ffn = 128", "fnn = 128", "m.toml: layer[0].ffn is missing: want the width of the MLP, or experts"),
        (
            "count = 2",
            "count = 2\nwindows = 3",
            "m.toml: unknown key layer[0].windows (did you mean window?)",
        ),
        ("vocab = 100", "vocab = 100\ncolour = 1", "m.toml: unknown key colour"),
        ("vocab = 100", "vocab = 0", "m.toml: vocab = 0: want a whole number"),
    ] {
        let said = Transformer::read("m.toml", "m", &good.replace(from, to), &[]).unwrap_err().to_string();
        assert!(said.starts_with(says), "{said}");
    }
}

#[test]
fn an_override_takes_the_place_of_a_key_that_is_read() {
    let set = |key: &str, value: &str| {
        Transformer::read("config.json", "m", &llama().to_string(), &[Override::new(key, value)])
    };
    let padded = set("vocab_size", "32064").unwrap();
    assert_eq!(padded.vocab, 32_064);
    assert_eq!(padded.remarks, ["vocab_size is 32064 instead of 32000"]);
    let slip = set("vocabsize", "1").unwrap_err().to_string();
    assert!(slip.starts_with("config.json: unknown key vocabsize (did you mean vocab_size?)"), "{slip}");
    assert!(set("vocab_size", "many").is_err());
}

#[test]
fn a_workload_that_cannot_be_is_refused() {
    let model = read(&llama());
    let error = |workload: Workload| model.products(workload).unwrap_err().to_string();
    let forward = Workload::forward(4, 2048);
    assert_eq!(
        error(Workload { tensor_parallel: 3, ..forward }),
        "m: tensor_parallel = 3: want a divisor of heads = 32"
    );
    assert_eq!(error(Workload { tensor_parallel: 0, ..forward }), "m: tensor_parallel = 0: want 1 or more");
    assert_eq!(error(Workload { keys: Some(100), ..forward }), "m: keys = 100: want at least seq = 2048");
    assert_eq!(
        error(Workload { keys: Some(4096), training: true, ..forward }),
        "m: keys = 4096: want no cache in a training step"
    );
    assert_eq!(
        error(Workload::forward(1 << 20, 1 << 20)),
        "m: batch · seq = 1099511627776: want at most 2147483647 tokens"
    );
    let flat = Workload { balance: Balance::Busiest(1.0), ..forward };
    assert!(model.products(flat).is_ok());
}

proptest! {
    /// Sizes as large as they may be, and what is no size, end in products or in an error.
    #[test]
    fn no_configuration_ends_the_program(
        model_type in prop::sample::select(vec!["llama", "gpt2", "mixtral", "deepseek_v3", "falcon", "qwen2_moe", "opt"]),
        sizes in prop::collection::vec(
            prop_oneof![
                40 => prop::sample::select(vec![1u64, 2, 2, 64, 64, 4096, 4096, (1 << 31) - 1]),
                1 => prop::sample::select(vec![0, 7, 1 << 31, u64::MAX]),
            ],
            24,
        ),
        training: bool,
        balance in prop::option::of(1.0f64..1e9),
    ) {
        let keys = [
            "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size",
            "head_dim", "n_embd", "n_layer", "n_head", "num_local_experts", "num_experts_per_tok", "n_routed_experts",
            "moe_intermediate_size", "first_k_dense_replace", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
            "v_head_dim", "ffn_dim", "num_experts", "shared_expert_intermediate_size", "decoder_sparse_step",
        ];
        let mut config = json!({ "model_type": model_type, "new_decoder_architecture": false, "multi_query": true });
        keys.iter().zip(&sizes).for_each(|(key, size)| config[*key] = json!(size));
        if let Ok(model) = Transformer::read("config.json", "m", &config.to_string(), &[]) {
            let balance = balance.map_or(Balance::Even, Balance::Busiest);
            for workload in [Workload::forward(1, 1), Workload::forward(1 << 15, 1 << 15), Workload::decode(1, u32::MAX)] {
                let workload = Workload { training: training && workload.keys.is_none(), balance, ..workload };
                if let Ok(products) = model.products(workload) {
                    prop_assert!(products.flop() > 0);
                }
            }
            prop_assert!(model.linear_parameters() > 0);
        }
    }
}
