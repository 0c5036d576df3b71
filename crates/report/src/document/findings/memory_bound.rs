//! Where memory is the limit.

use crate::document::condition::Spot;
use crate::document::sentence::{Sentence, counted, three_digits};
use hovera_analysis::RatedCard;
use hovera_core::{Bound, Series, in_percent};
use std::collections::BTreeMap;

/// The points that memory bounds, by what their rows say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MemoryBound<'a> {
    memory: usize,
    compute: usize,
    /// Bound by memory and by compute alike.
    both: usize,
    unknown: usize,
    /// The series that memory bounds up to the largest hidden size, and up to the least.
    reach: Option<((Series, u32), (Series, u32))>,
    /// The memory-bound point of the highest traffic, that in GB/s, and the datasheet's bandwidth.
    busiest: Option<(Spot<'a>, f64, Option<f64>)>,
}

/// The largest hidden size at which memory bounds a line.
pub(in crate::document) fn memory_bound_up_to(line: &[Spot<'_>]) -> Option<u32> {
    line.iter().filter(|spot| spot.row.bound == Some(Bound::Memory)).map(|spot| spot.hidden).max()
}

impl<'a> MemoryBound<'a> {
    /// None where no row says what bounds it.
    pub(super) fn find(
        lines: &BTreeMap<Series, Vec<Spot<'a>>>,
        card: &RatedCard<'_>,
    ) -> Option<MemoryBound<'a>> {
        let spots = || lines.values().flatten().copied();
        let count = |bound| spots().filter(|spot| spot.row.bound == bound).count();
        let [memory, compute, both] =
            [Bound::Memory, Bound::Compute, Bound::Both].map(|bound| count(Some(bound)));
        if memory + compute + both == 0 {
            return None;
        }
        let ends = || lines.iter().filter_map(|(s, line)| Some((*s, memory_bound_up_to(line)?)));
        let reach = ends().max_by_key(|end| end.1).zip(ends().min_by_key(|end| end.1));
        let rate = |spot: Spot<'a>| (spot, spot.row.point.bytes() as f64 / spot.time_us / 1e3);
        let busiest = spots()
            .filter(|spot| spot.row.bound == Some(Bound::Memory))
            .map(rate)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(spot, gb_s)| (spot, gb_s, card.sheet().map(|sheet| sheet.memory_gb_s)));
        Some(MemoryBound { memory, compute, both, unknown: count(None), reach, busiest })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let all = self.memory + self.compute + self.both + self.unknown;
        let Some(((widest, up_to), (narrowest, down_to))) = self.reach else {
            let known = self.compute + self.both;
            return Sentence::new(format!(
                "None of the {} whose limit is known is memory-bound.",
                counted(known, "point")
            ));
        };
        let are = if self.memory == 1 { "is" } else { "are" };
        let mut words = format!("{} of {} {are} memory-bound: ", self.memory, counted(all, "point"));
        if widest == narrowest {
            words += &format!("h/a = {widest} up to hidden size {up_to}.");
        } else {
            words +=
                &format!("h/a = {widest} up to hidden size {up_to}, h/a = {narrowest} only up to {down_to}.");
        }
        if let Some((spot, gb_s, rated)) = &self.busiest {
            let share = rated.map(|rated| {
                format!(", {} of the datasheet's {}", in_percent(gb_s / rated, 0), three_digits(rated))
            });
            words += &format!(
                " The highest traffic among them is {} GB/s at hidden size {}{}.",
                three_digits(*gb_s),
                spot.hidden,
                share.unwrap_or_default()
            );
        }
        if self.both > 0 {
            let are = if self.both == 1 { "is" } else { "are" };
            words += &format!(" {} {are} bound by memory and compute alike.", counted(self.both, "point"));
        }
        if self.unknown > 0 {
            words += &format!(" For {} it is not known.", counted(self.unknown, "point"));
        }
        Sentence::new(words)
    }
}
