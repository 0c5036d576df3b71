//! A Gaussian process on ln(measured / predicted) of one class.
//!
//! Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), chapters 2 and 5. The correlation is
//! Matérn's with ν = 1/2, because the residual is rough: the library changes kernels from one size to the next. A part
//! of it reaches farther.

use crate::linear::Cholesky;
use crate::place::{DIMENSIONS, KIND, Lengths, Place};

/// What is left at calibration points, and the weights by which they tell of other products. On top of a family there are two
/// processes: what the physics leaves of a product on every card of the family, which the points of both tell, and by what
/// this card differs, which its own points tell.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// The family's, then the card's own.
    places: Vec<Place>,
    /// One for each place, to be multiplied by a covariance.
    weights: Vec<f64>,
    /// Of the card's own process, or of the only one.
    by: Settings,
    /// Of the family's, and how many of the places are its points.
    shared: Option<Shared>,
    left: Vec<f64>,
}

/// The process of a family.
#[derive(Debug, Clone, Copy)]
struct Shared {
    by: Settings,
    points: usize,
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

/// Beyond so many lengths from the nearest point the deviation grows by this share for each, up to the most.
const NEAR_LENGTHS: f64 = 6.0;
const PER_LENGTH: f64 = 0.05;
const MOST_LENGTHS: f64 = 40.0;

impl Settings {
    fn correlation(&self, a: &Place, b: &Place) -> f64 {
        let distance = a.distance(b, &self.lengths);
        if distance > 40.0 {
            return 0.0;
        }
        let far = (-distance / FAR).exp();
        let far2 = far * far;
        let near = far2 * far2 * far2;
        let together = (1.0 - self.shared) * near + self.shared * far;
        if a.is_of_another_kind(b) { together * (-self.lengths.per[KIND]).exp() } else { together }
    }

    /// Adds the process and its noise to a covariance of what is left at places.
    fn add_to(&self, matrix: &mut [f64], places: &[Place]) {
        let size = places.len();
        for row in 0..size {
            for column in 0..=row {
                let value = self.amplitude * self.amplitude * self.correlation(&places[row], &places[column]);
                matrix[row * size + column] += value;
                if row != column {
                    matrix[column * size + row] += value;
                }
            }
            matrix[row * size + row] += self.noise * self.noise;
        }
    }

    /// ln of the likelihood, up to a constant, on top of what is known.
    fn likelihood(&self, places: &[Place], known: &Known) -> f64 {
        let mut matrix = known.covariance.clone();
        self.add_to(&mut matrix, places);
        let Some(factor) = Cholesky::new(matrix, places.len()) else { return f64::NEG_INFINITY };
        let half = factor.half(&known.net);
        -0.5 * half.iter().map(|x| x * x).sum::<f64>() - factor.half_log_determinant()
    }

    /// What is left of the variance beside a point of this correlation.
    fn variance(&self, correlation: f64) -> f64 {
        let signal = 1.0 / (1.0 + (self.noise / self.amplitude).powi(2));
        // The farther the nearest point, the more of the physics is tried where it never was.
        let lengths = if correlation > 0.0 { -FAR * correlation.ln() } else { MOST_LENGTHS };
        let beyond = (lengths.min(MOST_LENGTHS) - NEAR_LENGTHS).max(0.0);
        let amplitude = self.amplitude * (1.0 + PER_LENGTH * beyond);
        amplitude * amplitude * (1.0 - signal * correlation * correlation)
    }
}

/// Where a fit of one card starts.
const USUAL: Settings = Settings {
    amplitude: 0.03,
    noise: 0.008,
    shared: 0.5,
    lengths: Lengths { per: [4.0, 3.5, 1.5, 0.7, 1.5, 0.1, 0.5] },
};

/// By what a card differs from its family: by little, and by about as much in all products that are alike.
const OF_KIN: Settings = Settings {
    amplitude: 0.011,
    noise: 0.008,
    shared: 0.5,
    lengths: Lengths { per: [1.0, 0.875, 0.375, 0.175, 0.375, 0.025, 0.125] },
};

/// Points of one class, what is left at them, and the family's process there.
pub(crate) struct Block<'a> {
    places: &'a [Place],
    known: Known,
}

impl<'a> Block<'a> {
    pub(crate) fn new(places: &'a [Place], residuals: &[f64], family: Option<&Process>) -> Block<'a> {
        Block { places, known: Known::of(places, residuals, family) }
    }
}

impl Settings {
    /// Where a fit starts, and how far off, in ln, its amplitude and noise may usually be: of one card, and of what is left on
    /// top of a family.
    pub(crate) fn start(on_family: bool) -> (Settings, f64) {
        if on_family { (OF_KIN, 0.3) } else { (USUAL, 0.5) }
    }

