//! Charts of fused attention: its steps, against its products, over two sizes, by two versions of its library. The
//! numbers are made up.

use crate::any_product::{drawn, on};
use hovera_analysis::Dimension;
use hovera_core::{
    Batch, Cache, Engine, HeadDim, Heads, Hidden, KvHeads, Mask, ModelSizes, Op, Pass, Point, Product,
    Results, Row, Seq, SeqKey, Status, made_up,
};
use hovera_plot::{ChartError, ChartKind, ChartOptions, Figure, Intervals, NamedChart, Note, Overlay, Style};

const CARD: &str = "Made-Up 100";

fn sizes(seq: u64, head_dim: u64) -> ModelSizes {
    ModelSizes {
        heads: Heads::new(12).ok(),
        batch: Batch::new(4).ok(),
        seq: Seq::new(seq).ok(),
        hidden: Hidden::new(12 * head_dim).ok(),
        head_dim: HeadDim::new(head_dim).ok(),
        ..ModelSizes::default()
    }
}

fn row(op: Op, pass: Pass, mask: Mask, sizes: ModelSizes, time_us: f64) -> Row {
    let product = Product::of_model(op, pass, &sizes).unwrap().masked(mask).unwrap();
    let Product { op, pass, mask, model, gemm } = product;
    let (engine, layout) = if op.is_product() {
        (Engine::Cublas, op.usual_layout(pass))
    } else {
        (Engine::Cudnn, op.usual_layout(pass))
    };
    let plain = made_up::product(Op::Gemm, (1, 1, 1, 1));
    let point = Point { op, pass, mask, model, gemm, engine, layout, ..plain };
    made_up::row_of(point).time_us(time_us).interval(0.002).build()
}

/// What a head dim is rounded up to.
fn width(head_dim: u64) -> u64 {
    head_dim.next_multiple_of(64)
}

fn fused(pass: Pass, mask: Mask, sizes: ModelSizes, time_us: f64) -> Row {
    let mut row = row(Op::Attention, pass, mask, sizes, time_us);
    let head_dim = sizes.head_dim.unwrap().get();
    let what = if pass == Pass::Backward { "bprop" } else { "fprop" };
    let name = format!(
        "cudnn_generated_fort_native_sdpa_sm90_flash_{what}_wgmma_f16_knob_7_64x128x{}_4x1x1_cga1x1x1_kernel0_0",
        width(head_dim.into())
    );
    row.kernel.name = Some(name.into());
    row
}

/// Every multiple of 8 to 200, forward, causal and backward; 136 was skipped.
pub(crate) fn widths() -> Vec<Row> {
    let lines = [
        (Pass::Forward, Mask::None, 1.0),
        (Pass::Forward, Mask::Causal, 0.6),
        (Pass::Backward, Mask::None, 2.6),
    ];
    let of_line = |(pass, mask, factor): (Pass, Mask, f64)| {
        (1..=25).map(move |i| {
            let head_dim = 8 * i;
            let row =
                fused(pass, mask, sizes(2048, head_dim), factor * (40.0 + 1.1 * width(head_dim) as f64));
            match head_dim {
                136 => Row::bare(row.point, 0, Status::Skipped, "no such kernel".to_owned()),
                _ => row,
            }
        })
    };
    lines.into_iter().flat_map(of_line).collect()
}

/// `score` and `values` at some of these head dims.
pub(crate) fn products() -> Vec<Row> {
    let of = |op, head_dim: u64| {
        let aligned = if head_dim.is_multiple_of(64) { 1.0 } else { 1.2 };
        row(op, Pass::Forward, Mask::None, sizes(2048, head_dim), aligned * (100.0 + head_dim as f64))
    };
    (2..=12).flat_map(|i| [of(Op::Score, 16 * i), of(Op::Values, 16 * i)]).collect()
}

fn of_kind(kind: ChartKind) -> ChartOptions {
    ChartOptions { kind, ..ChartOptions::default() }
}

