//! How a spec wants its points measured.

use super::document::Section;
use super::error::SpecError;
use crate::procedure::MOST_SAMPLES;
use crate::shape::vocabulary::{Cache, Pacing, Stat, Timer};
use crate::statistics::MIN_SAMPLES_FOR_INTERVAL;
use crate::sweep::timers::Timers;
use crate::words::text_enum::text_enum;

/// The most launches of one point that can be asked for.
const MAX_LAUNCHES: u32 = 1_000_000;

/// [`IdleRule::Heat::least`] where a spec does not say it.
pub(super) const IDLE_LEAST: f64 = 2.0;

/// On an H100 the clock of light products came to its level within 0.5 to 1.1 s.
const RUN_IN_S: f64 = 1.2;

text_enum! {
    /// In which order the points are measured.
    Order, "order" {
        /// Shuffled by a seed, so that what drifts does not look like what is swept.
        Shuffled = "shuffled",
        /// As the spec lists them.
        Planned = "planned",
    }
}

text_enum! {
    /// A whole method, as others have measured by it.
    Preset, "preset" {
        /// The paper's own logs (arXiv 2401.14489): the host's clock around launch and synchronise, the
        /// slowest of 99 launches after 50 that do not count.
        Paper2023 = "paper-2023",
        /// EleutherAI/cookbook since 2024: CUDA events, the fastest of 200 launches after 50.
        Cookbook2024 = "cookbook-2024",
    }
}

/// How the points of a sweep are measured: the spec's `[method]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodSpec {
    /// The published method that this is.
    pub preset: Option<Preset>,
    /// What the device does between points; each point is measured once by each.
    pub pacing: Vec<Pacing>,
    /// What the caches hold; each point is measured once with each.
    pub cache: Vec<Cache>,
    /// How long a device idles, with [`Pacing::Burst`].
    pub idle: IdleRule,
    /// For how long in s a device is run in before each [light](crate::Load::Light) [`Stretch`](crate::Stretch) of
    /// bursts: points of it are launched as if measured. `None` leaves it to the timer
    /// ([`run_in`](MethodSpec::run_in)).
    pub run_in_seconds: Option<f64>,
    /// The least busy time in s over which a point is sampled with [`Pacing::Sustained`]: over 1 s the
    /// steps of an energy counter leave some 4 %.
    pub sustained_seconds: f64,
    /// What a launch's time is read from; `None` leaves it to the backend.
    pub timer: Option<Timer>,
    /// Launches at the start of each burst that are not samples.
    pub warmup: u32,
    /// The least number of samples, at least [`MIN_SAMPLES_FOR_INTERVAL`]; also how many a burst has.
    pub min_samples: u32,
    /// The greatest number of samples, at least `min_samples`: 144, or `min_samples` where only that is
    /// set and is more. A point by replays has as many as are planned for it if that is more; in a burst
    /// long launches are not sampled on and on, see [`MOST_TIMED_S`](crate::procedure::MOST_TIMED_S).
    pub max_samples: u32,
    /// No further burst of a point begins after so many s, idling included.
    pub max_point_seconds: f64,
    /// Sampling stops when the half-width of the median's 95 % confidence interval is within this
    /// fraction of the median, between 0 and 1. It is the interval of the row's invariant: of the
    /// cycles where the tensor cores bound it, of the time where memory does.
    pub ci_target: f64,
    /// Which of a point's times stands for it in this method's own reports.
    pub stat: Stat,
    /// In which order the points are measured.
    pub order: Order,
    /// Seed of the shuffled order.
    pub order_seed: u64,
    /// How many points are measured between two measurements of the sentinel, 0 for no sentinel.
    pub sentinel_every: u32,
    /// Seed of the operands, at most 2⁶³ - 1 (the largest integer of TOML).
    pub seed: u64,
}

