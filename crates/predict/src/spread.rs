//! Which points to calibrate by: a rule that needs no measurement.

use crate::shape::{Class, Shape};

/// How the points are shared among the classes: the aligned ones have the most tiles, the even ones two that are close.
const SHARES: [(Class, f64); 3] = [(Class::Odd, 0.27), (Class::Even, 0.37), (Class::Aligned, 0.36)];

/// By which power of a size points are spread: halfway between its logarithm, as overheads go, and itself.
const POWER: f64 = 0.4;

/// How far apart products are that differ in this only: whether a tile of 256 wastes columns, where in a tile of 128 the
/// misaligned side ends, and how well rows are aligned.
const WASTE: f64 = 0.5;
const PLACE: f64 = 0.25;
const SERIES: f64 = 0.08;

/// Points of one kind have the same kernels to choose from: class, layout, and which operands are misaligned.
type Kind = (Class, [bool; 2], [bool; 3], bool);

fn kind(shape: &Shape) -> Kind {
    let bad = |row: u32| !row.is_multiple_of(8);
    (shape.class(), shape.along_k, [bad(shape.rows[0]), bad(shape.rows[1]), bad(shape.row_c)], shape.bf16)
}

/// Where a shape lies among those of its kind.
fn place(shape: &Shape) -> [f64; 7] {
    let spread = |size: f64| (size / 1024.0).powf(POWER) / POWER;
    let wastes = (shape.n / 256.0).ceil() * 2.0 > (shape.n / 128.0).ceil();
    let side = if shape.row_c.is_multiple_of(8) { shape.k } else { shape.n };
    let rows = shape.rows[0] | shape.rows[1] | shape.row_c;
    [
        spread(shape.n),
        spread(shape.k),
        spread(shape.m),
        spread(shape.batch * 16.0),
        if wastes { WASTE } else { 0.0 },
        PLACE * (side / 128.0).fract(),
        SERIES * f64::from(rows.trailing_zeros().min(6)),
    ]
}

fn apart(a: &[f64; 7], b: &[f64; 7]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// `count` of these shapes, by their places in the list, ascending: of each kind those that are farthest from one
/// another (Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985), the kinds by their class's share.
#[must_use]
pub(crate) fn spread(shapes: &[Shape], count: usize) -> Vec<usize> {
    struct Group {
        members: Vec<(usize, [f64; 7])>,
        nearest: Vec<f64>,
        share: f64,
        taken: usize,
    }
    let mut kinds: Vec<Kind> = shapes.iter().map(kind).collect();
    let of_shape = kinds.clone();
    kinds.sort();
    kinds.dedup();
    let mut groups: Vec<Group> = kinds
        .iter()
        .map(|wanted| {
            let members: Vec<(usize, [f64; 7])> = (0..shapes.len())
                .filter(|i| of_shape[*i] == *wanted)
                .map(|i| (i, place(&shapes[i])))
                .collect();
            let alike = kinds.iter().filter(|kind| kind.0 == wanted.0).count() as f64;
            let share =
                SHARES.iter().find(|(class, _)| *class == wanted.0).map_or(0.0, |(_, share)| share / alike);
            Group { nearest: vec![f64::INFINITY; members.len()], members, share, taken: 0 }
        })
        .collect();
    let mut chosen = Vec::new();
    while chosen.len() < count.min(shapes.len()) {
        let left = groups.iter_mut().filter(|group| group.taken < group.members.len());
        let due =
            left.min_by(|a, b| ((a.taken + 1) as f64 / a.share).total_cmp(&((b.taken + 1) as f64 / b.share)));
        let Some(group) = due else { break };
        let next = if group.taken == 0 {
            // The one in the middle.
            let count = group.members.len() as f64;
            let mut middle = [0.0; 7];
            for (_, at) in &group.members {
                middle.iter_mut().zip(at).for_each(|(sum, x)| *sum += x / count);
            }
            (0..group.members.len()).min_by(|a, b| {
                apart(&group.members[*a].1, &middle).total_cmp(&apart(&group.members[*b].1, &middle))
            })
        } else {
            // Of equal ones the first.
            (0..group.members.len()).rev().max_by(|a, b| group.nearest[*a].total_cmp(&group.nearest[*b]))
        };
        let Some(next) = next else { break };
        let (index, at) = group.members[next];
        for ((_, other), nearest) in group.members.iter().zip(&mut group.nearest) {
            *nearest = nearest.min(apart(&at, other));
        }
        group.nearest[next] = f64::NEG_INFINITY;
        group.taken += 1;
        chosen.push(index);
    }
    chosen.sort_unstable();
    chosen
}
