//! Friedman's test: do several subjects differ at all, each round being a block of its own?
//!
//! Asked once for a workload before pairs are looked at. The ranks within a round are compared, so that a slow round
//! counts like a fast one, and a subject that timed out can take part: it ranks last.

use super::ranks::{doubled, ties};

/// What the test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Friedman {
    /// Rounds in which every subject has a value or timed out.
    pub rounds: usize,
    /// Subjects.
    pub subjects: usize,
    /// Friedman's statistic, corrected for ties (Hollander and Wolfe, "Nonparametric statistical methods", 7.1).
    pub chi_square: f64,
    /// The statistic of Iman and Davenport ("Approximations of the critical region of the Friedman statistic", 1980),
    /// compared with F on k - 1 and (k - 1)(n - 1) degrees of freedom; infinite when every round gives the same order.
    pub f: f64,
    /// P of an F as large when nobody differs. F is used because the chi-square form is far too careful for few rounds.
    pub p: f64,
}

impl Friedman {
    /// Tests blocks, each with one value per subject in the same order; infinity stands for "timed out". `None` below two
    /// blocks or two subjects, when blocks differ in length, or when every value of every block is the same.
    #[expect(clippy::cast_precision_loss, reason = "sizes of small samples")]
    pub fn new(blocks: &[Vec<f64>]) -> Option<Self> {
        let (n, k) = (blocks.len(), blocks.first()?.len());
        if n < 2 || k < 2 || blocks.iter().any(|block| block.len() != k) {
            return None;
        }
        let mut sums = vec![0.0; k];
        let mut tied = 0.0;
        for block in blocks {
            for (sum, rank) in sums.iter_mut().zip(doubled(block)) {
                *sum += rank as f64 / 2.0;
            }
            tied += ties(block)
                .into_iter()
                .map(|t| (t * t * t - t) as f64)
                .sum::<f64>();
        }
        let (rounds, subjects) = (n as f64, k as f64);
        let expected = rounds * (subjects + 1.0) / 2.0;
        let spread: f64 = sums.iter().map(|sum| (sum - expected).powi(2)).sum();
        let scale = rounds * subjects * (subjects + 1.0) - tied / (subjects - 1.0);
        if scale <= 1e-9 {
            return None;
        }
        let chi_square = 12.0 * spread / scale;
        let most = rounds * (subjects - 1.0);
        let rest = (most - chi_square).max(0.0);
        let certain = rest <= 1e-9 * most;
        let f = if certain {
            f64::INFINITY
        } else {
            (rounds - 1.0) * chi_square / rest
        };
        // All rounds agree: F says 0, which no number of rounds proves. Of the k!^n orders, k! agree.
        let orders: f64 = (1..=k).map(|i| i as f64).product();
        let p = if certain {
            orders.powf(1.0 - rounds)
        } else {
            upper_f(f, k - 1, (k - 1) * (n - 1))
        };
        Some(Self {
            rounds: n,
            subjects: k,
            chi_square,
            f,
            p,
        })
    }
}

/// P(F > f) with `m` and `n` degrees of freedom: the incomplete beta function I_x(n/2, m/2) at x = n / (n + m f)
/// (Abramowitz and Stegun 26.6.2).
#[expect(clippy::cast_precision_loss, reason = "degrees of freedom are few")]
pub fn upper_f(f: f64, m: usize, n: usize) -> f64 {
    if f <= 0.0 || m == 0 || n == 0 {
        return 1.0;
    }
    if f.is_infinite() {
        return 0.0;
    }
    let x = n as f64 / (n as f64 + m as f64 * f);
    // The continued fraction converges fast below the mean of the distribution; above it, its mirror image does.
    if x < (n as f64 / 2.0 + 1.0) / ((n + m) as f64 / 2.0 + 2.0) {
        incomplete_beta(x, n, m)
    } else {
        1.0 - incomplete_beta(1.0 - x, m, n)
    }
}

/// I_x(a/2, b/2) by the continued fraction of the Digital Library of Mathematical Functions 8.17.22, evaluated from its
/// far end.
#[expect(clippy::cast_precision_loss, reason = "degrees of freedom are few")]
fn incomplete_beta(x: f64, a: usize, b: usize) -> f64 {
    const TERMS: u32 = 300;
    let front = log_gamma_of_half(a + b) - log_gamma_of_half(a) - log_gamma_of_half(b);
    let (a, b) = (a as f64 / 2.0, b as f64 / 2.0);
    let even = |m: f64| m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
    let odd = |m: f64| -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
    let fraction = (1..=TERMS).rev().fold(1.0, |below, m| {
        let m = f64::from(m);
        1.0 + odd(m - 1.0) / (1.0 + even(m) / below)
    });
    (front + a * x.ln() + b * (-x).ln_1p()).exp() / a / fraction
}

/// ln of the gamma function of n/2, n > 0, by its recursion from 1/2 (the square root of pi) or 1.
#[expect(clippy::cast_precision_loss, reason = "degrees of freedom are few")]
fn log_gamma_of_half(n: usize) -> f64 {
    let start = if n % 2 == 1 {
        std::f64::consts::PI.ln() / 2.0
    } else {
        0.0
    };
    let first = if n % 2 == 1 { 1 } else { 2 };
    (first..n)
        .step_by(2)
        .fold(start, |sum, k| sum + (k as f64 / 2.0).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_in_every_round_is_not_impossible_by_chance() {
        let same = vec![vec![1.0, 2.0, f64::INFINITY]; 4];
        let test = Friedman::new(&same).unwrap();
        assert!(test.f.is_infinite());
        assert!((test.p - 1.0 / 216.0).abs() < 1e-12, "{test:?}");
    }

    #[test]
    fn what_cannot_be_tested_is_none() {
        assert_eq!(Friedman::new(&[]), None);
        assert_eq!(Friedman::new(&[vec![1.0, 2.0]]), None);
        assert_eq!(Friedman::new(&[vec![1.0], vec![1.0]]), None);
        assert_eq!(Friedman::new(&[vec![1.0, 2.0], vec![1.0]]), None);
        assert_eq!(Friedman::new(&[vec![5.0, 5.0], vec![7.0, 7.0]]), None);
    }
}
