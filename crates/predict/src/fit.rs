//! Fits the constants to measured points: least squares of ln time, each constant by its logarithm.

use crate::constants::Constants;
use crate::linear::Cholesky;
use crate::physics::{Sheet, Terms, by_rule, with_tile};
use crate::shape::{Class, Shape};
use crate::tiles::Tile;

/// A measured point as the fit sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    /// What was computed.
    pub(crate) shape: Shape,
    /// The tile that the library took, where it is known.
    pub(crate) tile: Option<Tile>,
    /// Time of a launch in µs.
    pub(crate) time: f64,
    /// SM clock of the launches in MHz, where it is known.
    pub(crate) clock: Option<f64>,
}

/// Beyond this residual, in ln, a point counts by its distance, no longer by the square.
const ROBUST: f64 = 0.03;

/// What a constant's freedom costs, in ln time.
const PRIOR: f64 = 0.02;

/// No constant leaves this range around its start, in ln.
const FARTHEST: f64 = 1.6;

/// How much a point counts by the tile that the rule takes, and by its own where that is known: the rule has to be as
/// right as the physics.
const BY_RULE: f64 = 0.5;

/// A step that gains a smaller share of the cost is the last.
const ENOUGH: f64 = 1e-5;

/// Difference in ln over which a slope is taken.
const STEP: f64 = 1e-3;

/// Dampings that a step is tried with.
const TRIALS: usize = 6;

/// How much the clock counts beside the time: it is known exactly.
const CLOCK: f64 = 1.5;

/// What is fitted, from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit<'a> {
    /// The card.
    pub(crate) sheet: &'a Sheet,
    /// Where it starts.
    pub(crate) start: Constants,
    /// How many steps it may take.
    pub(crate) rounds: usize,
}

impl Fit<'_> {
    /// The constants that explain the points best, and stay near the start where the points say little.
    #[must_use]
    pub(crate) fn run(&self, points: &[Observation]) -> Constants {
        let weights = weights(points);
        let origin: Vec<f64> = self.start.values().iter().map(|value| value.ln()).collect();
        let freedom: Vec<f64> = Constants::TABLE.iter().map(|constant| constant.freedom).collect();
        let end = self.descend(points, &weights, &origin, &freedom);
        Constants::of_values(&end.iter().map(|x| x.exp()).collect::<Vec<_>>())
    }

    /// The tile that the rule takes for each point.
    fn ruled(&self, points: &[Observation], x: &[f64]) -> Vec<Tile> {
        let by = constants(x);
        points.iter().map(|point| by_rule(&point.shape, self.sheet, &by).tile).collect()
    }

    /// Three of each point: of its time by the rule's tile, of its time by its own, and of its clock.
    fn residuals(&self, points: &[Observation], weights: &[f64], ruled: &[Tile], x: &[f64]) -> Vec<f64> {
        let by = constants(x);
        let mut residuals = Vec::with_capacity(3 * points.len());
        for ((point, weight), tile) in points.iter().zip(weights).zip(ruled) {
            let rule = with_tile(&point.shape, self.sheet, &by, *tile);
            let told = point.tile.map(|tile| with_tile(&point.shape, self.sheet, &by, tile));
            let by_rule = if point.tile.is_some() { BY_RULE } else { 1.0 };
            residuals.push(weight * by_rule.sqrt() * (rule.time / point.time).ln());
            let of_told = |told: Terms| weight * (1.0 - by_rule).sqrt() * (told.time / point.time).ln();
            residuals.push(told.map_or(0.0, of_told));
            let of_clock = |clock: f64| CLOCK * weight * (told.unwrap_or(rule).clock / clock).ln();
            residuals.push(point.clock.map_or(0.0, of_clock));
        }
        residuals
    }

    /// Levenberg's and Marquardt's descent, each residual's weight by how far off it is (soft L1). The rule's tiles stay
    /// what they are while a slope is taken: where it takes another one, both take as long.
    fn descend(&self, points: &[Observation], weights: &[f64], origin: &[f64], freedom: &[f64]) -> Vec<f64> {
        let count = origin.len();
        let mut at = origin.to_vec();
        let cost_of = |residuals: &[f64], x: &[f64]| {
            let soft = |r: &f64| 2.0 * ROBUST * ROBUST * ((1.0 + (r / ROBUST).powi(2)).sqrt() - 1.0);
            let prior: f64 = (0..count).map(|i| (PRIOR * (x[i] - origin[i]) / freedom[i]).powi(2)).sum();
            residuals.iter().map(soft).sum::<f64>() + prior
        };
        let mut ruled = self.ruled(points, &at);
        let mut residuals = self.residuals(points, weights, &ruled, &at);
        let mut cost = cost_of(&residuals, &at);
        let mut damping = 1e-2;
        for _ in 0..self.rounds {
            let columns: Vec<Vec<f64>> = (0..count)
                .map(|i| {
                    let mut moved = at.clone();
                    moved[i] += STEP;
                    let there = self.residuals(points, weights, &ruled, &moved);
                    there.iter().zip(&residuals).map(|(there, here)| (there - here) / STEP).collect()
                })
                .collect();
            let soft: Vec<f64> =
                residuals.iter().map(|r| 1.0 / (1.0 + (r / ROBUST).powi(2)).sqrt()).collect();
            let mut normal = vec![0.0; count * count];
            let mut slope = vec![0.0; count];
            for i in 0..count {
                for j in 0..=i {
                    let sum: f64 = (0..soft.len()).map(|r| soft[r] * columns[i][r] * columns[j][r]).sum();
                    normal[i * count + j] = sum;
                    normal[j * count + i] = sum;
                }
                slope[i] = (0..soft.len()).map(|r| soft[r] * columns[i][r] * residuals[r]).sum();
                let stiffness = (PRIOR / freedom[i]).powi(2);
                normal[i * count + i] += stiffness;
                slope[i] += stiffness * (at[i] - origin[i]);
            }
            let mut gained = 0.0;
            for _ in 0..TRIALS {
                let mut damped = normal.clone();
                for i in 0..count {
                    damped[i * count + i] *= 1.0 + damping;
                }
                if let Some(factor) = Cholesky::new(damped, count) {
                    let by = factor.solve(&slope);
                    let next: Vec<f64> = (0..count)
                        .map(|i| {
                            (at[i] - by[i].clamp(-0.3, 0.3)).clamp(origin[i] - FARTHEST, origin[i] + FARTHEST)
                        })
                        .collect();
                    let tiles = self.ruled(points, &next);
                    let there = self.residuals(points, weights, &tiles, &next);
                    let then = cost_of(&there, &next);
                    if then < cost {
                        gained = (cost - then) / cost;
                        (at, residuals, cost, ruled) = (next, there, then, tiles);
                        damping = (damping * 0.3).max(1e-7);
                        break;
                    }
                }
                damping *= 5.0;
            }
            if gained < ENOUGH {
                break;
            }
        }
        at
    }
}

fn constants(logarithms: &[f64]) -> Constants {
    Constants::of_values(&logarithms.iter().map(|x| x.exp()).collect::<Vec<_>>())
}

/// Each class counts alike in its root: of many rows of one kind the last say little.
fn weights(points: &[Observation]) -> Vec<f64> {
    let classes: Vec<Class> = points.iter().map(|point| point.shape.class()).collect();
    let total = points.len() as f64;
    let used = Class::ALL.iter().filter(|class| classes.contains(class)).count() as f64;
    classes
        .iter()
        .map(|class| {
            let alike = classes.iter().filter(|other| *other == class).count() as f64;
            (total / used / alike).powf(0.25)
        })
        .collect()
}
