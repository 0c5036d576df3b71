//! Lines of very many points look as they would with all of them, in small files.

use crate::files::{Pixels, decode};
use crate::made_up;
use hovera_plot::{Chart, Dash, DataPoint, Density, Figure, Intervals, Marker, Style};

const POINTS: usize = 100_000;
/// Of a channel of a pixel.
const TOLERANCE: u8 = 8;

/// So many points over the published axes: a sawtooth with noise.
fn dense(points: usize, style: Style) -> Chart {
    let mut trace = made_up::sawtooth(1000, |_| style).remove(0);
    trace.points = (0..points)
        .map(|i| {
            let part = i as f64 / points as f64;
            // The golden ratio's multiples are spread evenly without a pattern.
            let noise = (i as f64 * 0.618_033_988_749).fract();
            (32_768.0 * part, 200.0 * part / (part + 0.1) * (1.0 - 0.1 * (24.0 * part).fract()) + 8.0 * noise)
        })
        .map(DataPoint::from)
        .collect();
    made_up::published("Attention Key Query Score, a=12", vec![trace])
}

/// The same chart in pieces that are too short to be thinned. They overlap by a point.
fn undecimated(chart: &Chart) -> Chart {
    let mut pieces = chart.clone();
    let trace = pieces.traces.remove(0);
    let piece = |i: usize| {
        let mut piece = trace.clone();
        piece.points = trace.points[i..(i + 4001).min(trace.points.len())].to_vec();
        piece.listed = i == 0;
        piece
    };
    pieces.traces = (0..trace.points.len()).step_by(4000).map(piece).collect();
    pieces
}

#[test]
fn a_line_of_100_000_points_has_the_pixels_of_all_of_them() {
    let chart = dense(POINTS, Style::Line(Dash::Solid));
    let (thinned, whole) = (Figure::draw(&chart).unwrap(), Figure::draw(&undecimated(&chart)).unwrap());
    assert!(thinned.svg().len() < 160_000, "{} bytes", thinned.svg().len());
    assert!(whole.svg().len() >= 10 * thinned.svg().len(), "the whole is not whole");
    let (thinned, whole) = (decode(&thinned.png().unwrap()), decode(&whole.png().unwrap()));
    let different = thinned.all().zip(whole.all()).filter(|((.., a), (.., b))| differ(*a, *b)).count();
    // Of 1.6 million, all at the sides of steep walls.
    assert!(different <= 1600, "{different} pixels differ");
    assert_eq!(beside_all_neighbours(&thinned, &whole), 0);
    assert_eq!(beside_all_neighbours(&whole, &thinned), 0);
}

fn differ(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > TOLERANCE)
}

/// How many pixels of one picture are brighter, or darker, than all that the other has within a pixel of
/// them.
fn beside_all_neighbours(one: &Pixels, other: &Pixels) -> usize {
    let width = other.width as usize;
    let (rgb, _) = other.rgb.as_chunks::<3>();
    let far = |(x, y, colour): &(u32, u32, [u8; 3])| {
        let (x, y) = (*x as usize, *y as usize);
        if x == 0 || y == 0 || x + 1 == width || y + 1 == other.height as usize {
            return differ(*colour, rgb[y * width + x]);
        }
        let around = || (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| y * width + x));
        (0..3).any(|channel| {
            let all = || around().map(|i| rgb[i][channel]);
            let (low, high) = (all().min().unwrap(), all().max().unwrap());
            !(low.saturating_sub(TOLERANCE)..=high.saturating_add(TOLERANCE)).contains(&colour[channel])
        })
    };
    one.all().filter(far).count()
}

#[test]
fn a_file_does_not_grow_with_its_points() {
    let size = |points| Figure::draw(&dense(points, Style::Line(Dash::Solid))).unwrap().svg().len();
    let (some, many) = (size(20_000), size(400_000));
    assert!(many < some + some / 4, "{some} and {many} bytes");
}

#[test]
fn markers_of_a_dense_line_stay_apart() {
    let chart = dense(POINTS, Style::LineAndPoints(Dash::Solid, Marker::Square, Density::Many));
    let figure = Figure::draw(&chart).unwrap();
    assert!(figure.svg().len() < 2_000_000, "{} bytes", figure.svg().len());
}

/// The same with a band, with every second point noisy and every third with another speed.
fn crowded(points: usize, style: Style) -> Chart {
    let mut chart = dense(points, style);
    let trace = &mut chart.traces[0];
    trace.intervals = Intervals::OfY(trace.points.iter().map(|p| Some((p.y - 3.0, p.y + 3.0))).collect());
    for (i, point) in trace.points.iter_mut().enumerate() {
        point.noisy = i % 2 == 0;
        point.second = (i % 3 == 0).then_some(point.y / 2.0);
    }
    chart
}

#[test]
fn bands_rings_and_dots_do_not_grow_a_file_either_and_the_picture_says_what_is_left_out() {
    for style in [Style::Line(Dash::Solid), Style::Dots(Marker::Circle)] {
        let [some, many] = [50_000, 500_000].map(|points| Figure::draw(&crowded(points, style)).unwrap());
        let [some, many] = [&some, &many].map(Figure::svg);
        assert!(many.len() < 2 * some.len() && many.len() < 8_000_000, "{} and {}", some.len(), many.len());
        assert!(many.contains("of markers that hide each other, one."));
    }
    let few = Figure::draw(&crowded(500, Style::Line(Dash::Solid))).unwrap();
    assert!(!few.svg().contains("of markers that hide each other"));
}
