//! `hovera advise`: what it says of models, layers and results files.

use crate::folder::Folder;
use crate::made_up::{predicted, row};
use hovera_core::{Engine, Op};

fn said(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(&[&["advise"][..], args].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The cells of the line of one size.
fn line<'t>(text: &'t str, size: &str) -> Vec<&'t str> {
    let line =
        text.lines().find(|line| line.starts_with(size)).unwrap_or_else(|| panic!("no {size} in {text}"));
    line.split_whitespace().collect()
}

const DECODER: &str = "hidden = 4096\nvocab = 248077\n[[layer]]\ncount = 32\nheads = 32\nkv_heads = 8\nhead_dim = 128\n\
                       qkv = \"fused\"\nffn = 14336\nmlp = \"gated\"\n";

#[test]
fn an_unpadded_vocabulary_is_found_unprompted() {
    let folder = Folder::new();
    let text = said(&folder, &["model:gpt2", "--batch", "4", "--seq", "1024"]);
    assert!(
        text.starts_with("gpt2: forward, batch 4, seq 1024, bf16, predicted for NVIDIA H100 80GB HBM3\n"),
        "{text}"
    );
    assert_eq!(line(&text, "vocab")[..3], ["vocab", "50257", "50304"]);
    assert!(text.contains("rows allow loads of 2 B, not of 16"), "{text}");
    assert!(text.contains("predicted, not measured") && text.contains("not in it: softmax"), "{text}");
    folder.write("big.toml", DECODER);
    let text = said(&folder, &["big.toml", "--seq", "4096"]);
    assert_eq!(line(&text, "vocab")[..3], ["vocab", "248077", "248192"]);
}

#[test]
fn a_head_dim_of_132_should_be_128() {
    let text = said(&Folder::new(), &["--hidden", "1584", "--heads", "12", "--batch", "4"]);
    assert_eq!(line(&text, "head_dim")[..3], ["head_dim", "132", "128"]);
    assert!(text.starts_with("the layer: forward, batch 4, seq 2048, bf16, "), "{text}");
}

#[test]
fn sizes_that_fit_are_left_alone_and_it_says_so() {
    let text = said(&Folder::new(), &["--hidden", "4096", "--heads", "32", "--ffn", "16384"]);
    assert!(
        text.contains("nothing to change: no neighbouring value saves 1 % of the time or more"),
        "{text}"
    );
    let csv = said(&Folder::new(), &["--hidden", "4096", "--heads", "32", "--format", "json"]);
    assert_eq!(csv, "[]\n");
}

#[test]
fn programs_get_numbers() {
    let folder = Folder::new();
    let json = said(&folder, &["model:gpt2", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let vocab = &json[0];
    assert_eq!(
        (vocab["size"].as_str(), vocab["from"].as_u64(), vocab["to"].as_u64()),
        (Some("vocab"), Some(50257), Some(50304))
    );
    assert_eq!(vocab["origin"].as_str(), Some("predicted"));
    let number = |key: &str| vocab[key].as_f64().unwrap();
    let saved = 1.0 - number("after_us") / number("before_us");
    assert!((number("saved") - saved).abs() < 1e-9 && number("half_width") < saved && saved > 0.1, "{vocab}");
    // 47 more rows of 768 weights, and as many more products.
    assert_eq!(number("parameters_after") - number("parameters_before"), 47.0 * 768.0);
    assert_eq!(number("flop_after") - number("flop_before"), 2.0 * 47.0 * 768.0 * 2048.0);
    let csv = said(&folder, &["model:gpt2", "--format", "csv"]);
    assert!(
        csv.starts_with("subject,card,size,from,to,")
            && csv.contains("gpt2,NVIDIA H100 80GB HBM3,vocab,50257,50304,"),
        "{csv}"
    );
    let md = said(&folder, &["model:gpt2", "--format", "md"]);
    assert!(md.contains("| vocab | 50257 | 50304 |"), "{md}");
}

#[test]
fn of_several_cards_the_one_that_saves_least_is_named() {
    let args = ["model:gpt2", "--gpu", "NVIDIA H100 80GB HBM3", "--gpu", "NVIDIA A100-SXM4-40GB"];
    let text = said(&Folder::new(), &args);
    assert!(text.contains("predicted for NVIDIA H100 80GB HBM3 and NVIDIA A100-SXM4-40GB\n"), "{text}");
    assert!(text.lines().nth(1).unwrap().contains("least on"), "{text}");
    let json = |args: &[&str]| -> Vec<serde_json::Value> {
        serde_json::from_str(&said(&Folder::new(), &[args, &["--format", "json"]].concat())).unwrap()
    };
    let alone = [&args[..3], &["model:gpt2", "--gpu", "NVIDIA A100-SXM4-40GB"][..]].map(json);
    let both = json(&args);
    let least = alone.iter().map(|it| it[0]["saved"].as_f64().unwrap()).fold(1.0, f64::min);
    assert_eq!(both[0]["saved"].as_f64(), Some(least));
}

#[test]
fn a_results_file_is_looked_at_product_by_product() {
    let folder = Folder::new();
    let text = said(&folder, &["recorded:nvidia-h100-80gb-hbm3/logits-vocab"]);
    assert!(text.contains("what it has no row of is predicted for NVIDIA H100 80GB HBM3"), "{text}");
    assert!(text.contains("vocab") && text.contains("measured"), "{text}");
    // What is predicted is no ground for advice.
    folder.write("model.csv", &predicted(vec![row(Op::Score, 65, Engine::Cublas, 100.0)]));
    let (code, error) = folder.fails(&["advise", "model.csv"]);
    assert!(
        code == 2 && error.contains("model.csv: its rows are predicted; want a file that was measured"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_advised_on_is_refused() {
    let folder = Folder::new();
    folder.write("big.toml", DECODER);
    for (args, says) in [
        (&["--hidden", "4096"][..], "--heads"),
        (
            &["--hidden", "100", "--heads", "3"],
            "--hidden 100 is no multiple of --heads 3; want --head-dim too",
        ),
        (&["big.toml", "--tensor-parallel", "3"], "a divisor of heads = 32"),
        (&["big.toml", "--gpu", "Voodoo 2"], "Voodoo 2: there is no datasheet of it"),
        (&["big.toml", "--card", "none.toml"], "none.toml"),
        (&["big.toml", "--dtype", "f32"], "in f32: want a card calibrated for f32"),
        (&["recorded:nvidia-h100-80gb-hbm3/logits-vocab", "--seq", "9"], "--seq is for models"),
        (&["big.toml", "--hidden", "64", "--heads", "2"], "cannot be used with"),
    ] {
        let (code, error) = folder.fails(&[&["advise"][..], args].concat());
        assert!(code == 2 && error.contains(says), "{args:?}: no {says:?} in {error}");
    }
}
