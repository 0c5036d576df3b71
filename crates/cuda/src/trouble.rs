//! What would spoil a measurement on a card.

use crate::nvml::{GpuLimits, GpuState, throttle_names};
use crate::sys::Driver;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use std::fmt;

/// Utilisation that noise in NVML's reading does not reach, in percent.
const BUSY_PERCENT: u32 = 5;
/// Memory that drivers, displays and daemons do not take together, over the card's.
const USED_FRACTION: f64 = 0.05;
/// Closer to its slowdown temperature than this, in °C, a card under load may slow down.
const HEADROOM_C: u32 = 15;
/// Where a card does not tell its slowdown temperature.
const HOT_C: u32 = 75;
/// Power limits are set in whole watts.
const POWER_STEP_W: f64 = 1.0;

/// Something about a card that a measurement on it would suffer from, or that its reader should know. As
/// text, a sentence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Trouble {
    /// So many other processes compute on it.
    OtherProcesses(usize),
    /// It is working, so much of the time.
    Busy {
        /// Of the time, in percent.
        percent: u32,
    },
    /// Memory is taken by something that is not listed.
    MemoryTaken {
        /// In bytes.
        used: u64,
        /// In bytes.
        total: u64,
    },
    /// Its owner gave it less power than its maker does.
    PowerLimit {
        /// The limit in W.
        watts: f64,
        /// The maker's in W.
        default: f64,
    },
    /// Its owner slowed it down.
    ApplicationClock {
        /// The setting in MHz.
        mhz: u32,
        /// The maker's in MHz.
        default: u32,
    },
    /// Its clocks are held by a setting.
    ClocksLocked,
    /// Its clocks are held back right now; NVML's reasons, joined by `+`.
    HeldBack(String),
    /// It is hot before any work.
    Hot {
        /// Now, in °C.
        celsius: u32,
        /// Where it slows down, in °C, if it tells.
        slowdown: Option<u32>,
    },
    /// It is a part of a card.
    Mig,
    /// Error correction will change when the card is next reset.
    EccPending {
        /// What it will be.
        on: bool,
    },
    /// Error correction is off on a card that has it.
    EccOff,
    /// The driver lets go of the card whenever nothing uses it.
    PersistenceOff,
    /// The driver, for this version of CUDA, does not tell which kernels run.
    KernelsUntold {
        /// `12.2`.
        cuda: String,
    },
    /// Nothing of all this can be found out; why, as a sentence.
    Unknown(String),
}

impl Trouble {
    /// Whether times taken now are wrong, do not compare with those of other cards of this model, or
    /// cannot be trusted: what `--strict` refuses. The others are for the reader to know.
    #[must_use]
    pub fn spoils(&self) -> bool {
        !matches!(
            self,
            Trouble::EccPending { .. }
                | Trouble::EccOff
                | Trouble::PersistenceOff
                | Trouble::KernelsUntold { .. }
        )
    }
}

