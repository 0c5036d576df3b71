//! Fused attention by a cuDNN that computes every graph as it is written.

use super::{burst, copied, libraries, play, play_with, points_of, score};
use hovera_bench::{Backend, BackendError, Replay};
use hovera_core::{Dtype, Engine, Pass, Point};
use hovera_cuda::CudaBackend;
use std::path::PathBuf;

/// What the tests of this file play in a child process.
pub(super) fn plays(scenario: &str) -> bool {
    match scenario {
        "fused" => fused(),
        "fused support" => support(),
        "fused beside products" => beside_products(),
        "fused forward" => println!("FUSED {:?}", one(&points("seq = 9"))),
        "fused backward" => println!("FUSED {:?}", one(&points("seq = 9\npass = \"backward\""))),
        _ => return false,
    }
    true
}

fn points(lines: &str) -> Vec<Point> {
    let head_dim = if lines.contains("head_dim") { "" } else { "head_dim = 8\n" };
    let heads = if lines.contains("heads") { "" } else { "heads = 2\n" };
    points_of("attention", &format!("batch = 2\n{heads}{head_dim}{lines}"))
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

fn fused() {
    let mut backend = CudaBackend::open(0).unwrap();
    println!("SOFTWARE {:?}", backend.software().cudnn);
    let both =
        "pass = [\"forward\", \"backward\"]\nmask = [\"none\", \"causal\"]\ndtype = [\"f16\", \"bf16\"]\n";
    let all = [
        points(&format!("{both}seq = [1, 13]\nheads = 4\nkv_heads = [1, 2, 4]")),
        points(&format!("{both}seq = 20\nhead_dim = 72")),
        points(&format!("{both}seq = 7\nhead_dim = 24\nhead_dim_v = [16, 32]")),
        points("dtype = [\"f16\", \"bf16\"]\npass = [\"forward\", \"backward\"]\nseq = [1, 5]\nseq_key = [3, 40]"),
        points("dtype = [\"f16\", \"bf16\"]\nseq = 9\nmethod.cache = \"cold\""),
    ]
    .concat();
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let points: Vec<Point> = all.iter().filter(|point| point.dtype == dtype).copied().collect();
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            backend.supports(point).unwrap();
            let kernels = backend.prepare(point).unwrap();
            assert_eq!(kernels.len(), 1);
            assert_eq!(
                (kernels[0].algo.as_deref(), kernels[0].workspace_bytes),
                (Some("2 knob24=7"), Some(256))
            );
            assert!(backend.verify().is_err(), "{point} was not computed yet");
            backend.launch(&burst(1, 2)).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point}: {error}"));
            backend.choose(0).unwrap();
            assert!(backend.verify().is_err(), "{point}: choosing leaves what was computed");
            backend.replay(&Replay { place: 3, visits: 1, warmup: 0, launches: 2 }).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point}, replayed: {error}"));
            let launches = backend.call_launches().unwrap().unwrap();
            let width = launches.gemm_kernel().and_then(|kernel| kernel.traits()?.head_width);
            assert!(width.is_some_and(|width| width >= 64), "{launches:?}");
            assert_eq!(launches.kernels.len(), if point.pass == Pass::Backward { 2 } else { 1 });
        }
        println!("FUSED {dtype}: {} points", points.len());
    }
}

#[test]
fn fused_attention_is_computed_right_forward_and_backward() {
    // Room for two places of a point.
    let output = play("fused", &[("SIM_MEMORY", "1500000000")]);
    assert!(output.contains("SOFTWARE Some(\"cuDNN 9.14.0 for CUDA 12 (libcudnn.so.9)\")"), "{output}");
    // 24 of groups, 4 wide ones, 8 of other values, 8 of caches and a cold one.
    for dtype in ["f16", "bf16"] {
        assert!(output.contains(&format!("FUSED {dtype}: {} points", 24 + 4 + 8 + 8 + 1)), "{output}");
    }
    // Descriptors, plans and handle are gone, and the device's memory after them.
    assert!(output.contains("CUDNN destroyed, LIVE 0") && output.contains("\nLIVE 0"), "{output}");
}

