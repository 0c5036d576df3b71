//! Where the time of models goes, a bar for each.

use super::{Shown, of_results};
use crate::files::inputs::{Content, Input};
use anyhow::{Result, bail, ensure};
use hovera_core::{Op, Origin};
use hovera_plot::{ChartOptions, NamedChart, Note, Part, SharesChart, Wholes};
use std::collections::BTreeSet;

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
    let (mut shown, mut cards, mut origins) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for input in inputs {
        let Content::Results(results) = &input.content else {
            bail!("{}: published readings are of no model; want a results file", input.name)
        };
        shown.extend(of_results(&input.name, results)?);
        let origin = results.origin();
        cards.extend(results.front_matter.device.iter().map(|device| origin.of_card(&device.name)));
        origins.insert(origin);
    }
    let (measured, others): (Vec<Shown<'_>>, Vec<_>) =
        shown.into_iter().partition(|it| it.cost.time_us.is_some());
    ensure!(!measured.is_empty(), "chart = shares: no model has all of its products measured");
    let notes =
        others.iter().map(|it| Note::NotAllMeasured { model: it.name.clone(), products: it.cost.unmeasured });
    let notes = notes.collect();
    let told = Told::of(&measured);
    let bars = bars(&measured);
    let card = cards.into_iter().collect::<Vec<_>>().join(" and ");
    let facts = format!(
        "{}products only: no softmax{}, no norms, no communication",
        told.shared.iter().map(|fact| format!("{fact}; ")).collect::<String>(),
        if bars.iter().any(|bar| bar.is_fused) { " but in fused attention" } else { "" }
    );
    let shares = SharesChart {
        title: if origins == BTreeSet::from([Origin::Predicted]) {
            "Where the Time of Models Goes (predicted)".to_owned()
        } else {
            "Where the Time of Models Goes".to_owned()
        },
        subtitle: options.subtitle.then(|| card.clone()),
        caption: options.caption.then(|| {
            let origins = origins.iter().map(|origin| origin.as_str()).collect::<Vec<_>>().join(" and ");
            let origin = if options.subtitle { origins } else { format!("{card}, {origins}") };
            format!("{origin}: {facts}")
        }),
        label: "Share of Time".to_owned(),
        wholes: Wholes::Names(bars.iter().map(|bar| bar.name(&told.names)).collect()),
        parts: parts(&measured, &bars),
    };
    Ok(NamedChart { stem: "model-shares".to_owned(), chart: shares.chart(), condition: None, notes })
}

/// What each bar is called, and what is said once.
struct Told {
    names: Vec<String>,
    shared: Vec<String>,
}

impl Told {
    /// What all have in common is said once, what differs with each name.
    fn of(measured: &[Shown<'_>]) -> Told {
        let how = |it: &Shown<'_>| {
            let how = it.setup.map(|it| format!(" by {}, {}, {} cache", it.engine, it.pacing, it.cache));
            format!("{}{}", it.dtype, how.unwrap_or_default())
        };
        let facts: [Vec<String>; 2] =
            [measured.iter().map(|it| it.workload.clone()).collect(), measured.iter().map(how).collect()];
        let mut told =
            Told { names: measured.iter().map(|it| it.name.clone()).collect(), shared: Vec::new() };
        for of_each in facts {
            if of_each.windows(2).all(|pair| pair[0] == pair[1]) {
                told.shared.extend(of_each.into_iter().next());
            } else {
                told.names = told
                    .names
                    .iter()
                    .zip(of_each)
                    .map(|(name, fact)| format!("{name}, {}", short(&fact)))
                    .collect();
            }
        }
        told
    }
}

/// A workload in the letters of titles, so that it has room beside a bar: `forward, b=8 s=1, 8192 keys`.
fn short(workload: &str) -> String {
    let letters = [("batch ", "b="), ("seq ", "s="), ("one of ", ""), ("tensor-parallel ranks", "ranks")];
    let short =
        letters.into_iter().fold(workload.to_owned(), |text, (word, letter)| text.replace(word, letter));
    short.replace(", s=", " s=").replace("training step", "training")
}

/// A model with its attention as two products, or in one kernel.
struct Bar {
    model: usize,
    is_fused: bool,
}

impl Bar {
    fn name(&self, names: &[String]) -> String {
        format!("{}{}", names[self.model], if self.is_fused { ", fused" } else { "" })
    }
}

/// One for each model, and another one where its attention was measured in one kernel as well.
fn bars(measured: &[Shown<'_>]) -> Vec<Bar> {
    let of_model = |(model, it): (usize, &Shown<'_>)| {
        let fused =
            (it.has_fused() && it.cost.fused_time_us.is_some()).then_some(Bar { model, is_fused: true });
        std::iter::once(Bar { model, is_fused: false }).chain(fused)
    };
    measured.iter().enumerate().flat_map(of_model).collect()
}

/// The products of all models, in the order in which they come, each with its share of every bar.
fn parts(measured: &[Shown<'_>], bars: &[Bar]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |label: &str, bar: usize, share: f64| {
        let place = parts.iter().position(|part| part.label == label).unwrap_or_else(|| {
            // Beside what it stands for.
            let values = parts.iter().position(|part| part.label == Op::Values.as_str());
            let at =
                values.filter(|_| label == Op::Attention.as_str()).map_or(parts.len(), |values| values + 1);
            parts.insert(at, Part { label: label.to_owned(), shares: vec![0.0; bars.len()] });
            at
        });
        parts[place].shares[bar] += share;
    };
    for (i, bar) in bars.iter().enumerate() {
        let it = &measured[bar.model];
        let fused_us = it.cost.fused_time_us.filter(|_| bar.is_fused);
        for section in &it.cost.sections {
            for line in &section.lines {
                match (fused_us, line.model_us()) {
                    (None, _) => add(&line.counted.name, i, line.share_of_model),
                    (Some(_), _) if line.counted.is_of_attention() => {}
                    (Some(all), time_us) => add(&line.counted.name, i, time_us.unwrap_or(0.0) / all),
                }
            }
            for line in section.fused.iter().filter(|_| bar.is_fused) {
                add(Op::Attention.as_str(), i, line.share_of_model);
            }
        }
    }
    parts
}
