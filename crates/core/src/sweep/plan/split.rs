//! A plan in parts of about the same cost, the same parts wherever it is split.

use super::Plan;
use crate::shape::point::Point;
use crate::sweep::shard::Shard;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU32;

/// Which shard measures each point of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// How many shards have points.
    filled: u32,
    shards: Vec<u32>,
    costs: Vec<u64>,
}

impl Plan {
    /// Splits the plan into `count` shards of about the same cost.
    ///
    /// The dearest point goes first, each to the shard that has least so far (longest processing time
    /// first: Graham, SIAM J. Appl. Math. 17(2), 1969): the dearest shard is dearer than their mean by
    /// less than one point. Equal costs are taken in the plan's order and equal shards by number, in
    /// whole numbers throughout, so that machines which agree on the costs agree on the shards. The
    /// unit of `cost` does not matter, as long as it is fine enough to tell points apart. With more
    /// shards than points, the last ones are empty.
    #[must_use]
    pub fn split(&self, count: NonZeroU32, cost: impl Fn(&Point) -> u64) -> Split {
        let costs: Vec<u64> = self.points.iter().map(cost).collect();
        let mut dearest_first: Vec<usize> = (0..costs.len()).collect();
        dearest_first.sort_by_key(|&place| Reverse(costs[place]));
        // Shards beyond the number of points get none.
        let filled = count.get().min(u32::try_from(costs.len()).unwrap_or(u32::MAX));
        let mut loads: BinaryHeap<Reverse<(u128, u32)>> = (1..=filled).map(|i| Reverse((0, i))).collect();
        let mut shards = vec![0; costs.len()];
        for place in dearest_first {
            if let Some(mut least) = loads.peek_mut() {
                // A point that costs nothing still goes where there are fewest.
                let Reverse((load, index)) = *least;
                shards[place] = index;
                *least = Reverse((load + u128::from(costs[place].max(1)), index));
            }
        }
        Split { filled, shards, costs }
    }

    /// The points of one shard, in this plan's order.
    #[must_use]
    pub fn shard(mut self, shard: Shard, cost: impl Fn(&Point) -> u64) -> Plan {
        let split = self.split(shard.count(), cost);
        let mut shards = split.shards.iter();
        self.points.retain(|_| shards.next() == Some(&shard.index()));
        self
    }
}

impl Split {
    /// For each point of the plan, in its order, the number of its shard, from 1.
    #[must_use]
    pub fn shards(&self) -> &[u32] {
        &self.shards
    }

    /// For each shard that has points, from the first, how many they are and what they cost together.
    #[must_use]
    pub fn loads(&self) -> Vec<(u64, u128)> {
        let mut loads = vec![(0, 0); self.filled as usize];
        for (&shard, &cost) in self.shards.iter().zip(&self.costs) {
            let (points, total) = &mut loads[shard as usize - 1];
            *points += 1;
            *total += u128::from(cost);
        }
        loads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::vocabulary::Engine;
    use crate::sweep::spec::SweepSpec;
    use proptest::prelude::*;

    fn plan(head_dims: u32) -> Plan {
        let text = format!("name = \"t\"\nheads = 2\nhead_dim = {{ from = 1, to = {head_dims} }}");
        let spec = SweepSpec::parse("t.toml", &text).unwrap();
        Plan::expand(&spec, Engine::Cpu).unwrap().in_measuring_order(spec.method())
    }

    fn flop(point: &Point) -> u64 {
        u64::try_from(point.flop() / 1_000_000).unwrap()
    }

    #[test]
    fn the_split_is_written_down() {
        // What an earlier version gave out must still fit together with what a later one does.
        let split = plan(5).split(NonZeroU32::new(3).unwrap(), flop);
        assert_eq!(split.shards(), [1, 3, 1, 2, 3, 1, 3, 2, 2, 3], "{split:?}");
    }

    #[test]
    fn shards_beyond_the_number_of_points_are_empty() {
        let loads = plan(2).split(NonZeroU32::MAX, |_| 1).shards().to_vec();
        assert_eq!(loads, [1, 2, 3, 4]);
        assert!(plan(2).shard(Shard::new(5, 6).unwrap(), flop).is_empty());
    }

    proptest! {
        #[test]
        fn shards_are_the_plan_once_in_its_order_whatever_their_number(dims in 1u32..60, count in 1u32..140) {
            let whole = plan(dims);
            let shards: Vec<Plan> = (1..=count)
                .map(|index| whole.clone().shard(Shard::new(index, count).unwrap(), flop))
                .collect();
            // Walking the plan takes each point off the front of exactly one shard.
            let mut rest: Vec<_> = shards.iter().map(|shard| shard.points().iter().peekable()).collect();
            for point in whole.points() {
                let taken = rest.iter_mut().filter_map(|shard| shard.next_if_eq(&point)).count();
                prop_assert_eq!(taken, 1);
            }
            prop_assert!(rest.iter_mut().all(|shard| shard.peek().is_none()));
        }

        #[test]
        fn no_shard_is_dearer_than_the_mean_by_a_whole_point(
            count in 1u32..40, costs in prop::collection::vec(1u64..1_000_000, 1..200)
        ) {
            let plan = plan(200);
            let cost = |point: &Point| {
                costs[point.layer().unwrap().head_dim().get() as usize % costs.len()]
            };
            let split = plan.split(NonZeroU32::new(count).unwrap(), cost);
            let loads = split.loads();
            let total: u128 = loads.iter().map(|(_, cost)| cost).sum();
            let dearest_point = plan.points().iter().map(cost).max().unwrap();
            let dearest = loads.iter().map(|(_, cost)| *cost).max().unwrap();
            prop_assert!(dearest * u128::from(count) < total + u128::from(dearest_point) * u128::from(count));
            prop_assert_eq!(loads.iter().map(|(points, _)| points).sum::<u64>(), plan.len() as u64);
            prop_assert_eq!(plan.split(NonZeroU32::new(count).unwrap(), cost), split);
        }
    }
}
