//! Quantiles of small samples.

/// The quantile `q` (0 to 1), with linear interpolation between order statistics (type 7, the default of R); `None` for
/// an empty sample.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "indices of small samples"
)]
pub fn quantile(sample: &[f64], q: f64) -> Option<f64> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    // Between two infinities nothing can be interpolated.
    let part = at - below as f64;
    Some(if part == 0.0 || low == high {
        low
    } else {
        low + part * (high - low)
    })
}

/// The middle of a sample.
pub fn median(sample: &[f64]) -> Option<f64> {
    quantile(sample, 0.5)
}

/// The arithmetic mean; `None` for an empty sample.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
pub fn mean(sample: &[f64]) -> Option<f64> {
    (!sample.is_empty()).then(|| sample.iter().sum::<f64>() / sample.len() as f64)
}

/// The sample standard deviation; `None` for fewer than two values.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
pub fn deviation(sample: &[f64]) -> Option<f64> {
    if sample.len() < 2 {
        return None;
    }
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    Some((squares / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_r() {
        // quantile(c(7, 1, 3, 10), c(0, .25, .5, .95, 1)) gives 1, 2.5, 5, 9.55, 10.
        let sample = [7.0, 1.0, 3.0, 10.0];
        for (q, want) in [
            (0.0, 1.0),
            (0.25, 2.5),
            (0.5, 5.0),
            (0.95, 9.55),
            (1.0, 10.0),
        ] {
            assert!((quantile(&sample, q).unwrap() - want).abs() < 1e-12, "{q}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(median(&[4.0]), Some(4.0));
        assert_eq!(median(&[f64::INFINITY; 2]), Some(f64::INFINITY));
    }

    #[test]
    fn the_deviation_divides_by_one_less() {
        assert!(
            (deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap() - 2.138_089_935).abs()
                < 1e-8
        );
        assert_eq!(deviation(&[1.0]), None);
    }
}
