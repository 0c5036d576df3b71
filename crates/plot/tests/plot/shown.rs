//! What a picture must show, and how: nothing that was measured is invisible, looks surer than it is, or is cut without
//! a trace. The numbers are made up.

use crate::made_up;
use crate::results::{at, front_matter, results, row};
use hovera_core::{Engine, Op, Results, Row, Status, Timing};
use hovera_plot::{
    AxisMax, Chart, ChartKind, ChartOptions, Dash, Density, Figure, Intervals, Marker, Markers, NamedChart,
    NamedResults, Note, Overlay, Style, Trace, charts, charts_across, suited_kind,
};
use proptest::prelude::*;
use roxmltree::Document;

fn layer(figure: &Figure, class: &str) -> String {
    let begin = format!("<g class=\"{class}\"");
    figure.svg().split_once(&begin).unwrap().1.split_once("</g>").unwrap().0.to_owned()
}

fn markers(chart: &Chart) -> String {
    layer(&Figure::draw(chart).unwrap(), "markers")
}

fn texts(chart: &Chart) -> Vec<String> {
    let figure = Figure::draw(chart).unwrap();
    let svg = Document::parse(figure.svg()).unwrap();
    svg.descendants().filter(|n| n.has_tag_name("text")).filter_map(|n| n.text()).map(str::to_owned).collect()
}

fn line(points: &[(f64, f64)]) -> Trace {
    let mut trace = made_up::sawtooth(1000, |_| Style::Line(Dash::Solid)).remove(0);
    trace.points = points.iter().copied().map(Into::into).collect();
    trace
}

fn chart_of(traces: Vec<Trace>) -> Chart {
    made_up::published("t", traces)
}

/// Rows of two engines, the second with intervals of so many times the median, and their ratio.
fn ratio(ci: f64) -> NamedChart {
    let rows = [64, 128, 192].map(|d| at(row(Op::Score, d), 100.0));
    let interval = |row: &Row, part: f64| {
        let mut row = row.clone();
        row.timing = row.timing.map(|t| Timing { ci_us: t.median_us.map(|us| us * part), ..t });
        row
    };
    let mut all: Vec<Row> = rows.iter().map(|row| interval(row, 0.01)).collect();
    all.extend(rows.iter().enumerate().map(|(i, row)| {
        let mut row = interval(row, if i == 1 { ci } else { 0.01 });
        row.point.engine = Engine::Tuned;
        row
    }));
    let options =
        ChartOptions { kind: ChartKind::Ratio, overlay: Some(Overlay::Engine), ..ChartOptions::default() };
    charts(&results(all), &options).unwrap().remove(0)
}

#[test]
fn issue_12_5_an_interval_as_wide_as_its_value_is_none_and_the_axis_follows_the_values() {
    for ci in [0.5, 50.0, 1e300, f64::MAX] {
        let named = ratio(ci);
        let Intervals::OfY(bands) = &named.chart.traces[1].intervals else { panic!("no band") };
        assert_eq!(bands.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true], "{ci}");
        assert!(named.notes.contains(&Note::NoBand { points: 1 }), "{:?}", named.notes);
        assert_eq!((named.chart.y.min, named.chart.y.max), (0.94, 1.06));
        Figure::draw(&named.chart).unwrap();
    }
}

