//! Results files of this repository, and changes to them. The tests of hovera-report take them from here too.

use hovera_core::{Op, Results, Row, Series, Timing};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::Normal;
use std::path::Path;

pub(crate) const H100: &str = "repeatability/nvidia-h100-80gb-hbm3";

/// A file under sweeps/.
pub(crate) fn file(name: &str) -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps").join(name);
    Results::parse(name, std::fs::read(path).unwrap()).unwrap()
}

/// All times and cycles of a row become longer by the factor that `by` gives for it.
pub(crate) fn slowed(results: &Results, mut by: impl FnMut(&Row) -> Option<f64>) -> Results {
    let mut slowed = results.clone();
    for row in &mut slowed.rows {
        let Some(factor) = by(row) else { continue };
        row.timing = row.timing.map(|t| Timing {
            min_us: t.min_us.map(|us| us * factor),
            median_us: t.median_us.map(|us| us * factor),
            mean_us: t.mean_us.map(|us| us * factor),
            max_us: t.max_us.map(|us| us * factor),
            ci_us: t.ci_us.map(|ci| ci * factor),
            cycles_median: t.cycles_median.map(|cycles| cycles * factor),
            ..t
        });
    }
    slowed
}

/// 3 % of the throughput taken off the rows of one series.
pub(crate) fn three_percent_off(results: &Results, op: Op, series: Series) -> Results {
    let in_it = |row: &Row| row.point.op == op && row.point.layer().unwrap().series() == series;
    slowed(results, |row| in_it(row).then_some(1.0 / 0.97))
}

/// Cards that differ by 1 % (standard deviation) as a whole and by 0.3 % more in each row, made slower by
/// what `also` gives for a card and row.
pub(crate) fn cards(count: usize, seed: u64, also: impl Fn(usize, &Row) -> f64) -> Vec<Results> {
    let mut pass = file(&format!("{H100}/burst-1.csv"));
    // Of no sweep: else each card's file is held against its spec, which takes most of the time of thousands of cards.
    pass.front_matter.sweep.spec.clear();
    let mut random = SmallRng::seed_from_u64(seed);
    let (card, each) = (Normal::new(0.0, 0.01).unwrap(), Normal::new(0.0, 0.003).unwrap());
    (0..count)
        .map(|number| {
            let whole: f64 = random.sample(card);
            slowed(&pass, |row| Some((whole + random.sample(each)).exp() * also(number, row)))
        })
        .collect()
}
