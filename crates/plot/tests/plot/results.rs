//! Results to charts. The numbers are made up.

use hovera_analysis::Metric;
use hovera_core::{
    Device, Dtype, Engine, FrontMatter, Layout, Mask, MethodSpec, Op, Pacing, Pass, Point, Results, Row,
    Software, Stat, Status, Timing, made_up,
};
use hovera_plot::{
    AxisMax, ChartError, ChartOptions, Dash, Density, Figure, Marker, Markers, NamedChart, Note, Overlay,
    Style,
};
use std::num::NonZeroU32;

pub(crate) fn front_matter(devices: &[&str]) -> FrontMatter {
    let card = |name: &&str| Device { power_limit_w: Some(400.0), ..made_up::gpu(name) };
    let devices = devices.iter().map(card).collect();
    made_up::front_matter(&MethodSpec::default(), Software::default(), devices)
}

/// A row at 100 TFLOP/s (200 at its fastest, 50 at its slowest).
pub(crate) fn row(op: Op, head_dim: u64) -> Row {
    made_up::row(op, head_dim).spread(2.0).build()
}

pub(crate) fn at(row: Row, tflops: f64) -> Row {
    let timing = made_up::row_of(row.point).spread(2.0).tflops(tflops).build().timing;
    Row { timing, ..row }
}

pub(crate) fn results(rows: Vec<Row>) -> Results {
    Results { front_matter: front_matter(&["Made-Up 100"]), rows, sessions: vec![] }
}

fn charts(results: &Results, options: &ChartOptions) -> Vec<NamedChart> {
    hovera_plot::charts(results, options).unwrap()
}

/// What a chart says but that a made-up sweep of small hidden sizes has an axis that fits.
pub(crate) fn notes(chart: &NamedChart) -> Vec<Note> {
    let is_other = |note: &&Note| !matches!(note, Note::XAxisFitted { .. });
    chart.notes.iter().filter(is_other).cloned().collect()
}

fn stems(results: &Results) -> Vec<String> {
    charts(results, &ChartOptions::default()).into_iter().map(|c| c.stem).collect()
}

#[test]
fn a_sweep_makes_the_two_published_charts() {
    let rows = [Op::Values, Op::Score].into_iter().flat_map(|op| (1..=2730).map(move |d| row(op, d)));
    let charts = charts(&results(rows.collect()), &ChartOptions::default());
    assert_eq!(charts.iter().map(|c| c.stem.as_str()).collect::<Vec<_>>(), ["score-a12", "values-a12"]);
    let chart = &charts[0].chart;
    assert_eq!(chart.title, "Attention Key Query Score, a=12");
    assert_eq!(charts[1].chart.title, "Attention over Values, a=12");
    let legend: Vec<_> = chart.traces.iter().map(|t| t.label.as_str()).collect();
    assert_eq!(legend, ["h/a = 1", "h/a = 2", "h/a = 4", "h/a = 8", "h/a = 16", "h/a = 32", "h/a = 64"]);
    let counts: Vec<_> = chart.traces.iter().map(|t| t.points.len()).collect();
    assert_eq!(counts, [1365, 683, 341, 171, 85, 43, 42]);
    let marked = |i: usize| Style::LineAndPoints(Dash::Solid, Marker::ALL[i], Density::Few);
    assert!(chart.traces.iter().enumerate().all(|(i, t)| t.style == marked(i)));
    assert_eq!(chart.traces[1].points.last().unwrap().x, 32_760.0);
    assert!((chart.traces[1].points[7].y - 100.0).abs() < 1e-9);
    assert_eq!((chart.x.max, chart.y.max), (32_768.0, 250.0));
    assert_eq!(charts[0].notes, []);
    Figure::draw(chart).unwrap();
}

