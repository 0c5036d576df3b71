//! `hovera run`: a spec through a backend into a results file.

use crate::args::{BackendName, Run};
use crate::cards::{self, Card};
use crate::plan_summary::{self, Estimate};
use crate::progress::Progress;
use crate::sharding;
use crate::stop::Stop;
use crate::voice::Voice;
use crate::{VERSION, exit};
use anyhow::{Context, Result, bail, ensure};
use hovera_bench::sweep::{Kept, RowSink, Swept, large_ones_first_at_the_end, sweep, those_that_fit};
use hovera_bench::{Backend, Journal, Runner};
use hovera_core::{
    Engine, FrontMatter, Plan, Point, Row, Session, Shard, Software, Stat, Status, SweepInfo, SweepSpec,
    Timer, write_header, write_row, write_trailer,
};
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
    let opened = cards::open(args, spec.method(), voice);
    // A sweep for a GPU can be planned without one.
    if args.dry_run && args.backend == BackendName::Auto && opened.is_err() {
        println!("{}", plan_summary::describe(&plan, &[], spec.method()));
        return Ok(exit::DONE);
    }
    let mut cards = opened?;
    // They are of one model: what is true of the first is true of all.
    let backend = &*cards[0];
    for point in plan.points() {
        backend.supports(point).with_context(|| name.clone())?;
    }
    let timer = timer(&spec, backend).with_context(|| name.clone())?;
    let front_matter = front_matter(&spec, shard, timer, &cards);
    if args.dry_run {
        println!("{}", plan_summary::describe(&plan, &cards, spec.method()));
        return Ok(exit::DONE);
    }

    let estimate = Estimate::for_device(&backend.device().name, backend.device().threads);
    let cost = |point: &Point| estimate.point(point, spec.method());
    // Of a shard all points may be too large; the sweep's others fit elsewhere in it.
    if shard.is_none() {
        ensure_some_fit(&name, &plan, backend)?;
    }
    let mut points = plan.points().to_vec();
    if cards.len() > 1 {
        large_ones_first_at_the_end(&mut points, cards.len(), cost);
    }
    // Any of them may come to measure any point.
    let (fitting, too_large) = those_that_fit(&cards, &points)?;

    let mut sink = Sink::open(args, &front_matter, voice)?;
    if plan.skipped_remainders() > 0 {
        voice.say(&format!("{} hidden sizes left out: heads do not divide them", plan.skipped_remainders()));
    }
    let mut tally = Tally::default();
    too_large.iter().for_each(|row| tally.add(row));
    let there = plan.points().iter().filter(|p| sink.is_done(p)).count();
    let stop = Stop::listen()?;
    let todo: Vec<Point> = fitting.into_iter().filter(|p| !sink.is_done(p)).collect();
    let mut progress = Progress::start(todo.iter().map(cost), cards.len(), voice.quiet);
    let mut measured = 0;
    let runner =
        |(device, card)| Runner::new(card, spec.method(), timer, device, &todo).stopped_by(stop.flag());
    let runners = (0..).zip(cards.iter_mut().map(|card| &mut **card)).map(runner).collect();
    let swept = sweep(runners, &points, &too_large, &mut sink, |kept| match kept {
        Kept::TooLarge(_) => measured += 1,
        Kept::New(row) => {
            measured += 1;
            tally.add(row);
            progress.advance(row.device, cost(&row.point));
            if voice.verbose {
                progress.suspend(|| voice.say(&in_words(row)));
            }
        }
        Kept::Again(row) => tally.add(row),
    })?;
    let elapsed = progress.finish();
    let Swept { sessions, lost, stopped } = swept;
    let several = cards.len() > 1;
    sessions.iter().for_each(|session| say_what_was_found(session, several, voice));
    voice.say(&format!(
        "{} in {}{}",
        tally.describe(),
        plan_summary::duration(elapsed.as_secs_f64()),
        if stopped { String::new() } else { sink.whereto() }
    ));
    tally.warn_of_trouble(voice);
    let go_on = sink.go_on(args);
    let unmeasured = todo.iter().filter(|point| !tally.has(point)).count();
    if measured > 0 {
        sink.finish(sessions)?;
    }
    for (device, error) in &lost {
        voice.warn(&format!("{} was lost: {error}", described(&cards, *device)));
    }
    if stopped {
        let (so_far, all, signal) = (there + measured, plan.len(), stop.name());
        voice.warn(&format!("stopped by {signal} after {so_far} of {all} points{go_on}"));
        return Ok(stop.code());
    }
    if let (Some((_, error)), true) = (lost.into_iter().next(), unmeasured > 0) {
        return Err(error).context(format!(
            "{unmeasured} points are not measured, for want of a device; the same command goes on with them"
        ));
    }
    Ok(if tally.count(Status::Failed) > 0 { exit::INCOMPLETE } else { exit::DONE })
}

