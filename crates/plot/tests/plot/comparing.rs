//! Charts that hold results against each other, or against a datasheet. The numbers are made up.

use crate::results::{at, front_matter, notes, results, row};
use hovera_analysis::{Dimension, Metric};
use hovera_core::{
    AttentionShape, Batch, Bound, Dtype, Engine, Heads, Hidden, Op, Pacing, Results, Row, Seq, Source, Stat,
    Status, Timing, made_up,
};
use hovera_plot::{
    AxisMax, ChartError, ChartKind, ChartOptions, Dash, Density, Figure, Intervals, Markers, NamedChart,
    NamedResults, Note, Overlay, Spacing, Style, charts_across,
};
use std::num::NonZeroU32;

/// The rows at so many TFLOP/s with an interval of ±1 % of the median.
fn sure(row: Row, tflops: f64) -> Row {
    let mut row = at(row, tflops);
    let timing = row.timing.as_mut().unwrap();
    timing.ci_us = timing.median_us.map(|us| us * 0.01);
    row
}

fn file(card: &str, tflops: f64) -> Results {
    let rows = [1, 8, 64, 128].map(|d| sure(row(Op::Score, d), tflops * (1.0 + d as f64 / 1000.0)));
    Results { front_matter: front_matter(&[card]), ..results(rows.to_vec()) }
}

fn imported(card: &str, tflops: f64) -> Results {
    let mut file = file(card, tflops);
    file.front_matter.source = Some(Source::default());
    file.front_matter.method.stat = Stat::Max;
    for row in &mut file.rows {
        row.point.pacing = Pacing::None;
        let slowest = row.timing.unwrap().median_us.unwrap();
        row.timing = Some(Timing::only(Stat::Max, slowest, None));
    }
    file
}

fn by_gpu() -> ChartOptions {
    ChartOptions { overlay: Some(Overlay::Gpu), ..ChartOptions::default() }
}

fn of_kind(kind: ChartKind) -> ChartOptions {
    ChartOptions { kind, ..ChartOptions::default() }
}

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// The charts of files called by the letters of the alphabet.
fn across(files: &[&Results], options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let named = files.iter().zip(NAMES).map(|(results, name)| NamedResults { name, results });
    charts_across(&named.collect::<Vec<_>>(), &[], options)
}

fn one(files: &[&Results], options: &ChartOptions) -> NamedChart {
    let mut charts = across(files, options).unwrap();
    assert_eq!(charts.len(), 1);
    let chart = charts.remove(0);
    Figure::draw(&chart.chart).unwrap();
    chart
}

/// How a line, or a piece of one in the legend, is broken up.
fn dash(style: Style) -> Option<Dash> {
    match style {
        Style::Line(dash) | Style::LineAndPoints(dash, _, Density::Few) => Some(dash),
        _ => None,
    }
}

fn refused(files: &[&Results], options: &ChartOptions) -> String {
    across(files, options).unwrap_err().to_string()
}

fn listed(chart: &NamedChart) -> Vec<(Option<&str>, &str)> {
    let listed = chart.chart.traces.iter().filter(|t| t.listed);
    listed.map(|t| (t.heading.as_deref(), t.label.as_str())).collect()
}

#[test]
fn two_cards_share_a_chart_with_a_style_and_a_list_of_lines_each() {
    let (one_card, other) = (file("One", 100.0), file("Other", 120.0));
    let chart = one(&[&one_card, &other], &by_gpu());
    assert_eq!(chart.stem, "score-a12-by-gpu");
    assert_eq!(
        listed(&chart),
        [
            (Some("One"), "h/a = 1"),
            (None, "h/a = 8"),
            (None, "h/a = 64"),
            (Some("Other"), "h/a = 1"),
            (None, "h/a = 8"),
            (None, "h/a = 64"),
        ]
    );
    let traces = &chart.chart.traces;
    assert!(traces[..3].iter().all(|t| dash(t.style) == Some(Dash::Solid)));
    assert!(traces[3..].iter().all(|t| dash(t.style) == Some(Dash::Dashed)));
    assert!((0..3).all(|i| traces[i].colour == traces[i + 3].colour));
    let caption = chart.chart.caption.unwrap();
    assert_eq!(chart.chart.subtitle.as_deref(), Some("One and Other"));
    assert!(caption.starts_with("measured: f16, b=4, s=2048,"), "{caption}");
    assert!(caption.ends_with("power limit 400 W"), "{caption}");
    assert!(chart.chart.desc.contains("gpu Other: At the largest hidden size of each: h/a = 1: 120 TFLOP/s"));
}

