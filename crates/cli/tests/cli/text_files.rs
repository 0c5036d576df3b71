//! Text as editors leave it: marks, encodings, line breaks.
#![cfg(unix)]

use crate::folder::{Folder, TINY};
use crate::made_up;
use std::time::{Duration, Instant};

const MARK: &str = "\u{feff}";

fn wide(text: &str) -> Vec<u8> {
    format!("{MARK}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const CARD: &str = "NVIDIA L40S";
const TABLE: &str = "name,batch,M,N,K,ms\nbmm,8,64,128,32,0.5\n";
const MAP: &str = "time_unit = \"ms\"\n[column]\nop = \"name\"\ngemm_batch = \"batch\"\nm = \"M\"\nn = \"N\"\nk = \"K\"\n\
                   time_median = \"ms\"\n[constant]\ndtype = \"bf16\"\n";
const LOG: &str = "num_attention_heads: 4, hidden_size: 256, train_micro_batch_size_per_gpu: 2, tensor_mp_size: 1, \
pipeline_mp_size: 1, dp_size: 1\nElapsed time for attention_key_query_prob (8x128x64x128): 0.0001\n\
Throughput (in TFLOP/s) for attention_key_query_prob (8x128x64x128): 0.168\n";
const NVBENCH: &str = r#"{"devices": [{"id": 0, "name": "NVIDIA L40S"}], "benchmarks": [{"name": "gemm", "states": [{"device": 0,
"axis_values": [{"name": "M", "type": "int64", "value": "64"}, {"name": "N", "type": "int64", "value": "32"},
{"name": "K", "type": "int64", "value": "16"}], "is_skipped": false, "summaries": [
{"tag": "nv/cold/sample_size", "data": [{"name": "value", "type": "int64", "value": "20"}]},
{"tag": "nv/cold/time/gpu/mean", "data": [{"name": "value", "type": "float64", "value": "0.00025"}]}]}]}]}"#;

/// Every text that hovera reads: the file, its content, and a command that reads it.
fn texts() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let figures =
        "[[figure]]\nname = \"f\"\nresults = \"../r.csv\"\noverlay = \"engine\"\nformats = [\"svg\"]\n";
    vec![
        ("r.csv", made_up::two_engines(), vec!["plot", "r.csv", "--overlay", "engine", "--format", "svg"]),
        ("r.csv", made_up::two_engines(), vec!["report", "r.csv", "-o", "r.html"]),
        ("r.csv", made_up::two_engines(), vec!["compare", "r.csv", "r.csv", "--across", "engine"]),
        ("r.csv", made_up::two_engines(), vec!["explain", "r.csv", "--op", "score", "--hidden", "768"]),
        ("s.toml", TINY.to_owned(), vec!["run", "s.toml", "--backend", "cpu", "--dry-run"]),
        ("figures/figures.toml", figures.to_owned(), vec!["figures"]),
        (
            "t.csv",
            TABLE.to_owned(),
            vec!["import", "csv", "t.csv", "--map", "map.toml", "--device", CARD, "-o", "-"],
        ),
        (
            "map.toml",
            MAP.to_owned(),
            vec!["import", "csv", "t.csv", "--map", "map.toml", "--device", CARD, "-o", "-"],
        ),
        ("l.out", LOG.to_owned(), vec!["import", "cookbook", "l.out", "--device", CARD, "-o", "-"]),
        ("b.json", NVBENCH.to_owned(), vec!["import", "nvbench", "b.json", "--dtype", "f16", "-o", "-"]),
    ]
}

fn folder() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("figures")).unwrap();
    for (name, content, _) in texts() {
        folder.write(name, &content);
    }
    folder
}

