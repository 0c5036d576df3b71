//! Which neighbouring values are looked at.

use crate::change::{Change, HeadsOf, Setting, Size, Values};
use hovera_core::{Dtype, VECTOR_BYTES};
use hovera_model::Transformer;

/// A vocabulary, or the width of an MLP, is not changed by more than this share.
const NEAR: f64 = 1.0 / 16.0;

/// Nor is a head dim by more than this share, or the next multiple of 16 bytes where that is further away.
const NEAR_HEAD_DIM: f64 = 0.1;

/// Nor the number of a rank's heads by more than this share.
const NEAR_HEADS: f64 = 0.25;

/// Heads that share a width are at most so many times more, or fewer.
const HEADS_TIMES: u32 = 2;

/// No wider head has a kernel for attention everywhere.
const MAX_HEAD_DIM: u32 = 256;

/// Kernels' tiles are as wide as multiples of it.
const TILE_STEP: u32 = 64;

/// A value with more factors of two fits no more tiles and cache lines.
const ROUNDEST: u32 = 128;

/// All changes of one size of the model to a neighbouring value, a list for each size and value that the model has.
pub(crate) fn of_model(model: &Transformer, has_vocab: bool, ranks: u32, dtype: Dtype) -> Vec<Vec<Change>> {
    let grid = Grid::new(ranks, dtype);
    let values = Values::of_model(model);
    let mut all = Vec::new();
    if has_vocab {
        // Tokens cannot be taken away.
        let larger = grid.larger(model.vocab).into_iter();
        all.push(changes(Size::Vocab, model.vocab, larger, Setting::Vocab));
    }
    for from in values.ffn {
        all.push(changes(Size::Ffn, from, grid.near(from), |to| Setting::Ffn { from, to }));
    }
    for from in values.expert_ffn {
        all.push(changes(Size::ExpertFfn, from, grid.near(from), |to| Setting::ExpertFfn { from, to }));
    }
    for from in values.shared_ffn {
        all.push(changes(Size::SharedFfn, from, grid.near(from), |to| Setting::SharedFfn { from, to }));
    }
    for from in values.heads {
        let of_heads = |to| Setting::Heads { from, to };
        let dims = grid.head_dims(from.head_dim).into_iter();
        all.push(changes(Size::HeadDim, from.head_dim, dims, |head_dim| {
            of_heads(HeadsOf { head_dim, ..from })
        }));
        let as_wide = grid.as_wide(from).into_iter();
        all.push(as_wide.map(|to| change(Size::Heads, from.heads, to.heads, of_heads(to))).collect());
        let per_rank = grid
            .per_rank(from)
            .into_iter()
            .map(|to| change(Size::HeadsPerRank, from.heads / ranks, to.heads / ranks, of_heads(to)));
        all.push(per_rank.collect());
    }
    all
}

/// How round a value is on one of several ranks: the largest power of two that divides its share, at most 128.
pub(crate) fn roundness(change: &Change, ranks: u32) -> u32 {
    let value = match (change.size, change.head_dims()) {
        (_, Some([_, head_dim])) => head_dim,
        (Size::Vocab | Size::Ffn | Size::ExpertFfn | Size::SharedFfn, _) => change.to.div_ceil(ranks),
        _ => change.to,
    };
    roundness_of(value, 1)
}

/// The same of a value that ranks share.
pub(crate) fn roundness_of(value: u32, ranks: u32) -> u32 {
    1 << value.div_ceil(ranks).trailing_zeros().min(ROUNDEST.trailing_zeros())
}

fn change(size: Size, from: u32, to: u32, setting: Setting) -> Change {
    Change { size, from, to, setting }
}

fn changes(
    size: Size,
    from: u32,
    values: impl IntoIterator<Item = u32>,
    setting: impl Fn(u32) -> Setting,
) -> Vec<Change> {
    values.into_iter().filter(|to| *to != from).map(|to| change(size, from, to, setting(to))).collect()
}

/// What values are multiples of.
pub(crate) struct Grid {
    /// Ranks that share a size.
    ranks: u32,
    /// Elements in 16 bytes.
    vector: u32,
}

impl Grid {
    pub(crate) fn new(ranks: u32, dtype: Dtype) -> Grid {
        Grid { ranks, vector: u32::try_from(VECTOR_BYTES).unwrap_or(ROUNDEST) / dtype.size().max(1) }
    }

    /// The next multiples of each power of two from 16 bytes to 512 elements, on each rank.
    pub(crate) fn larger(&self, from: u32) -> Vec<u32> {
        let steps = (0..).map(|power| self.vector << power).take_while(|step| *step <= 4 * ROUNDEST);
        let next = steps.filter_map(|step| from.checked_next_multiple_of(step.checked_mul(self.ranks)?));
        sorted(next.filter(|to| is_near(from, *to, NEAR)))
    }

    /// The same and the multiples of a tile's step around.
    pub(crate) fn near(&self, from: u32) -> Vec<u32> {
        let step = TILE_STEP.saturating_mul(self.ranks);
        let around = multiples(from, step, NEAR);
        sorted(self.larger(from).into_iter().chain(around).filter(|to| is_near(from, *to, NEAR)))
    }

