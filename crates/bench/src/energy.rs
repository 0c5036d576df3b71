//! Energy of a launch, from a counter that moves in steps.

/// NVML's counter moves every 20 to 100 ms, and is read about every 20 ms. Over this many steps, or so many busy
/// seconds, half the time between two readings is at most some percent.
const STEPS: u32 = 20;
const BUSY_SECONDS: f64 = 0.5;

/// Readings of the counter, at whatever moments, in bursts that keep the device busy.
///
/// Only readings that find the counter moved count, the first and the last of them. It moved somewhere
/// between that reading and the one before: half-way is the best guess. The launches between two moves
/// are what it was billed for. The device must not idle meanwhile.
#[derive(Debug, Default)]
pub(crate) struct EnergyMeter {
    before: Option<CounterReading>,
    first: Option<CounterReading>,
    last: Option<CounterReading>,
    steps: u32,
}

#[derive(Debug, Clone, Copy)]
struct CounterReading {
    joules: f64,
    launches: f64,
    busy_seconds: f64,
}

impl EnergyMeter {
    /// What the counter says after so many launches and busy seconds of this point.
    /// Launches come in parts: a reading can fall within one.
    pub(crate) fn read(&mut self, joules: f64, launches: f64, busy_seconds: f64) {
        let now = CounterReading { joules, launches, busy_seconds };
        let Some(before) = self.before.replace(now).filter(|before| joules > before.joules) else { return };
        let reading = CounterReading {
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
    use proptest::prelude::*;

    const LAUNCH_S: f64 = 0.01;
    const LAUNCH_J: f64 = 7.0;

    /// Reads a counter that moves every `step_s`, at these times.
    fn metered(step_s: f64, times: impl Iterator<Item = f64>) -> EnergyMeter {
        let mut meter = EnergyMeter::default();
        for time_s in times {
            let billed_s = (time_s / step_s).floor() * step_s;
            meter.read(1000.0 + LAUNCH_J * billed_s / LAUNCH_S, time_s / LAUNCH_S, time_s);
        }
        meter
    }

    #[test]
    fn joules_are_counted_from_step_to_step() {
        let meter = metered(0.1, (0..50).map(|reading| 0.001 + 0.02 * f64::from(reading)));
        assert!((meter.per_launch().unwrap() - LAUNCH_J).abs() < 1e-9, "{meter:?}");
    }

    #[test]
    fn a_short_window_or_no_counter_tells_nothing() {
        assert_eq!(metered(0.08, (0..6).map(|reading| 0.08 * f64::from(reading))).per_launch(), None);
        // One that stands still.
        assert_eq!(metered(1e9, (0..100).map(f64::from)).per_launch(), None);
        assert_eq!(EnergyMeter::default().per_launch(), None);
    }

    proptest! {
        #[test]
        fn readings_at_odd_times_tell_it_too(jitter in prop::collection::vec(-0.1..0.1, 150)) {
            // Every 20 ms for 3 s, each up to 2 ms early or late.
            let times = jitter.iter().enumerate().map(|(reading, late)| 0.02 * (reading as f64 + 0.5 + late));
            let joules = metered(0.1, times).per_launch().unwrap();
            prop_assert!((joules / LAUNCH_J - 1.0).abs() < 0.01, "{joules} J");
        }

        #[test]
        fn what_is_off_is_half_the_time_between_two_readings_at_each_end(
            gaps in prop::collection::vec(0.002..0.05, 50..200), step_s in 0.02..0.1
        ) {
            let times = gaps.iter().scan(0.0, |time_s, gap| { *time_s += gap; Some(*time_s) });
            let meter = metered(step_s, times);
            if let (Some(joules), Some(first), Some(last)) = (meter.per_launch(), meter.first, meter.last) {
                let window_s = last.busy_seconds - first.busy_seconds;
                prop_assert!((joules / LAUNCH_J - 1.0).abs() <= 0.0501 / window_s, "{joules} J");
            }
        }
    }
}
