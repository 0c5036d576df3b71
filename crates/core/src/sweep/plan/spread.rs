//! Fewer points that still show every series from end to end.

use crate::shape::series::Series;

/// At most `most` items of each series, evenly spread over the series by size, its smallest and largest among
/// them. `place` says the series of an item and its size; one without is kept. The order of the rest stays as it was.
pub(super) fn even_spread<T>(
    items: Vec<T>,
    most: usize,
    place: impl Fn(&T) -> Option<(Series, u32)>,
) -> Vec<T> {
    let places: Vec<Option<(Series, u32)>> = items.iter().map(place).collect();
    let mut kept: Vec<bool> = places.iter().map(Option::is_none).collect();
    for series in Series::ALL {
        let size = |i: usize| places[i].filter(|(of, _)| *of == series).map(|(_, size)| size);
        let mut members: Vec<usize> = (0..items.len()).filter(|&i| size(i).is_some()).collect();
        members.sort_by_key(|&i| size(i));
        for position in positions(members.len(), most) {
            kept[members[position]] = true;
        }
    }
    items.into_iter().zip(kept).filter_map(|(item, kept)| kept.then_some(item)).collect()
}

/// `most` positions among `count`, from the first to the last, rounded to the nearest; all of them
/// when there are no more than `most`. `most` is at least 2.
fn positions(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let gaps = most - 1;
    (0..most).map(|i| (i * (count - 1) + gaps / 2) / gaps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_of_nine_are_every_other_one() {
        assert_eq!(positions(9, 5), [0, 2, 4, 6, 8]);
        assert_eq!(positions(3, 5), [0, 1, 2]);
        assert_eq!(positions(100, 2), [0, 99]);
        assert!(positions(0, 2).is_empty());
    }

    proptest! {
        #[test]
        fn a_spread_has_both_ends_and_even_gaps(count in 1usize..5000, most in 2usize..200) {
            let positions = positions(count, most);
            prop_assert_eq!(positions.len(), count.min(most));
            prop_assert_eq!((positions[0], positions[positions.len() - 1]), (0, count - 1));
            let gaps: Vec<usize> = positions.windows(2).map(|pair| pair[1] - pair[0]).collect();
            if let (Some(least), Some(greatest)) = (gaps.iter().min(), gaps.iter().max()) {
                prop_assert!(*least >= 1 && greatest - least <= 1);
            }
        }
    }
}
