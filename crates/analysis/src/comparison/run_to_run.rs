//! How far the same row differs from run to run of the same method on the same card.
//!
//! The interval in a row is that of one run: what its launches scatter by. Another run finds the card at
//! another clock and temperature, and differs by more. The numbers here are the standard deviation of a
//! row's logarithm over runs, rounded up, of the four passes over 70 shapes on H100s and an H200 in
//! sweeps/repeatability (`burst-*`, `none-*`, and `earlier-*` of another H100; root mean square over the shapes of the worst
//! card):
//!
//! | | `burst` | `none` |
//! |---|---|---|
//! | cycles, where the SMs bound the row | 0.1 % | 0.6 % |
//! | cycles, where memory does: they follow the clock | 0.5 % | 14 % |
//! | the geometric mean of both, where both bound it | 0.15 % | 6 % |
//! | time, where memory bounds the row, series 8 and above | 0.2 % | 0.9 % |
//! | time, where the SMs do, series 8 and above | 0.25 % | 6.5 % |
//! | time, where memory does, series 1, 2, 4 | 0.45 % | 9 % |
//! | time, where the SMs do, series 1, 2, 4 | 0.45 % | 9 % |
//!
//! Two cells have no rows in these passes: the next to last line, which is taken to be as the last line, and the
//! 6 % of the geometric mean, which is that of the time where
//! the SMs bound a row and so too much rather than too little. Of `sustained` there are no passes yet: it is taken to be as `burst`. Energy is read from a counter whose
//! steps leave 4 % over a second of work, taken as two standard deviations.

use super::piecewise::piecewise;
use crate::pair::MadeOf;
use crate::statistics::{NORMAL_95, squares_about_mean};
use hovera_core::{Bound, Op, Pacing, Point, Series};
use std::collections::BTreeMap;

/// The share of the variance that all rows of one op and series have in common in one run. Of the four
/// passes' times in bursts it is 0.0 and 0.4 in series 1, 2 and 4 of the H100 and the H200, 0.2 and 0.0 in the
/// others; of their cycles at most 0.1.
pub(super) const SHARED: f64 = 0.5;

/// Fewer degrees of freedom than this tell too little: of five, a standard deviation is off by a third.
const ENOUGH_FREEDOM: usize = 5;

/// The variance of a logarithm, in two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variance {
    /// Of the row alone.
    pub(super) own: f64,
    /// Of all rows of one op and series together.
    pub(super) shared: f64,
}

impl Variance {
    /// Of ln(value) by a standard error within the run and a standard deviation from run to run.
    pub(super) fn new(within_run: f64, run_to_run: f64) -> Variance {
        let runs = run_to_run * run_to_run;
        Variance { own: within_run * within_run + runs * (1.0 - SHARED), shared: runs * SHARED }
    }

    /// Of the difference of two such logarithms.
    pub(super) fn plus(self, other: Variance) -> Variance {
        Variance { own: self.own + other.own, shared: self.shared + other.shared }
    }

    /// The same of a logarithm whose 95 % interval reaches so far for another reason than noise.
    pub(super) fn reaching(self, half_width: f64) -> Variance {
        let error = half_width / NORMAL_95;
        Variance { own: self.own + error * error, ..self }
    }

    /// Standard error of the one logarithm.
    pub(super) fn error(self) -> f64 {
        (self.own + self.shared).sqrt()
    }
}

/// A line of the table: a standard deviation, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    /// Of what, as the table calls it.
    pub(super) of: &'static str,
    /// With pacing `burst`.
    pub(super) burst: f64,
    /// With pacing `none`.
    pub(super) none: f64,
}

const fn expected_of(of: &'static str, burst: f64, none: f64) -> Expected {
    Expected { of, burst, none }
}

const CYCLES_BY_SMS: Expected = expected_of("cycles, where the SMs bound the row", 0.001, 0.006);
const CYCLES_BY_MEMORY: Expected =
    expected_of("cycles, where memory does: they follow the clock", 0.005, 0.14);
const HALF_WAY: Expected = expected_of("the geometric mean of both, where both bound it", 0.0015, 0.06);
const TIME_BY_MEMORY: Expected =
    expected_of("time, where memory bounds the row, series 8 and above", 0.002, 0.009);
const TIME_BY_SMS: Expected = expected_of("time, where the SMs do, series 8 and above", 0.0025, 0.065);
const MISALIGNED_TIME_BY_MEMORY: Expected =
    expected_of("time, where memory does, series 1, 2, 4", 0.0045, 0.09);
const MISALIGNED_TIME_BY_SMS: Expected = expected_of("time, where the SMs do, series 1, 2, 4", 0.0045, 0.09);

