//! Rows with one for each point.

use crate::error::ImportError;
use hovera_core::{MAX_POINTS, Point, Row, SharedText, Stat, Telemetry, Timing};
use std::collections::BTreeMap;

/// Notes of further measurements are kept up to this length in bytes.
const LONGEST_NOTE: usize = 300;

/// Rows in the order in which their points came.
#[derive(Debug)]
pub(crate) struct Rows {
    stat: Stat,
    /// Whether means of launches whose number is not known are of as many each.
    weighs_alike: bool,
    rows: Vec<Row>,
    places: BTreeMap<(Point, u32, Option<SharedText>), usize>,
    repeated: BTreeMap<usize, Repeated>,
}

/// The measurements of one point.
#[derive(Debug)]
struct Repeated {
    times: u64,
    slowest: f64,
    fastest: f64,
}

impl Repeated {
    const ONCE: Repeated = Repeated { times: 1, slowest: f64::INFINITY, fastest: 0.0 };
}

impl Rows {
    /// Of a file whose times are by `stat`.
    pub(crate) fn new(stat: Stat) -> Rows {
        Rows {
            stat,
            weighs_alike: false,
            rows: Vec::new(),
            places: BTreeMap::new(),
            repeated: BTreeMap::new(),
        }
    }

    /// Has means of launches whose number is not known be of as many each.
    #[must_use]
    pub(crate) fn weighing_alike(self) -> Rows {
        Rows { weighs_alike: true, ..self }
    }

    /// Takes a row. Of several measurements of one point and kernel, the slowest launch of all is the slowest of the
    /// slowest, and so on: they are one row.
    pub(crate) fn add(&mut self, file: &str, line: u64, row: Row) -> Result<(), ImportError> {
        let key = (row.point, row.device, row.kernel.name.clone());
        let Some(&place) = self.places.get(&key) else {
            if self.rows.len() as u64 >= MAX_POINTS {
                return Err(ImportError::TooMany { file: file.to_owned(), line, max: MAX_POINTS });
            }
            self.places.insert(key, self.rows.len());
            self.rows.push(row);
            return Ok(());
        };
        let before = &mut self.rows[place];
        let rates = [before.tflops(self.stat), row.tflops(self.stat)];
        match (before.timing, row.timing) {
            (Some(one), Some(other)) => {
                let merged = merge(self.stat, self.weighs_alike, &one, &other);
                let repeated = || ImportError::Repeated { file: file.to_owned(), line, stat: self.stat };
                let merged = merged.ok_or_else(repeated)?;
                let counts_now = match self.stat {
                    Stat::Min => other.min_us < one.min_us,
                    Stat::Max => other.max_us > one.max_us,
                    Stat::Mean | Stat::Median => false,
                };
                // What is told of one launch is told of the one that counts; a mean is of all of them.
                if counts_now {
                    *before = row;
                } else if self.stat == Stat::Mean {
                    before.telemetry = Telemetry::default();
                    if !before.note.contains(&row.note) && before.note.len() < LONGEST_NOTE {
                        before.note = format!("{}; {}", before.note, row.note);
                    }
                }
                before.timing = Some(merged);
            }
            // One that was skipped says nothing against one that was measured.
            (None, Some(_)) => *before = row,
            (_, None) => {}
        }
        let repeated = self.repeated.entry(place).or_insert(Repeated::ONCE);
        repeated.times += 1;
        for rate in rates.into_iter().flatten() {
            repeated.slowest = repeated.slowest.min(rate);
            repeated.fastest = repeated.fastest.max(rate);
        }
        Ok(())
    }

    /// How many measurements were merged into earlier ones.
    pub(crate) fn merged(&self) -> u64 {
        self.repeated.values().map(|repeated| repeated.times - 1).sum()
    }

