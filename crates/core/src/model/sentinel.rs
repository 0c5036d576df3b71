//! Which point stands for a stretch of a sweep.

use crate::shape::point::Point;
use crate::shape::vocabulary::Engine;

/// The point of a stretch that is measured again and again while it lasts, and that a card is soaked by.
///
/// Of the points that have no less arithmetic than half of them, it is the middle head dim of the highest
/// series: what keeps the SMs busy at the power cap, or nearest to it, shows first what a card does. An engine
/// that would search for its kernel each time is replaced by one that does not. None of no points.
#[must_use]
pub fn sentinel_of<'p>(points: impl IntoIterator<Item = &'p Point>) -> Option<Point> {
    let mut points: Vec<&Point> = points.into_iter().collect();
    points.sort_by_key(|p| p.flop());
    points.drain(..points.len() / 2);
    points.sort_by_key(|p| (p.series(), p.model.head_dim, **p));
    let highest = points.last()?.series();
    points.retain(|p| p.series() == highest);
    Some(points[points.len() / 2].without_search())
}

impl Point {
    /// The same product by an engine that does not search for its kernel.
    #[must_use]
    pub fn without_search(&self) -> Point {
        let engine = if self.engine == Engine::Tuned { Engine::CublasLt } else { self.engine };
        Point { engine, ..*self }
    }
}
