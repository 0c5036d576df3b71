//! The backend on a real GPU: `cargo test -p hovera-cuda --test gpu -- --ignored --nocapture`, or the
//! built test binary with the same two flags on a machine without cargo.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions, not in what they call")]

use half::{bf16, f16};
use hovera_bench::{Backend, BackendError, Burst, Launch};
use hovera_core::{
    AttentionShape, Batch, Cache, Dtype, Engine, HeadDim, Heads, Layout, Op, Pacing, Point, Seq, Timer,
};
use hovera_cuda::CudaBackend;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// One test at a time: they measure.
fn alone() -> MutexGuard<'static, ()> {
    static GPU: Mutex<()> = Mutex::new(());
    GPU.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn open() -> CudaBackend {
    let backend = CudaBackend::open(0).unwrap();
    println!("{:?} {:?} warnings {:?}", backend.device(), backend.software(), backend.warnings());
    backend
}

fn point(op: Op, dtype: Dtype, layout: Layout, (a, b, s, d): (u64, u64, u64, u64)) -> Point {
    let shape = AttentionShape::from_head_dim(
        Heads::new(a).unwrap(),
        Batch::new(b).unwrap(),
        Seq::new(s).unwrap(),
        HeadDim::new(d).unwrap(),
    );
    Point {
        op,
        dtype,
        layout,
        engine: Engine::Cublas,
        pacing: Pacing::None,
        cache: Cache::Hot,
        shape: shape.unwrap(),
    }
}

fn score(sizes: (u64, u64, u64, u64)) -> Point {
    point(Op::Score, Dtype::F16, Layout::Nn, sizes)
}

fn burst(warmup: u32, samples: u32) -> Burst {
    Burst { warmup, samples, timer: Timer::Event }
}

const HALVES: [Dtype; 2] = [Dtype::F16, Dtype::Bf16];

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn median_us(launches: &[Launch]) -> f64 {
    median(launches.iter().map(|launch| launch.time_us).collect())
}

fn is_hopper(backend: &CudaBackend) -> bool {
    backend.device().compute_capability.as_deref() == Some("9.0")
}

fn to_f64(bits: u16, dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F16 => f16::from_bits(bits).to_f64(),
        Dtype::Bf16 => bf16::from_bits(bits).to_f64(),
        Dtype::F32 | Dtype::Tf32 | Dtype::F8e4m3 | Dtype::Int8 => unreachable!(),
    }
}

fn operands(backend: &mut CudaBackend, point: Point, seed: u64) -> (Vec<u16>, Vec<u16>) {
    backend.reserve(point.dtype, &[point], seed).unwrap();
    backend.prepare(&point).unwrap();
    backend.probe().operands().unwrap()
}

#[test]
#[ignore = "needs a GPU"]
fn operands_are_standard_normal_and_reproducible() {
    let _alone = alone();
    let mut backend = open();
    for dtype in HALVES {
        let shape = point(Op::Score, dtype, Layout::Nn, (4, 2, 1024, 129));
        let (a, b) = operands(&mut backend, shape, 7);
        for (name, bits) in [("A", &a), ("B", &b)] {
            let values: Vec<f64> = bits.iter().map(|bits| to_f64(*bits, dtype)).collect();
            let n = values.len() as f64;
            let moment = |power| values.iter().map(|x| x.powi(power)).sum::<f64>() / n;
            let tails = values.iter().filter(|x| x.abs() > 3.0).count() as f64 / n;
            println!(
                "{dtype} {name}: n {n}, mean {:.5}, variance {:.5}, third {:.5}, fourth {:.5}, beyond 3 {tails:.5}",
                moment(1),
                moment(2),
                moment(3),
                moment(4)
            );
            // Five standard errors of each moment, and a little for rounding to 16 bits.
            let error = |variance: f64| 5.0 * (variance / n).sqrt() + 2e-3;
            assert!(moment(1).abs() < error(1.0));
            assert!((moment(2) - 1.0).abs() < error(2.0));
            assert!(moment(3).abs() < error(15.0));
            assert!((moment(4) - 3.0).abs() < error(96.0));
            assert!((tails - 0.0027).abs() < 0.0005);
        }
        let n = a.len().min(b.len());
        let pairs = a.iter().zip(&b).map(|(a, b)| to_f64(*a, dtype) * to_f64(*b, dtype));
        let correlation = pairs.sum::<f64>() / n as f64;
        assert!(correlation.abs() < 5.0 / (n as f64).sqrt(), "A and B correlate: {correlation}");
        assert_eq!(operands(&mut backend, shape, 7), (a.clone(), b.clone()), "same seed, other bytes");
        let (other, _) = operands(&mut backend, shape, 8);
        assert_ne!(other, a, "another seed, same bytes");
    }
}

