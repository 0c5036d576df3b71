//! What advice is asked for, and what it takes on a card.

use crate::AdviseError;
use crate::forecast::Asked;
use hovera_core::Dtype;
use hovera_model::{LaidOutGemm, ModelProducts, Transformer, Workload};

/// A model, or a layer of one, and what it is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Its sizes.
    pub model: Transformer,
    /// The pass.
    pub workload: Workload,
    /// Element type of the operands.
    pub dtype: Dtype,
    /// Whether what stands around the layers counts; of a layer alone, whose vocabulary nobody told, it does not.
    pub has_vocab: bool,
}

/// A product, how often the model has it, and whether a layer has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    pub(crate) product: LaidOutGemm,
    pub(crate) times: f64,
    pub(crate) is_of_layer: bool,
}

impl Subject {
    /// Everything that one rank multiplies where the model is `model`.
    pub(crate) fn products(&self, model: &Transformer) -> Result<ModelProducts, AdviseError> {
        let mut products = model.products(self.workload)?;
        if !self.has_vocab {
            // The last section is what stands around the layers.
            products.sections.pop();
        }
        Ok(products)
    }

    /// Linear parameters, those of the logits where they count.
    pub(crate) fn parameters(&self, model: &Transformer) -> u128 {
        let of_logits = u128::from(model.vocab) * u128::from(model.hidden);
        model.linear_parameters() - if self.has_vocab { 0 } else { of_logits }
    }
}

/// The products in their order.
pub(crate) fn lines(products: &ModelProducts, has_vocab: bool) -> Vec<Line> {
    let layers = products.sections.len() - usize::from(has_vocab);
    let sections = products.sections.iter().enumerate();
    let of_section = sections.flat_map(|(place, section)| {
        section.products.iter().map(move |counted| Line {
            product: counted.product,
            times: counted.times as f64 * f64::from(section.repeats),
            is_of_layer: place < layers,
        })
    });
    of_section.collect()
}

/// The time of lines in µs; none where some product's is not known.
pub(crate) fn time_us<'l>(asked: &mut Asked<'_>, lines: impl IntoIterator<Item = &'l Line>) -> Option<f64> {
    lines.into_iter().map(|line| Some(line.times * asked.expect(line.product)?.time_us)).sum()
}
