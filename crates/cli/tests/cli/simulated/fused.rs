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
    let fused: Vec<&str> = text.lines().filter(|line| line.starts_with("attention,f16,nt,cudnn,")).collect();
    assert_eq!(fused.len(), 12);
    assert!(fused.iter().any(|row| row.contains("sdpa_sm90_flash_fprop")), "{text}");
}

#[test]
fn a_dry_run_says_what_would_be_skipped() {
    let output = machine().run(&["--dry-run"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("2 points cannot be computed and would be skipped: head_dim 12: "), "{text}");
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
    assert!(!text.contains("cudnn ="), "{text}");
}