#[test]
fn fused_attention_has_a_chart_of_each_mask_and_pass_in_the_colours_of_the_published_ones() {
    let fused = |d: u64, mask, pass| {
        let score = made_up::point(Op::Score, d);
        let point =
            Point { op: Op::Attention, engine: Engine::Cudnn, layout: Layout::Nt, mask, pass, ..score };
        made_up::row_of(point).build()
    };
    let widths = || (1..=32).map(|i| 8 * i);
    let [none, causal] = [Mask::None, Mask::Causal];
    let rows = [(none, Pass::Forward), (causal, Pass::Forward), (causal, Pass::Backward)]
        .into_iter()
        .flat_map(|(mask, pass)| widths().map(move |d| fused(d, mask, pass)));
    let charts = charts(&results(rows.collect()), &ChartOptions::default());
    let stems: Vec<_> = charts.iter().map(|chart| chart.stem.as_str()).collect();
    assert_eq!(
        stems,
        ["attention-a12-forward-none", "attention-a12-forward-causal", "attention-a12-backward-causal"]
    );
    let published =
        self::charts(&results(vec![row(Op::Score, 8), row(Op::Score, 64)]), &ChartOptions::default());
    let colour = |charts: &[NamedChart], label: &str| {
        let traces = charts[0].chart.traces.iter();
        traces.filter(|trace| trace.label == label).map(|trace| trace.colour).next().unwrap()
    };
    for label in ["h/a = 8", "h/a = 64"] {
        assert_eq!(colour(&charts, label), colour(&published, label), "{label}");
    }
    for chart in &charts {
        assert_eq!(chart.chart.title, "Attention, fused, a=12");
        // Multiples of 8 have four series.
        let legend: Vec<_> = chart.chart.traces.iter().map(|trace| trace.label.as_str()).collect();
        assert_eq!(legend, ["h/a = 8", "h/a = 16", "h/a = 32", "h/a = 64"]);
        Figure::draw(&chart.chart).unwrap();
    }
    let caption = charts[2].chart.caption.clone().unwrap();
    assert!(caption.contains("causal, backward") && caption.contains("engine cudnn"), "{caption}");
}

#[test]
fn lines_run_by_hidden_size_whatever_the_order_of_the_rows() {
    let charts = charts(&results([5, 1, 3].map(|d| row(Op::Score, d)).to_vec()), &ChartOptions::default());
    let hidden: Vec<_> = charts[0].chart.traces[0].points.iter().map(|p| p.x).collect();
    assert_eq!(hidden, [12.0, 36.0, 60.0]);
}

#[test]
fn what_varies_makes_charts_of_its_own_and_is_in_their_names() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Score, 64), row(Op::Score, 64)];
    rows[1].point.dtype = Dtype::Bf16;
    rows[2].point.dtype = Dtype::Bf16;
    rows[2].point.layout = Layout::Nt;
    assert_eq!(stems(&results(rows)), ["score-a12-f16-nn", "score-a12-bf16-nn", "score-a12-bf16-nt"]);

    let mut rows = vec![row(Op::Score, 64), row(Op::Values, 64), row(Op::Values, 64)];
    rows[2].device = 1;
    let two_cards = Results { front_matter: front_matter(&["One", "Other"]), rows, sessions: vec![] };
    assert_eq!(stems(&two_cards), ["score-a12-device0", "values-a12-device0", "values-a12-device1"]);
    assert!(charts(&two_cards, &ChartOptions::default())[2].chart.desc.contains("Other"));
}

#[test]
fn the_caption_says_what_was_measured_on_what() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Score, 128)];
    rows[0].telemetry.sm_clock_mhz = Some(1410.2);
    rows[1].telemetry.sm_clock_mhz = Some(1755.0);
    let results = results(rows);
    let options = ChartOptions::default();
    assert_eq!(
        charts(&results, &options)[0].chart.caption.as_deref(),
        Some(
            "measured: f16, b=4, s=2048, layout nn, engine cublas, pacing burst, median time, power limit 400 W, \
             SM clock 1410–1755 MHz"
        )
    );
    assert_eq!(charts(&results, &options)[0].chart.subtitle.as_deref(), Some("Made-Up 100"));
    let bare = charts(&results, &ChartOptions { subtitle: false, ..options }).remove(0).chart;
    assert_eq!(bare.subtitle, None);
    assert!(bare.caption.unwrap().starts_with("Made-Up 100, measured: f16, b=4"));
    assert_eq!(charts(&results, &ChartOptions { caption: false, ..options })[0].chart.caption, None);
}

