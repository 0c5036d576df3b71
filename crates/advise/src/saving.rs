//! What a change saves on one card.

use crate::forecast::Asked;
use crate::subject::{Line, time_us};

/// What a change saves on one card.
#[derive(Debug, Clone, PartialEq)]
pub struct Saving {
    /// What the card is called.
    pub card: String,
    /// The products of the whole subject before, in µs.
    pub before_us: f64,
    /// The same after.
    pub after_us: f64,
    /// Those of its layers before, in µs.
    pub layers_us: f64,
    /// Whether only what stands around the layers changes.
    pub is_around_layers: bool,
    /// Half the 80 % interval of what is saved, in µs.
    pub half_width_us: f64,
    /// FLOP after over FLOP before.
    pub flop_ratio: f64,
}

impl Saving {
    /// What lines take before and after, on one card; none where some product's time is not known.
    pub(crate) fn of_lines(asked: &mut Asked<'_>, before: &[Line], after: &[Line]) -> Option<Saving> {
        let same_places = before.len() == after.len()
            && before.iter().zip(after).all(|(before, after)| before.times == after.times);
        let before_us = time_us(asked, before)?;
        let after_us = time_us(asked, after)?;
        let layers_us = time_us(asked, before.iter().filter(|line| line.is_of_layer))?;
        let mut square = 0.0;
        if same_places {
            for (before, after) in before.iter().zip(after).filter(|(before, after)| before != after) {
                square += (before.times * asked.half_width_us(before.product, after.product)?).powi(2);
            }
        } else {
            // Kinds of layer that differed are one now, or the other way round: nothing is known to stay.
            for line in before.iter().chain(after) {
                let expected = asked.expect(line.product)?;
                square += (line.times * expected.time_us * expected.half_width).powi(2);
            }
        }
        let flop =
            |lines: &[Line]| lines.iter().map(|it| it.times * it.product.gemm.flop() as f64).sum::<f64>();
        let changed = before.iter().zip(after).filter(|(before, after)| before != after);
        Some(Saving {
            card: asked.forecast.card().to_owned(),
            before_us,
            after_us,
            layers_us,
            is_around_layers: same_places && changed.clone().all(|(before, _)| !before.is_of_layer),
            half_width_us: square.sqrt(),
            flop_ratio: flop(after) / flop(before),
        })
    }

    /// The share of the subject's time that is saved.
    #[must_use]
    pub fn of_model(&self) -> f64 {
        1.0 - self.after_us / self.before_us
    }

    /// Half the 80 % interval of that share.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        self.half_width_us / self.before_us
    }

    /// The share of the time of the layers that is saved; none where the layers stay as they are.
    #[must_use]
    pub fn of_layers(&self) -> Option<f64> {
        (!self.is_around_layers).then(|| (self.before_us - self.after_us) / self.layers_us)
    }

    /// The share of the time that is saved beyond what fewer FLOP save by themselves: a smaller model is faster, and
    /// that is no advice. FLOP that a change adds are of no use to anybody, and count as nothing.
    #[must_use]
    pub fn beyond_flop(&self) -> f64 {
        1.0 - self.after_us / (self.before_us * self.flop_ratio.min(1.0))
    }

    /// Whether it is worth a word: at least `least` of the time, and more than nothing at the low end of the interval.
    #[must_use]
    pub fn is_worth(&self, least: f64) -> bool {
        let beyond = self.beyond_flop();
        beyond >= least && beyond > self.half_width()
    }
}
