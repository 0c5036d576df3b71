//! `hovera run`: a spec through a backend into a results file.

use crate::args::{BackendName, Run};
use crate::plan_summary::{self, Estimate};
use crate::progress::Progress;
use crate::sharding;
use crate::voice::Voice;
use crate::{VERSION, exit, worker};
use anyhow::{Context, Result, bail, ensure};
use hovera_bench::sweep::{Kept, RowSink, sweep, those_that_fit};
use hovera_bench::{Backend, BackendError, Journal, Runner};
use hovera_core::{
    Engine, FrontMatter, MethodSpec, Plan, Point, Row, Session, Shard, Software, Stat, Status, SweepInfo,
    SweepSpec, Timer, write_header, write_row, write_trailer,
};
use hovera_cpu::CpuBackend;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

pub(crate) fn run(args: &Run, voice: Voice) -> Result<u8> {
    let name = args.spec.display().to_string();
    let text = std::fs::read_to_string(&args.spec).with_context(|| format!("{name}: cannot read"))?;
    let mut spec = SweepSpec::parse(&name, &text)?;
    if let Some(engine) = args.engine {
        spec = spec.with_engine(engine);
    }
    let default_engine = match args.backend {
        BackendName::Auto | BackendName::Cuda => Engine::Cublas,
        BackendName::Cpu => Engine::Cpu,
    };
    if let Some(seed) = args.order_seed {
        spec = spec.with_order_seed(seed);
    }
    let plan = Plan::expand(&spec, default_engine)?.in_measuring_order(spec.method());
    let (plan, shard) = sharding::narrow(plan, args.shard, spec.method(), voice)?;
    if plan.is_empty() {
        voice.say("no point is left for this shard: there are more shards than points");
        return Ok(exit::DONE);
    }
    let opened = open(args, spec.method(), voice);
    // A sweep for a GPU can be planned without one.
    if args.dry_run && args.backend == BackendName::Auto && opened.is_err() {
        println!("{}", plan_summary::describe(&plan, None, spec.method()));
        return Ok(exit::DONE);
    }
    let mut backend = opened?;
    for point in plan.points() {
        backend.supports(point).with_context(|| name.clone())?;
    }
    let timer = timer(&spec, &*backend).with_context(|| name.clone())?;
    let front_matter = front_matter(&spec, shard, timer, &*backend);
    if args.dry_run {
        println!("{}", plan_summary::describe(&plan, Some(&*backend), spec.method()));
        return Ok(exit::DONE);
    }

    let estimate = Estimate::for_device(&backend.device().name, backend.device().threads);
    // Of a shard all points may be too large; the sweep's others fit elsewhere in it.
    if shard.is_none() {
        ensure_some_fit(&name, &plan, &*backend)?;
    }
    let (fitting, too_large) = those_that_fit(&*backend, plan.points())?;

    let mut sink = Sink::open(args, &front_matter, voice)?;
    if plan.skipped_remainders() > 0 {
        voice.say(&format!("{} hidden sizes left out: heads do not divide them", plan.skipped_remainders()));
    }
    let mut tally = Tally::default();
    for row in &too_large {
        if !sink.is_done(&row.point) {
            sink.append(row)?;
        }
        tally.add(row);
    }
    let todo: Vec<Point> = fitting.into_iter().filter(|p| !sink.is_done(p)).collect();
    let costs: Vec<f64> = todo.iter().map(|p| estimate.point(p, spec.method())).collect();
    let mut progress = Progress::start(&costs, voice.quiet);
    let mut costs = costs.into_iter();
    let mut runner = Runner::new(&mut *backend, spec.method(), timer, 0, &todo);
    sweep(&mut runner, &todo, &mut sink, |kept| match kept {
        Kept::New(row) => {
            tally.add(row);
            progress.advance(costs.next().unwrap_or_default());
            if voice.verbose {
                progress.suspend(|| voice.say(&in_words(row)));
            }
        }
        Kept::Again(row) => tally.add(row),
    })?;
    let session = runner.finish();
    let elapsed = progress.finish();
    say_what_was_found(&session, voice);
    voice.say(&format!(
        "{} in {}{}",
        tally.describe(),
        plan_summary::duration(elapsed.as_secs_f64()),
        sink.whereto()
    ));
    tally.warn_of_trouble(voice);
    if !todo.is_empty() {
        sink.finish(session)?;
    }
    Ok(if tally.count(Status::Failed) > 0 { exit::INCOMPLETE } else { exit::DONE })
}