fn one(files: &[(&str, Results)], options: &ChartOptions) -> NamedChart {
    let mut charts = drawn(files, &[], options).unwrap();
    assert_eq!(charts.len(), 1);
    let chart = charts.remove(0);
    Figure::draw(&chart.chart).unwrap();
    chart
}

pub(crate) fn steps() -> NamedChart {
    one(&[("fused", on(CARD, widths()))], &of_kind(ChartKind::Steps))
}

pub(crate) fn speed_up() -> NamedChart {
    let files = [("fused", on(CARD, widths())), ("products", on(CARD, products()))];
    one(&files, &of_kind(ChartKind::SpeedUp))
}

fn refusal(files: &[(&str, Results)], options: &ChartOptions) -> String {
    drawn(files, &[], options).unwrap_err().to_string()
}

#[test]
fn steps_have_a_tread_up_to_each_head_dim_and_a_gap_where_there_is_no_kernel() {
    let NamedChart { stem, chart, notes, .. } = steps();
    assert_eq!(stem, "attention-steps");
    assert_eq!(chart.title, "Attention, fused over Head Dim, a=12");
    assert_eq!((chart.x.label.as_str(), chart.x.min), ("Head Dim", 0.0));
    let guides: Vec<_> = chart.traces.iter().filter(|trace| matches!(trace.style, Style::Guide(_))).collect();
    let ends: Vec<f64> = guides.iter().map(|guide| guide.points[0].x).collect();
    assert_eq!(ends, [64.0, 128.0, 192.0, 256.0]);
    let lines: Vec<_> = chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    let listed: Vec<&str> = lines.iter().filter(|line| line.listed).map(|line| line.label.as_str()).collect();
    assert_eq!(listed, ["forward", "forward, causal", "backward"]);
    // The skipped one parts each of three lines in two.
    assert_eq!(lines.len(), 6);
    let places: Vec<(f64, f64)> = lines[0]
        .points
        .iter()
        .map(|point| (point.x, if point.row.is_some() { point.x } else { 0.0 }))
        .collect();
    assert_eq!(places[..6], [(0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (16.0, 16.0), (16.0, 0.0), (24.0, 24.0)]);
    assert_eq!((lines[0].points.last().unwrap().x, lines[1].points[0].x), (128.0, 136.0));
    for tread in lines.iter().flat_map(|line| line.points.chunks(2)) {
        assert_eq!(tread[0].y, tread[1].y);
    }
    assert_eq!(notes, [Note::NotDrawn { failed: 0, skipped: 3 }]);
    let caption = chart.caption.unwrap();
    assert!(
        caption.contains("b=4, s=2048") && caption.contains("kernels of heads of 64, 128, 192 and 256"),
        "{caption}"
    );
}

#[test]
fn kernels_that_differ_by_pass_are_told_apart() {
    let mut rows = widths();
    for row in rows.iter_mut().filter(|row| row.point.pass == Pass::Backward) {
        let name = row.kernel.name.take().map(|name| name.replace("x192_", "x256_"));
        row.kernel.name = name.map(Into::into);
    }
    let caption = one(&[("fused", on(CARD, rows))], &of_kind(ChartKind::Steps)).chart.caption.unwrap();
    assert!(
        caption.contains(
            "kernels of heads of: forward 64, 128, 192 and 256; forward, causal 64, 128, 192 and 256; backward 64, 128 \
             and 256"
        ),
        "{caption}"
    );
}

#[test]
fn a_speed_up_is_the_sum_of_the_products_times_over_that_of_attention() {
    let NamedChart { stem, chart, notes, .. } = speed_up();
    assert_eq!(stem, "attention-speedup-over-head_dim");
    assert_eq!(chart.title, "Fused Attention against Its Products, a=12");
    assert_eq!(chart.y.label, "Speed-Up over score + values, no softmax");
    let lines: Vec<_> = chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    // Backward has no products in the file.
    assert_eq!(
        lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>(),
        ["forward", "forward, causal"]
    );
    let at =
        |line: usize, head_dim: f64| lines[line].points.iter().find(|point| point.x == head_dim).unwrap().y;
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    assert!(close(at(0, 64.0), 2.0 * 164.0 / (40.0 + 1.1 * 64.0)), "{}", at(0, 64.0));
    assert!(close(at(1, 80.0), 2.0 * 1.2 * 180.0 / (0.6 * (40.0 + 1.1 * 128.0))), "{}", at(1, 80.0));
    // Errors of times that add up: of two equal ones √2 of one relative to the sum is 1/√2 of each.
    let Intervals::OfY(bands) = &lines[0].intervals else { panic!("no bands") };
    let (low, high) = bands[0].unwrap();
    let expected = (0.002f64 / 2f64.sqrt()).hypot(0.002);
    assert!(((high / low).ln() / 2.0 / expected - 1.0).abs() < 1e-6);
    // 11 of 25 head dims have products, 136 is none of them.
    assert_eq!(notes, [Note::Unmatched { points: 2 * (24 - 11) + 24 }]);
    let caption = chart.caption.unwrap();
    assert!(caption.contains("score + values, no softmax and without a mask, summed"), "{caption}");
}

/// The softmax between the products of [`sizes`].
fn softmax(seq: u64, time_us: f64) -> Row {
    row(Op::Softmax, Pass::Forward, Mask::None, sizes(seq, 8), time_us)
}

pub(crate) fn speed_up_with_softmax() -> NamedChart {
    // One of another length, which is nothing to these.
    let products = on(CARD, [products(), vec![softmax(1024, 50.0), softmax(2048, 200.0)]].concat());
    one(&[("fused", on(CARD, widths())), ("products", products)], &of_kind(ChartKind::SpeedUp))
}

#[test]
fn the_softmax_is_in_the_sum_where_it_was_measured_and_the_chart_says_so() {
    let NamedChart { stem, chart, notes, .. } = speed_up_with_softmax();
    assert_eq!(stem, "attention-speedup-over-head_dim");
    assert_eq!(chart.title, "Fused Attention against Score, Softmax and Values, a=12");
    assert_eq!(chart.y.label, "Speed-Up over score + softmax + values");
    let caption = chart.caption.unwrap();
    assert!(
        caption.contains("times of score + softmax + values, without a scale or a mask, summed"),
        "{caption}"
    );
    assert!(!format!("{caption} {}", chart.desc).contains("no softmax"), "{}", chart.desc);
    // Both sides have some of cuDNN's.
    assert!(caption.contains("layout nn and nt, engine cublas and cudnn, pacing"), "{caption}");
    let lines: Vec<_> = chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    for (line, factor) in [(0, 1.0), (1, 0.6)] {
        let at = lines[line].points.iter().find(|point| point.x == 64.0).unwrap().y;
        let expected = (2.0 * 164.0 + 200.0) / (factor * (40.0 + 1.1 * 64.0));
        assert!((at / expected - 1.0).abs() < 1e-9, "{at}");
    }
    assert_eq!(notes, [Note::Unmatched { points: 2 * (24 - 11) + 24 }]);
}

#[test]
fn a_softmax_that_some_points_lack_is_in_no_sum_and_a_second_one_is_refused() {
    let with = |softmaxes: Vec<Row>| on(CARD, [products(), softmaxes].concat());
    let options = of_kind(ChartKind::SpeedUp);
    // Of another length alone.
    let chart =
        one(&[("fused", on(CARD, widths())), ("products", with(vec![softmax(1024, 50.0)]))], &options);
    assert_eq!(chart.chart.y.label, "Speed-Up over score + values, no softmax");
    assert_eq!(chart.notes, [Note::Unmatched { points: 2 * (24 - 11) + 24 }]);
    // A backward pass has none.
    let backward = [(Op::Score, Pass::DataGradient), (Op::Score, Pass::WeightGradient)];
    let backward =
        backward.into_iter().chain([(Op::Values, Pass::DataGradient), (Op::Values, Pass::WeightGradient)]);
    let backward: Vec<Row> =
        backward.map(|(op, pass)| row(op, pass, Mask::None, sizes(2048, 64), 100.0)).collect();
    let all = with([backward, vec![softmax(2048, 200.0)]].concat());
    let chart = one(&[("fused", on(CARD, widths())), ("products", all)], &options);
    assert_eq!(chart.chart.y.label, "Speed-Up over score + values, no softmax");
    assert!(chart.notes.contains(&Note::WithoutSoftmax { points: 1 }), "{:?}", chart.notes);
    let twice = with(vec![softmax(2048, 200.0), softmax(2048, 201.0)]);
    let said = refusal(&[("fused", on(CARD, widths())), ("products", twice)], &options);
    assert!(said.starts_with("chart = speedup: softmax is there more than once"), "{said}");
}

/// Softmaxes of sequences, beside `score` at one of them.
pub(crate) fn softmaxes() -> Vec<Row> {
    let of = |seq: u64| softmax(seq, 5.0 + (seq * seq) as f64 / 9e3);
    let mut rows: Vec<Row> = [256, 512, 1024, 2048, 4096].map(of).to_vec();
    rows.push(row(Op::Score, Pass::Forward, Mask::None, sizes(2048, 64), 100.0));
    rows
}

#[test]
fn a_softmax_is_drawn_over_its_length_in_gb_per_second_and_its_neighbours_in_tflops() {
    let usual = ChartOptions::default();
    let charts = drawn(&[("all", on(CARD, softmaxes()))], &[], &usual).unwrap();
    let told: Vec<(&str, &str)> =
        charts.iter().map(|it| (it.chart.title.as_str(), it.chart.y.label.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Attention Key Query Score, a=12", "Throughput (TFLOPs/s)"),
            ("Attention Softmax, a=12", "Memory Throughput (GB/s)")
        ]
    );
    assert!(charts[1].stem.starts_with("softmax-over-seq"), "{}", charts[1].stem);
    let line = charts[1].chart.traces.iter().find(|trace| trace.style.is_data()).unwrap();
    // 4·b·a·s² bytes: 805 MB at 2048.
    let at = line.points.iter().find(|point| point.x == 2048.0).unwrap().y;
    let time_us = 5.0 + (2048.0 * 2048.0) / 9e3;
    assert!((at / (4.0 * 48.0 * 2048.0 * 2048.0 / time_us / 1e3) - 1.0).abs() < 1e-9, "{at}");
    // Over a size that it has not, it is left to the others.
    let over = ChartOptions { x: Some(Dimension::HeadDim), ..usual };
    let charts = drawn(&[("all", on(CARD, softmaxes()))], &[], &over).unwrap();
    assert_eq!(charts.len(), 1);
    assert!(
        charts[0].notes.contains(&Note::NotOver { op: Op::Softmax, x: Dimension::HeadDim, rows: 5 }),
        "{:?}",
        charts[0].notes
    );
}

#[test]
fn a_heat_map_leaves_a_softmax_out_and_says_so() {
    let softmaxes: Vec<Row> = softmaxes().into_iter().filter(|row| row.point.op == Op::Softmax).collect();
    let rows = [grid(), softmaxes.clone()].concat();
    let grids = of_kind(ChartKind::HeatMap);
    let left_out = Note::NotOver { op: Op::Softmax, x: Dimension::HeadDim, rows: 5 };
    let charts = drawn(&[("all", on(CARD, rows))], &[], &grids).unwrap();
    assert!(charts[0].notes.contains(&left_out), "{:?}", charts[0].notes);
    // Alone it has no second size here.
    let said = refusal(&[("softmaxes", on(CARD, softmaxes))], &grids);
    assert!(said.contains("of softmax only seq varies"), "{said}");
}

#[test]
fn backward_is_held_against_the_four_gradients() {
    let mut rows = widths();
    for (op, time_us) in [(Op::Score, 100.0), (Op::Values, 150.0)] {
        rows.extend(
            [Pass::DataGradient, Pass::WeightGradient]
                .map(|pass| row(op, pass, Mask::None, sizes(2048, 64), time_us)),
        );
    }
    let chart = one(&[("all", on(CARD, rows))], &of_kind(ChartKind::SpeedUp)).chart;
    let lines: Vec<_> = chart.traces.iter().filter(|trace| trace.style.is_data()).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].label.as_str(), lines[0].points.len()), ("backward", 1));
    assert!((lines[0].points[0].y / (500.0 / (2.6 * (40.0 + 1.1 * 64.0))) - 1.0).abs() < 1e-9);
}

