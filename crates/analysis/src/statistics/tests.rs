use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_q_value_is_never_below_its_p_value_and_keeps_their_order(
        p in prop::collection::vec(0.0f64..=1.0, 1..60)
    ) {
        let q = benjamini_hochberg(&p);
        for i in 0..p.len() {
            prop_assert!(p[i] <= q[i] && q[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || q[i] <= q[j]);
            }
        }
    }

    #[test]
    fn a_smaller_p_value_makes_no_q_value_larger(
        p in prop::collection::vec(0.0f64..=1.0, 1..60), which in any::<prop::sample::Index>()
    ) {
        let mut smaller = p.clone();
        smaller[which.index(p.len())] /= 2.0;
        for (before, after) in benjamini_hochberg(&p).into_iter().zip(benjamini_hochberg(&smaller)) {
            prop_assert!(after <= before);
        }
    }
}