#[test]
fn issue_12_5_a_band_beyond_the_axis_is_clipped_at_the_frame_and_counted() {
    let named = ratio(0.4);
    assert_eq!((named.chart.y.min, named.chart.y.max), (0.94, 1.06));
    assert!(named.notes.contains(&Note::BandsCut { points: 1 }), "{:?}", named.notes);
    assert!(named.notes.iter().any(|note| note.to_string() == "1 band cut off at the frame"));
    // Its ends are where they belong, beyond the frame of 50 to 440 px, and the clip cuts them.
    let lines = layer(&Figure::draw(&named.chart).unwrap(), "lines");
    let band = lines.lines().find(|line| line.contains("fill-opacity")).unwrap();
    let heights: Vec<f64> = band.split('"').find(|part| part.starts_with('M')).unwrap()[1..]
        .trim_end_matches('Z')
        .split('L')
        .map(|place| place.split_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert!(heights.iter().any(|y| *y < 0.0) && heights.iter().any(|y| *y > 600.0), "{heights:?}");
    assert!(lines.contains("clip-path"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn issue_12_5_no_readable_row_makes_a_chart_an_error(
        rows in prop::collection::vec((1u64..5000, -300.0f64..300.0, prop::option::of(-300.0f64..300.0)), 1..12),
        with in 0usize..4
    ) {
        let kinds = [ChartKind::Throughput, ChartKind::Throughput, ChartKind::Ratio, ChartKind::Roofline];
        let (kind, overlay) = (kinds[with], (with == 1 || with == 2).then_some(Overlay::Engine));
        let mut all = Vec::new();
        for (i, (head_dim, exponent, ci)) in rows.into_iter().enumerate() {
            for engine in [Engine::Cublas, Engine::Tuned] {
                let mut row = at(row(Op::Values, head_dim), 10f64.powf(exponent + i as f64));
                row.point.engine = engine;
                row.timing = row.timing.map(|t| Timing { ci_us: ci.map(|ci| 10f64.powf(ci)), ..t });
                all.push(row);
            }
        }
        let options = ChartOptions { kind, overlay, ..ChartOptions::default() };
        let mut file = results(all);
        file.front_matter.device[0].name = "NVIDIA H100 80GB HBM3".into();
        let drawn = charts(&file, &options).unwrap();
        for named in drawn {
            let figure = Figure::draw(&named.chart);
            prop_assert!(figure.is_ok(), "{:?}", figure.err());
        }
    }
}

#[test]
fn issue_12_6_a_point_that_no_line_joins_has_a_dot() {
    assert_eq!(markers(&chart_of(vec![line(&[(4096.0, 100.0)])])).matches("<circle").count(), 1);
    assert_eq!(
        markers(&chart_of(vec![line(&[(4096.0, 100.0), (8192.0, 120.0)])])).matches("<circle").count(),
        0
    );
    // A sweep whose head dims make series of one point, as lines and as a ratio.
    let rows = || [64, 80, 96, 128].map(|d| at(row(Op::Score, d), d as f64));
    let mut both = rows().to_vec();
    both.extend(rows().map(|mut row| {
        row.point.engine = Engine::Tuned;
        row
    }));
    for (kind, overlay) in [(ChartKind::Throughput, None), (ChartKind::Ratio, Some(Overlay::Engine))] {
        for look in [Markers::None, Markers::Few, Markers::Many] {
            let options = ChartOptions { kind, overlay, markers: look, ..ChartOptions::default() };
            let chart = charts(&results(both.clone()), &options).unwrap().remove(0).chart;
            let lone = chart.traces.iter().filter(|trace| trace.points.len() == 1).count();
            assert_eq!(lone, 2);
            assert!(markers(&chart).lines().filter(|line| line.starts_with('<')).count() >= lone, "{look:?}");
        }
    }
}

#[test]
fn issue_12_6_a_band_of_a_point_without_neighbours_is_a_bar() {
    let mut trace = line(&[(4096.0, 100.0)]);
    trace.intervals = Intervals::OfY(vec![Some((90.0, 110.0))]);
    let lines = layer(&Figure::draw(&chart_of(vec![trace])).unwrap(), "lines");
    // 50 + 390·(250 − 110)/250 px and so on.
    assert!(lines.contains("M145 268.4L145 299.6") || lines.contains("M145 299.6L145 268.4"), "{lines}");
}

#[test]
fn issue_12_6_points_far_apart_all_have_markers_and_near_ones_few() {
    let count = |points: u32, density| {
        let mut trace = line(&[]);
        trace.points =
            (0..points).map(|i| (f64::from(i) * 32_000.0 / f64::from(points), 100.0).into()).collect();
        trace.style = Style::LineAndPoints(Dash::Solid, Marker::Square, density);
        markers(&chart_of(vec![trace])).matches("<path").count()
    };
    assert_eq!(count(16, Density::Few), 16);
    assert!((4..=7).contains(&count(200, Density::Few)), "{}", count(200, Density::Few));
    assert!((14..=18).contains(&count(200, Density::Many)), "{}", count(200, Density::Many));
}

#[test]
fn a_ratio_of_two_speeds_says_so_and_its_band_reaches_to_both() {
    let rows = |second: bool| {
        [64, 128, 192].map(|d| {
            let row = hovera_core::made_up::row(Op::Score, d).interval(0.001);
            if second && d == 128 { row.second_speed(1.25, 0.4).build() } else { row.build() }
        })
    };
    let tuned = rows(true).map(|mut row| {
        row.point.engine = Engine::Tuned;
        row
    });
    let options =
        ChartOptions { kind: ChartKind::Ratio, overlay: Some(Overlay::Engine), ..ChartOptions::default() };
    let one_side = charts(&results([rows(false), tuned.clone()].concat()), &options).unwrap().remove(0);
    assert!(one_side.notes.contains(&Note::RatiosOfTwoSpeeds { points: 1 }), "{:?}", one_side.notes);
    let band = |chart: &NamedChart, i: usize| match &chart.chart.traces[1].intervals {
        Intervals::OfY(bands) => bands[i].unwrap(),
        _ => panic!("no band"),
    };
    assert!(band(&one_side, 0).1 < 1.01 && band(&one_side, 1).0 < 0.8 && band(&one_side, 1).1 > 1.25);
    let both_sides = charts(&results([rows(true), tuned].concat()), &options).unwrap().remove(0);
    assert!(band(&both_sides, 1).1 < 1.01, "faster over faster");
}

#[test]
fn issue_12_7_a_noisy_point_is_hollow_and_the_legend_says_so() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Score, 128), row(Op::Score, 192)];
    let sure = charts(&results(rows.clone()), &ChartOptions::default()).unwrap().remove(0).chart;
    rows[1].status = Status::Noisy;
    let noisy = charts(&results(rows), &ChartOptions::default()).unwrap().remove(0).chart;
    assert!(!texts(&sure).contains(&"noisy".to_owned()) && texts(&noisy).contains(&"noisy".to_owned()));
    let white = |chart: &Chart| markers(chart).matches("fill=\"#ffffff\"").count();
    assert_eq!((white(&sure), white(&noisy)), (0, 1));
}

