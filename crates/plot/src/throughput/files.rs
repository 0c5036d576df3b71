//! The files that rows are from: their cards, and whether hovera measured them.

use super::options::{ChartOptions, Overlay};
use super::quantity::Quantity;
use crate::font;
use crate::layout::CAPTION_FONT;
use hovera_analysis::{ClockResponse, Completeness, Condition, RatedCard};
use hovera_core::{Device, Method, Results};

/// The most room for a card's name, in pixels of the caption: what comes after it matters more.
const NAME_ROOM: f64 = 300.0;

/// One results file, or several whose cards are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) results: &'a [&'a Results],
    /// What each is called.
    pub(super) names: &'a [&'a str],
    /// How the rows of each follow the clock.
    pub(super) responses: &'a [ClockResponse],
    /// How much of its sweep each has, where that is not all of it.
    pub(super) unfinished: &'a [Option<Completeness>],
}

impl<'a> Files<'a> {
    pub(super) fn device(&self, condition: &Condition) -> Option<&'a Device> {
        self.results.get(condition.file as usize)?.front_matter.device.get(condition.device as usize)
    }

    /// How a condition's rows were measured.
    pub(super) fn method(&self, condition: &Condition) -> Option<&'a Method> {
        Some(&self.results.get(condition.file as usize)?.front_matter.method)
    }

    /// How much of its sweep a condition's file has, where that is not all of it.
    pub(super) fn unfinished(&self, condition: &Condition) -> Option<Completeness> {
        *self.unfinished.get(condition.file as usize)?
    }

    /// Whether a card's numbers are another program's.
    pub(super) fn is_imported(&self, condition: &Condition) -> bool {
        self.results.get(condition.file as usize).is_some_and(|results| is_imported(results))
    }

    pub(super) fn any_imported(&self) -> bool {
        self.results.iter().any(|results| is_imported(results))
    }

    /// The metric as the rows of one condition have it.
    pub(super) fn quantity(&self, condition: &Condition, options: &'a ChartOptions) -> Quantity<'a> {
        let card = self.device(condition).map(|device| {
            let card = match self.responses.get(condition.file as usize) {
                Some(response) => RatedCard::new(device).responding(response),
                None => RatedCard::new(device),
            };
            options.at_clock.map_or(card, |mhz| card.at_clock(f64::from(mhz.get())))
        });
        // What stands for a point in its own file, unless one is asked for.
        let file = self.results.get(condition.file as usize).map(|results| results.stat());
        let stat = options.stat.or(file).unwrap_or_default();
        Quantity { options, stat, card, mixed: false, clocks_differ: false }
    }

    /// What tells each of the conditions from the others, in their order: the words of what is
    /// overlaid, and what legend and caption call them.
    pub(super) fn variants(&self, overlay: Overlay, conditions: &[Condition]) -> Vec<String> {
        match overlay {
            Overlay::Engine => conditions.iter().map(|c| c.engine.to_string()).collect(),
            Overlay::Pacing => conditions.iter().map(|c| c.pacing.to_string()).collect(),
            Overlay::Gpu => self.cards(conditions),
            // One chart has rows of one condition.
            Overlay::Kernel => conditions.iter().map(|_| String::new()).collect(),
        }
    }

    /// What tells cards apart: their models, and of one model their files, and of one file their numbers in it.
    fn cards(&self, conditions: &[Condition]) -> Vec<String> {
        let models: Vec<String> = conditions.iter().map(|condition| self.card(condition)).collect();
        let one_model = models.windows(2).all(|pair| pair[0] == pair[1]);
        let told = |(condition, model): (&Condition, &String)| {
            let alike =
                || conditions.iter().zip(&models).filter(|(_, other)| *other == model).map(|(c, _)| c);
            let file = alike().any(|other| other.file != condition.file).then(|| self.name(condition));
            let same_file =
                |other: &Condition| other.file == condition.file && other.device != condition.device;
            let device = alike().any(same_file).then(|| format!("device {}", condition.device));
            let apart: Vec<String> = file.into_iter().chain(device).collect();
            match (apart.is_empty(), one_model) {
                (true, _) => model.clone(),
                (false, true) => apart.join(", "),
                (false, false) => format!("{model}: {}", apart.join(", ")),
            }
        };
        let told: Vec<String> = conditions.iter().zip(&models).map(told).collect();
        // Files of one name are told apart by their order.
        let numbered = |(i, name): (usize, &String)| {
            let alike = |others: &[String]| others.iter().filter(|other| *other == name).count();
            if alike(&told) == 1 { name.clone() } else { format!("{name} ({})", alike(&told[..=i])) }
        };
        told.iter().enumerate().map(numbered).collect()
    }

    fn name(&self, condition: &Condition) -> String {
        shortened(self.names.get(condition.file as usize).copied().unwrap_or_default())
    }

    /// A card by its name, with what must never be overlooked.
    fn card(&self, condition: &Condition) -> String {
        let name = self.device(condition).map_or("unknown device", |device| device.name.as_str());
        let name = shortened(name);
        if self.is_imported(condition) { format!("{name} (imported)") } else { name }
    }
}

/// A name that leaves room for what comes after it.
pub(super) fn shortened(name: &str) -> String {
    font::elide(&font::drawable(name), |cut| font::width(cut, CAPTION_FONT) <= NAME_ROOM)
}

/// Whether a file's numbers are another program's.
pub(super) fn is_imported(results: &Results) -> bool {
    results.front_matter.source.is_some()
}
