//! The statistics against scipy's results on the same numbers; tests/scipy/scipy_results.py wrote them.

use super::{
    NORMAL_95, benjamini_hochberg, normal_half_width, normal_upper_tail, student_quantile, student_upper_tail,
};
use hovera_core::{NORMAL_DEVIATIONS_PER_MAD, median_absolute_deviation, median_interval_ranks};
use serde_json::Value;

fn results() -> Value {
    serde_json::from_str(include_str!("../../tests/scipy/scipy_results.json")).unwrap()
}

fn constant(what: &str) -> f64 {
    results()[what].as_f64().unwrap()
}

fn scipy(what: &str) -> Vec<Value> {
    let cases = results()[what].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Relative, and absolute near zero.
#[track_caller]
fn agrees(ours: f64, scipy: f64, tolerance: f64, case: &str) {
    assert!((ours - scipy).abs() <= tolerance * scipy.abs().max(1e-300), "{case}: {ours}, scipy {scipy}");
}

#[test]
fn tails_of_the_normal_distribution() {
    for case in scipy("normal_upper_tail").iter().map(numbers) {
        agrees(normal_upper_tail(case[0]), case[1], 1e-10, &format!("z = {}", case[0]));
    }
    agrees(NORMAL_95, constant("normal_95"), 1e-15, "the 95 % interval");
    agrees(normal_half_width(0.95), constant("normal_95"), 1e-10, "the same as a quantile");
}

#[test]
fn tails_of_student_s_distribution() {
    for case in scipy("student_upper_tail").iter().map(numbers) {
        let what = format!("t = {}, {} degrees of freedom", case[0], case[1]);
        agrees(student_upper_tail(case[0], case[1]), case[2], 1e-9, &what);
    }
    for case in scipy("student_quantile").iter().map(numbers) {
        let (ours, theirs) = (student_quantile(case[0], case[1]), case[2]);
        let what = format!("p = {}, {} degrees of freedom", case[0], case[1]);
        assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0), "{what}: {ours}, scipy {theirs}");
    }
}

#[test]
fn q_values_of_benjamini_and_hochberg() {
    for case in scipy("false_discovery_control") {
        let (p, theirs) = (numbers(&case[0]), numbers(&case[1]));
        for (i, (ours, theirs)) in benjamini_hochberg(&p).into_iter().zip(theirs).enumerate() {
            agrees(ours, theirs, 1e-12, &format!("p = {} of {}", p[i], p.len()));
        }
    }
}

#[test]
fn median_absolute_deviations() {
    for case in scipy("median_abs_deviation") {
        let values = numbers(&case[0]);
        let theirs = case[1].as_f64().unwrap();
        agrees(median_absolute_deviation(&values).unwrap(), theirs, 1e-12, &format!("{values:?}"));
    }
    agrees(NORMAL_DEVIATIONS_PER_MAD, constant("normal_mad_factor"), 1e-15, "factor");
}

#[test]
fn ranks_of_the_interval_of_a_median() {
    for case in scipy("quantile_interval").iter().map(numbers) {
        let (n, rank) = (case[0] as usize, case[1] as usize);
        assert_eq!(median_interval_ranks(n), Some((rank, n + 1 - rank)), "n = {n}");
        assert!(2.0 * case[2] <= 0.05);
    }
}
