//! Cards against the middle of their fleet.

use super::{
    CardScore, Deviation, Fleet, FleetBuilder, FleetError, GroupScore, Losses, PointColumn, Seen, Unmeasured,
};
use crate::comparison::loss::Loss;
use crate::comparison::run_to_run::{Variance, expected};
use crate::comparison::verdict::Thresholds;
use crate::comparison::{Ratio, judge};
use crate::metric::Metric;
use crate::pair::MadeOf;
use hovera_core::{Bound, NORMAL_DEVIATIONS_PER_MAD, Op, Pass, Point, Series, median_of};
use std::collections::{BTreeMap, BTreeSet};

/// Points that are judged together: an op, its pass and a series.
type Group = (Op, Pass, Option<Series>);

/// The efficiency of the median absolute deviation of normal values: as many values make a standard
/// deviation as sure (Rousseeuw and Croux 1993, J. Am. Stat. Assoc. 88, 1273-1283).
pub(in crate::comparison) const MAD_EFFICIENCY: f64 = 0.37;

/// What the median absolute deviation of so many normal values, 8 or more, is too small by (Croux and
/// Rousseeuw 1992, Computational Statistics 1, 411-428).
fn small_sample_factor(values: usize) -> f64 {
    match values {
        ..=8 => 1.129,
        9 => 1.107,
        n => n as f64 / (n as f64 - 0.8),
    }
}

/// The variance of a median of normal values over that of their mean.
const MEDIAN_VARIANCE: f64 = std::f64::consts::FRAC_PI_2;

/// The middle of one value is that value, and two are equally far from theirs.
pub(in crate::comparison) const FEWEST_OF_A_POINT: usize = 3;

/// How many points of an outlier are named.
const FARTHEST: usize = 3;

/// Some points, and how far a card differs on them from run to run.
struct ScoredPoints {
    columns: Vec<usize>,
    run_to_run: f64,
}

pub(super) fn score(builder: FleetBuilder, model: String) -> Result<Fleet, FleetError> {
    let FleetBuilder { options, cards: seen, mut points, columns, mut notes, .. } = builder;
    let mut by_place: Vec<Option<Point>> = vec![None; columns.len()];
    for (point, place) in &points {
        by_place[*place] = Some(*point);
    }
    let made_of: Vec<MadeOf> = columns.iter().map(|column| made_of(column, options.metric)).collect();
    let deviations: Vec<Vec<f32>> =
        columns.into_iter().zip(&made_of).map(|(column, made_of)| deviations(column, *made_of)).collect();
    let of_any = points.len();
    points.retain(|_, place| deviations[*place].iter().any(|value| value.is_finite()));
    if points.len() < of_any {
        let few = of_any - points.len();
        notes.push(format!(
            "{few} of {of_any} points are left out: fewer than {FEWEST_OF_A_POINT} cards have them"
        ));
    }

    let losses = losses(&seen, &points, &deviations);
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    // By point, so that the order of the files does not matter.
    for (point, place) in &points {
        groups.entry((point.op, point.pass, point.series())).or_default().push(*place);
    }
    let of_points = |columns: Vec<usize>| {
        let known = columns.iter().filter_map(|place| Some((by_place[*place]?, made_of[*place])));
        let deviation = |(point, made_of): (Point, MadeOf)| {
            options.thresholds.run_to_run.unwrap_or_else(|| expected(&point, made_of))
        };
        let squares: f64 = known.map(|it| deviation(it).powi(2)).sum();
        let n = columns.len() as f64;
        let runs = Variance::new(0.0, (squares / n).sqrt());
        ScoredPoints { columns, run_to_run: (MEDIAN_VARIANCE * runs.own / n + runs.shared).sqrt() }
    };
    let whole = of_points(points.values().copied().collect());
    let groups: Vec<(Group, ScoredPoints)> =
        groups.into_iter().map(|(key, columns)| (key, of_points(columns))).collect();

    let cards = seen.len();
    let mut wholes = judged(&whole, &deviations, cards, &options.thresholds);
    let mut scores: Vec<CardScore> = Vec::with_capacity(cards);
    let mut unmeasured = Vec::new();
    // Which card each score is of.
    let mut scored = Vec::with_capacity(cards);
    for (card, (Seen { label, id, measured, .. }, losses)) in seen.into_iter().zip(losses).enumerate() {
        match wholes[card].take() {
            Some(whole) => {
                scored.push(card);
                scores.push(CardScore { label, id, whole, groups: Vec::new(), losses, farthest: Vec::new() });
            }
            None if measured => return Err(FleetError::Alone { label }),
            None => unmeasured.push(Unmeasured { label, id, losses }),
        }
    }
    for ((op, pass, series), group) in &groups {
        let found = judged(group, &deviations, cards, &options.thresholds);
        for (score, card) in scores.iter_mut().zip(&scored) {
            let (op, pass, series) = (*op, *pass, *series);
            let group = found[*card].map(|deviation| GroupScore { op, pass, series, deviation });
            score.groups.extend(group);
        }
    }
    // One table, so that a fleet without an outlier has one with no more than the rate's probability.
    let mut all: Vec<&mut Deviation> = scores
        .iter_mut()
        .flat_map(|score| {
            let groups = score.groups.iter_mut().map(|group| &mut group.deviation);
            std::iter::once(&mut score.whole).chain(groups)
        })
        .collect();
    judge(&mut all, |deviation| &mut deviation.ratio, &options.thresholds);

    for (score, card) in scores.iter_mut().zip(&scored).filter(|(score, _)| score.is_outlier()) {
        let mut points: Vec<(Point, f64)> = points
            .iter()
            .map(|(point, place)| (*point, f64::from(deviations[*place][*card])))
            .filter(|(_, deviation)| deviation.is_finite())
            .collect();
        points.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        points.truncate(FARTHEST);
        score.farthest = points.into_iter().map(|(point, deviation)| (point, deviation.exp())).collect();
    }
    let (metric, thresholds) = (options.metric, options.thresholds);
    Ok(Fleet { model, metric, thresholds, points: points.len(), cards: scores, unmeasured, notes })
}

