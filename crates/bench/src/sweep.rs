//! A sweep: points through a runner into rows that are kept as soon as they are there.

use crate::backend::{Backend, BackendError};
use crate::journal::{Journal, JournalError};
use crate::runner::Runner;
use hovera_core::{Kernel, Point, Row, Status, Telemetry};
use std::collections::BTreeMap;

/// Where the rows of a sweep go.
pub trait RowSink {
    /// What can go wrong: with the rows, or with the device.
    type Error: From<BackendError>;

    /// Whether the row of this point is there already.
    fn is_done(&self, point: &Point) -> bool;

    /// Keeps a row.
    ///
    /// # Errors
    /// When it cannot be kept; the rows before it are.
    fn append(&mut self, row: &Row) -> Result<(), Self::Error>;

    /// Keeps a row in the place of the one of the same point.
    ///
    /// # Errors
    /// When it cannot be kept; the earlier one is.
    fn replace(&mut self, row: &Row) -> Result<(), Self::Error>;
}

/// Why a sweep into a [`Journal`] ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The results file.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl RowSink for Journal {
    type Error = SweepError;

    fn is_done(&self, point: &Point) -> bool {
        self.is_done(point)
    }

    fn append(&mut self, row: &Row) -> Result<(), SweepError> {
        Ok(self.append(row)?)
    }

    fn replace(&mut self, row: &Row) -> Result<(), SweepError> {
        Ok(self.replace(row)?)
    }
}

