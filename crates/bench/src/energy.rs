//! Energy of a launch, from a counter that moves in steps.

/// NVML's counter moves every 20 to 100 ms, and is read at the start of bursts of 60 ms. Over this many steps, or
/// so many busy seconds, a burst more or less is at most some percent.
const STEPS: u32 = 20;
const BUSY_SECONDS: f64 = 0.5;

/// Readings of the counter at the start of bursts that keep the device busy.
///
/// Only readings that find the counter moved count, the first and the last of them. It moved somewhere
/// between that reading and the one before: half-way is the best guess. The launches between two moves
/// are what it was billed for. The device must not idle meanwhile.
#[derive(Debug, Default)]
pub(crate) struct EnergyMeter {
    before: Option<Reading>,
    first: Option<Reading>,
    last: Option<Reading>,
    steps: u32,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    joules: f64,
    launches: f64,
    busy_seconds: f64,
}

impl EnergyMeter {
    /// What the counter says after so many launches and busy seconds of this point.
    pub(crate) fn read(&mut self, joules: Option<f64>, launches: u64, busy_seconds: f64) {
        let Some(joules) = joules else { return };
        let now = Reading { joules, launches: launches as f64, busy_seconds };
        let Some(before) = self.before.replace(now).filter(|before| joules > before.joules) else { return };
        let reading = Reading {
            joules,
            launches: f64::midpoint(before.launches, now.launches),
            busy_seconds: f64::midpoint(before.busy_seconds, busy_seconds),
        };
        match self.first {
            None => self.first = Some(reading),
            Some(_) => {
                self.last = Some(reading);
                self.steps += 1;
            }
        }
    }

    /// Joules of one launch, where the window was long enough to mean something.
    pub(crate) fn per_launch(&self) -> Option<f64> {
        let (first, last) = (self.first?, self.last?);
        let long_enough = self.steps >= STEPS || last.busy_seconds - first.busy_seconds >= BUSY_SECONDS;
        long_enough.then(|| (last.joules - first.joules) / (last.launches - first.launches))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joules_are_counted_from_step_to_step() {
        // 7 J a launch of 10 ms, a counter that moves every 100 ms, read every 20 ms.
        let mut meter = EnergyMeter::default();
        for burst in 0..50u64 {
            let launches = 2 * burst;
            let counted = launches / 10 * 10;
            meter.read(Some(1000.0 + 7.0 * counted as f64), launches, launches as f64 * 0.01);
        }
        assert!((meter.per_launch().unwrap() - 7.0).abs() < 1e-9, "{meter:?}");
    }

    #[test]
    fn a_short_window_or_no_counter_tells_nothing() {
        let mut meter = EnergyMeter::default();
        for burst in 0..6u64 {
            meter.read(Some(100.0 * burst as f64), burst, burst as f64 * 0.08);
        }
        assert_eq!(meter.per_launch(), None);
        let mut none = EnergyMeter::default();
        (0..100u64).for_each(|burst| none.read(None, burst, burst as f64));
        assert_eq!(none.per_launch(), None);
    }
}
