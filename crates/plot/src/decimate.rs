//! Lines of many more points than a picture has columns, thinned without changing what is seen.

/// Columns to a pixel of the figure: two to one of a PNG, so that what is left out is at most half a
/// pixel of a PNG beside what is drawn.
const COLUMNS_PER_PIXEL: f64 = 4.0;
/// What of a column is kept at most.
const KEPT_PER_COLUMN: usize = 4;

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
