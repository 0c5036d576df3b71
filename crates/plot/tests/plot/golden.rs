//! Pictures of made-up charts, compared with the ones in `tests/golden`.
//!
//! `HOVERA_BLESS=1` takes what is drawn now for right. Where a picture differs, the new one and a
//! picture of the difference are left in the target directory's `tmp`.

use crate::any_product;
use crate::files::{Pixels, decode};
use crate::fused;
use crate::kernels;
use crate::made_up;
use crate::predicted;
use hovera_analysis::Dimension;
use hovera_plot::{
    Axis, Chart, ChartKind, ChartOptions, Colour, Dash, DataPoint, Density, Figure, Intervals, Marker,
    NamedResults, Overlay, Style, Trace, charts_across, with_readings,
};
use std::path::{Path, PathBuf};

/// The most that a number in an SVG may be off, in pixels: a last digit rounded the other way.
const NUMBER_TOLERANCE: f64 = 0.011;
/// The most that a channel of a pixel may be off.
const CHANNEL_TOLERANCE: u8 = 8;

#[test]
fn lines() {
    check(
        "lines",
        &made_up::published(
            "Attention Key Query Score, a=12",
            made_up::sawtooth(8, |_| Style::Line(Dash::Solid)),
        ),
    );
}

#[test]
fn markers_and_lines_cut_by_a_fixed_axis() {
    let traces =
        made_up::sawtooth(40, |i| Style::LineAndPoints(Dash::Solid, made_up::marker(i), Density::Many));
    let mut chart = made_up::published("Attention over Values, a=12", traces);
    (chart.y.max, chart.y.step) = (100.0, 20.0);
    check("markers", &chart);
}

#[test]
fn lines_with_a_few_markers_under_a_subtitle_over_a_long_caption() {
    let traces =
        made_up::sawtooth(8, |i| Style::LineAndPoints(Dash::Solid, made_up::marker(i), Density::Few));
    let mut chart = made_up::published("Attention Key Query Score, a=12", traces);
    chart.subtitle = Some("Made-Up 100 80GB".into());
    chart.caption = Some(["made up for a test, not measured"; 7].join(", "));
    check("few-markers", &chart);
}

#[test]
fn noisy_lone_and_cut_points() {
    let mut traces = made_up::sawtooth(24, |_| Style::Line(Dash::Solid));
    for (i, trace) in traces.iter_mut().enumerate() {
        for point in trace.points.iter_mut().skip(i).step_by(5) {
            *point = point.noisy(true);
        }
    }
    traces[2].points.truncate(1);
    traces[2].points[0] = (16_384.0, 30.0).into();
    let mut chart = made_up::published("Attention over Values, a=12", traces);
    (chart.x.max, chart.y.max, chart.y.step) = (24_576.0, 160.0, 20.0);
    check("noisy", &chart);
}

#[test]
fn points_with_two_speeds() {
    let mut traces =
        made_up::sawtooth(24, |i| Style::LineAndPoints(Dash::Solid, made_up::marker(i), Density::Few));
    for (i, trace) in traces.iter_mut().enumerate() {
        for point in trace.points.iter_mut().skip(2 * i).step_by(9) {
            let factor = if i % 2 == 0 { 0.82 } else { 1.1 };
            *point = point.with_second(Some(point.y * factor));
        }
    }
    // One of a point next to a noisy one, and one that the axis cuts off.
    traces[6].points[1] = traces[6].points[1].noisy(true).with_second(Some(20.0));
    traces[5].points[0] = traces[5].points[0].with_second(Some(500.0));
    check("two-speeds", &made_up::published("Attention over Values, a=12", traces));
}

#[test]
fn points_by_the_kernels_that_ran() {
    let charts = hovera_plot::charts(&kernels::results(), &kernels::by_kernel()).unwrap();
    check("by-kernel", &charts[0].chart);
}

