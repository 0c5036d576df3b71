//! What the driver tells of the kernels that a library's calls launch. `tests/kernels.py` holds it against PyTorch's.

use super::stamps::{Compared, EVENT_STEP_US};
use super::{alone, burst, is_hopper, median_us, open, point, score};
use hovera_bench::Backend;
use hovera_core::{Dtype, Engine, Generation, KernelTraits, Layout, Op, Point};
use std::time::{Duration, Instant};

#[test]
#[ignore = "needs a GPU"]
fn every_engine_tells_its_kernels_and_asking_computes_nothing() {
    let _alone = alone();
    let mut backend = open();
    let sizes = [1, 2, 8, 63, 64, 66, 128, 250].map(|head_dim| (12, 4, 2048, head_dim));
    let mut points: Vec<Point> = Vec::new();
    for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
        for op in [Op::Score, Op::Values] {
            points.extend(sizes.map(|sizes| Point { engine, ..point(op, Dtype::F16, Layout::Nn, sizes) }));
        }
    }
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for point in &points {
        let candidates = backend.prepare(point).unwrap().len();
        for index in 0..candidates {
            backend.choose(index).unwrap();
            let launches = backend.call_launches().unwrap().expect("the driver is older than CUDA 12.3");
            assert!(backend.verify().is_err(), "{point:?}: something was computed");
            let kernel = launches.gemm_kernel().unwrap();
            if index == 0 {
                println!("{:?} {} {:?} {kernel:?}", point.gemm(), point.engine, kernel.traits());
            }
            let blocks =
                [kernel.grid, kernel.block].map(|it| u64::from(it.x) * u64::from(it.y) * u64::from(it.z));
            assert!(blocks[0] > 0 && (32..=1024).contains(&blocks[1]), "{kernel:?}");
            assert!(kernel.registers.is_some_and(|count| (1..=255).contains(&count)), "{kernel:?}");
            assert!(kernel.cluster.is_some() && kernel.static_shared_bytes.is_some(), "{kernel:?}");
        }
        if is_hopper(&backend) && point.engine == Engine::Cublas {
            let misaligned = point.layer().is_some_and(|layer| layer.head_dim().get() == 63);
            backend.choose(0).unwrap();
            let launches = backend.call_launches().unwrap().unwrap();
            let traits = launches.gemm_kernel().unwrap().traits();
            let alignment = traits.and_then(|traits: KernelTraits| traits.alignment);
            let generation = traits.and_then(|traits| traits.generation);
            println!("{:?}: {generation:?}, aligned to {alignment:?}", point.gemm());
            // Kernels for rows that no vector load can read are of an older generation.
            assert!(
                !misaligned || generation.is_some_and(|generation| generation < Generation::Hopper),
                "{launches:?}"
            );
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn asking_for_a_kernel_disturbs_no_launch_that_follows() {
    let _alone = alone();
    let mut backend = open();
    // From about 5 to 700 µs a launch.
    let points = [(1, 1, 512, 64), (12, 1, 1024, 64), (12, 4, 2048, 64), (12, 4, 2048, 512)].map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    // How long asking takes: the other of a pair waits as long, awake. A host that has just slept queues its launches at
    // another pace, and of events' times that is told.
    let mut asking = Duration::ZERO;
    for point in &points {
        backend.prepare(point).unwrap();
        let compared = Compared::by_pairs(199, |ask| {
            backend.idle(Duration::from_millis(20));
            let began = Instant::now();
            if ask {
                backend.call_launches().unwrap();
                asking = began.elapsed();
            }
            while began.elapsed() < asking {
                std::hint::spin_loop();
            }
            median_us(&backend.launch(&burst(10, 7)).unwrap())
        });
        println!("{:?}: {compared:.3?}", point.gemm());
        if is_hopper(&backend) {
            compared.assert_alike(0.003, 1.5 * EVENT_STEP_US);
        }
    }
}
