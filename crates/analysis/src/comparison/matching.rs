//! Which rows of two sides are of the same point.

use super::across::Across;
use super::error::CompareError;
use super::side::SideRows;
use crate::condition::Aspect;
use hovera_core::{Point, Row};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The rows of two sides, by point.
#[derive(Default)]
pub(super) struct Matched<'a> {
    /// The base's and the other's row of one point, in the order of points.
    pub(super) both: Vec<(&'a Row, &'a Row)>,
    pub(super) only_base: Vec<&'a Row>,
    pub(super) only_other: Vec<&'a Row>,
}

/// # Errors
/// [`CompareError::NothingInCommon`], with what keeps the points apart.
pub(super) fn matched<'a>(base: &SideRows<'a>, other: &SideRows<'a>) -> Result<Matched<'a>, CompareError> {
    let mut matched = Matched::default();
    let (mut left, mut right) = (base.rows.iter().peekable(), other.rows.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (Some((a, row)), Some((b, other))) => match a.cmp(b) {
                Ordering::Less => {
                    matched.only_base.push(row);
                    left.next();
                }
                Ordering::Greater => {
                    matched.only_other.push(other);
                    right.next();
                }
                Ordering::Equal => {
                    matched.both.push((row, other));
                    left.next();
                    right.next();
                }
            },
            (Some((_, row)), None) => {
                matched.only_base.push(row);
                left.next();
            }
            (None, Some((_, row))) => {
                matched.only_other.push(row);
                right.next();
            }
            (None, None) => break,
        }
    }
    if matched.both.is_empty() {
        return Err(CompareError::NothingInCommon {
            base: base.side.label.clone(),
            other: other.side.label.clone(),
            differences: apart(&matched.only_base, &matched.only_other),
        });
    }
    Ok(matched)
}

/// The columns that have no word in common.
fn apart(base: &[&Row], other: &[&Row]) -> Vec<String> {
    let mut found = Vec::new();
    for aspect in Aspect::ALL {
        let Some(words) = disjoint(base, other, |point| aspect.of_point(point)) else { continue };
        let across = Across::ALL.iter().any(|across| across.aspect() == aspect);
        let name = aspect.name();
        let remedy = if across { format!(" (--across {name} compares them)") } else { String::new() };
        found.push(format!("{name} is {words}{remedy}"));
    }
    if let Some(words) = disjoint(base, other, |point| point.model.hidden) {
        found.push(format!("hidden is {words}"));
    }
    if found.is_empty() {
        found.push("every point differs in one column or another".to_owned());
    }
    found
}

/// What either side has of something of which no value is on both.
fn disjoint<T: Ord + Display>(
    base: &[&Row],
    other: &[&Row],
    value: impl Fn(&Point) -> Option<T>,
) -> Option<String> {
    let [base, other] =
        [base, other].map(|rows| rows.iter().filter_map(|row| value(&row.point)).collect::<BTreeSet<T>>());
    let apart = !base.is_empty() && !other.is_empty() && base.is_disjoint(&other);
    apart.then(|| format!("{} and {}", listed(&base), listed(&other)))
}

/// Up to five words.
fn listed<T: Display>(words: &BTreeSet<T>) -> String {
    let mut list: Vec<String> = words.iter().take(5).map(ToString::to_string).collect();
    if words.len() > list.len() {
        list.push("…".to_owned());
    }
    list.join(", ")
}
