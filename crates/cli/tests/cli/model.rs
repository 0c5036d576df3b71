//! `hovera model`: configurations in, tables of products out.

use crate::folder::Folder;

/// Small enough for any CPU.
const SMALL: &str = r#"{
  "model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 3,
  "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 333
}"#;

fn stdout(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The cells of a row, by its product.
fn cells<'a>(table: &'a str, product: &str) -> Vec<&'a str> {
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(product));
    row.unwrap_or_else(|| panic!("no {product} in {table}")).split_whitespace().collect()
}

#[test]
fn a_configuration_is_listed_without_a_gpu() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    let table = stdout(&folder, &["model", "small.json", "--seq", "100", "--dry-run"]);
    assert!(table.starts_with("small: forward, batch 1, seq 100, bf16\n"), "{table}");
    // 2·100·64·64 FLOP, twice (query and projection) in each of three layers.
    assert_eq!(cells(&table, "query")[1..8], ["1", "100", "64", "64", "nt", "1", "3"]);
    assert_eq!(cells(&table, "score")[1..7], ["2", "200", "100", "16", "nt", "1"]);
    assert_eq!(cells(&table, "mlp_down")[1..6], ["1", "100", "64", "172", "nt"]);
    assert!(cells(&table, "logits").contains(&"alignment"), "{table}");
    assert!(
        table.contains("costs: logits: n = 333: its rows allow loads of 2 B, 16 B need a multiple of 8\n")
    );
    assert!(
        table.ends_with("not in it: softmax, norms, activations, embeddings, communication between ranks\n")
    );
    assert_eq!(folder.files(), ["small.json"]);
}

#[test]
fn each_distinct_product_is_measured_once_and_the_file_shows_the_same_table_again() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    let args = ["model", "small.json", "--seq", "24", "--backend", "cpu", "-o", "small.csv"];
    let measured = stdout(&folder, &args);
    let results = hovera_core::Results::parse("small.csv", folder.read("small.csv")).unwrap();
    // query and projection are one product, key and value another, gate and up a third.
    assert_eq!(results.rows.len(), 7);
    assert_eq!(results.front_matter.model[0].name, "small");
    for row in &results.rows {
        let same = results.rows.iter().filter(|other| other.point == row.point);
        assert_eq!(same.count(), 1);
    }
    assert!(
        measured.starts_with("small: forward, batch 1, seq 24, f32 by cpu, burst, hot cache\n"),
        "{measured}"
    );
    assert!(!measured.contains("not measured"), "{measured}");
    assert_eq!(stdout(&folder, &["model", "small.csv"]), measured);
    // Measured already: nothing is added.
    let before = folder.read("small.csv");
    assert_eq!(stdout(&folder, &args), measured);
    assert_eq!(folder.read("small.csv"), before);
}

#[test]
fn shares_are_of_the_time_of_the_file() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    let args = ["model", "small.json", "--seq", "16", "--training", "--backend", "cpu", "-o", "s.csv"];
    let json = stdout(&folder, &[&args[..], &["--format", "json"]].concat());
    let products: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let number = |product: &serde_json::Value, key: &str| product[key].as_f64().unwrap();
    let total: f64 = products.iter().map(|it| number(it, "model_us")).sum();
    for product in &products {
        let times = number(product, "per_section") * number(product, "sections");
        assert_eq!(number(product, "in_model"), times);
        assert!((number(product, "model_us") - times * number(product, "time_us")).abs() < 1e-6);
        let share = number(product, "model_us") / total;
        assert!((number(product, "share_of_model") - share).abs() < 1e-9, "{product}");
    }
    // Three passes of ten products.
    assert_eq!(products.len(), 30);
    let tn = products.iter().filter(|it| it["layout"] == "tn").count();
    assert_eq!(tn, 10);
    let csv = stdout(&folder, &["model", "s.csv", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 31);
    assert!(
        csv.starts_with("model,workload,section,sections,product,pass,layout,gemm_batch,m,n,k,per_section,")
    );
}

#[test]
fn neighbours_are_measured_and_said_beside_what_costs() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    let args = ["model", "small.json", "--seq", "24", "--backend", "cpu", "--neighbours", "-o", "n.csv"];
    let table = stdout(&folder, &args);
    let results = hovera_core::Results::parse("n.csv", folder.read("n.csv")).unwrap();
    let logits: Vec<u32> =
        results.rows.iter().map(|row| row.point.gemm().n()).filter(|n| (333..400).contains(n)).collect();
    assert_eq!(logits.len(), 2, "{logits:?}");
    let said =
        table.lines().find(|line| line.starts_with("costs: logits: n = 333: its rows allow loads of 4 B"));
    assert!(
        said.is_some_and(|said| said.contains("; 336 takes ") && said.ends_with(" of the time")),
        "{table}"
    );
}

#[test]
fn a_product_that_is_too_large_is_said_in_its_place() {
    let folder = Folder::new();
    // Half a terabyte of weights.
    folder.write("wide.json", &SMALL.replace("333", "2000000000"));
    let table = stdout(&folder, &["model", "wide.json", "--seq", "8", "--backend", "cpu", "-o", "w.csv"]);
    assert!(cells(&table, "logits").contains(&"skipped"), "{table}");
    assert!(table.contains("\nthe model") && table.contains("not all measured"), "{table}");
    assert!(
        table.contains("note: 1 product has no time: shares are of FLOP where the whole has none\n"),
        "{table}"
    );
}

