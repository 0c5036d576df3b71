//! A model beside what it costs, as tables and charts show it.

use crate::cost::{FusedLine, MeasuredProducts, ModelCost, SectionCost, Setup};
use crate::product::ModelProducts;
use crate::record::RecordError;
use hovera_core::{Dtype, Results};

/// A model, and what its products cost: their FLOP alone, or as they were measured.
#[derive(Debug, Clone)]
pub struct CostedModel<'a> {
    /// Its name; of numbers that hovera did not measure with that.
    pub name: String,
    /// What it was asked to do.
    pub workload: String,
    /// What is to be known of its products.
    pub remarks: Vec<String>,
    /// Element type of its products.
    pub dtype: Dtype,
    /// How it was measured; none where it was not.
    pub setup: Option<Setup>,
    /// What its products cost.
    pub cost: ModelCost<'a>,
}

impl<'a> CostedModel<'a> {
    /// Every model of a file in every setup that its rows were measured in; none where the file names no model or has no
    /// row.
    ///
    /// # Errors
    /// [`RecordError`], when the file's list of a model's products is none.
    pub fn of_results(results: &'a Results) -> Result<Vec<CostedModel<'a>>, RecordError> {
        let mut all = Vec::new();
        for info in &results.front_matter.model {
            let products = ModelProducts::from_info(info)?;
            for setup in Setup::of_results(results) {
                let measured = MeasuredProducts::new(results, setup);
                all.push(CostedModel {
                    name: results.origin().of_name(&info.name),
                    workload: info.workload.clone(),
                    remarks: info.remarks.clone(),
                    dtype: setup.dtype,
                    setup: Some(setup),
                    cost: ModelCost::of_rows(&products, setup.dtype, &measured),
                });
            }
        }
        Ok(all)
    }

    /// The attention in one kernel of a section, where it is shown: where it can be computed at all, and, of what was
    /// measured, where it was.
    #[must_use]
    pub fn fused<'s>(&self, section: &'s SectionCost<'a>) -> &'s [FusedLine<'a>] {
        let can_be = section.fused.iter().all(|line| line.attention.refusal(self.dtype).is_none());
        let was = self.setup.is_none() || section.fused.iter().any(|line| line.row.is_some());
        if can_be && was { &section.fused } else { &[] }
    }

    /// Whether any section shows its attention in one kernel.
    #[must_use]
    pub fn has_fused(&self) -> bool {
        self.cost.sections.iter().any(|section| !self.fused(section).is_empty())
    }
}
