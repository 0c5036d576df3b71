//! `hovera run`: a spec through a backend into a results file.

pub(crate) mod cards;
pub(crate) mod file_name;
mod front_matter;
mod go_on;
mod in_words;
mod live;
mod measurement;
mod outcome;
pub(crate) mod sharding;
mod sink;
mod stop;
mod tally;

use crate::args::{BackendName, Measuring, Run};
use crate::run::sharding::ShardBy;
use crate::talk::streams;
use crate::talk::voice::{Voice, shown};
use crate::{exit, plan_summary, specs};
use anyhow::{Context, Result, anyhow, bail, ensure};
use front_matter::front_matter;
use hovera_bench::{Backend, BackendError};
use hovera_core::{Engine, FrontMatter, ModelInfo, Plan, SweepSpec, Timers};
use measurement::Measurement;
use std::path::PathBuf;

pub(crate) fn run(args: &Run, voice: Voice) -> Result<u8> {
    let name = shown(&args.spec);
    let text = specs::read(&args.spec)?;
    let spec = SweepSpec::parse(&name, &text)?;
    let spec = match args.order_seed {
        Some(seed) => spec.with_order_seed(seed),
        None => spec,
    };
    let asked = Asked { name, spec, models: Vec::new(), shard: args.shard, dry_run: args.dry_run };
    Ok(asked.measure(&args.measuring, voice)?.code)
}

/// What is to be measured.
pub(crate) struct Asked {
    /// What messages call the spec.
    pub(crate) name: String,
    pub(crate) spec: SweepSpec,
    /// The models whose products these are.
    pub(crate) models: Vec<ModelInfo>,
    pub(crate) shard: Option<ShardBy>,
    pub(crate) dry_run: bool,
}

/// What came of it.
pub(crate) struct Done {
    /// The exit code.
    pub(crate) code: u8,
    /// Where the rows are; none where nothing was measured, or they went to standard output.
    pub(crate) results: Option<PathBuf>,
}

impl Asked {
    pub(crate) fn measure(self, args: &Measuring, voice: Voice) -> Result<Done> {
        let nothing = |code| Ok(Done { code, results: None });
        let name = self.name;
        let spec = match args.engine {
            Some(engine) => self.spec.with_engine(engine),
            None => self.spec,
        };
        let default_engine = match args.backend {
            BackendName::Auto | BackendName::Cuda => Engine::Cublas,
            BackendName::Cpu => Engine::Cpu,
        };
        let plan = Plan::expand(&spec, default_engine)?.in_measuring_order(spec.method());
        let whole = plan.points().to_vec();
        let (plan, shard) = sharding::narrow(plan, self.shard, spec.method(), voice)?;
        if plan.is_empty() {
            voice.say("no point is left for this shard: there are more shards than points");
            return nothing(exit::DONE);
        }
        let opened = cards::open(args, spec.method(), voice);
        // A sweep for a GPU can be planned without one.
        if self.dry_run && args.backend == BackendName::Auto && opened.is_err() {
            streams::print(&(plan_summary::describe(&plan, &[], spec.method())? + "\n"))?;
            return nothing(exit::DONE);
        }
        let cards = opened?;
        // They are of one model: what is true of the first is true of all.
        let backend = &*cards[0];
        for point in plan.points() {
            backend.supports(point).with_context(|| name.clone())?;
        }
        let timers = timers(&spec, backend).with_context(|| name.clone())?;
        let method = spec.method().front_matter(timers, &whole, "standard normal");
        let front_matter =
            FrontMatter { model: self.models, ..front_matter(&spec, shard, method, &cards, &whole) };
        if self.dry_run {
            streams::print(&(plan_summary::describe(&plan, &cards, spec.method())? + "\n"))?;
            return nothing(exit::DONE);
        }

        // Of a shard all points may be too large; the sweep's others fit elsewhere in it.
        if shard.is_none() {
            ensure_some_fit(&name, &plan, backend)?;
        }
        let measurement = Measurement { spec: &spec, plan: &plan, timers, front_matter: &front_matter };
        let code = measurement.run(args, cards, voice)?;
        Ok(Done { code, results: file_name::of_results(args, &front_matter) })
    }
}

/// The timer that the spec names, or what the backend has for each point.
fn timers(spec: &SweepSpec, backend: &dyn Backend) -> Result<Timers> {
    let (available, name) = (backend.timers(), &backend.device().name);
    spec.method().timers(available).ok_or_else(|| match spec.method().timer {
        Some(wanted) => {
            let choices = available.iter().map(|timer| timer.as_str()).collect::<Vec<_>>().join(", ");
            anyhow!("method.timer = {wanted}: {name} is timed by {choices}")
        }
        None => anyhow!("{name} has no timer"),
    })
}

/// A plan of which nothing can run is a mistake in the spec, not a result.
fn ensure_some_fit(name: &str, plan: &Plan, backend: &dyn Backend) -> Result<()> {
    let memory = backend.memory()?;
    let (mut smallest, mut unsupported) = (None, None);
    for point in plan.points() {
        match backend.footprint(point) {
            Ok(bytes) => smallest = Some(smallest.map_or(bytes, |least: u128| least.min(bytes))),
            Err(error @ BackendError::Unsupported(_)) => unsupported = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    let smallest = match (smallest, unsupported) {
        (None, Some(error)) => bail!("{name}: no point can be measured: {error}"),
        (smallest, _) => smallest.unwrap_or(0),
    };
    ensure!(
        smallest <= u128::from(memory),
        "{name}: no point fits: the smallest needs {smallest} bytes, and {} has {memory} available; \
         make batch, seq or head_dim smaller",
        backend.device().name
    );
    Ok(())
}
