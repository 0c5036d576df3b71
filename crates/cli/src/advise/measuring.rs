//! What is advised, timed on the card at hand.

use crate::args::Advise;
use crate::exit;
use crate::files::inputs::{self, Content};
use crate::run::{self, Done};
use crate::talk::voice::Voice;
use anyhow::{Context, Result, bail, ensure};
use hovera_advise::{Advice, MeasuredTimes, Saving, Subject};
use hovera_core::SweepSpec;
use hovera_model::{LaidOutGemm, spec};
use std::path::Path;

/// The exit code of the run, and what each piece of advice saves by what it measured: none where the run was stopped, or a
/// product has no time.
pub(super) fn of_advice(
    subject: &Subject,
    advice: &[Advice],
    args: &Advise,
    voice: Voice,
) -> Result<(u8, Vec<Option<Saving>>)> {
    ensure!(
        args.measuring.output.as_deref() != Some(Path::new("-")),
        "-o -: standard output is for the table; name a file for the rows"
    );
    let mut products: Vec<LaidOutGemm> = Vec::new();
    for advice in advice {
        for product in advice.products(subject)? {
            if !products.contains(&product) {
                products.push(product);
            }
        }
    }
    let name = format!("advice-{}", subject.model.name);
    let text = spec(&name, subject.dtype, &products, &[]);
    let spec = SweepSpec::parse(&name, &text).context("the sweep of what is advised")?;
    let asked = run::Asked { name, spec, models: Vec::new(), shard: None, dry_run: false };
    let Done { code, results } = asked.measure(&args.measuring, voice)?;
    let (Some(path), exit::DONE | exit::INCOMPLETE) = (results, code) else {
        return Ok((code, vec![None; advice.len()]));
    };
    let input = inputs::read(&path)?.pop().with_context(|| format!("{}: nothing to read", path.display()))?;
    let Content::Results(results) = input.content else { bail!("{}: want a results file", input.name) };
    let measured = MeasuredTimes::of_results(&results, 0);
    Ok((code, advice.iter().map(|advice| advice.saving_by(subject, &measured)).collect()))
}