/// A row that has just been kept.
#[derive(Debug, Clone, Copy)]
pub enum Kept<'a> {
    /// Of a point that the device is too small for.
    TooLarge(&'a Row),
    /// A point's first one.
    New(&'a Row),
    /// One in the place of the first: a point that was disturbed has been measured again.
    Again(&'a Row),
}

/// Splits points into those that fit a device and `skipped` rows of those that do not.
///
/// # Errors
/// [`BackendError::Device`] when the device does not answer.
pub fn those_that_fit<B: Backend + ?Sized>(
    backend: &B,
    points: &[Point],
) -> Result<(Vec<Point>, Vec<Row>), BackendError> {
    let available = backend.memory()?;
    let (mut fitting, mut too_large) = (Vec::new(), Vec::new());
    for &point in points {
        let needed = backend.footprint(&point);
        if needed <= u128::from(available) {
            fitting.push(point);
        } else {
            too_large.push(skipped(point, &BackendError::OutOfMemory { needed, available }));
        }
    }
    Ok((fitting, too_large))
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With every point.
    Whole,
    /// On request ([`Runner::stopped_by`]), with the points so far.
    Stopped,
}

/// Measures what is not done of a plan, each point into a row that is kept before the next one begins, and
/// at the end of each block of one dtype its [doubtful](Runner::doubtful) points again. Rows are in the
/// plan's order, those of `too_large` among them, however often the sweep was continued.
///
/// # Errors
/// The sink's, and the device's when the rest of the sweep has no chance ([`Runner::measure`]).
pub fn sweep<B: Backend + ?Sized, S: RowSink>(
    runner: &mut Runner<'_, B>,
    plan: &[Point],
    too_large: &[Row],
    sink: &mut S,
    on_kept: impl FnMut(Kept<'_>),
) -> Result<Ended, S::Error> {
    match sweep_until_stopped(runner, plan, too_large, sink, on_kept) {
        Ok(()) => Ok(Ended::Whole),
        Err(Early::Stopped) => Ok(Ended::Stopped),
        Err(Early::Error(error)) => Err(error),
    }
}

/// What ends a sweep early.
enum Early<E> {
    Stopped,
    Error(E),
}

impl<E: From<BackendError>> From<BackendError> for Early<E> {
    fn from(error: BackendError) -> Early<E> {
        match error {
            BackendError::Stopped => Early::Stopped,
            other => Early::Error(other.into()),
        }
    }
}

fn sweep_until_stopped<B: Backend + ?Sized, S: RowSink>(
    runner: &mut Runner<'_, B>,
    plan: &[Point],
    too_large: &[Row],
    sink: &mut S,
    mut on_kept: impl FnMut(Kept<'_>),
) -> Result<(), Early<S::Error>> {
    let skipped: BTreeMap<Point, &Row> = too_large.iter().map(|row| (row.point, row)).collect();
    let todo: Vec<Point> = plan.iter().filter(|p| !sink.is_done(p)).copied().collect();
    // Memory is reserved for one dtype at a time, and in parts where points fit one by one but not the
    // largest A, B and C of all of them together.
    let mut blocks: Vec<&[Point]> = todo.chunk_by(|a, b| a.dtype == b.dtype).rev().collect();
    while let Some(block) = blocks.pop() {
        let fitting: Vec<Point> = block.iter().filter(|p| !skipped.contains_key(p)).copied().collect();
        match runner.reserve(&fitting) {
            Err(BackendError::OutOfMemory { .. }) if block.len() > 1 => {
                let (first, rest) = block.split_at(block.len() / 2);
                blocks.extend([rest, first]);
                continue;
            }
            reserved => reserved?,
        }
        for point in block {
            if let Some(row) = skipped.get(point) {
                sink.append(row).map_err(Early::Error)?;
                on_kept(Kept::TooLarge(row));
                continue;
            }
            let row = runner.measure(point)?;
            sink.append(&row).map_err(Early::Error)?;
            on_kept(Kept::New(&row));
        }
        for point in runner.doubtful().iter().filter(|p| fitting.contains(p)) {
            if let Some(row) = runner.measure_again(point)? {
                sink.replace(&row).map_err(Early::Error)?;
                on_kept(Kept::Again(&row));
            }
        }
    }
    Ok(())
}

fn skipped(point: Point, reason: &BackendError) -> Row {
    Row {
        point,
        device: 0,
        timing: None,
        telemetry: Telemetry::default(),
        kernel: Kernel::default(),
        status: Status::Skipped,
        note: reason.to_string(),
        bound: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, point, points};
    use hovera_core::{MethodSpec, Op, Pacing, Timer};
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Rows in memory.
    #[derive(Default)]
    struct Rows(Vec<Row>);

    impl RowSink for Rows {
        type Error = BackendError;

        fn is_done(&self, point: &Point) -> bool {
            self.0.iter().any(|row| row.point == *point)
        }

        fn append(&mut self, row: &Row) -> Result<(), BackendError> {
            self.0.push(row.clone());
            Ok(())
        }

        fn replace(&mut self, row: &Row) -> Result<(), BackendError> {
            let old = self.0.iter_mut().find(|old| old.point == row.point);
            *old.ok_or_else(|| BackendError::Device("no such row".into()))? = row.clone();
            Ok(())
        }
    }

    fn method() -> MethodSpec {
        MethodSpec { pacing: vec![Pacing::Burst], sentinel_every: 3, ..MethodSpec::default() }
    }

    #[test]
    fn rows_are_in_the_plan_s_order_however_often_the_sweep_is_stopped() {
        let method = method();
        let plan = &points(Pacing::Burst)[..12];
        let too_large: Vec<Row> =
            [4, 9].map(|i| skipped(plan[i], &BackendError::Unsupported("too large".into()))).into();
        let mut rows = Rows::default();
        for stop_after in [1, 2, 4, 1, 99] {
            let before = rows.0.len();
            let stop = AtomicBool::new(false);
            let mut fake = Fake::new();
            let todo: Vec<Point> = plan.iter().filter(|p| !rows.is_done(p)).copied().collect();
            let mut runner = Runner::new(&mut fake, &method, Timer::Event, 0, &todo).stopped_by(&stop);
            let mut kept = 0;
            let ended = sweep(&mut runner, plan, &too_large, &mut rows, |_| {
                kept += 1;
                stop.store(kept == stop_after, Ordering::Relaxed);
            });
            let whole = rows.0.len() == plan.len();
            assert_eq!(ended, Ok(if whole { Ended::Whole } else { Ended::Stopped }));
            // One that is not measured needs no device, and is kept ahead of the stop.
            assert!(whole || (stop_after..=stop_after + 1).contains(&(rows.0.len() - before)));
        }
        assert_eq!(rows.0.iter().map(|row| row.point).collect::<Vec<_>>(), plan);
        assert_eq!(rows.0.iter().filter(|row| row.status == Status::Skipped).count(), 2);
    }

    #[test]
    fn a_stop_while_a_point_is_measured_leaves_no_row_of_it_and_no_further_launch() {
        let method = method();
        let point = point(Op::Score, 64, Pacing::Burst);
        let stop = AtomicBool::new(true);
        let mut fake = Fake::new();
        let mut rows = Rows::default();
        let points = [point];
        let mut runner = Runner::new(&mut fake, &method, Timer::Event, 0, &points).stopped_by(&stop);
        assert_eq!(runner.measure(&point), Err(BackendError::Stopped));
        let ended = sweep(&mut runner, &points, &[], &mut rows, |_| {});
        assert_eq!((ended, rows.0.len()), (Ok(Ended::Stopped), 0));
        assert_eq!(runner.finish().points, 0);
        assert_eq!(fake.bursts(), 0);
    }
}