#[test]
fn the_description_has_the_last_value_of_each_series() {
    let rows = vec![row(Op::Score, 64), at(row(Op::Score, 128), 231.94), row(Op::Score, 1)];
    let chart = &charts(&results(rows), &ChartOptions::default())[0].chart;
    let want =
        "At the largest hidden size of each: h/a = 1: 100 TFLOP/s at 12; h/a = 64: 232 TFLOP/s at 1536.";
    assert!(chart.desc.contains(want), "{}", chart.desc);
}

#[test]
fn the_statistic_can_be_chosen() {
    let results = results(vec![row(Op::Score, 64)]);
    for (stat, tflops, word) in
        [(Stat::Median, 100.0, "median"), (Stat::Min, 200.0, "fastest"), (Stat::Max, 50.0, "slowest")]
    {
        let options = ChartOptions { stat: Some(stat), ..ChartOptions::default() };
        let chart = charts(&results, &options).remove(0).chart;
        assert!((chart.traces[0].points[0].y - tflops).abs() < 1e-9, "{stat}");
        assert!(chart.caption.unwrap().contains(word));
    }
}

#[test]
fn a_file_is_drawn_by_its_own_time_and_one_that_it_lacks_is_refused() {
    let mut slowest = results(vec![row(Op::Score, 64)]);
    slowest.front_matter.method.stat = Stat::Max;
    let chart = charts(&slowest, &ChartOptions::default()).remove(0).chart;
    assert!((chart.traces[0].points[0].y - 50.0).abs() < 1e-9);
    assert!(chart.caption.unwrap().contains("slowest time"));

    let time_us = slowest.rows[0].timing.unwrap().max_us.unwrap();
    slowest.rows[0].timing = Some(Timing::only(Stat::Max, time_us, None));
    assert_eq!(charts(&slowest, &ChartOptions::default()).len(), 1);
    let refused = |options| hovera_plot::charts(&slowest, &options).unwrap_err().to_string();
    assert_eq!(
        refused(ChartOptions { stat: Some(Stat::Min), ..ChartOptions::default() }),
        "stat = min: no row has a time_min_us; want stat = max, which the file has"
    );
    let rows = vec![slowest.rows[0].clone(), row(Op::Score, 128)];
    let mixed = Results { rows, ..slowest.clone() };
    let chart =
        charts(&mixed, &ChartOptions { stat: Some(Stat::Median), ..ChartOptions::default() }).remove(0);
    assert_eq!(chart.chart.traces[0].points.len(), 1);
    assert!(chart.notes.iter().any(|n| n.to_string() == "1 point not drawn: time_median_us is empty"));
}

#[test]
fn ranks_have_charts_of_their_own_over_hidden_size_and_other_products_come_after() {
    let share = |ranks| {
        [64, 128].map(|head_dim| {
            let mut row = row(Op::Score, head_dim);
            row.point.gemm = row.point.layer().unwrap().share(Op::Score, ranks).unwrap();
            at(row, 100.0)
        })
    };
    let plain = |m| made_up::row_of(made_up::product(Op::Bmm, (7, m, 64, 64))).build();
    let all = results([share(4).to_vec(), share(1).to_vec(), vec![plain(64), plain(128)]].concat());
    assert_eq!(stems(&all), ["score-a12-tp1", "score-a12-tp4", "bmm-over-m"]);
    assert_eq!(stems(&results(share(2).to_vec())), ["score-a12-tp2"]);
    let captions: Vec<_> =
        charts(&all, &ChartOptions::default()).into_iter().map(|c| c.chart.caption.unwrap()).collect();
    assert!(captions[1].contains(", one of 4 tensor-parallel ranks (tp=4), "), "{}", captions[1]);
    assert!(!captions[0].contains("rank"), "{}", captions[0]);
    // One hidden size on several ranks is seen over the ranks.
    assert_eq!(
        stems(&results(vec![share(1)[0].clone(), share(4)[0].clone()])),
        ["score-over-tensor_parallel"]
    );
}

