//! Several figures of one campaign: how small chance may be before one of many is believed.

/// Chances of several figures, made so large that one false alarm among all of them stays as rare as asked.
///
/// Formula: with p sorted from the smallest, `adjusted_i = max over j <= i of min(1, (m - j) p_j)`, j from 0.
/// Inputs: `p`, each 0..=1, any number. Output: in the order given, each at least its p. Cost: O(m log m).
/// Source: Holm 1979, Scandinavian Journal of Statistics 6.
///
/// ```
/// let adjusted = engine::measurement::holm::holm(&[0.01, 0.04, 0.03]);
/// assert!(adjusted.iter().zip([0.03, 0.06, 0.06]).all(|(one, other)| (one - other).abs() < 1e-12));
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(a.cmp(b)));
    let mut adjusted = vec![1.0; p.len()];
    let mut most = 0.0_f64;
    for (place, one) in order.into_iter().enumerate() {
        most = most.max((p[one] * (p.len() - place) as f64).min(1.0));
        adjusted[one] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_gets_surer_and_the_order_stays(p in proptest::collection::vec(0.0..=1.0f64, 0..12)) {
            let adjusted = holm(&p);
            for (one, before) in adjusted.iter().zip(&p) {
                prop_assert!(one >= before && *one <= 1.0);
            }
            for a in 0..p.len() {
                for b in 0..p.len() {
                    if p[a] < p[b] {
                        prop_assert!(adjusted[a] <= adjusted[b]);
                    }
                }
            }
        }
    }
}
