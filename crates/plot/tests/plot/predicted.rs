//! What was predicted, wherever it is drawn: it never passes for measured. The numbers are made up.

use crate::results::{at, front_matter, notes, results, row};
use hovera_core::{HeadDim, Heads, Op, Readings, Results, Row, Series, made_up};
use hovera_plot::{
    ChartKind, ChartOptions, Dash, Density, Figure, Intervals, Marker, Markers, NamedChart, NamedResults,
    Note, Overlay, Style, charts_across, with_readings,
};

fn predicted(card: &str, rows: Vec<Row>) -> Results {
    let mut file = made_up::predicted(Results { front_matter: front_matter(&[card]), ..results(rows) });
    file.front_matter.device[0].power_limit_w = None;
    file
}

const HEAD_DIMS: [u64; 4] = [1, 8, 64, 128];

fn of_model(card: &str) -> Results {
    predicted(card, HEAD_DIMS.map(|d| at(row(Op::Score, d), 100.0 + d as f64)).to_vec())
}

fn measured(card: &str) -> Results {
    let rows = HEAD_DIMS.map(|d| at(row(Op::Score, d), 90.0 + d as f64)).to_vec();
    Results { front_matter: front_matter(&[card]), ..results(rows) }
}

fn one(files: &[&Results], options: &ChartOptions) -> NamedChart {
    let named = files.iter().map(|results| NamedResults { name: "file", results });
    let mut charts = charts_across(&named.collect::<Vec<_>>(), &[], options).unwrap();
    assert_eq!(charts.len(), 1);
    let chart = charts.remove(0);
    Figure::draw(&chart.chart).unwrap();
    chart
}

fn by_gpu() -> ChartOptions {
    ChartOptions { overlay: Some(Overlay::Gpu), ..ChartOptions::default() }
}

fn few(marker: Marker) -> Style {
    Style::Predicted(Dash::ShortDashed, Some((marker, Density::Few)))
}

#[test]
fn a_chart_of_predictions_says_so_in_title_subtitle_legend_caption_notes_and_file_name() {
    let named = one(&[&of_model("One")], &ChartOptions::default());
    let chart = &named.chart;
    assert_eq!(named.stem, "score-a12-predicted");
    assert_eq!(chart.title, "Attention Key Query Score, a=12 (predicted)");
    assert_eq!(chart.subtitle.as_deref(), Some("One (predicted)"));
    let caption = chart.caption.as_deref().unwrap();
    assert!(caption.starts_with("predicted: f16, "), "{caption}");
    assert!(caption.contains(", predicted time, band: 80 % interval of what is predicted, "), "{caption}");
    assert!(caption.ends_with("constants of Made-Up 90 (tier family)"), "{caption}");
    assert!(
        !caption.contains("measured") && chart.desc.contains("One (predicted), predicted: "),
        "{}",
        chart.desc
    );
    assert_eq!(chart.traces[0].heading.as_deref(), Some("predicted"));
    assert_eq!(notes(&named), [Note::Predicted { points: 4 }]);
    assert_eq!(named.notes.last().unwrap().to_string(), "4 points are predicted, not measured");
    let svg = Figure::draw(chart).unwrap().svg().to_owned();
    assert!(svg.matches("redicted").count() >= 4, "{svg}");
}

#[test]
fn its_lines_have_dashes_that_nothing_measured_has_hollow_markers_and_a_band() {
    let chart = one(&[&of_model("One")], &ChartOptions::default()).chart;
    let styles: Vec<Style> = chart.traces.iter().map(|trace| trace.style).collect();
    assert_eq!(styles, [few(Marker::Circle), few(Marker::Diamond), few(Marker::Star)]);
    // 101 TFLOP/s: a quarter more time is a fifth less, a tenth less time a ninth more.
    let Intervals::OfY(ends) = &chart.traces[0].intervals else { panic!("{:?}", chart.traces[0]) };
    let (low, high) = ends[0].unwrap();
    assert!((low - 101.0 / 1.25).abs() < 1e-9 && (high - 101.0 / 0.9).abs() < 1e-9, "{low} to {high}");
    // The bare look has no markers and no subtitle; dash, band and title stay.
    let plain = ChartOptions { markers: Markers::None, subtitle: false, ..ChartOptions::default() };
    let chart = one(&[&of_model("One")], &plain).chart;
    assert!(chart.traces.iter().all(|trace| trace.style == Style::Predicted(Dash::ShortDashed, None)));
    assert!(chart.traces.iter().all(|trace| trace.intervals != Intervals::None));
    assert!(chart.title.ends_with("(predicted)"));
    // What was measured is drawn as ever.
    let chart = one(&[&measured("One")], &ChartOptions::default()).chart;
    assert!(matches!(chart.traces[0].style, Style::LineAndPoints(Dash::Solid, ..)), "{:?}", chart.traces[0]);
}

