//! The files that rows are from: their cards, and whether hovera measured them.

use super::condition::Condition;
use super::options::{ChartOptions, Overlay};
use super::quantity::Quantity;
use crate::font;
use crate::layout::CAPTION_FONT;
use hovera_core::{Card, Device, Results};

/// The most room for a card's name, in pixels of the caption: what comes after it matters more.
const NAME_ROOM: f64 = 300.0;

/// One results file, or several whose cards are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a>(pub(super) &'a [&'a Results]);

impl<'a> Files<'a> {
    pub(super) fn results(&self, condition: &Condition) -> Option<&'a Results> {
        self.0.get(condition.file as usize).copied()
    }

    pub(super) fn device(&self, condition: &Condition) -> Option<&'a Device> {
        self.results(condition)?.front_matter.device.get(condition.device as usize)
    }

    /// Whether a card's numbers are another program's. Such a card has a backend that is none of
    /// hovera's own.
    pub(super) fn is_imported(&self, condition: &Condition) -> bool {
        self.device(condition).is_some_and(is_foreign)
    }

    pub(super) fn any_imported(&self) -> bool {
        self.0.iter().flat_map(|results| &results.front_matter.device).any(is_foreign)
    }

    /// The metric as the rows of one condition have it.
    pub(super) fn quantity(&self, condition: &Condition, options: &'a ChartOptions) -> Quantity<'a> {
        let card = self.device(condition).map(|device| {
            let card = Card::of(device);
            options.at_clock.map_or(card, |mhz| card.at_clock(f64::from(mhz.get())))
        });
        Quantity { options, card, mixed: false, clocks_differ: false }
    }

    /// What tells each of the conditions from the others, in their order: the words of what is
    /// overlaid, and what legend and caption call them.
    pub(super) fn variants(&self, overlay: Overlay, conditions: &[Condition]) -> Vec<String> {
        match overlay {
            Overlay::Engine => conditions.iter().map(|c| c.engine.to_string()).collect(),
            Overlay::Pacing => conditions.iter().map(|c| c.pacing.to_string()).collect(),
            Overlay::Gpu => self.cards(conditions),
        }
    }

    fn cards(&self, conditions: &[Condition]) -> Vec<String> {
        let names: Vec<String> = conditions.iter().map(|c| self.card(c)).collect();
        let numbered = |(i, name): (usize, &String)| {
            let alike = |others: &[String]| others.iter().filter(|other| *other == name).count();
            if alike(&names) == 1 { name.clone() } else { format!("{name} ({})", alike(&names[..=i])) }
        };
        names.iter().enumerate().map(numbered).collect()
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

fn is_foreign(device: &Device) -> bool {
    !matches!(device.backend.as_str(), "" | "cuda" | "cpu")
}