/// `device 1 (NVIDIA H100 80GB HBM3)`, by its number in the results file.
fn described(cards: &[Card], device: u32) -> String {
    let name = cards.get(device as usize).map_or("", |card| &card.device().name);
    format!("device {device} ({name})")
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

fn front_matter(spec: &SweepSpec, shard: Option<Shard>, timer: Timer, cards: &[Card]) -> FrontMatter {
    let (version, revision) = match VERSION.split_once(" (") {
        Some((version, revision)) => (version, Some(revision.trim_end_matches(')').to_owned())),
        None => (VERSION, None),
    };
    FrontMatter {
        started: start_time(),
        sweep: SweepInfo {
            name: spec.name().to_owned(),
            spec_hash: spec.canonical_hash(),
            spec: spec.text().to_owned(),
            shard,
        },
        source: None,
        method: spec.method().front_matter(timer, "standard normal"),
        software: Software { hovera: version.to_owned(), revision, ..cards[0].software().clone() },
        device: cards.iter().map(|card| card.device().clone()).collect(),
    }
}

/// For the reader of the file; nothing is worked out from it.
#[expect(clippy::disallowed_methods)]
fn start_time() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string()
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
fn say_what_was_found(session: &Session, several: bool, voice: Voice) {
    let which = if several { format!("device {}: ", session.device) } else { String::new() };
    for sentinel in &session.sentinel {
        voice.say(&format!(
            "{which}sentinel ({}), {} times: drifted by {:.2} % in time, {:.2} % in its invariant",
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
            "{which}sustained: {end} after {:.1} s, then busy {:.1} % of the time",
            settling.seconds,
            settling.busy_share * 100.0
        ));
    }
    if session.disturbed_groups > 0 {
        voice.say(&format!(
            "{which}{} disturbed groups of launches were measured again",
            session.disturbed_groups
        ));
    }
}

/// Where rows go.
enum Sink {
    Journal {
        journal: Box<Journal>,
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
        Ok(Sink::Journal { journal: Box::new(journal), path })
    }

    fn finish(self, sessions: Vec<Session>) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => journal.finish(sessions)?,
            Sink::Stdout(_) => print!("{}", write_trailer(&sessions)),
        }
        Ok(())
    }

    /// What to do to have the rest measured. `--resume` refuses a file that is not there any more, where the
    /// same command would begin another.
    fn go_on(&self, args: &Run) -> String {
        let Sink::Journal { path, .. } = self else { return String::new() };
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        if args.output.is_none() {
            words.extend(["-o".to_owned(), path.display().to_string()]);
        }
        if !args.resume {
            words.push("--resume".to_owned());
        }
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        format!("; go on with: hovera {}", quoted.join(" "))
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

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `attention-a12-nvidia-h100-80gb-hbm3.csv`.
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

    fn has(&self, point: &Point) -> bool {
        self.statuses.contains_key(point)
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
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted("sweeps/a-12.toml"), "sweeps/a-12.toml");
        assert_eq!(quoted("my sweep's.toml"), r"'my sweep'\''s.toml'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_device_name_becomes_a_file_name() {
        assert_eq!(slug("NVIDIA H100 80GB HBM3"), "nvidia-h100-80gb-hbm3");
        assert_eq!(slug("AMD EPYC 7R13 @ 2.6GHz (x)"), "amd-epyc-7r13-2-6ghz-x");
        assert_eq!(slug("../../etc"), "etc");
    }
}
