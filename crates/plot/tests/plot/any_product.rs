//! Charts of any product over any of its sizes. The numbers are made up.

use crate::results::front_matter;
use hovera_analysis::{Dimension, Filter};
use hovera_core::{
    Batch, Dtype, Engine, Ffn, HeadDim, Heads, Hidden, Layout, ModelSizes, Op, Pass, Point, Product, Results,
    Row, Seq, Source, Stat, TensorParallel, Timing, Vocab, made_up,
};
use hovera_plot::{
    ChartError, ChartKind, ChartOptions, Dash, Figure, Intervals, NamedChart, NamedResults, Note, Overlay,
    Spacing, charts, charts_across,
};

/// Sizes of a model on 4 x 2048 tokens.
pub(crate) fn model(hidden: u64) -> ModelSizes {
    ModelSizes {
        hidden: Hidden::new(hidden).ok(),
        ffn: Ffn::new(4 * hidden).ok(),
        heads: Heads::new(32).ok(),
        head_dim: HeadDim::new(hidden / 32).ok(),
        batch: Batch::new(4).ok(),
        seq: Seq::new(2048).ok(),
        vocab: Vocab::new(50_304).ok(),
        tensor_parallel: TensorParallel::new(1).ok(),
        ..ModelSizes::default()
    }
}

/// A row of a model's product at so many TFLOP/s.
pub(crate) fn of_model(op: Op, pass: Pass, model: ModelSizes, tflops: f64) -> Row {
    let Product { op, pass, model, gemm, .. } = Product::of_model(op, pass, &model).unwrap();
    let plain = made_up::product(Op::Gemm, (1, 1, 1, 1));
    let layout = op.usual_layout(pass);
    let point = Point { op, pass, model, gemm, layout, dtype: Dtype::Bf16, ..plain };
    made_up::row_of(point).tflops(tflops).build()
}

fn gemm(m: u64, n: u64, k: u64, tflops: f64) -> Row {
    made_up::row_of(made_up::product(Op::Gemm, (1, m, n, k))).tflops(tflops).build()
}

pub(crate) fn on(card: &str, rows: Vec<Row>) -> Results {
    Results { front_matter: front_matter(&[card]), rows, sessions: vec![] }
}

fn imported(card: &str, mut rows: Vec<Row>) -> Results {
    for row in &mut rows {
        (row.point.engine, row.point.layout) = (Engine::Other, Layout::Other);
    }
    let mut results = on(card, rows);
    results.front_matter.source = Some(Source { file: "theirs.csv".to_owned(), ..Source::default() });
    results
}

/// How fast a card that reaches `peak` is at so many tokens.
fn saturating(tokens: u64, peak: f64) -> f64 {
    peak * tokens as f64 / (tokens as f64 + 300.0)
}

fn tokens() -> impl Iterator<Item = u64> {
    (0..=14).map(|i| 1 << i)
}

/// The MLP of a model on four cards, one measured.
pub(crate) fn four_cards() -> Vec<(&'static str, Results)> {
    let of_llama = |tokens| {
        let one = |size: u64| Batch::new(size).ok();
        ModelSizes { batch: one(1), seq: Seq::new(tokens).ok(), ffn: Ffn::new(14_336).ok(), ..model(4096) }
    };
    let measured =
        tokens().map(|m| of_model(Op::MlpUp, Pass::Forward, of_llama(m), saturating(m, 720.0))).collect();
    let theirs = |peak: f64| {
        let row = |m| {
            let mut row = gemm(m, 14_336, 4096, saturating(m, peak));
            row.point.dtype = Dtype::Bf16;
            row
        };
        tokens().map(row).collect::<Vec<_>>()
    };
    vec![
        ("h100", on("NVIDIA H100 80GB HBM3", measured)),
        ("a100", imported("NVIDIA A100-SXM4-40GB", theirs(270.0))),
        ("l40s", imported("NVIDIA L40S", theirs(300.0))),
        ("b200", imported("NVIDIA B200", theirs(1500.0))),
    ]
}