fn ok(folder: &Folder, args: &[&str]) -> Vec<String> {
    let output = folder.hovera(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    // How much memory the machine has free changes from one moment to the next.
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| match line.strip_prefix("memory: ") {
        Some(memory) => memory.split(" of ").next().unwrap_or_default().to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_mark_ahead_of_any_text_changes_nothing() {
    for (name, content, args) in texts() {
        let folder = folder();
        let without = ok(&folder, &args);
        folder.write(name, &format!("{MARK}{content}"));
        assert!(ok(&folder, &args) == without, "{args:?}");
    }
}

#[test]
fn line_breaks_of_windows_change_nothing() {
    for (name, content, args) in texts() {
        let folder = folder();
        let without = ok(&folder, &args);
        folder.write(name, &content.replace('\n', "\r\n"));
        let with = ok(&folder, &args);
        // A log's lines are counted, and an import says of what file it is: no more than that may differ.
        assert!(with == without, "{args:?}");
    }
}

#[test]
fn empty_lines_after_the_end_of_a_results_file_change_nothing() {
    let folder = Folder::new();
    folder.measure_tiny("r.csv");
    let whole = folder.read("r.csv");
    let explain = ["explain", "r.csv", "--op", "score", "--hidden", "48"];
    let before = ok(&folder, &explain);
    for tail in ["\n", "\n\n\n", "\r\n\r\n"] {
        let broken = if tail.contains('\r') { whole.replace('\n', "\r\n") } else { whole.clone() };
        folder.write("r.csv", &format!("{broken}{tail}"));
        assert!(ok(&folder, &explain) == before, "{tail:?}");
    }
    // Without the last line break nobody can tell whether more is missing: that is said, and what to do.
    folder.write("r.csv", whole.trim_end());
    let (code, said) = folder.fails(&explain);
    assert!(code == 2 && said.contains("is cut off: want the file to end at byte"), "{said}");
    assert!(said.contains("where an editor only took the last line break away, add it again"), "{said}");
    folder.write("r.csv", &(whole.trim_end().to_owned() + "\n"));
    assert!(ok(&folder, &explain) == before);
}

#[test]
fn other_encodings_are_named_with_what_would_be_right() {
    for (name, content, args) in texts() {
        let folder = folder();
        std::fs::write(folder.path(name), wide(&content)).unwrap();
        let (code, said) = folder.fails(&args);
        assert_eq!(code, 2, "{args:?}: {said}");
        let says =
            format!("{name}: looks like UTF-16 (little-endian): save it as UTF-8, or convert it with iconv");
        assert!(said.contains(&says), "{args:?}: {said}");
    }
    let folder = folder();
    let latin = |text: String| -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    };
    std::fs::write(folder.path("s.toml"), latin(format!("# für mich\n{TINY}"))).unwrap();
    let (code, said) = folder.fails(&["run", "s.toml", "--backend", "cpu", "--dry-run"]);
    assert!(code == 2 && said.contains("s.toml:1: byte 0xFC is not UTF-8 and looks like Latin-1"), "{said}");
    std::fs::write(folder.path("r.csv"), latin(format!("# # Größe\n{}", made_up::two_engines()))).unwrap();
    let (code, said) = folder.fails(&["plot", "r.csv"]);
    assert!(code == 2 && said.contains("r.csv:1: byte 0xF6 is not UTF-8 and looks like Latin-1"), "{said}");
}

#[test]
fn inputs_without_an_end_are_refused_in_a_moment() {
    let folder = folder();
    for device in ["/dev/zero", "/dev/urandom"] {
        for args in [
            &["plot", device][..],
            &["report", device, "-o", "x.html"],
            &["compare", device, device],
            &["explain", device, "--op", "score", "--hidden", "768"],
            &["merge", device, "-o", "x.csv"],
            &["run", device, "--backend", "cpu"],
            &["import", "nvbench", device, "-o", "x.csv", "--dtype", "f16"],
            &["import", "csv", "t.csv", "--map", device, "-o", "x.csv"],
        ] {
            let start = Instant::now();
            let (code, said) = folder.fails(args);
            assert!(code == 2 && said.contains(device), "{args:?}: {code} {said}");
            assert!(start.elapsed() < Duration::from_secs(20), "{args:?}");
        }
    }
    assert!(!folder.path("x.csv").exists() && !folder.path("x.html").exists());
}