#[test]
fn a_wrong_result_of_fused_attention_is_caught() {
    let says = |scenario: &str, mode: &str, part: &str| {
        let output = play(scenario, &[("SIM_CUDNN", mode)]);
        assert!(output.contains("FUSED Err(WrongResult(\"") && output.contains(part), "{mode}: {output}");
        assert!(output.contains("\nLIVE 0"), "{output}");
    };
    // The last of nine rows of each of four heads.
    says(
        "fused forward",
        "row",
        "32 of 288 entries of O are NaN or were never written, the first in row 8, column 0",
    );
    says("fused forward", "keys", "O[0][0][0][0] is ");
    says("fused backward", "keys", "O[0][0][0][0] is ");
    says("fused backward", "statistics", "the statistic of query [0][0][0] is ");
    for (mode, what) in [("dq", "dQ["), ("dk", "dK["), ("dv", "dV[")] {
        says("fused backward", mode, what);
    }
}

#[test]
fn what_cudnn_refuses_is_an_error_of_the_point() {
    let output = play("fused forward", &[("SIM_CUDNN", "refuse")]);
    assert!(output.contains("cudnnBackendExecute failed with cuDNN's status 5003: not executed"), "{output}");
    let output = play("fused forward", &[("SIM_CUDNN", "no_plan")]);
    assert!(output.contains("FUSED Err(Unsupported(\"cuDNN: finalizing a Plan failed"), "{output}");
    assert!(output.contains("not with this card") && output.contains("\nLIVE 0"), "{output}");
    // What the library says of a graph, or of what is launched with it, that it does not take.
    let output = play("fused forward", &[("SIM_CUDNN", "rank")]);
    assert!(output.contains("FUSED Err(Unsupported(\"cuDNN: finalizing a Tensor failed"), "{output}");
    assert!(
        output.contains("2000: a number of the host of rank 1") && output.contains("\nLIVE 0"),
        "{output}"
    );
    let output = play("fused forward", &[("SIM_CUDNN", "uid")]);
    assert!(
        output.contains("cudnnBackendExecute failed with cuDNN's status 2002: a uid is missing"),
        "{output}"
    );
    assert!(output.contains("\nLIVE 0"), "{output}");
    // A workspace that the arena did not foresee.
    let output = play("fused forward", &[("SIM_CUDNN", "workspace")]);
    assert!(output.contains("FUSED Ok([50.0"), "{output}");
    let output = play("fused forward", &[("SIM_CUDNN", "workspace"), ("SIM_LARGEST", "41000000")]);
    assert!(output.contains("FUSED Err(OutOfMemory { needed: 41943040"), "{output}");
}

/// The simulated cuBLAS takes 32 MiB to work in and nothing else.
fn beside_products() {
    let mut backend = CudaBackend::open(0).unwrap();
    let lines = "heads = 32\nkv_heads = 8\nseq = 1\nseq_key = 2200\npass = \"backward\"";
    let wide = points(&format!("{lines}\nhead_dim = 64"))[0];
    let [product, by_lt] =
        [Engine::Cublas, Engine::CublasLt].map(|engine| Point { engine, ..score((2, 1, 20, 12)) });
    let bytes = |point: &Point| backend.footprint(point).unwrap();
    assert!(bytes(&wide) > bytes(&product) + (4 << 20), "attention works in more");
    backend.reserve(Dtype::F16, &[wide, product, by_lt], 1).unwrap();
    for point in [product, by_lt] {
        backend.prepare(&point).unwrap();
        backend.launch(&burst(1, 1)).unwrap();
        backend.verify().unwrap();
    }
    println!("BESIDE done");
}

#[test]
fn products_have_the_workspace_that_they_have_without_attention() {
    let output = play("fused beside products", &[]);
    assert!(output.contains("BESIDE done"), "{output}");
}

fn support() {
    let mut backend = CudaBackend::open(0).unwrap();
    let wide = points("seq = 9\nhead_dim = [8, 264]");
    println!("SUPPORTS {:?}", backend.supports(&wide[0]));
    for sizes in ["head_dim = 100", "head_dim = 64\nhead_dim_v = 12"] {
        println!("FOOTPRINT {:?}", backend.footprint(&points(&format!("seq = 9\n{sizes}"))[0]));
    }
    if backend.supports(&wide[0]).is_ok() {
        backend.reserve(Dtype::F16, &wide, 1).unwrap();
        println!("PREPARED {:?}", backend.prepare(&wide[1]).map(drop));
        // And the next one is none the worse for it.
        println!("PREPARED {:?}", backend.prepare(&wide[0]).map(drop));
    }
}