/// What each card has no value of. `points` are those that three or more cards have.
fn losses(seen: &[Seen], points: &BTreeMap<Point, usize>, deviations: &[Vec<f32>]) -> Vec<Losses> {
    let has = |place: usize, card: usize| deviations[place][card].is_finite();
    let most_have = |place: usize| 2 * (0..seen.len()).filter(|card| has(place, *card)).count() > seen.len();
    let expected: BTreeMap<&Point, usize> =
        points.iter().map(|(point, place)| (point, *place)).filter(|(_, place)| most_have(*place)).collect();
    let of_card = |(card, seen): (usize, &Seen)| {
        let mut losses = Losses::default();
        for absent in &seen.absent {
            if absent.loss == Loss::Failed || expected.contains_key(&absent.point) {
                losses.add(absent);
            }
        }
        let rows: BTreeSet<&Point> = seen.absent.iter().map(|absent| &absent.point).collect();
        let missing = expected.iter().filter(|(point, place)| !has(**place, card) && !rows.contains(*point));
        missing.for_each(|_| losses.add_missing());
        losses
    };
    seen.iter().enumerate().map(of_card).collect()
}

/// What a point's values are made of, all cards being brought to one clock by one exponent.
fn made_of(column: &PointColumn, metric: Metric) -> MadeOf {
    let exponent = column.exponent.mean();
    let bound = exponent.map(|exponent| match exponent {
        e if 3.0 * e > 2.0 => Bound::Compute,
        e if 3.0 * e < 1.0 => Bound::Memory,
        _ => Bound::Both,
    });
    match metric {
        Metric::Tflops | Metric::GbPerSecond => MadeOf::Time { cycles: 0.0, bound },
        // Every card whose exponent is not known is left out.
        Metric::TflopsAtClock => MadeOf::Time { cycles: exponent.unwrap_or_default(), bound },
        Metric::PercentOfPeak | Metric::FlopPerCycle => MadeOf::Time { cycles: 1.0, bound },
        Metric::GflopsPerWatt => MadeOf::Energy,
    }
}

/// Each card's logarithm over the median of all cards', where so many have one that it means something.
fn deviations(column: PointColumn, made_of: MadeOf) -> Vec<f32> {
    let mut values = match made_of {
        MadeOf::Time { cycles: 0.0, .. } => column.by_time,
        MadeOf::Time { cycles: 1.0, .. } | MadeOf::Energy => column.by_cycles,
        MadeOf::Time { cycles: share, .. } => {
            let share = share as f32;
            let both = column.by_time.iter().zip(&column.by_cycles);
            both.map(|(time, cycles)| (1.0 - share) * time + share * cycles).collect()
        }
    };
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let middle = match known().count() {
        0..FEWEST_OF_A_POINT => f32::NAN,
        _ => middle(known()).unwrap_or(f32::NAN),
    };
    for value in &mut values {
        *value -= middle;
    }
    values
}

fn middle(values: impl Iterator<Item = f32>) -> Option<f32> {
    median_of(values.map(f64::from)).map(|middle| middle as f32)
}

/// Each card's deviation on the points of a group, not yet with a q-value; none without such a point.
fn judged(
    group: &ScoredPoints,
    deviations: &[Vec<f32>],
    cards: usize,
    thresholds: &Thresholds,
) -> Vec<Option<Deviation>> {
    let of_card = |card: usize| {
        let values = || group.columns.iter().map(move |place| deviations[*place][card]);
        let points = values().filter(|value| value.is_finite()).count();
        Some((points, f64::from(middle(values().filter(|value| value.is_finite()))?)))
    };
    let found: Vec<Option<(usize, f64)>> = (0..cards).map(of_card).collect();
    let known: Vec<f64> = found.iter().flatten().map(|(_, deviation)| *deviation).collect();
    let centre = median_of(known.iter().copied()).unwrap_or(0.0);
    let spread = hovera_core::median_absolute_deviation(&known).unwrap_or(0.0)
        * NORMAL_DEVIATIONS_PER_MAD
        * small_sample_factor(known.len());
    let freedom = MAD_EFFICIENCY * (known.len().max(2) - 1) as f64;
    found
        .into_iter()
        .map(|found| {
            let (points, deviation) = found?;
            let ln = deviation - centre;
            let estimate = if spread > group.run_to_run {
                thresholds.of_estimated_error(ln, spread, freedom)
            } else {
                thresholds.of_known_error(ln, group.run_to_run)
            };
            Some(Deviation { points, ratio: Ratio::unjudged(&estimate) })
        })
        .collect()
}
