//! Fused attention by cuDNN. `tests/attention.py` holds its output and its times against PyTorch's.

use super::{alone, burst, none_of, open, right};
use hovera_bench::{Backend, BackendError};
use hovera_core::{Dtype, Engine, Pass, Plan, Point, SweepSpec};
use std::path::Path;

/// The points of a spec of fused attention.
fn points(lines: &str) -> Vec<Point> {
    let text = format!("name = \"gpu\"\nop = \"attention\"\nmethod.pacing = \"none\"\n{lines}");
    let spec = SweepSpec::parse("gpu.toml", &text).unwrap();
    Plan::expand(&spec, Engine::Cublas).unwrap().points().to_vec()
}

const BOTH: &str =
    "pass = [\"forward\", \"backward\"]\nmask = [\"none\", \"causal\"]\ndtype = [\"f16\", \"bf16\"]\n";

/// Widths, groups, lengths that no tile divides, long and short ones, and one query with a cache.
fn shapes() -> Vec<Point> {
    let both = |lines: &str| points(&format!("{BOTH}{lines}"));
    let forward = |lines: &str| points(&format!("dtype = [\"f16\", \"bf16\"]\n{lines}"));
    [
        both("heads = 3\nbatch = 2\nseq = 300\nhead_dim = { from = 8, to = 128, step = 24 }"),
        both("heads = 8\nkv_heads = [1, 2]\nbatch = 1\nseq = [130, 1000]\nhead_dim = 96"),
        both("heads = 12\nbatch = 4\nseq = 2048\nhead_dim = [64, 128]"),
        forward("heads = 3\nbatch = 2\nseq = 300\nhead_dim = { from = 136, to = 256, step = 40 }"),
        forward("heads = 4\nbatch = 2\nseq = 512\nhead_dim = 192\nhead_dim_v = 128\nmask = [\"none\", \"causal\"]"),
        forward("heads = 8\nkv_heads = [2, 8]\nbatch = 2\nseq = [1, 37]\nseq_key = [53, 4096]\nhead_dim = 128"),
        forward("heads = 32\nkv_heads = 8\nbatch = 1\nseq = 1\nseq_key = 131072\nhead_dim = 128"),
    ]
    .concat()
}

fn by_dtype(points: &[Point]) -> impl Iterator<Item = (Dtype, Vec<Point>)> {
    [Dtype::F16, Dtype::Bf16]
        .map(|dtype| (dtype, points.iter().filter(|point| point.dtype == dtype).copied().collect::<Vec<_>>()))
        .into_iter()
}

#[test]
#[ignore = "needs a GPU"]
fn fused_attention_is_right_forward_and_backward_and_by_graphs() {
    let _alone = alone();
    let mut backend = open();
    let mut failures = Vec::new();
    let mut unsupported = Vec::new();
    for (dtype, points) in by_dtype(&shapes()) {
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            match right(&mut backend, point) {
                Ok(()) => {}
                Err(BackendError::Unsupported(why)) => unsupported.push(format!("{point}: {why}")),
                Err(error) => failures.push(format!("{point}: {error}")),
            }
        }
        println!("{dtype}: {} points", points.len());
    }
    unsupported.iter().for_each(|point| println!("UNSUPPORTED {point}"));
    none_of(&failures);
    assert!(unsupported.is_empty(), "{} points are not supported", unsupported.len());
}