#[test]
fn rows_that_cudnn_would_compute_wrong_are_refused_and_its_own_limits_told_in_its_words() {
    let output = play("fused support", &[]);
    assert!(output.contains("SUPPORTS Ok(())"), "{output}");
    for name in ["head_dim 100", "head_dim_v 12"] {
        assert!(
            output.contains(&format!("FOOTPRINT Err(Unsupported(\"{name}: cuDNN's fused attention")),
            "{output}"
        );
    }
    assert!(
        output.contains(
            "PREPARED Err(Unsupported(\"cuDNN has no kernel for it: head dim is too large or not a multiple of 8\"))"
        ),
        "{output}"
    );
    assert!(output.contains("PREPARED Ok(())") && output.contains("\nLIVE 0"), "{output}");
}

#[test]
fn a_cudnn_that_is_too_old_or_for_a_newer_cuda_is_refused_with_what_to_do() {
    let refused = |environment: &[(&str, &str)], part: &str| {
        let output = play("fused support", environment);
        let said = output.lines().find(|line| line.starts_with("SUPPORTS Err(Unsupported(\"engine cudnn: "));
        assert!(said.is_some_and(|said| said.contains(part)), "{part}: {output}");
        assert!(output.contains("\nLIVE 0"), "{output}");
    };
    for version in ["8907", "91001", "91200"] {
        refused(
            &[("SIM_CUDNN_VERSION", version)],
            "fused attention wants 9.13.0 or newer; pip install -U nvidia-cudnn",
        );
    }
    refused(&[("SIM_CUDNN_CUDA", "13000")], "with a driver for CUDA 12: want a cuDNN for CUDA 12");
    refused(&[("SIM_CUDNN", "no_create")], "cudnnCreate failed with cuDNN's status 1001: no handle today");
}

/// A folder with cuDNN and all that it needs but for some.
fn without(folder: &str, missing: &[&str]) -> PathBuf {
    let needed = ["libcublasLt.so.12", "libcudnn.so.9", "libnvrtc.so.12"];
    let there: Vec<(&str, &str)> = needed
        .into_iter()
        .filter(|library| !missing.contains(library))
        .map(|library| (library, library))
        .collect();
    copied(folder, &there)
}

#[test]
fn what_cudnn_opens_by_itself_is_looked_for_before_it_is_called() {
    for (folder, missing, part) in [
        ("no-cudnn", "libcudnn.so.9", "cannot load cuDNN\\n  tried libcudnn.so.9"),
        ("no-nvrtc", "libnvrtc.so.12", "cannot load NVRTC\\n  tried libnvrtc.so.12"),
        ("no-lt-for-cudnn", "libcublasLt.so.12", "cannot load cublasLt\\n  tried libcublasLt.so.12"),
    ] {
        let output = play_with(&without(folder, &[missing]), "fused support", &[]);
        assert!(
            output.contains("SUPPORTS Err(Unsupported(\"engine cudnn: ") && output.contains(part),
            "{output}"
        );
        assert!(output.contains("pip install") && output.contains("\nLIVE 0"), "{output}");
        // The products of matrices need none of it.
        let output = play_with(&without(folder, &[missing]), "run", &[]);
        assert!(output.contains("RUN Ok(["), "{output}");
    }
}

#[test]
fn wheels_of_an_active_python_environment_are_found() {
    let empty = without("wheels-only", &["libcudnn.so.9", "libnvrtc.so.12"]);
    let environment = empty.join("venv");
    let nvidia = environment.join("lib/python3.12/site-packages/nvidia");
    for (wheel, library) in [("cudnn/lib", "libcudnn.so.9"), ("cuda_nvrtc/lib", "libnvrtc.so.12")] {
        std::fs::create_dir_all(nvidia.join(wheel)).unwrap();
        std::fs::copy(libraries().join(library), nvidia.join(wheel).join(library)).unwrap();
    }
    let output = play_with(&empty, "fused forward", &[("VIRTUAL_ENV", environment.to_str().unwrap())]);
    assert!(output.contains("FUSED Ok([50.0"), "{output}");
}
