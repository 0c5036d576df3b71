//! The gate of crates/cli/recipes/gate: two passes of each of two libraries in turn, the base's second one as `--repeat`,
//! at one clock, and what is called slower by 2 %.
//!
//! A simulated gate takes each op and series of each of its four files from one of the recorded passes of one card, by
//! chance and no two files from the same: what rows of a series share in one run stays in it.

use crate::files::{H100, file, slowed};
use crate::{H200, compare_all};
use hovera_analysis::{CompareOptions, Metric};
use hovera_core::{Op, Results, Row, Series};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

const LIMIT: f64 = 0.02;
const PLANTED: f64 = 1.03;
const FILES: usize = 4;

fn passes(card: &str) -> Vec<Results> {
    let passes = (1..=FILES).map(|pass| file(&format!("{card}/burst-{pass}.csv")));
    // Of no sweep: else each file is held against its spec.
    passes
        .map(|mut pass| {
            pass.front_matter.sweep.spec.clear();
            pass
        })
        .collect()
}

fn group(row: &Row) -> (Op, Series) {
    (row.point.op, row.point.layer().unwrap().series())
}

/// Four files of rows of the passes.
fn resampled(passes: &[Results], random: &mut SmallRng) -> Vec<Results> {
    let mut order: BTreeMap<(Op, Series), Vec<usize>> = BTreeMap::new();
    for key in passes[0].rows.iter().map(group) {
        order.entry(key).or_insert_with(|| {
            let mut shuffled: Vec<usize> = (0..FILES).collect();
            shuffled.shuffle(random);
            shuffled
        });
    }
    let take = |place: usize| {
        let mut results = passes[0].clone();
        for row in &mut results.rows {
            let pass = order[&group(row)][place];
            *row = passes[pass].rows.iter().find(|other| other.point == row.point).unwrap().clone();
        }
        results
    };
    (0..FILES).map(take).collect()
}

/// Whether the gate closes on these files: base, base again, other, other again.
fn closes(files: &[Results]) -> bool {
    let [base, repeat, other, again] = files else { panic!("want four files") };
    let options = CompareOptions { metric: Metric::TflopsAtClock, ..CompareOptions::default() };
    let comparison = compare_all(&[base, other, again], &[repeat], &options).unwrap();
    assert_eq!(comparison.points.len(), 2 * base.rows.len());
    comparison.slower_by(LIMIT).next().is_some()
}

/// Of so many simulated gates on each card: how many close where nothing changed, and how many where one series of an op
/// takes 3 % longer.
fn simulated(times: usize) -> [(usize, usize); 2] {
    [H100, H200].map(|card| {
        let (passes, mut random) = (passes(card), SmallRng::seed_from_u64(1));
        let (mut alarms, mut found) = (0, 0);
        for _ in 0..times {
            let mut files = resampled(&passes, &mut random);
            alarms += usize::from(closes(&files));
            let slow = group(&files[0].rows[random.random_range(0..files[0].rows.len())]);
            for file in &mut files[2..] {
                *file = slowed(file, |row| (group(row) == slow).then_some(PLANTED));
            }
            found += usize::from(closes(&files));
        }
        (alarms, found)
    })
}

#[test]
fn a_gate_stays_open_where_nothing_changed_and_closes_for_three_percent() {
    for (alarms, found) in simulated(20) {
        assert_eq!((alarms, found), (0, 20));
    }
}

/// `just gate` runs it and prints what it found; crates/cli/recipes/gate/README.md has the numbers.
#[test]
#[ignore = "a minute"]
fn of_a_thousand_gates_on_each_card_less_than_one_in_twenty_closes_by_chance() {
    for ((alarms, found), card) in simulated(1000).into_iter().zip([H100, H200]) {
        println!("{card}: {alarms} false alarms of 1000, {found} of 1000 planted slowdowns found");
        assert!(alarms < 50 && found > 950, "{card}: {alarms} and {found}");
    }
}
