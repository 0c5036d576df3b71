//! Memory, the order of calls, backends side by side, and what the card says of itself.

use super::{alone, burst, open, score};
use hovera_bench::{Backend, BackendError};
use hovera_core::{Dtype, Engine, Point};
use hovera_cuda::{CudaBackend, Trouble};
use std::time::Duration;

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
    let needed = backend.footprint(&huge).unwrap();
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
    let per_batch = backend.footprint(&score((1, 2, 2048, 2048))).unwrap() - backend.footprint(&one).unwrap();
    let room = u128::from(backend.memory().unwrap()) - backend.footprint(&one).unwrap();
    let full = score((1, (room / per_batch) as u64, 2048, 2048));
    backend.reserve(Dtype::F16, &[full], 1).unwrap();
    backend.prepare(&full).unwrap();
    println!(
        "{} of {before} bytes used: {:?}",
        backend.footprint(&full).unwrap(),
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
    // The places of the small one, 13 MB apart, have room for results of 0.9 GB. These are 1.6 GB.
    let large = score((12, 16, 2048, 64));
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
    for unsupported in [Point { dtype: Dtype::F8e4m3, ..small }, Point { engine: Engine::Cpu, ..small }] {
        assert!(matches!(backend.supports(&unsupported), Err(BackendError::Unsupported(_))));
        assert!(matches!(backend.prepare(&unsupported), Err(BackendError::Unsupported(_))));
    }
    assert!(matches!(backend.choose(0), Err(BackendError::Device(_))));
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
fn the_card_describes_itself() {
    let _alone = alone();
    let mut backend = open();
    let telemetry = backend.telemetry();
    println!("{telemetry:?}");
    if !backend.troubles().iter().any(|trouble| matches!(trouble, Trouble::Unknown(_))) {
        assert!(telemetry.power_w.is_some_and(|watts| (5.0..2000.0).contains(&watts)));
        assert!(telemetry.temp_c.is_some_and(|degrees| (10..110).contains(&degrees)));
        assert!(telemetry.nvml_clock_mhz.is_some_and(|mhz| (100..4000).contains(&mhz)));
        assert!(telemetry.throttle.is_some_and(|reasons| !reasons.is_empty()));
    }
    println!("troubles {:?}", backend.troubles());
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
