//! The hash of what a spec means.

use super::method::IDLE_LEAST;
use super::{IdleRule, Part, Remainder, SweepSpec};
use crate::procedure::MOST_SAMPLES;
use crate::shape::op::{Op, Pass};
use crate::shape::vocabulary::Layout;
use sha2::{Digest, Sha256};
use std::fmt::Display;

impl SweepSpec {
    /// 16 hexadecimal digits that are equal for specs that mean the same: the first 8 bytes of the
    /// SHA-256 of everything that decides which points are measured, in which order, and how. The
    /// name, comments, the order of keys, defaults spelt out and the way sizes are listed do not
    /// count; an engine set with [`SweepSpec::with_engine`] does.
    #[must_use]
    pub fn canonical_hash(&self) -> String {
        let mut canonical = Canonical(Sha256::new());
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                canonical.line("part", [index]);
            }
            canonical.line("op", &part.ops);
            if index == 0 {
                canonical.line("dtype", &self.dtypes);
            }
            canonical.line("layout", layouts(part));
            if index == 0 {
                canonical.line("engine", &self.engines);
            }
            canonical.sizes(part);
        }
        let method = &self.method;
        canonical.line("preset", method.preset);
        canonical.line("pacing", &method.pacing);
        canonical.line("cache", &method.cache);
        match method.idle {
            IdleRule::Heat { after, before_ms, least } => {
                canonical.line("idle", [after, before_ms]);
                // Absent it was 0 until 0.2. The points of files of then are those of this spec; that they rested less
                // is in their method.
                if least != IDLE_LEAST {
                    canonical.line("idle_least", [least]);
                }
            }
            IdleRule::Ratio(ratio) => canonical.line("idle_ratio", [ratio]),
        }
        canonical.line("run_in_seconds", method.run_in_seconds);
        canonical.line("sustained_seconds", [method.sustained_seconds]);
        canonical.line("timer", method.timer);
        canonical.line("warmup", [method.warmup]);
        canonical.line("min_samples", [method.min_samples]);
        // Absent it was 32 until 0.2, and files of then go on: how long sampling goes on at the most is no other sweep.
        let max_samples = if method.max_samples == MOST_SAMPLES { 32 } else { method.max_samples };
        canonical.line("max_samples", [max_samples]);
        canonical.line("max_point_seconds", [method.max_point_seconds]);
        canonical.line("ci_target", [method.ci_target]);
        canonical.line("stat", [method.stat]);
        canonical.line("order", [method.order]);
        canonical.line("order_seed", [method.order_seed]);
        canonical.line("sentinel_every", [method.sentinel_every]);
        canonical.line("seed", [method.seed]);
        canonical.0.finalize()[..8].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }
}

/// Layouts of attention that are not said are `nn`, as they were before there were others.
fn layouts(part: &Part) -> Vec<&'static str> {
    match &part.layouts {
        Some(layouts) => layouts.iter().map(|layout| layout.as_str()).collect(),
        None if part.ops.iter().all(|op| op.is_of_attention() && !op.is_fused())
            && part.passes(Op::Score) == [Pass::Forward] =>
        {
            vec![Layout::Nn.as_str()]
        }
        None => vec!["usual"],
    }
}

/// Hashes a text of one line for each key, `key=value,value,`.
struct Canonical(Sha256);

impl Canonical {
    fn line<T: Display>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        self.0.update(format!("{key}="));
        for value in values {
            self.0.update(format!("{value},"));
        }
        self.0.update("\n");
    }

    fn sizes(&mut self, part: &Part) {
        for key in ["heads", "batch", "seq"] {
            self.line(key, part.sizes(key).into_iter().flat_map(|sizes| sizes.iter()));
        }
        for key in ["head_dim", "hidden"] {
            if let Some(sizes) = part.sizes(key) {
                self.line(key, sizes.iter());
            }
        }
        if part.sizes("hidden").is_some() || part.remainder != Remainder::Refuse {
            self.line("remainder", [part.remainder]);
        }
        self.line("per_series", part.per_series);
        for (key, values) in part.further() {
            self.line(key, values);
        }
    }
}