#[test]
fn a_speed_up_is_of_one_model_of_card_one_method_and_one_row_for_each_product() {
    let options = of_kind(ChartKind::SpeedUp);
    let none = "chart = speedup: want rows of op attention, and of score and values at the same sizes";
    let other = [("fused", on(CARD, widths())), ("products", on("Another 100", products()))];
    assert!(refusal(&other, &options).starts_with(none));
    assert!(refusal(&[("products", on(CARD, products()))], &options).starts_with(none));
    let mut timed = on(CARD, products());
    timed.front_matter.method.timer = "host".to_owned();
    let files = [("fused", on(CARD, widths())), ("products", timed)];
    let said = refusal(&files, &options);
    assert!(said.contains("were measured by different methods: timer is "), "{said}");
    let mixed = ChartOptions { mixed_methods: true, ..options };
    let chart = one(&files, &mixed).chart;
    assert!(chart.caption.unwrap().contains("timer is"));
    let twice: Vec<Row> = products()
        .into_iter()
        .chain(products().into_iter().map(|mut row| {
            row.point.engine = Engine::Tuned;
            row
        }))
        .collect();
    let said = refusal(&[("fused", on(CARD, widths())), ("products", on(CARD, twice))], &options);
    assert!(
        said.starts_with(
            "chart = speedup: score is there more than once at head_dim 32; its rows differ in engine"
        ),
        "{said}"
    );
}