/// `score, hidden 4608, head dim 384: 591.5 TFLOP/s, ok`.
fn in_words(row: &Row) -> String {
    let came_of_it = match row.tflops(Stat::Median) {
        Some(tflops) => format!("{tflops:.4} TFLOP/s, {}", row.status),
        None => row.status.to_string(),
    };
    let note = if row.note.is_empty() { String::new() } else { format!(" ({})", row.note) };
    let head_dim =
        row.point.layer.map(|layer| format!(", head dim {}", layer.head_dim())).unwrap_or_default();
    format!("{}{head_dim}: {came_of_it}{note}", place(&row.point))
}

/// `score, hidden 4608`.
fn place(point: &Point) -> String {
    let hidden = point.layer.map(|layer| format!(", hidden {}", layer.hidden())).unwrap_or_default();
    format!("{}{hidden}", point.op)
}

fn open(args: &Run, method: &MethodSpec, voice: Voice) -> Result<Box<dyn Backend>> {
    if args.backend == BackendName::Cpu {
        return Ok(Box::new(CpuBackend::open()));
    }
    let opened = worker::open(args.device, args.max_point_time, method);
    let backend = match args.backend {
        BackendName::Auto => {
            opened.context("no usable GPU; to measure this machine's CPU instead, add --backend cpu")?
        }
        _ => opened?,
    };
    backend.remarks().iter().for_each(|remark| voice.warn(&remark.text));
    if args.strict && backend.remarks().iter().any(|remark| remark.spoils) {
        let name = &backend.device().name;
        bail!(BackendError::Unavailable(format!("--strict: {name} is in no state for a good measurement")));
    }
    Ok(Box::new(backend))
}

/// The timer that the spec names, or the backend's best.
fn timer(spec: &SweepSpec, backend: &dyn Backend) -> Result<Timer> {
    let timers = backend.timers();
    let Some(wanted) = spec.method().timer.or(timers.first().copied()) else {
        bail!("{} has no timer", backend.device().name)
    };
    let choices = || timers.iter().map(|t| t.as_str()).collect::<Vec<_>>().join(", ");
    ensure!(
        timers.contains(&wanted),
        "method.timer = {wanted}: {} is timed by {}",
        backend.device().name,
        choices()
    );
    Ok(wanted)
}

fn front_matter(spec: &SweepSpec, shard: Option<Shard>, timer: Timer, backend: &dyn Backend) -> FrontMatter {
    let (version, revision) = match VERSION.split_once(" (") {
        Some((version, revision)) => (version, Some(revision.trim_end_matches(')').to_owned())),
        None => (VERSION, None),
    };
    FrontMatter {
        started: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
        sweep: SweepInfo {
            name: spec.name().to_owned(),
            spec_hash: spec.canonical_hash(),
            spec: spec.text().to_owned(),
            shard,
        },
        source: None,
        method: spec.method().front_matter(timer, "standard normal"),
        software: Software { hovera: version.to_owned(), revision, ..backend.software().clone() },
        device: vec![backend.device().clone()],
    }
}

/// A plan of which nothing can run is a mistake in the spec, not a result.
fn ensure_some_fit(name: &str, plan: &Plan, backend: &dyn Backend) -> Result<()> {
    let memory = backend.memory()?;
    let smallest = plan.points().iter().map(|p| backend.footprint(p)).min().unwrap_or(0);
    ensure!(
        smallest <= u128::from(memory),
        "{name}: no point fits: the smallest needs {smallest} bytes, and {} has {memory} available; \
         make batch, seq or head_dim smaller",
        backend.device().name
    );
    Ok(())
}

/// What the end of the file says as well.
fn say_what_was_found(session: &Session, voice: Voice) {
    for sentinel in &session.sentinel {
        voice.say(&format!(
            "sentinel ({}), {} times: drifted by {:.2} % in time, {:.2} % in its invariant",
            sentinel.point,
            sentinel.time_us.len(),
            sentinel.time_drift * 100.0,
            sentinel.invariant_drift * 100.0
        ));
    }
    if let Some(settling) = &session.settling {
        let end = match settling.settled {
            true => "settled",
            false => "had not settled",
        };
        voice.say(&format!(
            "sustained: {end} after {:.1} s, then busy {:.1} % of the time",
            settling.seconds,
            settling.busy_share * 100.0
        ));
    }
    if session.disturbed_groups > 0 {
        voice.say(&format!("{} disturbed groups of launches were measured again", session.disturbed_groups));
    }
}