impl Trouble {
    /// Whether it is the driver's, and so the same of every card.
    #[must_use]
    pub fn is_of_the_driver(&self) -> bool {
        matches!(self, Trouble::KernelsUntold { .. })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::OtherProcesses(1) => {
                f.write_str("Another process is using this GPU: times will include its work.")
            }
            Trouble::OtherProcesses(count) => {
                write!(f, "{count} other processes are using this GPU: times will include their work.")
            }
            Trouble::Busy { percent } => write!(f, "This GPU is {percent} % busy right now."),
            Trouble::MemoryTaken { used, total } => {
                let gib = |bytes: &u64| *bytes as f64 / f64::from(1 << 30);
                write!(
                    f,
                    "{:.1} of {:.1} GiB of memory are taken although no process is listed: \
                     another container may be using this GPU.",
                    gib(used),
                    gib(total)
                )
            }
            Trouble::PowerLimit { watts, default } => write!(
                f,
                "The power limit is {watts:.0} W, below the default {default:.0} W: \
                 large GEMMs will run slower than on other cards of this kind."
            ),
            Trouble::ApplicationClock { mhz, default } => write!(
                f,
                "The application clock is set to {mhz} MHz, below the default {default} MHz (nvidia-smi -rac)."
            ),
            Trouble::ClocksLocked => {
                f.write_str("The clocks are locked or limited by a setting (nvidia-smi -rgc, -rac).")
            }
            Trouble::HeldBack(names) => write!(f, "The clocks are being held back right now: {names}."),
            Trouble::Hot { celsius, slowdown: Some(slowdown) } => {
                write!(f, "This GPU is at {celsius} °C and slows down at {slowdown} °C.")
            }
            Trouble::Hot { celsius, slowdown: None } => {
                write!(f, "This GPU is at {celsius} °C before any work.")
            }
            Trouble::Mig => f.write_str(
                "MIG is on: an instance is a part of the card, and results do not compare with whole cards.",
            ),
            Trouble::EccPending { on } => {
                let state = if *on { "on" } else { "off" };
                write!(f, "ECC will be {state} after the next reset of this GPU: results may differ then.")
            }
            Trouble::EccOff => f.write_str(
                "ECC is off: a flipped bit goes unnoticed, and memory can be faster than with it.",
            ),
            Trouble::PersistenceOff => f.write_str(
                "Persistence mode is off: the first start after a pause is slow (nvidia-smi -pm 1).",
            ),
            Trouble::KernelsUntold { cuda } => write!(
                f,
                "The driver, for CUDA {cuda}, does not tell which kernels run: their columns stay empty. One for \
                 CUDA 12.3 or newer (545 or newer) tells."
            ),
            Trouble::Unknown(why) => f.write_str(why),
        }
    }
}

/// What the driver of all cards lacks.
pub(crate) fn of_the_driver(driver: &Driver) -> Option<Trouble> {
    (!driver.tells_kernels()).then(|| Trouble::KernelsUntold { cuda: driver.cuda() })
}

pub(crate) fn troubles(limits: &GpuLimits, state: &GpuState) -> Vec<Trouble> {
    let found = [
        others(state),
        utilization(state),
        memory(state),
        power_limit(limits),
        application_clock(state),
        throttle(state),
        temperature(state),
        state.mig.filter(|on| *on).map(|_| Trouble::Mig),
        ecc(limits, state),
        state.persistence.filter(|on| !*on).map(|_| Trouble::PersistenceOff),
    ];
    found.into_iter().flatten().collect()
}

fn others(state: &GpuState) -> Option<Trouble> {
    state.other_processes.filter(|count| *count > 0).map(Trouble::OtherProcesses)
}

fn utilization(state: &GpuState) -> Option<Trouble> {
    let percent = state.utilization_percent.filter(|percent| *percent > BUSY_PERCENT)?;
    Some(Trouble::Busy { percent })
}

fn memory(state: &GpuState) -> Option<Trouble> {
    // Processes of other containers hold memory without being listed.
    let (free, total) = (state.memory_free?, state.memory_total?);
    let used = total.saturating_sub(free);
    let explained = state.other_processes.is_some_and(|count| count > 0);
    (!explained && used as f64 > USED_FRACTION * total as f64).then_some(Trouble::MemoryTaken { used, total })
}

fn power_limit(limits: &GpuLimits) -> Option<Trouble> {
    let (watts, default) = (limits.power_limit_w?, limits.power_limit_default_w?);
    (watts < default - POWER_STEP_W).then_some(Trouble::PowerLimit { watts, default })
}

fn application_clock(state: &GpuState) -> Option<Trouble> {
    let (mhz, default) = (state.application_clock_mhz?, state.application_clock_default_mhz?);
    (mhz < default).then_some(Trouble::ApplicationClock { mhz, default })
}

fn throttle(state: &GpuState) -> Option<Trouble> {
    let harmless = ThrottleReasons::GPU_IDLE;
    let reasons = state.throttle?.difference(harmless);
    if reasons.is_empty() {
        return None;
    }
    Some(match reasons == ThrottleReasons::APPLICATIONS_CLOCKS_SETTING {
        true => Trouble::ClocksLocked,
        false => Trouble::HeldBack(throttle_names(reasons)),
    })
}

fn temperature(state: &GpuState) -> Option<Trouble> {
    let (celsius, slowdown) = (state.temperature_c?, state.slowdown_temperature_c);
    let hot = slowdown.map_or(celsius > HOT_C, |slowdown| celsius + HEADROOM_C > slowdown);
    hot.then_some(Trouble::Hot { celsius, slowdown })
}

