//! Which points are measured together, one after the other.

use crate::shape::point::Point;
use crate::shape::vocabulary::{Dtype, Pacing};

/// Arithmetic intensity in FLOP per byte from which a GPU can come near its peak: about 0.4 of the ridge point of
/// an H100, 0.6 of an A100's.
const DENSE_INTENSITY: f64 = 118.0;

/// How hard a point can drive a GPU, as its shape tells.
///
/// A power-capped GPU remembers for about a third of a second that a burst went over its cap: what follows
/// runs at one of several lower clocks. On an H100 that was 0.5 to 2 % for series 1, 2 and 4 after products of
/// more than 400 TFLOP/s (half of the bursts within 150 ms, 2 % after 300 ms: crates/bench/tests/aftermath.py).
/// So the two are not mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// Misaligned, or bound by memory: below the power cap in a burst.
    Light,
    /// Aligned, and with enough arithmetic for each byte to come near the peak.
    Dense,
}

/// The most bytes of operands and result that count as [compact](Size::Compact): six times the L2 of an H100, on
/// which a product of 97 MB took 117 or 144 µs, by what of it was in the cache.
const COMPACT_BYTES: u128 = 300_000_000;

/// How much memory a point touches, beside what a GPU's L2 holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// It is far larger than the L2. Such points come first: a card that has been at work holds one clock for the
    /// short launches that follow, within 0.1 % on H100s, and one that has idled one of three, 0.5 % apart.
    Large,
    /// Some of it may still be in the L2 when the next launch begins. Such a launch is short, too, as a rule.
    Compact,
}

/// All that the points of one stretch have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stretch {
    /// Memory is reserved for one dtype at a time.
    pub dtype: Dtype,
    /// A card that is kept hot for the one pacing is not what the other is about.
    pub pacing: Pacing,
    /// With [`Pacing::Burst`] the size and the load; the other pacings take points as they come.
    pub burst: Option<(Size, Load)>,
}

impl Point {
    /// How hard this point can drive a GPU.
    #[must_use]
    pub fn load(&self) -> Load {
        let aligned = self.alignment().is_full();
        match aligned && self.arithmetic_intensity() >= DENSE_INTENSITY {
            true => Load::Dense,
            false => Load::Light,
        }
    }

    /// How much memory this point touches.
    #[must_use]
    pub fn size(&self) -> Size {
        if self.bytes() <= COMPACT_BYTES { Size::Compact } else { Size::Large }
    }

    /// The stretch of a sweep that this point is measured in.
    #[must_use]
    pub fn stretch(&self) -> Stretch {
        let burst = (self.pacing == Pacing::Burst).then(|| (self.size(), self.load()));
        Stretch { dtype: self.dtype, pacing: self.pacing, burst }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::op::Op;
    use crate::shape::vocabulary::Engine;
    use crate::sweep::plan::Plan;
    use crate::sweep::spec::SweepSpec;

    fn loads(spec: &str) -> Vec<(Op, u32, Load)> {
        let text = format!("name = \"n\"\nheads = 12\n{spec}");
        let spec = SweepSpec::parse("n.toml", &text).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
        plan.points().iter().map(|p| (p.op, p.layer().unwrap().head_dim().get(), p.load())).collect()
    }

    #[test]
    fn aligned_products_with_enough_arithmetic_are_dense() {
        for (_, d, load) in loads("head_dim = { from = 1, to = 2730 }") {
            // 2d·2048 / (2d + 2048) = 118 at d = 133.4.
            let dense = d.is_multiple_of(8) && d > 133;
            assert_eq!(load, if dense { Load::Dense } else { Load::Light }, "{d}");
        }
    }

    #[test]
    fn alignment_is_of_bytes() {
        for (dtype, step) in [("f16", 8), ("bf16", 8), ("tf32", 4), ("f32", 4)] {
            for (op, d, load) in
                loads(&format!("dtype = \"{dtype}\"\nhead_dim = {{ from = 1001, to = 1016 }}"))
            {
                assert_eq!(load == Load::Dense, d % step == 0, "{op} {dtype} {d}");
            }
        }
    }

    #[test]
    fn compact_is_what_a_few_caches_hold() {
        let sizes = |spec: &str| {
            let spec =
                SweepSpec::parse("n.toml", &format!("name = \"n\"\nheads = 12\nop = \"score\"\n{spec}"));
            let plan = Plan::expand(&spec.unwrap(), Engine::Cublas).unwrap();
            plan.points().iter().map(Point::size).collect::<Vec<_>>()
        };
        // C alone is 48·2048² of 2 bytes, 403 MB; at half the batch 201 MB, with A and B of 49 MB each.
        assert_eq!(sizes("head_dim = [1, 2730]"), [Size::Large, Size::Large]);
        assert_eq!(sizes("batch = 2\nhead_dim = [1, 500, 501, 2730]")[..2], [Size::Compact, Size::Compact]);
        assert_eq!(sizes("batch = 2\nhead_dim = [501, 502]"), [Size::Compact, Size::Large]);
    }

    #[test]
    fn only_bursts_are_apart_by_load() {
        let text = "name = \"n\"\nheads = 12\nhead_dim = [1023, 1024]\nmethod.pacing = [\"burst\", \"none\", \"sustained\"]";
        let spec = SweepSpec::parse("n.toml", text).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
        let mut stretches: Vec<Stretch> = plan.points().iter().map(Point::stretch).collect();
        stretches.sort();
        stretches.dedup();
        assert_eq!(stretches.len(), 4, "{stretches:?}");
    }
}
