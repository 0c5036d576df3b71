//! What a run would do, before it does it.

use crate::cards::Card;
use hovera_bench::BackendError;
use hovera_core::{
    Datasheet, Engine, IdleRule, Load, MethodSpec, Op, Pacing, Plan, Point, Series, Stretch, Timer,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

/// A rate that any CPU of this decade reaches, for estimates only: GFLOP/s of f32 on one core.
const CPU_CORE_GFLOPS: f64 = 30.0;

/// The GPU that an estimate is for where none is known.
pub(crate) const ASSUMED_GPU: &str = "NVIDIA H100 80GB HBM3";

/// Seconds that one launch of a point should take on a device.
pub(crate) struct Estimate<'a> {
    sheet: Option<&'a Datasheet>,
    cpu_flops: f64,
}

impl Estimate<'_> {
    /// The same on every machine: one core for what a CPU computes, else [`ASSUMED_GPU`].
    pub(crate) fn reference(engine: Engine) -> Estimate<'static> {
        Estimate::for_device(ASSUMED_GPU, (engine == Engine::Cpu).then_some(1))
    }

    /// For a device of this name and backend; an unknown GPU counts as [`ASSUMED_GPU`].
    pub(crate) fn for_device(name: &str, threads: Option<u32>) -> Estimate<'static> {
        let cpu_flops = CPU_CORE_GFLOPS * 1e9 * f64::from(threads.unwrap_or(1));
        let sheet = match threads {
            Some(_) => None,
            None => Datasheet::lookup(name).or_else(|| Datasheet::lookup(ASSUMED_GPU)),
        };
        Estimate { sheet, cpu_flops }
    }

    /// Seconds of one launch.
    pub(crate) fn launch(&self, point: &Point) -> f64 {
        let by_datasheet = self.sheet.and_then(|sheet| sheet.estimate_seconds(point));
        by_datasheet.unwrap_or(point.flop() as f64 / self.cpu_flops)
    }

    /// Seconds of a whole point: the warm-up and the least number of samples, with the idling that its
    /// pacing asks for, and before them the search for its kernel.
    pub(crate) fn point(&self, point: &Point, method: &MethodSpec) -> f64 {
        let (screened, ranked) = if point.engine == Engine::Tuned { (SCREENED, RANKED) } else { (0.0, 0.0) };
        let screening = self.launch(point) * screened;
        let busy = self.launch(point) * (f64::from(method.warmup + method.min_samples) + ranked);
        let seconds = match (point.pacing, method.idle) {
            (Pacing::None, _) => busy,
            (Pacing::Sustained, _) => busy.max(method.sustained_seconds + CHANGE_SECONDS),
            (Pacing::Burst, IdleRule::Ratio(ratio)) => busy * (1.0 + ratio),
            (Pacing::Burst, IdleRule::Heat { after, before_ms }) => {
                let peak = self.sheet.map_or(self.cpu_flops, |sheet| sheet.peak_tflops * 1e12);
                let rate = (point.flop() as f64 / self.launch(point) / peak).min(1.0);
                busy + rate.powi(2) * (busy * after + before_ms * 1e-3)
            }
        };
        screening + seconds + PER_POINT_SECONDS
    }

    /// Seconds of a whole plan on so many cards, with what each of them needs before.
    fn plan(&self, plan: &Plan, method: &MethodSpec, timer: Timer, cards: usize) -> f64 {
        let points: f64 = plan.points().iter().map(|p| self.point(p, method)).sum();
        let stretches: BTreeSet<Stretch> = plan.points().iter().map(Point::stretch).collect();
        let light = stretches.iter().filter(|stretch| stretch.load == Some(Load::Light)).count();
        let soak = if method.pacing.contains(&Pacing::Sustained) { SOAK_SECONDS } else { 0.0 };
        points / cards.max(1) as f64 + light as f64 * method.run_in(timer) + soak
    }
}

/// Launches of [`Engine::Tuned`] beside those of any engine: about 30 candidates three times each without rest, and
/// those of the ranking.
const SCREENED: f64 = 90.0;
const RANKED: f64 = 100.0;

/// What a sustained point runs for before it is sampled.
const CHANGE_SECONDS: f64 = 0.25;

/// What an H100 took to settle, more or less.
const SOAK_SECONDS: f64 = 12.0;

