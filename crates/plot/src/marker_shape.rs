//! The outlines of markers, and which points of a dense line carry one.

use crate::chart::Marker;
use std::f64::consts::TAU;

/// So many markers on one line hide it already.
const MOST: usize = 1000;

/// Corners around `(0, 0)` within a circle of the given radius, y downwards; none for a circle.
pub(crate) fn corners(marker: Marker, radius: f64) -> Vec<(f64, f64)> {
    let unit: Vec<(f64, f64)> = match marker {
        Marker::Circle => return Vec::new(),
        Marker::Square => vec![(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        Marker::Triangle => vec![(0.0, -1.0), (1.0, 0.87), (-1.0, 0.87)],
        Marker::Diamond => vec![(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
        Marker::TriangleDown => vec![(0.0, 1.0), (-1.0, -0.87), (1.0, -0.87)],
        Marker::Plus => {
            let (a, b) = (0.36, 1.1);
            vec![
                (-a, -b),
                (a, -b),
                (a, -a),
                (b, -a),
                (b, a),
                (a, a),
                (a, b),
                (-a, b),
                (-a, a),
                (-b, a),
                (-b, -a),
                (-a, -a),
            ]
        }
        Marker::Star => (0..10)
            .map(|i| {
                let reach = if i % 2 == 0 { 1.3 } else { 0.52 };
                let angle = f64::from(i) / 10.0 * TAU;
                (reach * angle.sin(), -reach * angle.cos())
            })
            .collect(),
    };
    unit.into_iter().map(|(x, y)| (x * radius, y * radius)).collect()
}

/// The points of a line that carry a marker: all of them where they are `gap` apart along the line,
/// else those that are `gap` after the one before. `lead` is the way to the first. Of a line that goes up and down without
/// end these are as many as its points: no more than [`MOST`], evenly spread, are among them.
pub(crate) fn thinned(points: &[(f64, f64)], gap: f64, lead: f64) -> Vec<(f64, f64)> {
    let length: f64 = points.windows(2).map(|w| distance(w[0], w[1])).sum();
    let kept = if length >= gap * points.len().saturating_sub(1) as f64 {
        points.to_vec()
    } else {
        apart_along(points, gap, lead)
    };
    let step = kept.len().div_ceil(MOST).max(1);
    kept.into_iter().step_by(step).collect()
}

fn apart_along(points: &[(f64, f64)], gap: f64, lead: f64) -> Vec<(f64, f64)> {
    let mut way = gap - lead;
    let mut before = None;
    let mut kept = Vec::new();
    for &point in points {
        way += before.map_or(0.0, |b| distance(b, point));
        before = Some(point);
        if way >= gap {
            kept.push(point);
            way = 0.0;
        }
    }
    kept
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_points_keep_every_marker_and_dense_ones_keep_some_of_their_own() {
        let sparse: Vec<_> = (0..10).map(|i| (f64::from(i) * 30.0, 0.0)).collect();
        assert_eq!(thinned(&sparse, 20.0, 7.0), sparse);
        let dense: Vec<_> = (0..1000).map(|i| (f64::from(i), 0.0)).collect();
        let kept = thinned(&dense, 100.0, 30.0);
        assert_eq!(
            kept.iter().map(|p| p.0).collect::<Vec<_>>(),
            [30.0, 130.0, 230.0, 330.0, 430.0, 530.0, 630.0, 730.0, 830.0, 930.0]
        );
        assert_eq!(thinned(&[], 1.0, 0.0), []);
        assert_eq!(thinned(&[(1.0, 1.0)], 1.0, 0.0), [(1.0, 1.0)]);
    }

    #[test]
    fn a_line_that_goes_up_and_down_without_end_has_no_more_markers_than_can_be_seen() {
        let jagged: Vec<_> = (0..100_000).map(|i| (f64::from(i) / 200.0, f64::from(i % 2) * 300.0)).collect();
        for gap in [7.0, 110.0, 500.0] {
            let kept = thinned(&jagged, gap, 0.0);
            assert!((MOST / 2..=MOST).contains(&kept.len()), "{}", kept.len());
            assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn no_two_markers_look_alike() {
        for (i, a) in Marker::ALL.iter().enumerate() {
            for b in &Marker::ALL[..i] {
                assert_ne!(corners(*a, 1.0), corners(*b, 1.0));
            }
        }
    }
}
