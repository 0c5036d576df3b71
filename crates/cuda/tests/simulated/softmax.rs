//! A softmax of rows by a cuDNN that computes it as it is asked for.

use super::{burst, play, points_of};
use hovera_bench::{Backend, BackendError, Replay};
use hovera_core::{Dtype, Engine, Point};
use hovera_cuda::CudaBackend;

/// What the tests of this file play in a child process.
pub(super) fn plays(scenario: &str) -> bool {
    match scenario {
        "softmax" => softmax(),
        "softmax once" => println!("SOFTMAX {:?}", one(&points("seq = 9"))),
        _ => return false,
    }
    true
}

fn points(lines: &str) -> Vec<Point> {
    points_of("softmax", &format!("batch = 2\nheads = 2\n{lines}"))
}

fn one(points: &[Point]) -> Result<Vec<f64>, BackendError> {
    let mut backend = CudaBackend::open(0)?;
    backend.supports(&points[0])?;
    backend.reserve(points[0].dtype, points, 1)?;
    backend.prepare(&points[0])?;
    let launches = backend.launch(&burst(1, 3))?;
    backend.verify()?;
    Ok(launches.iter().map(|launch| launch.time_us).collect())
}

fn softmax() {
    let mut backend = CudaBackend::open(0).unwrap();
    let all = [
        points("dtype = [\"f16\", \"bf16\"]\nseq = [1, 13]\nseq_key = [1, 2, 33, 1000]"),
        points("dtype = [\"f16\", \"bf16\"]\nseq = 20\ntensor_parallel = 2"),
        points("dtype = [\"f16\", \"bf16\"]\nseq = 9\nmethod.cache = \"cold\""),
    ]
    .concat();
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let points: Vec<Point> = all.iter().filter(|point| point.dtype == dtype).copied().collect();
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            assert_eq!(point.engine, Engine::Cudnn);
            backend.supports(point).unwrap();
            let kernels = backend.prepare(point).unwrap();
            assert_eq!((kernels.len(), kernels[0].algo.as_deref()), (1, Some("accurate")));
            assert!(backend.verify().is_err(), "{point} was not computed yet");
            backend.launch(&burst(1, 2)).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point}: {error}"));
            backend.choose(0).unwrap();
            assert!(backend.verify().is_err(), "{point}: choosing leaves what was computed");
            backend.replay(&Replay { place: 3, visits: 1, warmup: 0, launches: 2 }).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point}, replayed: {error}"));
            let launches = backend.call_launches().unwrap().unwrap();
            assert_eq!((launches.kernels.len(), launches.memsets), (1, 0));
            assert!(launches.kernels[0].name().contains("softmax_fw_kernel"), "{launches:?}");
        }
        println!("SOFTMAX {dtype}: {} points", points.len());
    }
}

#[test]
fn a_softmax_is_computed_right_at_any_length_of_rows() {
    // Room for two places of a point.
    let output = play("softmax", &[("SIM_MEMORY", "1500000000")]);
    for dtype in ["f16", "bf16"] {
        assert!(output.contains(&format!("SOFTMAX {dtype}: {} points", 8 + 1 + 1)), "{output}");
    }
    // Descriptors and handle are gone, and the device's memory after them.
    assert!(output.contains("CUDNN destroyed, LIVE 0") && output.contains("\nLIVE 0"), "{output}");
}

#[test]
fn a_wrong_softmax_is_caught() {
    let says = |mode: &str, part: &str| {
        let output = play("softmax once", &[("SIM_CUDNN", mode)]);
        assert!(output.contains("SOFTMAX Err(WrongResult(\"") && output.contains(part), "{mode}: {output}");
        assert!(output.contains("\nLIVE 0"), "{output}");
    };
    // The last of 36 rows, which is one of the last matrix.
    says(
        "row",
        "9 of 324 entries of the softmax are NaN or were never written, the first in row 35, column 0",
    );
    says("keys", "softmax[0][0] is ");
}

#[test]
fn what_cudnn_refuses_of_a_softmax_is_an_error_of_the_point() {
    let output = play("softmax once", &[("SIM_CUDNN", "refuse")]);
    assert!(output.contains("cudnnSoftmaxForward failed with cuDNN's status 5003: not executed"), "{output}");
    let output = play("softmax once", &[("SIM_CUDNN_MOST", "323")]);
    assert!(
        output.contains(
            "SOFTMAX Err(Unsupported(\"cudnnSetTensor4dDescriptor failed with cuDNN's status 3000: more elements"
        ),
        "{output}"
    );
    assert!(output.contains("\nLIVE 0"), "{output}");
    let output = play("softmax once", &[("SIM_CUDNN_MOST", "324")]);
    assert!(output.contains("SOFTMAX Ok([50.0"), "{output}");
}
