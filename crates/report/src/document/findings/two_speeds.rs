//! Points whose launches fall into two groups.

use crate::document::condition::Spot;
use crate::document::sentence::{Sentence, counted, three_digits};
use hovera_analysis::{RatedCard, Speeds};
use hovera_core::Series;
use std::collections::BTreeMap;

/// How many points of a condition have two speeds, and the one whose speeds are farthest apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TwoSpeeds<'a> {
    points: usize,
    of: usize,
    farthest: (Spot<'a>, Speeds),
}

impl<'a> TwoSpeeds<'a> {
    pub(super) fn find(
        lines: &BTreeMap<Series, Vec<Spot<'a>>>,
        card: &RatedCard<'_>,
    ) -> Option<TwoSpeeds<'a>> {
        let spots = || lines.values().flatten();
        let with_two = |spot: &Spot<'a>| Some((*spot, Speeds::of_row(spot.row, card)?));
        let all: Vec<(Spot<'a>, Speeds)> = spots().filter_map(with_two).collect();
        let distance = |(_, speeds): &(Spot<'_>, Speeds)| speeds.apart().ln_1p().abs();
        let farthest = all.iter().copied().max_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        Some(TwoSpeeds { points: all.len(), of: spots().count(), farthest })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let (Spot { series, hidden, head_dim, .. }, speeds) = self.farthest;
        let percent = |share: f64| three_digits(share * 100.0);
        let (have, which) = match self.points {
            1 => ("has", "it is"),
            _ => ("have", "the farthest apart are those of"),
        };
        Sentence::new(format!(
            "{} of {} {have} two speeds, which is not noise: {which} hidden size {hidden} (head dim {head_dim}, h/a = \
             {series}), with {} µs for {} % of the launches and {} µs for {} %. There, {}.",
            self.points,
            counted(self.of, "point"),
            three_digits(speeds.time_us),
            percent(speeds.share),
            three_digits(speeds.second_time_us),
            percent(speeds.second_share),
            speeds.cause
        ))
    }
}
