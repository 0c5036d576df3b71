//! The sizes that one key of a spec lists.

use super::document::Field;
use super::error::SpecError;
use crate::shape::dimension::MAX_DIMENSION;

/// The most points a sweep may have. At a millisecond a point that is three hours of launches alone.
pub const MAX_POINTS: u64 = 10_000_000;

const WANT: &str = "an integer, 1 to 2147483647, a range { from, to, step }, or a list of these";

/// Sizes in the order in which the spec lists them: each is 1 to 2³¹ - 1, none is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sizes {
    runs: Vec<Run>,
    /// Where they stand, counted from 1.
    line: usize,
}

/// `from`, `from + step`, … up to and including `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: u32,
    to: u32,
    step: u32,
}

impl Run {
    fn len(self) -> u64 {
        u64::from((self.to - self.from) / self.step) + 1
    }

    fn iter(self) -> impl Iterator<Item = u32> + Clone {
        (self.from..=self.to).step_by(self.step as usize)
    }

    fn last(self) -> u32 {
        self.to - (self.to - self.from) % self.step
    }

    fn contains(self, size: u32) -> bool {
        (self.from..=self.to).contains(&size) && (size - self.from).is_multiple_of(self.step)
    }
}

impl Sizes {
    /// The one size that a spec has when it does not say.
    pub(super) fn one(size: u32, line: usize) -> Sizes {
        Sizes { runs: vec![Run { from: size, to: size, step: 1 }], line }
    }

    /// # Errors
    /// [`SpecError`] for anything but integers and ranges from 1 to [`MAX_DIMENSION`], for an empty
    /// range, for more than [`MAX_POINTS`] sizes, and for a size listed twice.
    pub(super) fn read(field: &Field<'_>) -> Result<Sizes, SpecError> {
        let items = field.items()?;
        let runs = items.iter().map(read_run).collect::<Result<Vec<_>, _>>()?;
        let sizes = Sizes { runs, line: field.line() };
        if sizes.len() > MAX_POINTS {
            return Err(field.wants(format!("at most {MAX_POINTS} sizes, not {}", sizes.len())));
        }
        if let Some(size) = sizes.repeated() {
            let mut holders = items.iter().zip(&sizes.runs).filter(|(_, run)| run.contains(size));
            if let (Some((first, _)), Some((second, _))) = (holders.next(), holders.next()) {
                return Err(second.repeats(size, first));
            }
        }
        Ok(sizes)
    }

    /// A size that is there twice. One run never repeats itself.
    fn repeated(&self) -> Option<u32> {
        if self.runs.len() == 1 {
            return None;
        }
        let mut all: Vec<u32> = self.iter().collect();
        all.sort_unstable();
        all.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    pub(crate) fn len(&self) -> u64 {
        self.runs.iter().map(|run| run.len()).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.runs.iter().flat_map(|run| run.iter())
    }

    pub(crate) fn max(&self) -> u32 {
        self.runs.iter().map(|run| run.last()).max().unwrap_or_default()
    }

    pub(crate) fn min(&self) -> u32 {
        self.runs.iter().map(|run| run.from).min().unwrap_or_default()
    }

    pub(crate) fn line(&self) -> usize {
        self.line
    }
}

fn read_run(item: &Field<'_>) -> Result<Run, SpecError> {
    let legal = 1..=MAX_DIMENSION as u32;
    let Some(range) = item.section() else {
        let size = item.small_integer(legal).map_err(|_| item.wants(WANT))?;
        return Ok(Run { from: size, to: size, step: 1 });
    };
    range.refuse_unknown(&["from", "to", "step"])?;
    let from = range.require("from", "the first size of the range")?.small_integer(legal.clone())?;
    let to = range.require("to", "the last size of the range")?.small_integer(legal.clone())?;
    let step = range.get("step").map_or(Ok(1), |step| step.small_integer(legal))?;
    if from > to {
        return Err(item.wants("`from` no greater than `to`: this range is empty"));
    }
    Ok(Run { from, to, step })
}
