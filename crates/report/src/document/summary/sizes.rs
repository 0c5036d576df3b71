//! Which points are of sizes that models use.

use crate::document::sample::spread;
use hovera_core::{Gemm, Op, Pass, Point};
use std::collections::BTreeMap;

/// Head dims of models that are public: GPT-2 and Phi have 64, Llama and Qwen 128, Gemma 256.
const HEAD_DIMS: std::ops::RangeInclusive<u32> = 64..=256;
const HEAD_DIM_MULTIPLE: u32 = 8;
/// Those that a table shows where they were measured.
const SHOWN_HEAD_DIMS: [u32; 4] = [64, 96, 128, 256];
/// The least width of a weight, and what divides it.
const LEAST_WIDTH: u32 = 1024;
const WIDTH_MULTIPLE: u32 = 64;
/// So many rows a table at the head of a report has at most, and so many of one product.
const MOST_ROWS: usize = 8;
const MOST_OF_ONE: usize = 4;

/// Whether a product is of a size that models use.
pub(super) fn is_in_use(point: &Point) -> bool {
    if let Some(layer) = point.layer().filter(|_| point.op.is_of_attention()) {
        let head_dim = layer.head_dim().get();
        return HEAD_DIMS.contains(&head_dim) && head_dim.is_multiple_of(HEAD_DIM_MULTIPLE);
    }
    if point.op.is_of_rows() {
        return false;
    }
    let gemm = point.gemm();
    [gemm.n(), gemm.k()].iter().all(|width| *width >= LEAST_WIDTH && width.is_multiple_of(WIDTH_MULTIPLE))
}

/// What the sizes in use of some products are.
pub(super) fn in_words<'a>(points: impl Iterator<Item = &'a Point>) -> String {
    let (mut of_heads, mut of_weights) = (false, false);
    for point in points {
        *(if point.op.is_of_attention() { &mut of_heads } else { &mut of_weights }) = true;
    }
    let heads = of_heads.then(|| {
        format!(
            "head dims from {} to {} that {HEAD_DIM_MULTIPLE} divides",
            HEAD_DIMS.start(),
            HEAD_DIMS.end()
        )
    });
    let weights = of_weights.then(|| format!("n and k from {LEAST_WIDTH} on that {WIDTH_MULTIPLE} divides"));
    heads.into_iter().chain(weights).collect::<Vec<_>>().join("; ")
}

/// The places of a few of some points, evenly spread over each product; of attention the head dims that are best known.
pub(super) fn few(points: &[&Point]) -> Vec<usize> {
    let mut products: BTreeMap<(Op, Pass), Vec<usize>> = BTreeMap::new();
    for (place, point) in points.iter().enumerate() {
        products.entry((point.op, point.pass)).or_default().push(place);
    }
    let each = (MOST_ROWS / products.len().max(1)).clamp(1, MOST_OF_ONE);
    let head_dim = |place: &usize| points[*place].layer().map(|layer| layer.head_dim().get());
    let known = |place: &usize| head_dim(place).is_some_and(|head_dim| SHOWN_HEAD_DIMS.contains(&head_dim));
    let of_product = |(&(op, _), places): (&(Op, Pass), &Vec<usize>)| -> Vec<usize> {
        let well_known: Vec<usize> = places.iter().copied().filter(known).collect();
        let from = if op.is_of_attention() && well_known.len() > 1 { &well_known } else { places };
        spread(from.len(), each).into_iter().map(|i| from[i]).collect()
    };
    let mut few: Vec<usize> = products.iter().flat_map(of_product).collect();
    few.truncate(MOST_ROWS);
    few
}

/// The sizes of some points, without what all of their heads say: a column's head, and its cells.
pub(super) fn column(points: &[&Point]) -> (&'static str, Vec<String>) {
    const HEAD_DIM: &str = "head dim ";
    let told = told(points);
    match told.iter().map(|size| size.strip_prefix(HEAD_DIM)).collect::<Option<Vec<_>>>() {
        Some(head_dims) => ("Head dim", head_dims.into_iter().map(str::to_owned).collect()),
        None => ("Size", told),
    }
}

/// The size of each of some points, as far as they differ: `head dim 128`, `a=16, head dim 128`.
pub(super) fn told(points: &[&Point]) -> Vec<String> {
    let varies = |of: fn(&Point) -> String| points.windows(2).any(|pair| of(pair[0]) != of(pair[1]));
    let aspects: [fn(&Point) -> String; 7] = [
        |point| point.model.heads.map(|heads| format!("a={heads}")).unwrap_or_default(),
        |point| point.model.batch.map(|batch| format!("b={batch}")).unwrap_or_default(),
        |point| point.model.seq.map(|seq| format!("s={seq}")).unwrap_or_default(),
        |point| point.mask.to_string(),
        |point| point.dtype.to_string(),
        |point| point.engine.to_string(),
        |point| point.pacing.to_string(),
    ];
    let told: Vec<fn(&Point) -> String> = aspects.into_iter().filter(|of| varies(*of)).collect();
    let size = |point: &&Point| match point.layer().filter(|_| point.op.is_of_attention()) {
        Some(layer) => format!("head dim {}", layer.head_dim()),
        None if !point.op.is_of_layer() => of_gemm(point.gemm()),
        // The product's name has the pass.
        None => point.size_in_words().replace(&format!(", {}", point.pass), ""),
    };
    let of_point = |point: &&Point| {
        let words = told.iter().map(|of| of(point)).filter(|word| !word.is_empty());
        words.chain([size(point)]).collect::<Vec<_>>().join(", ")
    };
    points.iter().map(of_point).collect()
}

/// `m=8192, n=2048, k=512`, of a batch `32 of m=…`.
fn of_gemm(gemm: Gemm) -> String {
    let batch = if gemm.gemm_batch() == 1 { String::new() } else { format!("{} of ", gemm.gemm_batch()) };
    format!("{batch}m={}, n={}, k={}", gemm.m(), gemm.n(), gemm.k())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::made_up::{other_product, row};

    #[test]
    fn head_dims_of_models_are_in_use_and_others_are_not() {
        let used = |head_dim| is_in_use(&row(head_dim, 1.0).point);
        assert_eq!([56, 63, 64, 80, 100, 256, 264].map(used), [false, false, true, true, false, true, false]);
        let gemm = |n, k| is_in_use(&other_product(Op::Gemm, (1, 7, n, k)).point);
        assert_eq!([gemm(4096, 1024), gemm(50257, 1024), gemm(4096, 512)], [true, false, false]);
    }

    #[test]
    fn a_few_are_the_best_known_head_dims() {
        let rows: Vec<_> = (8..=32).map(|i| row(i * 8, 1.0)).collect();
        let points: Vec<&Point> = rows.iter().map(|row| &row.point).collect();
        let few: Vec<&Point> = few(&points).into_iter().map(|place| points[place]).collect();
        assert_eq!(column(&few), ("Head dim", ["64", "96", "128", "256"].map(str::to_owned).to_vec()));
        assert_eq!(told(&few)[0], "head dim 64");
        assert_eq!(in_words(few.into_iter()), "head dims from 64 to 256 that 8 divides");
        let [one, batch] = [(1, 7, 8, 9), (48, 7, 8, 9)].map(|sizes| other_product(Op::Bmm, sizes).point);
        assert_eq!(told(&[&one, &batch]), ["m=7, n=8, k=9", "48 of m=7, n=8, k=9"]);
    }
}