#[test]
fn three_cards_share_one_list_of_colours_and_a_key_of_styles() {
    let files = ["A", "B", "C"].map(|name| file(name, 100.0));
    let chart = one(&files.each_ref(), &by_gpu());
    let want = [(None, "h/a = 1"), (None, "h/a = 8"), (None, "h/a = 64"), (Some("gpu"), "A"), (None, "B")];
    assert_eq!(listed(&chart)[..5], want);
}

#[test]
fn any_number_of_variants_is_told_apart_by_style_or_refused_with_the_most_that_can_be() {
    let names: Vec<String> = (1..=12).map(|i| format!("Card {i}")).collect();
    let files: Vec<Results> = names.iter().map(|name| file(name, 100.0)).collect();
    let files: Vec<&Results> = files.iter().collect();
    for kind in [ChartKind::Throughput, ChartKind::Ratio] {
        let options = ChartOptions { kind, ..by_gpu() };
        for count in 2..=12 {
            if count > 8 {
                let want = format!("overlay = gpu: {count} of them in one chart: want at most 8");
                assert_eq!(refused(&files[..count], &options), want);
                continue;
            }
            let chart = one(&files[..count], &options).chart;
            let lines = chart.traces.iter().filter(|t| t.label == "h/a = 64" && !t.points.is_empty());
            let dashes: Vec<Dash> = lines.filter_map(|trace| dash(trace.style)).collect();
            assert_eq!(dashes.len(), if kind == ChartKind::Ratio { count - 1 } else { count });
            assert!(dashes.iter().enumerate().all(|(i, dash)| !dashes[..i].contains(dash)), "{dashes:?}");
            let keyed = |wanted: &Dash| {
                chart.traces.iter().any(|t| t.points.is_empty() && dash(t.style) == Some(*wanted))
            };
            assert!(dashes.len() < 3 || dashes.iter().all(keyed), "a dash that the legend does not explain");
        }
    }
}

#[test]
fn two_cards_of_one_file_and_of_one_name_are_told_apart() {
    let mut file = file("Same", 100.0);
    let mut others = file.rows.clone();
    for row in &mut others {
        row.device = 1;
    }
    file.rows.extend(others);
    file.front_matter.device.push(file.front_matter.device[0].clone());
    let chart = one(&[&file], &by_gpu());
    let headings: Vec<_> = chart.chart.traces.iter().filter_map(|t| t.heading.as_deref()).collect();
    assert_eq!(headings, ["device 0", "device 1"]);
    assert_eq!(chart.chart.subtitle.as_deref(), Some("Same"));
}

#[test]
fn imported_numbers_are_called_so_wherever_they_are_drawn() {
    let (measured, other) = (file("One", 100.0), imported("Other", 120.0));
    let chart = one(&[&measured, &other], &by_gpu());
    assert!(listed(&chart).contains(&(Some("Other (imported)"), "h/a = 1")));
    let caption = chart.chart.caption.unwrap();
    assert_eq!(chart.chart.subtitle.as_deref(), Some("One and Other (imported)"));
    assert!(caption.starts_with("measured and imported: f16"), "{caption}");
    assert!(caption.contains("pacing burst and none, median time and slowest time,"), "{caption}");
    let plain = ChartOptions { subtitle: false, ..ChartOptions::default() };
    let alone = one(&[&other], &plain).chart.caption.unwrap();
    assert!(alone.starts_with("Other, imported: "), "{alone}");
    let ratio = one(&[&measured, &other], &of_slowest(true)).chart;
    assert_eq!(ratio.y.label, "Throughput, Other (imported) / One");
}

/// A ratio of the slowest times.
fn of_slowest(mixed_methods: bool) -> ChartOptions {
    ChartOptions { stat: Some(Stat::Max), mixed_methods, ..of_kind(ChartKind::Ratio) }
}

