//! Which points to calibrate by: a rule that needs no measurement.

use crate::shape::{Class, Shape};
use hovera_core::SplitMix64;

/// How the points are shared among the classes: the aligned ones have the most tiles, the even ones two that are close.
const SHARES: [(Class, f64); 3] = [(Class::Odd, 0.27), (Class::Even, 0.37), (Class::Aligned, 0.36)];

/// By which power of a size points are spread: halfway between its logarithm, as overheads go, and itself.
const POWER: f64 = 0.4;

/// How far apart products are that differ in this only: whether a tile of 256 wastes columns, and how well rows are aligned.
const WASTE: f64 = 0.5;
const SERIES: f64 = 0.08;

/// Points of one kind have the same kernels to choose from: class, layout, and which operands are misaligned.
type Kind = (Class, [bool; 2], [bool; 3], bool);

fn kind(shape: &Shape) -> Kind {
    let bad = |row: u32| !row.is_multiple_of(8);
    (shape.class(), shape.along_k, [bad(shape.rows[0]), bad(shape.rows[1]), bad(shape.row_c)], shape.bf16)
}

/// Where a shape lies among those of its kind.
fn place(shape: &Shape) -> [f64; 6] {
    let spread = |size: f64| (size / 1024.0).powf(POWER) / POWER;
    let wastes = (shape.n / 256.0).ceil() * 2.0 > (shape.n / 128.0).ceil();
    let rows = shape.rows[0] | shape.rows[1] | shape.row_c;
    [
        spread(shape.n),
        spread(shape.k),
        spread(shape.m),
        spread(shape.batch * 16.0),
        if wastes { WASTE } else { 0.0 },
        SERIES * f64::from(rows.trailing_zeros().min(6)),
    ]
}

fn apart(a: &[f64; 6], b: &[f64; 6]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// `count` of these shapes, by their places in the list, ascending: of each kind, one by one, the one that brings the kind's
/// shapes nearest to a chosen one on the whole (the greedy solution of facility location: Cornuejols, Fisher and Nemhauser,
/// Management Science 23(8), 1977). The kinds take turns by their class's share.
#[must_use]
pub(crate) fn spread(shapes: &[Shape], count: usize) -> Vec<usize> {
    let of_shape: Vec<Kind> = shapes.iter().map(kind).collect();
    let mut kinds = of_shape.clone();
    kinds.sort();
    kinds.dedup();
    let mut groups: Vec<Group> = kinds
        .iter()
        .map(|wanted| {
            let alike = kinds.iter().filter(|kind| kind.0 == wanted.0).count() as f64;
            let share =
                SHARES.iter().find(|(class, _)| *class == wanted.0).map_or(0.0, |(_, share)| share / alike);
            let members = (0..shapes.len()).filter(|i| of_shape[*i] == *wanted);
            Group::new(members.map(|i| (i, place(&shapes[i]))).collect(), share)
        })
        .collect();
    let mut chosen = Vec::new();
    while chosen.len() < count.min(shapes.len()) {
        let left = groups.iter_mut().filter(|group| group.taken < group.members.len());
        let due =
            left.min_by(|a, b| ((a.taken + 1) as f64 / a.share).total_cmp(&((b.taken + 1) as f64 / b.share)));
        let Some(group) = due else { break };
        chosen.push(group.take());
    }
    chosen.sort_unstable();
    chosen
}

/// Shapes of one kind, and how far each is from the nearest that was taken.
struct Group {
    members: Vec<(usize, [f64; 6])>,
    nearest: Vec<f64>,
    share: f64,
    taken: usize,
}

/// As far as a shape can count as being from any that was taken.
const FARTHEST: f64 = 20.0;

/// Of so many at most, anywhere among the kind's, the next one is taken.
const CANDIDATES: usize = 300;

impl Group {
    fn new(members: Vec<(usize, [f64; 6])>, share: f64) -> Group {
        Group { nearest: vec![FARTHEST; members.len()], members, share, taken: 0 }
    }

    /// The next one, by its place in the list of all shapes; there is one left.
    fn take(&mut self) -> usize {
        // One that was taken is no distance from itself.
        let left: Vec<usize> = (0..self.members.len()).filter(|i| self.nearest[*i] >= 0.0).collect();
        // A stride would find the same place in a tile again and again.
        let mut mixed: Vec<(u64, usize)> = left.iter().map(|i| (mixed(self.members[*i].0), *i)).collect();
        mixed.sort_unstable();
        let mut best: Option<(f64, usize)> = None;
        for &(_, candidate) in mixed.iter().take(CANDIDATES) {
            let at = &self.members[candidate].1;
            let gains = self
                .members
                .iter()
                .zip(&self.nearest)
                .map(|((_, other), nearest)| (nearest - apart(at, other)).max(0.0));
            let gain: f64 = gains.sum();
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, candidate));
            }
        }
        let (_, next) = best.expect("a shape is left");
        let (index, at) = self.members[next];
        for ((_, other), nearest) in self.members.iter().zip(&mut self.nearest) {
            *nearest = nearest.min(apart(&at, other));
        }
        self.nearest[next] = -1.0;
        self.taken += 1;
        index
    }
}

/// A number of each place in a list that has nothing to do with its neighbours'.
fn mixed(place: usize) -> u64 {
    SplitMix64::of_seed(place as u64).number()
}
