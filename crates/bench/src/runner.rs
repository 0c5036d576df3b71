//! Takes one point through a backend and makes it a row.

use crate::backend::{Backend, BackendError, Burst, Launch};
use hovera_core::{Kernel, Method, Pacing, Point, Row, Status, Telemetry, Timer, Timing};
use std::time::Duration;

/// After so many points in a row that the device itself refused, it is taken for dead.
const DEVICE_ERRORS_IN_A_ROW: u32 = 3;

/// Measures points on one backend by one method.
///
/// For each point: the operands and the kernel are prepared, the device idles as the point's pacing
/// asks, bursts of launches are timed until the confidence interval of the median is as narrow as the
/// method wants or the samples run out, and what they left as the result is checked.
pub struct Runner<'a, B: Backend + ?Sized> {
    backend: &'a mut B,
    method: &'a Method,
    device: u32,
    /// Busy time since the device last idled.
    heat: Duration,
    device_errors: u32,
}

impl<'a, B: Backend + ?Sized> Runner<'a, B> {
    /// `device` is the index of the backend's card in the front matter.
    pub fn new(backend: &'a mut B, method: &'a Method, device: u32) -> Runner<'a, B> {
        Runner { backend, method, device, heat: Duration::ZERO, device_errors: 0 }
    }

    /// The backend, to reserve memory on.
    pub fn backend(&mut self) -> &mut B {
        self.backend
    }

    /// Measures one point. What goes wrong with this point alone becomes a `failed` or `skipped` row.
    ///
    /// # Errors
    /// [`BackendError::Device`] when the device has refused several points in a row: the rest of the
    /// sweep has no chance.
    pub fn measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        let error = match self.try_measure(point) {
            Ok(row) => {
                self.device_errors = 0;
                return Ok(row);
            }
            Err(error) => error,
        };
        let status = match error {
            BackendError::OutOfMemory { .. } | BackendError::Unsupported(_) => Status::Skipped,
            _ => Status::Failed,
        };
        if matches!(error, BackendError::Device(_) | BackendError::Unavailable(_)) {
            self.device_errors += 1;
            if self.device_errors == DEVICE_ERRORS_IN_A_ROW {
                return Err(error);
            }
        }
        Ok(Row {
            point: *point,
            device: self.device,
            timing: None,
            telemetry: Telemetry::default(),
            kernel: Kernel::default(),
            status,
            note: error.to_string(),
        })
    }

    fn try_measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        let timer: Timer =
            self.method.timer.parse().map_err(|unknown| BackendError::Unsupported(format!("{unknown}")))?;
        let kernel = self.backend.prepare(point)?.into_iter().next().unwrap_or_default();
        let mut launches: Vec<Launch> = Vec::new();
        let max_samples = self.method.max_samples as usize;
        let timing = loop {
            self.cool(point.pacing);
            let left = max_samples - launches.len();
            let samples = left.min(self.method.min_samples as usize) as u32;
            let burst = Burst { warmup: self.method.warmup, samples, timer };
            launches.extend(self.busy(|backend| backend.launch(&burst))?);
            let timing = summarise(&launches)?;
            if launches.len() >= max_samples || relative_ci(&timing) <= self.method.ci_target {
                break timing;
            }
        };
        let mut telemetry = self.backend.telemetry();
        self.busy(Backend::verify)?;
        telemetry.sm_clock_mhz = mean_clock(&launches);
        let (status, note) = verdict(&timing, self.method.ci_target);
        Ok(Row { point: *point, device: self.device, timing: Some(timing), telemetry, kernel, status, note })
    }

    /// Runs something on the device and counts the time as heat.
    fn busy<T>(&mut self, work: impl FnOnce(&mut B) -> Result<T, BackendError>) -> Result<T, BackendError> {
        let start = self.backend.now();
        let done = work(self.backend);
        self.heat += self.backend.now().saturating_sub(start);
        done
    }

    fn cool(&mut self, pacing: Pacing) {
        if pacing == Pacing::Burst {
            self.backend.idle(self.heat.mul_f64(self.method.idle_ratio.unwrap_or(0.0)));
        }
        self.heat = Duration::ZERO;
    }
}

fn summarise(launches: &[Launch]) -> Result<Timing, BackendError> {
    let times: Vec<f64> = launches.iter().map(|l| l.time_us).collect();
    let cycles: Option<Vec<f64>> = launches.iter().map(|l| Some(l.time_us * l.sm_clock_mhz?)).collect();
    Timing::from_samples(&times, cycles.as_deref())
        .ok_or_else(|| BackendError::Device("the timer gave no positive, finite time".into()))
}

fn mean_clock(launches: &[Launch]) -> Option<f64> {
    let cycles: f64 = launches.iter().map(|l| Some(l.time_us * l.sm_clock_mhz?)).sum::<Option<f64>>()?;
    Some(cycles / launches.iter().map(|l| l.time_us).sum::<f64>())
}

