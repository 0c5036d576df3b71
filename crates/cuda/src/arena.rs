//! One allocation for everything a sweep computes with.

use hovera_core::{Dtype, Gemm};
use std::ops::Range;

/// cuBLAS picks kernels by the alignment of its operands; `cudaMalloc`, and so PyTorch, gives 256 bytes.
const ALIGNMENT: u128 = 256;

/// What the L2 cache holds of memory at the least, in bytes.
const CACHE_LINE: u128 = 128;

/// Launches take turns with so many workspaces, so many bytes apart. Pages of 4 KiB are of two kinds on an H100, and two that share
/// 8 KiB are one of each: 40 products of 1024x72x1024 take 2 % longer with the workspace in the one than in the other, and 7 %
/// on an H200. Which kind it is depends on what else a process has allocated. (`crates/cuda/tests/workspace`)
const WORKSPACES: u64 = 2;
const WORKSPACES_APART: u64 = 4096;

/// How many bytes are needed for workspaces of so many.
pub(crate) fn of_workspaces(bytes: u64) -> u64 {
    bytes + (WORKSPACES - 1) * WORKSPACES_APART
}

/// What one point needs of the arena.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// Bytes of A, B and C.
    pub(crate) lengths: [u128; 3],
    /// How many sets of A, B and C there are.
    pub(crate) copies: u64,
    pub(crate) copies_are: Copies,
}

/// What several sets of A, B and C are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copies {
    /// Launches take turns with them, so that none finds its own in the cache.
    Turns,
    /// Each is one of the places that replays are of, far from the others.
    Places,
}

/// How far the places of operands are apart at the least, in bytes, and how much is left between larger ones: a product
/// that fits the L2 takes up to 17 % longer or less at another address. 256 bytes more give each another place in its
/// page as well.
const LEAST_APART: u128 = 12 << 20;
const LEFT_BETWEEN: u128 = (1 << 20) + ALIGNMENT;

impl Need {
    /// From one copy of A, B and C to the next, in bytes.
    fn strides(&self) -> [u128; 3] {
        self.lengths.map(|bytes| match self.copies_are {
            Copies::Places if self.copies > 1 => padded(bytes.max(LEAST_APART) + LEFT_BETWEEN),
            Copies::Places | Copies::Turns => padded(bytes),
        })
    }

    /// For replays of a product at so many places, or as many as fit in `budget` bytes, one at the least.
    pub(crate) fn at_places(lengths: [u128; 3], most: u32, budget: u64) -> Need {
        let several = Need { lengths, copies: 2, copies_are: Copies::Places };
        let each: u128 = several.strides().iter().sum();
        let fitting = u64::try_from(u128::from(budget) / each).unwrap_or(u64::MAX);
        Need { copies: fitting.clamp(1, most.into()), ..several }
    }
}

/// Where A, B, C and the workspace lie in the arena, in bytes. Each region fits the largest of the
/// points, and each point uses the front of it, for one copy after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArenaLayout {
    a: u128,
    b: u128,
    c: u128,
    workspace: u128,
}

impl ArenaLayout {
    pub(crate) fn new(needs: impl IntoIterator<Item = Need>, workspace: u128) -> ArenaLayout {
        let mut layout = ArenaLayout { a: 0, b: 0, c: 0, workspace: padded(workspace) };
        for need in needs {
            let ([a, b, c], copies) = (need.strides(), u128::from(need.copies));
            layout.a = layout.a.max(a * copies);
            layout.b = layout.b.max(b * copies);
            layout.c = layout.c.max(c * copies);
        }
        layout
    }

    /// Bytes of the whole arena.
    pub(crate) fn total(&self) -> u128 {
        self.workspace_start() + self.workspace
    }

    pub(crate) fn a(&self) -> Range<u64> {
        range(0, self.a)
    }

    pub(crate) fn b(&self) -> Range<u64> {
        range(self.a, self.b)
    }

    pub(crate) fn workspace(&self) -> Range<u64> {
        range(self.workspace_start(), self.workspace)
    }

    /// The workspace of so many bytes that the `turn`-th launch has.
    pub(crate) fn workspace_of_turn(&self, turn: u64, bytes: u64) -> Range<u64> {
        let start = self.workspace().start + turn % WORKSPACES * WORKSPACES_APART;
        start..start + bytes
    }

