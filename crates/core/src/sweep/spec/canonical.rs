//! The hash of what a spec means.

use super::{IdleRule, SweepSpec, Walk};
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
        canonical.line("op", &self.ops);
        canonical.line("dtype", &self.dtypes);
        canonical.line("layout", &self.layouts);
        canonical.line("engine", &self.engines);
        canonical.line("heads", self.heads.iter());
        canonical.line("batch", self.batch.iter());
        canonical.line("seq", self.seq.iter());
        match &self.walk {
            Walk::HeadDim(sizes) => canonical.line("head_dim", sizes.iter()),
            Walk::Hidden(sizes, remainder) => {
                canonical.line("hidden", sizes.iter());
                canonical.line("remainder", [remainder]);
            }
        }
        canonical.line("per_series", self.per_series);
        let method = &self.method;
        canonical.line("preset", method.preset);
        canonical.line("pacing", &method.pacing);
        canonical.line("cache", &method.cache);
        match method.idle {
            IdleRule::Heat { after, before_ms } => canonical.line("idle", [after, before_ms]),
            IdleRule::Ratio(ratio) => canonical.line("idle_ratio", [ratio]),
        }
        canonical.line("run_in_seconds", method.run_in_seconds);
        canonical.line("sustained_seconds", [method.sustained_seconds]);
        canonical.line("timer", method.timer);
        canonical.line("warmup", [method.warmup]);
        canonical.line("min_samples", [method.min_samples]);
        canonical.line("max_samples", [method.max_samples]);
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
}
