//! What of a point may differ between the two that are compared.

use crate::condition::Aspect;
use hovera_core::{Cache, Dtype, Engine, Layout, Pacing, Point};

/// A condition that is compared across instead of matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Across {
    /// Element type.
    Dtype,
    /// How B is stored.
    Layout,
    /// What computes the product.
    Engine,
    /// What the device does between points.
    Pacing,
    /// What the caches hold.
    Cache,
}

impl Across {
    /// Every condition, in the order of the columns.
    pub const ALL: [Across; 5] =
        [Across::Dtype, Across::Layout, Across::Engine, Across::Pacing, Across::Cache];

    /// What of a condition it is.
    #[must_use]
    pub fn aspect(self) -> Aspect {
        match self {
            Across::Dtype => Aspect::Dtype,
            Across::Layout => Aspect::Layout,
            Across::Engine => Aspect::Engine,
            Across::Pacing => Aspect::Pacing,
            Across::Cache => Aspect::Cache,
        }
    }

    /// The column that holds it.
    #[must_use]
    pub fn column(self) -> &'static str {
        self.aspect().name()
    }

    /// The word that a point has in that column.
    #[must_use]
    pub fn word(self, point: &Point) -> &'static str {
        match self {
            Across::Dtype => point.dtype.as_str(),
            Across::Layout => point.layout.as_str(),
            Across::Engine => point.engine.as_str(),
            Across::Pacing => point.pacing.as_str(),
            Across::Cache => point.cache.as_str(),
        }
    }

    /// The place of that word among all words of the column.
    pub(super) fn rank(self, point: &Point) -> usize {
        match self {
            Across::Dtype => point.dtype as usize,
            Across::Layout => point.layout as usize,
            Across::Engine => point.engine as usize,
            Across::Pacing => point.pacing as usize,
            Across::Cache => point.cache as usize,
        }
    }

    /// The point with this condition set to one value: equal for points that differ in nothing else.
    #[must_use]
    pub fn leave_out(self, point: Point) -> Point {
        match self {
            Across::Dtype => Point { dtype: Dtype::ALL[0], ..point },
            Across::Layout => Point { layout: Layout::ALL[0], ..point },
            Across::Engine => Point { engine: Engine::ALL[0], ..point },
            Across::Pacing => Point { pacing: Pacing::ALL[0], ..point },
            Across::Cache => Point { cache: Cache::ALL[0], ..point },
        }
    }
}