/// Every line, in the order of the table.
#[cfg(test)]
pub(super) const TABLE: [Expected; 7] = [
    CYCLES_BY_SMS,
    CYCLES_BY_MEMORY,
    HALF_WAY,
    TIME_BY_MEMORY,
    TIME_BY_SMS,
    MISALIGNED_TIME_BY_MEMORY,
    MISALIGNED_TIME_BY_SMS,
];

/// Of energy.
const ENERGY: f64 = 0.02;

impl Expected {
    fn at(self, pacing: Pacing) -> f64 {
        match pacing {
            Pacing::Burst | Pacing::Sustained => self.burst,
            Pacing::None | Pacing::Other => self.none,
        }
    }
}

/// The standard deviation of ln(value) from run to run of a point that nothing more is known of. What lies
/// between time and cycles differs by no more than their deviations, weighted alike: that of a weighted mean is at
/// most the weighted mean of the deviations.
pub(super) fn expected(point: &Point, made_of: MadeOf) -> f64 {
    let (cycles, bound) = match made_of {
        MadeOf::Energy => return ENERGY,
        MadeOf::Time { cycles, bound } => (cycles, bound),
    };
    let of_time = match (bound, point.alignment().is_full()) {
        (Some(Bound::Memory), true) => TIME_BY_MEMORY,
        (_, true) => TIME_BY_SMS,
        (Some(Bound::Memory), false) => MISALIGNED_TIME_BY_MEMORY,
        (_, false) => MISALIGNED_TIME_BY_SMS,
    };
    let of_cycles = if bound == Some(Bound::Compute) { CYCLES_BY_SMS } else { CYCLES_BY_MEMORY };
    let (start, end) = ((0.0, of_time.at(point.pacing)), (1.0, of_cycles.at(point.pacing)));
    if bound == Some(Bound::Both) {
        return piecewise(&[start, (0.5, HALF_WAY.at(point.pacing)), end], cycles);
    }
    piecewise(&[start, end], cycles)
}

/// Standard deviations from run to run by op and series, as repeated runs show them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Repeats {
    squares: BTreeMap<(Op, Option<Series>), (f64, usize)>,
}

impl Repeats {
    /// Takes the logarithms of one point's values, one of each run.
    pub(super) fn add(&mut self, point: &Point, logarithms: &[f64]) {
        if logarithms.len() < 2 {
            return;
        }
        let entry = self.squares.entry((point.op, point.series())).or_default();
        entry.0 += squares_about_mean(logarithms);
        entry.1 += logarithms.len() - 1;
    }

