//! A card: its constants, the points that they are fitted to, and what is left between these.

use crate::constants::Constants;
use crate::fit::{Fit, Observation};
use crate::physics::{CLOSE, Ruled, Sheet, Terms, by_rule, two_best, with_tile};
use crate::process::{Left, Settings};
use crate::residual::Residual;
use crate::shape::{Chooser, Class, Shape};
use crate::tiles::{Tile, cuts};
use crate::widths::{FEW, Widths, quantile};
use std::sync::Arc;

/// A tile is taken over from a calibration point where it costs at most this factor of the best one's time.
const CARRIED_WITHIN: f64 = 1.2;

/// How much farther, as [`Chooser::apart`] goes, a point counts that another card of the family told.
const OF_ANOTHER_CARD: f64 = 0.2;

/// How many parts of the points are left out in turn.
const FOLDS: usize = 8;

/// Which share of measured times an interval is to hold.
pub const COVERAGE: f64 = 0.8;

/// Steps of a fit, and of one with a fold left out, which starts at the other's end.
const ROUNDS: usize = 40;
const ROUNDS_OF_A_FOLD: usize = 4;

/// A fitted card.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) sheet: Sheet,
    pub(crate) constants: Constants,
    pub(crate) points: Vec<Observation>,
    residual: Residual,
    /// The points whose tile is known.
    told: Vec<(Chooser, Tile)>,
    kin: Option<Arc<Fitted>>,
    /// By class, in the order of [`Class::ALL`].
    widths: [Widths; 3],
    /// ln(measured / predicted) of each point by a model that did not see it.
    pub(crate) left_out: Vec<f64>,
}

/// What a fit starts from.
struct Known {
    constants: Constants,
    /// Of the residual; none where the points are to tell them.
    settings: Option<[Settings; 3]>,
}

/// What is said of a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Said {
    pub(crate) terms: Terms,
    /// Time with what calibration points near say, in µs.
    pub(crate) time: f64,
    /// Half of the interval, in ln.
    pub(crate) half: f64,
    /// A tile that would take about as long, and its time.
    pub(crate) rival: Option<(Tile, f64)>,
}

impl Fitted {
    /// Fits a card to its points, on top of one of its family where there is one.
    pub(crate) fn new(sheet: Sheet, points: Vec<Observation>, kin: Option<Arc<Fitted>>) -> Fitted {
        let start = match &kin {
            Some(kin) => kin.constants,
            // Where no clock was measured, time cannot tell a low one from slow tensor cores.
            None if points.iter().all(|point| point.clock.is_none()) => Constants::start().at_rated_clock(),
            None => Constants::start(),
        };
        let mut fitted = Fitted::once(sheet, points, kin, Known { constants: start, settings: None }, ROUNDS);
        fitted.left_out = fitted.folds();
        fitted.widths = fitted.widths_of(&fitted.left_out);
        fitted
    }

    /// The same of constants that are known: as a card file has them.
    pub(crate) fn of_constants(
        sheet: Sheet,
        known: (Constants, [Settings; 3]),
        points: Vec<Observation>,
        kin: Option<Arc<Fitted>>,
        left_out: Vec<f64>,
    ) -> Fitted {
        let known = Known { constants: known.0, settings: Some(known.1) };
        let mut fitted = Fitted::once(sheet, points, kin, known, 0);
        fitted.widths = fitted.widths_of(&left_out);
        fitted.left_out = left_out;
        fitted
    }

    /// One fit, of as many steps from what is known as `rounds`; of 0 the constants are known.
    fn once(
        sheet: Sheet,
        points: Vec<Observation>,
        kin: Option<Arc<Fitted>>,
        known: Known,
        rounds: usize,
    ) -> Fitted {
        let Known { constants: start, settings } = known;
        // A tile that is not known is the one that the family carries over, as in a prediction.
        let told: Vec<Option<Tile>> =
            points.iter().map(|point| point.tile.or_else(|| kin.as_ref()?.carried(&point.shape))).collect();
        // Cards of one design have the same constants but for their datasheets; by what they differ, the residual tells.
        let constants = match &kin {
            None if rounds > 0 => Fit { sheet: &sheet, start, rounds }.run(&points).rounded(),
            _ => start,
        };
        let products: Vec<(Shape, Tile)> = points
            .iter()
            .zip(&told)
            .map(|(point, told)| (point.shape, seen_tile(&point.shape, *told, &sheet, &constants)))
            .collect();
        let residual_of = |(point, (shape, tile)): (&Observation, &(Shape, Tile))| {
            (point.time / with_tile(shape, &sheet, &constants, *tile).time).ln()
        };
        let residuals: Vec<f64> = points.iter().zip(&products).map(residual_of).collect();
        let family = kin.as_ref().map(|kin| &kin.residual);
        let residual = match settings {
            Some(settings) => Residual::with(&products, &residuals, settings, family),
            None => Residual::new(&products, &residuals, family),
        };
        let told =
            points.iter().filter_map(|point| Some((Chooser::new(&point.shape), point.tile?))).collect();
        Fitted {
            sheet,
            constants,
            points,
            residual,
            told,
            kin,
            widths: Default::default(),
            left_out: Vec::new(),
        }
    }

    /// The constants and the choice of tiles alone.
    pub(crate) fn without_residual(&self) -> Fitted {
        Fitted { residual: self.residual.silent(), ..self.clone() }
    }

    pub(crate) fn settings(&self) -> [Settings; 3] {
        self.residual.settings()
    }