pub(crate) fn drawn(
    files: &[(&str, Results)],
    only: &[&str],
    options: &ChartOptions,
) -> Result<Vec<NamedChart>, ChartError> {
    let named: Vec<_> = files.iter().map(|(name, results)| NamedResults { name, results }).collect();
    let only: Vec<Filter> = only.iter().map(|text| text.parse().unwrap()).collect();
    charts_across(&named, &only, options)
}

pub(crate) fn mlp() -> Vec<Row> {
    let mut rows = Vec::new();
    for (i, pass) in Op::MlpUp.passes().iter().enumerate() {
        let tflops = |hidden: u64| saturating(hidden, 700.0 - 60.0 * i as f64);
        rows.extend((1..=32).map(|i| of_model(Op::MlpUp, *pass, model(512 * i), tflops(512 * i))));
    }
    rows
}

pub(crate) fn logits() -> Vec<Row> {
    let of = |vocab: u64| ModelSizes { vocab: Vocab::new(vocab).ok(), ..model(2560) };
    let steps = (0..=32).map(|i| 49_152 + 64 * i).chain(50_241..=50_303);
    let tflops =
        |vocab: u64| [90.0, 330.0, 420.0, 640.0, 660.0, 680.0, 700.0][vocab.trailing_zeros().min(6) as usize];
    steps.map(|vocab| of_model(Op::Logits, Pass::Forward, of(vocab), tflops(vocab))).collect()
}

#[test]
fn the_mlp_is_titled_and_lined_as_the_published_charts_are() {
    let charts = charts(&on("Made-Up 100", mlp()), &ChartOptions::default()).unwrap();
    let [NamedChart { stem, chart, .. }] = &charts[..] else { panic!("{}", charts.len()) };
    assert_eq!((stem.as_str(), chart.title.as_str()), ("mlp_up-over-hidden-by-pass", "MLP Up, h to 4h"));
    let labels: Vec<&str> = chart.traces.iter().map(|trace| trace.label.as_str()).collect();
    assert_eq!(labels, ["forward", "data_gradient", "weight_gradient"]);
    assert_eq!(
        (chart.x.label.as_str(), chart.x.max, &chart.x.spacing),
        ("Hidden Size", 16_384.0, &Spacing::Linear)
    );
    let caption = chart.caption.as_deref().unwrap();
    assert!(
        caption.starts_with("measured: bf16, b=4, s=2048, layout nn, nt and tn, engine cublas"),
        "{caption}"
    );
}

#[test]
fn a_vocabulary_s_steps_are_lines_by_power_of_two_and_a_filter_zooms_in() {
    let files = [("logits", on("Made-Up 100", logits()))];
    let options = ChartOptions::default();
    let all = drawn(&files, &[], &options).unwrap();
    let chart = &all[0].chart;
    assert_eq!(
        (all[0].stem.as_str(), chart.title.as_str()),
        ("logits-over-vocab-by-alignment", "Logits, h=2560")
    );
    assert_eq!((chart.x.min, chart.x.max, chart.x.step), (49_152.0, 51_200.0, 256.0));
    assert_eq!(chart.traces.iter().map(|t| t.points.len()).collect::<Vec<_>>(), [32, 16, 8, 4, 2, 1, 33]);
    assert_eq!(chart.traces[0].heading.as_deref(), Some("vocabulary"));
    let near = drawn(&files, &["vocab=50250..50265"], &options).unwrap();
    let points: usize = near[0].chart.traces.iter().map(|trace| trace.points.len()).sum();
    assert_eq!((points, near[0].chart.x.min), (16, 50_250.0));
    let error = drawn(&files, &["vocab=1..10"], &options).unwrap_err();
    assert_eq!(error.to_string(), "where vocab=1..10: no row matches; there are rows of logits");
}