#[test]
fn predicted_lines_lie_over_measured_dots() {
    let named = one(&[&of_model("One"), &measured("One")], &by_gpu());
    let chart = &named.chart;
    assert_eq!(named.stem, "score-a12-by-gpu");
    let legend: Vec<_> = chart
        .traces
        .iter()
        .map(|trace| (trace.heading.as_deref(), trace.label.as_str(), trace.style))
        .collect();
    assert_eq!(legend[0], (Some("One (predicted)"), "h/a = 1", few(Marker::Circle)));
    assert_eq!(legend[3], (Some("One"), "h/a = 1", Style::Dots(Marker::Circle)));
    assert_eq!(chart.title, "Attention Key Query Score, a=12", "not all of it is predicted");
    assert_eq!(chart.subtitle.as_deref(), Some("One (predicted) and One"));
    let caption = chart.caption.as_deref().unwrap();
    assert!(caption.starts_with("measured and predicted: "), "{caption}");
    assert!(chart.traces[3].intervals == Intervals::None && chart.traces[0].intervals != Intervals::None);
    assert_eq!(notes(&named), [Note::Predicted { points: 4 }]);
}

#[test]
fn what_is_predicted_of_several_cards_is_told_apart_by_dashes_of_its_own() {
    let [a, b, c] = ["One", "Two", "Three"].map(of_model);
    let named = one(&[&a, &b, &c], &by_gpu());
    assert_eq!(named.chart.title, "Attention Key Query Score, a=12 (predicted)");
    let dashes: Vec<Dash> = named.chart.traces.iter().filter_map(|trace| trace.style.dash()).collect();
    assert!(dashes.iter().all(|dash| Dash::PREDICTED.contains(dash)), "{dashes:?}");
    // The key of the legend is of the same patterns, and says the word.
    let key: Vec<_> = named.chart.traces.iter().filter(|trace| trace.points.is_empty()).collect();
    let labels: Vec<&str> = key.iter().map(|trace| trace.label.as_str()).collect();
    assert_eq!(labels, ["One (predicted)", "Two (predicted)", "Three (predicted)"]);
    let styles: Vec<Style> = key.iter().map(|trace| trace.style).collect();
    assert_eq!(styles, [0, 1, 2].map(|i| Style::Predicted(Dash::PREDICTED[i], None)));
}

#[test]
fn a_ratio_with_a_predicted_side_is_a_prediction() {
    let ratio = ChartOptions { kind: ChartKind::Ratio, ..ChartOptions::default() };
    for files in [[of_model("One"), measured("Two")], [measured("One"), of_model("Two")]] {
        let chart = one(&[&files[0], &files[1]], &ratio).chart;
        assert!(chart.y.label.contains("(predicted)"), "{}", chart.y.label);
        let lines = chart.traces.iter().filter(|trace| trace.style.is_data());
        assert!(
            lines.clone().count() == 3 && lines.clone().all(|it| matches!(it.style, Style::Predicted(..)))
        );
    }
}

#[test]
fn other_kinds_of_charts_say_it_too() {
    let h100 = "NVIDIA H100 80GB HBM3";
    let of_kind = |kind| ChartOptions { kind, ..ChartOptions::default() };
    let roofline = one(&[&of_model(h100)], &of_kind(ChartKind::Roofline)).chart;
    assert!(roofline.title.ends_with("(predicted)"), "{}", roofline.title);
    let dots: Vec<_> = roofline.traces.iter().filter(|trace| trace.style.is_data()).collect();
    assert!(!dots.is_empty() && dots.iter().all(|trace| matches!(trace.style, Style::Points(_))), "{dots:?}");
    assert_eq!(dots[0].heading.as_deref(), Some("predicted"));

    let shape = |heads: u64, d: u64| {
        made_up::row_of(made_up::point_of_layer(Op::Score, made_up::layer((heads, 4, 2048, d)))).build()
    };
    let grid = [8, 16].into_iter().flat_map(|heads| [64, 128].map(|d| at(shape(heads, d), 100.0 + d as f64)));
    let heat = one(&[&predicted("One", grid.collect())], &of_kind(ChartKind::HeatMap)).chart;
    assert!(heat.title.ends_with("(predicted)"), "{}", heat.title);
    let colour = &heat.cells.as_ref().unwrap().colour.label;
    assert_eq!(colour, "Predicted Throughput (TFLOP/s)");
}