fn ecc(limits: &GpuLimits, state: &GpuState) -> Option<Trouble> {
    let (now, pending) = (limits.ecc?, state.ecc_pending);
    match pending.filter(|pending| *pending != now) {
        Some(on) => Some(Trouble::EccPending { on }),
        None => (!now).then_some(Trouble::EccOff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> (GpuLimits, GpuState) {
        let limits = GpuLimits {
            sm_clock_max_mhz: Some(1980),
            memory_clock_max_mhz: Some(2619),
            power_limit_w: Some(700.0),
            power_limit_default_w: Some(700.0),
            ecc: Some(true),
        };
        let state = GpuState {
            other_processes: Some(0),
            utilization_percent: Some(0),
            memory_free: Some(84_000_000_000),
            memory_total: Some(85_520_809_984),
            application_clock_mhz: Some(1980),
            application_clock_default_mhz: Some(1980),
            temperature_c: Some(35),
            slowdown_temperature_c: Some(95),
            throttle: Some(ThrottleReasons::GPU_IDLE),
            mig: Some(false),
            ecc_pending: Some(true),
            persistence: Some(true),
        };
        (limits, state)
    }

    #[test]
    fn a_quiet_card_and_one_that_tells_nothing_have_none() {
        let (limits, state) = quiet();
        assert_eq!(troubles(&limits, &state), []);
        assert_eq!(troubles(&GpuLimits::default(), &GpuState::default()), []);
    }

    #[test]
    fn each_trouble_is_a_sentence() {
        let (mut limits, mut state) = quiet();
        limits.power_limit_w = Some(500.0);
        state.other_processes = Some(2);
        state.utilization_percent = Some(97);
        state.application_clock_mhz = Some(1200);
        state.throttle = Some(ThrottleReasons::SW_POWER_CAP | ThrottleReasons::GPU_IDLE);
        state.temperature_c = Some(88);
        state.mig = Some(true);
        state.ecc_pending = Some(false);
        state.persistence = Some(false);
        let found = troubles(&limits, &state);
        assert_eq!(
            found.iter().map(Trouble::to_string).collect::<Vec<_>>(),
            [
                "2 other processes are using this GPU: times will include their work.",
                "This GPU is 97 % busy right now.",
                "The power limit is 500 W, below the default 700 W: \
                 large GEMMs will run slower than on other cards of this kind.",
                "The application clock is set to 1200 MHz, below the default 1980 MHz (nvidia-smi -rac).",
                "The clocks are being held back right now: sw_power_cap.",
                "This GPU is at 88 °C and slows down at 95 °C.",
                "MIG is on: an instance is a part of the card, and results do not compare with whole cards.",
                "ECC will be off after the next reset of this GPU: results may differ then.",
                "Persistence mode is off: the first start after a pause is slow (nvidia-smi -pm 1).",
            ]
        );
        assert_eq!(found.iter().filter(|trouble| trouble.spoils()).count(), 7);
    }

    #[test]
    fn memory_taken_by_nobody_and_locked_clocks_are_noticed() {
        let (limits, mut state) = quiet();
        state.memory_free = Some(40_000_000_000);
        state.throttle = Some(ThrottleReasons::APPLICATIONS_CLOCKS_SETTING);
        let found: Vec<String> = troubles(&limits, &state).iter().map(Trouble::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("42.4 of 79.6 GiB of memory are taken"), "{}", found[0]);
        assert!(found[1].starts_with("The clocks are locked"), "{}", found[1]);
    }

    #[test]
    fn a_card_that_cannot_be_looked_at_is_not_taken_for_a_good_one() {
        let unknown = Trouble::Unknown("NVML does not start.".to_owned());
        assert!(unknown.spoils());
        assert_eq!(unknown.to_string(), "NVML does not start.");
        let (mut limits, mut state) = quiet();
        (limits.ecc, state.ecc_pending) = (Some(false), Some(false));
        assert_eq!(troubles(&limits, &state), [Trouble::EccOff]);
        assert!(!Trouble::EccOff.spoils());
    }
}
