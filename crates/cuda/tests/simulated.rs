//! The whole backend without a GPU: a driver and a cuBLAS that compute on the host, in a child process.
//! What it proves is the calls, their order, and what happens when they fail; `gpu.rs` proves the rest.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions, not in what they call")]

use hovera_bench::{Backend, BackendError, Burst};
use hovera_core::{
    AttentionShape, Batch, Cache, Dtype, Engine, HeadDim, Heads, Layout, Op, Pacing, Point, Seq, Timer,
};
use hovera_cuda::CudaBackend;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Which scenario a child plays.
const CHILD: &str = "HOVERA_TEST_SIMULATED";

/// The folder of the compiled libraries.
fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulated");
        std::fs::create_dir_all(&folder).unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulated");
        for (source, library) in [("libcuda.rs", "libcuda.so.1"), ("libcublas.rs", "libcublas.so.12")] {
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let fresh = folder.join(format!("{library}.{}", std::process::id()));
            let status = Command::new(rustc)
                .args(["--edition", "2024", "-O", "--crate-type", "cdylib", "-o"])
                .args([&fresh, &sources.join(source)])
                .status()
                .unwrap();
            assert!(status.success(), "{source} does not compile");
            // Another test run may have the old one open.
            std::fs::rename(fresh, folder.join(library)).unwrap();
        }
        folder
    })
}

/// Output of a scenario in a child process. A panic in it, or anything but a clean end, fails.
fn play(scenario: &str, environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, scenario)
        .env("LD_LIBRARY_PATH", libraries())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("panicked"), "{scenario}: {text}\n{errors}");
    text
}

/// Not a test of its own: what the other tests run in a child process.
#[test]
fn child() {
    match std::env::var(CHILD).as_deref() {
        Ok("sweep") => sweep(),
        Ok("order") => order(),
        Ok("memory") => memory(),
        Ok("wrong") => wrong(),
        Ok("stamps") => stamps(),
        Ok("run") => println!("RUN {:?}", run()),
        Ok(other) => panic!("no scenario {other}"),
        Err(_) => {}
    }
}

fn point(op: Op, dtype: Dtype, layout: Layout, (a, b, s, d): (u64, u64, u64, u64)) -> Point {
    let (a, b) = (Heads::new(a).unwrap(), Batch::new(b).unwrap());
    let (s, d) = (Seq::new(s).unwrap(), HeadDim::new(d).unwrap());
    Point {
        op,
        dtype,
        layout,
        engine: Engine::Cublas,
        pacing: Pacing::None,
        cache: Cache::Hot,
        shape: AttentionShape::from_head_dim(a, b, s, d).unwrap(),
    }
}

fn score(sizes: (u64, u64, u64, u64)) -> Point {
    point(Op::Score, Dtype::F16, Layout::Nn, sizes)
}

fn burst(warmup: u32, samples: u32) -> Burst {
    Burst { warmup, samples, timer: Timer::Event }
}

fn run() -> Result<Vec<f64>, BackendError> {
    let mut backend = CudaBackend::open(0)?;
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1)?;
    backend.prepare(&small)?;
    let launches = backend.launch(&burst(1, 3))?;
    backend.verify()?;
    Ok(launches.iter().map(|launch| launch.time_us).collect())
}

fn sweep() {
    let mut backend = CudaBackend::open(0).unwrap();
    println!("DEVICE {:?}", backend.device());
    println!("SOFTWARE {:?}", backend.software());
    println!("WARNINGS {:?}", backend.warnings());
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let mut points = Vec::new();
        for op in [Op::Score, Op::Values] {
            for layout in [Layout::Nn, Layout::Nt] {
                let sizes = [(1, 1, 1, 1), (3, 1, 17, 1), (2, 2, 1, 7), (2, 1, 33, 63), (1, 1, 65, 130)];
                points.extend(sizes.map(|sizes| point(op, dtype, layout, sizes)));
            }
        }
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            backend.supports(point).unwrap();
            backend.prepare(point).unwrap();
            assert!(backend.verify().is_err(), "{point:?} was not computed yet");
            for stamps in [true, false] {
                backend.set_stamps(stamps);
                let launches = backend.launch(&burst(1, 5)).unwrap();
                backend.verify().unwrap_or_else(|error| panic!("{point:?}: {error}"));
                assert_eq!(launches.len(), 5);
                for launch in launches {
                    assert!((launch.time_us - 50.048).abs() < 1e-3);
                    let clock = launch.sm_clock_mhz;
                    assert!(clock.map_or(!stamps, |mhz| stamps && (mhz - 1500.0).abs() < 0.1), "{clock:?}");
                }
            }
        }
    }
    assert_eq!(backend.launch(&burst(2, 0)).unwrap(), []);
    assert_eq!(backend.launch(&burst(1, 150)).unwrap().len(), 150);
}

