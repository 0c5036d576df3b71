//! The softmax of rows: its plan, its matrices, and their check.

use super::prepared::Program;
use super::{Arena, CudaBackend, nothing_prepared};
use crate::arena::Place;
use crate::softmax::{compare, sampled_rows, softmax};
use crate::sys::{Missing, Region, Softmax, SoftmaxPlan};
use hovera_bench::BackendError;
use hovera_core::Point;
use std::rc::Rc;

impl CudaBackend {
    /// What is to compute a point of a softmax.
    pub(super) fn softmax_program(&self, softmax: Softmax) -> Result<Program, BackendError> {
        Ok(Program::Softmax(Rc::new(SoftmaxPlan::new(self.cudnn()?, softmax)?)))
    }

    pub(super) fn queue_softmax(
        &self,
        point: &Point,
        plan: &Rc<SoftmaxPlan>,
        set: u64,
    ) -> Result<(), BackendError> {
        let [scores, probabilities] = self.softmax_regions(point, set)?;
        plan.launch(&self.stream, scores, probabilities)
    }

    /// The scores and the probabilities of a set.
    fn softmax_regions(&self, point: &Point, set: u64) -> Result<[Region<'_>; 2], BackendError> {
        let Arena { memory, layout, .. } = self.arena_for(point)?;
        let Place { a, c, .. } = layout.copy(self.need(point), set);
        Ok([memory.region(a)?, memory.region(c)?])
    }

    /// Looks for poison in all probabilities, and compares sampled rows with an f64 reference.
    pub(super) fn check_softmax(&self, point: &Point, set: u64) -> Result<(), BackendError> {
        let softmax = softmax(point).ok_or_else(nothing_prepared)?;
        let (element, columns) = (softmax.element(), u64::from(softmax.columns));
        let matrices = self.softmax_regions(point, set)?;
        let Missing { count, first } = self.missing(matrices[1], element)?;
        if count > 0 {
            return Err(BackendError::WrongResult(format!(
                "{count} of {} entries of the softmax are NaN or were never written, the first in row {}, column {}",
                softmax.elements(),
                first / columns,
                first % columns
            )));
        }
        let Arena { memory, layout, .. } = self.arena_for(point)?;
        let Place { a, c, .. } = layout.copy(self.need(point), set);
        let bytes = columns * u64::from(element.size());
        let row_of = |start: u64, row: u64| {
            let start = start + row * bytes;
            let mut read = vec![0u8; bytes as usize];
            self.stream.read(memory.region(start..start + bytes)?, &mut read)?;
            Ok::<_, BackendError>(element.decoded(&read))
        };
        sampled_rows(softmax)
            .into_iter()
            .try_for_each(|row| compare(row, element, &row_of(a.start, row)?, &row_of(c.start, row)?))
    }
}
