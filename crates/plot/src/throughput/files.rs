//! The files that rows are from: their cards, and whether hovera measured them.

use super::options::{ChartOptions, Overlay};
use super::quantity::Quantity;
use super::rows::{Card, Variant};
use crate::font;
use crate::layout::CAPTION_FONT;
use hovera_analysis::{ClockResponse, Completeness, Filter, RatedCard};
use hovera_core::{Device, Method, Origin, PredictionInfo, Results, Row, Stat};
use std::collections::BTreeSet;

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
    /// Which rows are wanted: those that all of these admit.
    pub(super) only: &'a [Filter],
}

impl<'a> Files<'a> {
    /// The rows that are wanted, each with its card.
    pub(super) fn rows(self) -> impl Iterator<Item = (Card, &'a Row)> {
        let of_file = |(file, results): (u32, &&'a Results)| {
            results.rows.iter().map(move |row| (Card { file, device: row.device }, row))
        };
        let wanted = move |(_, row): &(Card, &Row)| self.only.iter().all(|filter| filter.admits(row));
        (0..).zip(self.results).flat_map(of_file).filter(wanted)
    }

    pub(super) fn device(&self, card: Card) -> Option<&'a Device> {
        self.results.get(card.file as usize)?.front_matter.device.get(card.device as usize)
    }

    /// How a card's rows were measured.
    pub(super) fn method(&self, card: Card) -> Option<&'a Method> {
        Some(&self.results.get(card.file as usize)?.front_matter.method)
    }

    /// How much of its sweep a card's file has, where that is not all of it.
    pub(super) fn unfinished(&self, card: Card) -> Option<Completeness> {
        *self.unfinished.get(card.file as usize)?
    }

    /// What a card's rows were predicted by, where they were.
    pub(super) fn prediction(&self, card: Card) -> Option<&'a PredictionInfo> {
        self.results.get(card.file as usize)?.front_matter.prediction.as_ref()
    }

    /// Whose a card's numbers are.
    pub(super) fn origin(&self, card: Card) -> Origin {
        self.results.get(card.file as usize).map_or(Origin::Measured, |results| results.origin())
    }

    pub(super) fn any_imported(&self) -> bool {
        self.results.iter().any(|results| results.origin() == Origin::Imported)
    }

    /// Whether all that a chart shows was predicted, which its title then says.
    pub(super) fn all_predicted(&self, variants: &[Variant<'_>]) -> bool {
        variants.iter().all(|variant| self.origin(variant.card) == Origin::Predicted)
    }

    /// What stands for a point in its own file, unless one is asked for.
    pub(super) fn stat(&self, card: Card, options: &ChartOptions) -> Stat {
        let file = self.results.get(card.file as usize).map(|results| results.stat());
        options.stat.or(file).unwrap_or_default()
    }

    /// The metric as the rows of one card have it.
    pub(super) fn quantity(&self, card: Card, options: &'a ChartOptions) -> Quantity<'a> {
        let rated = self.device(card).map(|device| {
            let rated = match self.responses.get(card.file as usize) {
                Some(response) => RatedCard::new(device).responding(response),
                None => RatedCard::new(device),
            };
            options.at_clock.map_or(rated, |mhz| rated.at_clock(f64::from(mhz.get())))
        });
        let file = card.file as usize;
        let rows = self.results.get(file).map(|results| (file, results.rows.as_slice()));
        let stat = self.stat(card, options);
        Quantity {
            options,
            stat,
            card: rated,
            file: rows,
            mixed: false,
            clocks_differ: false,
            origin: self.origin(card),
        }
    }

    /// What tells each of the variants from the others, in their order: the words of what is
    /// overlaid, and what legend and caption call them.
    pub(super) fn variants(&self, overlay: Overlay, variants: &[Variant<'_>]) -> Vec<String> {
        match overlay {
            Overlay::Engine => variants.iter().map(|it| self.word(it, it.point().engine.as_str())).collect(),
            Overlay::Pacing => variants.iter().map(|it| self.word(it, it.point().pacing.as_str())).collect(),
            Overlay::Gpu => self
                .libraries(variants)
                .unwrap_or_else(|| self.cards(&variants.iter().map(|it| it.card).collect::<Vec<_>>())),
            // One chart has rows of one condition.
            Overlay::Kernel => variants.iter().map(|_| String::new()).collect(),
        }
    }

    /// What the names of the [variants](Files::variants) are names of.
    pub(super) fn heading(&self, overlay: Overlay, variants: &[Variant<'_>]) -> String {
        let is_alike = |a: &Variant<'_>, b: &Variant<'_>| self.card(a.card) == self.card(b.card);
        let one_model = variants.windows(2).all(|pair| is_alike(&pair[0], &pair[1]));
        let one_file = variants.windows(2).all(|pair| pair[0].card.file == pair[1].card.file);
        match overlay {
            Overlay::Gpu if self.libraries(variants).is_some() => "library".to_owned(),
            Overlay::Gpu if one_model && !one_file => "file".to_owned(),
            other => other.to_string(),
        }
    }

    /// What tells cards apart: their models, and of one model their files, and of one file their numbers in it.
    fn cards(&self, cards: &[Card]) -> Vec<String> {
        let models: Vec<String> = cards.iter().map(|card| self.card(*card)).collect();
        let one_model = models.windows(2).all(|pair| pair[0] == pair[1]);
        let told = |(card, model): (&Card, &String)| {
            let alike = || cards.iter().zip(&models).filter(|(_, other)| *other == model).map(|(c, _)| c);
            let file = alike().any(|other| other.file != card.file).then(|| self.name(*card));
            let same_file = |other: &Card| other.file == card.file && other.device != card.device;
            let device = alike().any(same_file).then(|| format!("device {}", card.device));
            let apart: Vec<String> = file.into_iter().chain(device).collect();
            match (apart.is_empty(), one_model) {
                (true, _) => model.clone(),
                (false, true) => apart.join(", "),
                (false, false) => format!("{model}: {}", apart.join(", ")),
            }
        };
        let told: Vec<String> = cards.iter().zip(&models).map(told).collect();
        // Files of one name are told apart by their order.
        let numbered = |(i, name): (usize, &String)| {
            let alike = |others: &[String]| others.iter().filter(|other| *other == name).count();
            if alike(&told) == 1 { name.clone() } else { format!("{name} ({})", alike(&told[..=i])) }
        };
        told.iter().enumerate().map(numbered).collect()
    }

    /// A variant's word, and that it was predicted where it was.
    fn word(&self, variant: &Variant<'_>, word: &str) -> String {
        self.origin(variant.card).of_name(word)
    }

    /// The versions of cuDNN, where that is what tells files of fused attention on cards of one model apart.
    fn libraries(&self, variants: &[Variant<'_>]) -> Option<Vec<String>> {
        let is_fused = |variant: &Variant<'_>| variant.rows.iter().all(|row| row.point.op.is_fused());
        let one_model = variants.windows(2).all(|pair| self.card(pair[0].card) == self.card(pair[1].card));
        if variants.len() < 2 || !one_model || !variants.iter().all(is_fused) {
            return None;
        }
        let version = |variant: &Variant<'_>| {
            let software = &self.results.get(variant.card.file as usize)?.front_matter.software;
            // `cuDNN 9.19.0 for CUDA 13 (libcudnn.so.9)`: what is told first is the version.
            let told = software.cudnn.as_ref()?;
            Some(shortened(told.split(" for ").next().unwrap_or(told)))
        };
        let versions = variants.iter().map(version).collect::<Option<Vec<String>>>()?;
        let distinct: BTreeSet<&String> = versions.iter().collect();
        (distinct.len() == versions.len()).then_some(versions)
    }

    fn name(&self, card: Card) -> String {
        shortened(self.names.get(card.file as usize).copied().unwrap_or_default())
    }

    /// A card by its name, with what must never be overlooked.
    fn card(&self, card: Card) -> String {
        let name = self.device(card).map_or("unknown device", |device| device.name.as_str());
        self.origin(card).of_card(&shortened(name))
    }
}

/// A name that leaves room for what comes after it.
pub(super) fn shortened(name: &str) -> String {
    font::elide(&font::drawable(name), |cut| font::width(cut, CAPTION_FONT) <= NAME_ROOM)
}