#[test]
fn what_says_nothing_of_these_charts_is_refused() {
    let file = [("fused", on(CARD, widths()))];
    let steps = of_kind(ChartKind::Steps);
    for (options, says) in [
        (ChartOptions { by: Some(Dimension::Pass), ..steps }, "chart = steps: by goes with other charts"),
        (ChartOptions { x: Some(Dimension::Seq), ..steps }, "chart = steps: x goes with other charts"),
        (
            ChartOptions { x: Some(Dimension::M), ..of_kind(ChartKind::SpeedUp) },
            "chart = speedup: x goes with a size",
        ),
    ] {
        let said = refusal(&file, &options);
        assert!(said.starts_with(says), "{said}");
    }
    let none = drawn(&[("products", on(CARD, products()))], &[], &steps).unwrap_err();
    assert!(matches!(none, ChartError::NoPoint { kind: ChartKind::Steps, .. }), "{none}");
}

/// Lengths of sequences by head dims.
pub(crate) fn grid() -> Vec<Row> {
    let of = |seq: u64, head_dim: u64| {
        let scores = (seq * seq) as f64 / 4e4;
        fused(
            Pass::Forward,
            Mask::Causal,
            sizes(seq, head_dim),
            5.0 + scores * (0.4 + width(head_dim) as f64 / 100.0),
        )
    };
    [256, 512, 1024, 2048, 4096, 8192]
        .into_iter()
        .flat_map(|seq| (1..=16).map(move |i| of(seq, 16 * i)))
        .collect()
}