#[test]
fn several_models_stand_side_by_side() {
    let folder = Folder::new();
    let table = stdout(&folder, &["model", "model:gpt2", "model:llama-3-8b", "--seq", "1024", "--dry-run"]);
    let side = table.split("side by side, by product\n").nth(1).unwrap();
    assert!(side.starts_with("product "), "{side}");
    assert_eq!(cells(side, "qkv")[3], "-");
    assert_eq!(cells(side, "mlp_gate")[1], "-");
    assert!(side.contains("the model"), "{side}");
    let markdown = stdout(
        &folder,
        &["model", "model:gpt2", "--dry-run", "--format", "md", "--batch", "2", "--decode", "99"],
    );
    assert!(markdown.contains("\n| product | batch | m | n | k | layout |"), "{markdown}");
    assert!(markdown.starts_with("gpt2: forward, batch 2, seq 1, 99 keys, bf16\n"), "{markdown}");
}

#[test]
fn a_folder_of_a_model_is_taken_by_its_config() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("tiny-llama")).unwrap();
    folder.write("tiny-llama/config.json", SMALL);
    let table = stdout(&folder, &["model", "tiny-llama", "--dry-run"]);
    assert!(table.starts_with("tiny-llama: forward"), "{table}");
}

#[test]
fn what_is_wrong_is_said_with_its_file_and_key_and_nothing_is_written() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    folder.write("no-vocab.json", &SMALL.replace("vocab_size", "vocabulary"));
    folder.write("zero.json", &SMALL.replace("333", "0"));
    folder.write("layers.json", &SMALL.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1000000"));
    folder.write("heads.json", &SMALL.replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"));
    folder.write("rwkv.json", &SMALL.replace("llama", "rwkv"));
    folder.write("long.json", &format!("{{\"model_type\": \"llama\", \"x\": \"{}\"}}", "x".repeat(50 << 20)));
    folder.write("spec.toml", crate::folder::TINY);
    let files = folder.files();
    for (args, says) in [
        (&["no-vocab.json"][..], "no-vocab.json: vocab_size is missing: want the size of the vocabulary"),
        (&["zero.json"], "zero.json: vocab_size = 0: want a whole number, 1 to 2147483647"),
        (&["layers.json"], "layers.json: num_hidden_layers = 1000000: want a whole number, 1 to 10000"),
        (&["heads.json"], "heads.json: num_key_value_heads = 3: want a divisor of num_attention_heads = 4"),
        (
            &["rwkv.json"],
            "rwkv.json: model_type = \"rwkv\": not an architecture that hovera knows; want one of",
        ),
        (&["long.json"], "long.json: cannot read: it is longer than 4 MiB, the most that is read"),
        (&["spec.toml"], "spec.toml: a sweep's spec; want a model's configuration"),
        (&["model:gpt5"], "model:gpt5: no such model is built in; there are model:deepseek-v3,"),
        (&["none.json"], "none.json: cannot read"),
        (
            &["small.json", "--tensor-parallel", "3"],
            "small: tensor_parallel = 3: want a divisor of heads = 4",
        ),
        (&["small.json", "--set", "vocab=3"], "small.json: unknown key vocab"),
        (&["small.json", "--set", "vocab"], "want KEY=VALUE, such as vocab_size=50304"),
        (&["small.json", "--balance", "0.5"], "want a number from 1"),
        (&["small.json", "--keys", "5"], "small: keys = 5: want at least seq = 2048"),
        (&["small.json", "-o", "-"], "-o -: standard output is for the table"),
        (&["recorded:nvidia-h200"], "names no model; want a results file that hovera model wrote"),
        (&["recorded:nvidia-h200", "--batch", "4"], "--batch is for configurations"),
        (
            &["recorded:nvidia-h200", "model:gpt2"],
            "want configurations to measure or results files to show, not both",
        ),
    ] {
        let (code, said) = folder.fails(&[&["model"], args].concat());
        assert!(said.contains(says), "{args:?}: {said}");
        assert_eq!(code, 2, "{args:?}: {said}");
    }
    assert_eq!(folder.files(), files);
}

#[test]
fn a_machine_without_a_gpu_can_list_but_not_measure() {
    let folder = Folder::new();
    let (code, said) = folder.fails(&["model", "model:gpt2"]);
    assert_eq!(code, 3, "{said}");
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn run_says_what_to_do_with_a_model_s_configuration() {
    let folder = Folder::new();
    folder.write("config.json", SMALL);
    let (code, said) = folder.fails(&["run", "config.json"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("config.json: a model's configuration; want a sweep's spec (TOML); list and measure its products with: hovera model config.json"),
        "{said}"
    );
}

#[test]
fn shares_are_a_bar_for_each_model_of_one_file_or_of_several() {
    let folder = Folder::new();
    folder.write("small.json", SMALL);
    folder.write("wide.json", &SMALL.replace("172", "512"));
    for name in ["small", "wide"] {
        let (config, out) = (format!("{name}.json"), format!("{name}.csv"));
        stdout(&folder, &["model", &config, "--seq", "8", "--backend", "cpu", "-o", &out, "-q"]);
    }
    let args = ["plot", "small.csv", "wide.csv", "--chart", "shares", "--format", "svg", "-o", "out"];
    folder.hovera(&args).assert().success();
    let svg = folder.read("out/small-and-wide-model-shares.svg");
    for text in [
        ">small</text>",
        ">wide</text>",
        ">mlp_down</text>",
        ">logits</text>",
        "Where the Time of Models Goes",
    ] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
    assert!(svg.contains("forward, batch 1, seq 8; f32 by cpu"), "{svg}");
    let (code, said) = folder.fails(&[&args[..], &["--where", "op=gemm"]].concat());
    assert!(code == 2 && said.contains("a model is drawn as a whole"), "{said}");
}
