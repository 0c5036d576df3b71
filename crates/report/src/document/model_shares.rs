//! Where the time of whole models goes, a bar for each.

use super::sentence::excerpt;
use hovera_core::{Op, Origin, Results};
use hovera_model::CostedModel;
use hovera_plot::{ChartOptions, NamedChart, Note, Part, SharesChart, Wholes};
use std::collections::BTreeSet;

/// The longest name of a model or a workload that has room beside a bar, in characters.
const LONGEST_NAME: usize = 80;

/// A results file of models, and what these cost.
#[derive(Debug, Clone)]
pub struct CostedFile<'a> {
    /// The file.
    pub results: &'a Results,
    /// Its models, as [`CostedModel::of_results`] finds them.
    pub models: Vec<CostedModel<'a>>,
}

/// The chart of the models of some files: the products of each as shares of its time. Where attention was measured in one
/// kernel as well, the model has a second bar with that. Models of which a product has no time are left out, and a note
/// says so; none where that is all of them.
#[must_use]
pub fn model_shares(files: &[CostedFile<'_>], options: &ChartOptions) -> Option<NamedChart> {
    let (mut shown, mut cards, mut origins) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for CostedFile { results, models } in files {
        let origin = results.origin();
        let own: BTreeSet<String> =
            results.front_matter.device.iter().map(|device| origin.of_card(&device.name)).collect();
        let card = excerpt(&own.iter().cloned().collect::<Vec<_>>().join(" and "), LONGEST_NAME);
        shown.extend(models.iter().map(|model| Whole { model, card: card.clone() }));
        cards.extend(own);
        origins.insert(origin);
    }
    let (measured, others): (Vec<Whole<'_>>, Vec<_>) =
        shown.into_iter().partition(|it| it.model.cost.time_us.is_some());
    if measured.is_empty() {
        return None;
    }
    let notes = others.iter().map(|it| Note::NotAllMeasured {
        model: excerpt(&it.model.name, LONGEST_NAME),
        products: it.model.cost.unmeasured,
    });
    let notes = notes.collect();
    let told = Told::of(&measured);
    let bars = bars(&measured);
    let card = cards.into_iter().collect::<Vec<_>>().join(" and ");
    let has_softmax = |it: &Whole<'_>| it.model.cost.has_softmax();
    let what = match (measured.iter().all(has_softmax), measured.iter().any(has_softmax)) {
        (true, true) => "products and softmax only:",
        (_, true) => "products only, and softmax where it was measured:",
        _ if bars.iter().any(|bar| bar.is_fused) => "products only: no softmax but in fused attention,",
        _ => "products only: no softmax,",
    };
    let facts = format!(
        "{}{what} no norms, no communication",
        told.shared.iter().map(|fact| format!("{fact}; ")).collect::<String>()
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
    Some(NamedChart { stem: "model-shares".to_owned(), chart: shares.chart(), condition: None, notes })
}

/// A model, and the card that it was measured on.
struct Whole<'a> {
    model: &'a CostedModel<'a>,
    card: String,
}

/// What each bar is called, and what is said once.
struct Told {
    names: Vec<String>,
    shared: Vec<String>,
}

impl Told {
    /// What all have in common is said once, what differs with each name. A card that all have stands above the chart.
    fn of(measured: &[Whole<'_>]) -> Told {
        let how = |it: &CostedModel<'_>| {
            let how = it.setup.map(|it| format!(" by {}, {}, {} cache", it.engine, it.pacing, it.cache));
            format!("{}{}", it.dtype, how.unwrap_or_default())
        };
        let of_each = |of: &dyn Fn(&Whole<'_>) -> String| measured.iter().map(of).collect::<Vec<_>>();
        let mut told =
            Told { names: of_each(&|it| excerpt(&it.model.name, LONGEST_NAME)), shared: Vec::new() };
        let differ = |of_each: &[String]| of_each.windows(2).any(|pair| pair[0] != pair[1]);
        let cards = of_each(&|it| it.card.clone());
        if differ(&cards) {
            told.name_with(&cards);
        }
        for of_each in
            [of_each(&|it| excerpt(&it.model.workload, LONGEST_NAME)), of_each(&|it| how(it.model))]
        {
            if differ(&of_each) {
                told.name_with(&of_each.iter().map(|fact| short(fact)).collect::<Vec<_>>());
            } else {
                told.shared.extend(of_each.into_iter().next());
            }
        }
        told
    }

    fn name_with(&mut self, facts: &[String]) {
        self.names = self.names.iter().zip(facts).map(|(name, fact)| format!("{name}, {fact}")).collect();
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
fn bars(measured: &[Whole<'_>]) -> Vec<Bar> {
    let of_model = |(index, it): (usize, &Whole<'_>)| {
        let it = it.model;
        let fused = (it.has_fused() && it.cost.fused_time_us.is_some())
            .then_some(Bar { model: index, is_fused: true });
        std::iter::once(Bar { model: index, is_fused: false }).chain(fused)
    };
    measured.iter().enumerate().flat_map(of_model).collect()
}

/// The products of all models, in the order in which they come, each with its share of every bar.
fn parts(measured: &[Whole<'_>], bars: &[Bar]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |label: &str, bar: usize, share: f64| {
        let place = parts.iter().position(|part| part.label == label).unwrap_or_else(|| {
            // Beside what it stands for, or comes after.
            let before = match label {
                it if it == Op::Attention.as_str() => Some(Op::Values),
                it if it == Op::Softmax.as_str() => Some(Op::Score),
                _ => None,
            };
            let before = before.and_then(|op| parts.iter().position(|part| part.label == op.as_str()));
            let at = before.map_or(parts.len(), |before| before + 1);
            parts.insert(at, Part { label: label.to_owned(), shares: vec![0.0; bars.len()] });
            at
        });
        parts[place].shares[bar] += share;
    };
    for (i, bar) in bars.iter().enumerate() {
        let it = measured[bar.model].model;
        let fused_us = it.cost.fused_time_us.filter(|_| bar.is_fused);
        for section in &it.cost.sections {
            for line in &section.lines {
                match (fused_us, line.model_us()) {
                    (None, _) => add(&line.counted.name, i, line.share_of_model),
                    (Some(_), _) if line.counted.is_of_attention() => {}
                    (Some(all), time_us) => add(&line.counted.name, i, time_us.unwrap_or(0.0) / all),
                }
            }
            for line in section.softmax.iter().filter(|_| !bar.is_fused) {
                add(Op::Softmax.as_str(), i, line.share_of_model);
            }
            for line in section.fused.iter().filter(|_| bar.is_fused) {
                add(Op::Attention.as_str(), i, line.share_of_model);
            }
        }
    }
    parts
}