#[test]
fn a_sweep_is_verified_and_timed() {
    let output = play("sweep", &[]);
    assert!(output.contains("name: \"Simulated GPU\""), "{output}");
    assert!(output.contains("cuBLAS 12.4.3 (libcublas.so.12)"), "{output}");
    assert!(output.contains("CUBLAS destroyed") && output.contains("LIVE 0"), "something leaks: {output}");
}

fn stamps() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    let launches = backend.launch(&burst(1, 100)).unwrap();
    let mut times: Vec<f64> = launches.iter().map(|launch| launch.time_us).collect();
    times.sort_by(f64::total_cmp);
    println!("MEDIAN {:.3} of {}", times[50], launches.len());
    assert!(launches.iter().all(|launch| (launch.sm_clock_mhz.unwrap() - 1500.0).abs() < 0.1));
}

#[test]
fn stamps_disturb_no_short_launch_and_still_tell_its_clock() {
    let play = |ns| play("stamps", &[("SIM_DISTURB_NS", "500"), ("SIM_LAUNCH_NS", ns)]);
    assert!(play("5024").contains("MEDIAN 5.024 of 100"));
    // Of a long one they are a part too small to see.
    assert!(play("500000").contains("MEDIAN 500.500 of 100"));
}

fn order() {
    let mut backend = CudaBackend::open(0).unwrap();
    let (small, large) = (score((2, 1, 16, 8)), score((2, 1, 32, 8)));
    let refused = |result: Result<(), BackendError>, part: &str| {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    };
    refused(backend.launch(&burst(1, 1)).map(drop), "call prepare before launch");
    refused(backend.prepare(&small).map(drop), "call reserve before prepare");
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    refused(backend.prepare(&large).map(drop), "not among those that memory was reserved for");
    refused(backend.launch(&burst(1, 1)).map(drop), "call prepare before launch");
    refused(backend.reserve(Dtype::Bf16, &[small], 1), "f16 point among those");
    refused(backend.supports(&Point { dtype: Dtype::F32, ..small }), "has f16 and bf16");
    refused(backend.supports(&Point { cache: Cache::Cold, ..small }), "cache cold: the cuda backend has hot");
    refused(backend.supports(&Point { engine: Engine::Cpu, ..small }), "has cublas");
    backend.prepare(&small).unwrap();
    refused(backend.choose(1), "no candidate 1");
    let host = Burst { timer: Timer::Host, ..burst(1, 1) };
    assert!(matches!(backend.launch(&host), Err(BackendError::Unsupported(_))));
    refused(CudaBackend::open(3).map(drop), "no GPU 3: the only one here is 0");
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(0, 2)).unwrap().len(), 2);
    println!("ORDER done");
}

#[test]
fn calls_out_of_order_are_errors_and_do_no_harm() {
    assert!(play("order", &[]).contains("ORDER done"));
}

fn memory() {
    let mut backend = CudaBackend::open(0).unwrap();
    let (small, large) = (score((2, 1, 16, 8)), score((1, 1, 16_384, 8)));
    let before = backend.memory().unwrap();
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    assert_eq!(backend.memory().unwrap(), before, "what the arena holds can be reserved again");
    let needed = backend.footprint(&large);
    let refused = backend.reserve(Dtype::F16, &[large], 1).unwrap_err();
    assert_eq!(refused, BackendError::OutOfMemory { needed, available: before });
    assert_eq!(backend.launch(&burst(1, 2)).unwrap().len(), 2);
    println!("MEMORY done");
}

