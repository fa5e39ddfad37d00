//! Many comparisons at once: the false discovery rate after Benjamini and Hochberg.

/// Adjusted p values in the order given: calling everything at most `q` a difference makes, on average, a share `q` of
/// those calls false.
#[expect(clippy::cast_precision_loss, reason = "families are small")]
pub fn adjust(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (place, index) in order.into_iter().enumerate() {
        let rank = (p_values.len() - place) as f64;
        least = least.min(p_values[index] * p_values.len() as f64 / rank);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_values_are_those_of_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH")
        let got = adjust(&[0.01, 0.04, 0.03, 0.5]);
        for (got, want) in got.iter().zip([0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5]) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert!(adjust(&[]).is_empty());
    }
}