#[test]
fn points_with_bars_for_how_far_off_they_may_be() {
    let mut traces = made_up::sawtooth(300, |_| Style::Points(Marker::Circle));
    for trace in &mut traces {
        let bar = |point: &DataPoint| Some((point.y - 8.0, point.y + 40.0 - point.x / 1000.0));
        trace.intervals = Intervals::OfY(trace.points.iter().map(bar).collect());
    }
    check("error-bars", &made_up::published("Attention over Values, a=12", traces));
}

#[test]
fn points_under_headings() {
    let mut traces = made_up::sawtooth(300, |_| Style::Points(Marker::Circle));
    traces[0].heading = Some("read off: one".into());
    let mut others = made_up::sawtooth(200, |_| Style::Points(Marker::Diamond));
    others[0].heading = Some("read off: another".into());
    traces.extend(others);
    check("points", &made_up::published("Attention over Values, a=12", traces));
}

#[test]
fn an_overlay_of_dashed_and_dotted_lines() {
    let mut traces = Vec::new();
    for (i, dash) in Dash::ALL.into_iter().take(4).enumerate() {
        let mut lines = made_up::sawtooth(8, |_| Style::Line(dash));
        for trace in &mut lines {
            trace.listed = i == 0;
            for point in &mut trace.points {
                point.y *= 1.0 - 0.04 * i as f64;
            }
        }
        traces.extend(lines);
    }
    let key = Dash::ALL.into_iter().zip(["one", "another", "a third", "a fourth"]);
    traces.extend(key.enumerate().map(|(i, (dash, label))| Trace {
        label: label.into(),
        listed: true,
        heading: (i == 0).then(|| "engine".into()),
        colour: Colour::hex(0x333333),
        style: Style::Line(dash),
        points: Vec::new(),
        intervals: Intervals::None,
    }));
    check("overlay", &made_up::published("Attention over Values, a=12", traces));
}

#[test]
fn bands_around_lines_and_a_line_to_hold_them_against() {
    let mut traces = made_up::sawtooth(40, |_| Style::Line(Dash::Solid));
    for trace in &mut traces {
        let around = |(i, DataPoint { x, y, .. }): (usize, &mut DataPoint)| {
            *y = 1.0 + 0.3 * (*y / 236.0).powi(2) - 0.2 * (*x / 32_768.0);
            (i % 7 != 3).then_some((*y * 0.98, *y * 1.03))
        };
        trace.intervals = Intervals::OfY(trace.points.iter_mut().enumerate().map(around).collect());
    }
    traces.insert(0, guide("equal", Dash::Solid, vec![(0.0, 1.0), (32_768.0, 1.0)]));
    let mut chart = made_up::published("Attention over Values, a=12", traces);
    chart.y = Axis::linear("Throughput over That of One", 0.7, 1.4, 0.1);
    check("bands", &chart);
}

#[test]
fn dots_on_logarithmic_axes_under_ceilings() {
    let mut traces = made_up::sawtooth(20, |i| Style::Dots(made_up::marker(i)));
    for point in traces.iter_mut().flat_map(|trace| &mut trace.points) {
        point.x /= 40.0;
    }
    let mut roof = guide("250 TFLOP/s", Dash::Dashed, vec![(100.0, 250.0), (1000.0, 250.0)]);
    roof.heading = Some("datasheet".into());
    roof.listed = true;
    traces.insert(0, guide("", Dash::Dotted, vec![(100.0, 0.1), (100.0, 250.0)]));
    traces.insert(0, guide("", Dash::Dashed, vec![(0.1, 0.25), (100.0, 250.0)]));
    traces.insert(0, roof);
    let mut chart = made_up::published("Roofline", traces);
    chart.x = Axis::logarithmic("Arithmetic Intensity (FLOP/B)", 0.1, 1000.0, 10.0);
    chart.y = Axis::logarithmic("Throughput (TFLOPs/s)", 0.1, 1000.0, 10.0);
    check("roofline", &chart);
}