#[test]
fn a_ratio_is_of_what_a_comparison_compares_and_of_other_things_only_when_it_is_asked_for() {
    let (measured, mut other) = (file("One", 100.0), imported("Other", 120.0));
    other.front_matter.method.timer = "host".into();
    let both = [&measured, &other];
    assert_eq!(
        refused(&both, &of_kind(ChartKind::Ratio)),
        "chart = ratio: the median time stands for the points of One and the max for those of Other (imported); want stat"
    );
    let mixed = ChartOptions { mixed_methods: true, ..of_kind(ChartKind::Ratio) };
    assert!(refused(&both, &mixed).ends_with("want stat"), "of which time is not a question of the method");
    let says = refused(&both, &of_slowest(false));
    assert!(says.starts_with("One and Other (imported) were measured by different methods: "), "{says}");
    assert!(says.ends_with("; mixed-methods draws them all the same"), "{says}");
    let sources = [("One", &measured), ("Other", &other)]
        .map(|(name, results)| hovera_analysis::ComparedFile { name, results, device: None });
    let options = hovera_analysis::CompareOptions { stat: Some(Stat::Max), ..Default::default() };
    let compare = hovera_analysis::Comparison::of_sources(&sources, &[], &options).unwrap_err().to_string();
    let reasons = |says: &str| {
        says.split_once("different methods: ").unwrap().1.split_once("; mixed").map(|it| it.0.to_owned())
    };
    assert_eq!(reasons(&says), reasons(&compare.replace("--mixed", "mixed")), "one rule");

    let drawn = one(&both, &of_slowest(true));
    let differences = reasons(&says).unwrap();
    let caption = drawn.chart.caption.as_ref().unwrap();
    assert!(
        caption.contains("measured by different methods: ") && drawn.chart.desc.contains(&differences),
        "{caption}"
    );
    let said: Vec<String> = notes(&drawn).iter().map(ToString::to_string).collect();
    assert!(said.contains(&format!("measured by different methods: {differences}")), "{said:?}");
    let band = "without a band: rows have an interval of the median time, not of the max";
    assert!(said.iter().any(|note| note.ends_with(band)), "{said:?}");
}

#[test]
fn cards_share_a_chart_by_the_rule_of_a_comparison_and_others_only_when_it_is_asked_for() {
    let (measured, mut warmer) = (file("One", 100.0), file("Other", 120.0));
    warmer.front_matter.method.warmup = Some(50);
    // What only sharpens a time.
    warmer.front_matter.method.max_samples = Some(999);
    warmer.front_matter.method.preset = Some("other".into());
    let differences = "measured by different methods: warmup is 1 and 50";
    let says = "One and Other were measured by different methods: warmup is 1 and 50; mixed-methods draws them all \
                the same";
    for kind in [ChartKind::Throughput, ChartKind::Ratio] {
        let options = ChartOptions { kind, ..by_gpu() };
        assert_eq!(refused(&[&measured, &warmer], &options), says);
        let drawn = one(&[&measured, &warmer], &ChartOptions { mixed_methods: true, ..options });
        assert!(notes(&drawn).iter().any(|note| note.to_string() == differences), "{:?}", notes(&drawn));
        let (caption, desc) = (drawn.chart.caption.unwrap(), drawn.chart.desc);
        assert!(caption.ends_with(differences) && desc.contains(differences), "{caption}\n{desc}");
    }
    let alone = ChartOptions { mixed_methods: true, ..ChartOptions::default() };
    assert_eq!(
        refused(&[&measured], &alone),
        "chart = throughput: mixed-methods goes with chart = ratio or speedup, or overlay = gpu"
    );
}

#[test]
fn a_chart_says_how_much_of_its_sweep_there_is_where_that_is_not_all() {
    let name = "recorded/nvidia-h100-80gb-hbm3/attention-a12.csv";
    let path = format!("{}/../../sweeps/{name}", env!("CARGO_MANIFEST_DIR"));
    let whole = Results::parse(name, std::fs::read(path).unwrap()).unwrap();
    let unfinished = |results: &Results, kind| {
        let charts = hovera_plot::charts(results, &of_kind(kind)).unwrap();
        let said = charts[0].notes.iter().any(|note| matches!(note, Note::Unfinished { .. }));
        let captions = charts
            .iter()
            .filter(|it| it.chart.caption.as_ref().unwrap().contains("unfinished: 12 of the sweep's "));
        (said, captions.count() == charts.len())
    };
    let mut part = whole.clone();
    part.rows.truncate(12);
    for kind in [ChartKind::Throughput, ChartKind::Roofline] {
        assert_eq!(unfinished(&whole, kind), (false, false), "{kind}");
        assert_eq!(unfinished(&part, kind), (true, true), "{kind}");
    }
}

