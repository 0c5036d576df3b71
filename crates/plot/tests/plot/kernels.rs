//! Charts by the kernels that ran. The numbers are made up; the names are those of an H100.

use crate::results::{at, results as file, row};
use hovera_core::{Op, Readings, Results, Row};
use hovera_plot::{
    AxisMax, ChartError, ChartKind, ChartOptions, Density, Figure, Markers, NamedChart, Note, Overlay, Style,
    Trace, charts, readings_charts,
};
use std::collections::BTreeSet;

const TURING: &str = "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1";
const AMPERE: &str = "cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2";

fn nvjet(tile: &str) -> String {
    format!("nvjet_sm90_hsh_{tile}_64x4_2x1_v_bz_coopB_NNN")
}

fn with_kernel(row: Row, name: &str) -> Row {
    let mut row = row;
    row.kernel.name = Some(name.into());
    row
}

/// `values` at every fifth head dim with kernels like an H100's.
pub(crate) fn results() -> Results {
    let of = |d: u64| {
        let (tflops, kernel) = match d {
            d if d % 2 == 1 => (30.0, TURING.to_owned()),
            d if d % 8 != 0 => (80.0, AMPERE.to_owned()),
            d => (190.0, nvjet(["192x192", "160x256", "256x128", "320x128"][(d / 200 % 4) as usize])),
        };
        let (size, wave) = (d as f64, (d % 256) as f64);
        let tflops = tflops * size / (size + 200.0) * (0.9 + 0.1 * wave / 256.0);
        with_kernel(at(row(Op::Values, d), tflops), &kernel)
    };
    file((1..=546).map(|i| of(5 * i - 1)).collect())
}

pub(crate) fn by_kernel() -> ChartOptions {
    ChartOptions { overlay: Some(Overlay::Kernel), ..ChartOptions::default() }
}

fn chart(rows: Vec<Row>, options: &ChartOptions) -> NamedChart {
    charts(&file(rows), options).unwrap().remove(0)
}

fn data(chart: &NamedChart) -> Vec<&Trace> {
    chart.chart.traces.iter().filter(|trace| trace.style.is_data()).collect()
}

fn listed(chart: &NamedChart) -> Vec<&str> {
    chart.chart.traces.iter().filter(|trace| trace.listed).map(|trace| trace.label.as_str()).collect()
}

fn three() -> Vec<Row> {
    vec![
        with_kernel(row(Op::Score, 64), &nvjet("256x128")),
        with_kernel(row(Op::Score, 65), TURING),
        with_kernel(row(Op::Score, 66), AMPERE),
    ]
}

#[test]
fn points_have_the_look_of_their_kernels_and_the_legend_is_in_the_order_of_generations() {
    let chart = chart(three(), &by_kernel());
    assert_eq!(chart.stem, "score-a12-by-kernel");
    assert_eq!(listed(&chart), ["Turing cutlass align1", "Ampere cutlass align2", "Hopper nvjet 256x128"]);
    let data = data(&chart);
    assert_eq!(data[0].heading.as_deref(), Some("kernel"));
    let hidden = |trace: &&Trace| trace.points.iter().map(|point| point.x).collect::<Vec<_>>();
    assert_eq!(data.iter().map(hidden).collect::<Vec<_>>(), [[780.0], [792.0], [768.0]]);
    let look = |trace: &&Trace| format!("{:?} {:?}", trace.colour, trace.style);
    assert_eq!(data.iter().map(look).collect::<BTreeSet<_>>().len(), 3);
    assert!(data.iter().all(|trace| matches!(trace.style, Style::MarkedDots(_, Density::Few))));
    assert!(chart.chart.caption.unwrap().ends_with("each thin line is one h/a"));
    assert!(chart.chart.desc.contains("Turing cutlass align1: 1 point from hidden size 780 to 780; "));
}

#[test]
fn a_line_of_each_series_joins_points_of_different_kernels() {
    let rows = [(64, "256x128"), (128, "192x192"), (192, "256x128")];
    let rows = rows.map(|(d, tile)| with_kernel(row(Op::Score, d), &nvjet(tile)));
    let chart = chart(rows.to_vec(), &by_kernel());
    let threads: Vec<&Trace> = chart.chart.traces.iter().filter(|trace| !trace.style.is_data()).collect();
    assert_eq!(threads.len(), 1);
    assert_eq!(threads[0].points.iter().map(|p| p.x).collect::<Vec<_>>(), [768.0, 1536.0, 2304.0]);
    assert!(!threads[0].listed && threads[0].label == "h/a = 64");
}

