//! Operands, the reference kernel and the check of results.

use super::{alone, burst, open, point};
use half::{bf16, f16};
use hovera_bench::{Backend, BackendError};
use hovera_core::{Dtype, Engine, Layout, Op, Point};
use hovera_cuda::CudaBackend;

/// With the engine that has the point's dtype.
fn suitable(point: Point) -> Point {
    let engine = if point.dtype == Dtype::F8e4m3 { Engine::CublasLt } else { Engine::Cublas };
    Point { engine, ..point }
}

/// What the bytes of an operand are.
fn values(bytes: &[u8], dtype: Dtype) -> Vec<f64> {
    let value = |bytes: &[u8]| match (dtype, bytes) {
        (Dtype::F16, &[x, y]) => f16::from_le_bytes([x, y]).to_f64(),
        (Dtype::Bf16, &[x, y]) => bf16::from_le_bytes([x, y]).to_f64(),
        (Dtype::F32 | Dtype::Tf32, &[x, y, z, w]) => f64::from(f32::from_le_bytes([x, y, z, w])),
        (Dtype::F8e4m3, &[x]) => e4m3(x),
        (Dtype::Int8, &[x]) => f64::from(x.cast_signed()),
        _ => unreachable!(),
    };
    bytes.chunks(dtype.size() as usize).map(value).collect()
}

fn e4m3(bits: u8) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 3 & 15), f64::from(bits & 7));
    let size = match exponent {
        0 => fraction * 2f64.powi(-9),
        _ => (8.0 + fraction) * 2f64.powi(exponent - 10),
    };
    if bits & 0x80 == 0 { size } else { -size }
}

/// The e4m3 number nearest to `x`; of two, the one whose last bit is 0.
fn nearest_e4m3(x: f64) -> f64 {
    let distance = |bits: &u8| (e4m3(*bits) - x.abs()).abs();
    let nearest = (0..=0x7e).min_by(|p, q| distance(p).total_cmp(&distance(q)).then((p & 1).cmp(&(q & 1))));
    e4m3(nearest.unwrap()).copysign(x)
}

fn operands(backend: &mut CudaBackend, point: Point, seed: u64) -> (Vec<u8>, Vec<u8>) {
    backend.reserve(point.dtype, &[point], seed).unwrap();
    backend.prepare(&point).unwrap();
    backend.probe().operands().unwrap()
}