    /// The tile of the nearest calibration point of the same kind. One of the family, measured on another card, counts as
    /// farther.
    fn carried(&self, shape: &Shape) -> Option<Tile> {
        if shape.class() == Class::Aligned {
            return None;
        }
        Some(self.nearest_tile(&Chooser::new(shape))?.1)
    }

    fn nearest_tile(&self, chooser: &Chooser) -> Option<(f64, Tile)> {
        let own = self.told.iter().filter_map(|(other, tile)| Some((chooser.apart(other)?, *tile)));
        let of_kin = self.kin.as_ref().and_then(|kin| kin.nearest_tile(chooser));
        let of_kin = of_kin.map(|(apart, tile)| (apart + OF_ANOTHER_CARD, tile));
        own.chain(of_kin).min_by(|(a, _), (b, _)| a.total_cmp(b))
    }

    /// What is said of a shape on a card with this datasheet.
    pub(crate) fn say(&self, shape: &Shape, sheet: &Sheet) -> Said {
        let by = &self.constants;
        let Ruled { best, next } = two_best(shape, sheet, by);
        let carried = self.carried(shape).map(|tile| fastest_cut(shape, sheet, by, tile));
        let terms = carried.filter(|terms| terms.time <= CARRIED_WITHIN * best.time).unwrap_or(best);
        // Where another tile is as good as the one that is taken, the library may take that.
        let other = if terms.tile == best.tile { next } else { Some(best) };
        let rival =
            other.filter(|other| other.time <= CLOSE * terms.time).map(|other| (other.tile, other.time));
        let Left { mean, deviation } = self.residual.at(shape, terms.tile);
        let half = self.widths[position(shape.class())].half(deviation);
        let time = terms.time * mean.exp();
        Said { terms, time, half, rival }
    }

    /// ln(measured / predicted) of each point by a model that did not see it.
    fn folds(&self) -> Vec<f64> {
        let mut left_out = vec![0.0; self.points.len()];
        let folds = FOLDS.min(self.points.len());
        for fold in 0..folds {
            let is_left = |i: &usize| i % folds == fold;
            let seen: Vec<Observation> = self
                .points
                .iter()
                .enumerate()
                .filter(|(i, _)| !is_left(i))
                .map(|(_, point)| *point)
                .collect();
            let known = Known { constants: self.constants, settings: Some(self.residual.settings()) };
            let rest = Fitted::once(self.sheet, seen, self.kin.clone(), known, ROUNDS_OF_A_FOLD);
            for i in (0..self.points.len()).filter(is_left) {
                let point = &self.points[i];
                let error = (point.time / rest.say(&point.shape, &self.sheet).time).ln();
                // As a card file has it.
                left_out[i] = (error * 1e5).round() / 1e5;
            }
        }
        left_out
    }

    /// By class, how wide intervals are: so that they would hold the errors of the folds. On top of a family they are the
    /// family's, or wider where the card's own errors say so, the more the more points it has.
    fn widths_of(&self, left_out: &[f64]) -> [Widths; 3] {
        let errors: Vec<(Class, f64, f64)> = self
            .points
            .iter()
            .zip(left_out)
            .enumerate()
            .map(|(i, (point, error))| (point.shape.class(), self.residual.deviation_without(i), error.abs()))
            .collect();
        let Some(kin) = &self.kin else {
            let all: Vec<(f64, f64)> =
                errors.iter().map(|(_, deviation, error)| (*deviation, *error)).collect();
            return Class::ALL.map(|class| {
                let of_class = errors.iter().filter(|(of, ..)| *of == class);
                let own: Vec<(f64, f64)> =
                    of_class.map(|(_, deviation, error)| (*deviation, *error)).collect();
                Widths::of_errors(&own, &all)
            });
        };
        let told = points_told(self.points.len());
        let over = |(class, deviation, error): &(Class, f64, f64)| {
            error / kin.widths[position(*class)].half(*deviation)
        };
        let all = quantile(errors.iter().map(over).collect());
        Class::ALL.map(|class| {
            let own: Vec<f64> = errors.iter().filter(|(of, ..)| *of == class).map(over).collect();
            let own = if own.len() < FEW { all } else { (quantile(own) * all).sqrt() };
            // What the points of a calibration are off by says of the card; of other shapes the family knows more.
            kin.widths[position(class)].wider((told * own + 1.0 - told).max(1.0))
        })
    }
}

fn position(class: Class) -> usize {
    Class::ALL.iter().position(|other| *other == class).unwrap_or(0)
}

/// A tile that is carried over, with the cut of its reduction that ends first.
fn fastest_cut(shape: &Shape, sheet: &Sheet, by: &Constants, tile: Tile) -> Terms {
    let cuts = cuts(shape.class(), shape, sheet.sms, tile).map(|tile| with_tile(shape, sheet, by, tile));
    cuts.min_by(|a, b| a.time.total_cmp(&b.time)).expect("a whole tile is one of its cuts")
}

/// The tile of a calibration point as a prediction sees it: its own where the class carries it over.
fn seen_tile(shape: &Shape, told: Option<Tile>, sheet: &Sheet, by: &Constants) -> Tile {
    let told = told.filter(|_| shape.class() != Class::Aligned);
    told.unwrap_or_else(|| by_rule(shape, sheet, by).tile)
}

/// How much so many points say of an interval beside what the family does.
fn points_told(points: usize) -> f64 {
    points as f64 / (points as f64 + 20.0)
}
