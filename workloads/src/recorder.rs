//! Where a workload's numbers go, and how a phase is timed.

use std::collections::BTreeMap;
use std::time::Instant;

use drivers::Result;
use hdrhistogram::Histogram;

use crate::environment::{CacheState, Settled};

mod counters;
mod metric;

pub use counters::{Count, CountedPhase, Counters, Uncounted};
pub use metric::Metric;

/// So many operations tell a 95th percentile: ten of them lie above it.
pub const P95_FROM: u64 = 200;

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The phase it belongs to.
    pub phase: String,
    /// What it is.
    pub metric: Metric,
    /// In the metric's unit.
    pub value: f64,
    /// What the phase was done with: `size`, `depth`, `parallel`.
    pub params: BTreeMap<String, String>,
    /// The state of the caches before the phase, where it plays a part.
    pub cache: Option<CacheState>,
    /// Why the cache state that was wanted before the phase could not be proven.
    pub cache_refused: Option<String>,
    /// Latencies in nanoseconds, where there were many operations (attached to the `LatencyP50` sample).
    pub histogram: Option<Histogram<u64>>,
}

/// A phase that a subject cannot do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPhase {
    /// The phase.
    pub phase: String,
    /// What it would have been done with.
    pub params: BTreeMap<String, String>,
    /// Why not.
    pub reason: String,
}

/// Collects the samples of one cell.
#[derive(Debug)]
pub struct Recorder<'a> {
    samples: Vec<Sample>,
    counters: Box<dyn Counters + 'a>,
    params: BTreeMap<String, String>,
    caches: Option<Settled>,
    missing: Vec<MissingPhase>,
    counted: Vec<CountedPhase>,
}

impl<'a> Recorder<'a> {
    /// An empty recorder.
    pub fn new(counters: Box<dyn Counters + 'a>) -> Self {
        Self {
            samples: Vec::new(),
            counters,
            params: BTreeMap::new(),
            caches: None,
            missing: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Whether this is a counted pass: what is timed in another way than by [`Self::time`] is then to be counted by
    /// [`Self::time`] all the same.
    pub fn is_counted(&self) -> bool {
        self.counters.counted()
    }

    /// Sets a parameter that every following sample carries, until it is set again or cleared with `None`.
    pub fn param(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.params.insert(name.to_owned(), value),
            None => self.params.remove(name),
        };
    }

    /// Sets the state of the caches, as it was found, for every following sample; `None`: it plays no part in them.
    pub fn caches(&mut self, settled: Option<&Settled>) {
        self.caches = settled.cloned();
    }

    /// As [`Self::caches`], for phases that are measured in several states: the state is a parameter of theirs, too.
    pub fn one_of_the_caches(&mut self, settled: Option<&Settled>) {
        self.param("cache", settled.map(|s| s.state.name().to_owned()));
        self.caches(settled);
    }

    /// Times a phase: wall time, and what the counters say. A failed phase leaves no sample.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn time<T>(&mut self, phase: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.measure(phase, 1, work, None::<fn() -> Result<()>>)
    }