#[test]
fn issue_12_7_what_an_axis_cuts_off_leaves_a_triangle_at_the_frame() {
    let rows = [(2048, 100.0), (2112, 300.0), (2176, 100.0)].map(|(d, tflops)| at(row(Op::Score, d), tflops));
    let end = |end: f64| AxisMax::fixed(end).unwrap();
    let options = ChartOptions { y_max: end(250.0), markers: Markers::None, ..ChartOptions::default() };
    let named = charts(&results(rows.to_vec()), &options).unwrap().remove(0);
    assert!(named.notes.contains(&Note::Cut { points: 1, y_max: 250.0, unit: "TFLOP/s" }));
    let x = 72.0 + 584.0 * 12.0 * 2112.0 / 32_768.0;
    let triangle = markers(&named.chart);
    let top: Vec<&str> = triangle.lines().filter(|line| line.starts_with("<path")).collect();
    assert!(top.len() == 1 && top[0].contains(&format!("M{x:.2} 50")), "{triangle} {x}");
    assert!(texts(&named.chart).contains(&"cut off".to_owned()));

    let options = ChartOptions { x_max: end(25_000.0), ..options };
    let named = charts(&results(rows.to_vec()), &options).unwrap().remove(0);
    assert!(
        named.notes.contains(&Note::CutRight { points: 2, over: "hidden size", x_max: 25_000.0 }),
        "{:?}",
        named.notes
    );
    assert!(!texts(&named.chart).contains(&"cut off".to_owned()));
}

#[test]
fn issue_12_8_a_chart_without_a_point_says_that_it_is_empty() {
    let mut rows = vec![row(Op::Score, 64), row(Op::Values, 64)];
    (rows[0].status, rows[0].timing) = (Status::Failed, None);
    let drawn = charts(&results(rows), &ChartOptions::default()).unwrap();
    assert_eq!(drawn.iter().map(NamedChart::is_empty).collect::<Vec<_>>(), [true, false]);
    assert_eq!(drawn[0].notes, [Note::NotDrawn { failed: 1, skipped: 0 }]);
}