#[test]
fn cards_whose_conditions_differ_in_more_than_the_card_are_refused() {
    let measured = file("One", 100.0);
    let mut other = file("Other", 120.0);
    for row in &mut other.rows {
        row.point.dtype = Dtype::Bf16;
        row.point.pacing = Pacing::Sustained;
    }
    assert_eq!(
        refused(&[&measured, &other], &by_gpu()),
        "overlay = gpu: want the same conditions on each card; they differ in dtype (f16 against bf16), \
         pacing (burst against sustained)"
    );
    let mut other = file("Other", 120.0);
    other.front_matter.method.timer = "host".into();
    assert_eq!(
        refused(&[&measured, &other], &by_gpu()),
        "One and Other were measured by different methods: timer is event and host; mixed-methods draws them all the same"
    );
    assert_eq!(
        refused(&[&measured], &of_kind(ChartKind::Ratio)),
        "overlay = gpu: want results of several of them for one chart; there is One"
    );
}

#[test]
fn what_only_one_card_has_is_left_out_and_counted() {
    let (measured, mut other) = (file("One", 100.0), file("Other", 120.0));
    other.rows.push(row(Op::Values, 64));
    let chart = one(&[&measured, &other], &by_gpu());
    assert_eq!(notes(&chart), [Note::LeftOut { rows: 1 }]);
    assert_eq!(notes(&chart)[0].to_string(), "1 row in no chart: only one side has such conditions");
}

#[test]
fn a_ratio_is_of_the_others_over_the_first_with_a_95_percent_band() {
    let (base, mut other) = (file("One", 100.0), file("Other", 120.0));
    other.rows.remove(0);
    other.rows[0].timing.as_mut().unwrap().ci_us = None;
    let named = one(&[&base, &other], &of_kind(ChartKind::Ratio));
    assert_eq!(named.stem, "score-a12-ratio-by-gpu");
    assert_eq!(notes(&named), [Note::Unmatched { points: 1 }, Note::NoBand { points: 1 }]);
    let chart = named.chart;
    assert_eq!(chart.y.label, "Throughput, Other / One");
    assert_eq!(
        (chart.y.min, chart.y.max, chart.y.step, chart.y.spacing),
        (0.95, 1.25, 0.05, Spacing::Linear)
    );
    let [equal, eight, sixty_four] = &chart.traces[..] else { panic!("{:?}", chart.traces) };
    assert_eq!((equal.style, equal.points[1].place()), (Style::Guide(Dash::Solid), (1536.0, 1.0)));
    assert_eq!((eight.label.as_str(), &eight.intervals), ("h/a = 8", &Intervals::OfY(vec![None])));
    let Intervals::OfY(bands) = &sixty_four.intervals else { panic!("no band") };
    // exp(√2 · 0.01) is 1.0142.
    for (ratio, band) in sixty_four.points.iter().map(|point| point.y).zip(bands) {
        let (low, high) = band.unwrap();
        assert!((ratio - 1.2).abs() < 1e-9 && (high / 1.2 - 1.014_242).abs() < 1e-6, "{ratio} {high}");
        assert!((low * high - 1.44).abs() < 1e-9);
    }
    assert!(chart.desc.contains("Above 1 Other is better."), "{}", chart.desc);
    assert!(chart.caption.unwrap().contains("median time, 95 % band,"));
}