#[test]
fn too_large_is_an_error_and_the_backend_goes_on() {
    // 1 GiB of memory, of which 768 MiB stay free.
    assert!(play("memory", &[("SIM_MEMORY", "1073741824")]).contains("MEMORY done"));
}

fn wrong() {
    let mut backend = CudaBackend::open(0).unwrap();
    let square = point(Op::Score, Dtype::Bf16, Layout::Nn, (2, 1, 40, 40));
    backend.reserve(square.dtype, &[square], 1).unwrap();
    backend.prepare(&square).unwrap();
    let says = |result: Result<(), BackendError>, part: &str| match result {
        Err(BackendError::WrongResult(text)) => assert!(text.contains(part), "{text}"),
        other => panic!("{other:?}"),
    };
    backend.launch(&burst(0, 1)).unwrap();
    backend.verify().unwrap();
    backend.choose(0).unwrap();
    says(backend.verify(), "3200 of 3200 entries are NaN or were never written");
    backend.launch(&burst(0, 1)).unwrap();
    says(backend.probe().check_as(Layout::Nt), "C[");
    backend.probe().set_result(0, 0x5640).unwrap();
    says(backend.probe().check(), "C[0][0][0] is ");
    backend.probe().set_result(41, 0xFFFF).unwrap();
    says(backend.probe().check(), "1 of 3200 entries are NaN or were never written, the first at C[0][1][1]");
    println!("WRONG done");
}

#[test]
fn a_wrong_result_is_caught() {
    assert!(play("wrong", &[]).contains("WRONG done"));
    let output = play("run", &[("SIM_BLAS", "row")]);
    assert!(
        output.contains("40 of 800 entries are NaN or were never written, the first at C[0][19][0]"),
        "{output}"
    );
    let output = play("run", &[("SIM_BLAS", "half")]);
    assert!(output.contains("RUN Err(WrongResult(\"C["), "{output}");
    let output = play("run", &[("SIM_BLAS", "refuse")]);
    assert!(
        output.contains("cublasGemmStridedBatchedEx failed with CUBLAS_STATUS_INVALID_VALUE (7)"),
        "{output}"
    );
}

#[test]
fn a_device_that_overtakes_the_host_is_measured_again_but_not_for_ever() {
    assert!(play("run", &[("SIM_LATE", "3")]).contains("RUN Ok([50.0"));
    let output = play("run", &[("SIM_LATE", "99")]);
    assert!(output.contains("RUN Err(Device(\"the host could not queue 3 launches"), "{output}");
    assert!(output.contains("LIVE 0"), "{output}");
}

#[test]
fn a_device_that_breaks_is_an_error_wherever_it_happens() {
    let anywhere = [
        "cuCtxSetCurrent:1",
        "cuCtxSetCurrent:4",
        "cuStreamCreate:1",
        "cuModuleLoadData:1",
        "cuModuleGetFunction:3",
        "cuEventCreate:9",
        "cuMemAlloc_v2:1",
        "cuMemAlloc_v2:3",
        "cuMemGetInfo_v2:1",
        "cuLaunchKernel:1",
        "cuLaunchKernel:4",
        "cuLaunchKernel:8",
        "cuMemsetD8Async:1",
        "cuMemcpyHtoDAsync_v2:1",
        "cuMemcpyDtoHAsync_v2:2",
        "cuStreamSynchronize:2",
        "cuEventRecord:2",
        "cuEventQuery:1",
        "cuEventElapsedTime:1",
    ];
    for fail in anywhere {
        let output = play("run", &[("SIM_FAIL", fail)]);
        let call = fail.split(':').next().unwrap().trim_end_matches("_v2");
        assert!(output.contains("RUN Err("), "{fail}: {output}");
        assert!(output.contains("CUDA_ERROR_SIMULATED (700)"), "{fail}: {output}");
        assert!(output.contains(call), "{fail}: {output}");
        // Nothing is freed after an error that CUDA cannot recover from.
        assert!(!output.contains("LIVE"), "{fail}: {output}");
    }
}
