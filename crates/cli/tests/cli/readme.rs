//! What README.md and the pages say in numbers, of the recorded files.

use crate::folder::Folder;
use hovera_core::{Dtype, Mask, Op, Pass, Results, Row, Stat};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

/// A page's sentences, without the line breaks.
fn sentences(name: &str) -> String {
    page(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(name: &str, what: &str) {
    assert!(sentences(name).contains(what), "{name} should say: {what}");
}

fn h100(sweep: &str) -> Results {
    let path = format!("sweeps/recorded/nvidia-h100-80gb-hbm3/{sweep}.csv");
    Results::parse(sweep, page(&path)).unwrap()
}

fn find(results: &Results, is_it: impl Fn(&Row) -> bool) -> &Row {
    results.rows.iter().find(|row| is_it(row)).unwrap()
}

#[test]
fn the_script_that_records_knows_every_recorded_sweep() {
    let script = page("sweeps/record.py");
    for card in std::fs::read_dir(repository().join("sweeps/recorded")).unwrap() {
        for file in std::fs::read_dir(card.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(script.contains(&format!("\"{name}\",")), "{}: not in sweeps/record.py", path.display());
        }
    }
}

#[test]
fn the_readme_is_short() {
    let (lines, words) = (page("README.md").lines().count(), page("README.md").split_whitespace().count());
    assert!(lines <= 150 && words <= 1200, "{lines} lines, {words} words");
}

#[test]
fn what_the_readme_finds_is_what_an_h100_measured() {
    let (full, logits) = (h100("attention-a12-full"), h100("logits-vocab"));
    let score = |head_dim: u32| {
        let is_it = |row: &Row| row.point.op == Op::Score && row.point.gemm().k() == head_dim;
        find(&full, is_it).tflops(Stat::Median).unwrap()
    };
    for (what, good) in [("query times key, a = 12, b = 4, s = 2048, fp16", 2688), ("the same", 128)] {
        let (fast, slow) = (score(good), score(good + 1));
        says(
            "README.md",
            &format!(
                "| {what} | head dim {good}: {fast:.0} TFLOP/s | head dim {}: {slow:.0} TFLOP/s | {:.1} |",
                good + 1,
                fast / slow
            ),
        );
    }
    let of = |vocab: u32| find(&logits, |row| row.point.gemm().n() == vocab);
    let ms = |vocab: u32| of(vocab).timing.as_ref().unwrap().median_us.unwrap() / 1e3;
    let (good, bad) = (ms(50304), ms(50257));
    let (gemm, dtype) = (of(50257).point.gemm(), of(50257).point.dtype);
    assert_eq!((gemm.m(), gemm.k(), dtype), (8192, 2560, Dtype::Bf16));
    let row = format!(
        "| logits of 8192 tokens at h = 2560, bf16 | vocabulary 50304: {good:.2} ms | vocabulary 50257: {bad:.2} ms | {:.1} |",
        bad / good
    );
    says("README.md", &row);
    let (odd, vocab) = (score(2688) / score(2689), bad / good);
    says(
        "README.md",
        &format!(
            "A head dim off by one costs a factor of {odd:.1}, a vocabulary of 50257 a factor of {vocab:.1}."
        ),
    );
    says(
        "figures/README.md",
        &format!(
            "take {bad:.2} ms, and {good:.2} ms with 50304, {:.2} ms with 50264: **a factor of {vocab:.1}.**",
            ms(50264)
        ),
    );
    says("figures/README.md", &format!("With 50258 they take {:.2} ms.", ms(50258)));
}

#[test]
fn the_free_head_dims_are_those_that_an_h100_measured() {
    let fused = h100("attention-fused-a12");
    let us = |head_dim: u32| {
        let is_it = |row: &Row| {
            row.point.pass == Pass::Forward
                && row.point.mask == Mask::None
                && row.point.gemm().k() == head_dim
        };
        format!("{:.0} µs", find(&fused, is_it).timing.as_ref().unwrap().median_us.unwrap())
    };
    let [d56, d64, d72, d112, d128, d136] = [56, 64, 72, 112, 128, 136].map(us);
    let said = format!(
        "a head dim of 72 takes {d72}, one of 112 {d112} and one of 128 {d128}; 56 takes {d56}, 64 {d64} and 136 {d136}."
    );
    says("figures/README.md", &said);
}

const H100: &str = "nvidia-h100-80gb-hbm3";

/// A model's products in a recorded file of `hovera model`: name, share of the time of all, seconds, FLOP. The fused kernel of
/// attention is not among them: it would take the place of three.
fn products_of(gpu: &str, sweep: &str, model: &str) -> Vec<(String, f64, f64, f64)> {
    let recorded = format!("recorded:{gpu}/{sweep}");
    let output = Folder::new().hovera(&["model", &recorded, "--format", "csv"]).assert().success();
    let mut table = csv::Reader::from_reader(output.get_output().stdout.as_slice());
    let names = table.headers().unwrap().clone();
    let at = |name: &str| names.iter().position(|other| other == name).unwrap();
    let numbers = ["share_of_model", "model_us", "flop", "in_model"].map(at);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let of_model = rows.iter().filter(|row| row[at("model")] == *model && row[at("attention")] != *"fused");
    of_model
        .map(|row| {
            let [share, us, flop, count] = numbers.map(|at| row[at].parse::<f64>().unwrap());
            (row[at("product")].to_owned(), share, us / 1e6, flop * count)
        })
        .collect()
}

#[test]
fn where_the_time_of_a_model_goes_is_what_an_h100_measured() {
    let percent = |products: &[(String, f64, f64, f64)], named: &[&str]| {
        let shares = products.iter().filter(|product| named.contains(&product.0.as_str()));
        format!("{:.0} %", 100.0 * shares.map(|product| product.1).sum::<f64>())
    };
    let total = |products: &[(String, f64, f64, f64)]| {
        let seconds: f64 = products.iter().map(|product| product.2).sum();
        (seconds * 1e3, products.iter().map(|product| product.3).sum::<f64>() / seconds / 1e12)
    };
    let llama = products_of(H100, "models-8192-tokens", "llama-3-8b");
    let (ms, tflops) = total(&llama);
    says(
        "crates/cli/pages/models.md",
        &format!(
            "In Llama 3 8B, {} of their time is the MLP, {} score and values, {} the other products of attention and {} the \
             logits; together they take {ms:.1} ms, at {tflops:.0} TFLOP/s.",
            percent(&llama, &["mlp_gate", "mlp_up", "mlp_down"]),
            percent(&llama, &["score", "values"]),
            percent(&llama, &["query", "key", "value", "projection"]),
            percent(&llama, &["logits"]),
        ),
    );
    let decoding = products_of(H100, "models-decode", "llama-3-8b");
    let (_, tflops) = total(&decoding);
    says(
        "crates/cli/pages/models.md",
        &format!(
            "spends {} of the time on score and values. It runs at {tflops:.0} TFLOP/s in all",
            percent(&decoding, &["score", "values"])
        ),
    );
    let on_h200 = |sweep| total(&products_of("nvidia-h200", sweep, "llama-3-8b")).0;
    let (step_ms, decode_ms) = (on_h200("models-8192-tokens"), on_h200("models-decode"));
    let less = |of_h200: f64, of_h100: f64| 100.0 * (1.0 - of_h200 / of_h100);
    says(
        "crates/cli/pages/models.md",
        &format!(
            "takes {step_ms:.1} ms, {:.0} % less, and its decoding step {decode_ms:.1} ms instead of {:.1}, {:.0} % less",
            less(step_ms, ms),
            total(&decoding).0,
            less(decode_ms, total(&decoding).0)
        ),
    );
    let gpt2 = products_of(H100, "models-8192-tokens", "gpt2");
    says(
        "figures/README.md",
        &format!(
            "In GPT-2's training step the logits are {} of the time of all products.",
            percent(&gpt2, &["logits"])
        ),
    );
}

#[test]
fn the_page_of_reports_quotes_the_report() {
    let page = page("crates/cli/pages/report.md");
    let (_, rest) = page.split_once("```sh\nhovera report ").unwrap();
    let (command, _) = rest.split_once(" -o report.html\n").unwrap();
    let quoted = rest.lines().filter_map(|line| line.strip_prefix("> "));
    let quoted = quoted.collect::<Vec<_>>().join(" ");
    let folder = Folder::new();
    let args: Vec<&str> = ["report", "-o", "report.md"].into_iter().chain(command.split(' ')).collect();
    folder.hovera(&args).assert().success();
    assert!(!quoted.is_empty() && folder.read("report.md").contains(&quoted), "no {quoted:?} in the report");
}
