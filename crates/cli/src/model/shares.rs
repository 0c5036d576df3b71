//! Where the time of models goes, a bar for each.

use super::of_results;
use crate::files::inputs::{Content, Input};
use anyhow::{Context, Result, bail};
use hovera_plot::{ChartOptions, NamedChart};
use hovera_report::{CostedFile, model_shares};

/// Whether all of some inputs are of models, so that their shares are a bar for each.
pub(crate) fn are_of_models(inputs: &[Input]) -> bool {
    let is_of_model = |input: &Input| match &input.content {
        Content::Results(results) => !results.front_matter.model.is_empty(),
        Content::Readings(_) => false,
    };
    !inputs.is_empty() && inputs.iter().all(is_of_model)
}

/// The chart of files that `hovera model` wrote.
pub(crate) fn chart(inputs: &[Input], options: &ChartOptions) -> Result<NamedChart> {
    let mut files = Vec::new();
    for input in inputs {
        let Content::Results(results) = &input.content else {
            bail!("{}: published readings are of no model; want a results file", input.name)
        };
        files.push(CostedFile { results, models: of_results(&input.name, results)? });
    }
    model_shares(&files, options).context("chart = shares: no model has all of its products measured")
}
