//! The gate of `crates/cli/recipes/gate`, on a simulated card with two builds of cuBLAS.

use super::{Machine, compile_with, libraries, said};
use std::path::Path;
use std::process::Command;

#[test]
fn the_gate_measures_both_builds_in_turn_says_which_they_are_and_leaves_the_metrics_of_each_point() {
    let machine = Machine::new(1);
    let sizes = "name = \"g\"\ndtype = \"f16\"\nop = \"score\"\nheads = 2\nbatch = 1\nseq = 32\nhead_dim = [8, 16, 24]\n";
    let method = "[method]\npacing = \"none\"\nmin_samples = 6\nmax_samples = 6\nsentinel_every = 0\n";
    machine.folder.write("g.toml", &format!("{sizes}{method}"));
    let newer = machine.folder.path("newer");
    std::fs::create_dir(&newer).unwrap();
    compile_with("simulated/libcublas.rs", &newer.join("libcublas.so.12"), &["--cfg", "upgraded"]);
    let gate = || {
        Command::new("bash")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/gate/gate.sh"))
            .args([libraries().as_os_str(), newer.as_os_str()])
            .args(["out", "g.toml"])
            .current_dir(machine.folder.path(""))
            .env("HOVERA", assert_cmd::cargo::cargo_bin("hovera"))
            .env("LD_LIBRARY_PATH", libraries())
            .env("SIM_CARDS", "1")
            .env("METRIC", "tflops")
            .env_remove("CUDA_VISIBLE_DEVICES")
            .output()
            .unwrap()
    };
    let output = gate();
    let errors = said(&output);
    // Whether a simulated card is slower in one of its passes is by chance.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{errors}");
    for side in ["base: cuBLAS 12.4.3 (libcublas.so.12)\n", "other: cuBLAS 12.5.0 (libcublas.so.12)\n"] {
        assert!(errors.contains(side), "{errors}");
    }
    for (file, version) in
        [("base-1", "12.4.3"), ("other-1", "12.5.0"), ("base-2", "12.4.3"), ("other-2", "12.5.0")]
    {
        let text = machine.folder.read(&format!("out/{file}.csv"));
        assert!(text.contains(&format!("gemm = \"cuBLAS {version} ")), "{file}: {text}");
    }
    let metrics: serde_json::Value = serde_json::from_str(&machine.folder.read("out/metrics.json")).unwrap();
    assert!(metrics.as_object().unwrap().len() >= 3, "{metrics}");
    // A folder that holds an earlier gate is not used again.
    assert!(!gate().status.success());
}