#[test]
fn issue_12_18_two_files_of_one_model_are_told_apart_by_their_names() {
    let file =
        |cards: &[&str]| Results { front_matter: front_matter(cards), ..results(vec![row(Op::Score, 64)]) };
    let named = |files: &[(&str, &Results)], kind| {
        let options = ChartOptions { kind, overlay: Some(Overlay::Gpu), ..ChartOptions::default() };
        let files: Vec<_> = files.iter().map(|&(name, results)| NamedResults { name, results }).collect();
        charts_across(&files, &[], &options).unwrap().remove(0).chart
    };
    let headings = |chart: &Chart| {
        chart.traces.iter().filter_map(|trace| trace.heading.clone()).collect::<Vec<_>>().join("|")
    };
    let (one, other) = (file(&["Same"]), file(&["Other"]));
    let monday = named(&[("monday", &one), ("tuesday", &one)], ChartKind::Throughput);
    assert_eq!((headings(&monday), monday.subtitle.as_deref()), ("monday|tuesday".into(), Some("Same")));
    let ratio = named(&[("monday", &one), ("tuesday", &one)], ChartKind::Ratio);
    assert_eq!(ratio.y.label, "Throughput, tuesday / monday");
    let mixed = named(&[("a", &one), ("b", &other)], ChartKind::Throughput);
    assert_eq!(headings(&mixed), "Same|Other");
    let three = named(&[("a", &one), ("b", &other), ("c", &one)], ChartKind::Throughput);
    let listed: Vec<_> =
        three.traces.iter().filter(|t| t.points.is_empty()).map(|t| t.label.as_str()).collect();
    assert_eq!(listed, ["Same: a", "Other", "Same: c"]);
    // Files of one name in two folders.
    assert_eq!(headings(&named(&[("x", &one), ("x", &one)], ChartKind::Throughput)), "x (1)|x (2)");
}

