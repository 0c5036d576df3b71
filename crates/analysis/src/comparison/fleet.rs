//! Many cards of one model: which of them is unlike the others, by how much, and on which shapes.
//!
//! Each point's middle is the median over the cards, and a card's deviation on some points the median over
//! them of ln(value / middle). Deviations of one op and series, and of a whole card, are judged by the spread
//! of the fleet itself: 1.4826 times the median absolute deviation over the cards, or what a card differs by
//! from run to run where that is more. Medians take no notice of outliers, up to half of the cards. A card
//! is an outlier where its deviation is beyond the margin and beyond that spread, by the same test as a ratio
//! ([`Thresholds`]), with the false discovery rate controlled over all cards and series. The spread being
//! estimated, its tail is Student's with 0.37 degrees of freedom for each card but one, 0.37 being what a
//! median absolute deviation is worth against a standard deviation of normal values. Of made-up fleets of 8
//! normal cards 3 in 100 then have an outlier; of 5 it would be 10, so that fewer than 8 are refused. A point
//! of one or two cards has no middle that they could differ from, and counts for nothing: the shards of one
//! sweep are no fleet. A row with two speeds stands at that of its larger group: medians take no notice of the few that
//! stand at the other.

mod error;
mod losses;
mod readings;
pub(super) mod score;

pub use error::FleetError;
pub use losses::{Losses, Unmeasured};
pub use readings::{CardReadings, FleetOptions};

use super::build::differing;
use super::method::MethodOfRows;
use super::{Ratio, Thresholds, Verdict};
use crate::metric::Metric;
use crate::pair::CommonExponent;
use hovera_core::{Op, Pass, Point, Series};
use losses::Absent;
use std::collections::BTreeMap;

/// Below this many cards the spread is too unsure to judge by.
pub(super) const FEWEST_CARDS: usize = 8;

/// Reads cards one after the other and keeps a few bytes of each row.
#[derive(Debug, Clone)]
pub struct FleetBuilder {
    options: FleetOptions,
    first: Option<First>,
    cards: Vec<Seen>,
    /// Files that are not the whole of their sweep, and how much each has.
    unfinished: Vec<String>,
    points: BTreeMap<Point, usize>,
    /// By point, then by card: ln of the value by time and by cycles, NaN where there is none.
    columns: Vec<PointColumn>,
    notes: Vec<String>,
}

/// What is kept of a card beside its values.
#[derive(Debug, Clone)]
struct Seen {
    label: String,
    id: Option<String>,
    /// Whether any of its rows has a value.
    measured: bool,
    absent: Vec<Absent>,
}

#[derive(Debug, Clone)]
struct First {
    label: String,
    model: String,
    conditions: MethodOfRows,
    build: Option<String>,
}

/// One point over all cards. Single precision tells 1 from 1.0000001 and halves the memory.
#[derive(Debug, Clone, Default)]
struct PointColumn {
    by_time: Vec<f32>,
    by_cycles: Vec<f32>,
    /// How the point follows the clock, of the cards where it is known.
    exponent: CommonExponent,
}

/// A fleet, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// The cards' product name.
    pub model: String,
    /// What was compared.
    pub metric: Metric,
    /// Where the lines were drawn.
    pub thresholds: Thresholds,
    /// Points that three or more of the cards have.
    pub points: usize,
    /// The cards, in the order in which they were read.
    pub cards: Vec<CardScore>,
    /// The cards of which no row has a value.
    pub unmeasured: Vec<Unmeasured>,
    /// What to bear in mind.
    pub notes: Vec<String>,
}

/// A card against the fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct CardScore {
    /// The file, and the card's number where the file has several.
    pub label: String,
    /// The card's short hash.
    pub id: Option<String>,
    /// Over all of its points.
    pub whole: Deviation,
    /// Over those of each op and series, in their order.
    pub groups: Vec<GroupScore>,
    /// What it has no value of.
    pub losses: Losses,
    /// The points that are farthest from the fleet's middle, of an outlier: at most three, with the ratio.
    pub farthest: Vec<(Point, f64)>,
}

/// A card's points of one op, pass and series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupScore {
    /// Which product.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which series.
    pub series: Option<Series>,
    /// How far it is from the fleet.
    pub deviation: Deviation,
}

/// How far a card is from the middle of its fleet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// How many points it is of.
    pub points: usize,
    /// Card over the fleet's middle; the interval is by the fleet's spread: of a card that is like the others.
    pub ratio: Ratio,
}