    /// As [`Self::time`], of work that does `of` things alike: each number is the mean of one. A counted pass counts all of
    /// them together.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn time_mean<T>(
        &mut self,
        phase: &str,
        of: u32,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.measure(phase, of, work, None::<fn() -> Result<()>>)
    }

    /// As [`Self::time`], and then the time from the phase's begin until `sync` has returned: what is only buffered is not
    /// done. The wall time is that of `work` alone; everything else counts until `sync` has returned.
    ///
    /// # Errors
    /// Those of `work` and of `sync`.
    pub fn time_until_durable<T>(
        &mut self,
        phase: &str,
        work: impl FnOnce() -> Result<T>,
        sync: impl FnOnce() -> Result<()>,
    ) -> Result<T> {
        self.measure(phase, 1, work, Some(sync))
    }

    fn measure<T>(
        &mut self,
        phase: &str,
        of: u32,
        work: impl FnOnce() -> Result<T>,
        sync: Option<impl FnOnce() -> Result<()>>,
    ) -> Result<T> {
        self.counters.begin();
        let start = Instant::now();
        let outcome = work();
        let elapsed = start.elapsed();
        let outcome = outcome.and_then(|value| {
            let durable = sync.map(|sync| sync().map(|()| start.elapsed()));
            Ok((value, durable.transpose()?))
        });
        let counts = self.counters.end();
        if self.counters.counted() {
            let failed = outcome.is_err();
            self.counted.push(CountedPhase {
                phase: phase.to_owned(),
                params: self.params.clone(),
                counts: if failed { Vec::new() } else { counts },
                failed,
                bracketed: true,
            });
            return outcome.map(|(value, _)| value);
        }
        let (value, durable) = outcome?;
        let of = f64::from(of.max(1));
        self.value(phase, Metric::Time, elapsed.as_secs_f64() / of);
        if let Some(durable) = durable {
            self.value(phase, Metric::Durable, durable.as_secs_f64() / of);
        }
        for count in counts {
            self.value(phase, count.metric, count.value / of);
        }
        Ok(value)
    }

    /// Adds one number.
    pub fn value(&mut self, phase: &str, metric: Metric, value: f64) {
        self.samples.push(Sample {
            phase: phase.to_owned(),
            metric,
            value,
            params: self.params.clone(),
            cache: self.caches.as_ref().map(|settled| settled.state),
            cache_refused: self.caches.as_ref().and_then(|s| s.refused.clone()),
            histogram: None,
        });
    }

    /// Adds to the last number of this phase and metric, if there is one: what was done for the phase by somebody that the
    /// counters do not know. No number becomes less than nothing.
    pub fn amend(&mut self, phase: &str, metric: Metric, more: f64) {
        let same = |sample: &&mut Sample| sample.phase == phase && sample.metric == metric;
        if let Some(sample) = self.samples.iter_mut().rev().find(same) {
            sample.value = (sample.value + more).max(0.0);
        }
    }

    /// Adds the latencies (nanoseconds) of a phase's operations: the median, the 95th percentile where at least
    /// [`P95_FROM`] operations were timed, the 99th where at least 1,000 were, and the histogram itself.
    pub fn latencies(&mut self, phase: &str, histogram: Histogram<u64>) {
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds far below 2^53")]
        let seconds = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1e9;
        if histogram.len() >= P95_FROM {
            self.value(phase, Metric::LatencyP95, seconds(0.95));
        }
        if histogram.len() >= 1000 {
            self.value(phase, Metric::LatencyP99, seconds(0.99));
        }
        let median = seconds(0.5);
        self.samples.push(Sample {
            phase: phase.to_owned(),
            metric: Metric::LatencyP50,
            value: median,
            params: self.params.clone(),
            cache: self.caches.as_ref().map(|settled| settled.state),
            cache_refused: self.caches.as_ref().and_then(|s| s.refused.clone()),
            histogram: Some(histogram),
        });
    }

    /// Notes that this subject cannot do a phase, and why; the workload goes on with the next one.
    pub fn cannot(&mut self, phase: &str, reason: impl Into<String>) {
        self.missing.push(MissingPhase {
            phase: phase.to_owned(),
            params: self.params.clone(),
            reason: reason.into(),
        });
    }

    /// As [`Self::cannot`], but not again for other parameters.
    pub fn cannot_once(&mut self, phase: &str, reason: impl Into<String>) {
        if !self.missing.iter().any(|missing| missing.phase == phase) {
            self.cannot(phase, reason);
        }
    }

    /// The phases of a counted pass, in order. Space and inodes that the workload found out itself stand in place of what
    /// was counted, as in a timed pass; those of no phase of their own come last.
    pub fn finish_counted(mut self) -> Vec<CountedPhase> {
        let told = |metric| matches!(metric, Metric::Allocated | Metric::Inodes);
        for sample in self.samples.into_iter().filter(|s| told(s.metric)) {
            let count = Count {
                metric: sample.metric,
                value: sample.value,
            };
            let same = self
                .counted
                .iter_mut()
                .find(|phase| phase.phase == sample.phase && phase.params == sample.params);
            if let Some(phase) = same {
                phase.counts.retain(|count| count.metric != sample.metric);
                phase.counts.push(count);
            } else {
                self.counted.push(CountedPhase {
                    phase: sample.phase,
                    params: sample.params,
                    counts: vec![count],
                    failed: false,
                    bracketed: false,
                });
            }
        }
        self.counted
    }

    /// What was collected, and the phases that could not be done with their reasons.
    pub fn finish(self) -> (Vec<Sample>, Vec<MissingPhase>) {
        (self.samples, self.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says that each phase took one inode and allocated 4096 bytes.
    #[derive(Debug)]
    struct Fixed {
        counted: bool,
        open: bool,
    }

    impl Counters for Fixed {
        fn begin(&mut self) {
            assert!(!std::mem::replace(&mut self.open, true));
        }

        fn end(&mut self) -> Vec<Count> {
            assert!(std::mem::replace(&mut self.open, false));
            let count = |metric, value| Count { metric, value };
            vec![count(Metric::Inodes, 1.0), count(Metric::Allocated, 4096.0)]
        }

        fn counted(&self) -> bool {
            self.counted
        }
    }

    fn recorder(counted: bool) -> Recorder<'static> {
        let mut recorder = Recorder::new(Box::new(Fixed {
            counted,
            open: false,
        }));
        recorder.param("size", Some("1".to_owned()));
        recorder.time("first", || Ok(())).unwrap();
        recorder.value("first", Metric::Allocated, 5000.0);
        recorder.param("size", Some("2".to_owned()));
        let failed: Result<()> = recorder.time("first", || {
            Err(drivers::Error::new(drivers::ErrorKind::Io, "try"))
        });
        assert!(failed.is_err());
        recorder
    }

    #[test]
    fn a_timed_pass_has_times_and_counts_and_nothing_of_a_failed_phase() {
        let (samples, missing) = recorder(false).finish();
        let found: Vec<_> = samples.iter().map(|s| (s.metric, s.value)).collect();
        assert!(missing.is_empty());
        assert_eq!(
            found[1..],
            [
                (Metric::Inodes, 1.0),
                (Metric::Allocated, 4096.0),
                (Metric::Allocated, 5000.0),
            ]
        );
        assert_eq!(found[0].0, Metric::Time);
    }

    #[test]
    fn the_mean_of_one_is_told_and_a_counted_pass_counts_all() {
        for counted in [false, true] {
            let mut recorder = Recorder::new(Box::new(Fixed {
                counted,
                open: false,
            }));
            recorder.time_mean("many", 4, || Ok(())).unwrap();
            let inodes = if counted {
                recorder.finish_counted()[0].counts[0].value
            } else {
                let (samples, _) = recorder.finish();
                samples[1].value
            };
            assert_eq!(inodes, if counted { 1.0 } else { 0.25 });
        }
    }

    #[test]
    fn a_counted_pass_has_no_times_and_believes_the_workload() {
        let mut recorder = recorder(true);
        recorder.value("idle", Metric::Inodes, 7.0);
        recorder.value("idle", Metric::Rate, 1.0);
        let phases = recorder.finish_counted();
        let of = |phase: &CountedPhase| -> Vec<_> {
            let counts = phase.counts.iter();
            counts.map(|c| (c.metric, c.value)).collect()
        };
        assert_eq!(phases.len(), 3);
        assert_eq!(
            of(&phases[0]),
            [(Metric::Inodes, 1.0), (Metric::Allocated, 5000.0)]
        );
        assert!(phases[1].failed && phases[1].counts.is_empty());
        assert_eq!(phases[1].params["size"], "2");
        assert_eq!(
            (phases[2].phase.as_str(), of(&phases[2])),
            ("idle", vec![(Metric::Inodes, 7.0)])
        );
    }
}