#[test]
fn a_sweep_of_lengths_and_head_dims_is_a_heat_map() {
    let results = on(CARD, grid());
    assert_eq!(hovera_plot::suited_kind(&results), ChartKind::HeatMap);
    let NamedChart { stem, chart, .. } = one(&[("grid", results)], &of_kind(ChartKind::HeatMap));
    assert_eq!(
        (stem.as_str(), chart.title.as_str()),
        ("attention-seq-by-head-dim", "Attention, fused, a=12, b=4, causal")
    );
    let cells = chart.cells.unwrap();
    assert_eq!((cells.rows.len(), cells.rows[0].len()), (6, 16));
    assert_eq!((chart.y.label.as_str(), chart.x.label.as_str()), ("Sequence Length", "Head Dim"));
}

#[test]
fn a_sweep_of_caches_and_head_dims_is_a_heat_map_over_the_length_of_the_keys() {
    let of = |keys: u64, head_dim: u64| {
        let cached = ModelSizes {
            seq_key: SeqKey::new(keys).ok(),
            kv_heads: KvHeads::new(4).ok(),
            ..sizes(1, head_dim)
        };
        fused(Pass::Forward, Mask::None, cached, 5.0 + keys as f64 / 300.0)
    };
    let rows = [1024, 4096, 16_384].into_iter().flat_map(|keys| [64, 128].map(|d| of(keys, d))).collect();
    let NamedChart { stem, chart, .. } = one(&[("decode", on(CARD, rows))], &of_kind(ChartKind::HeatMap));
    assert_eq!(
        (stem.as_str(), chart.title.as_str()),
        ("attention-seq_key-by-head-dim", "Attention, fused, a=12, kv=4, b=4, s=1")
    );
    assert_eq!(chart.cells.unwrap().rows.len(), 3);
}