/// (heads, batch, seq, head dim): sizes that no tile divides, of one, and of the sweep's end.
const ODD_SHAPES: [(u64, u64, u64, u64); 24] = [
    (1, 1, 1, 1),
    (1, 1, 1, 64),
    (3, 1, 1, 7),
    (1, 1, 17, 1),
    (1, 1, 17, 3),
    (2, 3, 17, 17),
    (12, 4, 2048, 1),
    (1, 1, 2048, 1),
    (5, 1, 129, 2),
    (2, 2, 33, 3),
    (1, 2, 100, 7),
    (7, 1, 255, 63),
    (7, 1, 257, 65),
    (1, 1, 1000, 63),
    (1, 1, 1024, 128),
    (2, 1, 511, 127),
    (2, 1, 513, 129),
    (3, 2, 640, 96),
    (1, 1, 2047, 80),
    (12, 4, 2048, 8),
    (12, 4, 2048, 64),
    (2, 1, 2048, 2728),
    (2, 1, 2048, 2730),
    (12, 4, 2048, 2730),
];

#[test]
#[ignore = "needs a GPU"]
fn odd_shapes_are_computed_right() {
    let _alone = alone();
    let mut backend = open();
    for dtype in HALVES {
        let mut points = Vec::new();
        for op in [Op::Score, Op::Values] {
            for layout in [Layout::Nn, Layout::Nt] {
                points.extend(ODD_SHAPES.map(|sizes| point(op, dtype, layout, sizes)));
            }
        }
        backend.reserve(dtype, &points, 1).unwrap();
        for point in &points {
            backend.supports(point).unwrap();
            backend.prepare(point).unwrap_or_else(|error| panic!("{point:?}: {error}"));
            assert!(backend.verify().is_err(), "{point:?} was not computed yet");
            let launches = backend.launch(&burst(1, 2)).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point:?}: {error}"));
            assert_eq!(launches.len(), 2);
            assert!(launches.iter().all(|launch| launch.time_us > 0.0), "{point:?}: {launches:?}");
        }
        println!("{dtype}: {} points right", points.len());
    }
}

