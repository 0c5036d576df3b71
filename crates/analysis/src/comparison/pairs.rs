//! The base with each other side.

use super::build::{build_of, differing};
use super::error::CompareError;
use super::error_within_run::{error_of_prediction, error_within_run};
use super::kernel_changes::KernelChanges;
use super::loss::Loss;
use super::matching::matched;
use super::method::MethodOfRows;
use super::run_to_run::{Repeats, Variance, expected};
use super::side::{ComparedFile, SideRows, sides};
use super::speed_counts::{SpeedCounts, TwoSpeeds};
use super::summary::summaries;
use super::{CompareOptions, Comparison, PointComparison, Ratio, Unmatched, WhyNot, judge};
use crate::metric::Metric;
use crate::pair::{Measured, pair_values};
use hovera_core::{Origin, Point, Row, Stat};
use std::num::NonZeroU32;

/// A base and how others are compared with it.
pub(super) struct Pairs<'a, 'b> {
    base: &'b SideRows<'a>,
    options: CompareOptions,
    stat: Stat,
    /// What repeated runs of the base show.
    repeats: Option<Repeats>,
    notes: Vec<String>,
}

impl<'a, 'b> Pairs<'a, 'b> {
    /// # Errors
    /// [`CompareError`], for methods that do not go together and a clock or statistic that cannot be.
    pub(super) fn new(
        options: &CompareOptions,
        base: &'b SideRows<'a>,
        others: &[SideRows<'a>],
    ) -> Result<Pairs<'a, 'b>, CompareError> {
        let stat = settle_stat(options, base, others)?;
        let mut options = CompareOptions { stat: Some(stat), ..options.clone() };
        if options.metric == Metric::TflopsAtClock && options.at_clock.is_none() {
            options.at_clock = rated_clock(base)?;
        }
        let mut pairs = Pairs { base, options, stat, repeats: None, notes: Vec::new() };
        for other in others {
            pairs.check_method(other)?;
            pairs.note_builds(other);
        }
        let has_median = |row: &Row| row.timing.is_some_and(|timing| timing.median_us.is_some());
        if stat != Stat::Median && base.rows.iter().any(|(_, row)| has_median(row)) {
            pairs.notes.push(format!(
                "the {stat} time is compared; its interval is taken to be as wide as the median's"
            ));
        }
        Ok(pairs)
    }

    fn check_method(&mut self, other: &SideRows<'_>) -> Result<(), CompareError> {
        let differences = self.method_differences(other);
        // No method is behind what was predicted.
        let is_predicted = [self.base, other].iter().any(|it| it.front_matter.origin() == Origin::Predicted);
        if differences.is_empty() || is_predicted {
            return Ok(());
        }
        let (base, other) = (self.base.side.label.clone(), other.side.label.clone());
        if !self.options.mixed_methods {
            return Err(CompareError::Methods { base, other, differences });
        }
        self.notes.push(format!(
            "{base} and {other} were measured by different methods: {}",
            differences.join("; ")
        ));
        Ok(())
    }

    fn note_builds(&mut self, other: &SideRows<'_>) {
        let builds = [self.base, other].map(|it| build_of(it.front_matter));
        if let Some((by_base, by_other)) = differing(&builds[0], &builds[1]) {
            let (base, other) = (&self.base.side.label, &other.side.label);
            self.notes.push(format!(
                "{base} was measured by {by_base} and {other} by {by_other}: what changed in hovera in between is part of the ratios"
            ));
        }
    }

    fn method_differences(&self, other: &SideRows<'_>) -> Vec<String> {
        MethodOfRows::of_side(self.base).differences(&MethodOfRows::of_side(other), &self.options.across)
    }

    /// Takes further runs of the base.
    ///
    /// # Errors
    /// [`CompareError::NoRepeat`], for a file that is not one.
    pub(super) fn repeated(mut self, repeats: &[ComparedFile<'_>]) -> Result<Pairs<'a, 'b>, CompareError> {
        if repeats.is_empty() {
            return Ok(self);
        }
        let mut runs = Vec::new();
        for source in repeats {
            if source.results.origin() == Origin::Predicted {
                let (file, base) = (source.name.to_owned(), self.base.side.label.clone());
                return Err(CompareError::NoRepeat { file, base, reason: "it is predicted".to_owned() });
            }
            runs.extend(sides(source, &self.options)?);
        }
        let mut pooled = Vec::new();
        for (_, row) in &self.base.rows {
            pooled.push((*row, Vec::new()));
        }
        for run in &runs {
            self.refuse_other_card(run)?;
            let both = matched(self.base, run, &self.options.across)?.both;
            let mut places = both.into_iter().peekable();
            for (row, logarithms) in &mut pooled {
                let Some((_, again)) = places.next_if(|(base, _)| std::ptr::eq(*base, *row)) else {
                    continue;
                };
                let pair = [(*row, self.base), (again, run)].map(|(row, side)| self.measured(row, side));
                // A row that ran at another of two speeds says nothing of how far one of them differs.
                if let Ok(pair) = pair_values(self.options.metric, pair)
                    && pair.speeds.known
                {
                    let [first, again] = pair.values.map(f64::ln);
                    if logarithms.is_empty() {
                        logarithms.push(first);
                    }
                    logarithms.push(again);
                }
            }
        }
        let mut found = Repeats::default();
        for (row, logarithms) in &pooled {
            found.add(&row.point, logarithms);
        }
        self.notes
            .push(format!("how far rows differ from run to run is by {} runs of the base", runs.len() + 1));
        self.repeats = Some(found);
        Ok(self)
    }

    fn refuse_other_card(&self, run: &SideRows<'_>) -> Result<(), CompareError> {
        let (base, other) = (&self.base.side, &run.side);
        let mut reasons = self.method_differences(run);
        if base.device.name != other.device.name || base.device.id != other.device.id {
            reasons.insert(0, "another card".to_owned());
        }
        if base.gemm != other.gemm {
            reasons.push(format!("the library is {} and {}", base.gemm, other.gemm));
        }
        if reasons.is_empty() {
            return Ok(());
        }
        let (file, base, reason) = (other.label.clone(), base.label.clone(), reasons.join("; "));
        Err(CompareError::NoRepeat { file, base, reason })
    }

    fn measured<'r>(&self, row: &'r Row, side: &'r SideRows<'_>) -> Measured<'r> {
        let card = side.card.responding(&side.response);
        let card = match self.options.at_clock {
            Some(mhz) => card.at_clock(f64::from(mhz.get())),
            None => card,
        };
        Measured { row, card, stat: self.stat }
    }

