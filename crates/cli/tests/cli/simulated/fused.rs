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
    assert_eq!(of_attention, ["score products", "values products", "softmax products", "attention fused"]);
    // The shares of the explicit way, softmax among them, are all of it.
    let explicit = products.iter().filter(|product| product["attention"] != "fused");
    let all: f64 = explicit.map(|product| number(product, "share_of_model")).sum();
    assert!((all - 1.0).abs() < 1e-9, "{all}");
    let table = hovera(&["model", "m.csv"]);
    for says in [
        "\n  score ",
        "\n  softmax ",
        "note: softmax is cuDNN's of the scores, without a scale or a mask, at ",
        "\nnot in it: norms, activations",
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
    assert!(chart.contains(">softmax<") && chart.contains("products and softmax only: no norms"), "{chart}");
    // A training step has none: its gradient is not measured.
    hovera(&["model", "small.json", "--seq", "16", "--training", "-o", "t.csv"]);
    assert!(!machine.folder.read("t.csv").contains("\nsoftmax,"));
    let training = hovera(&["model", "t.csv"]);
    assert!(
        training.contains("\nnot in it: softmax, norms") && !training.contains("\n  softmax "),
        "{training}"
    );
    // Its two products alone, where that is asked for.
    hovera(&["model", "small.json", "--seq", "16", "-o", "p.csv", "--attention", "products"]);
    let text = machine.folder.read("p.csv");
    assert!(!text.contains("\nattention,") && !text.contains("\nsoftmax,"), "{text}");
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
        text.contains(
            "cudnn   not found, so the ops attention and softmax cannot be measured: cannot load cuDNN"
        ),
        "{text}"
    );
    let text = devices(&self::machine());
    assert!(
        text.contains("cudnn   cuDNN 9.14.0 for CUDA 12 (libcudnn.so.9): ops attention and softmax"),
        "{text}"
    );
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

const EXPLICIT: &str = r#"name = "explicit"
op = ["score", "softmax", "values", "attention"]
heads = 2
batch = 1
seq = [16, 20]
head_dim = [8, 16]

[method]
pacing = "none"
order = "planned"
sentinel_every = 0
"#;

#[test]
fn a_softmax_is_measured_once_for_all_head_dims_and_what_cudnn_refuses_of_it_is_skipped() {
    // Two heads of 16·16 elements are the most that it takes.
    let machine = machine().with("SIM_CUDNN_MOST", "512");
    machine.folder.write("s.toml", EXPLICIT);
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = machine.rows();
    let of = |op: &str| rows.iter().filter(|row| row.cell("op") == op).collect::<Vec<_>>();
    assert_eq!([of("score").len(), of("values").len(), of("attention").len()], [4; 3]);
    let softmaxes = of("softmax");
    let said = |row: &super::Row| {
        let columns =
            ["engine", "layout", "heads", "seq", "hidden", "head_dim", "mask", "gemm_batch", "m", "n", "k"];
        columns.map(|column| row.cell(column).to_owned()).join(" ")
    };
    assert_eq!(
        softmaxes.iter().map(|row| said(row)).collect::<Vec<_>>(),
        ["cudnn nn 2 16    2 16 16 1", "cudnn nn 2 20    2 20 20 1"]
    );
    let [done, skipped] = softmaxes[..] else { panic!("{} of a softmax", softmaxes.len()) };
    assert!(matches!(done.cell("status"), "ok" | "noisy"), "{}", done.note());
    assert!(done.cell("kernel").contains("softmax_fw_kernel"), "{}", done.cell("kernel"));
    assert_eq!(done.cell("algo"), "accurate");
    assert_eq!(skipped.cell("status"), "skipped");
    assert!(
        skipped.note().contains("cuDNN's status 3000: more elements than there may be"),
        "{}",
        skipped.note()
    );
    let text = machine.folder.read("s.csv");
    assert!(text.contains("# op = \"softmax\"\n# flop = \"5*b*a*s*t: "), "{text}");
    // What was skipped is not measured again, and what is read is what was written.
    assert_eq!(machine.run(&["--resume"]).status.code(), Some(0));
    assert_eq!(machine.rows().len(), rows.len());
    let shown = |args: &[&str]| {
        let output = machine.hovera(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = shown(&["explain", "s.csv", "--op", "softmax", "--seq", "16"]);
    for says in
        ["softmax: a=2, b=1, s=16, f16", "2 matrices of 16 rows of 16: ", " GB/s, ", "intensity   1.250 FLOP"]
    {
        assert!(told.contains(says), "{says}: {told}");
    }
    assert!(!told.contains("tiles") && !told.contains("TFLOP/s"), "{told}");
    // Of the two lengths one has a softmax: it is in the sum of that chart, and in none of the other.
    shown(&["plot", "s.csv", "--chart", "speedup", "--format", "svg"]);
    let with = machine.folder.read("s-attention-speedup-over-head_dim-s16.svg");
    let without = machine.folder.read("s-attention-speedup-over-head_dim-s20.svg");
    assert!(with.contains("score + softmax + values") && !with.contains("no softmax"));
    assert!(without.contains("score + values, no softmax"));
}

#[test]
fn engines_that_have_no_softmax_refuse_it_before_anything_is_measured() {
    let machine = machine();
    machine.folder.write("s.toml", "name = \"s\"\nop = \"softmax\"\nheads = 2\nseq = 16\n");
    for engine in ["cublas", "cublaslt", "tuned"] {
        let output = machine.run(&["--engine", engine]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{engine}: {said}");
        assert!(
            said.contains(&format!(
                "op softmax with engine {engine}: want engine cudnn, which alone computes it"
            )),
            "{said}"
        );
    }
    let output = machine.run(&["--backend", "cpu"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(
            "op softmax: the CPU backend has products of matrices alone; engine cudnn computes it, on a GPU"
        ),
        "{said}"
    );
    assert!(!machine.folder.path("s.csv").exists());
}