#[test]
fn a_file_without_rows_has_no_charts() {
    assert_eq!(hovera_plot::charts(&results(vec![]), &ChartOptions::default()), Ok(vec![]));
}

#[test]
fn what_is_not_drawn_is_counted_and_the_line_joins_the_neighbours() {
    let mut rows: Vec<_> = [1, 3, 5, 7].map(|d| row(Op::Score, d)).to_vec();
    (rows[1].status, rows[1].timing) = (Status::Failed, None);
    (rows[2].status, rows[2].timing) = (Status::Skipped, None);
    rows[3].status = Status::Noisy;
    let chart = charts(&results(rows), &ChartOptions::default()).remove(0);
    assert_eq!(chart.chart.traces.len(), 1);
    assert_eq!(chart.chart.traces[0].points.len(), 2);
    assert_eq!(notes(&chart), [Note::NotDrawn { failed: 1, skipped: 1 }, Note::Noisy { points: 1 }]);
    let noisy: Vec<_> = chart.chart.traces[0].points.iter().map(|point| (point.x, point.noisy)).collect();
    assert_eq!(noisy, [(12.0, false), (84.0, true)]);
    let lines: Vec<_> = notes(&chart).iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["2 points not drawn: 1 failed, 1 skipped", "1 noisy point drawn"]);
}

#[test]
fn a_point_with_two_speeds_has_both_in_the_chart_and_it_is_said() {
    let two = made_up::row(Op::Score, 64).tflops(100.0).second_speed(0.4, 0.25).build();
    let file = results(vec![two, row(Op::Score, 128)]);
    let chart = charts(&file, &ChartOptions::default()).remove(0);
    let second: Vec<_> = chart.chart.traces[0].points.iter().map(|point| point.second).collect();
    assert!(second[1].is_none() && (second[0].unwrap() - 250.0).abs() < 1e-9, "{second:?}");
    assert_eq!(notes(&chart), [Note::TwoSpeeds { points: 1 }]);
    let said = "1 point has two speeds and is drawn at the one that most launches had";
    assert_eq!(notes(&chart)[0].to_string(), said);
    assert!(chart.chart.desc.contains(" 1 point has another speed as well. "), "{}", chart.chart.desc);
    // The axis holds both.
    assert_eq!(chart.chart.y.max, 250.0);
    let faster = made_up::row(Op::Score, 64).tflops(100.0).second_speed(0.2, 0.25).build();
    assert_eq!(charts(&results(vec![faster]), &ChartOptions::default())[0].chart.y.max, 500.0);
    // Of another time, and of cycles, the other speed is not known.
    for options in [
        ChartOptions { stat: Some(Stat::Min), ..ChartOptions::default() },
        ChartOptions { metric: Metric::FlopPerCycle, ..ChartOptions::default() },
    ] {
        let two = made_up::row(Op::Score, 64).clock_mhz(1500.0).second_speed(0.4, 0.25).build();
        let file = Results { front_matter: front_matter(&["NVIDIA H100 80GB HBM3"]), ..results(vec![two]) };
        assert_eq!(charts(&file, &options)[0].chart.traces[0].points[0].second, None);
    }
}

