//! A series in one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `most` values as bars between the least and the most of them, a `|` before each value of `breaks`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "one of eight bars"
)]
pub fn sparkline(values: &[f64], breaks: &[usize], most: usize) -> String {
    let first = values.len().saturating_sub(most);
    let shown = &values[first..];
    let (low, high) = shown
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(*x), high.max(*x))
        });
    let mut line = String::new();
    for (at, value) in shown.iter().enumerate() {
        if breaks.contains(&(first + at)) {
            line.push('|');
        }
        let height = if high > low {
            (value - low) / (high - low)
        } else {
            0.0
        };
        line.push(BARS[((height * 8.0) as usize).min(7)]);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_low_and_the_most_is_high() {
        assert_eq!(sparkline(&[1.0, 1.5, 2.0], &[], 60), "▁▅█");
        assert_eq!(sparkline(&[3.0, 3.0], &[], 60), "▁▁");
        assert_eq!(sparkline(&[9.0, 1.0, 1.0, 2.0], &[3], 3), "▁▁|█");
        assert_eq!(sparkline(&[], &[], 60), "");
    }
}