/// Host time around each point: choosing a kernel, checking the result, writing the row.
const PER_POINT_SECONDS: f64 = 0.002;

/// Points by op and series, memory and time, as lines. Without a card the memory is that of operands
/// and results, and the time what [`ASSUMED_GPU`] would take.
///
/// # Errors
/// The card's, when it does not answer.
pub(crate) fn describe(plan: &Plan, cards: &[Card], method: &MethodSpec) -> Result<String, BackendError> {
    let backend = cards.first();
    let mut text = format!("{} points", plan.len());
    if plan.skipped_remainders() > 0 {
        let _ =
            write!(text, " ({} hidden sizes left out: heads do not divide them)", plan.skipped_remainders());
    }
    text.push('\n');
    for op in Op::ALL {
        let count = |series: &Series| {
            let of_series = |p: &&Point| p.layer.is_some_and(|layer| layer.series() == *series);
            plan.points().iter().filter(|p| p.op == *op).filter(of_series).count()
        };
        let by_series: Vec<String> = Series::ALL
            .iter()
            .map(|series| (series, count(series)))
            .filter(|(_, count)| *count > 0)
            .map(|(series, count)| format!("{count} of h/a = {series}"))
            .collect();
        if !by_series.is_empty() {
            let _ = writeln!(text, "  {op}: {}", by_series.join(", "));
        }
    }
    let footprint = |p: &Point| backend.map_or_else(|| Ok(p.bytes()), |backend| backend.footprint(p));
    let footprints: Vec<u128> = plan.points().iter().map(footprint).collect::<Result<_, _>>()?;
    let largest = footprints.iter().copied().max().unwrap_or(0);
    let _ = write!(text, "memory: {}", bytes(largest));
    if let Some(backend) = backend {
        let available = u128::from(backend.memory()?);
        let _ = write!(text, " of {} available", bytes(available));
        let too_large = footprints.iter().filter(|footprint| **footprint > available).count();
        if too_large > 0 {
            let _ = write!(text, "; {too_large} points do not fit and would be skipped");
        }
    }
    let (name, threads) = match backend {
        Some(backend) => (backend.device().name.as_str(), backend.device().threads),
        None => (ASSUMED_GPU, None),
    };
    let estimate = Estimate::for_device(name, threads);
    let timer = method.timer.unwrap_or(if threads.is_some() { Timer::Host } else { Timer::Event });
    let seconds = estimate.plan(plan, method, timer, cards.len());
    let several = if cards.len() > 1 { format!("{} of ", cards.len()) } else { String::new() };
    let _ = write!(text, "\ntime: about {} on {several}{name}", duration(seconds));
    if backend.is_none() {
        text.push_str(", were there one here");
    }
    Ok(text)
}

/// `1.5 GiB`.
pub(crate) fn bytes(count: u128) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", units[unit]) }
}

/// `48 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = Duration::from_secs_f64(seconds.clamp(0.0, 1e9)).as_secs();
    match whole {
        0 => format!("{seconds:.1} s"),
        1..=119 => format!("{whole} s"),
        120..=7199 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_said_in_fitting_units() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(80 * 1024 * 1024 * 1024), "80.0 GiB");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(119.9), "119 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }

    /// Seconds that the recorded sweeps of the H100 took, and the estimates.
    #[test]
    fn estimates_are_within_a_quarter_of_what_an_h100_took() {
        let sweeps = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps");
        for name in ["attention-a12", "attention-a12-full", "tuned-a12", "pacing-a12"] {
            let file = sweeps.join(format!("recorded/nvidia-h100-80gb-hbm3/{name}.csv"));
            let took = hovera_core::Results::parse(name, std::fs::read(file).unwrap()).unwrap().sessions;
            let took: f64 = took.iter().map(|session| session.wall_seconds).sum();
            let text = std::fs::read_to_string(sweeps.join(format!("{name}.toml"))).unwrap();
            let spec = hovera_core::SweepSpec::parse(name, &text).unwrap();
            let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
            let estimate = Estimate::reference(Engine::Cublas).plan(&plan, spec.method(), Timer::Event, 1);
            assert!((0.75..1.25).contains(&(estimate / took)), "{name}: {estimate} s, took {took} s");
        }
    }
}
