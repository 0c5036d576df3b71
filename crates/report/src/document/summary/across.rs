//! Which card is ahead, and by how much.

use super::sizes::{column, few, in_words, is_in_use, told};
use crate::document::enumerated;
use crate::document::grid::Grid;
use crate::document::sentence::{Sentence, three_digits};
use hovera_analysis::{Comparison, PointComparison, Verdict};
use hovera_core::{Op, Pass, Point, in_percent};
use std::collections::BTreeMap;

/// So many products a sentence names at most.
const NAMED: usize = 4;

/// The points of sizes that models use, or all where there are none.
fn in_use(comparison: &Comparison, other: usize) -> (Vec<&PointComparison>, bool) {
    let all = || comparison.points.iter().filter(move |point| point.other == other);
    let used: Vec<&PointComparison> = all().filter(|point| is_in_use(&point.point)).collect();
    if used.is_empty() { (all().collect(), false) } else { (used, true) }
}

/// Who is ahead where it matters, and where each leads most.
pub(super) fn sentences(comparison: &Comparison) -> Vec<Sentence> {
    let others = 1..comparison.sides.len();
    let ahead = others.clone().filter_map(|other| ahead(comparison, other));
    ahead.chain(others.filter_map(|other| extremes(comparison, other))).collect()
}