    fn workspace_start(&self) -> u128 {
        (self.a + self.b + self.c).next_multiple_of((WORKSPACES * WORKSPACES_APART).into())
    }

    /// Whether a point's operands and results fit.
    pub(crate) fn fits(&self, need: Need) -> bool {
        let one = ArenaLayout::new([need], 0);
        one.a <= self.a && one.b <= self.b && one.c <= self.c
    }

    /// Where one copy of a point that fits has its A, B and C.
    pub(crate) fn copy(&self, need: Need, index: u64) -> Place {
        let (strides, lengths) = (need.strides(), need.lengths);
        let starts = [0, self.a, self.a + self.b];
        let part = |i: usize| range(starts[i] + strides[i] * u128::from(index), lengths[i]);
        Place { a: part(0), b: part(1), c: part(2) }
    }

    /// Where all copies of a point have their C.
    pub(crate) fn results(&self, need: Need) -> Range<u64> {
        range(self.a + self.b, need.strides()[2] * u128::from(need.copies))
    }
}

/// One set of A, B and C, in bytes of the arena.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) a: Range<u64>,
    pub(crate) b: Range<u64>,
    pub(crate) c: Range<u64>,
}

/// Bytes of A, B and C of a product.
pub(crate) fn lengths(gemm: Gemm, dtype: Dtype) -> [u128; 3] {
    let (operand, result) = (u128::from(dtype.size()), u128::from(dtype.output_size()));
    [gemm.a_len() * operand, gemm.b_len() * operand, gemm.c_len() * result]
}

fn padded(bytes: u128) -> u128 {
    bytes.next_multiple_of(ALIGNMENT)
}

/// How many sets of A, B and C keep the L2 cache cold: with these, more than twice its size is read or
/// written between two launches on the same set. That is two sets even where one is far larger than the
/// cache: the end of a launch would leave a cacheful for the next to find.
pub(crate) fn cold_copies(lengths: [u128; 3], l2_bytes: u64) -> u64 {
    let touched: u128 = lengths.iter().map(|bytes| bytes.next_multiple_of(CACHE_LINE)).sum();
    let others = (2 * u128::from(l2_bytes)) / touched + 1;
    u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1)
}