#[test]
#[ignore = "needs a GPU"]
fn a_wrong_number_of_fused_attention_is_found() {
    let _alone = alone();
    let mut backend = open();
    let points = points("heads = 4\nbatch = 1\nseq = 256\nhead_dim = 64\ndtype = \"bf16\"");
    backend.reserve(Dtype::Bf16, &points, 1).unwrap();
    backend.prepare(&points[0]).unwrap();
    backend.launch(&burst(0, 1)).unwrap();
    backend.verify().unwrap();
    // 0.25 in bf16, and never written.
    for (bytes, says) in [([0x80, 0x3E], "O[0][0][0][0] is 0.25"), ([0xFF, 0xFF], "1 of 65536 entries of O")]
    {
        backend.probe().set_result(0, &bytes).unwrap();
        let error = backend.probe().check().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
#[ignore = "needs a GPU"]
fn what_cudnn_does_not_have_is_unsupported_with_its_reason() {
    let _alone = alone();
    let mut backend = open();
    let wide = points("heads = 4\nbatch = 1\nseq = 256\nhead_dim = [64, 100, 4096]");
    let narrow = backend.footprint(&wide[1]).unwrap_err();
    assert!(
        matches!(&narrow, BackendError::Unsupported(why) if why.starts_with("head_dim 100: ")),
        "{narrow:?}"
    );
    backend.reserve(Dtype::F16, &[wide[0], wide[2]], 1).unwrap();
    // Versions differ in how wide a head may be: 9.19 takes this one. What is taken is right.
    match backend.prepare(&wide[2]) {
        Err(BackendError::Unsupported(why)) => println!("REASON {why}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => right(&mut backend, &wide[2]).unwrap(),
    }
    // And the next one is measured.
    right(&mut backend, &wide[0]).unwrap();
}

#[test]
#[ignore = "needs a GPU"]
fn its_kernels_say_what_the_head_dim_is_rounded_up_to() {
    let _alone = alone();
    let mut backend = open();
    let points = points(
        "pass = [\"forward\", \"backward\"]\nheads = 12\nhead_dim = [64, 72, 128, 136, 192, 200, 256]",
    );
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for point in &points {
        let kernels = backend.prepare(point).unwrap();
        let launches = backend.call_launches().unwrap().expect("the driver is older than CUDA 12.3");
        let kernel = launches.gemm_kernel().unwrap();
        println!("{point}: {kernels:?} {} {:?}", kernel.name(), kernel.traits());
        let width = kernel.traits().and_then(|traits| traits.head_width).expect("a width");
        assert!(width >= point.model.head_dim.unwrap().get(), "{point}");
        assert_eq!(point.pass == Pass::Backward, launches.kernels.len() > 1, "{point}: {launches:?}");
    }
}

/// Writes Q, K, V and O of 100 shapes for `tests/attention.py` into the folder that `HOVERA_DUMP` names.
#[test]
#[ignore = "needs a GPU, and is one half of tests/attention.py"]
fn dump_for_pytorch() {
    let _alone = alone();
    let Ok(folder) = std::env::var("HOVERA_DUMP") else { return };
    let folder = Path::new(&folder);
    let both =
        |lines: &str| points(&format!("mask = [\"none\", \"causal\"]\ndtype = [\"f16\", \"bf16\"]\n{lines}"));
    let all = [
        both("heads = 4\nkv_heads = [2, 4]\nbatch = 2\nseq = [256, 1000]\nhead_dim = { from = 16, to = 128, step = 16 }"),
        both("heads = 2\nbatch = 1\nseq = 512\nhead_dim = { from = 136, to = 256, step = 24 }"),
    ]
    .concat();
    let mut backend = open();
    let mut list = String::new();
    for (dtype, points) in by_dtype(&all) {
        backend.reserve(dtype, &points, 5).unwrap();
        for (index, point) in points.iter().enumerate() {
            backend.prepare(point).unwrap();
            backend.launch(&burst(0, 1)).unwrap();
            backend.verify().unwrap();
            let model = point.model;
            let sizes = [
                model.batch.unwrap().get(),
                model.heads.unwrap().get(),
                model.kv_heads().unwrap(),
                model.seq.unwrap().get(),
                model.seq_key().unwrap(),
                model.head_dim.unwrap().get(),
            ];
            let sizes = sizes.map(|size| size.to_string()).join(" ");
            list.push_str(&format!("{dtype}-{index} {dtype} {} {sizes}\n", point.mask));
            for (name, bytes) in ["q", "k", "v", "o"].iter().zip(backend.probe().attention().unwrap()) {
                std::fs::write(folder.join(format!("{dtype}-{index}.{name}")), bytes).unwrap();
            }
        }
    }
    std::fs::write(folder.join("list"), list).unwrap();
}
