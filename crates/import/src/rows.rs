//! Rows with one for each point.

use crate::error::ImportError;
use hovera_core::{MAX_POINTS, Point, Row, Stat, Timing};
use std::collections::BTreeMap;

/// Rows in the order in which their points came.
#[derive(Debug)]
pub(crate) struct Rows {
    stat: Stat,
    rows: Vec<Row>,
    places: BTreeMap<(Point, u32), usize>,
    repeated: BTreeMap<usize, Repeated>,
}

/// The measurements of one point.
#[derive(Debug)]
struct Repeated {
    times: u64,
    slowest: f64,
    fastest: f64,
}

impl Rows {
    /// Of a file whose times are by `stat`.
    pub(crate) fn new(stat: Stat) -> Rows {
        Rows { stat, rows: Vec::new(), places: BTreeMap::new(), repeated: BTreeMap::new() }
    }

    /// Takes a row. Of several measurements of one point, the slowest launch of all is the slowest of the
    /// slowest, and so on: they are one row.
    pub(crate) fn add(&mut self, file: &str, line: u64, row: Row) -> Result<(), ImportError> {
        let key = (row.point, row.device);
        let Some(&place) = self.places.get(&key) else {
            if self.rows.len() as u64 >= MAX_POINTS {
                return Err(ImportError::TooMany { file: file.to_owned(), line, max: MAX_POINTS });
            }
            self.places.insert(key, self.rows.len());
            self.rows.push(row);
            return Ok(());
        };
        let before = &mut self.rows[place];
        let (earlier, later) = (before.tflops(self.stat), row.tflops(self.stat));
        let merged = match (before.timing, row.timing) {
            (Some(one), Some(other)) => merge(self.stat, &one, &other),
            // One that was skipped says nothing against one that was measured.
            (one, other) => one.or(other),
        };
        if before.timing.is_some() && row.timing.is_some() && merged.is_none() {
            return Err(ImportError::Repeated { file: file.to_owned(), line, stat: self.stat });
        }
        if before.timing.is_none() && row.timing.is_some() {
            before.status = row.status;
            before.note.clone_from(&row.note);
        }
        before.timing = merged;
        let rates = [earlier, later].into_iter().flatten();
        let repeated =
            self.repeated.entry(place).or_insert(Repeated { times: 1, slowest: f64::INFINITY, fastest: 0.0 });
        repeated.times += 1;
        for rate in rates {
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
fn merge(stat: Stat, one: &Timing, other: &Timing) -> Option<Timing> {
    let both = |of: fn(&Timing) -> Option<f64>, pick: fn(f64, f64) -> f64| Some(pick(of(one)?, of(other)?));
    let mean = || {
        let (n, m) = (f64::from(one.samples?), f64::from(other.samples?));
        Some(one.mean_us? * (n / (n + m)) + other.mean_us? * (m / (n + m)))
    };
    let timing = Timing {
        samples: one.samples.and_then(|n| n.checked_add(other.samples?)),
        min_us: both(|t| t.min_us, f64::min),
        median_us: None,
        mean_us: mean(),
        max_us: both(|t| t.max_us, f64::max),
        ci_us: None,
        cycles_median: None,
    };
    timing.of(stat).map(|_| timing)
}