/// How long a device idles around a burst so that it has recovered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IdleRule {
    /// By the heat just made. A power-capped card's dynamic power grows with its rate r, the share of
    /// the peak FLOP/s that a burst ran at, and its need of rest faster than that: both are weighed
    /// with r². What the host needs between two bursts counts as idling.
    Heat {
        /// Idle time after a burst over its busy time, at r = 1: 10 is 0.2 for series 1 of an H100
        /// (r = 0.14), 0.6 for series 2 and 4 and 4 to 5 for series 8 to 64.
        after: f64,
        /// Idle time before a point in ms, at the r = 1 that is expected of it; less where the card was
        /// busy for less than a tenth of that or so.
        before_ms: f64,
        /// Idle time after a burst over its busy time, at any r, at the least. A card that hardly rests has one of
        /// several clocks, some tenths of a second each: on H100s 1800 to 1875 MHz, whatever light product ran. One
        /// that rests twice as long as it is busy has 1832 MHz, within 0.1 %.
        least: f64,
    },
    /// This many times the busy time just before, whatever ran.
    Ratio(f64),
}

impl Default for MethodSpec {
    fn default() -> MethodSpec {
        MethodSpec {
            preset: None,
            pacing: vec![Pacing::Burst],
            cache: vec![Cache::Hot],
            idle: IdleRule::Heat { after: 10.0, before_ms: 80.0, least: IDLE_LEAST },
            run_in_seconds: None,
            sustained_seconds: 1.0,
            timer: None,
            warmup: 1,
            min_samples: MIN_SAMPLES_FOR_INTERVAL,
            max_samples: MOST_SAMPLES,
            max_point_seconds: 10.0,
            ci_target: 0.005,
            stat: Stat::Median,
            order: Order::Shuffled,
            order_seed: 1,
            sentinel_every: 200,
            seed: 1,
        }
    }
}

impl From<Preset> for MethodSpec {
    fn from(preset: Preset) -> MethodSpec {
        let (timer, samples, stat) = match preset {
            Preset::Paper2023 => (Timer::Host, 99, Stat::Max),
            Preset::Cookbook2024 => (Timer::Event, 200, Stat::Min),
        };
        MethodSpec {
            preset: Some(preset),
            pacing: vec![Pacing::None],
            timer: Some(timer),
            warmup: 50,
            min_samples: samples,
            max_samples: samples,
            stat,
            order: Order::Planned,
            sentinel_every: 0,
            ..MethodSpec::default()
        }
    }
}

const KEYS: [&str; 20] = [
    "preset",
    "pacing",
    "cache",
    "idle_after",
    "idle_before_ms",
    "idle_least",
    "idle_ratio",
    "run_in_seconds",
    "sustained_seconds",
    "timer",
    "warmup",
    "min_samples",
    "max_samples",
    "max_point_seconds",
    "ci_target",
    "stat",
    "order",
    "order_seed",
    "sentinel_every",
    "seed",
];

/// The keys of [`IdleRule::Heat`].
const BY_HEAT: [&str; 3] = ["idle_after", "idle_before_ms", "idle_least"];

/// Beside a preset: what it says nothing about.
const BESIDE_PRESET: [&str; 3] = ["preset", "cache", "seed"];

impl MethodSpec {
    /// Seconds for which the device is run in before each stretch of light bursts. An H100 that has idled, or run
    /// dense products, holds the clock of light ones lower for the first second of them, by 1 to 2 %. A timer on the
    /// host leaves gaps between launches, after which there is nothing to get used to; a planned order changes between
    /// loads too often to run in each time.
    #[must_use]
    pub fn run_in(&self, timers: Timers) -> f64 {
        let in_vain = timers.are_the_host_s() || self.order == Order::Planned;
        self.run_in_seconds.unwrap_or(if in_vain { 0.0 } else { RUN_IN_S })
    }