    /// Pooled over the points of the op and series; none where too few tell.
    pub(super) fn deviation(&self, point: &Point) -> Option<f64> {
        let (squares, freedom) = self.squares.get(&(point.op, point.series()))?;
        (*freedom >= ENOUGH_FREEDOM).then(|| (squares / *freedom as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Results, Row, Timing};

    fn passes(folder: &str, pacing: &str) -> Vec<Results> {
        let sweeps = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps/repeatability");
        let read = |pass| {
            let path = format!("{sweeps}/{folder}/{pacing}-{pass}.csv");
            Results::parse(&path, std::fs::read(&path).unwrap()).unwrap()
        };
        (1..=4).map(read).collect()
    }

    /// What all passes say of a row that bounds it, where they agree.
    fn agreed(rows: &[&Row]) -> Option<Bound> {
        let bound = rows[0].bound;
        bound.filter(|_| rows.iter().all(|row| row.bound == bound))
    }

    /// Root mean square over the shapes whose passes agree on what bounds them; none without such shapes.
    fn measured(passes: &[Results], made_of: MadeOf, aligned: bool) -> Option<f64> {
        let (mut squares, mut freedom) = (0.0, 0);
        for row in &passes[0].rows {
            let rows: Vec<&Row> = passes
                .iter()
                .map(|pass| pass.rows.iter().find(|other| other.point == row.point).unwrap())
                .collect();
            let agreed = agreed(&rows);
            let MadeOf::Time { cycles: share, bound } = made_of else { panic!("energy is in no row") };
            if bound != agreed || row.point.alignment().is_full() != aligned {
                continue;
            }
            let value = |row: &&Row| {
                let timing = row.timing.unwrap();
                let (time, cycles) = (timing.median_us.unwrap().ln(), timing.cycles_median.unwrap().ln());
                (1.0 - share) * time + share * cycles
            };
            let logarithms: Vec<f64> = rows.iter().map(value).collect();
            squares += squares_about_mean(&logarithms);
            freedom += 3;
        }
        (freedom >= 12).then(|| (squares / f64::from(freedom)).sqrt())
    }

    #[test]
    fn what_is_expected_of_a_row_is_what_the_passes_show() {
        let (h100, h200) = ("nvidia-h100-80gb-hbm3", "nvidia-h200");
        let burst =
            [(h100, "burst"), (h100, "earlier"), (h200, "burst")].map(|(card, name)| passes(card, name));
        let none = [h100, h200].map(|card| passes(card, "none"));
        let (mut told, mut wrong) = (0, Vec::new());
        for files in [&burst[..], &none[..]] {
            let made_of = |bound, cycles| MadeOf::Time { cycles, bound: Some(bound) };
            let of_bound = |bound| [made_of(bound, 0.0), made_of(bound, 1.0)];
            let all = [Bound::Compute, Bound::Memory].into_iter().flat_map(of_bound);
            for made_of in all.chain([made_of(Bound::Both, 0.5)]) {
                // The most that is shown of all that is expected to be alike.
                let mut alike: Vec<(f64, f64)> = Vec::new();
                for aligned in [true, false] {
                    let rows = files.iter().flat_map(|passes| &passes[0].rows);
                    let point = rows
                        .map(|row| row.point)
                        .find(|point| point.alignment().is_full() == aligned)
                        .unwrap();
                    let shown = files.iter().filter_map(|passes| measured(passes, made_of, aligned));
                    let Some(shown) = shown.reduce(f64::max) else { continue };
                    let expected = expected(&point, made_of);
                    match alike.iter_mut().find(|(other, _)| *other == expected) {
                        Some((_, most)) => *most = most.max(shown),
                        None => alike.push((expected, shown)),
                    }
                }
                told += alike.len();
                let off = alike.iter().filter(|(expected, shown)| !(1.0..=1.7).contains(&(expected / shown)));
                wrong.extend(off.map(|(expected, shown)| {
                    format!(
                        "{} {made_of:?}: {shown} shown, {expected} expected",
                        files[0][0].rows[0].point.pacing
                    )
                }));
            }
        }
        assert!(wrong.is_empty() && told >= 11, "{told} told; {wrong:#?}");
    }

    /// The share of the variance that the points of one op and series have in common in one pass, pooled over these
    /// series: what the mean of n points varies by from pass to pass is the shared variance and 1/n of the rest.
    fn shared(passes: &[Results], powers: &[u64], value: fn(&Timing) -> Option<f64>) -> f64 {
        let mut groups: BTreeMap<(Op, Series), Vec<Vec<f64>>> = BTreeMap::new();
        for row in &passes[0].rows {
            let series = row.point.series().unwrap();
            if !powers.iter().any(|power| Series::from_power(*power) == Some(series)) {
                continue;
            }
            let of_pass = |pass: &Results| {
                let again = pass.rows.iter().find(|other| other.point == row.point).unwrap();
                value(&again.timing.unwrap()).unwrap().ln()
            };
            let logarithms: Vec<f64> = passes.iter().map(of_pass).collect();
            let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
            let deviations = logarithms.into_iter().map(|x| x - mean).collect();
            groups.entry((row.point.op, series)).or_default().push(deviations);
        }
        let (freedom, mut all, mut common) = ((passes.len() - 1) as f64, 0.0, 0.0);
        for points in groups.values() {
            let n = points.len() as f64;
            let squares: f64 = points.iter().flatten().map(|x| x * x).sum();
            let mean = |pass: usize| points.iter().map(|point| point[pass]).sum::<f64>() / n;
            let squares_of_means: f64 = (0..passes.len()).map(|pass| mean(pass).powi(2)).sum();
            let (of_row, of_mean) = (squares / (n * freedom), squares_of_means / freedom);
            let own = (of_row - of_mean) * n / (n - 1.0);
            all += n * of_row;
            common += n * (of_row - own);
        }
        common / all
    }

    #[test]
    fn the_share_of_the_variance_that_prose_states_is_that_of_the_passes() {
        let cards = ["nvidia-h100-80gb-hbm3", "nvidia-h200"].map(|card| passes(card, "burst"));
        // An estimate below none is none.
        let shares =
            |powers: &[u64], value| cards.each_ref().map(|passes| shared(passes, powers, value).max(0.0));
        let (misaligned, aligned) = (&[1, 2, 4], &[8, 16, 32, 64]);
        let time = |timing: &Timing| timing.median_us;
        let ([h100, h200], [others, h200_others]) = (shares(misaligned, time), shares(aligned, time));
        let cycles = |timing: &Timing| timing.cycles_median;
        let of_cycles = [shares(misaligned, cycles), shares(aligned, cycles)].concat();
        let most = of_cycles.into_iter().fold(0.0, f64::max);
        super::super::prose::states(
            "crates/analysis/src/comparison/run_to_run.rs",
            &format!(
                "Of the four passes' times in bursts it is {h100:.1} and {h200:.1} in series 1, 2 and 4 of the H100 \
                 and the H200, {others:.1} and {h200_others:.1} in the others; of their cycles at most {most:.1}."
            ),
        );
    }
}