/// `Against “A”, “B” is 12.3 % faster in values and 1.0 % slower in score at the sizes that models use: …`
fn ahead(comparison: &Comparison, other: usize) -> Option<Sentence> {
    let (points, are_used) = in_use(comparison, other);
    let margin = comparison.options.thresholds.margin;
    let mut products: BTreeMap<(Op, Pass), Vec<f64>> = BTreeMap::new();
    for point in &points {
        products.entry((point.point.op, point.point.pass)).or_default().push(point.ratio.ratio.ln());
    }
    let means = products.iter().map(|((op, pass), logarithms)| {
        (op.with_pass(*pass), (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
    });
    let mut means: Vec<(String, f64)> = means.collect();
    means.sort_by(|a, b| b.1.total_cmp(&a.1));
    // Of many, the best and the worst tell enough.
    if means.len() > NAMED {
        means = vec![means[0].clone(), means[means.len() - 1].clone()];
    }
    if means.is_empty() {
        return None;
    }
    let each: Vec<String> = means.iter().map(|(op, mean)| lead(op, *mean, margin)).collect();
    let sizes = match are_used {
        true => format!("the sizes that models use: {}", in_words(points.iter().map(|point| &point.point))),
        false => format!("the {} points that both have", points.len()),
    };
    let said = Sentence::new("Against ").quote(&comparison.sides[0].label).words(", ");
    let said = said.quote(&comparison.sides[other].label);
    Some(said.words(format!(" is {} at {sizes}.", enumerated(&each))))
}

fn lead(op: &str, ratio: f64, margin: f64) -> String {
    match ratio {
        ratio if ratio > 1.0 + margin => format!("{} faster in {op}", in_percent(ratio - 1.0, 1)),
        ratio if ratio < 1.0 / (1.0 + margin) => format!("{} slower in {op}", in_percent(1.0 - ratio, 1)),
        _ => format!("as fast within {} in {op}", in_percent(margin, 0)),
    }
}

/// Where the lead is largest, and where the other leads most.
fn extremes(comparison: &Comparison, other: usize) -> Option<Sentence> {
    let of_verdict = |verdict| {
        let points = comparison.points.iter();
        points.filter(move |point| point.other == other && point.ratio.verdict == verdict)
    };
    let by_ratio = |a: &&PointComparison, b: &&PointComparison| a.ratio.ratio.total_cmp(&b.ratio.ratio);
    let best = of_verdict(Verdict::Faster).max_by(by_ratio);
    let worst = of_verdict(Verdict::Slower).min_by(by_ratio);
    let place = |point: &PointComparison| {
        let size = told(&[&point.point]).remove(0);
        format!("{} at {size}", point.point.op.with_pass(point.point.pass))
    };
    let best_words = best.map(|point| {
        format!(" is farthest ahead in {}, {} times as fast", place(point), three_digits(point.ratio.ratio))
    });
    let worst_words = worst.map(|point| {
        let verb = if best.is_some() { "; it is" } else { " is" };
        let loss = in_percent(1.0 - point.ratio.ratio, 1);
        format!("{verb} farthest behind in {}, {loss} slower", place(point))
    });
    if best.is_none() && worst.is_none() {
        return None;
    }
    let none = match (best, worst) {
        (Some(_), None) => "; it is slower nowhere",
        (None, Some(_)) => "; it is faster nowhere",
        _ => "",
    };
    let words = best_words.into_iter().chain(worst_words).collect::<String>();
    Some(
        Sentence::new("Of all points, ")
            .quote(&comparison.sides[other].label)
            .words(format!("{words}{none}.")),
    )
}

/// A few sizes with each card's throughput and who is ahead.
pub(super) fn grid(comparison: &Comparison) -> Option<Grid> {
    let (mut points, are_used) = in_use(comparison, 1);
    // A softmax does next to no arithmetic: TFLOP/s tell nothing of it.
    points.retain(|point| !point.point.op.is_of_rows());
    let all: Vec<&Point> = points.iter().map(|point| &point.point).collect();
    let chosen: Vec<&PointComparison> = few(&all).into_iter().map(|place| points[place]).collect();
    let shown: Vec<&Point> = chosen.iter().map(|point| &point.point).collect();
    let others = 1..comparison.sides.len();
    let find = |other: usize, base: &PointComparison| {
        comparison.points.iter().find(|point| point.other == other && point.point == base.point)
    };
    let row = |(first, size): (&&PointComparison, String)| {
        let values =
            others.clone().map(|other| find(other, first).map(|point| three_digits(point.other_value)));
        let product = first.point.op.with_pass(first.point.pass);
        let of_sides: Vec<&PointComparison> = others.clone().filter_map(|other| find(other, first)).collect();
        [Some(product), Some(size), Some(three_digits(first.base_value))]
            .into_iter()
            .chain(values)
            .chain([Some(leader(comparison, &of_sides))])
            .collect()
    };
    let (size, sizes) = column(&shown);
    let rows: Vec<Vec<Option<String>>> = chosen.iter().zip(sizes).map(row).collect();
    let heads = comparison.sides.iter().map(|side| Sentence::default().quote(&side.label));
    let columns = [Sentence::new("Product"), Sentence::new(size)].into_iter().chain(heads);
    let caption = match are_used {
        true => "TFLOP/s at sizes that models use, and who is ahead.",
        false => "TFLOP/s, and who is ahead. No size that models use was measured.",
    };
    (!rows.is_empty()).then(|| Grid {
        caption: caption.to_owned(),
        columns: columns.chain([Sentence::new("Ahead")]).collect(),
        rows,
    })
}

/// The fastest of the sides at one point, and by how much over the first, or the first over the next.
fn leader(comparison: &Comparison, of_sides: &[&PointComparison]) -> String {
    let label = |side: usize| comparison.sides[side].label.clone();
    let best = of_sides.iter().max_by(|a, b| a.ratio.ratio.total_cmp(&b.ratio.ratio));
    let Some(best) = best else { return "–".to_owned() };
    let ratio = best.ratio.ratio;
    match best.ratio.verdict {
        Verdict::Faster => format!("{}, {}", label(best.other), in_percent(ratio - 1.0, 1)),
        Verdict::Slower => format!("{}, {}", label(0), in_percent(1.0 / ratio - 1.0, 1)),
        Verdict::Same => "neither".to_owned(),
        Verdict::Unsure => "too noisy to tell".to_owned(),
    }
}
