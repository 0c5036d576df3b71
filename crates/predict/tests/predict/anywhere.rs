//! Predictions of any shape on any card: finite, within their interval, never faster than the card can be.

use hovera_core::made_up;
use hovera_core::{Cache, Datasheet, Dtype, Engine, Layout, Op, Pacing, Point, Results, Status, Tier};
use hovera_predict::{Predictor, Unpredictable};
use proptest::prelude::*;
use std::sync::LazyLock;

static PREDICTORS: LazyLock<Vec<Predictor>> =
    LazyLock::new(|| Datasheet::product_names().map(|name| Predictor::for_gpu(name).unwrap()).collect());

fn point(sizes: (u64, u64, u64, u64), layout: Layout, dtype: Dtype) -> Point {
    let op = if sizes.0 == 1 { Op::Gemm } else { Op::Bmm };
    Point {
        layout,
        dtype,
        engine: Engine::Cublas,
        pacing: Pacing::Burst,
        cache: Cache::Hot,
        ..made_up::product(op, sizes)
    }
}

/// Small sizes, odd ones, powers of two, and those of vocabularies.
fn size(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![1..=64u64, 1..=most.min(5000), (0..=most.ilog2()).prop_map(|power| 1 << power), 1..=most]
}

prop_compose! {
    fn any_point()(batch in size(4096), m in size(1 << 20), n in size(1 << 20), k in size(1 << 18),
        layout in prop::sample::select(Layout::OF_SWEEPS), bf16 in any::<bool>()) -> Point {
        point((batch, m, n, k), layout, if bf16 { Dtype::Bf16 } else { Dtype::F16 })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_prediction_lies_in_its_interval_and_is_no_faster_than_the_datasheet(point in any_point(), card in 0usize..1000) {
        let predictor = &PREDICTORS[card % PREDICTORS.len()];
        let Ok(said) = predictor.predict(&point) else {
            prop_assert!(predictor.datasheet().peak(point.dtype).is_none());
            return Ok(());
        };
        prop_assert!(said.time_us.is_finite() && said.time_us > 0.0, "{:?}", said);
        prop_assert!(0.0 < said.low_us && said.low_us <= said.time_us && said.time_us <= said.high_us, "{:?}", said);
        prop_assert!(said.high_us.is_finite() && said.high_us < 20.0 * said.low_us, "{:?}", said);
        let sheet = predictor.datasheet();
        // The highest clock is a tenth above the rated boost.
        let at_peak = point.flop() as f64 / (sheet.peak(point.dtype).unwrap() * 1e6 * 1.1);
        prop_assert!(said.low_us >= at_peak * 0.999, "{:?}: {} us at the peak", said, at_peak);
        // What the L2 cannot hold comes from memory.
        let l2 = f64::from(sheet.l2_mb.unwrap_or(100)) * 1e6;
        let from_memory = (point.bytes() as f64 - l2) / (sheet.memory_gb_s * 1e3);
        prop_assert!(said.low_us >= from_memory * 0.999, "{:?}: {} us from memory", said, from_memory);
    }

    #[test]
    fn twice_as_much_of_a_size_takes_no_less(point in any_point(), which in 0usize..4) {
        let predictor = &PREDICTORS[3];
        let gemm = point.gemm;
        let sizes = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()].map(u64::from);
        // A multiple of 8 stays as aligned as it was; anything else could become better.
        let times = |factor: u64| {
            let [batch, m, n, k] =
                std::array::from_fn(|place| sizes[place] * if place == which { factor } else { 1 });
            predictor.predict(&crate::anywhere::point((batch, m, n, k), point.layout, point.dtype)).unwrap()
        };
        let (before, after) = (times(8), times(16));
        // By as much as the residual may be off.
        prop_assert!(after.time_us >= 0.8 * before.time_us, "{:?} {:?} {:?}", point.gemm, before, after);
    }
}

fn h100() -> Predictor {
    Predictor::for_gpu("NVIDIA H100 80GB HBM3").unwrap()
}

fn refused(change: impl Fn(Point) -> Point) -> Unpredictable {
    h100().predict(&change(point((1, 64, 64, 64), Layout::Nn, Dtype::F16))).unwrap_err()
}

#[test]
fn what_no_card_was_calibrated_for_is_refused() {
    for dtype in [Dtype::Tf32, Dtype::F32, Dtype::F8e4m3, Dtype::Int8] {
        assert_eq!(refused(|point| Point { dtype, ..point }), Unpredictable::Dtype(dtype));
    }
    let engine = Engine::CublasLt;
    assert_eq!(refused(|point| Point { engine, ..point }), Unpredictable::Engine(engine));
    let pacing = Pacing::Sustained;
    assert_eq!(refused(|point| Point { pacing, ..point }), Unpredictable::Pacing(pacing));
    let cache = Cache::Cold;
    assert_eq!(refused(|point| Point { cache, ..point }), Unpredictable::Cache(cache));
    for op in [Op::Attention, Op::Softmax] {
        assert_eq!(refused(|point| Point { op, ..point }), Unpredictable::NoProduct(op));
    }
    let bf16 = point((1, 64, 64, 64), Layout::Nn, Dtype::Bf16);
    let volta = Predictor::for_gpu("Tesla V100-SXM2-16GB").unwrap();
    assert!(volta.predict(&bf16).unwrap_err().to_string().contains("has no tensor cores for it"));
}

#[test]
fn a_gpu_without_a_datasheet_is_refused_with_those_that_have_one() {
    let error = Predictor::for_gpu("NVIDIA H100 NVL").unwrap_err().to_string();
    assert!(error.starts_with("NVIDIA H100 NVL: there is no datasheet of it"), "{error}");
    assert!(error.contains("H100 80GB HBM3"), "{error}");
}

#[test]
fn a_prediction_says_on_what_it_stands_and_the_wider_for_that() {
    let small = point((1, 4096, 4096, 4096), Layout::Nt, Dtype::F16);
    let said = |gpu| Predictor::for_gpu(gpu).unwrap().predict(&small).unwrap();
    let (card, family, other) = (said("NVIDIA H100 80GB HBM3"), said("NVIDIA H200"), said("NVIDIA B200"));
    assert_eq!([card.tier, family.tier, other.tier], [Tier::Card, Tier::Family, Tier::Datasheet]);
    let width = |said: &hovera_predict::Forecast| said.high_us / said.low_us;
    assert!(width(&card) < width(&family) && width(&family) < width(&other));
}

#[test]
fn predicted_rows_are_a_results_file_that_is_read_back() {
    let points =
        [point((48, 2048, 64, 2048), Layout::Nn, Dtype::F16), point((1, 8, 1, 77), Layout::Nt, Dtype::Bf16)];
    let predictor = h100();
    let rows = points.iter().map(|point| predictor.row(point)).collect();
    let mut results = Results { rows, ..made_up::results(predictor.device(), Vec::new()) };
    results.front_matter.prediction = Some(predictor.info().clone());
    let again = Results::parse("p.csv", results.to_csv()).unwrap();
    assert_eq!(again, results);
    assert!(again.rows.iter().all(|row| row.status == Status::Predicted && row.kernel.tile.is_some()));
}

#[test]
fn the_odd_vocabulary_of_gpt2_costs_seven_times_the_next_multiple_of_64() {
    let logits =
        |vocab| h100().predict(&point((1, 8192, vocab, 2560), Layout::Nt, Dtype::Bf16)).unwrap().time_us;
    let times = logits(50257) / logits(50304);
    assert!((6.0..9.0).contains(&times), "{times}");
}
