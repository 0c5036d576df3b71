//! The backend on a real GPU: `cargo test -p hovera-cuda --test gpu -- --ignored --nocapture`, or the
//! built test binary with the same two flags on a machine without cargo.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions, not in what they call")]

use hovera_bench::{Backend, BackendError, Burst, Launch, Replay};
use hovera_core::{Dtype, Engine, Layout, Op, Pacing, Point, Timer, made_up, median_of};
use hovera_cuda::CudaBackend;
use std::sync::{Mutex, MutexGuard, Once};

mod attention;
mod backend;
mod engines;
mod kernels;
mod numbers;
mod softmax;
mod stamps;
mod timing;

/// One test at a time: they measure.
fn alone() -> MutexGuard<'static, ()> {
    static GPU: Mutex<()> = Mutex::new(());
    GPU.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn open() -> CudaBackend {
    static INTRODUCED: Once = Once::new();
    let backend = CudaBackend::open(0).unwrap();
    INTRODUCED.call_once(|| {
        println!("{:?} {:?} {:?}", backend.device(), backend.software(), backend.troubles());
    });
    backend
}

fn point(op: Op, dtype: Dtype, layout: Layout, sizes: (u64, u64, u64, u64)) -> Point {
    let point = made_up::point_of_layer(op, made_up::layer(sizes));
    Point { dtype, layout, pacing: Pacing::None, ..point }
}

fn score(sizes: (u64, u64, u64, u64)) -> Point {
    point(Op::Score, Dtype::F16, Layout::Nn, sizes)
}

fn burst(warmup: u32, samples: u32) -> Burst {
    Burst { warmup, samples, each: 1, timer: Timer::Event }
}

/// So many replays of a graph, all at one place.
fn replays(backend: &mut CudaBackend, count: u32, warmup: u32, launches: u32) -> Vec<Launch> {
    (0..count)
        .flat_map(|_| backend.replay(&Replay { place: 0, visits: 1, warmup, launches }).unwrap())
        .collect()
}

fn median(values: Vec<f64>) -> f64 {
    median_of(values).unwrap()
}

fn median_us(launches: &[Launch]) -> f64 {
    median(launches.iter().map(|launch| launch.time_us).collect())
}

fn is_hopper(backend: &CudaBackend) -> bool {
    backend.device().compute_capability.as_deref() == Some("9.0")
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

/// The same for fp8, whose sizes are multiples of 16.
const SIXTEENS: [(u64, u64, u64, u64); 8] = [
    (1, 1, 16, 16),
    (3, 1, 48, 16),
    (2, 2, 112, 80),
    (1, 1, 1008, 64),
    (5, 1, 1040, 144),
    (12, 4, 2048, 64),
    (12, 4, 2048, 128),
    (2, 1, 2048, 2720),
];

/// The same for int8, whose sizes are multiples of 4.
const FOURS: [(u64, u64, u64, u64); 8] = [
    (1, 1, 4, 4),
    (3, 1, 20, 4),
    (2, 2, 100, 68),
    (1, 1, 1012, 60),
    (5, 1, 1036, 132),
    (12, 4, 2048, 64),
    (12, 4, 2048, 128),
    (2, 1, 2048, 2716),
];

/// Both ops and all layouts of a dtype, at all sizes that it can have.
fn odd_points(dtype: Dtype, engine: Engine) -> Vec<Point> {
    let sizes = match dtype {
        Dtype::F8e4m3 => &SIXTEENS[..],
        Dtype::Int8 => &FOURS,
        _ => &ODD_SHAPES,
    };
    let mut points = Vec::new();
    for op in [Op::Score, Op::Values] {
        for &layout in Layout::OF_SWEEPS {
            points.extend(sizes.iter().map(|sizes| Point { engine, ..point(op, dtype, layout, *sizes) }));
        }
    }
    points
}

/// Says what went wrong, all of it, and fails if anything did.
fn none_of(failures: &[String]) {
    failures.iter().for_each(|failure| println!("FAILED {failure}"));
    assert!(failures.is_empty(), "{} failures", failures.len());
}

/// A point of cuDNN's is right by its launches and by the graphs at two places, and nothing but these computes it.
fn right(backend: &mut CudaBackend, point: &Point) -> Result<(), BackendError> {
    backend.prepare(point)?;
    assert!(backend.verify().is_err(), "{point} was not computed yet");
    backend.launch(&burst(1, 1))?;
    backend.verify()?;
    backend.choose(0)?;
    assert!(backend.verify().is_err(), "{point}: choosing leaves what was computed");
    for place in [0, 1] {
        backend.replay(&Replay { place, visits: 1, warmup: 1, launches: 2 })?;
        backend.verify()?;
    }
    Ok(())
}