#[test]
fn two_versions_of_the_library_are_told_by_their_numbers() {
    let of = |version: &str| {
        let mut results = on(CARD, widths());
        results.front_matter.software.cudnn = Some(format!("cuDNN {version} for CUDA 13 (libcudnn.so.9)"));
        results
    };
    let options =
        ChartOptions { x: Some(Dimension::HeadDim), by: Some(Dimension::Gpu), ..ChartOptions::default() };
    let told = |files: &[(&str, Results)]| {
        let chart = drawn(files, &["pass=forward", "mask=none"], &options).unwrap().remove(0).chart;
        chart.traces.into_iter().filter_map(|trace| trace.heading).collect::<Vec<_>>()
    };
    assert_eq!(told(&[("a", of("9.14.0")), ("b", of("9.19.0"))]), ["cuDNN 9.14.0", "cuDNN 9.19.0"]);
    // Of one version the files are told apart.
    assert_eq!(told(&[("a", of("9.19.0")), ("b", of("9.19.0"))]), ["a", "b"]);
    // Where their lines are the only ones, the legend says what the names are of.
    let options = ChartOptions {
        x: Some(Dimension::HeadDim),
        by: Some(Dimension::Pass),
        overlay: Some(Overlay::Gpu),
        ..ChartOptions::default()
    };
    let legend = |files: &[(&str, Results)]| {
        let chart = drawn(files, &["pass=forward", "mask=causal"], &options).unwrap().remove(0).chart;
        let heading = chart.traces[0].heading.clone().unwrap();
        [heading, chart.traces[0].label.clone(), chart.traces[1].label.clone()]
    };
    let libraries = [("a", of("9.14.0")), ("b", of("9.19.0"))];
    assert_eq!(legend(&libraries), ["library", "cuDNN 9.14.0", "cuDNN 9.19.0"]);
    assert_eq!(legend(&[("a", of("9.19.0")), ("b", of("9.19.0"))]), ["file", "a", "b"]);
}

/// The same rows with operands that no cache holds.
fn cold(mut rows: Vec<Row>) -> Vec<Row> {
    rows.iter_mut().for_each(|row| row.point.cache = Cache::Cold);
    rows
}