#[test]
fn a_heat_map_with_its_numbers_and_a_colour_bar() {
    check("heat-map", &made_up::heat_map());
}

#[test]
fn any_product_over_a_size_with_lines_of_passes() {
    let charts =
        hovera_plot::charts(&any_product::on("Made-Up 100", any_product::mlp()), &ChartOptions::default());
    check("mlp", &charts.unwrap()[0].chart);
}

#[test]
fn steps_of_a_vocabulary_by_power_of_two() {
    let charts =
        hovera_plot::charts(&any_product::on("Made-Up 100", any_product::logits()), &ChartOptions::default());
    check("logits", &charts.unwrap()[0].chart);
}

#[test]
fn measured_and_imported_cards_over_octaves() {
    let options = ChartOptions { x: Some(Dimension::M), by: Some(Dimension::Gpu), ..ChartOptions::default() };
    let charts = any_product::drawn(&any_product::four_cards(), &["n=14336", "k=4096"], &options);
    check("four-cards", &charts.unwrap()[0].chart);
}

#[test]
fn predicted_lines_over_measured_dots() {
    let [model, measured] = predicted::sweep();
    let files = [&model, &measured].map(|results| NamedResults { name: "file", results });
    let options = ChartOptions { overlay: Some(Overlay::Gpu), ..ChartOptions::default() };
    check("predicted-over-measured", &charts_across(&files, &[], &options).unwrap()[0].chart);
}

#[test]
fn predicted_lines_under_readings() {
    let charts = hovera_plot::charts(&predicted::sweep()[0], &ChartOptions::default()).unwrap();
    check("predicted-under-readings", &with_readings(charts, &predicted::readings()).unwrap()[0].chart);
}

#[test]
fn predicted_lines_alone() {
    let charts = hovera_plot::charts(&predicted::sweep()[0], &ChartOptions::default()).unwrap();
    check("predicted", &charts[0].chart);
}

#[test]
fn shares_of_a_layer_over_hidden_size() {
    let rows = any_product::layers((1..=24).map(|i| 512 * i));
    let options = ChartOptions { kind: ChartKind::Shares, ..ChartOptions::default() };
    let charts = hovera_plot::charts(&any_product::on("Made-Up 100", rows), &options);
    check("layer-shares", &charts.unwrap()[0].chart);
}

#[test]
fn steps_of_fused_attention_under_the_widths_of_its_kernels() {
    check("fused-steps", &fused::steps().chart);
}

#[test]
fn fused_attention_against_its_products() {
    check("fused-speedup", &fused::speed_up().chart);
    check("fused-speedup-with-softmax", &fused::speed_up_with_softmax().chart);
}

#[test]
fn a_heat_map_of_sequence_by_head_dim() {
    let options = ChartOptions { kind: ChartKind::HeatMap, ..ChartOptions::default() };
    let charts = hovera_plot::charts(&any_product::on("Made-Up 100", fused::grid()), &options);
    check("fused-heat-map", &charts.unwrap()[0].chart);
}

#[test]
fn a_stacked_bar_for_each_model() {
    check("model-shares", &made_up::shares().chart());
}

#[test]
fn a_fleet_of_named_cards() {
    check("fleet", &made_up::fleet(24, &[3, 17]).chart());
}

#[test]
fn a_large_fleet_names_its_outliers_apart() {
    check("large-fleet", &made_up::fleet(600, &[11, 12, 13, 14, 300, 599]).chart());
}

fn guide(label: &str, dash: Dash, points: Vec<(f64, f64)>) -> Trace {
    Trace {
        label: label.into(),
        listed: false,
        heading: None,
        colour: Colour::hex(0x333333),
        style: Style::Guide(dash),
        points: points.into_iter().map(DataPoint::from).collect(),
        intervals: Intervals::None,
    }
}