#[test]
fn each_of_several_products_of_one_flop_has_its_own_ratio() {
    // 40 pairs, the second of each with m and n the other way round.
    let pair = |i: u64| [(1 + i * 37 % 101, 103 + i * 53 % 97), (103 + i * 53 % 97, 1 + i * 37 % 101)];
    let file = |card: &str, [first, second]: [f64; 2]| {
        let product = |i: u64, (m, n), tflops| {
            sure(made_up::row_of(made_up::product(Op::Gemm, (1, m, n, 1 + i * 71 % 89))).build(), tflops)
        };
        let rows = (1..=40).flat_map(|i| {
            let [one, other] = pair(i);
            [product(i, one, first), product(i, other, second)]
        });
        Results { front_matter: front_matter(&[card]), ..results(rows.collect()) }
    };
    let (base, mut other) = (file("One", [100.0, 50.0]), file("Other", [150.0, 60.0]));
    // Whichever order they were measured in.
    other.rows.reverse();
    let over_flop = ChartOptions { x: Some(Dimension::Flop), ..of_kind(ChartKind::Ratio) };
    let named = one(&[&base, &other], &over_flop);
    let [_, ratios] = &named.chart.traces[..] else { panic!("{:?}", named.chart.traces) };
    let near = |value: f64| ratios.points.iter().filter(|point| (point.y / value - 1.0).abs() < 1e-9).count();
    assert_eq!((ratios.points.len(), near(1.5), near(1.2)), (80, 40, 40));
    assert_eq!(notes(&named), []);
    // No line joins products that have nothing in common but their FLOP.
    assert!(matches!(ratios.style, Style::Dots(_)), "{:?}", ratios.style);
}

#[test]
fn a_ratio_at_a_clock_is_not_off_because_noise_says_that_two_things_bound_it() {
    // 10 % faster in time and 16 % in cycles: the one at 1500 MHz, said to follow the clock, the other at 1425.
    let mut rows = vec![at(row(Op::Values, 64), 200.0), at(row(Op::Values, 64), 220.0)];
    rows[1].point.engine = Engine::Tuned;
    for (row, mhz, bound) in [(0, 1500.0, Bound::Compute), (1, 1425.0, Bound::Memory)] {
        let row = &mut rows[row];
        row.bound = Some(bound);
        row.timing = row.timing.map(|t| Timing { cycles_median: t.median_us.map(|us| us * mhz), ..t });
    }
    let options = ChartOptions {
        overlay: Some(Overlay::Engine),
        metric: Metric::TflopsAtClock,
        at_clock: NonZeroU32::new(1830),
        ..of_kind(ChartKind::Ratio)
    };
    let chart = one(&[&results(rows)], &options);
    let ratio = chart.chart.traces[1].points[0].y;
    // Between the two, where the first alone at 1830 MHz would make it 0.90.
    assert!((ratio - 1.1 * (1500.0f64 / 1425.0).sqrt()).abs() < 1e-9, "{ratio}");
}

#[test]
fn tuned_over_the_default_is_a_ratio_within_one_file() {
    let mut rows = vec![at(row(Op::Values, 64), 200.0), at(row(Op::Values, 64), 250.0), row(Op::Score, 64)];
    rows[1].point.engine = Engine::Tuned;
    let options = ChartOptions { overlay: Some(Overlay::Engine), ..of_kind(ChartKind::Ratio) };
    let chart = one(&[&results(rows)], &options);
    assert_eq!(chart.stem, "values-a12-ratio-by-engine");
    assert_eq!(chart.chart.y.label, "Throughput, tuned / cublas");
    assert!((chart.chart.traces[1].points[0].y - 1.25).abs() < 1e-9);
    // No row has an interval.
    assert_eq!(notes(&chart), [Note::NoBand { points: 1 }, Note::LeftOut { rows: 1 }]);
}

#[test]
fn the_fastest_times_have_ratios_without_a_band() {
    let (base, other) = (file("One", 100.0), file("Other", 120.0));
    let options = ChartOptions { stat: Some(Stat::Min), ..of_kind(ChartKind::Ratio) };
    assert_eq!(notes(&one(&[&base, &other], &options)), [Note::NoBandOf { points: 4, stat: Stat::Min }]);
}

fn shaped(heads: u64, seq: u64, head_dim: u64, tflops: f64) -> Row {
    let point = made_up::point_of_layer(Op::Score, made_up::layer((heads, 4, seq, head_dim)));
    made_up::row_of(point).spread(2.0).tflops(tflops).build()
}

