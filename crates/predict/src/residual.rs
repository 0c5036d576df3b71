//! What the physics leaves, between calibration points: a Gaussian process on ln(measured / predicted).
//!
//! Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), chapters 2 and 5. The correlation is
//! Matérn's with ν = 1/2, because the residual is rough: the library changes kernels from one size to the next. A part
//! of it reaches farther.

use crate::linear::Cholesky;
use crate::shape::{Class, Shape};

/// Where a product lies, for the correlation of residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    class: Class,
    /// ln of n, k, m and the batch count, the classes of layout, and how well rows are aligned.
    at: [f64; DIMENSIONS],
}

/// Of a place.
pub(crate) const DIMENSIONS: usize = 6;

impl Place {
    pub(crate) fn new(shape: &Shape) -> Place {
        // What is stored along k, which operands are misaligned, and the dtype: a number for each kind.
        let bad = |row: u32| !row.is_multiple_of(8);
        let bits = [
            shape.along_k[0],
            shape.along_k[1],
            bad(shape.rows[0]),
            bad(shape.rows[1]),
            bad(shape.row_c),
            shape.bf16,
        ];
        let kind = bits.iter().fold(0.0, |kind, bit| 2.0 * kind + f64::from(*bit));
        let aligned = (shape.rows[0] | shape.rows[1] | shape.row_c).trailing_zeros().min(7);
        Place {
            class: shape.class(),
            at: [shape.n.ln(), shape.k.ln(), shape.m.ln(), shape.batch.ln(), kind, aligned.into()],
        }
    }

    /// Whether it is a product of another kind than the other.
    fn is_of_another_kind(&self, other: &Place) -> bool {
        self.at[KIND] != other.at[KIND]
    }

    /// Distance in the lengths at which residuals part, kinds apart; none between classes, which have no kernel in common.
    fn distance(&self, other: &Place, by: &Lengths) -> Option<f64> {
        if self.class != other.class {
            return None;
        }
        let mut squares = 0.0;
        for i in (0..DIMENSIONS).filter(|i| *i != KIND) {
            let apart = (self.at[i] - other.at[i]) * by.per[i];
            squares += apart * apart;
        }
        Some(squares.sqrt())
    }
}

const KIND: usize = 4;

/// One over the length, in each dimension, at which residuals part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lengths {
    pub(crate) per: [f64; DIMENSIONS],
}

impl Lengths {
    /// What the likelihood has to gain for lengths that are not the usual ones, each of which may be off by 65 %.
    fn unusual(&self, usual: &Lengths) -> f64 {
        let off = self.per.iter().zip(&usual.per).map(|(own, usual)| (own / usual).ln() / 0.5);
        0.5 * off.map(|off| off * off).sum::<f64>()
    }
}

/// A Gaussian process of one amplitude, one noise and a length in each dimension.
#[derive(Debug, Clone)]
pub(crate) struct Residual {
    places: Vec<Place>,
    weights: Vec<f64>,
    by: Settings,
}

/// How a residual behaves: what the likelihood tells of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    /// Standard deviation in ln.
    pub(crate) amplitude: f64,
    /// What is left of it at a calibration point itself, in ln.
    pub(crate) noise: f64,
    /// Share of the variance that reaches [`FAR`] times as far.
    pub(crate) shared: f64,
    pub(crate) lengths: Lengths,
}

const FAR: f64 = 6.0;

impl Settings {
    fn correlation(&self, a: &Place, b: &Place) -> f64 {
        let Some(distance) = a.distance(b, &self.lengths) else { return 0.0 };
        if distance > 40.0 {
            return 0.0;
        }
        let far = (-distance / FAR).exp();
        let far2 = far * far;
        let near = far2 * far2 * far2;
        let together = (1.0 - self.shared) * near + self.shared * far;
        if a.is_of_another_kind(b) { together * (-self.lengths.per[KIND]).exp() } else { together }
    }

    fn factor(&self, places: &[Place]) -> Option<Cholesky> {
        let size = places.len();
        let mut matrix = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..row {
                let value = self.amplitude * self.amplitude * self.correlation(&places[row], &places[column]);
                matrix[row * size + column] = value;
                matrix[column * size + row] = value;
            }
            matrix[row * size + row] = self.amplitude * self.amplitude + self.noise * self.noise;
        }
        Cholesky::new(matrix, size)
    }

    /// ln of the likelihood, up to a constant.
    fn likelihood(&self, places: &[Place], residuals: &[f64]) -> f64 {
        let Some(factor) = self.factor(places) else { return f64::NEG_INFINITY };
        let half = factor.half(residuals);
        -0.5 * half.iter().map(|x| x * x).sum::<f64>() - factor.half_log_determinant()
    }
}

