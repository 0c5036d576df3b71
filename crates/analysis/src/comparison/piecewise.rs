//! A line through known places.

/// The value at `x` of the line through `nodes`, which are in the order of their x and reach from below it to
/// above it. Of several nodes at one x the one that is not an end counts.
pub(super) fn piecewise(nodes: &[(f64, f64)], x: f64) -> f64 {
    if let Some((_, value)) = nodes[1..nodes.len() - 1].iter().find(|(at, _)| *at == x) {
        return *value;
    }
    let after = nodes.iter().position(|(at, _)| *at > x).unwrap_or(nodes.len() - 1).max(1);
    let ((left, low), (right, high)) = (nodes[after - 1], nodes[after]);
    let share = (x - left) / (right - left);
    // Each end exactly at its place, which low + (high - low) · share is not.
    low * (1.0 - share) + high * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_through_every_node_and_straight_between_them() {
        let nodes = [(0.0, 4.0), (0.5, 1.0), (1.0, 2.0)];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|x| piecewise(&nodes, x)), [4.0, 2.5, 1.0, 1.5, 2.0]);
        assert_eq!([0.0, 0.5, 1.0].map(|x| piecewise(&[(0.0, 3.0), (1.0, 1.0)], x)), [3.0, 2.0, 1.0]);
        // A node that is at an end as well.
        assert_eq!([0.5, 1.0].map(|x| piecewise(&[(0.0, 4.0), (1.0, 1.0), (1.0, 4.0)], x)), [2.5, 1.0]);
        assert_eq!([0.0, 0.5].map(|x| piecewise(&[(0.0, 4.0), (0.0, 1.0), (1.0, 4.0)], x)), [1.0, 2.5]);
    }
}
