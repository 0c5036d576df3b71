//! What would spoil a measurement on a card, each as a sentence.

use crate::nvml::{Condition, Limits, throttle_names};
use nvml_wrapper::bitmasks::device::ThrottleReasons;

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

pub(crate) fn findings(limits: &Limits, condition: &Condition) -> Vec<String> {
    let sentences = [
        others(condition),
        utilization(condition),
        memory(condition),
        power_limit(limits),
        application_clock(condition),
        throttle(condition),
        temperature(condition),
        mig(condition),
    ];
    sentences.into_iter().flatten().collect()
}

fn others(condition: &Condition) -> Option<String> {
    match condition.other_processes? {
        0 => None,
        1 => Some("Another process is using this GPU: times will include its work.".to_owned()),
        count => Some(format!("{count} other processes are using this GPU: times will include their work.")),
    }
}

fn utilization(condition: &Condition) -> Option<String> {
    let busy = condition.utilization_percent.filter(|percent| *percent > BUSY_PERCENT)?;
    Some(format!("This GPU is {busy} % busy right now."))
}

fn memory(condition: &Condition) -> Option<String> {
    // Processes of other containers hold memory without being listed.
    let (free, total) = (condition.memory_free?, condition.memory_total?);
    let used = total.saturating_sub(free);
    if condition.other_processes.is_some_and(|count| count > 0) || used as f64 <= USED_FRACTION * total as f64
    {
        return None;
    }
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    Some(format!(
        "{:.1} of {:.1} GiB of memory are taken although no process is listed: another container may be using this GPU.",
        gib(used),
        gib(total)
    ))
}

fn power_limit(limits: &Limits) -> Option<String> {
    let (limit, default) = (limits.power_limit_w?, limits.power_limit_default_w?);
    (limit < default - POWER_STEP_W).then(|| {
        format!(
            "The power limit is {limit:.0} W, below the default {default:.0} W: \
             large GEMMs will run slower than on other cards of this kind."
        )
    })
}

fn application_clock(condition: &Condition) -> Option<String> {
    let (clock, default) = (condition.application_clock_mhz?, condition.application_clock_default_mhz?);
    (clock < default).then(|| {
        format!(
            "The application clock is set to {clock} MHz, below the default {default} MHz (nvidia-smi -rac)."
        )
    })
}

fn throttle(condition: &Condition) -> Option<String> {
    let harmless = ThrottleReasons::GPU_IDLE;
    let reasons = condition.throttle?.difference(harmless);
    if reasons.is_empty() {
        return None;
    }
    let names = throttle_names(reasons);
    if reasons == ThrottleReasons::APPLICATIONS_CLOCKS_SETTING {
        return Some("The clocks are locked or limited by a setting (nvidia-smi -rgc, -rac).".to_owned());
    }
    Some(format!("The clocks are being held back right now: {names}."))
}

fn temperature(condition: &Condition) -> Option<String> {
    let now = condition.temperature_c?;
    match condition.slowdown_temperature_c {
        Some(slowdown) if now + HEADROOM_C > slowdown => {
            Some(format!("This GPU is at {now} °C and slows down at {slowdown} °C."))
        }
        None if now > HOT_C => Some(format!("This GPU is at {now} °C before any work.")),
        _ => None,
    }
}

fn mig(condition: &Condition) -> Option<String> {
    condition.mig?.then(|| {
        "MIG is on: an instance is a part of the card, and results do not compare with whole cards."
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> (Limits, Condition) {
        let limits = Limits {
            sm_clock_max_mhz: Some(1980),
            memory_clock_max_mhz: Some(2619),
            power_limit_w: Some(700.0),
            power_limit_default_w: Some(700.0),
            ecc: Some(true),
        };
        let condition = Condition {
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
        };
        (limits, condition)
    }

    #[test]
    fn a_quiet_card_and_one_that_tells_nothing_have_none() {
        let (limits, condition) = quiet();
        assert!(findings(&limits, &condition).is_empty());
        assert!(findings(&Limits::default(), &Condition::default()).is_empty());
    }

    #[test]
    fn each_trouble_is_a_sentence() {
        let (mut limits, mut condition) = quiet();
        limits.power_limit_w = Some(500.0);
        condition.other_processes = Some(2);
        condition.utilization_percent = Some(97);
        condition.application_clock_mhz = Some(1200);
        condition.throttle = Some(ThrottleReasons::SW_POWER_CAP | ThrottleReasons::GPU_IDLE);
        condition.temperature_c = Some(88);
        condition.mig = Some(true);
        assert_eq!(
            findings(&limits, &condition),
            [
                "2 other processes are using this GPU: times will include their work.",
                "This GPU is 97 % busy right now.",
                "The power limit is 500 W, below the default 700 W: \
                 large GEMMs will run slower than on other cards of this kind.",
                "The application clock is set to 1200 MHz, below the default 1980 MHz (nvidia-smi -rac).",
                "The clocks are being held back right now: sw_power_cap.",
                "This GPU is at 88 °C and slows down at 95 °C.",
                "MIG is on: an instance is a part of the card, and results do not compare with whole cards.",
            ]
        );
    }

    #[test]
    fn memory_taken_by_nobody_and_locked_clocks_are_noticed() {
        let (limits, mut condition) = quiet();
        condition.memory_free = Some(40_000_000_000);
        condition.throttle = Some(ThrottleReasons::APPLICATIONS_CLOCKS_SETTING);
        let found = findings(&limits, &condition);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("42.4 of 79.6 GiB of memory are taken"), "{}", found[0]);
        assert!(found[1].starts_with("The clocks are locked"), "{}", found[1]);
    }
}
