//! A softmax of rows by cuDNN.

use super::{alone, burst, none_of, open, right};
use hovera_bench::{Backend, BackendError};
use hovera_core::{Dtype, Engine, Plan, Point, SweepSpec};

fn points(lines: &str) -> Vec<Point> {
    let text = format!("name = \"gpu\"\nop = \"softmax\"\nmethod.pacing = \"none\"\n{lines}");
    let spec = SweepSpec::parse("gpu.toml", &text).unwrap();
    Plan::expand(&spec, Engine::Cublas).unwrap().points().to_vec()
}

/// Rows of one element, of odd lengths, of a power of two and beside it, long ones, and those of the published charts.
fn shapes(dtype: Dtype) -> Vec<Point> {
    let of = |lines: &str| points(&format!("dtype = \"{dtype}\"\n{lines}"));
    [
        of("heads = 3\nbatch = 2\nseq = [1, 37]\nseq_key = [1, 2, 3, 7, 8, 31, 32, 33, 63, 65, 127, 1000, 1023, 1025, 4099]"),
        of("heads = 1\nbatch = 1\nseq = [1, 512]\nseq_key = [32768, 65537, 131072]"),
        of("heads = 12\nbatch = 4\nseq = [512, 2048]"),
        of("heads = 12\nbatch = 4\nseq = 2048\ntensor_parallel = 4"),
        of("heads = 2\nbatch = 1\nseq = 1000\nmethod.cache = \"cold\""),
    ]
    .concat()
}

#[test]
#[ignore = "needs a GPU"]
fn a_softmax_is_right_at_any_length_of_rows_and_by_graphs() {
    let _alone = alone();
    let mut backend = open();
    let mut failures = Vec::new();
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let points = shapes(dtype);
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            if let Err(error) = right(&mut backend, point) {
                failures.push(format!("{point}: {error}"));
            }
        }
        println!("{dtype}: {} points", points.len());
    }
    none_of(&failures);
}

#[test]
#[ignore = "needs a GPU"]
fn more_elements_than_32_bits_count_are_right_or_refused_with_a_reason() {
    let _alone = alone();
    let mut backend = open();
    // 2³¹ and 3·2³⁰ elements, 9 and 13 GB.
    let large = points("heads = 8\nbatch = 4\nseq = 8192\nseq_key = [8192, 12288]\ndtype = \"bf16\"");
    backend.reserve(Dtype::Bf16, &large, 1).unwrap();
    for point in &large {
        match right(&mut backend, point) {
            Ok(()) => println!("{point}: right"),
            Err(BackendError::Unsupported(why)) => {
                assert!(why.contains("failed with cuDNN's status"), "{point}: {why}");
                println!("{point}: {why}");
            }
            Err(error) => panic!("{point}: {error}"),
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_wrong_number_of_a_softmax_is_found() {
    let _alone = alone();
    let mut backend = open();
    let points = points("heads = 4\nbatch = 1\nseq = 256\ndtype = \"bf16\"");
    backend.reserve(Dtype::Bf16, &points, 1).unwrap();
    backend.prepare(&points[0]).unwrap();
    backend.launch(&burst(0, 1)).unwrap();
    backend.verify().unwrap();
    // 0.25 in bf16, and never written.
    for (bytes, says) in
        [([0x80, 0x3E], "softmax[0][0] is 0.25"), ([0xFF, 0xFF], "1 of 262144 entries of the softmax")]
    {
        backend.probe().set_result(0, &bytes).unwrap();
        let error = backend.probe().check().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_softmax_is_one_kernel_of_cudnn_s() {
    let _alone = alone();
    let mut backend = open();
    let points = points("heads = 12\nbatch = 4\nseq = 2048");
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    let kernels = backend.prepare(&points[0]).unwrap();
    assert_eq!(kernels[0].algo.as_deref(), Some("accurate"));
    let launches = backend.call_launches().unwrap().unwrap();
    println!("{launches:?}");
    assert_eq!((launches.kernels.len(), launches.memsets), (1, 0));
    assert!(launches.kernels[0].name().contains("softmax"), "{launches:?}");
}
