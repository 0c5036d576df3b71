//! `hovera predict` on a machine whose library is not the one of the constants.

use super::{Machine, said};

const SPEC: &str = "name = \"p\"\nheads = 12\nbatch = 4\nseq = 2048\nhead_dim = [64, 81]\n";

#[test]
fn a_prediction_for_the_gpu_at_hand_says_that_its_library_is_another() {
    let machine = Machine::new(1).with("SIM_MODELS", "NVIDIA H100 80GB HBM3");
    machine.folder.write("p.toml", SPEC);
    let predicted = |gpu: &str| {
        let output = machine.hovera(&["predict", "p.toml", "--gpu", gpu, "-o", "p.csv"]).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let here = predicted("NVIDIA H100 80GB HBM3");
    let says =
        "the constants are of cuBLAS 13.1.0 (libcublas.so.13), the library of this machine is cuBLAS 12.4.3";
    assert!(here.contains(says), "{here}");
    // What another machine has is not known.
    let elsewhere = predicted("NVIDIA H200");
    assert!(!elsewhere.contains("the library of this machine"), "{elsewhere}");
}