    /// Those under which the residuals of all blocks are likeliest, among a grid walked one setting at a time. Few points
    /// hardly tell a length: it stays near where the walk starts.
    pub(crate) fn likeliest(blocks: &[&Block<'_>], start: Settings, sure: f64) -> Settings {
        let value = |by: &Settings| {
            let off = |own: f64, usual: f64| 0.5 * ((own / usual).ln() / sure).powi(2);
            let unusual = off(by.amplitude, start.amplitude) + off(by.noise, start.noise);
            let told: f64 = blocks.iter().map(|block| by.likelihood(block.places, &block.known)).sum();
            told - by.lengths.unusual(&start.lengths) - unusual
        };
        let mut by = start;
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
                        1 => other.noise = (from.noise * factor).clamp(0.003, MOST_NOISE),
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
        by
    }

    /// In the order of a card file.
    pub(crate) fn values(&self) -> [f64; SETTINGS] {
        let mut values = [self.amplitude, self.noise, self.shared].into_iter().chain(self.lengths.per);
        std::array::from_fn(|_| values.next().unwrap_or_default())
    }

    /// Of values in that order.
    pub(crate) fn of_values(values: [f64; SETTINGS]) -> Settings {
        let [amplitude, noise, shared, per @ ..] = values;
        Settings { amplitude, noise, shared: shared.min(1.0), lengths: Lengths { per } }
    }
}

/// How many a process has.
pub(crate) const SETTINGS: usize = 3 + DIMENSIONS;

/// The largest noise that a fit may find.
const MOST_NOISE: f64 = 0.1;

impl Process {
    /// The process of settings that are known.
    pub(crate) fn with(
        places: Vec<Place>,
        residuals: &[f64],
        by: Settings,
        family: Option<&Process>,
    ) -> Process {
        Process::of_places(places, residuals, by, family)
    }

    fn of_places(own: Vec<Place>, residuals: &[f64], by: Settings, family: Option<&Process>) -> Process {
        let known = Known::of(&own, residuals, family);
        let (mut places, mut left, mut noise) = family.map_or_else(Default::default, |family| {
            (family.places.clone(), family.left.clone(), vec![family.by.noise.powi(2); family.places.len()])
        });
        let shared = family.map(|family| Shared { by: family.by, points: places.len() });
        places.extend(own);
        left.extend_from_slice(residuals);
        noise.extend(known.strange.iter().map(|strange| by.noise.powi(2) + strange));
        let mut residual = Process { weights: vec![0.0; places.len()], places, by, shared, left };
        if let Some(factor) = residual.factor(&noise) {
            residual.weights = factor.solve(&residual.left);
        }
        residual
    }

    /// Of what is left at the points, where `noise` is the variance of each point's own.
    fn factor(&self, noise: &[f64]) -> Option<Cholesky> {
        let size = self.places.len();
        let mut matrix = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..row {
                let value = self.covariance(&self.places[row], self.is_own(row), column);
                matrix[row * size + column] = value;
                matrix[column * size + row] = value;
            }
            let own = self.covariance(&self.places[row], self.is_own(row), row);
            matrix[row * size + row] = own + noise[row];
        }
        Cholesky::new(matrix, size)
    }

    /// Whether a point is the card's own, and not the family's.
    fn is_own(&self, point: usize) -> bool {
        self.shared.is_none_or(|shared| point >= shared.points)
    }

    /// Of what is left at a place, of this card or of its family alone, and at a point.
    fn covariance(&self, place: &Place, is_own: bool, point: usize) -> f64 {
        let of = |by: &Settings| by.amplitude * by.amplitude * by.correlation(place, &self.places[point]);
        let shared = self.shared.map_or(0.0, |shared| of(&shared.by));
        shared + if is_own && self.is_own(point) { of(&self.by) } else { 0.0 }
    }

    /// What this family says of places on another card of it, ahead of any measurement there.
    fn expected(&self, places: &[Place]) -> Expected {
        let (count, points) = (places.len(), self.places.len());
        let factor = self.factor(&vec![self.by.noise.powi(2); points]);
        let rows: Vec<Vec<f64>> = places
            .iter()
            .map(|place| (0..points).map(|point| self.covariance(place, true, point)).collect())
            .collect();
        let mean = rows.iter().map(|row| row.iter().zip(&self.weights).map(|(a, b)| a * b).sum()).collect();
        let halves: Vec<Vec<f64>> =
            rows.iter().map(|row| factor.as_ref().map_or_else(Vec::new, |it| it.half(row))).collect();
        let mut covariance = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..=i {
                let told: f64 = halves[i].iter().zip(&halves[j]).map(|(a, b)| a * b).sum();
                let left = self.by.amplitude.powi(2) * self.by.correlation(&places[i], &places[j]) - told;
                covariance[i * count + j] = left;
                covariance[j * count + i] = left;
            }
        }
        Expected { mean, covariance }
    }