#[test]
fn a_faster_gpu_grows_the_axis_unless_it_is_fixed() {
    let results = results(vec![at(row(Op::Score, 64), 750.0), row(Op::Score, 128)]);
    let options = ChartOptions::default();
    let grown = charts(&results, &options).remove(0);
    assert_eq!((grown.chart.y.max, grown.chart.y.step), (800.0, 100.0));
    assert_eq!(notes(&grown), [Note::YAxisGrown { max: 800.0, step: 100.0 }]);
    let fixed =
        charts(&results, &ChartOptions { y_max: AxisMax::fixed(250.0).unwrap(), ..options }).remove(0);
    assert_eq!((fixed.chart.y.max, fixed.chart.y.step), (250.0, 50.0));
    assert_eq!(notes(&fixed), [Note::Cut { points: 1, y_max: 250.0, unit: "TFLOP/s" }]);
}

#[test]
fn a_cpu_cannot_pass_for_a_gpu() {
    let mut rows = vec![at(row(Op::Values, 64), 0.0271)];
    rows[0].point.engine = Engine::Cpu;
    let mut results = results(rows);
    results.front_matter.device = vec![Device {
        name: "Made-Up Xeon".into(),
        backend: "cpu".into(),
        threads: Some(2),
        ..Device::default()
    }];
    let chart = charts(&results, &ChartOptions::default()).remove(0);
    assert_eq!(chart.chart.title, "Attention over Values, a=12 (CPU)");
    let caption = chart.chart.caption.as_ref().unwrap();
    assert!(caption.starts_with("measured") && caption.ends_with("2 threads"), "{caption}");
    assert_eq!((chart.chart.y.max, chart.chart.y.step), (0.03, 0.005));
    assert_eq!(notes(&chart), [Note::YAxisFitted { max: 0.03, step: 0.005 }]);
}

#[test]
fn a_device_name_of_500_characters_leaves_room_for_the_facts() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Score, 128)];
    rows[0].telemetry.sm_clock_mhz = Some(1410.0);
    rows[1].telemetry.sm_clock_mhz = Some(1755.0);
    let mut results = results(rows);
    results.front_matter.device[0].name = "</text><script>".repeat(34);
    let chart = charts(&results, &ChartOptions::default()).remove(0).chart;
    let caption = chart.caption.clone().unwrap();
    assert!(caption.starts_with("measured: f16") && caption.len() < 250, "{caption}");
    assert!(chart.subtitle.as_ref().is_some_and(|card| card.ends_with('…') && card.len() < 100));
    let figure = Figure::draw(&chart).unwrap();
    let drawn = figure.svg().lines().rfind(|line| line.contains("measured: f16")).unwrap();
    assert!(
        drawn.ends_with("power limit 400 W, SM clock 1410–1755 MHz</text>") && !drawn.contains("<script>"),
        "{drawn}"
    );
}

#[test]
fn markers_tell_the_series_apart() {
    let rows = [1, 2, 4, 8, 16, 32, 64].map(|d| row(Op::Score, d)).to_vec();
    let options = ChartOptions { markers: Markers::Many, ..ChartOptions::default() };
    let traces = charts(&results(rows), &options).remove(0).chart.traces;
    for (i, trace) in traces.iter().enumerate() {
        assert!(matches!(trace.style, Style::LineAndPoints(..)));
        assert!(traces[..i].iter().all(|other| other.style != trace.style));
    }
}

/// A compute-bound row of an H100: so many TFLOP/s at this true clock.
fn at_clock(head_dim: u64, tflops: f64, mhz: f64) -> Row {
    let mut row = at(row(Op::Score, head_dim), tflops);
    let timing = row.timing.as_mut().unwrap();
    timing.cycles_median = timing.median_us.map(|time_us| time_us * mhz);
    row.telemetry.sm_clock_mhz = Some(mhz);
    row
}

fn h100(rows: Vec<Row>) -> Results {
    let mut results = results(rows);
    results.front_matter.device[0].name = "NVIDIA H100 80GB HBM3".into();
    results
}