#[test]
fn four_cards_on_one_product_are_one_chart_in_which_imports_never_look_measured() {
    let options = ChartOptions { x: Some(Dimension::M), by: Some(Dimension::Gpu), ..ChartOptions::default() };
    let all = drawn(&four_cards(), &["n=14336", "k=4096"], &options).unwrap();
    let [NamedChart { stem, chart, notes, .. }] = &all[..] else { panic!("{} charts", all.len()) };
    assert_eq!(stem, "mlp_up-gemm-over-m-by-gpu");
    assert_eq!(chart.title, "MLP Up / GEMM, n=14336 k=4096");
    assert_eq!((&chart.x.spacing, chart.x.min, chart.x.max), (&Spacing::Logarithmic, 1.0, 16_384.0));
    let looks: Vec<(&str, Option<Dash>)> =
        chart.traces.iter().map(|trace| (trace.label.as_str(), trace.style.dash())).collect();
    let (solid, dashed) = (Some(Dash::Solid), Some(Dash::Dashed));
    assert_eq!(
        looks,
        [
            ("NVIDIA H100 80GB HBM3", solid),
            ("NVIDIA A100-SXM4-40GB (imported)", dashed),
            ("NVIDIA L40S (imported)", dashed),
            ("NVIDIA B200 (imported)", dashed)
        ]
    );
    assert!(
        chart
            .caption
            .as_deref()
            .unwrap()
            .starts_with("measured and imported: bf16, layout nt and other, engine cublas and other, ")
    );
    assert!(chart.traces.iter().all(|trace| trace.points.len() == 15) && notes.is_empty(), "{notes:?}");
}

#[test]
fn the_ratio_of_means_has_the_band_of_the_means_and_without_an_interval_the_reason_is_that() {
    let of_means = |factor: f64, half_width: Option<f64>| {
        let mut results = on("Made-Up 100", tokens().map(|m| gemm(m, 64, 64, factor * 10.0)).collect());
        results.front_matter.source = Some(Source::default());
        results.front_matter.method.stat = Stat::Mean;
        for row in &mut results.rows {
            let mean_us = row.timing.and_then(|timing| timing.median_us).unwrap();
            let ci_us = half_width.map(|half_width| half_width * mean_us);
            row.timing = Some(Timing { ci_us, ..Timing::only(Stat::Mean, mean_us, Some(100)) });
        }
        results
    };
    let ratio = |half_width: Option<f64>| {
        let files = [("one", of_means(1.0, half_width)), ("other", of_means(1.5, half_width))];
        let options = ChartOptions { kind: ChartKind::Ratio, ..ChartOptions::default() };
        let mut all = drawn(&files, &[], &options).unwrap();
        all.remove(0)
    };
    let NamedChart { chart, notes, .. } = ratio(Some(0.03));
    let Intervals::OfY(bands) = &chart.traces[1].intervals else { panic!("no bands") };
    let (low, high) = bands[0].unwrap();
    // exp(±√2 · 3 %).
    assert!(
        (low / 1.5 - (-0.03 * 2f64.sqrt()).exp()).abs() < 1e-9 && (high / low).ln() < 0.085,
        "{low} to {high}"
    );
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(ratio(None).notes, [Note::NoBand { points: 15 }]);
}

#[test]
fn cards_without_a_size_in_common_are_refused_by_name() {
    let sizes = |n| tokens().map(|m| gemm(m, n, 64, 10.0)).collect::<Vec<_>>();
    let files = [("one", on("One", sizes(128))), ("other", on("Other", sizes(256)))];
    let options = ChartOptions { overlay: Some(Overlay::Gpu), ..ChartOptions::default() };
    assert_eq!(
        drawn(&files, &[], &options).unwrap_err().to_string(),
        "overlay = gpu: want the same conditions on each card; they differ in n (128 against 256)"
    );
}

#[test]
fn a_ratio_is_over_any_size_with_a_line_for_each_of_another() {
    let rows = |factor: f64| -> Vec<Row> {
        mlp()
            .iter()
            .map(|row| of_model(row.point.op, row.point.pass, row.point.model, factor * 100.0))
            .collect()
    };
    let files = [("one", on("One", rows(1.0))), ("other", on("Other", rows(1.5)))];
    let options = ChartOptions { kind: ChartKind::Ratio, ..ChartOptions::default() };
    let charts = drawn(&files, &[], &options).unwrap();
    let chart = &charts[0].chart;
    assert_eq!(charts[0].stem, "mlp_up-over-hidden-by-pass-ratio-by-gpu");
    let lines: Vec<_> = chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().flat_map(|line| &line.points).all(|point| (point.y - 1.5).abs() < 1e-9));
}