#[test]
#[ignore = "needs a GPU"]
fn the_reference_kernel_is_a_host_dot_product() {
    let _alone = alone();
    let mut backend = open();
    for dtype in HALVES {
        for op in [Op::Score, Op::Values] {
            for layout in [Layout::Nn, Layout::Nt] {
                for sizes in [(3, 2, 77, 65), (2, 1, 1, 7), (1, 1, 300, 1), (2, 1, 700, 333)] {
                    let point = point(op, dtype, layout, sizes);
                    let gemm = point.gemm();
                    let (a, b) = operands(&mut backend, point, 3);
                    let (m, n, k) = (gemm.m() as usize, gemm.n() as usize, gemm.k() as usize);
                    let references = backend.probe().references().unwrap();
                    assert!(references.len() >= 64);
                    for entry in references {
                        let (x, i, j) = (entry.batch as usize, entry.i as usize, entry.j as usize);
                        let terms: Vec<f64> = (0..k)
                            .map(|l| {
                                let b_at = match layout {
                                    Layout::Nn => x * k * n + l * n + j,
                                    Layout::Nt => x * n * k + j * k + l,
                                };
                                to_f64(a[(x * m + i) * k + l], dtype) * to_f64(b[b_at], dtype)
                            })
                            .collect();
                        let dot: f64 = terms.iter().sum();
                        let sum_sq: f64 = terms.iter().map(|p| p * p).sum();
                        let size: f64 = terms.iter().map(|p| p.abs()).sum();
                        assert!((entry.dot - dot).abs() <= 1e-13 * size, "{point:?} {entry:?}: {dot}");
                        assert!((entry.sum_sq - sum_sq).abs() <= 1e-13 * sum_sq, "{point:?} {entry:?}");
                    }
                }
            }
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_large_gemm_is_fast_and_time_follows_work() {
    let _alone = alone();
    let mut backend = open();
    for dtype in HALVES {
        let points = [4096, 8192].map(|d| point(Op::Score, dtype, Layout::Nn, (1, 1, 8192, d)));
        backend.reserve(dtype, &points, 1).unwrap();
        let mut rates = Vec::new();
        for point in &points {
            backend.prepare(point).unwrap();
            backend.idle(Duration::from_millis(200));
            let us = median_us(&backend.launch(&burst(1, 9)).unwrap());
            let tflops = point.flop() as f64 / us / 1e6;
            println!("{dtype} {:?}: {us:.1} us, {tflops:.1} TFLOP/s", point.gemm());
            rates.push((us, tflops));
        }
        if is_hopper(&backend) {
            assert!(rates[1].1 > 300.0, "{rates:?}");
        }
        let growth = rates[1].0 / rates[0].0;
        assert!((1.6..2.6).contains(&growth), "twice the work took {growth} times as long");
    }
}

#[test]
#[ignore = "needs a GPU"]
fn short_launches_are_timed_without_the_host() {
    let _alone = alone();
    let mut backend = open();
    let small = score((1, 1, 128, 64));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(3, 0)).unwrap(), []);
    let mut medians = Vec::new();
    for _ in 0..5 {
        let launches = backend.launch(&burst(1, 200)).unwrap();
        assert_eq!(launches.len(), 200);
        medians.push(median_us(&launches));
    }
    println!("128x128x64: medians of 200 launches {medians:?} us");
    let (least, most) =
        (medians.iter().copied().fold(f64::MAX, f64::min), medians.iter().copied().fold(0.0, f64::max));
    assert!(most < 30.0, "{medians:?}");
    assert!(most / least < 1.5, "{medians:?}");
}

#[test]
#[ignore = "needs a GPU"]
fn clocks_are_plausible_and_measuring_them_does_not_disturb() {
    let _alone = alone();
    let mut backend = open();
    let limit = backend.device().sm_clock_max_mhz.map_or(2100.0, f64::from) * 1.03;
    // From about 5 µs to 3 ms a launch.
    let points =
        [(1, 1, 512, 64), (12, 1, 1024, 64), (12, 4, 2048, 64), (12, 4, 2048, 512), (12, 4, 2048, 1001)]
            .map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for point in &points {
        backend.prepare(point).unwrap();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        let mut told = Vec::new();
        for _ in 0..9 {
            for on in [true, false] {
                backend.set_stamps(on);
                backend.idle(Duration::from_millis(60));
                // So many for the short ones, which are run twice with stamps on.
                let launches = backend.launch(&burst(10, 7)).unwrap();
                if on {
                    told.extend(launches.iter().filter_map(|launch| launch.sm_clock_mhz));
                    with.push(median_us(&launches));
                } else {
                    assert!(launches.iter().all(|launch| launch.sm_clock_mhz.is_none()));
                    without.push(median_us(&launches));
                }
            }
        }
        let (with, without) = (median(with), median(without));
        let ratio = with / without;
        println!(
            "{:?}: {without:.2} us without stamps, {with:.2} with, ratio {ratio:.4}; {} of 63 clocks, median {:.1} MHz, min {:.1}, max {:.1}",
            point.gemm(),
            told.len(),
            if told.is_empty() { f64::NAN } else { median(told.clone()) },
            told.iter().copied().fold(f64::INFINITY, f64::min),
            told.iter().copied().fold(0.0, f64::max),
        );
        assert!(told.iter().all(|mhz| (200.0..limit).contains(mhz)), "{told:?}");
        if is_hopper(&backend) {
            // Event times step by 32 ns.
            let allowed = (0.003 * without).max(0.033);
            assert!((with - without).abs() <= allowed, "stamps changed the time by {ratio}");
            assert_eq!(told.len(), 63, "clocks are missing");
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn too_large_is_an_error_and_what_fits_runs() {
    let _alone = alone();
    let mut backend = open();
    let before = backend.memory().unwrap();
    println!("{before} bytes for operands, results and workspace");
    let small = score((2, 1, 256, 64));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();

    let huge = score((64, 64, 65_536, 128));
    let needed = backend.footprint(&huge);
    match backend.reserve(Dtype::F16, &[small, huge], 1) {
        Err(BackendError::OutOfMemory { needed: said, available }) => {
            assert!(said >= needed && u128::from(available) < needed);
        }
        other => panic!("{other:?}"),
    }
    // What was reserved before still works.
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(1, 3)).unwrap().len(), 3);

    // Nearly all of the memory.
    let one = score((1, 1, 2048, 2048));
    let per_batch = backend.footprint(&score((1, 2, 2048, 2048))) - backend.footprint(&one);
    let room = u128::from(backend.memory().unwrap()) - backend.footprint(&one);
    let full = score((1, (room / per_batch) as u64, 2048, 2048));
    backend.reserve(Dtype::F16, &[full], 1).unwrap();
    backend.prepare(&full).unwrap();
    println!(
        "{} of {before} bytes used: {:?}",
        backend.footprint(&full),
        backend.launch(&burst(0, 1)).unwrap()
    );
    // What the arena holds counts as there to be reserved again.
    let after = backend.memory().unwrap();
    assert!(before.abs_diff(after) < 512 << 20, "{before} bytes before, {after} after");
    backend.reserve(Dtype::Bf16, &[], 1).unwrap();
}

#[test]
#[ignore = "needs a GPU"]
fn calls_out_of_order_are_errors() {
    let _alone = alone();
    let mut backend = open();
    let small = score((2, 1, 256, 64));
    let large = score((2, 1, 512, 64));
    let says = |result: Result<(), BackendError>, part: &str| {
        let error = result.unwrap_err();
        assert!(matches!(error, BackendError::Device(_)) && error.to_string().contains(part), "{error:?}");
    };
    says(backend.launch(&burst(1, 1)).map(|_| ()), "call prepare before launch");
    says(backend.prepare(&small).map(|_| ()), "call reserve before prepare");
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    says(backend.launch(&burst(1, 1)).map(|_| ()), "call prepare before launch");
    backend.prepare(&small).unwrap();
    says(backend.prepare(&large).map(|_| ()), "not among those that memory was reserved for");
    says(backend.launch(&burst(1, 1)).map(|_| ()), "call prepare before launch");
    says(backend.prepare(&Point { dtype: Dtype::Bf16, ..small }).map(|_| ()), "not among those");
    says(backend.reserve(Dtype::Bf16, &[small], 1), "f16 point among those");
    for unsupported in [Point { dtype: Dtype::F32, ..small }, Point { engine: Engine::Cpu, ..small }] {
        assert!(matches!(backend.supports(&unsupported), Err(BackendError::Unsupported(_))));
        assert!(matches!(backend.prepare(&unsupported), Err(BackendError::Unsupported(_))));
    }
    assert!(matches!(backend.reserve(Dtype::F32, &[], 1), Err(BackendError::Unsupported(_))));
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(1, 2)).unwrap().len(), 2);
    match CudaBackend::open(1000) {
        Err(BackendError::Unavailable(text)) => assert!(text.contains("no GPU 1000"), "{text}"),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("opened GPU 1000"),
    }
}