fn by(metric: Metric) -> ChartOptions {
    ChartOptions { metric, ..ChartOptions::default() }
}

#[test]
fn throughput_at_a_clock_names_the_clock_on_the_axis_and_leaves_memory_bound_points_alone() {
    // Head dim 8 is bound by memory, 1024 is not.
    let results = h100(vec![at_clock(1024, 600.0, 1464.0), at_clock(8, 16.0, 1980.0)]);
    let rated = charts(&results, &by(Metric::TflopsAtClock)).remove(0);
    assert_eq!(rated.stem, "score-a12-tflops-at-clock");
    assert_eq!(rated.chart.title, "Attention Key Query Score, a=12");
    assert_eq!(rated.chart.y.label, "Throughput at 1830 MHz (TFLOP/s)");
    let last =
        |chart: &NamedChart| chart.chart.traces.iter().map(|t| t.points[0].y.round()).collect::<Vec<_>>();
    assert_eq!(last(&rated), [16.0, 750.0]);
    assert_eq!(
        notes(&rated),
        [Note::YAxisGrown { max: 800.0, step: 100.0 }, Note::AsItHappened { points: 1 }]
    );
    let caption = rated.chart.caption.as_ref().unwrap();
    assert!(caption.contains("median cycles at 1830 MHz, time if memory-bound"), "{caption}");

    let slow = ChartOptions { at_clock: NonZeroU32::new(732), ..by(Metric::TflopsAtClock) };
    let slow = charts(&results, &slow).remove(0);
    assert_eq!(slow.chart.y.label, "Throughput at 732 MHz (TFLOP/s)");
    assert_eq!(last(&slow), [16.0, 300.0]);
}

#[test]
fn percent_of_peak_runs_from_0_to_100_by_20() {
    // 989 TFLOP/s at 1830 MHz are 494.5 at 915.
    let chart =
        charts(&h100(vec![at_clock(1024, 247.25, 915.0)]), &by(Metric::PercentOfPeak)).remove(0).chart;
    assert!((chart.traces[0].points[0].y - 50.0).abs() < 1e-9);
    assert_eq!((chart.y.max, chart.y.step), (100.0, 20.0));
    assert_eq!(chart.y.label, "Share of Peak at the True Clock (%)");
    assert!(chart.desc.contains("h/a = 64: 50.0 % at 12288"), "{}", chart.desc);
}

#[test]
fn other_metrics_have_round_axes_of_their_own() {
    let mut rows = vec![at_clock(1024, 600.0, 1464.0)];
    rows[0].telemetry.energy_j = Some(0.5);
    let mut results = h100(rows);
    results.front_matter.device[0].sm_count = Some(132);
    // 600e12 / 1464e6 / 132 = 3104.8.
    let chart = charts(&results, &by(Metric::FlopPerCycle)).remove(0);
    assert_eq!((chart.chart.y.max, chart.chart.y.step), (3500.0, 500.0));
    assert_eq!(chart.chart.y.label, "FLOP per Cycle and SM");
    assert_eq!(notes(&chart), []);
    // 412.3 GFLOP in 0.5 J.
    let chart = charts(&results, &by(Metric::GflopsPerWatt)).remove(0).chart;
    assert_eq!((chart.y.max, chart.y.step), (1000.0, 200.0));
    assert!((chart.traces[0].points[0].y - 824.633_720_832).abs() < 1e-6);
}

#[test]
fn points_that_lack_what_a_metric_needs_are_counted() {
    let results = h100(vec![at_clock(1024, 600.0, 1464.0), at(row(Op::Score, 1088), 500.0)]);
    let chart = charts(&results, &by(Metric::PercentOfPeak)).remove(0);
    assert_eq!(chart.chart.traces[0].points.len(), 1);
    assert_eq!(
        notes(&chart)[0].to_string(),
        "1 point not drawn: the true SM clock was not measured (cycles_median is empty)"
    );
}

