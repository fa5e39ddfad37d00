//! Values far from the rest: counted and shown, never dropped. In storage they are often the truth: a journal commit, a
//! write-back, a garbage collection.

use super::quantile::{median, quantile};

/// How many values of a sample lie far out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outliers {
    /// Beyond 1.5 times the interquartile range from the quartiles, but not severe (Tukey, "Exploratory data analysis", 1977).
    pub mild: usize,
    /// Beyond 3 times it.
    pub severe: usize,
    /// With a modified z score above 3.5 (Iglewicz and Hoaglin, "How to detect and handle outliers", 1993): further than
    /// 3.5 / 0.6745 median absolute deviations from the median.
    pub by_deviation: usize,
}

impl Outliers {
    /// Counts them; none in fewer than six values, where quartiles mean little.
    pub fn of(sample: &[f64]) -> Self {
        let mut found = Self::default();
        let (Some(low), Some(middle), Some(high)) = (
            quantile(sample, 0.25),
            median(sample),
            quantile(sample, 0.75),
        ) else {
            return found;
        };
        if sample.len() < 6 {
            return found;
        }
        let range = high - low;
        let distances: Vec<f64> = sample.iter().map(|x| (x - middle).abs()).collect();
        let deviation = median(&distances).unwrap_or(0.0);
        for (value, distance) in sample.iter().zip(&distances) {
            let beyond = (low - value).max(value - high);
            if beyond > 3.0 * range {
                found.severe += 1;
            } else if beyond > 1.5 * range {
                found.mild += 1;
            }
            found.by_deviation += usize::from(0.6745 * distance > 3.5 * deviation);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_counted_by_how_far_they_are() {
        let mut sample: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(Outliers::of(&sample), Outliers::default());
        // Quartiles of 1 ... 9 with 16 and 40 added: 3.5 and 8.5; fences 16 and 23.5.
        sample.extend([16.5, 40.0]);
        let found = Outliers::of(&sample);
        assert_eq!((found.mild, found.severe, found.by_deviation), (1, 1, 1));
        assert_eq!(Outliers::of(&[1.0, 1.0, 99.0]), Outliers::default());
        assert_eq!(Outliers::of(&[]), Outliers::default());
    }

    #[test]
    fn a_sample_without_spread_has_no_outliers() {
        assert_eq!(Outliers::of(&[2.0; 8]), Outliers::default());
    }
}
