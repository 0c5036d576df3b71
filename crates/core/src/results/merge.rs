//! The shards of a sweep joined to one results file.

mod error;
mod merged_devices;

pub use error::MergeError;

use crate::results::Results;
use crate::results::front_matter::FrontMatter;
use crate::results::front_matter::difference::{Difference, Subject};
use crate::results::origin::Origin;
use crate::results::row::Row;
use crate::results::session::Session;
use crate::shape::point::Point;
use crate::shape::vocabulary::Engine;
use crate::sweep::plan::Plan;
use crate::sweep::shard::Shard;
use crate::sweep::spec::SweepSpec;
use merged_devices::MergedDevices;
use std::collections::BTreeMap;

/// Results files of one sweep, taken in one after the other.
///
/// Each point of the plan is measured once, on whichever card: files of one spec, method, software and
/// card model fit together, and nothing else does. Only rows are kept, so that the files never have to
/// be in memory together.
#[derive(Debug)]
pub struct Merge {
    files: Vec<String>,
    front_matter: FrontMatter,
    plan: Plan,
    place_of: BTreeMap<Point, usize>,
    /// For each point of the plan its row, where there is one yet.
    placed: Vec<Option<Placed>>,
    cards: MergedDevices,
    runs: Vec<Runs>,
    repeated: u64,
}

#[derive(Debug)]
struct Placed {
    row: Row,
    file: usize,
    /// Counted from 1.
    number: usize,
}

/// The runs behind one file.
#[derive(Debug)]
struct Runs {
    shard: Option<Shard>,
    started: String,
    sessions: Vec<Session>,
}

/// What became of a [`Merge`].
#[derive(Debug)]
pub struct Merged {
    /// The rows in the plan's order, the cards by id: the same whatever the order of the files.
    pub results: Results,
    /// The whole plan.
    pub plan: Plan,
    /// Points of the plan that no file has a row of, in its order.
    pub missing: Vec<Point>,
    /// How many rows were there more than once, identically.
    pub repeated: u64,
}

impl Merge {
    /// Begins with the first file. `name` is what errors call it.
    ///
    /// # Errors
    /// [`MergeError`] for a file without the spec that it was measured by, and as [`Merge::add`].
    pub fn begin(name: &str, results: Results) -> Result<Merge, MergeError> {
        let front_matter = results.front_matter.clone();
        let (spec, plan) = plan_of(name, &front_matter)?;
        let plan = plan.in_measuring_order(spec.method());
        let mut merge = Merge {
            files: Vec::new(),
            place_of: plan.points().iter().enumerate().map(|(place, point)| (*point, place)).collect(),
            placed: plan.points().iter().map(|_| None).collect(),
            cards: MergedDevices::new(&front_matter),
            runs: Vec::new(),
            repeated: 0,
            front_matter,
            plan,
        };
        merge.add(name, results)?;
        Ok(merge)
    }

    /// Takes in a further file.
    ///
    /// # Errors
    /// [`MergeError`], naming the file and what would be right: for a file of another spec, method,
    /// software or card model; for a row of a point that the sweep does not have; for a point that was
    /// measured before with another outcome.
    pub fn add(&mut self, name: &str, results: Results) -> Result<(), MergeError> {
        let Results { front_matter, rows, sessions } = results;
        self.refuse_another_sweep(name, &front_matter)?;
        let first = self.files.first().map_or(name, String::as_str).to_owned();
        let cards = self.cards.join(name, &first, &front_matter.device)?;
        for (i, mut row) in rows.into_iter().enumerate() {
            if let Some(card) = cards.get(row.device as usize) {
                row.device = *card;
            }
            self.place(name, Placed { row, file: self.files.len(), number: i + 1 })?;
        }
        let FrontMatter { started, sweep, .. } = front_matter;
        let ours = &mut self.front_matter;
        ours.started = ours.started.clone().min(started.clone());
        // A comment may have changed between the runs: which text is kept must not hang on the files' order.
        if (&sweep.name, &sweep.spec) < (&ours.sweep.name, &ours.sweep.spec) {
            (ours.sweep.name, ours.sweep.spec) = (sweep.name, sweep.spec);
        }
        self.runs.push(Runs { shard: sweep.shard, started, sessions });
        self.files.push(name.to_owned());
        Ok(())
    }