#[test]
fn a_metric_that_no_row_has_is_refused_with_what_is_missing() {
    let refused = |results: &Results, options: &ChartOptions| {
        hovera_plot::charts(results, options).unwrap_err().to_string()
    };
    let results = h100(vec![row(Op::Score, 1024)]);
    assert_eq!(
        refused(&results, &by(Metric::FlopPerCycle)),
        "y = flop-per-cycle: no row has what it needs: the true SM clock was not measured (cycles_median is \
         empty)"
    );
    assert_eq!(
        refused(&results, &by(Metric::GflopsPerWatt)),
        "y = gflops-per-watt: no row has what it needs: no energy was measured (energy_j is empty)"
    );
    let fastest = ChartOptions { stat: Some(Stat::Min), ..by(Metric::PercentOfPeak) };
    assert_eq!(
        hovera_plot::charts(&results, &fastest),
        Err(ChartError::Stat { metric: Metric::PercentOfPeak, stat: Stat::Min })
    );
}

#[test]
fn engines_overlaid_keep_their_colours_and_differ_in_style() {
    let mut rows = vec![at(row(Op::Score, 64), 200.0), at(row(Op::Score, 8), 100.0)];
    rows.extend(rows.clone());
    rows[2] = at(rows[2].clone(), 240.0);
    rows[2].point.engine = Engine::Tuned;
    rows[3].point.engine = Engine::Tuned;
    let results = results(rows);
    let options =
        ChartOptions { overlay: Some(Overlay::Engine), markers: Markers::None, ..ChartOptions::default() };
    let mut overlaid = charts(&results, &options);
    assert_eq!(overlaid.len(), 1);
    let NamedChart { stem, chart, .. } = overlaid.remove(0);
    assert_eq!(stem, "score-a12-by-engine");
    let traces: Vec<_> = chart
        .traces
        .iter()
        .map(|t| (t.heading.as_deref(), t.label.as_str(), t.listed, t.style, t.points.len()))
        .collect();
    let (solid, dashed) = (Style::Line(Dash::Solid), Style::Line(Dash::Dashed));
    assert_eq!(
        traces,
        [
            (None, "h/a = 8", true, solid, 1),
            (None, "h/a = 64", true, solid, 1),
            (None, "h/a = 8", false, dashed, 1),
            (None, "h/a = 64", false, dashed, 1),
            (Some("engine"), "cublas", true, solid, 0),
            (None, "tuned", true, dashed, 0),
        ]
    );
    assert_eq!(chart.traces[0].colour, chart.traces[2].colour);
    assert!(chart.caption.as_ref().unwrap().contains("engine cublas and tuned, pacing burst"));
    assert!(chart.desc.contains("engine tuned: At the largest hidden size of each: h/a = 8: 100"));
    let figure = Figure::draw(&chart).unwrap();
    // Two lines and a handle.
    assert_eq!(figure.svg().matches("stroke-dasharray").count(), 3);
    assert_eq!(figure.svg().matches(">h/a = 8</text>").count(), 1);

    let by_pacing = ChartOptions { overlay: Some(Overlay::Pacing), ..options };
    assert_eq!(
        hovera_plot::charts(&results, &by_pacing).unwrap_err().to_string(),
        "overlay = pacing: want results of several of them for one chart; there is burst"
    );
}

#[test]
fn a_series_that_only_a_later_variant_has_is_in_the_legend() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Score, 64), row(Op::Score, 1)];
    rows[1].point.pacing = Pacing::Sustained;
    rows[2].point.pacing = Pacing::Sustained;
    let options = ChartOptions { overlay: Some(Overlay::Pacing), ..ChartOptions::default() };
    let chart = charts(&results(rows), &options).remove(0).chart;
    let listed: Vec<_> = chart.traces.iter().filter(|t| t.listed).map(|t| t.label.as_str()).collect();
    assert_eq!(listed, ["h/a = 64", "h/a = 1", "burst", "sustained"]);
}
