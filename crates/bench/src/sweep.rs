//! A sweep: points through a runner into rows that are kept as soon as they are there.

use crate::backend::{Backend, BackendError};
use crate::journal::{Journal, JournalError};
use crate::runner::Runner;
use hovera_core::{Kernel, Point, Row, Status, Telemetry};

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

/// Measures `todo` in its order, each point into a row that is kept before the next one begins, and at
/// the end of each block of one dtype its [doubtful](Runner::doubtful) points again.
///
/// # Errors
/// The sink's, and the device's when the rest of the sweep has no chance ([`Runner::measure`]).
pub fn sweep<B: Backend + ?Sized, S: RowSink>(
    runner: &mut Runner<'_, B>,
    todo: &[Point],
    sink: &mut S,
    mut on_kept: impl FnMut(Kept<'_>),
) -> Result<(), S::Error> {
    // Memory is reserved for one dtype at a time, and in parts where points fit one by one but not the
    // largest A, B and C of all of them together.
    let mut blocks: Vec<&[Point]> = todo.chunk_by(|a, b| a.dtype == b.dtype).rev().collect();
    while let Some(block) = blocks.pop() {
        match runner.reserve(block) {
            Err(BackendError::OutOfMemory { .. }) if block.len() > 1 => {
                let (first, rest) = block.split_at(block.len() / 2);
                blocks.extend([rest, first]);
                continue;
            }
            reserved => reserved?,
        }
        for point in block {
            let row = runner.measure(point)?;
            sink.append(&row)?;
            on_kept(Kept::New(&row));
        }
        for point in runner.doubtful().iter().filter(|p| block.contains(p)) {
            if let Some(row) = runner.measure_again(point)? {
                sink.replace(&row)?;
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