    /// The rows, each with a note where it is of several measurements.
    pub(crate) fn finish(mut self) -> Vec<Row> {
        for (place, Repeated { times, slowest, fastest }) in self.repeated {
            if self.rows[place].timing.is_none() {
                continue;
            }
            let note = format!("measured {times} times, {slowest:.3} to {fastest:.3} TFLOP/s");
            let row = &mut self.rows[place];
            row.note = [note, std::mem::take(&mut row.note)]
                .into_iter()
                .filter(|note| !note.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        self.rows
    }
}

/// The times of the launches of both; none where that of `stat` cannot be told from them.
fn merge(stat: Stat, weighs_alike: bool, one: &Timing, other: &Timing) -> Option<Timing> {
    let both = |of: fn(&Timing) -> Option<f64>, pick: fn(f64, f64) -> f64| Some(pick(of(one)?, of(other)?));
    let mean = || {
        let (n, m) = match (one.samples, other.samples) {
            (None, None) if weighs_alike => (1.0, 1.0),
            (n, m) => (f64::from(n?), f64::from(m?)),
        };
        Some(one.mean_us? * (n / (n + m)) + other.mean_us? * (m / (n + m)))
    };
    // Of means: each has its variance, and the weight of its launches.
    let ci_us = || {
        if one.median_us.is_some() || other.median_us.is_some() {
            return None;
        }
        let (n, m) = (f64::from(one.samples?), f64::from(other.samples?));
        Some((n * one.ci_us?).hypot(m * other.ci_us?) / (n + m))
    };
    let timing = Timing {
        samples: one.samples.and_then(|n| n.checked_add(other.samples?)),
        min_us: both(|t| t.min_us, f64::min),
        mean_us: mean(),
        max_us: both(|t| t.max_us, f64::max),
        ci_us: ci_us(),
        ..Timing::default()
    };
    timing.time_us(stat).map(|_| timing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Op, Status, made_up};

    /// A row of 2 · 10⁶ FLOP.
    fn row(timing: Option<Timing>, note: &str) -> Row {
        let row = made_up::row_of(made_up::product(Op::Gemm, (1, 100, 100, 100))).lost(Status::Skipped, note);
        Row { timing, status: if timing.is_some() { Status::Ok } else { row.status }, ..row }
    }

    fn merged(stat: Stat, rows: Vec<Row>) -> Result<Vec<Row>, ImportError> {
        let mut all = Rows::new(stat);
        (1..).zip(rows).try_for_each(|(line, row)| all.add("f", line, row))?;
        Ok(all.finish())
    }

    #[test]
    fn launches_of_several_measurements_are_one_row_s_launches() {
        let timing = |samples, min, mean, max| Timing {
            samples,
            min_us: Some(min),
            mean_us: Some(mean),
            max_us: Some(max),
            median_us: Some(mean),
            ci_us: Some(1.0),
            cycles_median: Some(1.0),
            second: None,
        };
        let both = vec![
            row(Some(timing(Some(10), 1.0, 2.0, 4.0)), "a"),
            row(Some(timing(Some(30), 1.5, 4.0, 8.0)), "b"),
        ];
        for stat in [Stat::Min, Stat::Max, Stat::Mean] {
            let row = &merged(stat, both.clone()).unwrap()[0];
            let want = Timing {
                samples: Some(40),
                min_us: Some(1.0),
                mean_us: Some(3.5),
                max_us: Some(8.0),
                ..Timing::default()
            };
            assert_eq!(row.timing, Some(want));
        }
        assert_eq!(
            merged(Stat::Mean, both.clone()).unwrap()[0].note,
            "measured 2 times, 0.500 to 1.000 TFLOP/s; a; b"
        );
        // A fastest or slowest launch is of one of them, and so is the note.
        for (stat, note) in [
            (Stat::Min, "measured 2 times, 1.333 to 2.000 TFLOP/s; a"),
            (Stat::Max, "measured 2 times, 0.250 to 0.500 TFLOP/s; b"),
        ] {
            assert_eq!(merged(stat, both.clone()).unwrap()[0].note, note);
        }
        let error = merged(Stat::Median, both).unwrap_err().to_string();
        assert!(error.starts_with("f:2: the same point as before, by median: want each once"), "{error}");
        // A mean of means whose launches are not known has no weights.
        let unweighted = vec![row(Some(timing(None, 1.0, 2.0, 4.0)), ""); 2];
        assert!(merged(Stat::Mean, unweighted.clone()).is_err());
        assert_eq!(merged(Stat::Min, unweighted).unwrap()[0].timing.unwrap().mean_us, None);
    }

    #[test]
    fn kernels_are_told_apart_and_an_interval_of_means_narrows() {
        let of = |kernel: Option<&str>, mean_us: f64| {
            let timing = Timing { ci_us: Some(0.4), ..Timing::only(Stat::Mean, mean_us, Some(50)) };
            let mut row = row(Some(timing), "");
            row.kernel.name = kernel.map(Into::into);
            row
        };
        let rows =
            vec![of(Some("naive"), 90.0), of(Some("fast"), 10.0), of(Some("fast"), 12.0), of(None, 9.0)];
        let rows = merged(Stat::Mean, rows).unwrap();
        let means: Vec<_> = rows.iter().map(|row| row.timing.unwrap().mean_us).collect();
        assert_eq!(means, [Some(90.0), Some(11.0), Some(9.0)]);
        let half_width = rows[1].timing.unwrap().ci_us.unwrap();
        assert!((half_width - 0.4 / 2f64.sqrt()).abs() < 1e-12, "{half_width}");
    }

    #[test]
    fn a_skipped_measurement_gives_way_to_one_that_was_made() {
        let made = row(Some(Timing::only(Stat::Mean, 2.0, Some(3))), "made");
        for rows in [vec![row(None, "skipped"), made.clone()], vec![made.clone(), row(None, "skipped")]] {
            let rows = merged(Stat::Mean, rows).unwrap();
            assert_eq!((rows[0].timing, rows[0].status), (made.timing, Status::Ok));
            assert!(rows[0].note.ends_with("; made"), "{}", rows[0].note);
        }
        let never = merged(Stat::Mean, vec![row(None, "skipped"); 2]).unwrap();
        assert_eq!((never.len(), never[0].note.as_str()), (1, "skipped"));
    }
}
