//! What a head dim that few powers of two divide costs.

use super::LAST_QUARTER;
use super::kernels::Kernels;
use crate::document::condition::Spot;
use crate::document::enumerated;
use crate::document::sentence::{Sentence, counted, three_digits};
use hovera_core::{Series, in_percent, median_of};
use std::collections::BTreeMap;

/// A median of fewer ratios is not one.
pub(super) const FEWEST: usize = 5;
/// A factor below this is no cost to speak of.
pub(super) const NOTABLE: f64 = 1.05;

/// How many times slower one series is than another at equal hidden size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::document) struct Slowdown {
    /// The median over the sizes.
    pub(in crate::document) factor: f64,
    sizes: usize,
    from: u32,
    to: u32,
}

/// `line` against `reference` at each hidden size of `line` in the last quarter that `reference` has
/// points on both sides of; between them `reference` is interpolated.
pub(in crate::document) fn slowdown(line: &[Spot<'_>], reference: &[Spot<'_>]) -> Option<Slowdown> {
    let largest = f64::from(line.last()?.hidden.max(reference.last()?.hidden));
    let late = line.iter().filter(|spot| f64::from(spot.hidden) >= LAST_QUARTER * largest);
    let ratios: Vec<(u32, f64)> = late
        .filter_map(|spot| Some((spot.hidden, interpolated(reference, spot.hidden)? / spot.tflops)))
        .filter(|(_, ratio)| ratio.is_finite())
        .collect();
    if ratios.len() < FEWEST {
        return None;
    }
    let (from, to) = (ratios.first()?.0, ratios.last()?.0);
    Some(Slowdown {
        factor: median_of(ratios.iter().map(|(_, ratio)| *ratio))?,
        sizes: ratios.len(),
        from,
        to,
    })
}

/// The throughput of a line at a hidden size, on the straight line between its neighbours.
fn interpolated(line: &[Spot<'_>], hidden: u32) -> Option<f64> {
    let above = line.partition_point(|spot| spot.hidden < hidden);
    let right = line.get(above)?;
    if right.hidden == hidden {
        return Some(right.tflops);
    }
    let left = line.get(above.checked_sub(1)?)?;
    let part = f64::from(hidden - left.hidden) / f64::from(right.hidden - left.hidden);
    Some(left.tflops + (right.tflops - left.tflops) * part)
}

/// Every series against multiples of 64.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::document) struct Misaligned {
    /// That of odd head dims first.
    series: Vec<(Series, Slowdown)>,
    /// Why, where the rows say which kernels ran.
    kernels: Option<Kernels>,
}

impl Misaligned {
    /// None where odd head dims cost nothing to speak of, or it is not known.
    pub(in crate::document) fn find(lines: &BTreeMap<Series, Vec<Spot<'_>>>) -> Option<Misaligned> {
        let aligned = lines.get(&Series::from_power(64)?)?;
        let of_line = |(series, line): (&Series, &Vec<Spot<'_>>)| Some((*series, slowdown(line, aligned)?));
        let others = lines.iter().filter(|(series, _)| series.get() != 64);
        let series: Vec<(Series, Slowdown)> = others.filter_map(of_line).collect();
        let (first, odd) = series.first()?;
        let is_notable = first.get() == 1 && odd.factor >= NOTABLE;
        is_notable.then(|| Misaligned { kernels: Kernels::find(lines), series })
    }

    /// How many times slower odd head dims are.
    pub(in crate::document) fn odd(&self) -> f64 {
        self.series[0].1.factor
    }

    pub(super) fn sentence(&self) -> Sentence {
        let Slowdown { factor, sizes, from, to } = self.series[0].1;
        let others: Vec<String> =
            self.series[1..].iter().map(|(series, it)| loss(*series, it.factor)).collect();
        let others = match others.is_empty() {
            true => String::new(),
            false => format!(" By the same measure {}.", enumerated(&others)),
        };
        let sentence = Sentence::new(format!(
            "An odd head dim (h/a = 1) is {} times slower than a multiple of 64 would be at the same hidden \
             size: the median over {} from {from} up to {to}.{others}",
            three_digits(factor),
            counted(sizes, "size")
        ));
        match &self.kernels {
            Some(kernels) => kernels.add_to(sentence),
            None => sentence,
        }
    }
}

/// What a series costs: a factor where it is large, else the share of the throughput that is lost.
fn loss(series: Series, factor: f64) -> String {
    match 1.0 - 1.0 / factor {
        _ if factor >= 1.5 => format!("h/a = {series} is {} times slower", three_digits(factor)),
        loss if loss >= 0.0005 => format!("h/a = {series} loses {}", in_percent(loss, 1)),
        _ => format!("h/a = {series} loses nothing"),
    }
}

/// The two head dims one apart that differ most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OffByOne<'a> {
    fast: Spot<'a>,
    slow: Spot<'a>,
    /// How many pairs there are.
    pairs: usize,
}

impl<'a> OffByOne<'a> {
    pub(super) fn find(lines: &BTreeMap<Series, Vec<Spot<'a>>>) -> Option<OffByOne<'a>> {
        let by_head_dim: BTreeMap<u32, Spot<'a>> =
            lines.values().flatten().map(|spot| (spot.head_dim, *spot)).collect();
        let pair = |(head_dim, spot): (&u32, &Spot<'a>)| {
            let next = by_head_dim.get(&(head_dim + 1))?;
            Some(if spot.tflops >= next.tflops { (*spot, *next) } else { (*next, *spot) })
        };
        let pairs: Vec<(Spot<'a>, Spot<'a>)> = by_head_dim.iter().filter_map(pair).collect();
        let factor = |(fast, slow): &(Spot<'_>, Spot<'_>)| fast.tflops / slow.tflops;
        let worst = pairs.iter().copied().max_by(|a, b| factor(a).total_cmp(&factor(b)))?;
        let (fast, slow) = worst;
        (factor(&worst) >= NOTABLE).then_some(OffByOne { fast, slow, pairs: pairs.len() })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let OffByOne { fast, slow, pairs } = self;
        let said = |spot: &Spot<'_>| {
            format!(
                "head dim {} (h/a = {}) reaches {} TFLOP/s",
                spot.head_dim,
                spot.series,
                three_digits(spot.tflops)
            )
        };
        Sentence::new(format!(
            "One step apart, {} and {}: a factor of {}, the largest of {} of neighbours.",
            said(fast),
            said(slow),
            three_digits(fast.tflops / slow.tflops),
            counted(*pairs, "pair")
        ))
    }
}