#[test]
fn a_kernel_looks_the_same_in_every_chart_of_a_file() {
    let mut rows = three();
    rows.push(with_kernel(row(Op::Values, 64), &nvjet("256x128")));
    let charts = charts(&file(rows), &by_kernel()).unwrap();
    let look = |chart: &NamedChart| {
        let trace = chart.chart.traces.iter().find(|trace| trace.label == "Hopper nvjet 256x128").unwrap();
        (trace.colour, trace.style)
    };
    assert_eq!(charts.len(), 2);
    assert_eq!(look(&charts[0]), look(&charts[1]));
}

#[test]
fn of_many_kernels_the_rarest_share_a_look_and_all_others_differ() {
    let tile = |i: u64| nvjet(&format!("{}x64", 8 * (i % 20 + 1)));
    let rows: Vec<Row> = (1..=100).map(|i| with_kernel(row(Op::Score, i), &tile(i.min(83)))).collect();
    let chart = chart(rows, &by_kernel());
    let listed = listed(&chart);
    assert_eq!((listed.len(), *listed.last().unwrap()), (16, "other kernels"));
    let looks: BTreeSet<String> = data(&chart)
        .iter()
        .map(|trace| format!("{} {:?} {:?}", trace.label, trace.colour, trace.style))
        .collect();
    let without_labels: BTreeSet<&str> =
        looks.iter().map(|look| look.split_once("Colour").unwrap().1).collect();
    assert_eq!((looks.len(), without_labels.len()), (16, 16));
    // The most frequent one has a look of its own.
    assert!(listed.contains(&"Hopper nvjet 32x64"));
}

#[test]
fn points_without_a_kernel_are_grey_and_counted() {
    let mut rows = three();
    rows.push(row(Op::Score, 67));
    let chart = chart(rows, &by_kernel());
    assert_eq!(listed(&chart).last(), Some(&"kernel not told"));
    assert!(chart.notes.contains(&Note::KernelNotTold { points: 1 }));
    assert!(
        chart
            .notes
            .iter()
            .any(|note| note.to_string() == "1 point grey: the file does not say which kernel ran")
    );
}

#[test]
fn a_file_without_kernels_is_refused_and_so_is_a_chart_that_is_none_of_kernels() {
    let without = file(vec![row(Op::Score, 64)]);
    assert_eq!(charts(&without, &by_kernel()), Err(ChartError::NoKernel));
    assert_eq!(
        ChartError::NoKernel.to_string(),
        "overlay = kernel: no row says which kernel ran (the column kernel is empty); want results of `hovera run` on a \
         GPU whose driver tells, CUDA 12.3 or later"
    );
    for kind in [ChartKind::Ratio, ChartKind::HeatMap, ChartKind::Roofline] {
        let error = charts(&file(three()), &ChartOptions { kind, ..by_kernel() }).unwrap_err().to_string();
        assert_eq!(error, format!("chart = {kind}: overlay = kernel goes with chart = throughput"));
    }
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps/reference/a100-sxm4-40gb-attention-a12.csv");
    let readings = Readings::parse(path, std::fs::read(path).unwrap()).unwrap();
    assert_eq!(readings_charts(&readings, &by_kernel()), Err(ChartError::NoKernel));
}

#[test]
fn what_an_axis_cuts_off_is_counted_once_and_the_bare_look_has_dots_alone() {
    let options =
        ChartOptions { y_max: AxisMax::fixed(50.0).unwrap(), markers: Markers::None, ..by_kernel() };
    let chart = chart(three(), &options);
    assert!(
        chart.notes.contains(&Note::Cut { points: 3, y_max: 50.0, unit: "TFLOP/s" }),
        "{:?}",
        chart.notes
    );
    assert!(data(&chart).iter().all(|trace| matches!(trace.style, Style::Dots(_))));
}

#[test]
fn every_point_has_a_dot_and_each_kernel_a_marker() {
    let chart = charts(&results(), &by_kernel()).unwrap().remove(0);
    let figure = Figure::draw(&chart.chart).unwrap();
    let circles = figure.svg().matches("<circle").count();
    let turing = data(&chart).iter().filter(|trace| trace.label.starts_with("Turing")).count();
    assert!(circles >= 546 && turing == 1, "{circles}");
}