#[test]
#[ignore = "needs a GPU"]
fn operands_are_standard_normal_and_reproducible() {
    let _alone = alone();
    let mut backend = open();
    for dtype in [Dtype::F16, Dtype::Bf16, Dtype::F32] {
        let shape = point(Op::Score, dtype, Layout::Nn, (4, 2, 1024, 129));
        let (a, b) = operands(&mut backend, shape, 7);
        let (a, b) = (values(&a, dtype), values(&b, dtype));
        for (name, values) in [("A", &a), ("B", &b)] {
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
        let correlation = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / n as f64;
        assert!(correlation.abs() < 5.0 / (n as f64).sqrt(), "A and B correlate: {correlation}");
        let again = operands(&mut backend, shape, 7);
        assert_eq!(operands(&mut backend, shape, 7), again, "same seed, other bytes");
        assert_eq!(values(&again.0, dtype), a);
        assert_ne!(operands(&mut backend, shape, 8).0, again.0, "another seed, same bytes");
    }
}

#[test]
#[ignore = "needs a GPU"]
fn narrow_operands_are_the_same_numbers_rounded() {
    let _alone = alone();
    let mut backend = open();
    let sizes = (4, 2, 1024, 128);
    let (exact, _) = operands(&mut backend, point(Op::Score, Dtype::F32, Layout::Nt, sizes), 7);
    let exact = values(&exact, Dtype::F32);
    for dtype in Dtype::ALL {
        let point = suitable(point(Op::Score, *dtype, Layout::Nt, sizes));
        if let Err(error) = backend.supports(&point) {
            println!("{error}");
            continue;
        }
        let (bytes, _) = operands(&mut backend, point, 7);
        // `x` is an f32. half's `bf16::from_f64` cuts an f64 to 20 bits before it rounds, which makes ties
        // of 5 in 100,000 numbers that are none.
        let rounded = |x: f64| match dtype {
            Dtype::F16 => f16::from_f32(x as f32).to_f64(),
            Dtype::Bf16 => bf16::from_f32(x as f32).to_f64(),
            Dtype::F32 | Dtype::Tf32 => x,
            Dtype::F8e4m3 => nearest_e4m3(x),
            Dtype::Int8 => (32.0 * x).round_ties_even().clamp(-127.0, 127.0),
        };
        let wrong = values(&bytes, *dtype).iter().zip(&exact).position(|(got, x)| *got != rounded(*x));
        assert_eq!(wrong, None, "{dtype}");
        println!("{dtype}: {} numbers right", exact.len());
    }
}

#[test]
#[ignore = "needs a GPU"]
fn the_reference_kernel_is_a_host_dot_product() {
    let _alone = alone();
    let mut backend = open();
    for dtype in Dtype::ALL {
        for op in [Op::Score, Op::Values] {
            for &layout in Layout::OF_SWEEPS {
                for sizes in [(3, 2, 77, 65), (2, 1, 1, 7), (1, 1, 300, 1), (2, 1, 700, 333), (3, 2, 112, 80)]
                {
                    let point = suitable(point(op, *dtype, layout, sizes));
                    if backend.supports(&point).is_err() {
                        continue;
                    }
                    let gemm = point.gemm();
                    let (a, b) = operands(&mut backend, point, 3);
                    let (a, b) = (values(&a, *dtype), values(&b, *dtype));
                    let (m, n, k) = (gemm.m() as usize, gemm.n() as usize, gemm.k() as usize);
                    let references = backend.probe().references().unwrap();
                    assert!(references.len() >= 64);
                    for entry in references {
                        let (x, i, j) = (entry.batch as usize, entry.i as usize, entry.j as usize);
                        let terms: Vec<f64> = (0..k)
                            .map(|l| {
                                let in_a = if layout.transposes_a() { l * m + i } else { i * k + l };
                                let in_b = if layout.transposes_b() { j * k + l } else { l * n + j };
                                a[x * m * k + in_a] * b[x * k * n + in_b]
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
fn a_wrong_result_is_caught() {
    let _alone = alone();
    let mut backend = open();
    let wrong = |result: Result<(), BackendError>, part: &str| {
        let error = result.unwrap_err();
        println!("{error}");
        assert!(matches!(&error, BackendError::WrongResult(text) if text.contains(part)), "{error:?}");
    };
    for dtype in Dtype::ALL {
        for &layout in Layout::OF_SWEEPS {
            let point = suitable(point(Op::Score, *dtype, layout, (3, 2, 144, 144)));
            if let Err(error) = backend.supports(&point) {
                println!("{error}");
                continue;
            }
            backend.reserve(*dtype, &[point], 1).unwrap();
            let fresh = |backend: &mut CudaBackend| {
                backend.prepare(&point).unwrap();
                backend.launch(&burst(0, 1)).unwrap();
                backend.verify().unwrap();
            };
            fresh(&mut backend);
            for &other in Layout::OF_SWEEPS.iter().filter(|other| **other != layout) {
                wrong(backend.probe().check_as(other), "C[");
            }

            // The first entry, and the very last: 100 or more, and not a NaN, in every type of result.
            let large = [0x40, 0x56, 0x40, 0x56];
            let size = dtype.output_size() as usize;
            backend.probe().set_result(0, &large[..size]).unwrap();
            wrong(backend.probe().check(), "C[0][0][0] is ");
            fresh(&mut backend);
            backend.probe().set_result(6 * 144 * 144 - 1, &large[..size]).unwrap();
            wrong(backend.probe().check(), "C[5][143][143] is ");

            // One entry in the middle that was never written.
            fresh(&mut backend);
            let poison = if *dtype == Dtype::Int8 { 0x80 } else { 0xFF };
            backend.probe().set_result((2 * 144 + 17) * 144 + 5, &[poison; 4][..size]).unwrap();
            wrong(
                backend.probe().check(),
                "1 of 124416 entries are NaN or were never written, the first at C[2][17][5]",
            );

            // Operands that are not those that C was computed from.
            fresh(&mut backend);
            let bytes = 6 * 144 * 144 * dtype.size() as usize;
            backend.probe().set_a(&vec![0x3C; bytes]).unwrap();
            wrong(backend.probe().check(), "C[");
        }
    }
}
