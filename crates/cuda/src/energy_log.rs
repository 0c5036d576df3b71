//! The card's energy counter, read in the course of a burst.
//!
//! NVML takes 3 to 10 ms for a reading every now and then, as seen on an H100. If the thread that launches did
//! it, the device would run out of work meanwhile. So one of its own does, as long as a burst runs that is to
//! be metered, and rests otherwise.

use hovera_bench::EnergyReading;
use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// From one reading's end to the next one's beginning: the counter moves every 20 to 100 ms.
const EVERY: Duration = Duration::from_millis(20);

/// A reading that took longer is dropped. The counter was looked at somewhere within: the middle is off by half of
/// that at most, so up to here by no more than the moment of the counter's move is, which is known only to lie
/// between two readings. Dropping all that take a few ms would make more gaps of twice the size.
const LONGEST: Duration = EVERY;

/// How long the end waits for a reading that has begun. NVML may have died, and the thread then ends with the
/// process.
const PARTING: Duration = Duration::from_secs(1);

/// A thread that reads the counter on request.
pub(crate) struct EnergyLog {
    /// Where to send the readings of the burst that has begun; nothing when it is over.
    bursts: Sender<Option<Sender<Sample>>>,
    /// Whose other end goes with the thread.
    ended: Receiver<Infallible>,
}

/// The thread's side.
pub(crate) struct Bursts(Receiver<Option<Sender<Sample>>>);

struct Sample {
    at: Instant,
    joules: f64,
}

impl EnergyLog {
    /// Starts a thread that does `body`, which is to end with [`Bursts::attend`].
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(body: impl FnOnce(Bursts) + Send + 'static) -> io::Result<EnergyLog> {
        let ((bursts, requests), (alive, ended)) = (channel(), channel());
        Builder::new().name("energy".to_owned()).spawn(move || {
            // Goes last, also when the body panics.
            let _alive: Sender<Infallible> = alive;
            body(Bursts(requests));
        })?;
        Ok(EnergyLog { bursts, ended })
    }

    /// What a burst came to, and what the counter said in its course. Never waits for a reading.
    pub(crate) fn during<T>(&self, burst: impl FnOnce() -> T) -> (T, Vec<EnergyReading>) {
        let (to, samples) = channel();
        // A thread that is no more reads nothing.
        _ = self.bursts.send(Some(to));
        let began = Instant::now();
        let result = burst();
        let took = began.elapsed();
        _ = self.bursts.send(None);
        let reading = |Sample { at, joules }: Sample| {
            let share = at.saturating_duration_since(began).as_secs_f64() / took.as_secs_f64();
            (share <= 1.0).then_some(EnergyReading { share, joules })
        };
        (result, samples.try_iter().filter_map(reading).collect())
    }
}

impl Drop for EnergyLog {
    fn drop(&mut self) {
        // The thread learns of the end by this side's going.
        drop(std::mem::replace(&mut self.bursts, channel().0));
        _ = self.ended.recv_timeout(PARTING);
    }
}

impl Bursts {
    /// Reads the counter every now and then while there is a burst, until the log is dropped.
    pub(crate) fn attend(self, read: impl Fn() -> Option<f64>) {
        for mut burst in &self.0 {
            while let Some(to) = &burst {
                let began = Instant::now();
                let joules = read();
                let took = began.elapsed();
                if let Some(joules) = joules.filter(|_| took <= LONGEST) {
                    // Nobody listens when the burst is over, of which the next request tells.
                    _ = to.send(Sample { at: began + took / 2, joules });
                }
                match self.0.recv_timeout(EVERY) {
                    Ok(next) => burst = next,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::thread::sleep;

    const LONG: Duration = Duration::from_millis(150);

    /// A log of a counter that goes up by 1 J with every reading, and that counter.
    fn counting(reading_takes: Duration) -> (EnergyLog, Arc<AtomicU32>) {
        let counter = Arc::new(AtomicU32::new(0));
        let read = Arc::clone(&counter);
        let read = move || {
            sleep(reading_takes);
            Some(f64::from(read.fetch_add(1, SeqCst)))
        };
        (EnergyLog::start(move |bursts| bursts.attend(read)).unwrap(), counter)
    }

    fn wait_for(counter: &AtomicU32, readings: u32) {
        while counter.load(SeqCst) < readings {
            sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn readings_come_in_order_and_within_their_burst() {
        let (log, counter) = counting(Duration::ZERO);
        let mut last = -1.0;
        for burst in 1..4 {
            let (result, readings) = log.during(|| {
                wait_for(&counter, 6 * burst);
                burst
            });
            assert_eq!(result, burst);
            assert!(readings.len() >= 2, "{readings:?}");
            assert!(readings.is_sorted_by(|a, b| a.share < b.share && a.joules < b.joules), "{readings:?}");
            assert!(readings[0].joules > last && (0.0..=1.0).contains(&readings[0].share), "{readings:?}");
            last = readings[readings.len() - 1].joules;
        }
    }

    #[test]
    fn between_bursts_nothing_is_read() {
        let (log, counter) = counting(Duration::ZERO);
        sleep(LONG);
        assert_eq!(counter.load(SeqCst), 0);
        log.during(|| wait_for(&counter, 2));
        // One may have been on its way.
        let read = counter.load(SeqCst) + 1;
        sleep(LONG);
        assert!(counter.load(SeqCst) <= read);
    }

    #[test]
    fn a_reading_that_takes_too_long_is_none_and_nobody_waits_for_it() {
        let (log, counter) = counting(2 * LONGEST);
        assert_eq!(log.during(|| wait_for(&counter, 2)).1, []);
        let (log, _) = counting(Duration::from_secs(3600));
        assert_eq!(log.during(|| ()), ((), Vec::new()));
        assert_eq!(log.during(|| sleep(LONG)).1, []);
        drop(log);
    }

    #[test]
    fn the_end_of_the_log_is_the_end_of_the_thread() {
        for in_a_burst in [false, true] {
            let (log, counter) = counting(Duration::ZERO);
            if in_a_burst {
                log.during(|| wait_for(&counter, 1));
            }
            drop(log);
            assert_eq!(Arc::strong_count(&counter), 1, "the thread still has what it reads by");
        }
    }

    #[test]
    fn a_thread_that_panics_or_finds_no_counter_leaves_bursts_without_readings() {
        let silent = [
            EnergyLog::start(|_| panic!("as the test wants it")).unwrap(),
            EnergyLog::start(|bursts| bursts.attend(|| panic!("as the test wants it"))).unwrap(),
            EnergyLog::start(drop).unwrap(),
            EnergyLog::start(|bursts| bursts.attend(|| None)).unwrap(),
        ];
        for log in silent {
            assert_eq!(log.during(|| sleep(LONG)).1, []);
            assert_eq!(log.during(|| 7), (7, Vec::new()));
        }
    }
}