    /// One that says nothing of any shape.
    pub(crate) fn silent(&self) -> Process {
        Process { places: Vec::new(), weights: Vec::new(), left: Vec::new(), shared: None, by: self.by }
    }

    pub(crate) fn settings(&self) -> Settings {
        self.by
    }

    /// The mean of the residual at a shape, in ln, and its standard deviation by the nearest calibration points.
    pub(crate) fn at(&self, place: &Place) -> Left {
        let mut mean = 0.0;
        let mut nearest = Nearest::default();
        for (i, (other, weight)) in self.places.iter().zip(&self.weights).enumerate() {
            mean += weight * self.meet(place, other, i, &mut nearest);
        }
        Left { mean, deviation: self.deviation(nearest) }
    }

    /// The covariance of a place with a point, which counts among the nearest.
    fn meet(&self, place: &Place, other: &Place, point: usize, nearest: &mut Nearest) -> f64 {
        let mut covariance = 0.0;
        if let Some(shared) = &self.shared {
            let correlation = shared.by.correlation(place, other);
            nearest.shared = nearest.shared.max(correlation);
            covariance += shared.by.amplitude * shared.by.amplitude * correlation;
        }
        if self.is_own(point) {
            let correlation = self.by.correlation(place, other);
            nearest.own = nearest.own.max(correlation);
            covariance += self.by.amplitude * self.by.amplitude * correlation;
        }
        covariance
    }

    /// The deviation at a point of the card's own, were it not one.
    pub(crate) fn deviation_without(&self, own: usize) -> f64 {
        let index = own + self.shared.map_or(0, |shared| shared.points);
        let place = &self.places[index];
        let mut nearest = Nearest::default();
        for (i, other) in self.places.iter().enumerate().filter(|(i, _)| *i != index) {
            self.meet(place, other, i, &mut nearest);
        }
        self.deviation(nearest)
    }

    fn deviation(&self, nearest: Nearest) -> f64 {
        let shared = self.shared.map_or(0.0, |shared| shared.by.variance(nearest.shared));
        let noise = self.by.noise.max(self.shared.map_or(0.0, |shared| shared.by.noise));
        (shared + self.by.variance(nearest.own) + noise * noise).sqrt()
    }
}

/// The greatest correlation with any point, of each process.
#[derive(Default, Clone, Copy)]
struct Nearest {
    shared: f64,
    own: f64,
}

/// What a family says of products ahead of any measurement on another card: what is left there, in ln, and how far off that
/// may be.
struct Expected {
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Expected {
    /// How far off the family is at each product beyond what its cards differ by and what it does not know: a variance for
    /// what is more than two standard deviations off. Such a product is of a kind that the physics does not know; it tells
    /// of itself, and hardly of the card.
    fn strange(&self, net: &[f64]) -> Vec<f64> {
        let count = net.len();
        let own = OF_KIN.amplitude.powi(2) + OF_KIN.noise.powi(2);
        let usual = (0..count).map(|i| self.covariance[i * count + i] + own);
        net.iter().zip(usual).map(|(net, usual)| ((net / 2.0).powi(2) - usual).max(0.0)).collect()
    }
}

/// What the own process has to explain: what the family leaves of each residual, and how far off that may be.
struct Known {
    net: Vec<f64>,
    covariance: Vec<f64>,
    strange: Vec<f64>,
}

impl Known {
    fn of(places: &[Place], residuals: &[f64], family: Option<&Process>) -> Known {
        let count = places.len();
        let Some(family) = family else {
            let covariance = vec![0.0; count * count];
            return Known { net: residuals.to_vec(), covariance, strange: vec![0.0; count] };
        };
        let expected = family.expected(places);
        let net: Vec<f64> = residuals.iter().zip(&expected.mean).map(|(all, mean)| all - mean).collect();
        let strange = expected.strange(&net);
        let mut covariance = expected.covariance;
        for (i, strange) in strange.iter().enumerate() {
            covariance[i * count + i] += strange;
        }
        Known { net, covariance, strange }
    }
}

/// What a residual says of a shape.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Left {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}
