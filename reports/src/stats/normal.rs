//! The normal distribution, to about 14 digits.

use std::f64::consts::PI;

/// P(Z <= z).
pub fn cumulative(z: f64) -> f64 {
    if z < 0.0 { upper(-z) } else { 1.0 - upper(z) }
}

/// P(Z > z): near the middle the series of Abramowitz and Stegun 26.2.11, in the tail their continued fraction 26.2.14.
pub fn upper(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper(-z);
    }
    let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
    if z < 3.0 {
        let (mut term, mut sum) = (z, z);
        let mut k = 1.0;
        while term > sum * 1e-17 {
            k += 2.0;
            term *= z * z / k;
            sum += term;
        }
        0.5 - density * sum
    } else {
        let fraction = (1..=60).rev().fold(z, |below, k| z + f64::from(k) / below);
        density / fraction
    }
}

/// The quantile `q`, 0 < q < 1, by bisection; infinite at the ends.
pub fn quantile(q: f64) -> f64 {
    if q <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if q >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-38.0, 38.0);
    for _ in 0..70 {
        let middle = f64::midpoint(low, high);
        if cumulative(middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
