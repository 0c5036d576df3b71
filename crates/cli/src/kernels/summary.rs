//! The answers in words: what runs how often, and what changes from one library to the next.

use super::{Answer, Answers};
use hovera_core::Point;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What points are told apart by in a summary: op, dtype, layout and engine.
fn kind(point: &Point) -> String {
    format!("{} {} {} {}", point.op_in_words(), point.dtype, point.layout, point.engine)
}

fn name(answer: &Answer) -> Option<String> {
    Some(answer.as_ref().ok()?.launches.gemm_kernel()?.name())
}

/// Something counted, the most frequent first.
fn counted<T: Ord>(all: impl Iterator<Item = T>) -> Vec<(T, u64)> {
    let mut counts = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_insert(0) += 1);
    let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

pub(super) fn of_all(points: &[Point], asked: &[Answers]) -> String {
    let mut text = asked.iter().map(|asked| of_one(points, asked)).collect::<Vec<_>>().join("\n");
    if let [before, after] = asked {
        text.push('\n');
        text.push_str(&changes(points, before, after));
    }
    text
}

fn of_one(points: &[Point], asked: &Answers) -> String {
    let different: BTreeSet<String> = asked.answers.iter().filter_map(name).collect();
    let mut text = format!(
        "{}, {}: {} points, {} kernels, {:.1} s\n",
        asked.library,
        asked.device,
        points.len(),
        different.len(),
        asked.took.as_secs_f64()
    );
    for (kind, total) in kinds(points) {
        _ = writeln!(text, "  {kind}: {total} points");
        let here = points.iter().zip(&asked.answers).filter(|(point, _)| self::kind(point) == kind);
        for ((family, name), count) in counted(here.filter_map(|(_, answer)| family_and_name(answer))) {
            _ = writeln!(text, "    {count:6}  {family:15} {name}");
        }
    }
    text
}

/// In the order in which they come first.
fn kinds(points: &[Point]) -> Vec<(String, usize)> {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for kind in points.iter().map(kind) {
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds
}

fn family_and_name(answer: &Answer) -> Option<(String, String)> {
    let launch = answer.as_ref().ok()?.launches.gemm_kernel()?;
    let family = launch.traits().and_then(|traits| traits.family()).unwrap_or_else(|| "-".to_owned());
    Some((family, launch.name()))
}

fn changes(points: &[Point], before: &Answers, after: &Answers) -> String {
    let both = points.iter().zip(before.answers.iter().zip(&after.answers));
    let named = both.filter_map(|(point, (before, after))| Some((point, name(before)?, name(after)?)));
    let changed: Vec<(&Point, String, String)> = named.filter(|(_, before, after)| before != after).collect();
    let mut text = format!(
        "from {} to {}: {} of {} points change their kernel\n",
        before.library,
        after.library,
        changed.len(),
        points.len()
    );
    let kinds_of_change = counted(changed.iter().map(|(point, before, after)| (kind(point), before, after)));
    for ((kind, before, after), count) in kinds_of_change {
        _ = writeln!(text, "    {count:6}  {kind}: {before} -> {after}");
    }
    text
}