/// Where rows go.
enum Sink {
    Journal {
        journal: Journal,
        path: PathBuf,
    },
    /// The time that the rows' throughput is by.
    Stdout(Stat),
}

impl Sink {
    fn open(args: &Run, front_matter: &FrontMatter, voice: Voice) -> Result<Sink> {
        let path = match &args.output {
            Some(path) if path.as_os_str() == "-" => {
                ensure!(!args.resume, "--resume: standard output holds no earlier rows; name a file with -o");
                print!("{}", write_header(front_matter));
                return Ok(Sink::Stdout(front_matter.method.stat));
            }
            Some(path) => path.clone(),
            None => PathBuf::from(default_name(front_matter)),
        };
        if args.resume && !path.exists() {
            bail!("{}: --resume, but there is no such file", path.display());
        }
        let journal = Journal::open(&path, front_matter)?;
        if let Some(torn) = journal.torn() {
            voice.warn(&format!(
                "{}: the last row was cut short and is measured again (line {})",
                path.display(),
                torn.line
            ));
        }
        if journal.rows_kept() > 0 {
            voice.say(&format!("{}: {} points are there already", path.display(), journal.rows_kept()));
        }
        Ok(Sink::Journal { journal, path })
    }

    fn finish(self, session: Session) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => journal.finish(session)?,
            Sink::Stdout(_) => print!("{}", write_trailer(&[session])),
        }
        Ok(())
    }

    fn whereto(&self) -> String {
        match self {
            Sink::Journal { path, .. } => format!(" -> {0}; draw them with: hovera plot {0}", path.display()),
            Sink::Stdout(_) => String::new(),
        }
    }
}

impl RowSink for Sink {
    type Error = anyhow::Error;

    fn is_done(&self, point: &Point) -> bool {
        match self {
            Sink::Journal { journal, .. } => journal.is_done(point),
            Sink::Stdout(_) => false,
        }
    }

    fn append(&mut self, row: &Row) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => journal.append(row)?,
            Sink::Stdout(stat) => {
                let mut out = std::io::stdout().lock();
                out.write_all(write_row(row, *stat).as_bytes())
                    .and_then(|()| out.flush())
                    .context("standard output")?;
            }
        }
        Ok(())
    }

    fn replace(&mut self, row: &Row) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => Ok(journal.replace(row)?),
            // What was printed is printed; the summary at the end counts it.
            Sink::Stdout(_) => Ok(()),
        }
    }
}

/// `attention-a12-nvidia-h100-80gb-hbm3.csv`, and with a shard `…-shard-03-of-16.csv`.
fn default_name(front_matter: &FrontMatter) -> String {
    let device = front_matter.device.first().map_or("device", |d| &d.name);
    let sweep = &front_matter.sweep;
    let shard = sweep.shard.map(sharding::file_name_part).unwrap_or_default();
    format!("{}-{}{shard}.csv", sweep.name, slug(device))
}

/// Lower-case letters and digits, with one hyphen for everything between them.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// What became of the points: of each, the last that was said.
#[derive(Debug, Default)]
struct Tally {
    statuses: BTreeMap<Point, Status>,
    first_failure: Option<String>,
}

impl Tally {
    fn add(&mut self, row: &Row) {
        self.statuses.insert(row.point, row.status);
        if row.status == Status::Failed {
            self.first_failure.get_or_insert_with(|| format!("{}: {}", place(&row.point), row.note));
        }
    }

    fn count(&self, status: Status) -> usize {
        self.statuses.values().filter(|s| **s == status).count()
    }

    fn describe(&self) -> String {
        let counts = Status::ALL.iter().map(|status| (self.count(*status), status));
        let said: Vec<String> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, status)| format!("{count} {status}"))
            .collect();
        if said.is_empty() {
            "nothing left to measure".into()
        } else {
            format!("points: {}", said.join(", "))
        }
    }

    fn warn_of_trouble(&self, voice: Voice) {
        if let Some(first) = &self.first_failure {
            voice.warn(&format!("{} points failed; the first: {first}", self.count(Status::Failed)));
        }
        let skipped = self.count(Status::Skipped);
        if skipped > 0 {
            voice.warn(&format!("{skipped} points were skipped, each with its reason in the file"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_name_becomes_a_file_name() {
        assert_eq!(slug("NVIDIA H100 80GB HBM3"), "nvidia-h100-80gb-hbm3");
        assert_eq!(slug("AMD EPYC 7R13 @ 2.6GHz (x)"), "amd-epyc-7r13-2-6ghz-x");
        assert_eq!(slug("../../etc"), "etc");
    }
}