#[test]
fn every_kind_of_chart_says_the_mask_the_pass_and_the_cache_that_all_of_it_has() {
    const H100: &str = "NVIDIA H100 80GB HBM3";
    let backward = || {
        let widths = (1..=12).map(|i| 16 * i);
        let of = |mask, d| fused(Pass::Backward, mask, sizes(2048, d), 100.0 + d as f64);
        widths.flat_map(|d| [of(Mask::None, d), of(Mask::Causal, d)]).collect::<Vec<_>>()
    };
    let gradients = || {
        let passes = [Pass::DataGradient, Pass::WeightGradient];
        let of = |op, d| passes.map(|pass| row(op, pass, Mask::None, sizes(2048, d), 100.0));
        (1..=12).flat_map(|i| [of(Op::Score, 16 * i), of(Op::Values, 16 * i)].concat()).collect::<Vec<_>>()
    };
    let grid = || {
        let of = |seq, d| fused(Pass::Backward, Mask::Causal, sizes(seq, d), 100.0);
        [256, 512].into_iter().flat_map(|seq| (1..=4).map(move |i| of(seq, 16 * i))).collect::<Vec<_>>()
    };
    let all = || cold([backward(), gradients()].concat());
    let over_head_dim =
        ChartOptions { x: Some(Dimension::HeadDim), by: Some(Dimension::Gpu), ..ChartOptions::default() };
    let of_masks = ChartOptions { by: Some(Dimension::Mask), ..over_head_dim };
    let by_gpu = ChartOptions { overlay: Some(Overlay::Gpu), ..ChartOptions::default() };
    let two = |mask: &str| vec![mask.to_owned(), "op=attention".to_owned()];
    let only = |mask: &str| two(&format!("mask={mask}"));
    let either = vec!["op=attention".to_owned()];
    for (what, rows, options, only, says) in [
        ("published", all(), ChartOptions::default(), only("causal"), "causal, backward, cold cache"),
        ("published, by GPU", all(), by_gpu, only("none"), "no mask, backward, cold cache"),
        ("arranged, by GPU", all(), over_head_dim, only("causal"), "causal, backward, cold cache"),
        ("arranged, without a mask", all(), over_head_dim, only("none"), "no mask, backward, cold cache"),
        ("arranged, by mask", all(), of_masks, either.clone(), "s=2048, backward, cold cache"),
        ("ratio", all(), of_kind(ChartKind::Ratio), only("causal"), "causal, backward, cold cache"),
        ("steps", all(), of_kind(ChartKind::Steps), only("causal"), "causal, backward, cold cache"),
        ("steps of masks", all(), of_kind(ChartKind::Steps), either, "s=2048, backward, cold cache"),
        ("roofline", all(), of_kind(ChartKind::Roofline), only("causal"), "causal, backward, cold cache"),
        (
            "heat map",
            cold(grid()),
            of_kind(ChartKind::HeatMap),
            only("causal"),
            "causal, backward, cold cache",
        ),
        ("speed-up", all(), of_kind(ChartKind::SpeedUp), Vec::new(), "s=2048, cold cache"),
    ] {
        let only: Vec<&str> = only.iter().map(String::as_str).collect();
        let files = [("a", on(H100, rows.clone())), ("b", on(H100, rows))];
        let is_of_one = matches!(
            options.kind,
            ChartKind::Steps | ChartKind::Roofline | ChartKind::HeatMap | ChartKind::SpeedUp
        );
        let files = if is_of_one || what == "published" { &files[..1] } else { &files };
        let charts = drawn(files, &only, &options).unwrap();
        for NamedChart { chart, .. } in &charts {
            let caption = chart.caption.as_deref().unwrap();
            assert!(caption.contains(&format!("{says}, layout")), "{what}: {caption}");
            assert_eq!(
                caption.matches("causal").count(),
                says.matches("causal").count(),
                "{what}: {caption}"
            );
            assert!(chart.desc.contains(says), "{what}: {}", chart.desc);
        }
    }
}

#[test]
fn a_roofline_is_of_one_mask() {
    let rows =
        [Mask::None, Mask::Causal].map(|mask| fused(Pass::Forward, mask, sizes(2048, 64), 100.0)).to_vec();
    let charts =
        drawn(&[("a", on("NVIDIA H100 80GB HBM3", rows))], &[], &of_kind(ChartKind::Roofline)).unwrap();
    let stems: Vec<&str> = charts.iter().map(|named| named.stem.as_str()).collect();
    assert_eq!(stems, ["roofline-none", "roofline-causal"]);
}
