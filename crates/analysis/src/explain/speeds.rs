//! Why the launches of a point can have two speeds.

use crate::metric::RatedCard;
use hovera_core::{Cache, Extent, Row};
use std::fmt;

/// A, B and C up to so many times the L2 cache may be in it in part. On an H100, whose L2 holds 50 MB, `values` at
/// s = 1024 and d = 81 takes 117 or 144 us with 97 MB of them; shapes of 400 MB and more have one speed.
const L2_REACH: f64 = 3.0;

/// The two speeds of a row, and what they may come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speeds {
    /// Median time of the larger group in microseconds.
    pub time_us: f64,
    /// Its share of the launches, 0.5 or more.
    pub share: f64,
    /// Median time of the smaller group in microseconds.
    pub second_time_us: f64,
    /// Its share of the launches.
    pub second_share: f64,
    /// What they may come from. Its `Display` is a clause.
    pub cause: SpeedCause,
}

/// What makes one launch of a point take longer than another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SpeedCause {
    /// Which GPC of the card gets the first thread block cluster of a launch, and with it which get the others. Five of seven products
    /// of 3 to 807 rows take 2 to 27 % longer by it on an H100 (`crates/cuda/tests/gpcs`).
    FirstGpc {
        /// Thread blocks of a cluster.
        cluster: Extent,
    },
    /// How much of the operands and the result stays in the L2 cache.
    Residency {
        /// Size of A, B and C together in bytes.
        bytes: u128,
        /// Size of the L2 cache in bytes.
        l2_bytes: u64,
    },
    /// One of two clocks: what the launches read and write is far beyond the L2, or was not there.
    Clocks {
        /// Size of A, B and C together in bytes.
        bytes: u128,
        /// Size of the L2 cache in bytes.
        l2_bytes: u64,
    },
    /// Either: how large the L2 is is not known.
    NotKnown,
}

impl Speeds {
    /// Of a row that has two.
    #[must_use]
    pub fn of_row(row: &Row, card: &RatedCard<'_>) -> Option<Speeds> {
        let timing = row.timing.as_ref()?;
        let second = timing.second?;
        let bytes = row.point.bytes();
        let of_several = |cluster: &Extent| [cluster.x, cluster.y, cluster.z] != [1; 3];
        let cluster = row.kernel.cluster.as_deref().and_then(Extent::of_text).filter(of_several);
        let cause = match (cluster, card.l2_bytes()) {
            (Some(cluster), _) => SpeedCause::FirstGpc { cluster },
            (None, None) => SpeedCause::NotKnown,
            (None, Some(l2_bytes))
                if row.point.cache == Cache::Hot && bytes as f64 <= L2_REACH * l2_bytes as f64 =>
            {
                SpeedCause::Residency { bytes, l2_bytes }
            }
            (None, Some(l2_bytes)) => SpeedCause::Clocks { bytes, l2_bytes },
        };
        Some(Speeds {
            time_us: timing.median_us?,
            share: 1.0 - second.share,
            second_time_us: second.time_us,
            second_share: second.share,
            cause,
        })
    }

    /// How much longer, or if negative shorter, a launch of the smaller group takes, as a fraction.
    #[must_use]
    pub fn apart(&self) -> f64 {
        self.second_time_us / self.time_us - 1.0
    }
}

impl fmt::Display for SpeedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mb = |bytes: u128| format!("{:.0}", bytes as f64 / 1e6);
        match *self {
            SpeedCause::FirstGpc { cluster } => write!(
                f,
                "its thread block clusters of {cluster} may be the reason: which GPC (graphics processing cluster) \
                 gets the first of them depends on the launches before"
            ),
            SpeedCause::Residency { bytes, l2_bytes } => write!(
                f,
                "the L2 cache of {} MB may be the reason: how much of the {} MB of A, B and C stays in it depends on \
                 where in memory they are",
                mb(l2_bytes.into()),
                mb(bytes)
            ),
            SpeedCause::Clocks { bytes, l2_bytes } => write!(
                f,
                "two SM clocks may be the reason, not the L2 cache of {} MB: a launch does not find its {} MB of A, B \
                 and C there",
                mb(l2_bytes.into()),
                mb(bytes)
            ),
            SpeedCause::NotKnown => {
                f.write_str("the L2 cache, whose size is not known, or two SM clocks may be the reason")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Device, Op, made_up};

    fn cause(gpu: &Device, layer: (u64, u64, u64, u64), cache: Cache) -> SpeedCause {
        let mut point = made_up::point_of_layer(Op::Values, made_up::layer(layer));
        point.cache = cache;
        let row = made_up::row_of(point).time_us(117.0).second_speed(144.0 / 117.0, 0.4).build();
        let speeds = Speeds::of_row(&row, &RatedCard::new(gpu)).unwrap();
        assert!((speeds.apart() - 27.0 / 117.0).abs() < 1e-12 && speeds.share == 0.6, "{speeds:?}");
        speeds.cause
    }

    #[test]
    fn operands_about_as_large_as_the_l2_may_stay_there_or_not() {
        // 40 · (1024² + 2 · 1024 · 81) elements of 2 bytes are 97 MB.
        let about = (40, 1, 1024, 81);
        assert_eq!(
            cause(&made_up::h100(), about, Cache::Hot).to_string(),
            "the L2 cache of 50 MB may be the reason: how much of the 97 MB of A, B and C stays in it depends on where in \
             memory they are"
        );
        assert_eq!(
            cause(&made_up::h100(), (12, 4, 2048, 81), Cache::Hot).to_string(),
            "two SM clocks may be the reason, not the L2 cache of 50 MB: a launch does not find its 435 MB of A, B and C \
             there"
        );
        // Sets of operands that take turns are never there.
        assert!(matches!(cause(&made_up::h100(), about, Cache::Cold), SpeedCause::Clocks { .. }));
        assert_eq!(cause(&made_up::gpu("Made-Up 100"), about, Cache::Hot), SpeedCause::NotKnown);
    }

    #[test]
    fn a_kernel_in_clusters_may_begin_at_another_gpc() {
        let gpu = made_up::h100();
        let cause = |cluster: Option<&str>| {
            let point = made_up::point_of_layer(Op::Values, made_up::layer((40, 1, 1024, 81)));
            let mut row = made_up::row_of(point).time_us(117.0).second_speed(144.0 / 117.0, 0.4).build();
            row.kernel.cluster = cluster.map(Into::into);
            Speeds::of_row(&row, &RatedCard::new(&gpu)).unwrap().cause
        };
        assert_eq!(
            cause(Some("1x2x1")).to_string(),
            "its thread block clusters of 1x2x1 may be the reason: which GPC (graphics processing cluster) gets the first of \
             them depends on the launches before"
        );
        // A cluster of one block is none; of a word nothing is known.
        for none in [Some("1x1x1"), Some("auto"), None] {
            assert!(matches!(cause(none), SpeedCause::Residency { .. }), "{none:?}");
        }
    }

    #[test]
    fn a_row_of_one_speed_has_nothing_to_explain() {
        let (row, gpu) = (made_up::row(Op::Values, 81).build(), made_up::h100());
        assert_eq!(Speeds::of_row(&row, &RatedCard::new(&gpu)), None);
    }
}
