//! Many tests at once.

/// The q-values of p-values: the smallest false discovery rate at which each would be called a discovery.
/// Calling every test with q ≤ r a discovery keeps the expected share of false ones among them at r or
/// below, for independent and for positively dependent tests.
///
/// `q(i) = min over j ≥ i of p(j)·n/j`, p being sorted. Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57(1),
/// 289-300; Benjamini and Yekutieli 2001, Ann. Stat. 29(4), 1165-1188, for the dependent case.
pub(crate) fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (below, &i) in order.iter().enumerate().rev() {
        // The product rounds, and must not round below what it is a multiple of.
        least = least.min((p[i] * p.len() as f64 / (below + 1) as f64).max(p[i]));
        q[i] = least;
    }
    q
}