    pub(super) fn read(section: &Section<'_>) -> Result<MethodSpec, SpecError> {
        section.refuse_unknown(&KEYS)?;
        let mut method = MethodSpec::default();
        if let Some(field) = section.get("preset") {
            let preset: Preset = field.word()?;
            if let Some(other) =
                KEYS.iter().filter(|key| !BESIDE_PRESET.contains(key)).find_map(|key| section.get(key))
            {
                return Err(other.wants(format!("no such key beside preset = \"{preset}\", which sets it")));
            }
            method = preset.into();
        }
        if let Some(field) = section.get("pacing") {
            method.pacing = field.words_of(Pacing::OF_SWEEPS)?;
        }
        if let Some(field) = section.get("cache") {
            method.cache = field.words_of(Cache::OF_SWEEPS)?;
        }
        method.read_idle(section)?;
        if let Some(field) = section.get("sustained_seconds") {
            if !method.pacing.contains(&Pacing::Sustained) {
                return Err(field.wants("no sustained_seconds without pacing = \"sustained\""));
            }
            method.sustained_seconds =
                field.number("a number, 0.1 to 3600", |x| (0.1..=3600.0).contains(&x))?;
        }
        if let Some(field) = section.get("timer") {
            let timer = field.word()?;
            // A replay is many launches in one: a burst's length and a launch's energy would be off by as many.
            if timer == Timer::Graph && method.pacing.contains(&Pacing::Sustained) {
                return Err(field.wants("no graph timer with pacing = \"sustained\": event or host"));
            }
            method.timer = Some(timer);
        }
        method.read_stopping(section)?;
        if let Some(field) = section.get("stat") {
            method.stat = field.word()?;
        }
        if let Some(field) = section.get("order") {
            method.order = field.word()?;
        }
        if let Some(field) = section.get("order_seed") {
            if method.order == Order::Planned {
                return Err(field.wants("no order_seed with order = \"planned\""));
            }
            method.order_seed = field.integer(0..=i64::MAX as u64)?;
        }
        if let Some(field) = section.get("sentinel_every") {
            method.sentinel_every = field.small_integer(0..=MAX_LAUNCHES)?;
        }
        if let Some(field) = section.get("seed") {
            method.seed = field.integer(0..=i64::MAX as u64)?;
        }
        Ok(method)
    }

    fn read_idle(&mut self, section: &Section<'_>) -> Result<(), SpecError> {
        let read = |key| {
            let Some(field) = section.get(key) else { return Ok(None) };
            if !self.pacing.contains(&Pacing::Burst) {
                return Err(field.wants(format!("no {key} without pacing = \"burst\"")));
            }
            field.number("a number, 0 to 1000", |x| (0.0..=1000.0).contains(&x)).map(Some)
        };
        let (by_heat, ratio) = (BY_HEAT.map(read), read("idle_ratio")?);
        if let IdleRule::Heat { after, before_ms, least } = &mut self.idle {
            for (value, own) in by_heat.into_iter().zip([after, before_ms, least]) {
                *own = value?.unwrap_or(*own);
            }
        }
        self.run_in_seconds = read("run_in_seconds")?.or(self.run_in_seconds);
        if let Some(ratio) = ratio {
            if let Some(other) = BY_HEAT.iter().find_map(|key| section.get(key)) {
                return Err(
                    other.wants("either idle_ratio or idle_after, idle_before_ms and idle_least, not both")
                );
            }
            self.idle = IdleRule::Ratio(ratio);
        }
        Ok(())
    }

    fn read_stopping(&mut self, section: &Section<'_>) -> Result<(), SpecError> {
        if let Some(field) = section.get("warmup") {
            self.warmup = field.small_integer(0..=MAX_LAUNCHES)?;
        }
        if let Some(field) = section.get("min_samples") {
            self.min_samples =
                field.small_integer(MIN_SAMPLES_FOR_INTERVAL..=MAX_LAUNCHES).map_err(|_| {
                    field.wants(format!(
                        "an integer, {MIN_SAMPLES_FOR_INTERVAL} to {MAX_LAUNCHES}: with fewer samples no \
                         95 % confidence interval of a median exists"
                    ))
                })?;
            self.max_samples = self.max_samples.max(self.min_samples);
        }
        if let Some(field) = section.get("max_samples") {
            self.max_samples = field.small_integer(self.min_samples..=MAX_LAUNCHES).map_err(|_| {
                field.wants(format!(
                    "an integer, {} to {MAX_LAUNCHES}: no fewer than min_samples",
                    self.min_samples
                ))
            })?;
        }
        if let Some(field) = section.get("max_point_seconds") {
            self.max_point_seconds =
                field.number("a number above 0, to 86400", |x| x > 0.0 && x <= 86_400.0)?;
        }
        if let Some(field) = section.get("ci_target") {
            self.ci_target = field.number("a number between 0 and 1", |x| x > 0.0 && x < 1.0)?;
        }
        Ok(())
    }
}
