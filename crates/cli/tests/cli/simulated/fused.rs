//! Fused attention, by a cuDNN that has limits, and one that crashes.

use super::{Machine, compile, libraries};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const SPEC: &str = r#"name = "fused"
op = ["score", "attention"]
mask = ["none", "causal"]
heads = 2
batch = 1
seq = 16
head_dim = [8, 12, 16, 24, 32, 264]

[method]
pacing = "none"
order = "planned"
sentinel_every = 0
"#;

/// The folder of a simulated cuDNN and what it needs beside cuBLAS.
fn cudnn() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulated-cudnn-for-cli");
        std::fs::create_dir_all(&folder).unwrap();
        compile("simulated/libcudnn.rs", &folder.join("libcudnn.so.9"));
        compile("simulated/libnvrtc.rs", &folder.join("libnvrtc.so.12"));
        folder
    })
}

fn machine() -> Machine {
    let machine = Machine::new(1);
    machine.folder.write("s.toml", SPEC);
    let path = format!("{}:{}", libraries().display(), cudnn().display());
    machine.with("LD_LIBRARY_PATH", &path)
}

/// Op, mask, head dim and status of each row, and the notes.
fn outcome(machine: &Machine) -> (Vec<String>, Vec<String>) {
    let cells = |row: &super::Row| {
        let said = ["op", "mask", "head_dim", "status"].map(|column| row.cell(column).to_owned());
        said.join(" ").replace("  ", " ")
    };
    let rows = machine.rows();
    (rows.iter().map(cells).collect(), rows.iter().map(|row| row.note().to_owned()).collect())
}

