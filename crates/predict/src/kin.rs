//! By which constants a card differs from its family.
//!
//! Generalised least squares of ln time (Aitken 1935; Rasmussen and Williams, "Gaussian Processes for Machine Learning",
//! 2006, section 2.7): what the family does not know of a point, it does not know of its neighbours either, so that points of
//! one kind that are off together do not move a constant of the card.

use crate::constants::Constants;
use crate::fit::Observation;
use crate::fitted::seen_tile;
use crate::linear::Cholesky;
use crate::physics::{Sheet, with_tile};
use crate::residual::Residual;
use crate::shape::Shape;
use crate::tiles::Tile;

/// How far a measured SM clock may be from the one of the constants, in ln, whatever the constants.
const CLOCK: f64 = 0.03;

/// Difference in ln over which a slope is taken.
const STEP: f64 = 1e-3;

/// Each step is of the slopes at the one before.
const STEPS: usize = 3;

/// The constants of a card: the family's but those that differ from card to card, as far as the points tell.
pub(crate) fn of_a_card(
    sheet: &Sheet,
    family: Constants,
    residual: &Residual,
    points: &[Observation],
    told: &[Option<Tile>],
) -> Constants {
    let shapes: Vec<Shape> = points.iter().map(|point| point.shape).collect();
    let tiles: Vec<Tile> =
        shapes.iter().zip(told).map(|(shape, told)| seen_tile(shape, *told, sheet, &family)).collect();
    let expected = residual.expected(&shapes);
    // ln(measured / predicted) of each time, then of each clock.
    let off = |by: &Constants| -> Vec<f64> {
        let terms: Vec<_> =
            shapes.iter().zip(&tiles).map(|(shape, tile)| with_tile(shape, sheet, by, *tile)).collect();
        let times = points
            .iter()
            .zip(&terms)
            .zip(&expected.mean)
            .map(|((point, terms), mean)| (point.time / terms.time).ln() - mean);
        let clocks = points
            .iter()
            .zip(&terms)
            .map(|(point, terms)| point.clock.map_or(0.0, |clock| (clock / terms.clock).ln() / CLOCK));
        times.chain(clocks).collect()
    };
    let count = points.len();
    let Some(factor) = Cholesky::new(expected.of_a_card(&shapes, &off(&family)[..count]), count) else {
        return family;
    };
    // Times and clocks so that each counts alike.
    let even = |all: &[f64]| -> Vec<f64> {
        let mut even = factor.half(&all[..count]);
        even.extend_from_slice(&all[count..]);
        even
    };
    let differing: Vec<(usize, f64)> = Constants::TABLE
        .iter()
        .enumerate()
        .filter_map(|(place, constant)| Some((place, constant.kinship?)))
        .collect();
    let moved = |by: &[f64]| {
        let mut values = family.values();
        for ((place, _), by) in differing.iter().zip(by) {
            values[*place] *= by.exp();
        }
        Constants::of_values(&values)
    };
    let size = differing.len();
    let mut at = vec![0.0; size];
    for _ in 0..STEPS {
        let here = off(&moved(&at));
        let columns: Vec<Vec<f64>> = (0..size)
            .map(|i| {
                let mut there = at.clone();
                there[i] += STEP;
                let there = off(&moved(&there));
                even(&there.iter().zip(&here).map(|(there, here)| (here - there) / STEP).collect::<Vec<_>>())
            })
            .collect();
        let here = even(&here);
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let mut normal = vec![0.0; size * size];
        let mut slope = vec![0.0; size];
        for i in 0..size {
            for j in 0..size {
                normal[i * size + j] = dot(&columns[i], &columns[j]);
            }
            let stiffness = 1.0 / differing[i].1.powi(2);
            normal[i * size + i] += stiffness;
            slope[i] = dot(&columns[i], &here) - stiffness * at[i];
        }
        let Some(step) = Cholesky::new(normal, size) else { break };
        for (at, by) in at.iter_mut().zip(step.solve(&slope)) {
            *at += by;
        }
    }
    moved(&at)
}
