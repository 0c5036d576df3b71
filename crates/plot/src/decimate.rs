//! Lines of many more points than a picture has columns, and markers of many more than it has places, thinned without
//! changing what is seen.

use std::collections::BTreeSet;

/// Columns to a pixel of the figure: two to one of a PNG, so that what is left out is at most half a
/// pixel of a PNG beside what is drawn.
const COLUMNS_PER_PIXEL: f64 = 4.0;
/// What of a column is kept at most.
const KEPT_PER_COLUMN: usize = 4;

/// So many markers of a trace are all drawn, and of more no more than that.
const MOST_MARKERS: usize = 20_000;

/// What a picture says of itself where points of a line or markers are left out.
pub(crate) const SAID: &str = "Of lines with many more points than the picture has columns, the first, lowest, highest and last \
    of each quarter of a pixel are drawn; of markers that hide each other, one.";

/// The indices of the markers to draw of those at `places`, in pixels: all, or where they are many one of each cell of a
/// pixel or more.
pub(crate) fn apart(places: &[(f64, f64)]) -> Option<Vec<usize>> {
    if places.len() <= MOST_MARKERS {
        return None;
    }
    let of_cells = |pixels: f64| {
        let mut taken = BTreeSet::new();
        let cell = |(x, y): (f64, f64)| ((x / pixels).floor() as i64, (y / pixels).floor() as i64);
        (0..places.len()).filter(|i| taken.insert(cell(places[*i]))).collect::<Vec<usize>>()
    };
    let mut pixels = 1.0;
    loop {
        let kept = of_cells(pixels);
        if kept.len() <= MOST_MARKERS {
            return Some(kept);
        }
        pixels *= 2.0;
    }
}

/// The places that [`apart`] keeps, and whether those are not all.
pub(crate) fn few_enough(places: Vec<(f64, f64)>) -> (Vec<(f64, f64)>, bool) {
    match apart(&places) {
        Some(kept) => (kept.into_iter().map(|i| places[i]).collect(), true),
        None => (places, false),
    }
}

/// The indices of the points to draw of a line through `places`, in pixels, on axes that are `width`
/// pixels wide. Of each run of points in one column these are the first, the lowest, the
/// highest and the last (M4: Jugel, Jerzak, Hackenbroich and Markl, VLDB 7(10), 2014): the line enters
/// and leaves each column where it did, and covers the same height in between.
///
/// None where the points are too few for that to leave any out by far: those are all drawn.
pub(crate) fn decimated(places: &[(f64, f64)], width: f64) -> Option<Vec<usize>> {
    if places.len() <= KEPT_PER_COLUMN * (width * COLUMNS_PER_PIXEL) as usize {
        return None;
    }
    let column = |i: usize| (places[i].0 * COLUMNS_PER_PIXEL).floor();
    let mut kept = Vec::new();
    let mut first = 0;
    for end in 1..=places.len() {
        if end < places.len() && column(end) == column(first) {
            continue;
        }
        let by_height = |a: &usize, b: &usize| places[*a].1.total_cmp(&places[*b].1);
        let mut run: Vec<usize> =
            [Some(first), (first..end).min_by(by_height), (first..end).max_by(by_height)]
                .into_iter()
                .flatten()
                .chain([end - 1])
                .collect();
        run.sort_unstable();
        run.dedup();
        kept.extend(run);
        first = end;
    }
    Some(kept)
}

/// The indices of the points to draw of a line: all of few, of many the first, the lowest, the highest and the last of
/// each of so many columns. `places` are in the order of the line, on an axis of x from the one number of `range` to the
/// other.
#[must_use]
pub fn thinned_line(places: &[(f64, f64)], range: (f64, f64), columns: f64) -> Vec<usize> {
    let width = columns / COLUMNS_PER_PIXEL;
    let (from, to) = range;
    let scaled: Vec<_> = places.iter().map(|(x, y)| ((x - from) / (to - from) * width, *y)).collect();
    decimated(&scaled, width).unwrap_or_else(|| (0..places.len()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_points_are_all_drawn() {
        let places: Vec<_> = (0..8000).map(|i| (f64::from(i) / 20.0, 0.0)).collect();
        assert_eq!(decimated(&places, 500.0), None);
        assert_eq!(decimated(&[], 0.0), None);
    }

    #[test]
    fn a_line_on_an_axis_keeps_what_its_columns_show() {
        let line = |count: u32| -> Vec<(f64, f64)> {
            (0..count).map(|i| (f64::from(i) * 8.0, f64::from(i * 7919 % 1000))).collect()
        };
        assert_eq!(thinned_line(&line(2000), (0.0, 16_000.0), 500.0).len(), 2000);
        let many = line(100_000);
        let kept = thinned_line(&many, (0.0, 800_000.0), 500.0);
        assert!((1000..=2000).contains(&kept.len()), "{}", kept.len());
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 99_999));
        let highest = |of: &mut dyn Iterator<Item = f64>| of.fold(f64::MIN, f64::max);
        let all = highest(&mut many.iter().map(|place| place.1));
        assert_eq!(highest(&mut kept.iter().map(|i| many[*i].1)), all);
    }

    #[test]
    fn markers_are_all_drawn_or_no_more_than_can_be_told_apart() {
        let spiral = |count: u32| -> Vec<(f64, f64)> {
            let at =
                |i: u32| (f64::from(i).sqrt() * f64::from(i).sin(), f64::from(i).sqrt() * f64::from(i).cos());
            (0..count).map(at).collect()
        };
        assert_eq!(apart(&spiral(20_000)), None);
        let many = spiral(300_000);
        let kept = apart(&many).unwrap();
        assert!((5_000..=20_000).contains(&kept.len()), "{}", kept.len());
        // Each that is left out has one beside it.
        let near = |(x, y): (f64, f64)| {
            kept.iter().any(|i| (many[*i].0 - x).abs() <= 16.0 && (many[*i].1 - y).abs() <= 16.0)
        };
        assert!(many.iter().step_by(997).all(|place| near(*place)));
        // Of those at one place one is kept.
        assert_eq!(few_enough(vec![(1.0, 2.0); 30_000]), (vec![(1.0, 2.0)], true));
    }

    proptest! {
        #[test]
        fn each_column_keeps_its_ends_and_extremes_and_nothing_moves(
            heights in prop::collection::vec(0.0f64..100.0, 200..2000)
        ) {
            // Ten pixels wide: 40 columns.
            let count = heights.len() as f64;
            let places: Vec<_> =
                heights.iter().enumerate().map(|(i, y)| (10.0 * i as f64 / count, *y)).collect();
            let kept = decimated(&places, 10.0).unwrap();
            prop_assert!(kept.len() <= 4 * 40);
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            for column in 0..40 {
                let inside = |p: &(f64, f64)| (p.0 * 4.0).floor() == f64::from(column);
                let all: Vec<_> = places.iter().copied().filter(inside).collect();
                let drawn: Vec<_> = kept.iter().map(|i| places[*i]).filter(inside).collect();
                prop_assert_eq!(all.first(), drawn.first());
                prop_assert_eq!(all.last(), drawn.last());
                let extremes = |points: &[(f64, f64)]| {
                    let heights = || points.iter().map(|p| p.1);
                    (heights().fold(f64::MAX, f64::min), heights().fold(f64::MIN, f64::max))
                };
                prop_assert_eq!(extremes(&all), extremes(&drawn));
            }
        }
    }
}