/// Beyond 64 bits there is no memory: such an arena was refused before its ranges are asked for.
fn range(start: u128, length: u128) -> Range<u64> {
    let clamp = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
    clamp(start)..clamp(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gemm(batch: u64, m: u64, n: u64, k: u64) -> Gemm {
        Gemm::new(batch, m, n, k).unwrap()
    }

    fn in_turns(lengths: [u128; 3], copies: u64) -> Need {
        Need { lengths, copies, copies_are: Copies::Turns }
    }

    #[test]
    fn a_single_product_counted_by_hand() {
        // A 3·5, B 5·7, C 3·7 elements of 2 bytes: 30, 70 and 42 bytes, each padded to 256.
        let shape = lengths(gemm(1, 3, 7, 5), Dtype::F16);
        let layout = ArenaLayout::new([in_turns(shape, 1)], 1000);
        assert_eq!(layout.total(), 8192 + 1024);
        assert_eq!((layout.a(), layout.b(), layout.workspace()), (0..256, 256..512, 8192..9216));
        assert_eq!(layout.copy(in_turns(shape, 1), 0), Place { a: 0..30, b: 256..326, c: 512..554 });
        // In int8, C is int32.
        let shape = lengths(gemm(1, 3, 7, 5), Dtype::Int8);
        let layout = ArenaLayout::new([in_turns(shape, 3)], 0);
        assert_eq!(layout.copy(in_turns(shape, 3), 2), Place { a: 512..527, b: 1280..1315, c: 2048..2132 });
        assert_eq!(layout.results(in_turns(shape, 3)), 1536..2304);
    }

    #[test]
    fn places_are_far_apart_and_as_many_as_fit() {
        let shape = lengths(gemm(1, 3, 7, 5), Dtype::F16);
        let need = Need::at_places(shape, 12, 1 << 40);
        assert_eq!(need.copies, 12);
        let layout = ArenaLayout::new([need], 0);
        let [first, second] = [0, 1].map(|place| layout.copy(need, place));
        assert_eq!((first.a, second.a.start), (0..30, (13 << 20) + 256));
        assert_eq!(second.c.end - second.c.start, 42);
        // Each takes three times 13 MiB and a bit: two fit in 80 MiB. One needs no distance to another.
        assert_eq!(Need::at_places(shape, 12, 80 << 20).copies, 2);
        let one = Need::at_places(shape, 12, 1);
        assert_eq!((one.copies, ArenaLayout::new([one], 0).total()), (1, 8192));
    }

    #[test]
    fn every_second_launch_has_the_other_page_of_8_kib() {
        let needs = [Need::at_places(lengths(gemm(3, 17, 5, 9), Dtype::F16), 7, 1 << 40)];
        let layout = ArenaLayout::new(needs, of_workspaces(1000).into());
        let of_turns = [0, 1, 2].map(|turn| layout.workspace_of_turn(turn, 1000));
        let start = layout.workspace().start;
        assert_eq!(start % 8192, 0);
        assert_eq!(of_turns.map(|it| it.start - start), [0, 4096, 0]);
        assert_eq!(layout.workspace().end, start + 4096 + 1000_u64.next_multiple_of(256));
    }

    #[test]
    fn cold_copies_are_as_many_as_the_cache_asks_for() {
        // A and B of 1 MiB, C of 2: 25 other sets are 100 MiB, 26 are more.
        let megabyte = gemm(1, 1 << 10, 1 << 10, 1 << 9);
        let bytes = megabyte.bytes(Dtype::F16);
        assert_eq!(bytes, 4 << 20);
        assert_eq!(cold_copies(lengths(megabyte, Dtype::F16), 50 << 20), 26 + 1);
        assert_eq!(cold_copies(lengths(gemm(48, 2048, 2048, 2730), Dtype::F16), 50 << 20), 2);
        // Three cache lines.
        assert_eq!(cold_copies(lengths(gemm(1, 1, 1, 1), Dtype::F8e4m3), 384 * 5), 12);
    }

    proptest! {
        #[test]
        fn regions_are_aligned_adjacent_and_fit_every_product(
            sizes in prop::collection::vec((1u64..9, 1u64..900, 1u64..900, 1u64..900, 1u64..4), 1..6),
            at_places in any::<bool>(),
        ) {
            let copies_are = if at_places { Copies::Places } else { Copies::Turns };
            let needs: Vec<Need> =
                sizes.iter().map(|&(batch, m, n, k, copies)| Need { lengths: lengths(gemm(batch, m, n, k), Dtype::Bf16), copies, copies_are }).collect();
            let layout = ArenaLayout::new(needs.iter().copied(), 1 << 20);
            let results = layout.b().end..layout.workspace().start;
            let regions = [layout.a(), layout.b(), results.clone(), layout.workspace()];
            let mut end = 0;
            for region in &regions {
                prop_assert_eq!(region.start, end);
                prop_assert_eq!(region.start % 256, 0);
                end = region.end;
            }
            prop_assert_eq!(u128::from(end), layout.total());
            for need in needs {
                prop_assert!(layout.fits(need));
                prop_assert!(ArenaLayout::new([need], 1 << 20).total() <= layout.total());
                let last = layout.copy(need, need.copies - 1);
                prop_assert!(last.a.end <= layout.a().end && last.b.end <= layout.b().end);
                prop_assert!(last.c.end <= layout.results(need).end && layout.results(need).end <= results.end);
                prop_assert!([last.a.start, last.b.start, last.c.start].iter().all(|start| start % 256 == 0));
            }
        }

        #[test]
        fn between_two_launches_on_one_set_more_than_two_caches_pass(
            (m, n, k) in (1u64..3000, 1u64..3000, 1u64..3000), megabytes in 1u64..100,
        ) {
            let (shape, l2) = (gemm(2, m, n, k), megabytes << 20);
            let copies = cold_copies(lengths(shape, Dtype::F16), l2);
            prop_assert!(u128::from(copies - 1) * (shape.bytes(Dtype::F16) + 3 * 128) > 2 * u128::from(l2));
        }
    }
}