#[test]
fn a_sweep_of_heads_and_head_dims_is_a_heat_map() {
    let grid = [8, 16, 32].map(|a| [64, 80].map(|d| shaped(a, 2048, d, (a + d) as f64)));
    let mut rows: Vec<_> = grid.into_iter().flatten().collect();
    (rows[0].status, rows[0].timing) = (Status::Failed, None);
    rows.reverse();
    let named = one(&[&results(rows)], &of_kind(ChartKind::HeatMap));
    assert_eq!(named.stem, "score-heads-by-head-dim");
    assert_eq!(named.notes, [Note::NotDrawn { failed: 1, skipped: 0 }]);
    let chart = named.chart;
    assert_eq!(chart.title, "Attention Key Query Score, b=4, s=2048");
    let names = |spacing: &Spacing| match spacing {
        Spacing::Named(names) => names.join(" "),
        other => panic!("{other:?}"),
    };
    assert_eq!((names(&chart.x.spacing), names(&chart.y.spacing)), ("64 80".into(), "8 16 32".into()));
    let cells = chart.cells.as_ref().unwrap();
    let rounded: Vec<Vec<_>> =
        cells.rows.iter().map(|row| row.iter().map(|value| value.map(f64::round)).collect()).collect();
    assert_eq!(
        rounded,
        [[None, Some(88.0)], [Some(80.0), Some(96.0)], [Some(96.0), Some(112.0)]].map(|r| r.to_vec())
    );
    assert_eq!((cells.colour.label.as_str(), cells.colour.max), ("Throughput (TFLOP/s)", 120.0));
    assert!(
        chart.desc.contains("From 80.0 TFLOP/s at heads 16 and head dim 64 to 112 TFLOP/s"),
        "{}",
        chart.desc
    );
}

#[test]
fn a_sweep_that_makes_no_grid_is_refused_with_what_varies() {
    let heat = of_kind(ChartKind::HeatMap);
    let refused = |rows: Vec<Row>| refused(&[&results(rows)], &heat);
    let want = "; want several head dims, and one of heads, batch, seq and seq_key that varies, or x and by for other sizes";
    for (rows, reason) in [
        (
            vec![shaped(8, 128, 64, 1.0), shaped(8, 128, 80, 1.0)],
            "none of heads, batch, seq and seq_key varies",
        ),
        (vec![shaped(8, 128, 64, 1.0), shaped(16, 128, 64, 1.0)], "heads varies, and the head dim does not"),
        (vec![shaped(8, 128, 64, 1.0), shaped(16, 256, 80, 1.0)], "heads and seq vary"),
        (
            (1..=129).map(|d| shaped(8 + d % 2, 128, d, 1.0)).collect(),
            "129 rows or columns are more than 128",
        ),
    ] {
        assert_eq!(refused(rows), format!("chart = heatmap: {reason}{want}"));
    }
    let mut failed = [8, 16].map(|a| shaped(a, 128, 8 * a, 1.0)).to_vec();
    for row in &mut failed {
        (row.status, row.timing) = (Status::Failed, None);
    }
    assert_eq!(refused(failed), "chart = heatmap: no row has the metric");
}

#[test]
fn a_roofline_has_every_point_under_the_datasheets_ceilings() {
    let mut file = file("NVIDIA H100 80GB HBM3", 100.0);
    file.rows.push(row(Op::Values, 64));
    let chart = one(&[&file], &of_kind(ChartKind::Roofline));
    assert_eq!(chart.stem, "roofline");
    let traces = &chart.chart.traces;
    let labels: Vec<_> = traces.iter().map(|t| (t.heading.as_deref(), t.label.as_str())).collect();
    assert_eq!(
        labels,
        [
            (Some("datasheet"), "f16 peak: 989 TFLOP/s"),
            (None, "memory: 3350 GB/s"),
            (None, "ridge: 295 FLOP/B"),
            (Some("measured"), "h/a = 1"),
            (None, "h/a = 8"),
            (None, "h/a = 64"),
            (None, "h/a = 64"),
            (Some("op"), "score"),
            (None, "values"),
        ]
    );
    // The two ceilings meet at the ridge.
    assert_eq!(traces[0].points[0], traces[1].points[1]);
    let (ridge, peak) = traces[0].points[0].place();
    assert!((ridge - 295.22).abs() < 0.01 && peak == 989.0 && traces[2].points[1].place() == (ridge, peak));
    assert!(traces[..3].iter().all(|t| matches!(t.style, Style::Guide(dash) if dash != Dash::Solid)));
    assert!(traces[3..].iter().all(|t| matches!(t.style, Style::Dots(_))));
    assert_eq!(traces[3..].iter().map(|t| t.points.len()).sum::<usize>(), 5);
    // d = 64: s·d/(2d + s) FLOP per byte in 16 bits.
    assert!((traces[5].points[0].x - 2048.0 * 64.0 / (128.0 + 2048.0)).abs() < 1e-9);
    assert!(chart.chart.caption.unwrap().ends_with("; lines: datasheet of the H100 SXM5, peak at 1830 MHz"));
}