#[test]
fn a_cudnn_that_crashes_costs_its_points_and_what_it_does_not_have_is_skipped_with_its_reason() {
    let machine = machine().with("SIM_CUDNN_DIES_AT", "24");
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let (rows, notes) = outcome(&machine);
    let expected = [8, 12, 16, 24, 32, 264].map(|d| format!("score {d} ok"));
    let fused = ["none", "causal"].map(|mask| {
        [(8, "ok"), (12, "skipped"), (16, "ok"), (24, "failed"), (32, "ok"), (264, "skipped")]
            .map(|(d, status)| format!("attention {mask} {d} {status}"))
    });
    let mut wanted = [expected.to_vec(), fused.concat()].concat();
    let mut found = rows.clone();
    wanted.sort();
    found.sort();
    // The interval of so few launches may be too long.
    let found: Vec<String> = found.into_iter().map(|row| row.replace("noisy", "ok")).collect();
    assert_eq!(found, wanted);
    for (row, note) in rows.iter().zip(&notes) {
        let says = match row.rsplit(' ').nth(1) {
            Some("12") if row.starts_with("attention") => {
                "head_dim 12: cuDNN's fused attention has heads of multiples of 8"
            }
            Some("24") if row.starts_with("attention") => "simulated: a library's last words",
            Some("264") if row.starts_with("attention") => {
                "cuDNN has no kernel for it: head dim is too large"
            }
            _ => continue,
        };
        assert!(note.contains(says), "{row}: {note}");
    }
    let text = machine.folder.read("s.csv");
    assert!(text.contains("# cudnn = \"cuDNN 9.14.0 for CUDA 12 (libcudnn.so.9)\""), "{text}");
    for says in [
        "# [[convention]]\n# op = \"attention\"\n# flop = \"2*b*a*s*t*(d + e) forward",
        "half of either where mask = causal",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let fused: Vec<&str> = text.lines().filter(|line| line.starts_with("attention,f16,nt,cudnn,")).collect();
    assert_eq!(fused.len(), 12);
    assert!(fused.iter().any(|row| row.contains("sdpa_sm90_flash_fprop")), "{text}");
}

#[test]
fn what_cudnn_does_not_take_costs_its_points_alone() {
    for (mode, says) in [
        ("rank", "status 2000: a number of the host of rank 1"),
        ("uid", "cudnnBackendExecute failed with cuDNN's status 2002: a uid is missing"),
    ] {
        let machine = machine().with("SIM_CUDNN", mode);
        assert_eq!(machine.run(&[]).status.code(), Some(0), "{mode}");
        let (rows, notes) = outcome(&machine);
        // All of the sweep is there.
        assert_eq!(rows.len(), 18, "{mode}");
        for (row, note) in rows.iter().zip(&notes) {
            match (row.starts_with("attention"), row.contains(" 12 ")) {
                (true, false) if !row.contains(" 264 ") => {
                    assert!(row.ends_with(" skipped") && note.contains(says), "{row}: {note}");
                }
                (true, _) => {}
                (false, _) => assert!(row.ends_with(" ok") || row.ends_with(" noisy"), "{row}"),
            }
        }
    }
}

#[test]
fn a_dry_run_says_what_would_be_skipped_with_a_card_and_without_one() {
    let says = "2 points cannot be computed and would be skipped: head_dim 12: ";
    let output = machine().run(&["--dry-run"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(says), "{text}");
    let folder = crate::folder::Folder::new();
    folder.write("s.toml", SPEC);
    let output = folder.hovera(&["run", "s.toml", "--dry-run"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(says) && text.contains("if there were one here"), "{text}");
}

#[test]
fn a_model_s_attention_is_measured_as_two_products_and_as_one_kernel_and_counted_once() {
    let machine = machine();
    let config = r#"{ "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 64 }"#;
    machine.folder.write("small.json", config);
    let hovera = |args: &[&str]| {
        let output = machine.hovera(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let json = hovera(&["model", "small.json", "--seq", "16", "-o", "m.csv", "--format", "json"]);
    let text = machine.folder.read("m.csv");
    assert!(
        text.contains("attention forward causal batch=1 heads=4 kv_heads=2 seq=16 head_dim=16"),
        "{text}"
    );
    let measured: Vec<&str> = text.lines().filter(|line| line.starts_with("attention,bf16,")).collect();
    assert_eq!(measured.len(), 1, "{text}");
    // One whole has score and values, another one attention in their place; the shares of each are of it.
    let products: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let number = |product: &serde_json::Value, key: &str| product[key].as_f64().unwrap();
    let whole = |left_out: &str| -> f64 {
        let counted = products.iter().filter(|product| product["attention"] != left_out);
        counted.map(|product| number(product, "model_us")).sum()
    };
    let mut of_attention = Vec::new();
    for product in &products {
        let word = |key: &str| product[key].as_str().unwrap();
        let all = if word("attention") == "fused" { whole("products") } else { whole("fused") };
        let share = number(product, "model_us") / all;
        assert!((number(product, "share_of_model") - share).abs() < 1e-9, "{product}");
        if !word("attention").is_empty() {
            of_attention.push(format!("{} {}", word("product"), word("attention")));
        }
    }
    assert_eq!(of_attention, ["score products", "values products", "attention fused"]);
    let table = hovera(&["model", "m.csv"]);
    for says in [
        "\n  attention ",
        "\n  one layer, fused ",
        "\nthe model, fused ",
        "note: attention is score, softmax and",
    ] {
        assert!(table.contains(says), "{says}: {table}");
    }
    // Whether a chart's bar has the one or the other is in its name.
    hovera(&["plot", "m.csv", "--chart", "shares", "--format", "svg"]);
    let chart = machine.folder.read("m-model-shares.svg");
    assert!(chart.contains(">small<") && chart.contains(">small, fused<"), "{chart}");
    // Its two products alone, where that is asked for.
    hovera(&["model", "small.json", "--seq", "16", "-o", "p.csv", "--attention", "products"]);
    assert!(!machine.folder.read("p.csv").contains("\nattention,"));
}

#[test]
fn without_cudnn_fused_attention_is_refused_with_what_to_do_and_devices_says_so() {
    let machine = Machine::new(1);
    machine.folder.write("s.toml", SPEC);
    let output = machine.run(&[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("engine cudnn: cannot load cuDNN") && said.contains("pip install nvidia-cudnn"),
        "{said}"
    );
    let devices = |machine: &Machine| {
        String::from_utf8_lossy(&machine.hovera(&["devices"]).output().unwrap().stdout).into_owned()
    };
    let text = devices(&machine);
    assert!(
        text.contains("cudnn   not found, so the op attention cannot be measured: cannot load cuDNN"),
        "{text}"
    );
    let text = devices(&self::machine());
    assert!(text.contains("cudnn   cuDNN 9.14.0 for CUDA 12 (libcudnn.so.9): op attention"), "{text}");
}

#[test]
fn a_sweep_without_fused_attention_does_not_tell_of_cudnn() {
    let machine = machine();
    machine.folder.write(
        "s.toml",
        &SPEC.replace(", \"attention\"]", "]").replace("mask = [\"none\", \"causal\"]\n", ""),
    );
    assert_eq!(machine.run(&[]).status.code(), Some(0));
    let text = machine.folder.read("s.csv");
    assert!(!text.contains("cudnn =") && !text.contains("[[convention]]"), "{text}");
}
