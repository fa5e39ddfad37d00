//! Where a workload's numbers go, and how a phase is timed.

use std::collections::BTreeMap;
use std::time::Instant;

use drivers::Result;
use hdrhistogram::Histogram;

use crate::environment::Settled;

/// What is measured, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Wall time, seconds. Less is better.
    Time,
    /// Wall time until everything written is durable: the phase and the sync after it, seconds. Less is better.
    Durable,
    /// CPU time of this process, its children and the driver's daemons, seconds. Less is better.
    Cpu,
    /// Operations per second. More is better.
    Rate,
    /// Bytes of payload per second. More is better.
    Throughput,
    /// Payload, bytes: says how much was done.
    Payload,
    /// Bytes allocated on the backing store. Less is better.
    Allocated,
    /// Bytes the backing device was asked to write. Less is better.
    DeviceWritten,
    /// Inodes taken. Less is better.
    Inodes,
    /// The largest resident set of a daemon of the driver so far, bytes. Less is better.
    DaemonMemory,
    /// Median latency of one operation, seconds. Less is better.
    LatencyP50,
    /// 99th percentile of the latency, seconds; only where 1,000 operations or more were timed. Less is better.
    LatencyP99,
}

impl Metric {
    /// As written in a record: `time`, `latency-p99`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Durable => "durable",
            Self::Cpu => "cpu",
            Self::Rate => "rate",
            Self::Throughput => "throughput",
            Self::Payload => "payload",
            Self::Allocated => "allocated",
            Self::DeviceWritten => "device-written",
            Self::Inodes => "inodes",
            Self::DaemonMemory => "daemon-memory",
            Self::LatencyP50 => "latency-p50",
            Self::LatencyP99 => "latency-p99",
        }
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time | Self::Durable | Self::Cpu | Self::LatencyP50 | Self::LatencyP99 => "s",
            Self::Rate => "1/s",
            Self::Throughput => "B/s",
            Self::Payload | Self::Allocated | Self::DeviceWritten | Self::DaemonMemory => "B",
            Self::Inodes => "1",
        }
    }
}

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

/// Counters read before and after a phase, off the clock; the harness knows where they come from.
pub trait Counters: std::fmt::Debug {
    /// The present values: CPU seconds (with children and daemons), bytes written to the backing device.
    fn read(&self) -> CounterValues;
}

/// See [`Counters`]. `None` where the host cannot tell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CounterValues {
    /// CPU time so far, seconds.
    pub cpu_seconds: Option<f64>,
    /// Bytes written to the backing device so far.
    pub device_written: Option<u64>,
}

/// Collects the samples of one cell.
#[derive(Debug)]
pub struct Recorder<'a> {
    samples: Vec<Sample>,
    counters: Box<dyn Counters + 'a>,
    params: BTreeMap<String, String>,
    cache_refused: Option<String>,
    missing: Vec<MissingPhase>,
}

impl<'a> Recorder<'a> {
    /// An empty recorder.
    pub fn new(counters: Box<dyn Counters + 'a>) -> Self {
        Self {
            samples: Vec::new(),
            counters,
            params: BTreeMap::new(),
            cache_refused: None,
            missing: Vec::new(),
        }
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
        self.param("cache", settled.map(|s| s.state.name().to_owned()));
        self.cache_refused = settled.and_then(|s| s.refused.clone());
    }

    /// Times a phase: wall time, CPU seconds and bytes written to the device. A failed phase leaves no sample.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn time<T>(&mut self, phase: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.measure(phase, work, None::<fn() -> Result<()>>)
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
        self.measure(phase, work, Some(sync))
    }

    fn measure<T>(
        &mut self,
        phase: &str,
        work: impl FnOnce() -> Result<T>,
        sync: Option<impl FnOnce() -> Result<()>>,
    ) -> Result<T> {
        let before = self.counters.read();
        let start = Instant::now();
        let outcome = work();
        let elapsed = start.elapsed();
        let durable = match (&outcome, sync) {
            (Ok(_), Some(sync)) => {
                sync()?;
                Some(start.elapsed())
            }
            _ => None,
        };
        let after = self.counters.read();
        let value = outcome?;
        self.value(phase, Metric::Time, elapsed.as_secs_f64());
        if let Some(durable) = durable {
            self.value(phase, Metric::Durable, durable.as_secs_f64());
        }
        if let (Some(before), Some(after)) = (before.cpu_seconds, after.cpu_seconds) {
            self.value(phase, Metric::Cpu, (after - before).max(0.0));
        }
        if let (Some(before), Some(after)) = (before.device_written, after.device_written) {
            #[expect(clippy::cast_precision_loss, reason = "a byte count below 2^53")]
            self.value(
                phase,
                Metric::DeviceWritten,
                after.saturating_sub(before) as f64,
            );
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
            cache_refused: self.cache_refused.clone(),
            histogram: None,
        });
    }

    /// Adds the latencies (nanoseconds) of a phase's operations: the median, the 99th percentile where at least 1,000
    /// operations were timed, and the histogram itself.
    pub fn latencies(&mut self, phase: &str, histogram: Histogram<u64>) {
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds far below 2^53")]
        let seconds = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1e9;
        if histogram.len() >= 1000 {
            self.value(phase, Metric::LatencyP99, seconds(0.99));
        }
        let median = seconds(0.5);
        self.samples.push(Sample {
            phase: phase.to_owned(),
            metric: Metric::LatencyP50,
            value: median,
            params: self.params.clone(),
            cache_refused: self.cache_refused.clone(),
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

    /// What was collected, and the phases that could not be done with their reasons.
    pub fn finish(self) -> (Vec<Sample>, Vec<MissingPhase>) {
        (self.samples, self.missing)
    }
}
