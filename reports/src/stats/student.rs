//! Student's t, for the smallest effect a comparison could have found.

use std::sync::OnceLock;

/// Up to so many degrees of freedom a reach is kept once it is known.
const KEPT: usize = 256;

/// The smallest ratio that a paired comparison finds with 80 % chance at the 5 % level, given the standard deviation of
/// its log ratios: exp((t.975 + t.80) sd / sqrt(n)). `None` below two pairs.
#[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
pub fn detectable_ratio(deviation: f64, n: usize) -> Option<f64> {
    let freedom = n.checked_sub(1).filter(|f| *f > 0)?;
    Some((reach(freedom) * deviation / (n as f64).sqrt()).exp())
}

/// How many standard errors a difference must be to be found with 80 % chance at the 5 % level.
pub(super) fn reach(freedom: usize) -> f64 {
    static KNOWN: [OnceLock<f64>; KEPT] = [const { OnceLock::new() }; KEPT];
    let find = || quantile(0.975, freedom) + quantile(0.80, freedom);
    match KNOWN.get(freedom) {
        Some(known) => *known.get_or_init(find),
        None => find(),
    }
}

/// The quantile `q` (above 0.5) of t with `freedom` degrees of freedom, by bisection.
pub fn quantile(q: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if below(middle, freedom) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(|T| >= |t|) with `freedom` degrees of freedom, one or more: the two-sided p of a t-test.
pub fn two_sided(t: f64, freedom: usize) -> f64 {
    (2.0 * (1.0 - below(t.abs(), freedom))).clamp(0.0, 1.0)
}

/// P(T <= t) for t >= 0: the finite series for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
#[expect(clippy::cast_precision_loss, reason = "degrees of freedom are few")]
fn below(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = if odd && freedom == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k < freedom {
        term *= cos * cos * (k as f64 - 1.0) / k as f64;
        sum += term;
        k += 2;
    }
    let within = if odd {
        std::f64::consts::FRAC_2_PI * (angle + sin * sum)
    } else {
        sin * sum
    };
    f64::midpoint(1.0, within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (q, freedom, want) in [
            (0.975, 1, 12.7062),
            (0.975, 2, 4.30265),
            (0.975, 5, 2.57058),
            (0.975, 10, 2.22814),
            (0.975, 29, 2.04523),
            (0.80, 5, 0.919_54),
            (0.80, 9, 0.883_40),
        ] {
            assert!(
                (quantile(q, freedom) - want).abs() < 1e-3,
                "{q} {freedom}: {}",
                quantile(q, freedom)
            );
        }
    }

    #[test]
    fn two_sided_p_values_are_those_of_r() {
        // 2 * pt(-t, df)
        for (t, freedom, want) in [
            (2.0, 1, 0.295_167_2),
            (-2.0, 4, 0.116_116_5),
            (3.5, 10, 0.005_726_506),
            (5.0, 28, 2.773_34e-5),
            (0.0, 7, 1.0),
        ] {
            let got = two_sided(t, freedom);
            assert!(
                (got - want).abs() < 1e-6 * want.max(0.1),
                "{t} {freedom}: {got}"
            );
        }
    }

    #[test]
    fn the_detectable_ratio_shrinks_with_rounds() {
        let five_percent = |n| (detectable_ratio(0.05, n).unwrap() - 1.0) * 100.0;
        for (n, want) in [(6, 7.4), (10, 5.1), (20, 3.4), (30, 2.7)] {
            assert!(
                (five_percent(n) - want).abs() < 0.06,
                "{n}: {}",
                five_percent(n)
            );
        }
        assert_eq!(detectable_ratio(0.05, 1), None);
    }
}