#[test]
fn any_two_sizes_make_a_heat_map() {
    let rows = [64u64, 128, 256].into_iter().flat_map(|m| [32u64, 64].map(|n| gemm(m, n, 512, m as f64)));
    let files = [("gemms", on("Made-Up 100", rows.collect()))];
    let heat = ChartOptions { kind: ChartKind::HeatMap, ..ChartOptions::default() };
    let charts = drawn(&files, &[], &heat).unwrap();
    let chart = &charts[0].chart;
    assert_eq!((charts[0].stem.as_str(), chart.title.as_str()), ("gemm-n-by-m", "GEMM, k=512"));
    assert_eq!((chart.x.label.as_str(), chart.y.label.as_str()), ("m", "n"));
    let turned = ChartOptions { x: Some(Dimension::N), by: Some(Dimension::M), ..heat };
    assert_eq!(drawn(&files, &[], &turned).unwrap()[0].stem, "gemm-m-by-n");
    let one = [("gemms", on("Made-Up 100", (1..4).map(|m| gemm(m, 64, 64, 1.0)).collect()))];
    assert!(
        drawn(&one, &[], &heat)
            .unwrap_err()
            .to_string()
            .starts_with("chart = heatmap: of gemm only m varies")
    );
}

#[test]
fn a_roofline_has_every_product_in_a_colour_and_a_shape_of_its_own() {
    let ops = [Op::Qkv, Op::Projection, Op::MlpUp, Op::Logits];
    let rows = ops.map(|op| of_model(op, Pass::Forward, model(4096), 500.0)).to_vec();
    let options = ChartOptions { kind: ChartKind::Roofline, ..ChartOptions::default() };
    let charts = charts(&on("NVIDIA H100 80GB HBM3", rows), &options).unwrap();
    let dots: Vec<_> = charts[0].chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    assert_eq!(
        dots.iter().map(|trace| trace.label.as_str()).collect::<Vec<_>>(),
        ["qkv", "projection", "mlp_up", "logits"]
    );
    let mut looks: Vec<String> =
        dots.iter().map(|trace| format!("{:?} {:?}", trace.colour, trace.style)).collect();
    looks.sort();
    looks.dedup();
    assert_eq!(looks.len(), 4);
}

/// A layer at some hidden sizes; projections get dearer with them.
pub(crate) fn layers(sizes: impl Iterator<Item = u64>) -> Vec<Row> {
    let ops = [Op::Qkv, Op::Score, Op::Values, Op::Projection, Op::MlpUp, Op::MlpDown];
    sizes.flat_map(|hidden| ops.map(|op| of_model(op, Pass::Forward, model(hidden), 400.0))).collect()
}

#[test]
fn shares_of_a_layer_are_areas_over_hidden_size_and_bars_where_few() {
    let options = ChartOptions { kind: ChartKind::Shares, ..ChartOptions::default() };
    let of = |rows| charts(&on("Made-Up 100", rows), &options).unwrap().remove(0);
    let many = of(layers((1..=20).map(|i| 1024 * i)));
    assert_eq!(many.stem, "layer-shares-over-hidden");
    assert_eq!(many.chart.title, "Where the Time of a Layer Goes, a=32");
    let tops: Vec<f64> = many.chart.traces.last().unwrap().points.iter().map(|point| point.y).collect();
    assert!(tops.len() == 20 && tops.iter().all(|top| (top - 100.0).abs() < 1e-9), "{tops:?}");
    let few = of(layers([1024, 2048].into_iter()));
    assert!(matches!(&few.chart.y.spacing, Spacing::Named(names) if *names == ["h=2048", "h=1024"]));
}