#[test]
fn no_kernel_ran_of_what_was_predicted() {
    let mut file = of_model("One");
    file.rows.iter_mut().for_each(|row| row.kernel.name = Some("sm90_xmma_gemm".into()));
    let options = ChartOptions { overlay: Some(Overlay::Kernel), ..ChartOptions::default() };
    let error = hovera_plot::charts(&file, &options).unwrap_err().to_string();
    assert!(error.starts_with("overlay = kernel: no row says which kernel ran"), "{error}");
}

/// Three readings of two lines, one of them of another op.
pub(crate) fn readings() -> Readings {
    let file = "\
# gpu = \"Made-Up 100\"
# dtype = \"f16\"
# heads = 12
# batch = 4
# seq = 2048
# source = \"a paper that does not exist\"
# [[reading]]
# name = \"right end\"
# uncertainty = \"10 TFLOP/s\"
# within = 10
reading,op,series,hidden,tflops
right end,score,1,32748,95
right end,score,64,32256,205
right end,values,1,32748,70
";
    Readings::parse("made-up.csv", file).unwrap()
}

#[test]
fn readings_lie_over_predicted_lines_of_the_same_product() {
    let charts = hovera_plot::charts(&of_model("One"), &ChartOptions::default()).unwrap();
    let lines = charts[0].chart.traces.len();
    let laid = with_readings(charts, &readings()).unwrap();
    let chart = &laid[0].chart;
    assert!(chart.traces[..lines].iter().all(|it| it.style == Style::Predicted(Dash::ShortDashed, None)));
    let read: Vec<_> =
        chart.traces[lines..].iter().map(|it| (it.label.as_str(), it.style, it.points.len())).collect();
    let hollow = Style::Points(Marker::Circle);
    assert_eq!(read, [("h/a = 1", hollow, 1), ("h/a = 64", hollow, 1), ("right end", hollow, 0)]);
    assert_eq!(chart.traces[lines].colour, chart.traces[0].colour, "of the line that it is a reading of");
    assert_eq!(chart.traces[lines].intervals, Intervals::OfY(vec![Some((85.0, 105.0))]));
    assert_eq!(chart.traces.last().unwrap().heading.as_deref(), Some("read off"));
    let said = ", hollow points: 2 values read off a published chart of the Made-Up 100, a paper that does not exist";
    assert!(chart.caption.as_ref().unwrap().ends_with(said), "{:?}", chart.caption);
    assert!(chart.desc.ends_with(&format!("{said}.")), "{}", chart.desc);
    // Of other heads nothing was read.
    let other = Heads::new(16).unwrap();
    let charts = hovera_plot::charts(&of_model("One"), &ChartOptions::default()).unwrap();
    let error = with_readings(charts, &Readings { heads: other, ..readings() }).unwrap_err().to_string();
    assert!(
        error.starts_with("no chart shows what was read off: want results of the readings' op"),
        "{error}"
    );
}

#[test]
fn the_legend_names_the_readings_that_a_chart_has() {
    let mut file = readings();
    file.uncertainty.insert("a table".to_owned(), "none".to_owned());
    let values = file.points.iter_mut().find(|point| point.op == Op::Values).unwrap();
    values.reading = "a table".to_owned();
    for (op, name) in [(Op::Score, "right end"), (Op::Values, "a table")] {
        let model = predicted("One", HEAD_DIMS.map(|d| at(row(op, d), 100.0)).to_vec());
        let charts = hovera_plot::charts(&model, &ChartOptions::default()).unwrap();
        let laid = with_readings(charts, &file).unwrap();
        let key = laid[0].chart.traces.iter().filter(|trace| trace.listed && trace.points.is_empty());
        let key: Vec<_> = key.map(|trace| (trace.heading.as_deref(), trace.label.as_str())).collect();
        assert_eq!(key, [(Some("read off"), name)]);
    }
}

/// A sweep's lines as a model says them, and as they would be measured: a little off, and more where rows are odd.
pub(crate) fn sweep() -> [Results; 2] {
    let dims = || (1..=2730u64).filter(|d| d % 3 == 1 || d % 64 == 0).step_by(5);
    let level = |d: u64| {
        let series = f64::from(Series::of_head_dim(HeadDim::new(d).unwrap()).get());
        (60.0 + 24.0 * series.log2()) * d as f64 / (d as f64 + 300.0)
    };
    let model = dims().map(|d| at(row(Op::Score, d), level(d)));
    let real = dims().map(|d| at(row(Op::Score, d), level(d) * (1.0 + 0.06 * (d as f64 / 90.0).sin())));
    let measured = Results { front_matter: front_matter(&["Made-Up 100"]), ..results(real.collect()) };
    [predicted("Made-Up 100", model.collect()), measured]
}