#[test]
#[ignore = "needs a GPU"]
fn backends_come_and_go_and_live_side_by_side() {
    let _alone = alone();
    let small = score((2, 1, 256, 64));
    let run = |backend: &mut CudaBackend| {
        backend.reserve(Dtype::F16, &[small], 1).unwrap();
        backend.prepare(&small).unwrap();
        assert_eq!(backend.launch(&burst(1, 3)).unwrap().len(), 3);
    };
    for _ in 0..3 {
        run(&mut open());
    }
    let (mut one, mut two) = (open(), open());
    run(&mut one);
    run(&mut two);
    run(&mut one);
    drop(one);
    run(&mut two);
}

#[test]
#[ignore = "needs a GPU"]
fn a_wrong_result_is_caught() {
    let _alone = alone();
    let mut backend = open();
    let wrong = |result: Result<(), BackendError>, part: &str| {
        let error = result.unwrap_err();
        println!("{error}");
        assert!(matches!(&error, BackendError::WrongResult(text) if text.contains(part)), "{error:?}");
    };
    for dtype in HALVES {
        for layout in [Layout::Nn, Layout::Nt] {
            let point = point(Op::Score, dtype, layout, (3, 2, 129, 129));
            backend.reserve(dtype, &[point], 1).unwrap();
            let fresh = |backend: &mut CudaBackend| {
                backend.prepare(&point).unwrap();
                backend.launch(&burst(0, 1)).unwrap();
                backend.verify().unwrap();
            };
            fresh(&mut backend);
            let other = if layout == Layout::Nn { Layout::Nt } else { Layout::Nn };
            wrong(backend.probe().check_as(other), "C[");

            // The first entry, and the very last: 0x5640 is 100 in fp16 and 5e13 in bf16.
            backend.probe().set_result(0, 0x5640).unwrap();
            wrong(backend.probe().check(), "C[0][0][0] is ");
            fresh(&mut backend);
            backend.probe().set_result(6 * 129 * 129 - 1, 0x5640).unwrap();
            wrong(backend.probe().check(), "C[5][128][128] is ");

            // One entry in the middle that was never written.
            fresh(&mut backend);
            backend.probe().set_result((2 * 129 + 17) * 129 + 5, 0xFFFF).unwrap();
            wrong(
                backend.probe().check(),
                "1 of 99846 entries are NaN or were never written, the first at C[2][17][5]",
            );

            // Operands that are not those that C was computed from.
            fresh(&mut backend);
            backend.probe().set_a(&vec![0x3C00; 6 * 129 * 129]).unwrap();
            wrong(backend.probe().check(), "C[");
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn the_card_describes_itself() {
    let _alone = alone();
    let mut backend = open();
    let telemetry = backend.telemetry();
    println!("{telemetry:?}");
    if backend.warnings().is_empty() {
        assert!(telemetry.power_w.is_some_and(|watts| (5.0..2000.0).contains(&watts)));
        assert!(telemetry.temp_c.is_some_and(|degrees| (10..110).contains(&degrees)));
        assert!(telemetry.nvml_clock_mhz.is_some_and(|mhz| (100..4000).contains(&mhz)));
        assert!(telemetry.throttle.is_some_and(|reasons| !reasons.is_empty()));
    }
    let device = backend.device();
    assert!(device.id.as_ref().is_some_and(|id| id.len() == 8));
    assert!(device.sm_count.is_some_and(|count| count > 0) && device.l2_bytes.is_some_and(|bytes| bytes > 0));
    assert!(backend.software().gemm.starts_with("cuBLAS 1"));
    let start = backend.now();
    backend.idle(Duration::from_millis(20));
    assert!(backend.now() - start >= Duration::from_millis(20));

    let reports = hovera_cuda::devices().unwrap();
    println!("{reports:#?}");
    assert_eq!(reports[0].device.id, backend.device().id);
    assert!(!format!("{reports:?}").contains("GPU-"), "a raw UUID");
}