#[test]
fn issue_12_19_by_default_each_series_has_a_shape_of_its_own_and_plain_has_none() {
    let rows: Vec<_> = (1..=2730).map(|d| row(Op::Score, d)).collect();
    let of = |look| {
        let options = ChartOptions { markers: look, ..ChartOptions::default() };
        charts(&results(rows.clone()), &options).unwrap().remove(0).chart
    };
    let few = of(ChartOptions::default().markers);
    let shapes: Vec<Marker> = few
        .traces
        .iter()
        .map(|trace| match trace.style {
            Style::LineAndPoints(Dash::Solid, shape, Density::Few) => shape,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shapes.len(), 7);
    assert!(shapes.iter().enumerate().all(|(i, shape)| !shapes[..i].contains(shape)));
    let drawn = markers(&few).lines().filter(|line| line.starts_with('<')).count();
    // A few on each of seven lines, and their entries in the legend show them.
    assert!((7 * 3..=7 * 10).contains(&drawn), "{drawn}");
    let legend = layer(&Figure::draw(&few).unwrap(), "legend");
    assert_eq!(legend.matches("fill=\"#").count() - legend.matches("<text").count(), 7);
    let bare = of(Markers::None);
    assert!(bare.traces.iter().all(|trace| trace.style == Style::Line(Dash::Solid)));
    assert!(!markers(&bare).contains('<') || !markers(&bare).contains("<path"));
}

#[test]
fn issue_12_20_the_gpu_stands_under_the_title_in_the_size_of_the_labels() {
    let mut named = charts(&results(vec![row(Op::Score, 64)]), &ChartOptions::default()).unwrap().remove(0);
    let figure = Figure::draw(&named.chart).unwrap();
    let sized = |text: &str, size: &str| {
        figure
            .svg()
            .lines()
            .any(|l| l.contains(&format!(">{text}<")) && l.contains(&format!("font-size=\"{size}\"")))
    };
    // 10 pt, as the axes' labels are; the title has 12.
    assert!(sized("Made-Up 100", "13.89") && sized("Hidden Size", "13.89"));
    assert!(sized("Attention Key Query Score, a=12", "16.67"));
    named.chart.caption = Some(["power limit 700 W"; 60].join(", "));
    let said = texts(&named.chart).join(" ");
    assert_eq!(said.matches("power limit 700 W").count(), 60);
    assert!(!said.contains('…'));
}

#[test]
fn issue_12_20_only_the_published_axis_spells_the_unit_in_another_way() {
    let mut file = results(vec![row(Op::Score, 64), row(Op::Values, 64)]);
    file.front_matter.device[0].name = "NVIDIA H100 80GB HBM3".into();
    for kind in [ChartKind::Throughput, ChartKind::Roofline] {
        for named in charts(&file, &ChartOptions { kind, ..ChartOptions::default() }).unwrap() {
            let odd: Vec<_> = texts(&named.chart).into_iter().filter(|text| text.contains("FLOPs")).collect();
            let published = kind == ChartKind::Throughput;
            assert_eq!(odd, if published { vec!["Throughput (TFLOPs/s)"] } else { vec![] });
        }
    }
}

#[test]
fn issue_12_20_a_png_says_what_it_shows() {
    let chart = chart_of(vec![line(&[(4096.0, 100.0), (8192.0, 120.0)])]);
    let file = Figure::draw(&chart).unwrap().png().unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    let said: Vec<_> = (reader.info().utf8_text.iter())
        .map(|chunk| (chunk.keyword.clone(), chunk.get_text().unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            ("Title".into(), chart.title.clone()),
            ("Description".into(), chart.desc.clone()),
            ("Software".into(), "hovera".into())
        ]
    );
}

#[test]
fn issue_12_21_a_sweep_of_two_sizes_is_a_heat_map_by_itself() {
    use hovera_core::{AttentionShape, Batch, HeadDim, Heads, Seq};
    let shaped = |heads: u64, head_dim: u64| {
        let mut row = row(Op::Score, head_dim);
        let sizes = (Heads::new(heads).unwrap(), Batch::new(4).unwrap(), Seq::new(2048).unwrap());
        let layer = AttentionShape::from_head_dim(sizes.0, sizes.1, sizes.2, HeadDim::new(head_dim).unwrap())
            .unwrap();
        (row.point.model, row.point.gemm) = (layer.into(), layer.gemm(Op::Score).unwrap());
        row
    };
    let grid = |places: &[(u64, u64)]| results(places.iter().map(|&(a, d)| shaped(a, d)).collect());
    assert_eq!(suited_kind(&grid(&[(8, 64), (8, 80), (16, 64), (16, 80)])), ChartKind::HeatMap);
    assert_eq!(suited_kind(&grid(&[(12, 64), (12, 80), (12, 96)])), ChartKind::Throughput);
    assert_eq!(suited_kind(&grid(&[(8, 64), (16, 64)])), ChartKind::Throughput);
    // Mostly gaps.
    let sparse = grid(&[(8, 64), (8, 65), (8, 66), (16, 67), (16, 68), (16, 69)]);
    assert_eq!(suited_kind(&sparse), ChartKind::Throughput);
}

#[test]
fn a_gemm_over_two_sizes_is_a_heat_map_by_itself_and_over_one_it_is_lines() {
    let gemm = |m: u64, n: u64| {
        let mut row = row(Op::Score, 64);
        row.point.op = Op::Gemm;
        row.point.model = hovera_core::ModelSizes::default();
        row.point.gemm = hovera_core::Gemm::new(1, m, n, 4096).unwrap();
        row
    };
    let grid = |m: u64, n: u64| {
        let sizes = (1..=m).flat_map(|i| (1..=n).map(move |j| (256 * i, 1024 * j)));
        results(sizes.map(|(m, n)| gemm(m, n)).collect())
    };
    assert_eq!(suited_kind(&grid(6, 5)), ChartKind::HeatMap);
    // Up to three lines are told apart better than colours.
    assert_eq!(suited_kind(&grid(6, 3)), ChartKind::Throughput);
    assert_eq!(suited_kind(&grid(6, 1)), ChartKind::Throughput);
    // A diagonal is mostly gaps.
    let diagonal = results((1..=8).map(|i| gemm(256 * i, 1024 * i)).collect());
    assert_eq!(suited_kind(&diagonal), ChartKind::Throughput);
    let chart = &charts(&grid(6, 5), &ChartOptions { kind: ChartKind::HeatMap, ..ChartOptions::default() })
        .unwrap()[0]
        .chart;
    assert_eq!((chart.x.label.as_str(), chart.y.label.as_str()), ("m", "n"));
}