    /// # Errors
    /// [`CompareError::NothingInCommon`] and [`CompareError::NoValue`], when a side has nothing to compare.
    pub(super) fn compare(mut self, others: &[SideRows<'a>]) -> Result<Comparison, CompareError> {
        let (mut points, mut variances, mut unmatched) = (Vec::new(), Vec::new(), Vec::new());
        for (i, side) in others.iter().enumerate() {
            let other = i + 1;
            let (before, none_before) = (points.len(), unmatched.len());
            let matched = matched(self.base, side, &self.options.across)?;
            self.notes.extend(matched.called.as_ref().map(|called| {
                let (base, other) = (&self.base.side.label, &side.side.label);
                format!("{base} and {other} call the same products {called}: they are paired by m, n, k and layout")
            }));
            // What another program calls its kernels is no change of a kernel.
            let by_one_program = self.base.front_matter.origin() == side.front_matter.origin();
            let mut kernels = KernelChanges::default();
            let mut speeds = SpeedCounts::default();
            for (a, b) in matched.both {
                match self.pair(side, other, a, b) {
                    Ok((point, variance)) => {
                        if by_one_program {
                            kernels.add(a, b, point.ratio.ratio);
                        }
                        speeds.add(point.two_speeds);
                        points.push(point);
                        variances.push(variance);
                    }
                    Err(why) => {
                        let is_lost = self.has_value(a, self.base) && !self.has_value(b, side);
                        let lost = is_lost.then(|| Loss::of_row(b));
                        unmatched.push(Unmatched { other, point: a.point, why, lost });
                    }
                }
            }
            // Where everything failed that was measured before, that is the outcome.
            let went_wrong = |it: &Unmatched| matches!(it.lost, Some(Loss::Failed | Loss::Skipped));
            if points.len() == before && !unmatched[none_before..].iter().any(went_wrong) {
                let first = unmatched.get(none_before).map(|it| it.why.to_string());
                let (base, other) = (self.base.side.label.clone(), side.side.label.clone());
                return Err(CompareError::NoValue { base, other, reason: first.unwrap_or_default() });
            }
            unmatched.extend(matched.only_base.iter().map(|row| Unmatched {
                other,
                point: row.point,
                why: WhyNot::OnlyInBase,
                lost: self.has_value(row, self.base).then_some(Loss::Missing),
            }));
            unmatched.extend(matched.only_other.iter().map(|row| Unmatched {
                other,
                point: row.point,
                why: WhyNot::OnlyInOther,
                lost: None,
            }));
            unmatched[none_before..].sort_by_key(|it| it.point);
            self.notes.extend(kernels.notes(&self.base.side.label, &side.side.label));
            self.notes.extend(speeds.notes(&self.base.side.label, &side.side.label));
        }
        let thresholds = &self.options.thresholds;
        judge(&mut points, |point| &mut point.ratio, thresholds);
        let summaries = summaries(&points, &variances, thresholds);
        let sides = std::iter::once(self.base).chain(others).map(|side| side.side.clone()).collect();
        Ok(Comparison { options: self.options, sides, points, unmatched, summaries, notes: self.notes })
    }

    /// Whether a row has what the metric needs, whatever it is compared with.
    fn has_value(&self, row: &Row, side: &SideRows<'_>) -> bool {
        let alone = self.measured(row, side);
        row.status.has_times() && pair_values(self.options.metric, [alone, alone]).is_ok()
    }

    fn pair(
        &self,
        side: &SideRows<'_>,
        other: usize,
        a: &Row,
        b: &Row,
    ) -> Result<(PointComparison, Variance), WhyNot> {
        for (side, row) in [(0, a), (other, b)] {
            if !row.status.has_times() {
                return Err(WhyNot::NotMeasured { side, status: row.status, note: row.note.clone() });
            }
        }
        let pair = [self.measured(a, self.base), self.measured(b, side)];
        let pair = pair_values(self.options.metric, pair).map_err(WhyNot::NoValue)?;
        let widening = [1.0, pair.speeds.widening];
        let sides = [(a, self.base), (b, side)];
        let [x, y] = [0, 1].map(|i| {
            let ((row, side), made_of) = (sides[i], pair.made_of[i]);
            if let Some(error) = error_of_prediction(row, side.front_matter.prediction.as_ref()) {
                // What a model is wrong by, it is wrong by at many shapes.
                return Variance::new(0.0, error);
            }
            let of_repeats = || self.repeats.as_ref().and_then(|repeats| repeats.deviation(&a.point));
            let run_to_run = self.options.thresholds.run_to_run.or_else(of_repeats);
            let within_run = error_within_run(row, made_of, side.front_matter.method.ci_target);
            Variance::new(
                within_run * widening[i],
                run_to_run.unwrap_or_else(|| expected(&row.point, made_of)),
            )
        });
        let variance = x.plus(y).reaching(pair.speeds.reach);
        let [base_value, other_value] = pair.values;
        let estimate =
            self.options.thresholds.of_known_error((other_value / base_value).ln(), variance.error());
        // What it is to a model, where one of them tells.
        let named = if a.point.op.is_of_layer() { a.point } else { b.point };
        let point = PointComparison {
            other,
            point: Point { op: named.op, pass: named.pass, model: named.model, ..a.point },
            base_value,
            other_value,
            ratio: Ratio::unjudged(&estimate),
            two_speeds: TwoSpeeds::of_pairing(&pair.speeds),
        };
        Ok((point, variance))
    }
}

/// Which time stands for the points: what was asked for, else what both methods say.
fn settle_stat(
    options: &CompareOptions,
    base: &SideRows<'_>,
    others: &[SideRows<'_>],
) -> Result<Stat, CompareError> {
    let of = |side: &SideRows<'_>| side.front_matter.method.stat;
    if !options.metric.is_over_time() {
        return match options.stat {
            None | Some(Stat::Median) => Ok(Stat::Median),
            Some(stat) => {
                let (metric, stat) = (options.metric.as_str(), stat.as_str());
                Err(CompareError::StatOfMetric { metric, stat })
            }
        };
    }
    if let Some(stat) = options.stat {
        return Ok(stat);
    }
    let base_stat = of(base);
    if let Some(other) = others.iter().find(|other| of(other) != base_stat) {
        let (base, other_stat) = (base.side.label.clone(), of(other));
        return Err(CompareError::Stat { base, base_stat, other: other.side.label.clone(), other_stat });
    }
    Ok(base_stat)
}

fn rated_clock(base: &SideRows<'_>) -> Result<Option<NonZeroU32>, CompareError> {
    let clock = base.card.sheet().and_then(|sheet| NonZeroU32::new(sheet.boost_mhz));
    if clock.is_some() {
        return Ok(clock);
    }
    let missing = crate::metric::Missing::Datasheet { device: base.side.device.name.clone() };
    Err(CompareError::Clock { label: base.side.label.clone(), missing })
}
