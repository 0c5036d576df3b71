//! A data point lies where the axes say.

use crate::made_up;
use hovera_plot::{Chart, Colour, Dash, DataPoint, Density, Figure, Intervals, Marker, Style, Trace};
use roxmltree::{Document, Node};

/// The axes of the published charts in pixels: left, top, right, bottom.
const AXES: (f64, f64, f64, f64) = (72.0, 50.0, 656.0, 440.0);

fn layer<'a>(svg: &'a Document<'_>, class: &str) -> Node<'a, 'a> {
    svg.descendants().find(|n| n.attribute("class") == Some(class)).unwrap()
}

fn vertices(path: Node<'_, '_>) -> Vec<(f64, f64)> {
    let data = path.attribute("d").unwrap().trim_start_matches('M').trim_end_matches('Z');
    let number = |text: &str| text.parse().unwrap();
    let pair = |text: &str| text.split_once(' ').map(|(x, y)| (number(x), number(y))).unwrap();
    data.split('L').map(pair).collect()
}

fn place(chart: &Chart, (x, y): (f64, f64)) -> (f64, f64) {
    let (left, top, right, bottom) = AXES;
    let part = |axis: &hovera_plot::Axis, value: f64| (value - axis.min) / (axis.max - axis.min);
    (left + (right - left) * part(&chart.x, x), bottom + (top - bottom) * part(&chart.y, y))
}

#[test]
fn every_vertex_of_every_line_is_within_a_hundredth_of_a_pixel() {
    let mut chart =
        made_up::published("Attention over Values, a=12", made_up::sawtooth(1, |_| Style::Line(Dash::Solid)));
    chart.y.max = 100.0;
    chart.y.step = 20.0;
    let figure = Figure::draw(&chart).unwrap();
    let svg = Document::parse(figure.svg()).unwrap();
    let frame = vertices(layer(&svg, "frame").first_element_child().unwrap());
    assert_eq!(frame, [(72.0, 50.0), (656.0, 50.0), (656.0, 440.0), (72.0, 440.0)]);

    let lines: Vec<_> = layer(&svg, "lines").children().filter(Node::is_element).collect();
    assert_eq!(lines.len(), 7);
    for (line, trace) in lines.into_iter().zip(&chart.traces) {
        let drawn = vertices(line);
        assert_eq!(drawn.len(), trace.points.len(), "{}", trace.label);
        for (drawn, point) in drawn.into_iter().zip(&trace.points) {
            let want = place(&chart, point.place());
            let off = (drawn.0 - want.0).abs().max((drawn.1 - want.1).abs());
            assert!(off < 0.0051, "{}: {point:?} is at {drawn:?}, not {want:?}", trace.label);
        }
    }
}

#[test]
fn lines_are_clipped_at_the_frame_and_points_above_it_are_left_out() {
    let mut traces = made_up::sawtooth(400, |_| Style::Points(Marker::Circle));
    traces.truncate(1);
    traces[0].points = [(4096.0, 100.0), (8192.0, 250.0), (12_288.0, 250.1), (16_384.0, 1e300)]
        .map(DataPoint::from)
        .to_vec();
    let mut line = traces[0].clone();
    line.style = Style::Line(Dash::Solid);
    traces.push(line);
    let figure = Figure::draw(&made_up::published("t", traces)).unwrap();
    let svg = Document::parse(figure.svg()).unwrap();

    let clip = layer(&svg, "lines").attribute("clip-path").unwrap();
    let id = clip.trim_start_matches("url(#").trim_end_matches(')');
    let clip =
        svg.descendants().find(|n| n.attribute("id") == Some(id)).unwrap().first_element_child().unwrap();
    let rect = ["x", "y", "width", "height"].map(|name| clip.attribute(name).unwrap());
    assert_eq!(rect, ["72", "50", "584", "390"]);
    // Two circles each: a white ground and a coloured edge.
    let count = |tag: &str| layer(&svg, "markers").children().filter(|node| node.has_tag_name(tag)).count();
    assert_eq!(count("circle"), 4);
    // And a triangle for each point that is left out.
    assert_eq!(count("path"), 4);
}

#[test]
fn a_lone_marker_is_where_the_axes_say_in_the_png() {
    let trace = Trace {
        label: "one".into(),
        listed: true,
        heading: None,
        colour: Colour::hex(0xff0000),
        style: Style::LineAndPoints(Dash::Solid, Marker::Circle, Density::Many),
        points: vec![(10_000.0, 100.0).into()],
        intervals: Intervals::None,
    };
    let chart = made_up::published("t", vec![trace]);
    let pixels = crate::files::decode(&Figure::draw(&chart).unwrap().png().unwrap());
    let (mut weight, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for (x, y, [_, green, blue]) in
        pixels.all().filter(|(x, y, _)| (150..1300).contains(x) && (110..870).contains(y))
    {
        assert_eq!(green, blue, "nothing but the marker is inside the axes");
        let ink = f64::from(255 - green) / 255.0;
        weight += ink;
        x_sum += ink * (f64::from(x) + 0.5);
        y_sum += ink * (f64::from(y) + 0.5);
    }
    let (x, y) = place(&chart, (10_000.0, 100.0));
    // Two PNG pixels to the pixel.
    let off = ((x_sum / weight / 2.0 - x).abs(), (y_sum / weight / 2.0 - y).abs());
    assert!(weight > 50.0 && off.0 < 0.1 && off.1 < 0.1, "{weight} pixels, {off:?} off");
}