fn check(name: &str, chart: &Chart) {
    let figure = Figure::draw(chart).unwrap();
    let (svg, png) = (figure.svg(), figure.png().unwrap());
    let golden = |ending: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.{ending}"))
    };
    if std::env::var("HOVERA_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(golden("svg"), svg).unwrap();
        std::fs::write(golden("png"), &png).unwrap();
        return;
    }
    let right_svg = std::fs::read_to_string(golden("svg")).unwrap();
    let right_png = std::fs::read(golden("png")).unwrap();
    let svg_difference = first_difference(&right_svg, svg);
    let (right, drawn) = (decode(&right_png), decode(&png));
    let differing = differing_pixels(&right, &drawn);
    if svg_difference.is_some() || differing > 0 {
        let left = leave(name, &right, &drawn, &png);
        panic!(
            "{name}: {differing} pixels differ, see {}. {}",
            left.display(),
            svg_difference.unwrap_or_default()
        );
    }
}

/// The first line in which two SVGs differ by more than rounding.
fn first_difference(right: &str, drawn: &str) -> Option<String> {
    let (right, drawn) = (&without_id(right), &without_id(drawn));
    let (right_lines, drawn_lines) = (right.lines(), drawn.lines());
    let differing = right_lines.clone().zip(drawn_lines.clone()).enumerate().find(|(_, (a, b))| !alike(a, b));
    if let Some((i, (a, b))) = differing {
        return Some(format!("SVG line {}:\n  right {a}\n  drawn {b}", i + 1));
    }
    let counts = (right_lines.count(), drawn_lines.count());
    (counts.0 != counts.1).then(|| format!("the SVG has {} lines, not {}", counts.1, counts.0))
}

/// The ids of an SVG hash its numbers.
fn without_id(svg: &str) -> String {
    let id = svg.split_once("aria-labelledby=\"").unwrap().1.split_once("-title").unwrap().0;
    svg.replace(id, "ID")
}

fn alike(a: &str, b: &str) -> bool {
    let words = |line: &str| -> Vec<String> {
        let is_break = |c: char| matches!(c, ' ' | '"' | 'M' | 'L' | 'Z' | '(' | ')');
        line.split(is_break).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| {
            a == b
                || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if (a - b).abs() <= NUMBER_TOLERANCE)
        })
}

fn differs(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > CHANNEL_TOLERANCE)
}

fn differing_pixels(right: &Pixels, drawn: &Pixels) -> usize {
    if (right.width, right.height) != (drawn.width, drawn.height) {
        return drawn.rgb.len() / 3;
    }
    right.all().zip(drawn.all()).filter(|(a, b)| differs(a.2, b.2)).count()
}

/// Leaves the drawn picture and one of the difference, red where it is, and says where.
fn leave(name: &str, right: &Pixels, drawn: &Pixels, png: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join(format!("{name}-drawn.png")), png).unwrap();
    let difference = right.all().zip(drawn.all()).flat_map(|(a, b)| {
        let faint = |channel: u8| 255 - (255 - channel) / 4;
        if differs(a.2, b.2) { [255, 0, 0] } else { b.2.map(faint) }
    });
    let mut difference: Vec<u8> = difference.collect();
    difference.resize(drawn.rgb.len(), 255);
    let path = folder.join(format!("{name}-difference.png"));
    let file = std::fs::File::create(&path).unwrap();
    let mut encoder = png::Encoder::new(file, drawn.width, drawn.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&difference).unwrap();
    path
}

#[test]
fn rounding_is_alike_and_anything_else_is_not() {
    assert!(alike(r#"<path d="M1 2.01L3 4"/>"#, r#"<path d="M1 2L3 4"/>"#));
    assert!(!alike(r#"<path d="M1 2.1L3 4"/>"#, r#"<path d="M1 2L3 4"/>"#));
    assert!(!alike("<text>50</text>", "<text>50.1</text>"));
}
