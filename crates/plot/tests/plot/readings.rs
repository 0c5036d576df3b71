//! Published readings to charts. The numbers are made up.

use hovera_analysis::Metric;
use hovera_core::Readings;
use hovera_plot::{ChartOptions, Figure, Intervals, Marker, Style, readings_charts};

const FILE: &str = "\
# gpu = \"Made-Up 100\"
# dtype = \"f16\"
# heads = 12
# batch = 4
# seq = 2048
# source = \"a paper that does not exist\"
# [[reading]]
# name = \"one\"
# uncertainty = \"2 TFLOP/s\"
# [[reading]]
# name = \"two\"
# uncertainty = \"9 TFLOP/s\"
reading,op,series,hidden,tflops
one,score,1,32768,95
one,score,1,0,0
two,score,1,4096,70
one,score,64,4096,230
";

#[test]
fn readings_are_hollow_points_told_apart_by_pass_and_named_as_read_off() {
    let readings = Readings::parse("made-up.csv", FILE).unwrap();
    let charts = readings_charts(&readings, &ChartOptions::default()).unwrap();
    assert_eq!(charts.iter().map(|c| c.stem.as_str()).collect::<Vec<_>>(), ["score-a12-read-off"]);
    let chart = &charts[0].chart;
    assert_eq!(chart.title, "Attention Key Query Score, a=12");
    let traces: Vec<_> = chart
        .traces
        .iter()
        .map(|t| (t.heading.as_deref(), t.label.as_str(), t.style, t.points.len()))
        .collect();
    assert_eq!(
        traces,
        [
            (Some("read off: one"), "h/a = 1", Style::Points(Marker::Circle), 1),
            (None, "h/a = 64", Style::Points(Marker::Circle), 1),
            (Some("read off: two"), "h/a = 1", Style::Points(Marker::Square), 1),
        ]
    );
    let points: Vec<_> = chart.traces[0].points.iter().map(|point| (point.place(), point.row)).collect();
    assert_eq!(points, [((32_768.0, 95.0), None)]);
    assert_eq!(
        chart.caption.as_deref(),
        Some("read off a published chart, not measured: f16, b=4, s=2048, a paper that does not exist")
    );
    assert!(chart.desc.contains("one: 2 TFLOP/s; two: 9 TFLOP/s"), "{}", chart.desc);
    assert!(chart.desc.contains("read off: one, h/a = 1: 95.0 TFLOP/s at 32768"), "{}", chart.desc);

    assert!(chart.traces.iter().all(|trace| trace.intervals == Intervals::None));

    let figure = Figure::draw(chart).unwrap();
    let lines = figure.svg().split_once("<g class=\"lines\"").unwrap().1.split_once("</g>").unwrap().0;
    assert!(!lines.contains("<path"), "read-off points are not joined");
}

#[test]
fn readings_are_throughput_and_nothing_else() {
    let readings = Readings::parse("made-up.csv", FILE).unwrap();
    let options = ChartOptions { metric: Metric::PercentOfPeak, ..ChartOptions::default() };
    assert_eq!(
        readings_charts(&readings, &options).unwrap_err().to_string(),
        "y = percent-of-peak: published readings have tflops only"
    );
}

#[test]
fn how_far_off_a_reading_may_be_is_a_bar() {
    let within = "uncertainty = \"9 TFLOP/s\"\n# within = [[4096, 60], [32768, 10]]\n";
    let text = FILE.replace("uncertainty = \"9 TFLOP/s\"\n", within).replace(
        "two,score,1,4096,70\n",
        "two,score,1,2048,20\ntwo,score,1,4096,70\ntwo,score,1,18432,90\ntwo,score,1,32768,95\n",
    );
    let text = text.replace("uncertainty = \"2 TFLOP/s\"\n", "uncertainty = \"2 TFLOP/s\"\n# within = 2\n");
    let readings = Readings::parse("made-up.csv", &text).unwrap();
    let chart = readings_charts(&readings, &ChartOptions::default()).unwrap().remove(0).chart;
    let bars = |trace: usize| match &chart.traces[trace].intervals {
        Intervals::OfY(bars) => bars.iter().map(|bar| bar.unwrap()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(bars(0), [(93.0, 97.0)]);
    assert_eq!(bars(2), [(0.0, 80.0), (10.0, 130.0), (55.0, 125.0), (85.0, 105.0)]);
    let figure = Figure::draw(&chart).unwrap();
    let markers = figure.svg().split_once("<g class=\"markers\"").unwrap().1.split_once("</g>").unwrap().0;
    // Those of both passes at 32768 stand side by side, the other four have a cap at both ends.
    let bars: Vec<&str> = markers.lines().filter(|line| line.contains("stroke-width=\"1.25\"")).collect();
    assert_eq!(bars.len(), 6 + 2 * 4, "{markers}");

    let refused =
        Readings::parse("made-up.csv", text.replace("[4096, 60]", "[40960, 60]")).unwrap_err().to_string();
    assert!(
        refused.contains("within: want TFLOP/s of 0 or more, at hidden sizes in ascending order"),
        "{refused}"
    );
}
