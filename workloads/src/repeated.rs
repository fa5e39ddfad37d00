//! One thing done several times in a cell. Repetitions share everything but the moment: the cell has one value, their
//! median, and no spread; where there are enough of them, their distribution is kept too.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::recorder::{Metric, P95_FROM, Recorder};

/// The times of repetitions.
#[derive(Debug, Default, Clone)]
pub struct Repeated(Vec<Duration>);

impl Repeated {
    /// One more.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Hands them over as one phase: the median as its time; of [`P95_FROM`] and more the latencies.
    pub fn record(&self, recorder: &mut Recorder<'_>, phase: &str) {
        let Some(median) = self.median() else {
            return;
        };
        recorder.value(phase, Metric::Time, median);
        self.distribution(recorder, phase);
    }

    /// Hands over only how they are distributed, of [`P95_FROM`] and more.
    pub fn distribution(&self, recorder: &mut Recorder<'_>, phase: &str) {
        if self.0.len() as u64 >= P95_FROM
            && let Ok(mut histogram) = Histogram::<u64>::new(3)
        {
            for time in &self.0 {
                let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                histogram.saturating_record(nanoseconds);
            }
            recorder.latencies(phase, histogram);
        }
    }

    /// The median, in seconds; of two in the middle their mean.
    fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let middle = sorted.len() / 2;
        let upper = sorted.get(middle)?.as_secs_f64();
        if sorted.len() % 2 == 1 {
            return Some(upper);
        }
        let lower = sorted.get(middle.checked_sub(1)?)?.as_secs_f64();
        Some(f64::midpoint(lower, upper))
    }
}

impl FromIterator<Duration> for Repeated {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        Self(times.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: &[u64]) -> Repeated {
        millis.iter().map(|&n| Duration::from_millis(n)).collect()
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(of(&[]).median(), None);
        assert_eq!(of(&[5]).median(), Some(0.005));
        assert_eq!(of(&[9, 1, 4]).median(), Some(0.004));
        assert_eq!(of(&[9, 1, 4, 6]).median(), Some(0.005));
    }
}
