//! What of very much a report shows.

/// The places of at most `most` of `count`, evenly spread, the first and the last among them.
pub(super) fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    match most {
        0 => Vec::new(),
        1 => vec![0],
        _ => (0..most).map(|i| i * (count - 1) / (most - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_shown_and_of_many_as_many_as_fit() {
        assert_eq!(spread(3, 4), [0, 1, 2]);
        assert_eq!(spread(0, 0), [0; 0]);
        assert_eq!(spread(101, 5), [0, 25, 50, 75, 100]);
        let places = spread(1_000_000, 10_000);
        assert_eq!((places.len(), places[0], places[9_999]), (10_000, 0, 999_999));
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