impl Residual {
    /// The process under which the residuals are likeliest, among a grid walked one setting at a time.
    /// On top of a card of the family, whose own residual is known, less is left, and it reaches farther.
    pub(crate) fn new(shapes: &[Shape], residuals: &[f64], of_kin: bool) -> Residual {
        let places: Vec<Place> = shapes.iter().map(Place::new).collect();
        let mut by = Settings {
            amplitude: if of_kin { 0.012 } else { 0.03 },
            noise: 0.008,
            shared: 0.5,
            lengths: Lengths {
                per: [4.0, 3.5, 1.5, 0.7, 1.5, 0.1].map(|per| if of_kin { per / 4.0 } else { per }),
            },
        };
        let usual = by.lengths;
        // Few points hardly tell a length: it stays near the usual one.
        let start = by;
        let value = |by: &Settings| {
            let off = |own: f64, usual: f64, by: f64| 0.5 * ((own / usual).ln() / by).powi(2);
            let unusual = off(by.amplitude, start.amplitude, 0.5) + off(by.noise, start.noise, 0.5);
            by.likelihood(&places, residuals) - by.lengths.unusual(&usual) - unusual
        };
        let mut best = value(&by);
        for round in 0..3 {
            let before = best;
            for setting in 0..3 + DIMENSIONS {
                let factors: &[f64] = if round == 0 { &[0.25, 0.5, 2.0, 4.0] } else { &[0.7, 1.4] };
                let from = by;
                for factor in factors {
                    let mut other = from;
                    match setting {
                        0 => other.amplitude = (from.amplitude * factor).clamp(0.003, 0.3),
                        1 => other.noise = (from.noise * factor).clamp(0.003, 0.05),
                        2 => other.shared = (from.shared * factor).clamp(0.05, 0.95),
                        _ => {
                            let length = &mut other.lengths.per[setting - 3];
                            *length = (*length * factor).clamp(0.05, 30.0);
                        }
                    }
                    let likelihood = value(&other);
                    if likelihood > best {
                        (best, by) = (likelihood, other);
                    }
                }
            }
            if best - before < 0.1 {
                break;
            }
        }
        Residual::of_places(places, residuals, by)
    }

    /// The process of settings that are known.
    pub(crate) fn with(shapes: &[Shape], residuals: &[f64], by: Settings) -> Residual {
        Residual::of_places(shapes.iter().map(Place::new).collect(), residuals, by)
    }

    fn of_places(places: Vec<Place>, residuals: &[f64], by: Settings) -> Residual {
        let weights = by.factor(&places).map_or(vec![0.0; places.len()], |factor| {
            let variance = by.amplitude * by.amplitude;
            factor.solve(residuals).iter().map(|weight| weight * variance).collect()
        });
        Residual { places, weights, by }
    }

    /// One that says nothing of any shape.
    pub(crate) fn silent(&self) -> Residual {
        Residual { places: Vec::new(), weights: Vec::new(), by: self.by }
    }

    pub(crate) fn settings(&self) -> Settings {
        self.by
    }

    /// The mean of the residual at a shape, in ln, its standard deviation by the nearest calibration point, and which that
    /// is, with its correlation.
    pub(crate) fn at(&self, shape: &Shape) -> Left {
        let place = Place::new(shape);
        let (mut mean, mut nearest) = (0.0, None);
        let mut most = 0.0;
        for (i, (other, weight)) in self.places.iter().zip(&self.weights).enumerate() {
            let correlation = self.by.correlation(&place, other);
            mean += correlation * weight;
            if correlation > most {
                (most, nearest) = (correlation, Some(i));
            }
        }
        Left { mean, deviation: self.deviation(most), nearest }
    }

    /// The deviation at a calibration point, were it not one.
    pub(crate) fn deviation_without(&self, index: usize) -> f64 {
        let place = &self.places[index];
        let others = self.places.iter().enumerate().filter(|(i, _)| *i != index);
        self.deviation(others.map(|(_, other)| self.by.correlation(place, other)).fold(0.0, f64::max))
    }

    fn deviation(&self, correlation: f64) -> f64 {
        let Settings { amplitude, noise, .. } = self.by;
        let signal = 1.0 / (1.0 + (noise / amplitude).powi(2));
        (amplitude * amplitude * (1.0 - signal * correlation * correlation) + noise * noise).sqrt()
    }
}

/// What a residual says of a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Left {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    /// The calibration point that says most of it.
    pub(crate) nearest: Option<usize>,
}