    /// The sweep as far as it is there.
    #[must_use]
    pub fn finish(self) -> Merged {
        let Merge { mut front_matter, plan, placed, cards, mut runs, repeated, .. } = self;
        let points = plan.points().iter().zip(&placed);
        let missing = points.filter(|(_, placed)| placed.is_none()).map(|(point, _)| *point).collect();
        let (devices, new_index) = cards.sorted();
        let rows = placed.into_iter().flatten().map(|Placed { mut row, .. }| {
            row.device = new_index[row.device as usize];
            row
        });
        let rows = rows.collect();
        runs.sort_by_cached_key(|runs| (runs.shard, runs.started.clone(), format!("{:?}", runs.sessions)));
        // A file and its copy.
        runs.dedup_by(|a, b| (a.shard, &a.started, &a.sessions) == (b.shard, &b.started, &b.sessions));
        front_matter.device = devices;
        front_matter.sweep.shard = None;
        let sessions = runs.into_iter().flat_map(|runs| runs.sessions).collect();
        Merged { results: Results { front_matter, rows, sessions }, plan, missing, repeated }
    }

    fn refuse_another_sweep(&self, name: &str, theirs: &FrontMatter) -> Result<(), MergeError> {
        let ours = &self.front_matter;
        let mut differences = Difference::between(theirs, ours);
        // The spec's hash covers the method as well, so the method is named first.
        differences.sort_by_key(|difference| {
            matches!(difference.subject, Subject::SpecLine(_) | Subject::SpecOptions)
        });
        let counts = |difference: &Difference| match difference.subject {
            Subject::Method(_)
            | Subject::Software(_)
            | Subject::SpecLine(_)
            | Subject::SpecOptions
            | Subject::Models
            | Subject::Prediction => true,
            // Each file is a part of the sweep, on cards of its own: `MergedDevices` says which fit together.
            Subject::Shard | Subject::DeviceCount | Subject::Device(..) => false,
        };
        if let Some(Difference { subject, values: [theirs, ours] }) = differences.into_iter().find(counts) {
            let first = self.files.first().cloned().unwrap_or_default();
            let (file, what) = (name.to_owned(), subject.to_string());
            return Err(MergeError::Different { file, first, what, theirs, ours });
        }
        Ok(())
    }

    fn place(&mut self, name: &str, new: Placed) -> Result<(), MergeError> {
        let point = || new.row.point.to_string();
        let Some(&place) = self.place_of.get(&new.row.point) else {
            return Err(MergeError::Stranger { file: name.to_owned(), number: new.number, point: point() });
        };
        match &self.placed[place] {
            None => self.placed[place] = Some(new),
            Some(old) if old.row == new.row => self.repeated += 1,
            Some(old) => {
                return Err(MergeError::Conflict {
                    file: name.to_owned(),
                    number: new.number,
                    first: self.files.get(old.file).map_or(name, String::as_str).to_owned(),
                    first_number: old.number,
                    point: point(),
                });
            }
        }
        Ok(())
    }
}

impl Results {
    /// The spec that the file was measured by and all of its sweep's points, in the order of the spec.
    /// None where the file does not hold that spec: it was imported, or its spec was changed afterwards.
    #[must_use]
    pub fn plan(&self) -> Option<(SweepSpec, Plan)> {
        plan_of("", &self.front_matter).ok()
    }
}

fn plan_of(name: &str, front_matter: &FrontMatter) -> Result<(SweepSpec, Plan), MergeError> {
    let spec = spec_of(name, front_matter)?;
    let default_engine = match front_matter.device.first() {
        Some(device) if device.backend == "cpu" => Engine::Cpu,
        _ => Engine::Cublas,
    };
    let wrong = |source| MergeError::Spec { file: name.to_owned(), source: Box::new(source) };
    let plan = Plan::expand(&spec, default_engine).map_err(wrong)?;
    Ok((spec, plan))
}

/// The spec as it was measured, with what the command line changed of it.
fn spec_of(name: &str, front_matter: &FrontMatter) -> Result<SweepSpec, MergeError> {
    let file = || name.to_owned();
    match front_matter.origin() {
        Origin::Predicted => return Err(MergeError::Predicted { file: file() }),
        Origin::Imported => return Err(MergeError::Imported { file: file() }),
        Origin::Measured => {}
    }
    if front_matter.sweep.spec.is_empty() {
        return Err(MergeError::NotMeasured { file: file() });
    }
    let sweep = &front_matter.sweep;
    let spec = SweepSpec::parse(&format!("{name}: sweep.spec"), &sweep.spec)
        .map_err(|source| MergeError::Spec { file: file(), source: Box::new(source) })?;
    let reseeded = front_matter.method.order_seed.map(|seed| spec.clone().with_order_seed(seed));
    let seeded = [spec].into_iter().chain(reseeded);
    let candidates = seeded.flat_map(|spec| {
        let with_engine = Engine::ALL.iter().map(|engine| spec.clone().with_engine(*engine));
        [spec.clone()].into_iter().chain(with_engine.collect::<Vec<_>>())
    });
    let mut candidates = candidates.filter(|spec| spec.canonical_hash() == sweep.spec_hash);
    candidates.next().ok_or_else(|| MergeError::SpecHash { file: file(), hash: sweep.spec_hash.clone() })
}

#[cfg(test)]
mod tests;