/// Half-width of the median's interval as a fraction of the median; infinite where there is none.
fn relative_ci(timing: &Timing) -> f64 {
    timing.ci_us.map_or(f64::INFINITY, |ci| ci / timing.median_us)
}

fn verdict(timing: &Timing, target: f64) -> (Status, String) {
    let reached = relative_ci(timing);
    if reached <= target {
        return (Status::Ok, String::new());
    }
    let note = format!(
        "median known to ±{:.2} % after {} samples; wanted ±{:.2} %",
        reached * 100.0,
        timing.samples,
        target * 100.0
    );
    (Status::Noisy, note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, Fault, points};

    fn method(pacing: Pacing) -> Method {
        Method {
            pacing: pacing.to_string(),
            idle_ratio: (pacing == Pacing::Burst).then_some(5.0),
            timer: "event".into(),
            warmup: 1,
            min_samples: 8,
            max_samples: 32,
            ci_target: 0.005,
            data: "standard normal".into(),
            seed: 1,
        }
    }

    fn medians(pacing: Pacing, order: &[usize]) -> Vec<f64> {
        let all = points(pacing);
        let mut fake = Fake::new();
        let method = method(pacing);
        let mut runner = Runner::new(&mut fake, &method, 0);
        let mut times = vec![0.0; all.len()];
        for &i in order {
            times[i] = runner.measure(&all[i]).unwrap().timing.unwrap().median_us;
        }
        times
    }

    fn worst_change(pacing: Pacing) -> f64 {
        let n = points(pacing).len();
        let forward: Vec<usize> = (0..n).collect();
        let backward: Vec<usize> = (0..n).rev().collect();
        let (a, b) = (medians(pacing, &forward), medians(pacing, &backward));
        a.iter().zip(&b).map(|(a, b)| (a - b).abs() / a).fold(0.0, f64::max)
    }

    #[test]
    fn burst_makes_a_point_independent_of_its_neighbours_and_back_to_back_does_not() {
        assert!(worst_change(Pacing::Burst) < 0.01, "{}", worst_change(Pacing::Burst));
        assert!(worst_change(Pacing::None) > 0.05, "{}", worst_change(Pacing::None));
    }

    #[test]
    fn a_quiet_device_needs_only_the_least_number_of_samples() {
        let point = points(Pacing::Burst)[0];
        let mut fake = Fake::new();
        let method = method(Pacing::Burst);
        let row = Runner::new(&mut fake, &method, 3).measure(&point).unwrap();
        assert_eq!((row.status, row.note.as_str(), row.device), (Status::Ok, "", 3));
        let timing = row.timing.unwrap();
        assert_eq!(timing.samples, 8);
        assert!((timing.median_us / fake.ideal_us(&point) - 1.0).abs() < 0.01);
        let cycles = timing.cycles_median.unwrap();
        assert!((cycles / timing.median_us - row.telemetry.sm_clock_mhz.unwrap()).abs() < 1.0);
    }

    #[test]
    fn a_noisy_device_is_sampled_to_the_limit_and_called_noisy() {
        let point = points(Pacing::Burst)[0];
        let mut fake = Fake::new().with_noise(0.2);
        let method = method(Pacing::Burst);
        let row = Runner::new(&mut fake, &method, 0).measure(&point).unwrap();
        assert_eq!(row.status, Status::Noisy);
        assert_eq!(row.timing.unwrap().samples, 32);
        assert!(row.note.contains("after 32 samples; wanted ±0.50 %"), "{}", row.note);
    }

    #[test]
    fn what_goes_wrong_with_one_point_is_a_row_and_the_next_is_measured() {
        let all = points(Pacing::None);
        let mut fake = Fake::new()
            .with_fault(all[0], Fault::OutOfMemory)
            .with_fault(all[1], Fault::WrongResult)
            .with_fault(all[2], Fault::Device);
        let method = method(Pacing::None);
        let mut runner = Runner::new(&mut fake, &method, 0);
        let rows: Vec<Row> = all[..4].iter().map(|p| runner.measure(p).unwrap()).collect();
        let statuses: Vec<Status> = rows.iter().map(|r| r.status).collect();
        assert_eq!(statuses, [Status::Skipped, Status::Failed, Status::Failed, Status::Ok]);
        assert!(
            rows[..3].iter().all(|r| r.timing.is_none() && r.tflops(hovera_core::Stat::Median).is_none())
        );
        assert!(rows[1].note.starts_with("wrong result: "), "{}", rows[1].note);
    }

    #[test]
    fn a_device_that_is_gone_ends_the_sweep() {
        let all = points(Pacing::None);
        let mut fake = all.iter().fold(Fake::new(), |fake, p| fake.with_fault(*p, Fault::Device));
        let method = method(Pacing::None);
        let mut runner = Runner::new(&mut fake, &method, 0);
        assert!(runner.measure(&all[0]).is_ok());
        assert!(runner.measure(&all[1]).is_ok());
        assert!(matches!(runner.measure(&all[2]), Err(BackendError::Device(_))));
    }
}
