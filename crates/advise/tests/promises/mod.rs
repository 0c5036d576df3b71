//! What advice promises on recorded sweeps of an H100, against what the same sweeps measured. Nothing of a starting point
//! was calibrated.

use hovera_advise::{Expected, Forecast, RowAdvice, advise_rows};
use hovera_core::{Op, Point, Results, Row, SplitMix64, Stat};
use hovera_predict::{Card, Predictor, measured_points, spread_points};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

const H100: &str = "NVIDIA H100 80GB HBM3";

/// So many starting points of the sweep of all head dims.
pub(crate) const STARTS: usize = 500;

/// Head dims above have no neighbour within a tenth that the sweep has.
const LARGEST_START: u32 = 2480;

/// A sweep under sweeps/recorded.
fn sweep(name: &str) -> Results {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/recorded/nvidia-h100-80gb-hbm3").join(name);
    Results::parse(name, std::fs::read(path).expect("a recorded sweep")).expect("a results file")
}

/// A calibrated card as a forecast.
struct Calibrated(Predictor);

impl Forecast for Calibrated {
    fn card(&self) -> &str {
        H100
    }

    fn expect(&self, point: &Point) -> Option<Expected> {
        let said = self.0.predict(point).ok()?;
        Some(Expected { time_us: said.time_us, half_width: (said.high_us / said.low_us).ln() / 2.0 })
    }
}

/// A starting point, what was promised of it and what was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    /// Its head dim.
    pub(crate) from: u32,
    /// The one that was advised.
    pub(crate) to: u32,
    /// The share of both products' time that was to be saved.
    pub(crate) promised: f64,
    /// The share that is.
    pub(crate) measured: f64,
}

/// All promises about the starting points of one sweep.
#[derive(Debug)]
pub(crate) struct Promises {
    /// How many points were calibrated.
    pub(crate) calibrated: usize,
    /// How many starting points there were.
    pub(crate) starts: usize,
    /// Those of which there was advice.
    pub(crate) given: Vec<Promise>,
}

impl Promises {
    /// Of the sweep of all head dims at a = 12, by a card calibrated on so many of its points.
    pub(crate) fn of_head_dims(calibrated: usize) -> Promises {
        let all = sweep("attention-a12-full.csv");
        let chosen = spread_points(&measured_points(&all, 0), calibrated);
        let is_chosen = |row: &&Row| chosen.iter().any(|point| point.gemm == row.point.gemm);
        let seen: BTreeSet<u32> =
            all.rows.iter().filter(is_chosen).filter_map(|row| head_dim(&row.point)).collect();
        let calibrated = chosen.len();
        // Nothing that is built in: its constants have seen the sweep.
        let card = Card::calibrate(H100, "cuBLAS", chosen, false).expect("a card");
        let forecast = Calibrated(Predictor::by_card(&card, None).expect("an H100"));
        let mut starts: Vec<u32> = (1..=LARGEST_START).filter(|dim| !seen.contains(dim)).collect();
        let mut random = SplitMix64::of_seed(0);
        for place in (1..starts.len()).rev() {
            starts.swap(place, (random.number() % (place as u64 + 1)) as usize);
        }
        starts.truncate(STARTS);
        let times: BTreeMap<(Op, u32), &Row> =
            all.rows.iter().filter_map(|row| Some(((row.point.op, head_dim(&row.point)?), row))).collect();
        let given = starts.iter().filter_map(|dim| {
            let rows = [Op::Score, Op::Values].map(|op| (*times[&(op, *dim)]).clone());
            let front_matter = all.front_matter.clone();
            let alone = Results { front_matter, rows: rows.to_vec(), sessions: Vec::new() };
            let advice = advise_rows(&alone, Some(&forecast));
            advice.first().and_then(|advice| promise(advice, &times))
        });
        Promises { calibrated, starts: starts.len(), given: given.collect() }
    }

    /// The share of promises that hold within so many points of a hundred.
    pub(crate) fn within(&self, points: f64) -> f64 {
        self.share(|it| (it.promised - it.measured).abs() * 100.0 <= points)
    }

    /// The share of what is advised that saves anything.
    pub(crate) fn gains(&self) -> f64 {
        self.share(|it| it.measured > 0.0)
    }

    fn share(&self, holds: impl Fn(&Promise) -> bool) -> f64 {
        self.given.iter().filter(|it| holds(it)).count() as f64 / self.given.len() as f64
    }
}

fn head_dim(point: &Point) -> Option<u32> {
    point.model.head_dim.map(|dim| dim.get())
}

/// What came of a piece of advice; none where the sweep lacks the head dim.
fn promise(advice: &RowAdvice, times: &BTreeMap<(Op, u32), &Row>) -> Option<Promise> {
    let both = |dim: u32| -> Option<f64> {
        let time = |op| times.get(&(op, dim))?.timing?.time_us(Stat::Median);
        Some(time(Op::Score)? + time(Op::Values)?)
    };
    let measured = 1.0 - both(advice.to)? / both(advice.from)?;
    Some(Promise { from: advice.from, to: advice.to, promised: advice.saved(), measured })
}

/// The table, by how well the starting points are aligned.
impl fmt::Display for Promises {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Promises { calibrated, starts, given } = self;
        writeln!(
            f,
            "another head dim within a tenth, {calibrated} points calibrated, {starts} starting points, none of them"
        )?;
        writeln!(f, "start      advised  promised  measured  within 2 points  a gain")?;
        type IsOf = fn(u32) -> bool;
        let kinds: [(&str, IsOf); 4] = [
            ("all", |_| true),
            ("odd", |dim| dim % 2 == 1),
            ("even", |dim| dim % 2 == 0 && dim % 8 != 0),
            ("aligned", |dim| dim % 8 == 0),
        ];
        for (name, is_of) in kinds {
            let given: Vec<Promise> = given.iter().copied().filter(|it| is_of(it.from)).collect();
            let part = Promises { calibrated: *calibrated, starts: *starts, given };
            if part.given.is_empty() {
                writeln!(f, "{name:10} {:7}", 0)?;
                continue;
            }
            let middle = |value: fn(&Promise) -> f64| {
                let mut all: Vec<f64> = part.given.iter().map(value).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2] * 100.0
            };
            writeln!(
                f,
                "{name:10} {:7} {:7.1} % {:7.1} % {:14.1} % {:5.1} %",
                part.given.len(),
                middle(|it| it.promised),
                middle(|it| it.measured),
                part.within(2.0) * 100.0,
                part.gains() * 100.0
            )?;
        }
        Ok(())
    }
}