#[test]
fn with_markers_each_op_has_a_roofline_so_that_shapes_tell_the_series() {
    let mut file = file("NVIDIA H100 80GB HBM3", 100.0);
    file.rows.push(row(Op::Values, 64));
    let options = ChartOptions { markers: Markers::Many, ..of_kind(ChartKind::Roofline) };
    let charts = across(&[&file], &options).unwrap();
    let names: Vec<_> = charts.iter().map(|c| (c.stem.as_str(), c.chart.title.as_str())).collect();
    assert_eq!(
        names,
        [
            ("roofline-score", "Roofline of the H100 SXM5, f16, score"),
            ("roofline-values", "Roofline of the H100 SXM5, f16, values"),
        ]
    );
    let styles: Vec<_> = charts[0].chart.traces[3..].iter().map(|t| t.style).collect();
    assert!(styles.iter().enumerate().all(|(i, style)| !styles[..i].contains(style)), "{styles:?}");
}

#[test]
fn two_points_of_one_cell_are_refused() {
    let mut rows = vec![shaped(8, 128, 64, 1.0), shaped(8, 128, 80, 1.0), shaped(16, 128, 64, 1.0)];
    let (heads, batch, seq) = (Heads::new(8).unwrap(), Batch::new(4).unwrap(), Seq::new(128).unwrap());
    let floored = AttentionShape::from_hidden_floored(heads, batch, seq, Hidden::new(513).unwrap()).unwrap();
    rows.push(rows[0].clone());
    rows[3].point.model = floored.into();
    let said = refused(&[&results(rows)], &of_kind(ChartKind::HeatMap));
    assert!(said.starts_with("chart = heatmap: several points have heads 8 and head dim 64;"), "{said}");
}

#[test]
fn a_card_without_a_datasheet_has_no_roofline() {
    let roofline = of_kind(ChartKind::Roofline);
    assert_eq!(
        refused(&[&file("Made-Up 100", 100.0)], &roofline),
        "chart = roofline: there is no datasheet of \"Made-Up 100\""
    );
    let mut bf16 = file("Tesla V100-SXM2-32GB", 100.0);
    for row in &mut bf16.rows {
        row.point.dtype = Dtype::Bf16;
    }
    assert_eq!(
        refused(&[&bf16], &roofline),
        "chart = roofline: the datasheet of the V100 SXM2 has no peak for bf16"
    );
}

#[test]
fn options_that_say_nothing_of_a_kind_are_refused() {
    let file = file("NVIDIA H100 80GB HBM3", 100.0);
    let ratio = of_kind(ChartKind::Ratio);
    for (options, says) in [
        (ChartOptions { y_max: AxisMax::fixed(250.0).unwrap(), ..ratio }, "chart = ratio: y-max goes with"),
        (
            ChartOptions { x_max: AxisMax::fixed(250.0).unwrap(), ..of_kind(ChartKind::Roofline) },
            "chart = roofline: x-max goes with",
        ),
        (ChartOptions { kind: ChartKind::HeatMap, ..by_gpu() }, "chart = heatmap: overlay goes with"),
        (
            ChartOptions { markers: Markers::Many, ..of_kind(ChartKind::HeatMap) },
            "chart = heatmap: markers goes with",
        ),
        (
            ChartOptions { metric: Metric::PercentOfPeak, ..of_kind(ChartKind::Roofline) },
            "chart = roofline: y goes with tflops or tflops-at-clock",
        ),
    ] {
        let said = refused(&[&file], &options);
        assert!(said.starts_with(says), "{said}");
    }
}

#[test]
fn a_card_whose_name_is_markup_stays_text_in_the_legend_and_on_the_axis() {
    let evil = "</text><script>alert(1)</script>";
    let files = [file(evil, 100.0), file("Other", 120.0)];
    for options in [by_gpu(), of_kind(ChartKind::Ratio)] {
        let chart = across(&files.each_ref(), &options).unwrap().remove(0).chart;
        let figure = Figure::draw(&chart).unwrap();
        assert!(!figure.svg().contains("<script") && figure.svg().contains("&lt;script&gt;"));
    }
}