    pub(crate) fn head_dims(&self, from: u32) -> Vec<u32> {
        let next = [from.next_multiple_of(self.vector), (from / self.vector + 1) * self.vector];
        let below = from.saturating_sub(1) / self.vector * self.vector;
        let around = multiples(from, self.vector, NEAR_HEAD_DIM);
        sorted(around.into_iter().chain(next).chain([below]).filter(|to| *to > 0))
    }

    /// Other numbers of heads, and of those of keys, that are as wide together. Fewer and wider heads take a little less
    /// time whatever their sizes are, and are another model: only a head dim with fewer factors of two than others around
    /// is a reason to change them.
    fn as_wide(&self, from: HeadsOf) -> Vec<HeadsOf> {
        let HeadsOf { heads, kv_heads, head_dim } = from;
        let (Some(width), Some(kv_width)) = (heads.checked_mul(head_dim), kv_heads.checked_mul(head_dim))
        else {
            return Vec::new();
        };
        if head_dim.is_multiple_of(TILE_STEP) {
            return Vec::new();
        }
        let numbers = heads.div_ceil(HEADS_TIMES)..=heads.saturating_mul(HEADS_TIMES);
        let as_wide = numbers.filter(|to| *to != heads && width.is_multiple_of(*to)).map(|to| width / to);
        let legal = as_wide.filter(|dim| {
            *dim <= MAX_HEAD_DIM.max(head_dim)
                && dim.is_multiple_of(self.vector)
                && dim.trailing_zeros() > head_dim.trailing_zeros()
                && kv_width.is_multiple_of(*dim)
        });
        legal.map(|dim| HeadsOf { heads: width / dim, kv_heads: kv_width / dim, head_dim: dim }).collect()
    }

    /// Other numbers of heads on each rank.
    fn per_rank(&self, from: HeadsOf) -> Vec<HeadsOf> {
        if self.ranks < 2 {
            return Vec::new();
        }
        let numbers =
            multiples(from.heads, self.ranks, NEAR_HEADS).into_iter().filter(|to| *to != from.heads);
        let with_keys = numbers.map(|heads| HeadsOf {
            heads,
            kv_heads: if from.kv_heads == from.heads { heads } else { from.kv_heads },
            ..from
        });
        with_keys.filter(|to| to.heads.is_multiple_of(to.kv_heads)).collect()
    }
}

fn is_near(from: u32, to: u32, share: f64) -> bool {
    f64::from(from.abs_diff(to)) <= share * f64::from(from)
}

/// Every multiple of a step within a share of a value.
fn multiples(from: u32, step: u32, share: f64) -> Vec<u32> {
    let reach = (share * f64::from(from)) as u32;
    let first = from.saturating_sub(reach).div_ceil(step).max(1);
    (first..=from.saturating_add(reach) / step).map(|times| times * step).collect()
}

fn sorted(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Grid = Grid { ranks: 1, vector: 8 };

    #[test]
    fn a_vocabulary_is_only_ever_padded() {
        assert_eq!(ONE.larger(50_257), [50_264, 50_272, 50_304, 50_432, 50_688]);
        // On eight ranks each has a multiple of what one would have.
        assert_eq!(Grid { ranks: 8, vector: 8 }.larger(50_257), [50_304, 50_432, 50_688, 51_200, 53_248]);
    }

    #[test]
    fn head_dims_are_multiples_of_sixteen_bytes_on_both_sides() {
        assert_eq!(ONE.head_dims(132), [120, 128, 136, 144]);
        assert_eq!(ONE.head_dims(80), [72, 80, 88]);
        assert_eq!(ONE.head_dims(7), [8]);
        assert_eq!(Grid { ranks: 1, vector: 4 }.head_dims(33), [32, 36]);
    }

    #[test]
    fn as_wide_heads_share_the_width_and_keep_their_groups() {
        let heads = |heads, kv_heads, head_dim| HeadsOf { heads, kv_heads, head_dim };
        // 40 is as wide as well, but no rounder than 80.
        assert_eq!(
            ONE.as_wide(heads(32, 32, 80)),
            [heads(16, 16, 160), heads(20, 20, 128), heads(40, 40, 64)]
        );
        // Four heads share a key, before and after.
        assert_eq!(ONE.as_wide(heads(32, 8, 48)), [heads(16, 4, 96), heads(24, 6, 64), heads(48, 12, 32)]);
        assert_eq!(ONE.as_wide(heads(16, 16, 128)), [], "nothing is wrong with 128");
    }

    #[test]
    fn a_rank_has_whole_heads() {
        let from = HeadsOf { heads: 40, kv_heads: 40, head_dim: 128 };
        let of =
            |ranks| Grid { ranks, vector: 8 }.per_rank(from).iter().map(|it| it.heads).collect::<Vec<_>>();
        assert_eq!((of(8), of(1)), (vec![32, 48], vec![]));
    }
}
