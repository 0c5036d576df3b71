use super::*;
use proptest::prelude::*;

#[test]
fn a_timing_of_samples_summed_up_by_hand() {
    let times = [12.0, 10.0, 11.0, 30.0, 10.5, 11.5];
    let timing = Timing::from_samples(&times, Some(&[3.0, 1.0, 2.0])).unwrap();
    assert_eq!(timing.samples, Some(6));
    assert_eq!((timing.min_us, timing.median_us, timing.max_us), (Some(10.0), Some(11.25), Some(30.0)));
    assert!((timing.mean_us.unwrap() - 85.0 / 6.0).abs() < 1e-12);
    // Ranks 1 and 6: 10 to 30 around 11.25; the farther end counts.
    assert_eq!(timing.ci_us, Some(18.75));
    assert_eq!(timing.cycles_median, Some(2.0));
}

#[test]
fn too_few_samples_have_a_median_and_no_interval() {
    let timing = Timing::from_samples(&[3.0], None).unwrap();
    assert_eq!((timing.median_us, timing.mean_us, timing.ci_us), (Some(3.0), Some(3.0), None));
    assert_eq!(Timing::from_samples(&[1.0; 5], None).unwrap().ci_us, None);
    assert_eq!(Timing::from_samples(&[1.0; 6], None).unwrap().ci_us, Some(0.0));
}

#[test]
fn times_that_cannot_be_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        assert_eq!(Timing::from_samples(&[1.0, bad], None), None);
    }
    assert_eq!(Timing::from_samples(&[], None), None);
}

proptest! {
    #[test]
    fn a_timing_is_in_order_whatever_the_samples(times in prop::collection::vec(5e-324f64..=f64::MAX, 1..60)) {
        let timing = Timing::from_samples(&times, None).unwrap();
        prop_assert!(timing.min_us <= timing.median_us && timing.median_us <= timing.max_us);
        prop_assert!(timing.min_us <= timing.mean_us && timing.mean_us <= timing.max_us);
        prop_assert_eq!(timing.ci_us.is_some(), times.len() >= 6);
    }
}