impl FleetBuilder {
    /// # Errors
    /// [`FleetError::Threshold`] for a threshold that cannot be.
    pub fn new(options: FleetOptions) -> Result<FleetBuilder, FleetError> {
        options.thresholds.check().map_err(FleetError::Threshold)?;
        Ok(FleetBuilder {
            options,
            first: None,
            cards: Vec::new(),
            unfinished: Vec::new(),
            points: BTreeMap::new(),
            columns: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Takes one card.
    ///
    /// # Errors
    /// [`FleetError`], for another model than the first card's, or another method.
    pub fn add(&mut self, card: &CardReadings) -> Result<(), FleetError> {
        let first = self.first.get_or_insert_with(|| First {
            label: card.label.clone(),
            model: card.model.clone(),
            conditions: card.conditions.clone(),
            build: card.build.clone(),
        });
        let labels = || (first.label.clone(), card.label.clone());
        if first.model != card.model {
            let ((first_label, other), models) = (labels(), [first.model.clone(), card.model.clone()]);
            return Err(FleetError::Model { first: first_label, other, models });
        }
        let differences = first.conditions.differences(&card.conditions, &[]);
        if !differences.is_empty() {
            let (first, other) = labels();
            if !self.options.mixed_methods {
                return Err(FleetError::Methods { first, other, differences });
            }
            let note = format!("cards were measured by different methods: {}", differences.join("; "));
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        let note = differing(&first.build, &card.build)
            .map(|(first, other)| format!("cards were measured by {first} and by {other}"));
        self.notes.extend(note.filter(|note| !self.notes.contains(note)));
        self.unfinished.extend(card.unfinished.clone().filter(|it| self.unfinished.last() != Some(it)));
        let place = self.cards.len();
        self.cards.push(Seen {
            label: card.label.clone(),
            id: card.id.clone(),
            measured: !card.readings.is_empty(),
            absent: card.absent.clone(),
        });
        for reading in &card.readings {
            let next = self.points.len();
            let column = *self.points.entry(reading.point).or_insert(next);
            if column == self.columns.len() {
                self.columns.push(PointColumn::default());
            }
            let column = &mut self.columns[column];
            for (values, value) in
                [(&mut column.by_time, reading.by_time), (&mut column.by_cycles, reading.by_cycles)]
            {
                // Cards between the last that had the point and this one do not have it.
                values.resize(place, f32::NAN);
                values.push(value);
            }
            if let Some(exponent) = reading.exponent {
                column.exponent.add(f64::from(exponent));
            }
        }
        Ok(())
    }

    /// Judges the cards.
    ///
    /// # Errors
    /// [`FleetError`], for fewer than eight cards that measured something, or when a card has no point that two others have.
    pub fn finish(mut self) -> Result<Fleet, FleetError> {
        let cards = self.cards.len();
        let measured = self.cards.iter().filter(|card| card.measured).count();
        let Some(first) = self.first.take().filter(|_| measured >= FEWEST_CARDS) else {
            let unmeasured =
                self.cards.iter().filter(|card| !card.measured).map(|card| card.label.clone()).collect();
            return Err(FleetError::FewCards { cards: measured, want: FEWEST_CARDS, unmeasured });
        };
        self.notes.extend(unfinished_in_words(&self.unfinished));
        for column in &mut self.columns {
            column.by_time.resize(cards, f32::NAN);
            column.by_cycles.resize(cards, f32::NAN);
        }
        score::score(self, first.model)
    }
}

/// How many files are named that are not the whole of their sweep.
const NAMED: usize = 5;

fn unfinished_in_words(files: &[String]) -> Option<String> {
    let named: Vec<&str> = files.iter().take(NAMED).map(String::as_str).collect();
    let more = match files.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more files"),
    };
    (!files.is_empty()).then(|| format!("unfinished: {}{more}", named.join("; ")))
}

impl Fleet {
    /// The cards that are unlike the others as a whole or on one op and series, the farthest first.
    #[must_use]
    pub fn outliers(&self) -> Vec<&CardScore> {
        let mut outliers: Vec<&CardScore> = self.cards.iter().filter(|card| card.is_outlier()).collect();
        let distance = |card: &CardScore| {
            let groups = card.outlying().map(|group| group.deviation.ratio.ratio.ln().abs());
            groups.fold(card.whole.ratio.ratio.ln().abs(), f64::max)
        };
        outliers.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
        outliers
    }

    /// Outliers that are slower than the middle as a whole or on one op and series, by `limit` (a fraction)
    /// or more.
    pub fn slower_by(&self, limit: f64) -> impl Iterator<Item = &CardScore> {
        let beyond = move |deviation: &Deviation| {
            deviation.ratio.verdict == Verdict::Slower && 1.0 - deviation.ratio.ratio >= limit
        };
        self.cards
            .iter()
            .filter(move |card| beyond(&card.whole) || card.groups.iter().any(|it| beyond(&it.deviation)))
    }

    /// The cards that have no value of points that most cards have, or of which points failed: label, short hash and
    /// what is lost, those without any value first.
    pub fn losing(&self) -> impl Iterator<Item = (&str, Option<&str>, &Losses)> {
        let unmeasured = self.unmeasured.iter().map(|it| (it.label.as_str(), it.id.as_deref(), &it.losses));
        let others = self.cards.iter().map(|it| (it.label.as_str(), it.id.as_deref(), &it.losses));
        unmeasured.chain(others.filter(|(_, _, losses)| losses.total() > 0))
    }

    /// The middle half of the cards, as ratios to the fleet's middle.
    #[must_use]
    pub fn middle_half(&self) -> [f64; 2] {
        let mut ratios: Vec<f64> = self.cards.iter().map(|card| card.whole.ratio.ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let at = |share: f64| ratios[(share * (ratios.len() - 1) as f64).round() as usize];
        [at(0.25), at(0.75)]
    }
}

impl CardScore {
    /// Whether it is unlike the others, as a whole or on one op and series.
    #[must_use]
    pub fn is_outlier(&self) -> bool {
        self.whole.is_outlying() || self.outlying().next().is_some()
    }

    /// The ops and series on which it is unlike the others.
    pub fn outlying(&self) -> impl Iterator<Item = &GroupScore> {
        self.groups.iter().filter(|group| group.deviation.is_outlying())
    }
}

impl Deviation {
    /// Whether it is called different from the others.
    #[must_use]
    pub fn is_outlying(&self) -> bool {
        matches!(self.ratio.verdict, Verdict::Faster | Verdict::Slower)
    }
}