#[test]
fn shares_of_products_that_are_no_whole_layer_do_not_say_that_they_are() {
    let options = ChartOptions { kind: ChartKind::Shares, ..ChartOptions::default() };
    let mut rows = layers((1..=20).map(|i| 1024 * i));
    rows.retain(|row| [Op::MlpUp, Op::MlpDown].contains(&row.point.op));
    let chart = charts(&on("Made-Up 100", rows), &options).unwrap().remove(0).chart;
    assert_eq!(chart.title, "Where the Time of These Products Goes");
}

#[test]
fn a_size_without_all_products_has_no_shares_and_that_is_said() {
    let options = ChartOptions { kind: ChartKind::Shares, ..ChartOptions::default() };
    let mut rows = layers([1024, 2048, 4096].into_iter());
    rows.pop();
    let named = charts(&on("Made-Up 100", rows.clone()), &options).unwrap().remove(0);
    assert_eq!(named.notes, [Note::Incomplete { x: Dimension::Hidden, sizes: 1 }]);
    let mut other = rows[0].clone();
    other.point.model.ffn = Ffn::new(7).ok();
    rows.push(other);
    let error = charts(&on("Made-Up 100", rows), &options).unwrap_err().to_string();
    assert!(error.starts_with("chart = shares: qkv is there more than once at hidden 1024"), "{error}");
    let error = charts(&on("Made-Up 100", vec![gemm(1, 2, 3, 1.0)]), &options).unwrap_err().to_string();
    assert_eq!(error, "chart = shares: no row is of a product of a layer");
}

#[test]
fn a_training_step_counts_all_three_passes() {
    let options = ChartOptions { kind: ChartKind::Shares, ..ChartOptions::default() };
    let passes = |op: Op, time: [f64; 3]| {
        op.passes().iter().zip(time).map(move |(pass, time)| {
            let row = of_model(op, *pass, model(1024), 1.0);
            made_up::row_of(row.point).time_us(time).build()
        })
    };
    let rows = passes(Op::MlpUp, [1.0, 2.0, 3.0]).chain(passes(Op::MlpDown, [1.0, 0.5, 0.5]));
    let named = charts(&on("Made-Up 100", rows.collect()), &options).unwrap().remove(0);
    assert!(named.chart.title.ends_with(", training step"), "{}", named.chart.title);
    assert!(named.chart.desc.contains("h=1024: mlp_up 75.0 %, mlp_down 25.0 %."), "{}", named.chart.desc);
}

#[test]
fn every_chart_of_every_kind_can_be_drawn() {
    let card = "NVIDIA H100 80GB HBM3";
    let files = [("all", on(card, [mlp(), logits(), layers((1..=4).map(|i| 1024 * i))].concat()))];
    // One row of each point.
    let mut files = files;
    let mut seen = std::collections::BTreeSet::new();
    files[0].1.rows.retain(|row| seen.insert(row.point));
    for kind in [ChartKind::Throughput, ChartKind::Roofline, ChartKind::Shares] {
        let charts = drawn(&files, &[], &ChartOptions { kind, ..ChartOptions::default() }).unwrap();
        for named in charts {
            Figure::draw(&named.chart).unwrap();
        }
    }
}

#[test]
fn what_goes_with_no_other_kind_is_refused() {
    let refused =
        |options: ChartOptions| charts(&on("Made-Up 100", mlp()), &options).unwrap_err().to_string();
    let of = |kind| ChartOptions { kind, ..ChartOptions::default() };
    let x = Some(Dimension::Hidden);
    assert!(
        refused(ChartOptions { x, ..of(ChartKind::Roofline) }).starts_with("chart = roofline: x goes with")
    );
    let by = Some(Dimension::Pass);
    assert!(
        refused(ChartOptions { by, ..of(ChartKind::Shares) }).starts_with("chart = shares: by goes with")
    );
    assert!(
        refused(ChartOptions { x: Some(Dimension::Vocab), ..of(ChartKind::Throughput) })
            .starts_with("x = vocab: no row has one; want hidden, ffn")
    );
}
